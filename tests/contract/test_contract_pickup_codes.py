"""Whatever the functions write, tell or queue about a whole pickup, its code is not in it (FUL-01, P1)."""

from __future__ import annotations

import io
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.clock import utc_now
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import typed_code
from chalicelib.orders.items import ORDER
from tests.support import world as worlds
from tests.support.http import Client
from tests.support.sample_products import product, variant
from tests.support.world import CONTACT, SHOPPER, World, a_world

STORE = "BER-S1"
CLERK = Principal("staff", "sam", posts=frozenset({Post.STORE}), scopes=frozenset({STORE}))
BOXES = {"boxes": [{"weight_g": 900, "length_mm": 300, "width_mm": 200, "height_mm": 60}]}


class Ears:
    """Everything that a world writes, tells and queues."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.streams: list[io.StringIO] = []
        self.told: list[str] = []
        kept = self.streams

        class Kept(io.StringIO):
            def __init__(self) -> None:
                super().__init__()
                kept.append(self)

        relay, consume, request = World._relay, World._consume, World.request

        def heard_relay(world: World, envelopes: list[str]) -> None:
            self.told += envelopes
            relay(world, envelopes)

        def heard_consume(world: World, name: str, kind: str, body: str) -> None:
            self.told.append(body)
            consume(world, name, kind, body)

        def heard_request(
            world: World, name: str, who: Any, method: str, path: str, body: Any = None, **more: Any
        ) -> Any:
            self.told.append(repr(more.get("raw", b"")))  # a locker's webhook
            return request(world, name, who, method, path, body, **more)

        monkeypatch.setattr(worlds, "io", SimpleNamespace(StringIO=Kept))
        monkeypatch.setattr(World, "_relay", heard_relay)
        monkeypatch.setattr(World, "_consume", heard_consume)
        monkeypatch.setattr(World, "request", heard_request)

    @property
    def written(self) -> str:
        return "".join(stream.getvalue() for stream in self.streams)

    @property
    def everything(self) -> str:
        return self.written + "\n".join(self.told)


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Ears:
    return Ears(monkeypatch)


def a_packed(world: World, point: str) -> str:
    """A paid pickup, packed by its store; its number."""
    cart, _ = world.cart(SHOPPER, {"cup-1": 1})
    asked = {
        "contact": CONTACT, "delivery_method": "pickup", "payment_method": "card",
        "pickup": {"store": STORE, "point": point, "name": "Erika Mustermann"},
    }  # fmt: skip
    quote = world.request("quote", SHOPPER, "POST", f"/carts/{cart['id']}/quote", asked).json
    placed = {"cart_id": cart["id"], "quote_hash": quote["hash"]}
    order_id = str(world.request("place order", SHOPPER, "POST", "/orders", placed).json["id"])
    world.settle()
    world.press_pay(world.open_payment(SHOPPER, order_id))
    world.settle()
    for name, body in (("accept", None), ("pick", None), ("pack", BOXES)):
        step(world, order_id, name, body)
    return order_id


def step(world: World, order_id: str, name: str, body: Any = None) -> Any:
    answer = world.request(name, CLERK, "POST", f"/staff/orders/{order_id}/{name}", body)
    world.settle()
    return answer.json


def mailed(order_id: str) -> str:
    """What the mail to the customer says."""
    uow = UnitOfWork(utc_now())
    code = fulfilment.code_of(uow, uow.get(ORDER, order_id))
    assert code is not None
    return code


def wrong(code: str) -> str:
    """The code with a slip of the finger: as secret as the code."""
    return code[:-1] + ("2" if code[-1] != "2" else "3")


def tried(world: World, path: str, code: str, key: str) -> int:
    """A try that is refused; its status."""
    answers: list[int] = []
    client = Client(CLERK)
    world._run("try", "request", partial(lambda: answers.append(client.post(path, {"code": code}, key=key).status)))
    return answers[0]


def test_no_pickup_code_is_written_told_or_queued_ful_01(ears: Ears) -> None:
    with a_world() as world:
        world.publish(product("cup", variant("cup-1", 1990)), 100, STORE)
        codes = [*at_the_desk(world), *in_the_locker(world)]
    heard = ears.everything
    assert ears.written.count('"message":"request"') > 20
    assert all(word in heard for word in ("order.ready_for_pickup", "locker_box.held", "shipment_status_changed"))
    secret = {form for code in codes for form in (code, code.lower(), f"{code[:5]}-{code[5:]}")}
    assert [code for code in secret if code in heard] == []
    assert len({typed_code(code) for code in codes}) == 7


def at_the_desk(world: World) -> list[str]:
    """Mistyped until it is locked, another one issued, collected."""
    order_id = a_packed(world, "desk")
    assert step(world, order_id, "ready", {})["state"] == "ready_desk"
    first, path = mailed(order_id), f"/staff/orders/{order_id}/pickup"
    statuses = [tried(world, path, wrong(first), f"desk-try-{number}") for number in range(5)]
    assert [*statuses, tried(world, path, first, "desk-locked")] == [422] * 5 + [409]
    step(world, order_id, "pickup-code")
    second = mailed(order_id)
    assert tried(world, path, first.lower(), "desk-old-code") == 422
    assert step(world, order_id, "pickup", {"code": f"{second[:5]}-{second[5:].lower()}"})["state"] == "completed"
    return [first, wrong(first), second]


def in_the_locker(world: World) -> list[str]:
    """One opened by its customer after a mistyped code, one collected at the desk after all."""
    opened, scanned = a_packed(world, "locker"), a_packed(world, "locker")
    keypad = "/sandbox/lockers/BER-S1-L1/open"
    codes = []
    for order_id in (opened, scanned):
        assert step(world, order_id, "ready", {})["state"] == "ready_locker"
        codes += [mailed(order_id), wrong(mailed(order_id))]
        assert tried(world, keypad, codes[-1], f"keypad-{order_id}") == 422
    world.request("open the box", None, "POST", keypad, {"code": codes[0]})
    world.settle()
    assert step(world, scanned, "pickup", {"code": codes[2]})["state"] == "completed"
    done = UnitOfWork(utc_now()).get(ORDER, opened)
    assert (done.state, done.completed_by) == ("completed", "locker")
    return codes
