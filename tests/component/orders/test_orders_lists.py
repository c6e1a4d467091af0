"""One row for an order, whichever list it is on, and the counts say what the lists say (ORD-17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Post
from chalicelib.orders.domain import Order, Problem, State
from chalicelib.orders.items import ORDER
from tests.support.http import Client
from tests.support.sample_orders import PLACED, an_order

AT_A_STORE = [
    State.ROUTED, State.ACCEPTED, State.PICKING, State.PACKED, State.READY_LOCKER, State.READY_DESK,
    State.OUT_FOR_DELIVERY, State.HANDOVER_FAILED, State.STORE_HANDLING,
]  # fmt: skip
MARKS = ("unhandled", "handled", "overdue")
STORES_LIST, DESKS_LIST = "/staff/stores/RTM1/orders", "/staff/work/order_desk"


def keep(shop: Any, *orders: Order) -> None:
    shop.do(lambda uow: [uow.put(ORDER, order) for order in orders])


@pytest.fixture
def clerk(shop: Any, as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.STORE, scopes=["RTM1"])


@pytest.fixture
def pat(shop: Any, as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.ORDER_DESK)


def shown(who: Client, path: str, **query: str) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in who.get(path, query=query).json["items"]}


@pytest.mark.parametrize("state", AT_A_STORE)
def test_a_store_and_a_group_see_the_same_colours_in_every_state_ord_17(
    shop: Any, clerk: Client, pat: Client, state: State
) -> None:
    variants: tuple[dict[str, Any], ...] = (
        {}, {"claimed_by": "kim"}, {"missed": ("accept_by",)}, {"deadlines": {"deliver_by": PLACED}},
        {"deadlines": {"deliver_by": PLACED + timedelta(days=9999)}},
    )  # fmt: skip
    at_store = [an_order(state, store="RTM1", **changes) for changes in variants]
    at_desk = [an_order(state, store="RTM1", problem=Problem.OUT_OF_STOCK, **changes) for changes in variants]
    keep(shop, *at_store, *at_desk)
    here, there = shown(clerk, STORES_LIST), shown(pat, DESKS_LIST)
    assert (len(here), len(there)) == (len(variants), len(variants))
    for mine, theirs in zip(at_store, at_desk, strict=True):
        differ = {name for name, value in here[mine.id].items() if value != there[theirs.id][name]}
        assert differ <= {"id", "problem", "mark"}, differ
        assert (here[mine.id]["problem"], there[theirs.id]["problem"]) == (None, "out_of_stock")
    for who, path, name, rows in ((clerk, STORES_LIST, "store:RTM1", here), (pat, DESKS_LIST, "order_desk", there)):
        (counted,) = [
            row for row in who.get("/staff/work").json["items"] if (row["list"], row["state"]) == (name, state)
        ]
        for mark in MARKS:
            marked = {number for number, row in rows.items() if row["mark"] == mark}
            assert counted[mark] == len(marked)
            assert set(shown(who, path, mark=mark)) == set(shown(who, path, mark=mark, state=state)) == marked


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (State.ROUTED, "unhandled"), (State.HANDOVER_FAILED, "unhandled"), (State.ACCEPTED, "handled"),
        (State.PACKED, "handled"), (State.STORE_HANDLING, "handled"),
    ],
)  # fmt: skip
def test_what_has_no_deadline_is_not_overdue_and_a_failed_hand_over_is_unhandled_ord_17(
    shop: Any, clerk: Client, state: State, mark: str
) -> None:
    order = an_order(state, store="RTM1")
    keep(shop, order)
    assert shown(clerk, STORES_LIST)[order.id]["mark"] == mark


def test_a_claim_is_seen_where_the_clerks_of_the_store_work_ord_17(shop: Any, clerk: Client) -> None:
    order = an_order(State.HANDOVER_FAILED, store="RTM1")
    keep(shop, order)
    me = clerk.post(f"/staff/orders/{order.id}/claim", key="claim-12345").json["claimed_by"]
    row = shown(clerk, STORES_LIST)[order.id]
    assert me
    assert (row["claimed_by"], row["mark"]) == (me, "handled")
    assert shown(clerk, STORES_LIST, mark="unhandled") == {}
