"""A store's system runs pickup and own delivery to the end, by the desk's own rules (RTE-04, E8 to E18)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.clock import stamp, utc_now
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import MOST_TRIES
from chalicelib.fulfilment.items import DELIVERY, PICKUP
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from chalicelib.payments.items import PAYMENT
from tests.support.faults import Fault, Killed, injected, without_waiting
from tests.support.http import Answer
from tests.support.sample_handovers import STORE, a_pickup, an_own_delivery, code_of, on_hand
from tests.support.sample_partners import Port, report

BOXES = {"status": "packed", "boxes": [{"weight_g": 900, "length_mm": 300, "width_mm": 200, "height_mm": 150}]}
CLERK = Principal("staff", "cora", posts=frozenset({Post.STORE}), scopes=frozenset({STORE}))
PAID = {"paid_with": "cash", "amount": {"amount": "65.00", "currency": "EUR"}}
SENT_OUT = {"status": "sent_out", "person": "rider-7"}
FAILED = {"status": "handover_failed", "cause": "not_received"}


@pytest.fixture
def port(port: Port, clock: Any) -> Port:
    """Connected, at the hour by which messages are judged."""
    clock.now = utc_now()
    port.connect()
    return port


def packed(port: Port, order: Order) -> Order:
    """An order that the store's system has brought as far as its boxes."""
    order = port.routed(order)
    for body in ({"status": "accepted"}, {"status": "picking"}, BOXES):
        assert report(port, order.id, body).status == 200
    return order


def a_delivery(port: Port, **changes: Any) -> Order:
    return packed(port, an_own_delivery(state=State.REVIEWED, store=None, **changes))


def told(port: Port, order: Order, *bodies: dict[str, Any]) -> list[str]:
    states = []
    for body in bodies:
        answer = report(port, order.id, body)
        assert answer.status == 200, answer.text
        states.append(answer.json["state"])
    return states


def happened(port: Port, kind: str) -> int:
    return [one.type for one in port.events()].count(kind)


def now(port: Port, order: Order) -> Order:
    return port.begin().get(ORDER, order.id)


@pytest.mark.parametrize(("point", "state"), [("locker", "ready_locker"), ("desk", "ready_desk")])
def test_a_pickup_is_made_ready_where_the_customer_chose(port: Port, point: str, state: str) -> None:
    order = packed(port, a_pickup(point, state=State.REVIEWED, store=None))
    assert told(port, order, {"status": "ready"}) == [state]
    assert on_hand(port.begin) == (8, 0)


def test_a_pickup_is_collected_against_the_code_and_only_against_it(port: Port) -> None:
    order = packed(port, a_pickup("locker", state=State.REVIEWED, store=None))
    assert told(port, order, {"status": "ready", "point": "desk"}) == ["ready_desk"]
    wrong = report(port, order.id, {"status": "collected", "code": "000000"})
    assert (wrong.status, now(port, order).state) == (422, State.READY_DESK)
    assert port.begin().get(PICKUP, order.id).wrong == 1
    assert told(port, order, {"status": "collected", "code": code_of(port.begin, order)}) == ["completed"]
    assert now(port, order).completed_by == "pickup_code"


def test_a_wrong_code_that_is_sent_again_is_one_try_and_another_code_is_another_ful01(port: Port) -> None:
    order = packed(port, a_pickup("desk", state=State.REVIEWED, store=None))
    told(port, order, {"status": "ready"})
    for _ in range(3):
        wrong = report(port, order.id, {"status": "collected", "code": "000000"}, message="msg_again")
        assert (wrong.status, wrong.json["tries_left"]) == (422, MOST_TRIES.default - 1)
    for code in ("000001", "000002"):  # a guess is not hidden behind the id of another one
        report(port, order.id, {"status": "collected", "code": code}, message="msg_again")
    assert port.begin().get(PICKUP, order.id).wrong == 3
    report(port, order.id, {"status": "collected", "code": "000000"})
    assert port.begin().get(PICKUP, order.id).wrong == 4


@pytest.mark.parametrize("at", range(1, 9))
def test_a_wrong_code_that_comes_twice_at_once_is_one_try_ful01(port: Port, at: int) -> None:
    order = packed(port, a_pickup("desk", state=State.REVIEWED, store=None))
    told(port, order, {"status": "ready"})

    def send() -> None:
        report(port, order.id, {"status": "collected", "code": "000000"}, message="msg_twice")

    with injected(None, send, at=at), without_waiting():
        send()
    assert port.begin().get(PICKUP, order.id).wrong == 1


def test_an_own_delivery_is_sent_out_and_paid_at_the_door_once(port: Port) -> None:
    order = a_delivery(port, cash=True)
    assert told(port, order, SENT_OUT) == ["out_for_delivery"]
    assert port.begin().get(DELIVERY, order.id).person == "rider-7"
    for body in (
        {"status": "delivered"},
        {"status": "delivered", "paid": {**PAID, "slip": "1", "amount": {"amount": "64.99", "currency": "EUR"}}},
    ):
        assert report(port, order.id, body).status == 422
    done = {"status": "delivered", "paid": PAID}
    first = report(port, order.id, done, message="msg_door")
    again = report(port, order.id, done, message="msg_door")
    assert (first.status, first.json["state"], again.json) == (200, "completed", first.json)
    payment = port.begin().get(PAYMENT, order.id, order.payment_id)
    assert (payment.is_paid, [capture.provider for capture in payment.captures]) == (True, ["cash"])
    assert happened(port, "order.completed") == 1


def test_a_prepaid_delivery_is_simply_received_and_takes_no_money(port: Port) -> None:
    order = a_delivery(port)
    told(port, order, SENT_OUT)
    assert report(port, order.id, {"status": "delivered", "paid": PAID}).status == 422
    assert told(port, order, {"status": "delivered"}) == ["completed"]


def test_nobody_is_sent_out_without_a_name_unless_one_was_chosen_at_the_desk_ful_08(port: Port) -> None:
    order = a_delivery(port)
    refused = report(port, order.id, {"status": "sent_out"})
    assert (refused.status, refused.json["rule"]) == (422, "FUL-08")
    port.move(lambda uow: fulfilment.assign(uow, order.id, CLERK, "rider-1"))
    assert told(port, order, {"status": "sent_out"}) == ["out_for_delivery"]


def test_an_appointment_that_the_system_has_agreed_on_is_the_orders(port: Port) -> None:
    order = a_delivery(port)
    begins = (utc_now() + timedelta(days=1)).replace(microsecond=0)
    until = begins + timedelta(hours=1)
    told(port, order, {**SENT_OUT, "due_from": begins.isoformat(), "due_until": until.isoformat()})
    assert now(port, order).deadlines == {"deliver_by": until}


TOMORROW = stamp(utc_now() + timedelta(days=1))


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ({"decision": "keep_at_desk"}, "ready_desk"),
        ({"decision": "take_back"}, "taken_back"),
        ({"decision": "deliver_again", "person": "rider-8", "deliver_by": TOMORROW}, "out_for_delivery"),
    ],
)
def test_a_failed_hand_over_is_taken_over_and_decided_on_ful_19(port: Port, decision: Any, state: str) -> None:
    order = a_delivery(port)
    states = told(
        port, order, SENT_OUT, {**FAILED, "by_customer": False}, {"status": "taken_over"},
        {"status": "resolved", **decision},
    )  # fmt: skip
    assert states == ["out_for_delivery", "handover_failed", "store_handling", state]
    (failed,) = [one.data for one in port.events() if one.type == "order.handover_failed"]
    assert (failed.cause, failed.by_customer) == ("not_received", False)


EVERY = {
    "ready": {"status": "ready"}, "collected": {"status": "collected", "code": "1"}, "sent_out": SENT_OUT,
    "delivered": {"status": "delivered"}, "handover_failed": FAILED, "taken_over": {"status": "taken_over"},
    "resolved": {"status": "resolved", "decision": "take_back"},
}  # fmt: skip
#: What a system may report of an own delivery in each state; everything else is 409 with what is allowed.
LEGAL = {
    "routed": set(), "packed": {"sent_out"}, "out_for_delivery": {"delivered", "handover_failed"},
    "handover_failed": {"taken_over"}, "store_handling": {"resolved"}, "taken_back": set(),
}  # fmt: skip
WAY = {
    "routed": (), "packed": (), "out_for_delivery": (SENT_OUT,), "handover_failed": (SENT_OUT, FAILED),
    "store_handling": (SENT_OUT, FAILED, EVERY["taken_over"]),
    "taken_back": (SENT_OUT, FAILED, EVERY["taken_over"], EVERY["resolved"]),
}  # fmt: skip


@pytest.mark.parametrize("state", LEGAL)
def test_a_report_out_of_order_is_409_with_what_is_allowed_and_changes_nothing(port: Port, state: str) -> None:
    order = an_own_delivery(state=State.REVIEWED, store=None)
    order = port.routed(order) if state == "routed" else packed(port, order)
    told(port, order, *WAY[state])
    before = now(port, order)
    assert before.state.value == state
    for status in EVERY.keys() - LEGAL[state]:
        answer = report(port, order.id, EVERY[status])
        assert (answer.status, answer.json.get("state")) == (409, state), (status, answer.text)
        assert set(answer.json["allowed"]) == {command.value for command in before.allowed}
        assert now(port, order) == before


@pytest.mark.parametrize("body", [
    {"status": "collected"}, {"status": "collected", "code": ""}, {"status": "handover_failed"},
    {"status": "handover_failed", "cause": "bored"}, {"status": "resolved"}, {"status": "taken_over", "person": "x"},
    {"status": "resolved", "decision": "keep_it"}, {"status": "ready", "point": "roof"},
    {"status": "sent_out", "due_until": "2099-01-01T12:00:00Z"}, {"status": "sent_out", "person": "a#b"},
    {"status": "sent_out", "person": "x", "due_until": "2099-01-01T12:00:00"}, {"status": "ready", "paid": PAID},
    {"status": "delivered", "paid": {**PAID, "amount": {"amount": "65.001", "currency": "EUR"}}},
    {"status": "delivered", "paid": {**PAID, "paid_with": "shells"}}, {"status": "handover_failed", "by_customer": 1},
])  # fmt: skip
def test_what_does_not_belong_to_a_status_is_refused(port: Port, body: Any) -> None:
    order = port.routed(an_own_delivery(state=State.REVIEWED, store=None))
    answer = report(port, order.id, body)
    assert answer.status == 400 and answer.json["errors"], answer.text
    assert now(port, order).state is State.ROUTED


@pytest.mark.parametrize("call", range(1, 10))
@pytest.mark.parametrize("kind", ["crash_before", "crash_after", "lost_answer"])
def test_money_at_the_door_is_booked_once_wherever_the_report_crashed(port: Port, kind: str, call: int) -> None:
    order, secret = a_delivery(port, cash=True), port.secret()
    told(port, order, SENT_OUT)
    body = {"status": "delivered", "paid": PAID}
    with injected(Fault(kind, call)), without_waiting():
        try:
            report(port, order.id, body, message="msg_1", secret=secret)
        except Killed:
            assert kind.startswith("crash")
    answer = report(port, order.id, body, message="msg_1")
    assert (answer.status, answer.json["state"]) == (200, "completed")
    assert happened(port, "order.completed") == happened(port, "payment.captured") == 1


@pytest.mark.parametrize("at", range(1, 7))
def test_a_delivery_that_two_systems_report_at_once_is_done_once(port: Port, at: int) -> None:
    order, secret = a_delivery(port), port.secret()
    told(port, order, SENT_OUT)
    inner: list[Answer] = []
    with injected(None, lambda: inner.append(report(port, order.id, FAILED, secret=secret)), at), without_waiting():
        outer = report(port, order.id, {"status": "delivered"}, secret=secret)
    assert sorted(one.status for one in (outer, *inner)) in ([200, 409], [200])
    assert happened(port, "order.completed") + happened(port, "order.handover_failed") == 1


def test_another_stores_system_finds_nothing_to_hand_over(port: Port) -> None:
    order = a_delivery(port)
    port.connect("sha.example.com", store="SHA-S1")
    foreign = port.secret(store="SHA-S1")
    for body in EVERY.values():
        assert report(port, order.id, body, store="SHA-S1", secret=foreign).status == 404
    assert (now(port, order).state, now(port, order).store) == (State.PACKED, STORE)
