"""The store's own delivery over HTTP: person, window, door, cash, failures and the round (E11 to E13, E16 to E18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import clockwork
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.table import page
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import Cause, DoorPayment, PaidWith
from chalicelib.fulfilment.items import DELIVERY, round_list
from chalicelib.ledger import service as ledger
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, State
from chalicelib.orders.items import ORDER
from chalicelib.payments.items import PAYMENT
from chalicelib.shipping.domain.handover import Handover
from tests.support.http import Client
from tests.support.sample_handovers import (
    STORE,
    an_own_delivery,
    code_of,
    do,
    on_hand,
    packed,
    state_of,
    step,
)
from tests.support.sample_orders import BERLIN
from tests.support.sample_returns import deliver
from tests.support.table import metered

pytestmark = pytest.mark.usefixtures("at_the_tests_time")

Begin = Callable[..., UnitOfWork]
RIDER = {"person": "rider-7"}
CLERK = Principal("staff", "cora", posts=frozenset({Post.STORE}), scopes=frozenset({STORE}))
TOTAL = {"amount": {"amount": "65.00", "currency": "EUR"}}


@pytest.fixture
def store(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.STORE, scopes=[STORE])


def sent_out(store: Client, begin: Begin, **changes: Any) -> Any:
    order = packed(store, begin, an_own_delivery(**changes))
    assert step(store, order, "assign", RIDER).status == 200
    answer = step(store, order, "send-out")
    assert answer.status == 200, answer.text
    return order


@pytest.mark.parametrize("hours", [1, 2, 3])
def test_the_window_begins_when_the_order_is_packed_amb_11(store: Client, begin: Begin, clock: Any, hours: int) -> None:
    order = packed(store, begin, an_own_delivery(hours=hours))
    assert begin().get(ORDER, order.id).deadlines["deliver_by"] == clock.now + timedelta(hours=hours)
    step(store, order, "assign", RIDER)
    out = step(store, order, "send-out")
    assert out.json["state"] == "out_for_delivery"
    assert begin().get(ORDER, order.id).deadlines["deliver_by"] == clock.now + timedelta(hours=hours)
    assert on_hand(begin) == (8, 0)


def test_an_appointment_ends_when_its_slot_ends_ful_07(store: Client, begin: Begin) -> None:
    slot = (datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 22, 11, tzinfo=UTC))
    chosen = Handover(store=STORE, slot_from=slot[0], slot_until=slot[1])
    order = packed(store, begin, an_own_delivery(handover=chosen))
    assert begin().get(ORDER, order.id).deadlines["deliver_by"] == slot[1]
    made = step(store, order, "assign", RIDER).json
    assert (made["due_from"], made["due_until"]) == ("2026-11-22T09:00:00Z", "2026-11-22T11:00:00Z")


def test_nothing_leaves_without_a_person_ful_08(store: Client, begin: Begin) -> None:
    order = packed(store, begin, an_own_delivery())
    refused = step(store, order, "send-out")
    assert (refused.status, refused.json["rule"]) == (422, "FUL-08")
    assert state_of(begin, order) is State.PACKED


def test_only_who_delivers_for_the_store_can_be_chosen_ful_08(store: Client, begin: Begin) -> None:
    people = f"/staff/stores/{STORE}/delivery-people"
    assert "rider-7" not in store.get(people).json["people"]
    order = packed(store, begin, an_own_delivery())
    assert store.request("PUT", people, {"people": ["ada", "ada"]}).json["errors"][0]["pointer"] == "/people/1"
    assert (
        store.request("PUT", people, {"people": ["ada", "bo"]}).json
        == store.get(people).json
        == {"people": ["ada", "bo"]}
    )
    refused = step(store, order, "assign", RIDER)
    assert (refused.status, refused.json["rule"], refused.json["people"]) == (422, "FUL-08", ["ada", "bo"])
    assert step(store, order, "assign", {"person": "ada"}, key="ada").status == 200
    step(store, order, "send-out")
    step(store, order, "handover-failed", {"cause": "not_received"})
    step(store, order, "take-over")
    again = {"decision": "deliver_again", "deliver_by": "2026-11-22T12:00:00Z"}
    assert step(store, order, "resolve", {**again, "person": "cy"}, key="cy").status == 422
    assert step(store, order, "resolve", {**again, "person": "bo"}, key="bo").status == 200


def test_another_stores_delivery_people_are_nobodys_business(as_staff: Callable[..., Client], begin: Begin) -> None:
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])
    assert stranger.get(f"/staff/stores/{STORE}/delivery-people").status == 404
    assert stranger.request("PUT", f"/staff/stores/{STORE}/delivery-people", {"people": ["x"]}).status == 404


def test_another_person_can_be_chosen_until_the_goods_leave_ful_08(store: Client, begin: Begin) -> None:
    order = packed(store, begin, an_own_delivery())
    step(store, order, "assign", RIDER)
    step(store, order, "assign", {"person": "rider-8"}, key="again")
    step(store, order, "send-out")
    assert step(store, order, "assign", RIDER, key="late").status == 409
    assert store.get(f"/staff/stores/{STORE}/rounds/rider-7").json["stops"] == []
    assert len(store.get(f"/staff/stores/{STORE}/rounds/rider-8").json["stops"]) == 1


def test_a_prepaid_order_is_simply_received_ful_10(store: Client, begin: Begin) -> None:
    order = sent_out(store, begin)
    done = step(store, order, "delivered", {})
    assert (done.status, done.json["state"]) == (200, "completed")
    assert begin().get(ORDER, order.id).completed_by == "delivery_person"


def test_money_for_an_order_that_is_paid_is_refused_ful_10(store: Client, begin: Begin) -> None:
    order = sent_out(store, begin)
    assert step(store, order, "delivered", {"paid": {"paid_with": "cash", **TOTAL}}).status == 422


@pytest.mark.parametrize(("paid_with", "slip"), [("cash", ""), ("card", "T-4711")])
def test_cash_or_card_at_the_door_completes_the_order_and_is_booked_once_ful_09(
    store: Client, begin: Begin, paid_with: str, slip: str
) -> None:
    order = sent_out(store, begin, cash=True)
    body = {"paid": {"paid_with": paid_with, "slip": slip, **TOTAL}}
    done = step(store, order, "delivered", body)
    assert (done.status, done.json["state"]) == (200, "completed")
    assert step(store, order, "delivered", body).json == done.json
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    assert (payment.is_paid, [c.provider for c in payment.captures]) == (True, ["cash"])
    balance = ledger.trial_balance(begin())
    assert balance.balance("receivable:cash", "EUR").text == "65.00"
    assert balance.balance("customer_funds", "EUR").is_zero


@pytest.mark.parametrize("paid", [None, {"paid_with": "cash", "amount": {"amount": "64.99", "currency": "EUR"}}])
def test_less_than_is_due_hands_nothing_over_ful_09(store: Client, begin: Begin, paid: Any) -> None:
    order = sent_out(store, begin, cash=True)
    assert step(store, order, "delivered", {"paid": paid}).status == 422
    assert state_of(begin, order) is State.OUT_FOR_DELIVERY
    assert begin().find(PAYMENT, order.id, order.payment_id) is None


def test_an_overdue_delivery_is_told_and_marked_ful_07(store: Client, begin: Begin, clock: Any) -> None:
    order = sent_out(store, begin, hours=1)
    clock.forward(minutes=61)
    assert clockwork.sweep(clock.now, float("inf")) == 1
    late = begin().get(ORDER, order.id)
    assert (late.state, late.missed, late.deadlines) == (State.OUT_FOR_DELIVERY, ("deliver_by",), {})
    assert step(store, order, "delivered", {}).json["state"] == "completed"


def test_an_order_that_leaves_after_its_time_stays_marked(store: Client, begin: Begin, clock: Any) -> None:
    order = packed(store, begin, an_own_delivery(hours=1))
    clock.forward(minutes=61)
    clockwork.sweep(clock.now, float("inf"))
    step(store, order, "assign", RIDER)
    assert step(store, order, "send-out").status == 200
    assert clockwork.sweep(clock.now, float("inf")) == 0


@pytest.mark.parametrize(
    ("cause", "told", "by_customer"),
    [
        ("not_received", None, True),
        ("refused", None, True),
        ("refused", False, False),
        ("damaged", None, False),
        ("shop_late", None, False),
    ],
)
def test_a_failed_hand_over_says_whose_fault_it_was_ful_20(
    store: Client, begin: Begin, cause: str, told: bool | None, by_customer: bool
) -> None:
    order = sent_out(store, begin)
    body = {"cause": cause} if told is None else {"cause": cause, "by_customer": told}
    assert step(store, order, "handover-failed", body).json["state"] == "handover_failed"
    uow = begin()
    failed = next(h for h in orders.timeline(uow, uow.get(ORDER, order.id)) if h.type == "order.handover_failed")
    assert (failed.data["cause"], failed.data["by_customer"]) == (cause, by_customer)
    assert store.get(f"/staff/stores/{STORE}/rounds/rider-7").json["stops"] == []


def test_goods_that_were_not_received_are_delivered_again_e18(store: Client, begin: Begin, clock: Any) -> None:
    order = sent_out(store, begin, cash=True)
    step(store, order, "handover-failed", {"cause": "not_received"})
    step(store, order, "take-over")
    again = {"decision": "deliver_again", "person": "rider-9"}
    assert step(store, order, "resolve", again, key="without-time").status == 400
    until = (clock.now + timedelta(hours=4)).isoformat()
    assert step(store, order, "resolve", {**again, "deliver_by": until}).json["state"] == "out_for_delivery"
    assert len(store.get(f"/staff/stores/{STORE}/rounds/rider-9").json["stops"]) == 1
    assert on_hand(begin) == (8, 0)  # they left stock once
    paid = {"paid": {"paid_with": "cash", **TOTAL}}
    assert step(store, order, "delivered", paid).json["state"] == "completed"


def test_goods_that_were_not_received_can_be_kept_at_the_desk_e18(store: Client, begin: Begin) -> None:
    order = sent_out(store, begin)
    step(store, order, "handover-failed", {"cause": "not_received"})
    step(store, order, "take-over")
    assert step(store, order, "resolve", {"decision": "keep_at_desk"}).json["state"] == "ready_desk"
    assert step(store, order, "pickup", {"code": code_of(begin, order)}).json["state"] == "completed"


def test_handed_over_and_refused_at_once_one_wins(store: Client, begin: Begin) -> None:
    order = sent_out(store, begin, cash=True)
    paid = DoorPayment(PaidWith.CASH, order.totals.total)
    one, other = begin(), begin()
    service.hand_over(one, order.id, CLERK, paid)
    service.fail(other, order.id, CLERK, Cause.REFUSED)
    other.commit(None)
    with pytest.raises(Conflict):
        one.commit(None)
    with pytest.raises(NotAllowed):
        do(begin, lambda again: service.hand_over(again, order.id, CLERK, paid))
    assert begin().find(PAYMENT, order.id, order.payment_id) is None


def test_the_round_visits_the_near_ones_first_and_knows_what_to_collect_ful_11(store: Client, begin: Begin) -> None:
    from dataclasses import replace

    places = ["14163", "10969", "14199", "10178"]
    made = [
        packed(store, begin, an_own_delivery(cash=number == 0, ship_to=replace(BERLIN, postal_code=code)))
        for number, code in enumerate(places)
    ]
    for order in made:
        step(store, order, "assign", RIDER)
    with metered() as meter:
        answer = store.get(f"/staff/stores/{STORE}/rounds/rider-7")
    assert meter.round_trips <= 3
    by_id = {order.id: order.ship_to.postal_code for order in made if order.ship_to}
    visited = [by_id[stop["orders"][0]["delivery"]["order_id"]] for stop in answer.json["stops"]]
    assert sorted(visited) == sorted(places)
    assert abs(visited.index("14163") - visited.index("14199")) == 1  # the far west in one go
    due = {by_id[stop["orders"][0]["delivery"]["order_id"]]: stop["to_pay"]["amount"] for stop in answer.json["stops"]}
    assert due == {"14163": "65.00", "10969": "0.00", "14199": "0.00", "10178": "0.00"}


def test_nobody_drives_to_the_customer_of_an_order_that_is_off_ord_14(store: Client, begin: Begin) -> None:
    order, stays = (packed(store, begin, an_own_delivery()) for _ in range(2))
    for each in (order, stays):
        assert step(store, each, "assign", RIDER).status == 200
    do(begin, lambda uow: orders.call_off(uow, uow.get(ORDER, order.id), CancelReason.CHANGED_MIND))
    stops = store.get(f"/staff/stores/{STORE}/rounds/rider-7").json["stops"]
    assert [one["delivery"]["order_id"] for stop in stops for one in stop["orders"]] == [stays.id]
    for _ in range(2):  # the news of it takes the place in the round away
        deliver(begin, order.id, ["drop-cancelled-order"])
    listed = page(DELIVERY, "gsi1", round_list(STORE, "rider-7"), limit=9).items
    assert [card.order_id for card in listed] == [stays.id]


def test_another_stores_round_does_not_exist(as_staff: Callable[..., Client], store: Client, begin: Begin) -> None:
    order = sent_out(store, begin)
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])
    assert stranger.get(f"/staff/stores/{STORE}/rounds/rider-7").status == 404
    assert step(stranger, order, "delivered", {}).status == 404


def test_a_pickup_is_not_sent_out_and_an_own_delivery_not_made_ready(store: Client, begin: Begin) -> None:
    order = packed(store, begin, an_own_delivery())
    assert step(store, order, "ready", {}).status == 409
