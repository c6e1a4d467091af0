"""Staff agree on another appointment: it is counted, it is the order's, and its clocks follow (FUL-07, FUL-08)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clockwork
from chalicelib.core.auth import Post, Principal
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment import service as fulfilment
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.handover import SLOT_CAPACITY, Handover, SlotFull
from chalicelib.shipping.items.slots import slot_ref, window_ref
from tests.support.faults import injected, without_waiting
from tests.support.http import Client
from tests.support.sample_carts import SHIRT, put_on_sale
from tests.support.sample_handovers import BOXES, STORE, put_roster, put_secrets, step
from tests.support.sample_windows import routed, taken

Begin = Callable[..., UnitOfWork]
CLERK = Principal("staff", "cora", posts=frozenset({Post.STORE}), scopes=frozenset({STORE}))
NINE, ELEVEN, ONE = (datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (9, 11, 13))
APPOINTMENT, WINDOW = Handover(store=STORE, slot_from=NINE), Handover(store=STORE, hours=2)
COUNTED = {"appointment": slot_ref(STORE, NINE), "window": window_ref(STORE, datetime(2026, 11, 21, 12, tzinfo=UTC))}
LATER = {"person": "rider-7", "due_from": ONE.isoformat(), "due_until": (ONE + timedelta(hours=2)).isoformat()}


@pytest.fixture(autouse=True)
def _at_the_tests_time(begin: Begin, clock: Any) -> Iterator[None]:
    put_secrets()
    put_on_sale(begin(), SHIRT, stock={("SHIRT-M", "RTM1"): 50, ("SHIRT-M", STORE): 40})
    put_roster(uow := begin())
    uow.commit(None)
    with time_machine.travel(clock.now, tick=False):
        yield


@pytest.fixture
def store(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.STORE, scopes=[STORE])


def now(begin: Begin, order: Order) -> Order:
    return begin().get(ORDER, order.id)


def places(begin: Begin, kind: str) -> tuple[int, int]:
    """Taken of what the customer chose, and of the appointment at 13:00."""
    return taken(begin, COUNTED[kind]), taken(begin, slot_ref(STORE, ONE))


def fill(begin: Begin, ref: Ref, but: int = 0) -> None:
    uow = begin()
    uow.count(ref, {"left": but - SLOT_CAPACITY.default}, first=True)
    uow.commit(None)


@pytest.mark.parametrize(("kind", "chosen"), [("appointment", APPOINTMENT), ("window", WINDOW)])
def test_an_agreed_appointment_is_counted_and_the_former_time_is_free_again(
    store: Client, begin: Begin, kind: str, chosen: Handover
) -> None:
    order = routed(begin, chosen)
    assert places(begin, kind) == (1, 0)
    assert step(store, order, "assign", LATER).status == 200
    assert places(begin, kind) == (0, 1)
    agreed = now(begin, order)
    assert agreed.handover is not None
    assert (agreed.handover.hours, agreed.handover.slot_from, agreed.arrives_from) == (0, ONE, date(2026, 11, 22))
    assert agreed.deadlines["dispatch_by"] == ONE
    assert step(store, order, "assign", {**LATER, "person": "rider-8"}, key="again").status == 200
    assert places(begin, kind) == (0, 1)
    run(lambda uow: orders.call_off(uow, uow.get(ORDER, order.id), CancelReason.CHANGED_MIND), begin)
    assert places(begin, kind) == (0, 0)


def test_choosing_only_a_person_changes_nothing_of_the_appointment(store: Client, begin: Begin) -> None:
    order = routed(begin, APPOINTMENT)
    assert step(store, order, "assign", {"person": "rider-7"}).json["due_until"] == "2026-11-22T11:00:00Z"
    after = now(begin, order)
    assert (after.handover, after.deadlines, places(begin, "appointment")) == (order.handover, order.deadlines, (1, 0))


def test_an_appointment_that_is_full_is_refused_to_staff_too_and_nothing_moves(store: Client, begin: Begin) -> None:
    order = routed(begin, APPOINTMENT)
    fill(begin, slot_ref(STORE, ONE))
    refused = step(store, order, "assign", LATER)
    assert (refused.status, refused.json["type"].rsplit("/", 1)[-1]) == (409, "slot-full")
    free = [time.get("slot") for time in refused.json["free"]]
    assert "2026-11-22T09:00:00.000Z" in free and "2026-11-22T13:00:00.000Z" not in free
    assert now(begin, order) == order and places(begin, "appointment") == (1, SLOT_CAPACITY.default)


def test_an_appointment_within_another_ones_hours_counts_as_that_one(store: Client, begin: Begin) -> None:
    order = routed(begin, APPOINTMENT)
    half_past = {"person": "rider-7", "due_from": "2026-11-22T14:30:00+01:00", "due_until": "2026-11-22T15:30:00Z"}
    assert step(store, order, "assign", half_past).status == 200
    assert places(begin, "appointment") == (0, 1)
    longer = {"person": "rider-7", "due_until": "2026-11-22T16:30:00Z"}
    assert step(store, order, "assign", longer, key="longer").status == 200
    handover = now(begin, order).handover
    assert handover is not None and handover.slot_from == ONE + timedelta(minutes=30)
    assert places(begin, "appointment") == (0, 1)


@pytest.mark.parametrize("at", range(1, 5))
def test_the_last_place_is_taken_once_whoever_else_wants_it_at_any_moment(begin: Begin, at: int) -> None:
    mine, other = routed(begin, APPOINTMENT), routed(begin, WINDOW)
    fill(begin, slot_ref(STORE, ONE), but=1)
    won: list[str] = []

    def agree(order: Order) -> None:
        until = ONE + timedelta(hours=2)
        run(lambda uow: fulfilment.assign(uow, order.id, CLERK, "rider-1", due_from=ONE, due_until=until), begin)
        won.append(order.id)

    with injected(None, lambda: agree(other), at), without_waiting():
        try:
            agree(mine)
        except SlotFull:
            assert won == [other.id]
    assert len(won) == 1 and taken(begin, slot_ref(STORE, ONE)) == SLOT_CAPACITY.default
    assert taken(begin, COUNTED["appointment"]) + taken(begin, COUNTED["window"]) == 1


def test_a_packed_order_arrives_by_the_agreed_time_and_not_by_the_former_one_ful_08(
    store: Client, begin: Begin, clock: Any
) -> None:
    order = routed(begin, WINDOW)
    for name, body in (("accept", None), ("pick", None), ("pack", BOXES)):
        step(store, order, name, body)
    clock.forward(minutes=121)
    assert clockwork.sweep(clock.now, float("inf")) == 1
    assert now(begin, order).missed == ("deliver_by",)
    assert step(store, order, "assign", LATER).status == 200
    agreed = now(begin, order)
    assert (agreed.state, agreed.missed) == (State.PACKED, ())
    assert agreed.deadlines == {"dispatch_by": ONE, "deliver_by": ONE + timedelta(hours=2)}
    assert step(store, order, "send-out").status == 200
    assert now(begin, order).deadlines == {"deliver_by": ONE + timedelta(hours=2)}


def test_who_was_chosen_before_packing_has_the_window_that_begins_with_it_amb_11(
    store: Client, begin: Begin, clock: Any
) -> None:
    order = routed(begin, WINDOW)
    step(store, order, "assign", {"person": "rider-7"})
    with time_machine.travel(clock.now + timedelta(minutes=25), tick=False):
        for name, body in (("accept", None), ("pick", None), ("pack", BOXES), ("send-out", None)):
            assert step(store, order, name, body).status == 200
    (stop,) = store.get(f"/staff/stores/{STORE}/rounds/rider-7").json["stops"]
    assert stop["orders"][0]["delivery"]["due_until"] == "2026-11-21T11:55:00Z"


def test_customer_and_log_show_the_agreed_appointment(store: Client, begin: Begin) -> None:
    order = routed(begin, WINDOW)
    step(store, order, "assign", LATER)
    uow = begin()
    (told,) = [h for h in orders.timeline(uow, now(begin, order)) if h.type == "order.appointment_changed"]
    assert told.for_shoppers and told.data["due_from"].startswith("2026-11-22T13:00:00")


@pytest.mark.parametrize("body", [
    {"due_until": "2026-11-21T09:00:00Z"}, {"due_from": "2026-11-22T13:00:00Z", "due_until": "2026-11-22T13:00:00Z"},
    {"due_from": "2026-11-22T13:00:00Z"},
])  # fmt: skip
def test_a_time_that_is_over_or_ends_before_it_begins_is_refused(store: Client, begin: Begin, body: Any) -> None:
    order = routed(begin, APPOINTMENT)
    assert step(store, order, "assign", {"person": "rider-7", **body}).status == 400
    assert now(begin, order) == order
