"""A booking from the free place to its end: places, money, deadlines, who hears of it (ALY-04…09, AMB-07, AMB-20)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clockwork
from chalicelib.bookings import service as bookings
from chalicelib.bookings import triggers
from chalicelib.bookings.domain import CancelReason, SlotFull, SlotTaken, State
from chalicelib.bookings.items import BOOKING, ESCALATION, ESCALATIONS_LIST, REFUNDS_LIST, merchant_list
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Invalid, NotAllowed, NotFound, VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.core.table import page
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.payments.domain import FactKind, RefundReason
from chalicelib.payments.service.facts import OrderNotVisible
from tests.support.table import metered

FEE = Money(8000, "CNY")


def due(alliance: Any, booking: Any, name: str) -> None:
    """Let a deadline pass and fire it, as the sweep does."""
    assert triggers.triggers.name == "chalicelib.bookings.triggers"  # its handlers are known
    key = BOOKING.of(booking)
    alliance.clock.now = max(alliance.clock.now, alliance.booking(booking).deadlines[name])
    run(lambda uow: clockwork._handle(uow, key, BOOKING, name, alliance.clock.now), alliance.begin)


def set_to(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    original = UnitOfWork.setting

    def setting(self: UnitOfWork, asked: Setting[Any], market: str = "") -> Any:
        return value if asked.name == name else original(self, asked, market)

    monkeypatch.setattr(UnitOfWork, "setting", setting)


# Places


def test_a_place_is_taken_and_the_merchant_asked_at_once_when_nothing_is_prepaid_aly_04(alliance: Any) -> None:
    made = alliance.book()
    assert (made.state, made.id[0], alliance.free()) == (State.BOOKED, "A", 1)
    assert alliance.events(made) == ["booking.placed", "booking.received"]
    assert [card.id for card in alliance.listed(merchant_list("tea-house"))] == [made.id]


def test_booking_costs_at_most_five_round_trips(alliance: Any) -> None:
    with metered() as meter:
        alliance.book()
    assert meter.round_trips <= 5, meter.calls


def test_a_full_slot_takes_nobody_more(alliance: Any, bob: Principal) -> None:
    alliance.book()
    alliance.book(by=bob)
    with pytest.raises(SlotFull):
        alliance.book(by=bob)
    assert alliance.free() == 0


@pytest.mark.parametrize("waits", range(3))
def test_the_last_place_goes_to_one_of_two_whoever_commits_first(alliance: Any, bob: Principal, waits: int) -> None:
    """Both have read that one place is left; their commits come one after the other, in every order."""
    alliance.do(lambda uow: bookings.open_slots(uow, "tea-tasting", {alliance.at(1): 1}))
    asked = bookings.BookingRequest("tea-tasting", bookings_slot(alliance, 1), contact(), "Ann")
    first, second = alliance.begin(), alliance.begin()
    made = bookings.book(first, asked, alliance_customer(alliance, waits))
    other = bookings.book(second, asked, bob)
    winner, loser = ((first, made), (second, other)) if waits % 2 else ((second, other), (first, made))
    winner[0].commit(winner[1])
    with pytest.raises(SlotFull):
        loser[0].commit(loser[1])
    assert alliance.free() == 0
    assert alliance.begin().find(BOOKING, loser[1].id) is None


def test_of_many_at_once_as_many_get_in_as_there_are_places(alliance: Any) -> None:
    """All have read that three places are left before the first of them commits."""
    alliance.do(lambda uow: bookings.open_slots(uow, "tea-tasting", {alliance.at(1): 3}))
    asked = bookings.BookingRequest("tea-tasting", bookings_slot(alliance, 1), contact(), "Ann")
    started = [alliance.begin() for _ in range(8)]
    for number, uow in enumerate(started):
        bookings.book(uow, asked, alliance_customer(alliance, number))
    got_in = 0
    for uow in started:
        try:
            uow.commit(None)
            got_in += 1
        except SlotFull:
            continue
    assert (got_in, alliance.free()) == (3, 0)


def test_a_slot_never_has_fewer_places_than_are_booked(alliance: Any, bob: Principal) -> None:
    alliance.book()
    alliance.book(by=bob)
    with pytest.raises(SlotTaken):
        alliance.do(lambda uow: bookings.open_slots(uow, "tea-tasting", {alliance.at(1): 1}))
    alliance.do(lambda uow: bookings.open_slots(uow, "tea-tasting", {alliance.at(1): 4}))
    assert alliance.free() == 2


def test_saying_a_slots_places_twice_changes_them_once(alliance: Any) -> None:
    for _ in range(2):
        alliance.do(lambda uow: bookings.open_slots(uow, "tea-tasting", {alliance.at(1): 5}))
    assert alliance.free() == 5


def test_two_who_change_a_slots_places_at_once_do_not_add_up(alliance: Any) -> None:
    first, second = alliance.begin(), alliance.begin()
    wanted = {alliance.at(1): 5}
    for uow in (first, second):
        bookings.open_slots(uow, "tea-tasting", wanted)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    assert alliance.free() == 5


def test_a_slot_cannot_be_opened_in_the_past(alliance: Any) -> None:
    with pytest.raises(Invalid):
        alliance.do(lambda uow: bookings.open_slots(uow, "tea-tasting", {alliance.at(-5): 1}))


def test_a_closed_slot_is_not_there(alliance: Any) -> None:
    alliance.do(lambda uow: bookings.open_slots(uow, "tea-tasting", {alliance.at(1): 0}))
    with pytest.raises(NotFound):
        alliance.book()
    assert alliance.at(1) not in [
        slot.starts_at for slot in bookings.slots_of(alliance.begin(), "tea-tasting", "202611")
    ]


# Prepayment


def test_a_prepaid_booking_waits_for_its_money_and_then_goes_to_the_merchant_aly_04(alliance: Any) -> None:
    made = alliance.book("west-lake-walk")
    assert (made.state, made.prepayment) == (State.AWAITING_PAYMENT, FEE)
    assert alliance.listed(merchant_list("lantern-travel")) == []
    paid = alliance.pay(made)
    assert (paid.state, set(paid.deadlines)) == (State.BOOKED, {"answer_by", "confirm_by", "refund_by"})
    assert alliance.accounts(made) == {"receivable:sandbox": 8000, "customer_funds": -8000}


def test_half_a_prepayment_books_nothing_m6(alliance: Any) -> None:
    made = alliance.book("west-lake-walk")
    assert alliance.pay(made, Money(4000, "CNY")).state is State.AWAITING_PAYMENT
    assert alliance.pay(made, Money(4000, "CNY"), reference="cap-2").state is State.BOOKED


def test_the_same_report_twice_books_once_a2(alliance: Any) -> None:
    made = alliance.book("west-lake-walk")
    for _ in range(2):
        alliance.pay(made)
    assert alliance.events(made).count("booking.received") == 1


def test_money_for_another_payment_of_a_booking_is_kept_apart_a10(alliance: Any) -> None:
    made = alliance.book("west-lake-walk")
    with pytest.raises(OrderNotVisible):
        alliance.report(made, payment_id=f"{made.id}-2")
    assert alliance.booking(made).state is State.AWAITING_PAYMENT


def test_an_unpaid_booking_gives_its_place_back(alliance: Any) -> None:
    made = alliance.book("west-lake-walk")
    due(alliance, made, "pay_by")
    assert alliance.booking(made).cancelled_for is CancelReason.NOT_PAID
    assert alliance.free("west-lake-walk") == 2


def test_money_that_is_in_when_the_time_is_over_books_b17(alliance: Any) -> None:
    made = alliance.book("west-lake-walk")
    alliance.report(made)
    due(alliance, made, "pay_by")
    assert alliance.booking(made).state is State.BOOKED
    assert alliance.free("west-lake-walk") == 1


def test_money_that_comes_too_late_goes_back_where_it_came_from_a14(alliance: Any) -> None:
    made = alliance.book("west-lake-walk")
    due(alliance, made, "pay_by")
    alliance.pay(made)
    assert alliance.booking(made).state is State.CANCELLED
    (refund,) = alliance.payment(made).refunds
    assert (refund.amount, refund.reason) == (FEE, RefundReason.LATE)


@pytest.mark.parametrize("money_first", [True, False])
def test_money_and_cancellation_at_the_same_moment_lose_nothing_a14(
    alliance: Any, ann: Principal, money_first: bool
) -> None:
    made = alliance.book("west-lake-walk")
    alliance.report(made)
    booked, cancelled = alliance.begin(), alliance.begin()
    bookings.take_in_payment(booked, made.id)
    bookings.cancel(cancelled, made.id, ann)
    first, second = (booked, cancelled) if money_first else (cancelled, booked)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    if money_first:
        alliance.do(lambda uow: bookings.cancel(uow, made.id, ann))
    else:
        alliance.do(lambda uow: bookings.take_in_payment(uow, made.id))
    assert alliance.booking(made).state is State.CANCELLED
    assert (alliance.balance(), alliance.free("west-lake-walk")) == (FEE, 2)


# Cancelling


@pytest.mark.parametrize("stage", ["booked", "confirmed"])
def test_a_cancelled_booking_frees_the_place_and_pays_the_balance_and_is_no_no_show_aly_11(
    alliance: Any, ann: Principal, stage: str
) -> None:
    made = alliance.pay(alliance.book("west-lake-walk"))
    if stage == "confirmed":
        alliance.confirm(made)
    alliance.do(lambda uow: bookings.cancel(uow, made.id, ann))
    assert (alliance.balance(), alliance.free("west-lake-walk"), alliance.run()) == (FEE, 2, 0)
    assert alliance.accounts(made) == {"receivable:sandbox": 8000, f"balance:{ann.id}": -8000}
    with pytest.raises(NotAllowed):
        alliance.do(lambda uow: bookings.cancel(uow, made.id, ann))
    assert (alliance.balance(), alliance.free("west-lake-walk")) == (FEE, 2)


def test_staff_call_off_what_the_merchant_cannot_keep_and_it_is_no_no_show(alliance: Any) -> None:
    made = alliance.confirmed("west-lake-walk")
    alliance.clock.now = made.starts_at + timedelta(hours=1)
    alliance.do(lambda uow: bookings.call_off(uow, uow.get(BOOKING, made.id), CancelReason.MERCHANT))
    assert (alliance.balance(), alliance.run()) == (FEE, 0)


# Consumed


@pytest.mark.parametrize(
    ("actual", "balance", "merchant"), [(8000, 0, 8000), (12000, 0, 8000), (6500, 1500, 6500), (0, 8000, 0)]
)
def test_what_was_not_consumed_goes_to_the_balance_and_the_rest_to_the_merchant_aly_06_amb_07(
    alliance: Any, ann: Principal, actual: int, balance: int, merchant: int
) -> None:
    done = alliance.consume(alliance.confirmed("west-lake-walk"), actual, "two guests")
    assert (done.state, done.excess.minor, done.remarks) == (State.COMPLETED, max(actual - 8000, 0), "two guests")
    assert alliance.balance() == Money(balance, "CNY")
    expected = {"receivable:sandbox": 8000, f"balance:{ann.id}": -balance, "merchant_payable:lantern-travel": -merchant}
    assert alliance.accounts(done) == {account: minor for account, minor in expected.items() if minor}


def test_the_merchant_keeps_the_shortfall_when_the_setting_says_so_amb_07(
    alliance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to(monkeypatch, "bookings.shortfall_to_balance", False)
    done = alliance.consume(alliance.confirmed("west-lake-walk"), 6500)
    assert alliance.balance().is_zero
    assert alliance.accounts(done)["merchant_payable:lantern-travel"] == -8000


def test_consumption_without_prepayment_moves_no_money_here_aly_07(alliance: Any) -> None:
    done = alliance.consume(alliance.confirmed(), 5000, "one pot")
    assert (done.excess, alliance.accounts(done)) == (Money(5000, "CNY"), {})


def test_the_remarks_complete_the_booking_aly_08(alliance: Any, tea_house: Principal) -> None:
    done = alliance.consume(alliance.confirmed(), 5000)
    assert done.state is State.CONSUMED
    completed = alliance.do(lambda uow: bookings.remark(uow, done.id, tea_house, "one pot of Longjing"))
    assert (completed.state, completed.deadlines) == (State.COMPLETED, {})
    assert alliance.listed(merchant_list("tea-house")) == []


# Missed


def test_the_prepayment_of_a_missed_appointment_is_back_on_the_balance_once_aly_09(
    alliance: Any, ann: Principal
) -> None:
    missed = alliance.miss(alliance.confirmed("west-lake-walk"))
    assert (missed.state, alliance.balance().is_zero) == (State.REFUND_DUE, True)
    assert [card.id for card in alliance.listed(REFUNDS_LIST)] == [missed.id]
    for _ in range(2):
        alliance.do(lambda uow: bookings.return_prepayment(uow, missed.id))
    assert (alliance.booking(missed).state, alliance.balance()) == (State.CLOSED, FEE)
    assert alliance.accounts(missed) == {"receivable:sandbox": 8000, f"balance:{ann.id}": -8000}
    assert alliance.listed(REFUNDS_LIST) == []


def test_a_contested_prepayment_waits_for_the_bank_and_finance_hears_of_it_aly_09(alliance: Any) -> None:
    missed = alliance.miss(alliance.confirmed("west-lake-walk"))
    alliance.report(missed, kind=FactKind.DISPUTE_OPENED, reference="dp-1", capture="cap-1")
    alliance.do(lambda uow: bookings.return_prepayment(uow, missed.id))
    assert alliance.booking(missed).state is State.REFUND_DUE
    due(alliance, missed, "refund_by")
    assert alliance.events(missed)[-1] == "booking.refund_overdue"
    assert [card.missed for card in alliance.listed(REFUNDS_LIST)] == [("refund_by",)]
    alliance.report(missed, kind=FactKind.DISPUTE_WON, reference="dp-1", capture="cap-1")
    alliance.do(lambda uow: bookings.return_prepayment(uow, missed.id))
    assert (alliance.booking(missed).state, alliance.balance()) == (State.CLOSED, FEE)


def test_of_a_silent_merchants_prepaid_appointment_finance_hears_after_three_working_days_aly_09(alliance: Any) -> None:
    """It has confirmed and never said how the appointment ended."""
    made = alliance.confirm(alliance.pay(alliance.book("west-lake-walk")))
    due(alliance, made, "report_by")
    due(alliance, made, "refund_by")
    assert alliance.events(made)[-1] == "booking.refund_overdue"
    listed = [(card.id, card.state) for card in alliance.listed(REFUNDS_LIST)]
    assert listed == [(made.id, State.MERCHANT_CONFIRMED)]
    alliance.do(lambda uow: bookings.miss(uow, uow.get(BOOKING, made.id), customers_cause=True))
    assert "refund_by" not in alliance.booking(made).deadlines  # finance is told once
    alliance.do(lambda uow: bookings.return_prepayment(uow, made.id))
    assert (alliance.balance(), alliance.listed(REFUNDS_LIST)) == (FEE, [])
    assert list(page(ESCALATION, "gsi2", ESCALATIONS_LIST, limit=10).items) == []


def test_what_the_bank_took_back_is_not_given_back_again(alliance: Any) -> None:
    missed = alliance.miss(alliance.confirmed("west-lake-walk"))
    alliance.report(missed, kind=FactKind.DISPUTE_LOST, reference="dp-1", capture="cap-1")
    alliance.do(lambda uow: bookings.return_prepayment(uow, missed.id))
    assert (alliance.booking(missed).state, alliance.balance().is_zero) == (State.CLOSED, True)


# Deadlines of the merchant


def test_a_merchant_that_does_not_answer_is_escalated_until_it_does_amb_20(alliance: Any) -> None:
    made = alliance.book()
    due(alliance, made, "answer_by")
    (waiting,) = page(ESCALATION, "gsi2", ESCALATIONS_LIST, limit=10).items
    assert (waiting.booking, waiting.deadline) == (made.id, "answer_by")
    assert alliance.events(made)[-1] == "booking.deadline_missed"
    confirmed = alliance.confirm(made)
    assert confirmed.missed == ()
    assert list(page(ESCALATION, "gsi2", ESCALATIONS_LIST, limit=10).items) == []


def test_a_cancelled_booking_is_escalated_no_longer_amb_20(alliance: Any, ann: Principal) -> None:
    made = alliance.book()
    due(alliance, made, "answer_by")
    alliance.do(lambda uow: bookings.cancel(uow, made.id, ann))
    assert list(page(ESCALATION, "gsi2", ESCALATIONS_LIST, limit=10).items) == []


@pytest.mark.parametrize("name", ["report_by", "remark_by"])
def test_a_merchant_that_does_not_say_how_it_ended_is_escalated_amb_20(alliance: Any, name: str) -> None:
    made = alliance.confirmed()
    if name == "remark_by":
        made = alliance.consume(made)
    due(alliance, made, name)
    assert alliance.booking(made).missed == (name,)
    assert [c.deadline for c in page(ESCALATION, "gsi2", ESCALATIONS_LIST, limit=10).items] == [name]


# Whose


def test_a_merchant_touches_its_own_bookings_only_aly_03(alliance: Any, tea_house: Principal) -> None:
    walk = alliance.pay(alliance.book("west-lake-walk"))
    for command in (
        lambda uow: bookings.confirm(uow, walk.id, tea_house, ""),
        lambda uow: bookings.consume(uow, walk.id, tea_house, FEE),
        lambda uow: bookings.report_no_show(uow, walk.id, tea_house, customers_cause=True),
        lambda uow: bookings.remark(uow, walk.id, tea_house, "x"),
    ):
        with pytest.raises(NotFound):
            alliance.do(command)


def bookings_slot(alliance: Any, day: float) -> str:
    from chalicelib.bookings.domain import slot_id

    return slot_id(alliance.at(day))


def contact() -> Any:
    from chalicelib.markets.domain import Contact

    return Contact("ann@example.com", "en")


def alliance_customer(alliance: Any, number: int) -> Principal:
    return Principal("shopper", f"customer-{number}", "ann@example.com")
