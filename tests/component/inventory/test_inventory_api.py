"""Stock through the front door and through the queue."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import Command, Component, DeclaredStock, GoodsKind, StockDeclared
from chalicelib.core import events
from chalicelib.core.auth import Post, Principal
from chalicelib.core.events import SYSTEM, Aggregate, Event
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service, triggers
from tests.support.http import Client
from tests.support.sample_products import product, variant
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]


@pytest.fixture
def keeper(begin: Begin) -> Client:
    run(lambda uow: catalog.save(uow, product("mug", variant("A"))), begin)
    run(lambda uow: service.receive(uow, {("A", "RTM1"): 200, ("A", "BER-S1"): 4}, "delivery"), begin)
    return Client(Principal("staff", "kim", posts=frozenset({"purchasing"})))


@pytest.mark.usefixtures("keeper")
def test_shoppers_see_what_the_locations_of_their_market_can_sell(begin: Begin) -> None:
    """ORD-07, RTE-08: the store's shelf does not serve the market; the number shown has a ceiling."""
    begin().setting(service.SHARDED_SKUS)
    with metered() as meter:
        answer = Client().get("/availability", query={"sku": ["A", "B"], "market": "EU"})
    assert answer.status == 200, answer.text
    assert answer.json["items"] == [
        {"sku": "A", "in_stock": True, "available": 99}, {"sku": "B", "in_stock": False, "available": 0},
    ]  # fmt: skip
    assert meter.calls["BatchGetItem"] == 1
    assert Client().get("/availability", query={"sku": "A", "market": "ZZ"}).status == 404


def test_what_is_not_on_sale_in_a_market_cannot_be_had_there_whatever_lies_on_its_shelves(
    keeper: Client, begin: Begin
) -> None:
    """ORD-07, CAT-01: nobody reads the stock of a draft, and an archived article is not shown as available."""
    draft = product("draft", variant("D"), publish=False)
    virtual = product("course", variant("E"), kind=GoodsKind.VIRTUAL)
    pair = product("pair", variant("P", components=(Component("A", 2),)))
    for each in (draft, virtual, pair):
        run(lambda uow, each=each: catalog.save(uow, each), begin)  # type: ignore[misc]
    run(lambda uow: service.receive(uow, {("D", "RTM1"): 7}, "delivery"), begin)

    def shown(market: str = "EU") -> dict[str, int]:
        query = {"sku": ["A", "D", "E", "P"], "market": market}
        return {one["sku"]: one["available"] for one in Client().get("/availability", query=query).json["items"]}

    assert shown() == {"A": 99, "D": 0, "E": 99, "P": 99}
    assert set(shown("GB").values()) == {0}
    for slug in ("pair", "course", "mug"):
        run(lambda uow, slug=slug: catalog.command(uow, slug, Command.ARCHIVE), begin)  # type: ignore[misc]
    assert set(shown().values()) == {0}


def test_an_adjustment_is_made_once_however_often_it_is_sent(keeper: Client) -> None:
    body = {"location": "RTM1", "move": "write_off", "quantity": 5, "reason": "water damage"}
    for _ in range(2):
        answer = keeper.post("/staff/stock/A/adjustments", body, key="water-damage-1")
        assert answer.status == 201, answer.text
    level = next(one for one in keeper.get("/staff/stock/A").json["locations"] if one["location"] == "RTM1")
    assert (level["on_hand"], level["available"]) == (195, 195)


@pytest.mark.parametrize(
    ("sku", "change", "status"),
    [
        ("A", {"quantity": 999}, 409), ("A", {"location": "MOON"}, 400), ("nothing", {}, 404),
        ("A", {"move": "ship"}, 400),
        ("A", {"quantity": 0}, 400), ("A", {"quantity": True}, 400),
    ],
)  # fmt: skip
def test_an_impossible_adjustment_is_refused(keeper: Client, sku: str, change: dict[str, object], status: int) -> None:
    body = {"location": "RTM1", "move": "block", "quantity": 1, "reason": "count", **change}
    assert keeper.post(f"/staff/stock/{sku}/adjustments", body, key="impossible-1").status == status


def test_only_those_who_keep_stock_may_move_it(keeper: Client) -> None:
    body = {"location": "RTM1", "move": "receive", "quantity": 1, "reason": "count"}
    store = Client(Principal("staff", "bo", posts=frozenset({"store"}), scopes=frozenset({"BER-S1"})))
    assert store.post("/staff/stock/A/adjustments", body, key="by-store-1").status == 403
    assert [one["location"] for one in store.get("/staff/stock/A").json["locations"]] == ["BER-S1"]


def test_stock_is_spread_over_shards_and_gathered_again(keeper: Client) -> None:
    for shards in (8, 1):
        answer = keeper.post("/staff/stock/A/shards", {"location": "RTM1", "shards": shards})
        assert answer.status == 200, answer.text
        level = next(one for one in answer.json["locations"] if one["location"] == "RTM1")
        assert (level["on_hand"], level["available"]) == (200, 200)


def test_declared_stock_is_opened_once_although_the_event_is_delivered_twice(begin: Begin) -> None:
    """E1: an import's quantities, through the queue."""
    declared = StockDeclared("mug", (DeclaredStock("A", "RTM1", 5), DeclaredStock("A", "RTM1", 2)))
    envelope = Event(
        "e1", "product.stock_declared", 1, Aggregate("outcome", "mug"), 1, begin().now, SYSTEM, "test", "", declared
    )
    body = json.dumps({"detail": json.loads(events.encode(envelope))})
    records = [{"messageId": str(number), "body": body, "attributes": {}} for number in range(2)]
    handler = triggers.open_stock
    answer = handler({"Records": records}, None)
    assert not (answer or {}).get("batchItemFailures")
    assert service.available(begin(), ["A"], ["RTM1"]) == {("A", "RTM1"): 7}


@pytest.mark.usefixtures("keeper")
@pytest.mark.parametrize(
    ("scopes", "seen"),
    [((), []), (("RTM1",), ["RTM1"]), (("BER-S1", "SHA-S1"), ["BER-S1"]), (("BER-S1", "RTM1"), ["BER-S1", "RTM1"])],
)
def test_a_stores_staff_see_the_shelves_they_are_bound_to_and_no_other_rol_03(
    as_staff: Callable[..., Client], scopes: tuple[str, ...], seen: list[str]
) -> None:
    """Bound to no store or to several must not mean: sees all."""
    shown = as_staff(Post.STORE, scopes=scopes).get("/staff/stock/A").json["locations"]
    assert [level["location"] for level in shown] == seen
