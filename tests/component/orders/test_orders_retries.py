"""A client that hears nothing asks again under the same key: whatever went wrong, one order comes of it (I1, I2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.core import secrets
from chalicelib.core.auth import Principal
from chalicelib.core.http import routes as door
from tests.support.faults import KINDS, Fault, Killed, injected, request_tokens, without_waiting
from tests.support.http import Answer, Client

KEY = "one-and-the-same-key"


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch, clock: Any) -> Iterator[None]:
    monkeypatch.setattr(door, "utc_now", lambda: clock.now)
    secrets.forget()
    with request_tokens(), without_waiting():
        yield


def confirmation(shop: Any) -> dict[str, str]:
    quote = shop.quoted()
    return {"cart_id": quote.cart_id, "quote_hash": quote.hash}


def ask_until_told(ask: Callable[[], Answer]) -> Answer:
    """What a client does that is told nothing, or to come again later."""
    for _ in range(4):
        answer = ask()
        if answer.status != 503:
            return answer
    raise AssertionError("always told to come again")


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_any_call_of_placing_makes_one_order_c1_c2_i2(shop: Any, ann: Principal, kind: str) -> None:
    client, reached = Client(ann), 0
    for number in range(1, 12):
        body, key = confirmation(shop), f"{KEY}-{number}"
        before = shop.level("POT")
        fault = Fault(kind, number)
        with injected(fault), suppress(Killed):
            client.post("/orders", body, key=key)
        reached += fault.struck
        answer = ask_until_told(lambda body=body, key=key: client.post("/orders", body, key=key))
        assert answer.status == 201, (number, answer.text)
        again = client.post("/orders", body, key=key)
        assert (again.status, again.json["id"]) == (201, answer.json["id"])
        assert shop.level("POT") == (before[0] - 2, before[1] + 2), number
        assert client.post(f"/orders/{answer.json['id']}/cancel", {}, key=f"off-{key}").status == 200
        assert shop.level("POT") == before
        if not fault.struck:
            break
    assert reached >= 2


@pytest.mark.parametrize("at", range(1, 5))
def test_two_requests_under_one_key_at_once_make_one_order_i2(shop: Any, ann: Principal, at: int) -> None:
    client, body, met = Client(ann), confirmation(shop), []

    def another() -> None:
        met.append(client.post("/orders", body, key=KEY))

    with injected(None, another, at=at):
        answer = client.post("/orders", body, key=KEY)
    assert answer.status == 201, answer.text
    assert [one.json["id"] for one in met] == [answer.json["id"]] * len(met)
    assert shop.level("POT") == (8, 2)


def test_a_replay_after_the_order_has_moved_on_tells_of_the_same_order_i1(shop: Any, ann: Principal) -> None:
    client, body = Client(ann), confirmation(shop)
    first = client.post("/orders", body, key=KEY).json
    assert client.post(f"/orders/{first['id']}/cancel", {}, key="off").status == 400  # a key is 8 characters or more
    assert client.post(f"/orders/{first['id']}/cancel", {}, key="off-00001").status == 200
    again = client.post("/orders", body, key=KEY)
    assert (again.status, again.json["id"], again.json["state"]) == (201, first["id"], "cancelled")
    assert shop.level("POT") == (10, 0)


def test_a_key_that_failed_is_good_for_another_body_and_one_that_worked_is_not_i3_i4(shop: Any, ann: Principal) -> None:
    client, body = Client(ann), confirmation(shop)
    assert client.post("/orders", {**body, "quote_hash": "0" * 64}, key=KEY).status == 409
    made = client.post("/orders", body, key=KEY)
    assert made.status == 201
    assert client.post("/orders", {**body, "quote_hash": "0" * 64}, key=KEY).status == 422
    assert shop.level("POT") == (8, 2)
