"""Whatever the functions write about a whole order names nobody (P1, P3, H6, H7)."""

from __future__ import annotations

import io
import json
import re
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.core.cards import has_card_number
from tests.support import world as worlds
from tests.support.http import Client
from tests.support.world import BERLIN, CONTACT, SHOPPER, World, a_world

#: What only this shopper has: addresses, names, secrets, and what tries to write a line of its own.
_NAME = 'Zebulon "Q" Quagmire'
_LINE = "Canaryweg 4711"
_MAIL = "zebulon.canary@example.com"
_PHONE = "+4930901820"
_HOSTILE = 'x"}\n{"level":"ERROR","message":"forged"'


def secrets_of(token: str) -> list[str]:
    return ["Zebulon", "Quagmire", "Canaryweg", _MAIL, "zebulon", _PHONE, _PHONE[1:], token, "forged", SHOPPER.email]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[io.StringIO]:
    """Everything that the functions of a world write to their logs and metrics."""
    kept: list[io.StringIO] = []

    class Kept(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            kept.append(self)

    monkeypatch.setattr(worlds, "io", SimpleNamespace(StringIO=Kept))
    monkeypatch.setitem(BERLIN, "name", _NAME)
    monkeypatch.setitem(BERLIN, "lines", [_LINE])
    monkeypatch.setitem(CONTACT, "email", _MAIL)
    return kept


def test_no_log_line_or_metric_of_a_whole_order_names_anybody_p1(written: list[io.StringIO]) -> None:
    with a_world() as world:
        _, token = world.place(None, {"mug-1": 1})
        world.settle()
        done = world.whole_way(None)
        assert done
        mishaps(world, token)
        text = "".join(stream.getvalue() for stream in written)
    assert text.count('"message":"request"') > 15 and text.count('"message":"invocation"') > 15
    found = [secret for secret in secrets_of(token) if secret in text]
    assert found == []
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(isinstance(line, dict) for line in lines)
    texts = [word for line in text.splitlines() for word in re.findall(r'"([^"]*)"', line)]
    assert not any(map(has_card_number, texts))


def mishaps(world: World, token: str) -> None:
    """Requests that fail, each with something of the shopper's in it."""
    bad = [
        ("POST", "/carts", {"market": "EU", _HOSTILE: _MAIL}),
        ("POST", "/carts", {"market": _HOSTILE, "lines": [{"sku": _MAIL, "quantity": 1}]}),
        ("GET", f"/orders/{_MAIL}", None),
        ("GET", "/carts/Canaryweg", None),
        ("POST", "/orders", {"cart_id": "x", "quote_hash": "4111 1111 1111 1111"}),
        ("POST", "/webhooks/payments/sandbox", {"email": _MAIL}),
        ("POST", "/webhooks/couriers/17track", {"phone": _PHONE}),
    ]
    headers = {"Accept-Language": _MAIL, "User-Agent": _HOSTILE.replace("\n", " "), "X-Forwarded-For": _PHONE}
    client, answers = Client(None, token, headers), []

    def ask(method: str, path: str, body: Any) -> None:
        answers.append(client.request(method, path, body, key="key-mishap").status)

    for one in bad:
        world._run("mishap", "request", partial(ask, *one))
    assert all(400 <= status < 500 for status in answers), answers
