"""A booking that its merchant neither confirms nor refuses ends by itself, and the customer has the money back (ALY-09,
AMB-20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clockwork
from chalicelib.bookings import service as bookings
from chalicelib.bookings import triggers
from chalicelib.bookings.domain import CancelReason, State, TooLate
from chalicelib.bookings.items import BOOKING, ESCALATION, ESCALATIONS_LIST, REFUNDS_LIST, merchant_list
from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed, VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.table import page
from chalicelib.core.unit_of_work import run
from chalicelib.payments.domain import FactKind, RefundReason, RefundState

FEE = Money(8000, "CNY")
WALK, TEA = "west-lake-walk", "tea-tasting"
SECOND = timedelta(seconds=1)


def waiting(alliance: Any, service: str = WALK, day: float = 1) -> Any:
    """A booking that is paid, if it must be, and that its merchant has got."""
    made = alliance.book(service, day)
    return alliance.pay(made) if made.state is State.AWAITING_PAYMENT else made


def fire(alliance: Any, booking: Any, name: str) -> None:
    """Fire a deadline at this moment, as the sweep does."""
    assert triggers.triggers.name == "chalicelib.bookings.triggers"  # its handlers are known
    key = BOOKING.of(booking)
    run(lambda uow: clockwork._handle(uow, key, BOOKING, name, alliance.clock.now), alliance.begin)


def escalated() -> list[Any]:
    return list(page(ESCALATION, "gsi2", ESCALATIONS_LIST, limit=10).items)


@pytest.mark.parametrize("service", [WALK, TEA])
def test_what_nobody_confirmed_ends_when_the_appointment_begins_and_is_no_no_show_amb_20(
    alliance: Any, service: str
) -> None:
    made = waiting(alliance, service, 4)
    alliance.clock.now = made.deadlines["answer_by"]
    fire(alliance, made, "answer_by")
    assert [task.booking for task in escalated()] == [made.id]
    alliance.clock.now = made.starts_at
    for _ in range(2):
        fire(alliance, made, "confirm_by")
    ended = alliance.booking(made)
    assert (ended.state, ended.cancelled_for, ended.deadlines) == (State.CANCELLED, CancelReason.UNANSWERED, {})
    assert (alliance.events(made)[-1], alliance.free(service, 4), alliance.run()) == ("booking.lapsed", 2, 0)
    assert (alliance.listed(merchant_list(made.merchant)), alliance.listed(REFUNDS_LIST), escalated()) == ([], [], [])


def test_its_prepayment_is_on_the_balance_once_without_anybodys_hand_aly_09(alliance: Any, ann: Principal) -> None:
    made = waiting(alliance)
    alliance.clock.now = made.starts_at + timedelta(minutes=1)
    assert clockwork.sweep(alliance.clock.now, float("inf")) == 2  # both its times are over, and one of them ends it
    assert clockwork.sweep(alliance.clock.now, float("inf")) == 0
    assert alliance.balance() == FEE
    assert alliance.accounts(made) == {"receivable:sandbox": 8000, f"balance:{ann.id}": -8000}
    assert [name for name in alliance.events(made) if name in ("booking.deadline_missed", "booking.lapsed")] == [
        "booking.lapsed"
    ]  # nobody is reminded of what is over


def test_a_silent_merchants_late_confirmation_is_refused_amb_20(alliance: Any) -> None:
    made = waiting(alliance)
    alliance.clock.now = made.starts_at
    with pytest.raises(TooLate):
        alliance.confirm(made)
    fire(alliance, made, "confirm_by")
    with pytest.raises(NotAllowed):
        alliance.confirm(made)
    assert (alliance.booking(made).state, alliance.balance()) == (State.CANCELLED, FEE)


@pytest.mark.parametrize("confirmed_first", [True, False])
def test_a_confirmation_in_the_last_second_and_the_clock_do_not_both_win_amb_20(
    alliance: Any, confirmed_first: bool
) -> None:
    made = waiting(alliance)
    alliance.clock.now = made.starts_at - SECOND
    confirming = alliance.begin()
    bookings.confirm(confirming, made.id, alliance.host(made), "Welcome")
    alliance.clock.now = made.starts_at
    ending = alliance.begin()
    bookings.lapse(ending, ending.get(BOOKING, made.id))
    first, second = (confirming, ending) if confirmed_first else (ending, confirming)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    if confirmed_first:  # each is run again
        fire(alliance, made, "confirm_by")
        assert (alliance.booking(made).state, alliance.balance().is_zero) == (State.MERCHANT_CONFIRMED, True)
        assert alliance.free(WALK) == 1
        return
    with pytest.raises(NotAllowed):
        alliance.confirm(made)
    assert (alliance.booking(made).state, alliance.balance(), alliance.free(WALK)) == (State.CANCELLED, FEE, 2)


@pytest.mark.parametrize("customer_first", [True, False])
def test_the_customer_who_cancels_at_the_same_moment_has_the_money_once_aly_11(
    alliance: Any, ann: Principal, customer_first: bool
) -> None:
    made = waiting(alliance)
    alliance.clock.now = made.starts_at
    cancelling, ending = alliance.begin(), alliance.begin()
    bookings.cancel(cancelling, made.id, ann)
    bookings.lapse(ending, ending.get(BOOKING, made.id))
    first, second = (cancelling, ending) if customer_first else (ending, cancelling)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    fire(alliance, made, "confirm_by")
    assert (alliance.balance(), alliance.free(WALK)) == (FEE, 2)


def test_a_place_that_is_short_of_time_ends_earlier_where_the_shop_says_so_amb_20(
    alliance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.component.bookings.test_bookings_life import set_to

    set_to(monkeypatch, "bookings.confirm_by_minutes", 180)
    made = waiting(alliance)
    assert made.confirm_by == made.starts_at - timedelta(hours=3)
    alliance.clock.now = made.starts_at - timedelta(hours=1)
    late = waiting(alliance)
    assert late.confirm_by == late.starts_at
    with pytest.raises(TooLate):
        alliance.confirm(made)
    assert alliance.confirm(late).state is State.MERCHANT_CONFIRMED


@pytest.mark.parametrize("verdict", [FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST])
def test_a_contested_prepayment_of_what_ended_goes_where_the_bank_decides(alliance: Any, verdict: FactKind) -> None:
    made = waiting(alliance)
    bank = {"reference": "dp-1", "capture": "cap-1"}
    alliance.report(made, kind=FactKind.DISPUTE_OPENED, **bank)
    alliance.clock.now = made.starts_at
    fire(alliance, made, "confirm_by")
    assert (alliance.booking(made).state, alliance.balance().is_zero) == (State.CANCELLED, True)
    alliance.report(made, kind=verdict, **bank)
    (refund,) = alliance.payment(made).refunds
    won = verdict is FactKind.DISPUTE_WON
    state = RefundState.WANTED if won else RefundState.WITHDRAWN
    assert (refund.state, refund.reason) == (state, RefundReason.CANCELLED)
    assert alliance.accounts(made) == ({"receivable:sandbox": 8000, "refunds_payable": -8000} if won else {})


@pytest.mark.parametrize("heard", ["event", "clock"])
def test_money_that_is_noticed_once_the_appointment_has_begun_asks_no_merchant_and_is_back(
    alliance: Any, heard: str
) -> None:
    alliance.clock.now = alliance.at(1) - timedelta(minutes=5)
    made = alliance.book(WALK)
    alliance.report(made)
    alliance.clock.now = made.starts_at
    if heard == "event":
        alliance.do(lambda uow: bookings.take_in_payment(uow, made.id))
    else:
        fire(alliance, made, "pay_by")
    assert (alliance.booking(made).state, alliance.balance(), alliance.free(WALK)) == (State.CANCELLED, FEE, 2)
    assert "booking.received" not in alliance.events(made)


def test_one_from_before_the_rule_ends_with_the_next_of_its_times_aly_09(alliance: Any) -> None:
    """It was told no time to confirm; staff have been told, and the refund is next."""
    made = waiting(alliance)
    old = replace(made, deadlines={"refund_by": made.deadlines["refund_by"]}, missed=("answer_by",))
    alliance.do(lambda uow: uow.get(BOOKING, made.id) and uow.put(BOOKING, old))
    alliance.clock.now = old.deadlines["refund_by"]
    with pytest.raises(TooLate):
        alliance.confirm(made)
    fire(alliance, made, "refund_by")
    assert (alliance.booking(made).state, alliance.balance()) == (State.CANCELLED, FEE)
    assert alliance.events(made)[-1] == "booking.lapsed"
