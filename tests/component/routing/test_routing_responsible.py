"""How the responsible store is found: by the chosen pickup store, by delivery area, by stock and distance (AMB-06)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Post
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets
from chalicelib.orders.domain import Order, Problem, State
from chalicelib.orders.items import ORDER
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.handover import PACK_PICKUP, Handover
from chalicelib.shipping.handovers import AREAS, area_of
from tests.support.http import Client
from tests.support.sample_handovers import a_pickup, an_own_delivery, keep
from tests.support.sample_orders import BERLIN, a_line, an_order

Begin = Callable[..., UnitOfWork]


def routed(shop: Any, order: Order) -> Order:
    result: Order = shop.do(lambda uow: routing.route(uow, order.id))
    return result


def reserved(shop: Any, order: Order, elsewhere: dict[tuple[str, str], int] | None = None) -> Order:
    """A reviewed order with its goods reserved, and more of them somewhere else."""
    shop.do(lambda uow: uow.put(ORDER, order))
    shop.do(lambda uow: inventory.receive(uow, order.allocation, "opening"))
    shop.do(lambda uow: inventory.reserve(uow, order.allocation, order.id))
    if elsewhere:
        shop.do(lambda uow: inventory.receive(uow, elsewhere, "opening"))
    return order


EVERYTHING = {("TEA-POT-BLUE", "RTM1"): 9, ("TEA-CUP-SET", "RTM1"): 9}


@pytest.mark.parametrize("point", ["desk", "locker"])
def test_a_pickup_is_the_chosen_stores_whoever_else_has_the_goods_amb_06(shop: Any, point: str) -> None:
    order = reserved(shop, a_pickup(point, state=State.REVIEWED, store=None), EVERYTHING)
    order = routed(shop, order)
    assert (order.state, order.store, order.locations) == (State.ROUTED, "BER-S1", ("BER-S1",))
    assert order.deadlines["dispatch_by"] == shop.now() + timedelta(minutes=PACK_PICKUP.default)  # AMB-11


def test_an_own_delivery_is_the_store_whose_area_holds_the_address_amb_06(shop: Any) -> None:
    order = reserved(shop, an_own_delivery(state=State.REVIEWED, store=None), EVERYTHING)
    assert order.ship_to is not None
    area = area_of(order.ship_to.country, order.ship_to.postal_code)
    assert area is not None and routed(shop, order).store == area.store == "BER-S1"


def test_a_chosen_store_that_cannot_serve_is_nobody_elses_order_amb_06(shop: Any) -> None:
    """The customer stands before that store, or waits at home for it: the desk talks to them, nothing moves."""
    order = routed(shop, reserved(shop, a_pickup(state=State.REVIEWED, store=None), EVERYTHING))
    away = shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id), "BER-S1"))
    assert (away.problem, away.allocation) == (Problem.OUT_OF_STOCK, order.allocation)


def test_no_address_lies_in_two_areas_and_every_area_is_a_stores_amb_06() -> None:
    stores = {place.id: place for place in markets.locations() if place.kind == "store"}
    for number, area in enumerate(AREAS):
        assert stores[area.store].country == area.country
        for other in AREAS[number + 1 :]:
            meets = area.country == other.country and any(
                one.startswith(another) or another.startswith(one)
                for one in area.postcodes
                for another in other.postcodes
            )
            assert not meets, (area.store, other.store)


def in_china(shop: Any, postal_code: str, at: str, elsewhere: dict[tuple[str, str], int]) -> Order:
    address = replace(BERLIN, city="", region="", postal_code=postal_code, country="CN", lines=("淮海中路1号",))
    lines = (a_line(sku="POT", location=at),)
    order = an_order(State.REVIEWED, lines=lines, market="CN", country="CN", ship_to=address)
    return routed(shop, reserved(shop, order, elsewhere))


@pytest.mark.parametrize(
    ("postal_code", "quoted_from", "other", "store"),
    [
        ("200031", "SZX1", "SHA-S1", "SHA-S1"),  # Shanghai: its store is nearer than the warehouse
        ("518000", "SHA-S1", "SZX1", "SZX1"),  # Shenzhen
        ("200031", "SHA-S1", "SZX1", "SHA-S1"),
    ],
)
def test_a_courier_order_goes_to_the_nearest_place_with_everything_a_store_too_rte_08(
    shop: Any, postal_code: str, quoted_from: str, other: str, store: str
) -> None:
    order = in_china(shop, postal_code, quoted_from, {("POT", other): 2})
    assert order.store == store
    assert shop.level("POT", store)[1] == 2


def test_the_nearest_place_is_passed_over_when_one_unit_is_missing_rte_08(shop: Any) -> None:
    order = in_china(shop, "200031", "SZX1", {("POT", "SHA-S1"): 1})
    assert (order.store, shop.level("POT", "SHA-S1")) == ("SZX1", (1, 0))


def test_goods_behind_another_border_are_not_nearer_rte_08(shop: Any) -> None:
    """Quoted from China to Berlin: Rotterdam is nearer, but the customer agreed to other duty and other days."""
    order = an_order(State.REVIEWED, lines=(a_line(sku="POT", location="SZX1"),))
    order = routed(shop, reserved(shop, order, {("POT", "RTM1"): 9}))
    assert (order.store, order.locations) == ("SZX1", ("SZX1",))


@pytest.mark.parametrize(
    ("posts", "scopes", "status"),
    [
        ((Post.STORE,), ["BER-S1"], 200),
        ((Post.STORE,), ["SHA-S1"], 404),
        ((Post.STORE,), [], 404),
        ((Post.ORDER_DESK,), [], 403),
        ((Post.FINANCE,), ["BER-S1"], 403),
    ],
)
def test_only_a_store_with_the_permission_accepts_its_orders_rte_03(
    as_staff: Callable[..., Client], begin: Begin, posts: Any, scopes: list[str], status: int
) -> None:
    order = keep(begin, a_pickup())
    answer = as_staff(*posts, scopes=scopes).post(f"/staff/orders/{order.id}/accept", key="accept-once")
    assert answer.status == status
    assert begin().get(ORDER, order.id).state is (State.ACCEPTED if status == 200 else State.ROUTED)


def test_a_store_that_has_the_order_no_more_cannot_accept_it_rte_01(shop: Any, as_staff: Callable[..., Client]) -> None:
    order = in_china(shop, "200031", "SZX1", {("POT", "SHA-S1"): 2})
    moved = shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id), "SHA-S1"))
    assert (order.store, moved.store, shop.level("POT", "SHA-S1")) == ("SHA-S1", "SZX1", (2, 0))
    late = as_staff(Post.STORE, scopes=["SHA-S1"]).post(f"/staff/orders/{order.id}/accept", key="late-store")
    assert late.status == 404


def test_a_handover_names_one_store_and_the_goods_are_never_split_rte_07(shop: Any) -> None:
    order = a_pickup(state=State.REVIEWED, store=None)
    assert order.handover == Handover(store="BER-S1", point="desk") and not order.is_split
