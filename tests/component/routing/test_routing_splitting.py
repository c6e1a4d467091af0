"""Orders whose goods lie in several places: the policy, the quote, a dispatch for each (RTE-07)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.cart.domain import SPLITTING
from chalicelib.core.errors import NotAllowed
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.table import page
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import SoldOut
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Problem, State
from chalicelib.orders.items import DISPATCH, ORDER, store_list
from chalicelib.routing import service as routing
from tests.support.sample_splits import (
    LINES,
    SZX,
    in_china,
    listed,
    part,
    policy,
    routed,
    step,
)
from tests.support.table import metered

# The quote


def test_goods_in_two_places_come_from_both_unless_a_market_says_otherwise_rte_07(split_shop: Any) -> None:
    quote = split_shop.quoted(lines=LINES)
    assert {line.sku: line.location for line in quote.lines} == {"POT": "RTM1", "LAMP": "SZX1"}


def test_where_splitting_is_forbidden_the_quote_names_what_is_not_together_rte_07(split_shop: Any) -> None:
    policy(split_shop, "forbidden")
    with pytest.raises(SoldOut) as refused:
        split_shop.quoted(lines=(("POT", 2), ("CUP", 1), ("LAMP", 1)))
    assert refused.value.members["skus"] == ["LAMP"]
    assert (refused.value.members["reason"], len(refused.value.members["lines"])) == ("not_together", 1)
    assert split_shop.quoted(lines=(("LAMP", 1),)).lines[0].location == "SZX1"


def test_by_priority_each_article_comes_from_the_first_place_that_has_it_rte_07(split_shop: Any) -> None:
    split_shop.do(lambda uow: inventory.receive(uow, {("POT", "SZX1"): 5}, "delivery"))
    assert {line.location for line in split_shop.quoted(lines=LINES).lines} == {"SZX1"}
    policy(split_shop, "priority")
    assert [line.location for line in split_shop.quoted(lines=LINES).lines] == ["RTM1", "SZX1"]


def test_a_policy_that_is_none_counts_as_not_set(split_shop: Any) -> None:
    policy(split_shop, "whatever")
    assert len({line.location for line in split_shop.quoted(lines=LINES).lines}) == 2


# Routing


def test_every_place_gets_its_part_on_its_own_list_and_nothing_else_rte_07_rte_03(split_shop: Any) -> None:
    order = routed(split_shop)
    assert (order.state, order.store, order.is_split) == (State.ROUTED, "RTM1", True)
    assert listed("RTM1") == listed("SZX1") == [order.id]
    here, there = part(split_shop, order, "RTM1"), part(split_shop, order, "SZX1")
    assert [(line.sku, line.quantity) for line in here.lines] == [("POT", 2)]
    assert [(line.sku, line.quantity) for line in there.lines] == [("LAMP", 1)]
    assert here.total + there.total == order.totals.total
    (card,) = page(ORDER, "gsi2", store_list("SZX1"), limit=9).items
    assert (card.units, card.title, card.total, card.store) == (1, "Paper lamp", there.total, "SZX1")
    assert set(order.deadlines) == set() and set(there.deadlines) == {"accept_by", "dispatch_by"}
    assert split_shop.events(order).count("dispatch.routed") == 2


def test_each_parcel_goes_by_the_channel_that_its_place_has_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    assert order.channel in {"LINE", "POST"}
    assert (part(split_shop, order, "SZX1").channel, part(split_shop, order, "RTM1").channel) == (
        order.channel, "LOCAL",
    )  # fmt: skip


def test_an_order_of_one_place_has_no_dispatch_and_costs_what_it_did_rte_07(split_shop: Any) -> None:
    routed(split_shop, lines=(("POT", 1),))  # settings are warm
    order = split_shop.pay(split_shop.placed(lines=(("POT", 1), ("CUP", 1))))
    split_shop.do(lambda uow: orders.review(uow, order.id))
    with metered() as meter:
        split_shop.do(lambda uow: routing.route(uow, order.id))
    assert (meter.round_trips, meter.actions) == (3, 2)
    assert split_shop.begin().part(DISPATCH, order.id, prefix="DISPATCH#") == []


def test_routing_a_split_order_takes_four_round_trips_rte_07(split_shop: Any) -> None:
    routed(split_shop)
    order = split_shop.pay(split_shop.placed(lines=LINES))
    split_shop.do(lambda uow: orders.review(uow, order.id))
    with metered() as meter:
        split_shop.do(lambda uow: routing.route(uow, order.id))
    assert meter.round_trips <= 4


def test_where_splitting_has_been_forbidden_since_the_desk_decides_rte_07(split_shop: Any) -> None:
    order = split_shop.pay(split_shop.placed(lines=LINES))
    policy(split_shop, "forbidden")
    split_shop.do(lambda uow: orders.review(uow, order.id))
    order = split_shop.do(lambda uow: routing.route(uow, order.id))
    assert (order.state, order.problem) == (State.REVIEWED, Problem.OUT_OF_STOCK)
    policy(split_shop, "fewest_splits")
    again = split_shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    assert (again.state, again.problem, listed("SZX1")) == (State.ROUTED, None, [order.id])


def test_what_one_place_has_come_to_have_together_is_gathered_there_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 2}, "delivery"))
    order = shop.do(lambda uow: routing.route(uow, order.id))
    assert (order.store, order.is_split) == ("SHA-S1", False)
    assert shop.begin().part(DISPATCH, order.id, prefix="DISPATCH#") == []
    assert (shop.level("POT", "SZX1"), shop.level("POT", "SHA-S1")) == ((5, 0), (0, 2))


def test_by_priority_what_was_split_stays_split_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: uow.put(SETTINGS, SettingValues("CN", {SPLITTING.name: "priority"})))
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 2}, "delivery"))
    order = shop.do(lambda uow: routing.route(uow, order.id))
    assert (order.locations, order.is_split) == (("SHA-S1", "SZX1"), True)


def test_parts_that_nobody_has_accepted_can_be_routed_again_to_one_place_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: routing.route(uow, order.id))
    assert listed("SZX1") == listed("SHA-S1") == [order.id]
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 2}, "delivery"))
    again = shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    assert (again.store, again.is_split) == ("SHA-S1", False)
    assert (listed("SZX1"), listed("SHA-S1")) == ([], [order.id])
    assert part(shop, order, "SZX1").state is State.CANCELLED
    assert shop.events(order).count("dispatch.cancelled") == 2


def test_a_split_order_is_not_routed_again_once_a_place_has_packed_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: routing.route(uow, order.id))
    for name in ("accept", "pick", "pack"):
        step(shop, order, SZX, name)
    with pytest.raises(NotAllowed) as refused:
        shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    assert refused.value.members["state"] == "packed"
