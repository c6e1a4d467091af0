"""Own deliveries of one recipient: one stop of a round, proposed, given to one person, failed in one go (ORD-27)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import NotAllowed, VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service
from chalicelib.fulfilment import triggers as _registered  # noqa: F401
from chalicelib.fulfilment.domain import Cause, DeliveryState
from chalicelib.fulfilment.domain.consignment import CannotGoTogether
from chalicelib.fulfilment.items import DELIVERY
from chalicelib.fulfilment.service import rounds
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.handover import Handover
from tests.support.faults import Fault, Killed, injected
from tests.support.http import Client
from tests.support.sample_handovers import (
    STORE,
    an_own_delivery,
    do,
    keep,
    packed,
    state_of,
    step,
)
from tests.support.sample_orders import BERLIN, PLACED
from tests.support.table import metered

pytestmark = pytest.mark.usefixtures("at_the_tests_time")

Begin = Callable[..., UnitOfWork]
CLERK = Principal("staff", "cora", posts=frozenset({Post.STORE}), scopes=frozenset({STORE}))
SHARED = f"/staff/stores/{STORE}/shared-stops"
TOTAL = {"amount": {"amount": "65.00", "currency": "EUR"}}
TOMORROW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TOMORROW_AT_NINE = Handover(store=STORE, slot_from=TOMORROW, slot_until=TOMORROW + timedelta(hours=2))


@pytest.fixture
def store(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.STORE, scopes=[STORE])


def routed(begin: Begin, **changes: Any) -> Order:
    return keep(begin, an_own_delivery(**changes))


def bring(store: Client, *found: Order, person: str = "rider-1", key: str = "") -> Any:
    body = {"person": person, "orders": [order.id for order in found]}
    return store.post(SHARED, body, key=f"bring-{found[0].id}-{person}-{key}")


def stops(store: Client, person: str = "rider-1") -> Any:
    return store.get(f"/staff/stores/{STORE}/rounds/{person}").json["stops"]


def numbers(stop: Any) -> list[str]:
    return [one["delivery"]["order_id"] for one in stop["orders"]]


def proposed(store: Client) -> list[list[str]]:
    return [[one["order_id"] for one in stop["orders"]] for stop in store.get(SHARED).json["items"]]


def out(store: Client, begin: Begin, count: int = 2, **changes: Any) -> list[Order]:
    """Orders of one recipient that one person has left with."""
    made = [
        packed(store, begin, an_own_delivery(placed_at=PLACED + timedelta(minutes=number), **changes))
        for number in range(count)
    ]
    assert bring(store, *made).status == 200
    for order in made:
        assert step(store, order, "send-out").status == 200
    return made


def test_orders_of_one_recipient_are_one_stop_with_one_total_ful_11(store: Client, begin: Begin) -> None:
    first, second = out(store, begin, cash=True)
    prepaid = packed(store, begin, an_own_delivery(placed_at=PLACED + timedelta(hours=1)))
    elsewhere = packed(store, begin, an_own_delivery(ship_to=replace(BERLIN, postal_code="14163")))
    for order in (prepaid, elsewhere):
        step(store, order, "assign", {"person": "rider-1"})
    with metered() as meter:
        found = stops(store)
    assert meter.round_trips <= 3
    (mine,) = [stop for stop in found if first.id in numbers(stop)]
    assert (len(found), numbers(mine)) == (2, [first.id, second.id, prepaid.id])
    assert mine["to_pay"]["amount"] == "130.00"
    assert [one["to_pay"]["amount"] for one in mine["orders"]] == ["65.00", "65.00", "0.00"]
    assert mine["units"] == sum(one["units"] for one in mine["orders"]) == 9
    assert (mine["name"], mine["overdue"]) == (BERLIN.name, False)


def test_each_order_of_a_stop_is_handed_over_by_itself_ful_09(store: Client, begin: Begin) -> None:
    first, second = out(store, begin, cash=True)
    body = {"paid": {"paid_with": "cash", **TOTAL}}
    assert step(store, first, "delivered", body).json["state"] == "completed"
    assert state_of(begin, second) is State.OUT_FOR_DELIVERY
    (stop,) = stops(store)
    assert (numbers(stop), stop["to_pay"]["amount"]) == ([second.id], "65.00")
    assert step(store, second, "handover-failed", {"cause": "refused"}).json["state"] == "handover_failed"
    assert stops(store) == []


def test_a_stop_is_where_its_exactly_known_order_is(store: Client, begin: Begin) -> None:
    first, second = (packed(store, begin, an_own_delivery()) for _ in range(2))
    step(store, first, "assign", {"person": "rider-1"})
    (alone,) = stops(store)
    far = {"latitude": 52.40, "longitude": 13.06}
    step(store, second, "assign", {"person": "rider-1", "position": far})
    (both,) = stops(store)
    assert len(both["orders"]) == 2 and both["kilometres"] > alone["kilometres"] + 10


def test_a_store_is_told_what_one_person_could_bring_in_one_go_ord_27(store: Client, begin: Begin) -> None:
    first = packed(store, begin, an_own_delivery())
    second = routed(begin, placed_at=PLACED + timedelta(minutes=5))
    routed(begin, ship_to=replace(BERLIN, lines=("Kantstraße 1",)))
    routed(begin, handover=TOMORROW_AT_NINE, placed_at=PLACED + timedelta(minutes=9))
    routed(begin, handover=Handover(store=STORE, point="desk"), delivery_method="pickup")
    assert proposed(store) == [[first.id, second.id]]
    step(store, second, "assign", {"person": "rider-2"})
    assert [one["person"] for one in store.get(SHARED).json["items"][0]["orders"]] == ["", "rider-2"]
    step(store, first, "assign", {"person": "rider-3"})
    assert proposed(store) == [[first.id, second.id]]  # two people on one way
    made = bring(store, first, second)
    assert made.status == 200, made.text
    assert {one["person"] for one in made.json["deliveries"]} == {"rider-1"}
    assert bring(store, first, second).json == made.json
    assert proposed(store) == []
    assert [numbers(stop) for stop in stops(store)] == [[first.id, second.id]]
    assert stops(store, "rider-2") == stops(store, "rider-3") == []


def test_bringing_together_changes_no_promise_and_is_undone_by_choosing_somebody_else(
    store: Client, begin: Begin
) -> None:
    tomorrow = packed(store, begin, an_own_delivery(handover=TOMORROW_AT_NINE))
    chosen = Handover(store=STORE, slot_from=TOMORROW + timedelta(hours=1), slot_until=TOMORROW + timedelta(hours=3))
    later = routed(begin, handover=chosen, placed_at=PLACED + timedelta(minutes=5))
    made = bring(store, tomorrow, later).json["deliveries"]
    assert [(one["due_from"], one["due_until"]) for one in made] == [
        ("2026-11-22T09:00:00Z", "2026-11-22T11:00:00Z"), ("2026-11-22T10:00:00Z", "2026-11-22T12:00:00Z"),
    ]  # fmt: skip
    assert begin().get(ORDER, later.id).handover == chosen
    assert step(store, later, "assign", {"person": "rider-2"}).status == 200
    assert [numbers(stop) for stop in (*stops(store), *stops(store, "rider-2"))] == [[tomorrow.id], [later.id]]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ship_to": replace(BERLIN, name="Max Mustermann")}, "recipient"),
        ({"handover": TOMORROW_AT_NINE}, "time"),
        ({"state": State.OUT_FOR_DELIVERY}, "state"),
        ({"state": State.CANCELLED}, "state"),
        ({"handover": Handover(store=STORE, point="desk")}, "state"),
    ],
)
def test_others_are_not_brought_together(store: Client, begin: Begin, changes: dict[str, Any], why: str) -> None:
    first, other = routed(begin), routed(begin, **changes)
    refused = bring(store, first, other)
    assert (refused.status, refused.json["type"], refused.json["why"]) == (409, "/problems/cannot-go-together", why)
    assert begin().find(DELIVERY, first.id) is None is begin().find(DELIVERY, other.id)


def test_bad_input_and_foreign_orders_change_nothing(
    store: Client, begin: Begin, as_staff: Callable[..., Client]
) -> None:
    first, second = routed(begin), routed(begin)
    twice = store.post(SHARED, {"person": "rider-1", "orders": [first.id, first.id]}, key="twice-in-it")
    assert (twice.status, twice.json["errors"][0]["pointer"]) == (400, "/orders")
    assert bring(store, first).status == 400
    assert bring(store, first, second, person="nobody").status == 422
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])
    assert bring(stranger, first, second, key="stranger").status == stranger.get(SHARED).status == 404
    both = as_staff(Post.STORE, scopes=["SHA-S1", STORE])
    body = {"person": "rider-1", "orders": [first.id, second.id]}
    assert both.post("/staff/stores/SHA-S1/shared-stops", body, key="wrong-store").status == 404
    assert stops(store) == []


def test_a_closed_door_fails_the_whole_visit_and_counts_once_ful_20(store: Client, begin: Begin) -> None:
    first, second, taken = out(store, begin, 3)
    assert step(store, taken, "delivered", {}).status == 200
    body = {"cause": "not_received", "others": [second.id]}
    told = step(store, first, "handover-failed", body)
    assert (told.status, told.json["state"]) == (200, "handover_failed")
    assert step(store, first, "handover-failed", body).json == told.json
    uow = begin()
    events = [
        next(h for h in orders.timeline(uow, uow.get(ORDER, order.id)) if h.type == "order.handover_failed")
        for order in (first, second)
    ]
    assert [event.data["cause"] for event in events] == ["not_received"] * 2
    assert [event.data["by_customer"] for event in events] == [True, False]
    assert [uow.get(DELIVERY, order.id).state for order in (first, second)] == [DeliveryState.FAILED] * 2
    assert (state_of(begin, taken), stops(store)) == (State.COMPLETED, [])
    for order in (first, second):  # from here on each goes its own way
        assert step(store, order, "take-over").status == 200


def test_a_visit_that_was_none_fails_nothing(store: Client, begin: Begin) -> None:
    first, second = out(store, begin)
    elsewhere = packed(store, begin, an_own_delivery(ship_to=replace(BERLIN, name="Max Mustermann")))
    step(store, elsewhere, "assign", {"person": "rider-1"})
    step(store, elsewhere, "send-out")
    waiting = packed(store, begin, an_own_delivery())
    for others, status in (
        ([elsewhere.id], 409), ([second.id, elsewhere.id], 409), ([waiting.id], 409), ([first.id], 400),
        ([second.id, second.id], 400), ([an_own_delivery().id], 404),
    ):  # fmt: skip
        refused = step(store, first, "handover-failed", {"cause": "refused", "others": others}, key=str(others))
        assert refused.status == status, refused.text
    assert {state_of(begin, order) for order in (first, second, elsewhere)} == {State.OUT_FOR_DELIVERY}


# Races and crashes


def test_an_order_that_is_cancelled_meanwhile_is_given_to_nobody_ord_14(begin: Begin) -> None:
    first, second = routed(begin), routed(begin)
    slow, alone = begin(), begin()
    rounds.bring_together(slow, STORE, [first.id, second.id], "rider-1", CLERK)
    service.assign(alone, second.id, CLERK, "rider-1")
    do(begin, lambda uow: orders.call_off(uow, uow.get(ORDER, second.id), CancelReason.CHANGED_MIND))
    for late in (slow, alone):
        with pytest.raises(VersionConflict):
            late.commit(None)
    with pytest.raises(CannotGoTogether):
        do(begin, lambda uow: rounds.bring_together(uow, STORE, [first.id, second.id], "rider-1", CLERK))
    assert begin().find(DELIVERY, first.id) is None is begin().find(DELIVERY, second.id)


def test_of_two_who_give_one_order_to_different_people_the_last_is_right(begin: Begin) -> None:
    first, second = routed(begin), routed(begin)
    slow = begin()
    rounds.bring_together(slow, STORE, [first.id, second.id], "rider-1", CLERK)
    do(begin, lambda uow: service.assign(uow, second.id, CLERK, "rider-2"))
    with pytest.raises(VersionConflict):
        slow.commit(None)
    do(begin, lambda uow: rounds.bring_together(uow, STORE, [first.id, second.id], "rider-1", CLERK))
    assert {begin().get(DELIVERY, order.id).person for order in (first, second)} == {"rider-1"}


def test_what_is_handed_over_while_the_visit_is_noted_as_failed_is_handed_over(store: Client, begin: Begin) -> None:
    first, second = out(store, begin)
    slow = begin()
    service.fail(slow, first.id, CLERK, Cause.NOT_RECEIVED, others=[second.id])
    do(begin, lambda uow: service.hand_over(uow, second.id, CLERK))
    with pytest.raises(VersionConflict):
        slow.commit(None)
    with pytest.raises(NotAllowed):
        do(begin, lambda uow: service.fail(uow, first.id, CLERK, Cause.NOT_RECEIVED, others=[second.id]))
    assert [state_of(begin, order) for order in (first, second)] == [State.OUT_FOR_DELIVERY, State.COMPLETED]


@pytest.mark.parametrize("kind", ["crash_before", "crash_after", "lost_answer", "server_error_after", "conflict"])
def test_a_visit_fails_wholly_or_not_at_all_and_once_when_noted_again(store: Client, begin: Begin, kind: str) -> None:
    first, second = out(store, begin)
    body = {"cause": "not_received", "others": [second.id]}
    call = 0
    while True:
        call += 1
        fault = Fault(kind, call)
        try:
            with injected(fault):
                step(store, first, "handover-failed", body)
        except Killed:
            pass
        states = {state_of(begin, order) for order in (first, second)}
        assert len(states) == 1
        if not fault.struck or states == {State.HANDOVER_FAILED}:
            break
    assert step(store, first, "handover-failed", body).json["state"] == "handover_failed"
    uow = begin()
    told = [h.type for order in (first, second) for h in orders.timeline(uow, uow.get(ORDER, order.id))]
    assert told.count("order.handover_failed") == 2
