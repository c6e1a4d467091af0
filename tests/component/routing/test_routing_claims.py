"""Taking up parts of a split order: whose part is meant, and what each place sees of the other (ORD-17, RTE-03)."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from chalicelib.clockwork import sweep
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import NotFound
from chalicelib.orders import service as orders
from chalicelib.orders.items import ORDER
from chalicelib.orders.service import WhichPlace
from tests.support.http import Client
from tests.support.sample_splits import BOTH, RTM, SZX, part, routed, step

ADMIN = Principal("staff", "boss", posts=frozenset({Post.ADMIN}))


def escalated(shop: Any, clock: Any) -> Any:
    """A split order that Rotterdam has accepted, and Shenzhen lets lie until management has its part."""
    order = routed(shop)
    step(shop, order, RTM, "accept")
    for hours in (25, 2):
        sweep(clock.forward(hours=hours), until=float("inf"))
    assert part(shop, order, "SZX1").is_escalated
    assert not part(shop, order, "RTM1").is_escalated
    return order


def claim(shop: Any, order: Any, who: Principal, store: str = "") -> Any:
    return shop.do(lambda uow: orders.claim(uow, uow.get(ORDER, order.id), who, store))


def test_management_takes_up_the_part_that_nobody_accepted_amb20(split_shop: Any, clock: Any) -> None:
    order = escalated(split_shop, clock)
    assert claim(split_shop, order, ADMIN).claimed_by == "boss"
    assert (part(split_shop, order, "RTM1").claimed_by, part(split_shop, order, "SZX1").claimed_by) == ("", "boss")
    split_shop.do(lambda uow: orders.unclaim(uow, uow.get(ORDER, order.id), ADMIN))
    assert part(split_shop, order, "SZX1").claimed_by == ""


def test_who_works_for_several_places_names_one_where_it_is_not_clear_ord17(split_shop: Any) -> None:
    order = routed(split_shop)
    with pytest.raises(WhichPlace):
        claim(split_shop, order, BOTH)
    with pytest.raises(NotFound):
        claim(split_shop, order, RTM, "SZX1")
    assert claim(split_shop, order, BOTH, "RTM1").claimed_by == BOTH.id
    claim(split_shop, order, SZX)
    split_shop.do(lambda uow: orders.unclaim(uow, uow.get(ORDER, order.id), BOTH))
    assert (part(split_shop, order, "RTM1").claimed_by, part(split_shop, order, "SZX1").claimed_by) == ("", SZX.id)


def test_a_clerk_sees_the_own_place_of_a_split_order_and_not_the_leading_one_rte03(split_shop: Any, clock: Any) -> None:
    order = routed(split_shop)
    seen = {}
    with time_machine.travel(clock.now, tick=False):
        for who in (RTM, SZX, ADMIN):
            seen[who.id] = Client(who).get(f"/staff/orders/{order.id}").json["store"]
        path = f"/staff/orders/{order.id}/claim"
        refused = Client(ADMIN).post(path, key="claim-00001")
        named = Client(ADMIN).post(path, key="claim-00002", query={"store": "SZX1"})
    assert seen == {RTM.id: "RTM1", SZX.id: "SZX1", ADMIN.id: split_shop.order(order).store}
    assert (refused.status, refused.json["places"]) == (409, ["RTM1", "SZX1"])
    assert named.status == 200, named.text
    assert part(split_shop, order, "SZX1").claimed_by == ADMIN.id
