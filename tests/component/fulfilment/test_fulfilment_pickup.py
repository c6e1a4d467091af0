"""Pickup over HTTP: desk and locker, the code and its lock, expiry, and who comes first (E8 to E10, E16 to E18)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib import clockwork
from chalicelib.core import outbound, queues
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import CodeLocked, WrongCode
from chalicelib.fulfilment.items import LOCKER_BOX
from chalicelib.fulfilment.providers import inpost
from chalicelib.fulfilment.triggers import notice_uncollected_order
from chalicelib.markets.domain import CASH_ON_DELIVERY
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, State
from chalicelib.orders.items import ORDER
from chalicelib.payments.items import PAYMENT
from tests.support.http import Client
from tests.support.sample_handovers import (
    SANDBOX_KEY,
    STORE,
    a_pickup,
    code_of,
    do,
    on_hand,
    packed,
    put_secrets,
    state_of,
    step,
    wrong_tries,
)
from tests.support.sample_orders import a_line
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]
CLERK = Principal("staff", "cora", posts=frozenset({Post.STORE}), scopes=frozenset({STORE}))


@pytest.fixture(autouse=True)
def _secrets(database: None) -> None:
    put_secrets()


@pytest.fixture(autouse=True)
def _at_the_tests_time(clock: Any) -> Iterator[None]:
    """The front door, the locker and the tests go by one clock."""
    with time_machine.travel(clock.now, tick=False):
        yield


@pytest.fixture
def store(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.STORE, scopes=[STORE])


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What verified webhooks put on the queue; a locker's call comes through the front door."""
    sent: list[dict[str, Any]] = []

    def send(_queue: str, body: dict[str, Any], _trace: str = "") -> str:
        sent.append(body)
        return "m1"

    monkeypatch.setattr(queues, "send", send)

    def call(method: str, url: str, *, headers: Any = None, body: bytes = b"", attempts: int = 3) -> Any:
        path = url.removeprefix("http://shop.test")
        answer = Client().post(path, raw=body, headers={name.lower(): value for name, value in headers.items()})
        return outbound.Answer(answer.status, {}, b"")

    monkeypatch.setattr(outbound, "request", call)
    return sent


def test_an_order_waits_at_the_desk_and_its_code_completes_it_ful_05(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup())
    ready = step(store, order, "ready", {})
    assert (ready.status, ready.json["state"], ready.json["place"]) == (200, "ready_desk", "desk")
    assert on_hand(begin) == (8, 0)  # AMB-21: the goods have left stock
    code = code_of(begin, order)
    assert len(code) == 10
    assert code not in ready.text
    typed = {"code": f" {code[:5].lower()}-{code[5:].lower()} "}
    scanned = step(store, order, "pickup", typed)
    assert (scanned.status, scanned.json["state"]) == (200, "completed")
    assert begin().get(ORDER, order.id).completed_by == "pickup_code"
    assert step(store, order, "pickup", typed).json == scanned.json


def test_the_code_is_kept_nowhere_ful_01(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup("locker"))
    step(store, order, "ready", {})
    code = code_of(begin, order)
    rows = begin().load_partition(f"ORDER#{order.id}", "")
    assert rows
    assert all(code not in repr(row) for row in rows)


def test_wrong_codes_are_counted_and_lock_the_right_one_ful_01(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup())
    step(store, order, "ready", {})
    for number in range(5):
        answer = step(store, order, "pickup", {"code": "0000000000"}, key=f"guess-{number}")
        assert (answer.status, answer.json["tries_left"]) == (422, 4 - number)
    locked = step(store, order, "pickup", {"code": code_of(begin, order)}, key="guess-right")
    assert (locked.status, locked.json["type"].rpartition("/")[2]) == (409, "pickup-code-locked")
    assert state_of(begin, order) is State.READY_DESK
    before = code_of(begin, order)
    assert step(store, order, "pickup-code").status == 200
    assert code_of(begin, order) != before
    assert step(store, order, "pickup", {"code": before}, key="old").status == 422
    assert step(store, order, "pickup", {"code": code_of(begin, order)}, key="new").json["state"] == "completed"


def test_a_request_that_is_sent_again_is_one_try_and_its_key_hides_no_other_guess_ful_01(
    store: Client, begin: Begin
) -> None:
    order = packed(store, begin, a_pickup())
    step(store, order, "ready", {})
    for code in ("0000000000", "0000000000", "0000000001"):
        assert step(store, order, "pickup", {"code": code}, key="one-request").status == 422
    assert wrong_tries(begin, order) == 2


def test_a_guess_at_the_same_moment_does_not_slip_past_the_lock_ful_01(store: Client, begin: Begin) -> None:
    """Right code and fifth wrong one at once: whoever commits second sees the first."""
    order = packed(store, begin, a_pickup())
    step(store, order, "ready", {})
    code = code_of(begin, order)
    for _ in range(4):
        with pytest.raises(WrongCode):
            service.collect(begin(), order.id, "0000000000", CLERK)
    uow = begin()
    service.collect(uow, order.id, code, CLERK)
    with pytest.raises(WrongCode):
        service.collect(begin(), order.id, "0000000000", CLERK)
    with pytest.raises(Conflict):
        uow.commit(None)
    with pytest.raises(CodeLocked):
        do(begin, lambda again: service.collect(again, order.id, code, CLERK))
    assert wrong_tries(begin, order) == 5
    assert state_of(begin, order) is State.READY_DESK


def test_two_clerks_hand_over_once(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup())
    step(store, order, "ready", {})
    code = code_of(begin, order)
    one, other = begin(), begin()
    service.collect(one, order.id, code, CLERK)
    service.collect(other, order.id, code, CLERK)
    one.commit(None)
    with pytest.raises(Conflict):
        other.commit(None)
    with pytest.raises(NotAllowed):
        do(begin, lambda again: service.collect(again, order.id, code, CLERK))


@pytest.mark.parametrize("first", ["cancel", "ready"])
def test_cancelling_and_handing_over_exclude_each_other_amb_21(store: Client, begin: Begin, first: str) -> None:
    order = packed(store, begin, a_pickup())

    def cancel(uow: UnitOfWork) -> Any:
        return orders.call_off(uow, uow.get(ORDER, order.id), CancelReason.CHANGED_MIND)

    def ready(uow: UnitOfWork) -> Any:
        return service.make_ready(uow, order.id, CLERK)

    commands = [cancel, ready] if first == "cancel" else [ready, cancel]
    units = [begin(), begin()]
    for command, uow in zip(commands, units, strict=True):
        command(uow)
    units[0].commit(None)
    with pytest.raises(Conflict):
        units[1].commit(None)
    with pytest.raises(NotAllowed):
        do(begin, commands[1])
    assert state_of(begin, order) is (State.CANCELLED if first == "cancel" else State.READY_DESK)
    assert on_hand(begin) == ((10, 0) if first == "cancel" else (8, 0))


def test_a_box_is_allocated_and_opened_by_the_code_which_completes_the_order_ful_06(
    store: Client, guest: Client, begin: Begin, queued: list[dict[str, Any]]
) -> None:
    order = packed(store, begin, a_pickup("locker"))
    ready = step(store, order, "ready", {})
    assert (ready.status, ready.json["state"], ready.json["box"]) == (200, "ready_locker", "M1")
    assert guest.post("/sandbox/lockers/BER-S1-L1/open", {"code": "0000000000"}).status == 422
    opened = guest.post("/sandbox/lockers/BER-S1-L1/open", {"code": code_of(begin, order)})
    assert (opened.status, opened.json) == (200, {"box": "M1"})
    assert queued == [{"vendor": "sandbox", "reference": f"{order.id}-1", "event": "collected"}]
    for _ in range(2):  # the same news again changes nothing
        do(begin, lambda uow: service.apply(uow, queued[0]))
    assert state_of(begin, order) is State.COMPLETED
    assert begin().get(ORDER, order.id).completed_by == "locker"


def test_a_full_locker_sends_the_goods_to_the_desk_e9(store: Client, begin: Begin) -> None:
    for _ in range(6):  # four medium boxes, then the two large ones
        step(store, packed(store, begin, a_pickup("locker")), "ready", {})
    order = packed(store, begin, a_pickup("locker"))
    full = step(store, order, "ready", {})
    assert (full.status, full.json["type"].rpartition("/")[2]) == (409, "no-box-free")
    assert state_of(begin, order) is State.PACKED
    at_desk = step(store, order, "ready", {"point": "desk"}, key="at-desk")
    assert at_desk.json["state"] == "ready_desk"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (a_line(quantity=5, location=STORE), "FUL-02"),  # with the cups: six pieces
        (a_line(quantity=1, location=STORE, size_class="large"), "FUL-03"),
        (a_line(quantity=1, location=STORE, fresh=True), "FUL-04"),
    ],
)
def test_goods_that_are_not_for_a_locker_do_not_get_a_box_e9(store: Client, begin: Begin, line: Any, rule: str) -> None:
    lines = (line, a_line("2", "TEA-CUP-SET", 1, location=STORE))
    order = packed(store, begin, a_pickup("locker", lines=lines))
    refused = step(store, order, "ready", {})
    assert (refused.status, refused.json["rule"]) == (422, rule)
    assert step(store, order, "ready", {"point": "desk"}, key="at-desk").json["state"] == "ready_desk"


def test_whose_customer_chose_the_desk_is_not_put_into_the_locker_e8(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup("desk"))
    refused = step(store, order, "ready", {"point": "locker"})
    assert (refused.status, refused.json["allowed"]) == (409, ["cancel", "put_at_desk"])
    assert (state_of(begin, order), on_hand(begin)) == (State.PACKED, (10, 2))
    assert begin().find(LOCKER_BOX, order.id) is None
    assert step(store, order, "ready", {}, key="at-desk").json["state"] == "ready_desk"


def test_what_is_not_collected_fails_through_the_customer_ful_19(store: Client, begin: Begin, clock: Any) -> None:
    order = packed(store, begin, a_pickup())
    step(store, order, "ready", {})
    clock.forward(hours=48, seconds=1)
    assert clockwork.sweep(clock.now, float("inf")) == 1
    assert state_of(begin, order) is State.HANDOVER_FAILED
    uow = begin()
    failed = next(h for h in orders.timeline(uow, uow.get(ORDER, order.id)) if h.type == "order.handover_failed")
    assert failed.data == {"order_id": order.id, "cause": "not_collected", "by_customer": True}


def test_a_pickup_and_the_expiry_at_once_one_wins_e16(store: Client, begin: Begin, clock: Any) -> None:
    order = packed(store, begin, a_pickup("locker"))
    step(store, order, "ready", {})
    clock.forward(hours=49)
    collected = {"vendor": "sandbox", "reference": f"{order.id}-1", "event": "collected"}
    news, expiry = begin(), begin()
    service.apply(news, collected)
    notice_uncollected_order(expiry, expiry.get(ORDER, order.id))
    news.commit(None)
    with pytest.raises(Conflict):
        expiry.commit(None)
    assert clockwork.sweep(clock.now, float("inf")) == 0
    assert state_of(begin, order) is State.COMPLETED


def test_a_pickup_that_is_reported_after_the_expiry_completes_the_order_and_is_marked_ful_05(
    store: Client, begin: Begin, clock: Any
) -> None:
    order = packed(store, begin, a_pickup("locker"))
    step(store, order, "ready", {})
    clock.forward(hours=48, minutes=16)
    clockwork.sweep(clock.now, float("inf"))
    do(begin, lambda uow: service.apply(uow, {"vendor": "sandbox", "reference": f"{order.id}-1", "event": "collected"}))
    assert state_of(begin, order) is State.COMPLETED
    assert store.get(f"/staff/orders/{order.id}/pickup").json["late"] is True


def test_the_lockers_own_expiry_fails_the_hand_over_and_frees_the_box_e17(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup("locker"))
    step(store, order, "ready", {})
    for _ in range(2):
        do(
            begin,
            lambda uow: service.apply(uow, {"vendor": "sandbox", "reference": f"{order.id}-1", "event": "expired"}),
        )
    assert state_of(begin, order) is State.HANDOVER_FAILED
    assert step(store, order, "take-over").json["state"] == "store_handling"
    other = packed(store, begin, a_pickup("locker"))
    assert step(store, other, "ready", {}).json["box"] == "M1"


@pytest.mark.parametrize(("decision", "state"), [("keep_at_desk", "ready_desk"), ("take_back", "taken_back")])
def test_the_store_decides_about_a_failed_pickup_e18(store: Client, begin: Begin, decision: str, state: str) -> None:
    order = packed(store, begin, a_pickup())
    step(store, order, "ready", {})
    first = code_of(begin, order)
    assert step(store, order, "handover-failed", {"cause": "not_collected"}).json["state"] == "handover_failed"
    assert step(store, order, "resolve", {"decision": decision}, key="too-early").status == 409
    step(store, order, "take-over")
    assert step(store, order, "resolve", {"decision": decision}).json["state"] == state
    if decision == "keep_at_desk":
        assert code_of(begin, order) != first
        assert step(store, order, "pickup", {"code": first}, key="old").status == 422
        assert step(store, order, "pickup", {"code": code_of(begin, order)}, key="new").json["state"] == "completed"


def test_an_unpaid_order_is_handed_out_against_money_ful_09(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup(payment_method=CASH_ON_DELIVERY))
    step(store, order, "ready", {})
    code = code_of(begin, order)
    assert step(store, order, "pickup", {"code": code}, key="unpaid").status == 422
    paid = {"paid_with": "cash", "amount": {"amount": order.totals.total.text, "currency": "EUR"}}
    assert step(store, order, "pickup", {"code": code, "paid": paid}, key="paid").json["state"] == "completed"
    assert begin().get(PAYMENT, order.id, order.payment_id).is_paid


def test_another_stores_pickup_does_not_exist(as_staff: Callable[..., Client], store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup())
    step(store, order, "ready", {})
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])
    assert step(stranger, order, "pickup", {"code": code_of(begin, order)}).status == 404
    assert stranger.get(f"/staff/orders/{order.id}/pickup").status == 404
    assert wrong_tries(begin, order) == 0


def test_a_courier_order_is_not_picked_up(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup(delivery_method="courier", handover=None))
    assert step(store, order, "ready", {}).status == 409


@pytest.mark.parametrize("change", ["signature", "time", "body"])
def test_a_forged_webhook_of_a_locker_is_refused(
    guest: Client, queued: list[dict[str, Any]], clock: Any, change: str
) -> None:
    body = {"event": "shipment_status_changed", "payload": {"shipment_id": 49, "status": "delivered"}}
    raw = json.dumps(body).encode()
    sent_at = clock.now - timedelta(seconds=301 if change == "time" else 0)
    headers = inpost.sign(raw, SANDBOX_KEY if change != "signature" else "x" * 32, sent_at)
    raw = raw.replace(b"49", b"50") if change == "body" else raw
    assert guest.post("/webhooks/lockers/sandbox", raw=raw, headers=headers).status == 401
    assert queued == []


def test_ready_and_pickup_cost_few_round_trips(store: Client, begin: Begin) -> None:
    order = packed(store, begin, a_pickup())
    with metered() as meter:
        step(store, order, "ready", {})
    assert meter.round_trips <= 3
    code = code_of(begin, order)
    with metered() as meter:
        step(store, order, "pickup", {"code": code})
    assert meter.round_trips <= 4
