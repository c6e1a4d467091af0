"""No stretch of an order that a store hands over itself is without a clock (FUL-07, FUL-19, AMB-11, REV-10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clockwork
from chalicelib.core.auth import Post
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import Group, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.routing import service as routing
from tests.support.http import Client
from tests.support.sample_handovers import (
    BOXES,
    STORE,
    a_pickup,
    an_own_delivery,
    do,
    keep,
    packed,
    put_secrets,
    step,
)
from tests.support.sample_orders import a_line

Begin = Callable[..., UnitOfWork]


@pytest.fixture(autouse=True)
def _at_the_tests_time(database: None, clock: Any) -> Iterator[None]:
    put_secrets()
    with time_machine.travel(clock.now, tick=False):  # for requests; `sweep` has the test's clock
        yield


@pytest.fixture
def store(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.STORE, scopes=[STORE])


def accepted(store: Client, begin: Begin, order: Order) -> Order:
    """The order routed to its store as orders are, and accepted there."""
    keep(begin, order)
    do(begin, lambda uow: routing.route(uow, order.id))
    assert step(store, order, "accept").status == 200
    return now(begin, order)


def now(begin: Begin, order: Order) -> Order:
    return begin().get(ORDER, order.id)


def sweep(clock: Any, **later: float) -> int:
    clock.forward(**later)
    return clockwork.sweep(clock.now, float("inf"))


def late(begin: Begin, order: Order) -> tuple[str, ...]:
    return now(begin, order).missed


def test_a_pickup_that_is_accepted_and_never_made_ready_is_noticed_rev_10(
    store: Client, begin: Begin, clock: Any
) -> None:
    order = accepted(store, begin, a_pickup(state=State.REVIEWED, store=None))
    step(store, order, "pick")
    step(store, order, "pack", BOXES)
    assert sweep(clock, minutes=239) == 0
    assert sweep(clock, minutes=2) == 1  # packed, and not ready
    assert late(begin, order) == ("dispatch_by",)
    assert step(store, order, "ready", {}).status == 200
    assert late(begin, order) == ()


def test_a_window_order_that_is_accepted_and_not_packed_is_noticed_amb_11(
    store: Client, begin: Begin, clock: Any
) -> None:
    order = accepted(store, begin, an_own_delivery(state=State.REVIEWED, store=None, hours=1))
    step(store, order, "pick")
    of_requests = clock.now
    assert sweep(clock, minutes=31) == 1
    assert late(begin, order) == ("dispatch_by",)
    step(store, order, "pack", BOXES)
    after = now(begin, order)  # from packing on, the window counts
    assert (after.missed, after.deadlines) == ((), {"deliver_by": of_requests + timedelta(hours=1)})


def test_an_order_that_is_packed_in_time_is_not_late_for_it_afterwards_amb_11(
    store: Client, begin: Begin, clock: Any
) -> None:
    order = accepted(store, begin, an_own_delivery(state=State.REVIEWED, store=None, hours=2))
    step(store, order, "pick")
    step(store, order, "pack", BOXES)
    assert sweep(clock, minutes=119) == 0
    assert sweep(clock, minutes=2) == 1
    assert late(begin, order) == ("deliver_by",)


def failed(store: Client, begin: Begin, order: Order) -> Order:
    packed(store, begin, order)
    step(store, order, "ready", {})
    assert step(store, order, "handover-failed", {"cause": "refused"}).json["state"] == "handover_failed"
    return now(begin, order)


@pytest.mark.parametrize(("fresh", "hours"), [(False, 24), (True, 2)])
def test_goods_that_came_back_have_a_time_to_be_decided_on_ful_19(
    store: Client, begin: Begin, clock: Any, fresh: bool, hours: int
) -> None:
    lines = (a_line(location=STORE), replace(a_line("2", "TEA-CUP-SET", 1, location=STORE), fresh=fresh))
    order = failed(store, begin, a_pickup(lines=lines))
    assert order.deadlines == {"decide_by": clock.now + timedelta(hours=hours)}
    assert sweep(clock, hours=hours, minutes=1) == 1
    assert (late(begin, order), list(now(begin, order).deadlines)) == (("decide_by",), ["escalate_by"])


def test_taking_a_case_over_does_not_stop_its_clock_and_deciding_does_ful_19(
    store: Client, begin: Begin, clock: Any
) -> None:
    order = failed(store, begin, a_pickup())
    clock.forward(hours=20)
    step(store, order, "take-over")
    assert now(begin, order).deadlines == order.deadlines
    assert sweep(clock, hours=5) == 1
    assert (now(begin, order).state, late(begin, order)) == (State.STORE_HANDLING, ("decide_by",))
    assert step(store, order, "resolve", {"decision": "keep_at_desk"}).status == 200
    after = now(begin, order)
    assert (after.missed, list(after.deadlines)) == ((), ["collect_by"])


@pytest.mark.parametrize("with_management", [False, True])
def test_a_case_that_is_taken_over_late_is_managements_until_it_is_decided_on_ful_19(
    store: Client, begin: Begin, clock: Any, with_management: bool
) -> None:
    order = failed(store, begin, a_pickup())
    assert sweep(clock, hours=24, minutes=1) == 1
    if with_management:
        assert sweep(clock, hours=1) == 1
    step(store, order, "take-over")
    assert sweep(clock, hours=1) == (0 if with_management else 1)
    after = now(begin, order)
    assert (after.state, after.group, after.deadlines) == (State.STORE_HANDLING, Group.MANAGEMENT, {})
    step(store, order, "resolve", {"decision": "keep_at_desk"})
    assert (now(begin, order).missed, now(begin, order).group) == ((), Group.CUSTOMER)
