"""A SKU that everybody wants is sold as often as it is there, however the buyers' steps fall between each other's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest

from chalicelib.core import settings_values
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import SHARDED_SKUS
from tests.support.faults import injected, without_waiting
from tests.support.http import Client
from tests.support.world import BERLIN, CONTACT, World, a_world

UNITS, BUYERS = 10, 26
Buyer = tuple[Client, dict[str, str]]


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as world, without_waiting():
        yield world


def buyers(world: World, number: int) -> list[Buyer]:
    """So many guests, each with a quote for one plate."""
    asked = {"ship_to": BERLIN, "contact": CONTACT, "delivery_method": "courier", "payment_method": "card"}
    found = []
    for _ in range(number):
        cart, token = world.cart(None, {"plate-0": 1})
        quote = world.request("quote", None, "POST", f"/carts/{cart['id']}/quote", asked, token=token).json
        found.append((Client(guest_token=token), {"cart_id": cart["id"], "quote_hash": quote["hash"]}))
    return found


_keys = count(1)


def order(buyer: Buyer) -> int:
    client, body = buyer
    return client.post("/orders", body, key=f"hot-{next(_keys):06d}").status


def left(world: World) -> int:
    available = world.do(lambda uow: inventory.available(uow, ["plate-0"], ["RTM1"]))
    return available["plate-0", "RTM1"]


def sell(world: World) -> Counter[int]:
    """Buyers come in pairs: one's whole order falls between the other's calls, at every place in turn."""
    answers: Counter[int] = Counter()
    pairs = iter(buyers(world, BUYERS))
    for number, (first, second) in enumerate(zip(pairs, pairs, strict=True)):
        with injected(None, lambda buyer=second: answers.update([order(buyer)]), at=1 + number % 4):
            answers[order(first)] += 1
    return answers


def test_no_unit_is_sold_twice(world: World) -> None:
    before = left(world)
    assert before == UNITS
    answers = sell(world)
    assert answers[201] == UNITS
    assert set(answers) == {201, 409}
    assert left(world) == 0


def test_no_unit_is_sold_twice_when_it_is_spread_over_shards(world: World) -> None:
    world.do(lambda uow: uow.put(SETTINGS, SettingValues("", {SHARDED_SKUS.name: "plate-0:4"})))
    settings_values.forget()
    world.do(lambda uow: inventory.rebalance(uow, "plate-0", "RTM1", 4))
    assert left(world) == UNITS
    answers = sell(world)
    assert (answers[201], left(world)) == (UNITS, 0)
