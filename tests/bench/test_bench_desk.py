"""The order desk: what review and routing take, and the first page of every work list."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from tests.support.meter import Cost
from tests.support.world import SHOPPER, World

from .conftest import Report

pytestmark = pytest.mark.bench

#: Round trips that review and routing may take.
MOST = 4
DESK = Principal("staff", "dora", posts=frozenset({Post.ORDER_DESK, Post.STORE}))
LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "the order desk's list": ("/staff/orders", {}),
    "the order desk's list, held orders": ("/staff/orders", {"state": "on_hold"}),
    "a group's list": ("/staff/work/order_desk", {}),
    "a store's list": ("/staff/stores/RTM1/orders", {}),
    "a store's list, routed orders": ("/staff/stores/RTM1/orders", {"state": "routed"}),
    "a store's returns": ("/staff/returns", {"desk": "inspection", "store": "RTM1"}),
}


def test_review_and_routing(world: World, report: Report) -> None:
    world.done.clear()
    order, _ = world.place(SHOPPER, {"mug-1": 2, "bowl-1": 1})
    world.press_pay(world.open_payment(SHOPPER, order["id"]))
    world.settle()
    rows = [[name, *_figures(world.last(name).cost)] for name in ("review-order", "route-order")]
    report.keep("review_and_routing", {name: trips for name, trips, *_ in rows})
    report.table("Review and routing", ["operation", "round trips", "reads", "writes"], rows)
    assert max(trips for _, trips, *_ in rows) <= MOST


def test_the_first_page_of_every_work_list(world: World, report: Report) -> None:
    rows = []
    for name, (path, query) in LISTS.items():
        world.request(name, DESK, "GET", path, query=query)
        rows.append([name, *_figures(world.last(name).cost)])
    report.keep("work_lists", {name: trips for name, trips, *_ in rows})
    report.table("First page of a work list", ["list", "round trips", "reads", "writes"], rows)
    assert {trips for _, trips, *_ in rows} == {1}


def _figures(cost: Cost) -> list[Any]:
    return [cost.round_trips, cost.read_units, cost.write_units]
