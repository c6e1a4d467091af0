"""No-shows over all merchants, the guarantee balance, and reversals (machine H2, BAL-03, BAL-04, ALY-10, ALY-11)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import BookingBlocked, State, slot_id
from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed, VersionConflict
from chalicelib.core.money import Money
from chalicelib.markets.domain import Contact


def two_missed(alliance: Any) -> tuple[Any, Any]:
    """Two consecutive no-shows, one with each merchant; nothing was prepaid back yet."""
    tea, walk = alliance.confirmed("tea-tasting", 1), alliance.confirmed("west-lake-walk", 2)
    return alliance.miss(tea), alliance.miss(walk)


def test_two_no_shows_in_a_row_with_different_merchants_need_fifty_cny_bal_03_aly_10(
    alliance: Any, bob: Principal
) -> None:
    two_missed(alliance)
    assert alliance.run() == 2
    with pytest.raises(BookingBlocked) as refused:
        alliance.book(day=4)
    assert refused.value.members == {
        "rule": "BAL-03", "needed": {"amount": "50.00", "currency": "CNY"},
        "balance": {"amount": "0.00", "currency": "CNY"}, "no_shows": 2,
        "lacking": {"amount": "50.00", "currency": "CNY"},
        "top_up": {
            "path": "/me/balance/payments", "market": "CN", "amount": {"amount": "50.00", "currency": "CNY"},
        },
    }  # fmt: skip
    assert alliance.free(day=4) == 2
    assert alliance.book(day=4, by=bob).state is State.BOOKED


def test_the_refusal_says_what_is_lacking_and_no_less_than_can_be_paid_in_bal_03(alliance: Any) -> None:
    two_missed(alliance)
    alliance.credit(Money(4999, "CNY"), "gift-1")
    with pytest.raises(BookingBlocked) as refused:
        alliance.book(day=4)
    assert refused.value.members["lacking"] == {"amount": "0.01", "currency": "CNY"}
    assert refused.value.members["top_up"]["amount"] == {"amount": "10.00", "currency": "CNY"}


def test_one_no_show_needs_nothing_bal_03(alliance: Any) -> None:
    alliance.miss(alliance.confirmed(day=1))
    assert alliance.book(day=3).state is State.BOOKED


@pytest.mark.parametrize(
    ("balances", "enough"),
    [
        ([Money(4999, "CNY")], False),
        ([Money(5000, "CNY")], True),
        ([Money(605, "EUR")], False),  # 49.91 at the reference rate of 8.25
        ([Money(607, "EUR")], True),  # 50.08
        ([Money(2500, "CNY"), Money(304, "EUR")], True),
        ([Money(2500, "CNY"), Money(302, "EUR")], False),
    ],
)
def test_the_guarantee_is_a_level_over_all_currencies_bal_03(
    alliance: Any, balances: list[Money], enough: bool
) -> None:
    two_missed(alliance)
    for number, money in enumerate(balances):
        alliance.credit(money, f"gift-{number}")
    if not enough:
        with pytest.raises(BookingBlocked):
            alliance.book(day=4)
        return
    assert alliance.book(day=4).state is State.BOOKED
    assert [alliance.balance(currency=money.currency) for money in balances] == balances  # nothing is frozen


def test_the_refund_of_the_missed_appointment_may_be_the_guarantee_amb_19(alliance: Any) -> None:
    _, walk = two_missed(alliance)
    alliance.do(lambda uow: bookings.return_prepayment(uow, walk.id))
    assert alliance.book(day=4).state is State.BOOKED


def test_a_kept_booking_frees_the_customer_bal_04(alliance: Any) -> None:
    first, second, third = (alliance.confirmed(day=day) for day in (1, 2, 3))
    alliance.miss(first)
    alliance.miss(second)
    alliance.consume(third)
    assert alliance.run() == 0
    assert alliance.book(day=4).state is State.BOOKED


def test_an_active_cancellation_leaves_the_run_unchanged_aly_11(alliance: Any, ann: Principal) -> None:
    first, between, last = (alliance.confirmed(day=day) for day in (1, 2, 3))
    alliance.miss(first)
    alliance.do(lambda uow: bookings.cancel(uow, between.id, ann))
    assert alliance.run() == 1
    alliance.miss(last)
    assert alliance.run() == 2


def test_another_cause_leaves_the_run_unchanged_and_the_money_comes_back_bal_04(alliance: Any) -> None:
    missed = alliance.miss(alliance.confirmed("west-lake-walk"), customers_cause=False)
    assert (missed.state, missed.customers_cause, alliance.run()) == (State.REFUND_DUE, False, 0)


def test_a_no_show_reported_after_a_later_visit_does_not_count_bal_04(alliance: Any) -> None:
    first, second = alliance.confirmed(day=1), alliance.confirmed(day=2)
    alliance.consume(second)
    alliance.miss(first)
    assert alliance.run() == 0


def test_a_no_show_is_reversed_late_and_the_gate_opens_bal_04(alliance: Any) -> None:
    tea, walk = two_missed(alliance)
    alliance.do(lambda uow: bookings.return_prepayment(uow, walk.id))
    alliance.do(lambda uow: drain(uow, alliance))
    with pytest.raises(BookingBlocked):
        alliance.book(day=4)
    alliance.excuse(tea)
    assert alliance.run() == 1
    assert alliance.book(day=4).state is State.BOOKED
    assert alliance.events(tea)[-1] == "booking.excused"


def drain(uow: Any, alliance: Any) -> None:
    """The customer spends the balance."""
    from chalicelib.ledger import service as ledger

    ledger.debit_balance(uow, "0f1d2c3b-aaaa-4bbb-8ccc-123456789abc", Money(8000, "CNY"), "spent-1")


def test_nothing_is_excused_that_was_not_missed_bal_04(alliance: Any) -> None:
    with pytest.raises(NotAllowed):
        alliance.excuse(alliance.confirmed())


@pytest.mark.parametrize("reversed_first", [True, False])
def test_two_reports_about_one_customer_at_the_same_moment_both_count_bal_03(
    alliance: Any, tea_house: Principal, reversed_first: bool
) -> None:
    """A no-show with one merchant and the reversal of another one: the later commit is run again on the first."""
    excused = alliance.miss(alliance.confirmed(day=1))
    missed = alliance.confirmed(day=2)
    alliance.clock.now = missed.starts_at.replace(hour=3)
    reporting, reversing = alliance.begin(), alliance.begin()
    bookings.report_no_show(reporting, missed.id, tea_house, customers_cause=True)
    bookings.excuse(reversing, bookings.find_for_staff(reversing, excused.id), "the door was shut")
    first, second = (reversing, reporting) if reversed_first else (reporting, reversing)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    if reversed_first:
        alliance.miss(missed)
    else:
        alliance.excuse(excused)
    assert alliance.run() == 1


def test_a_booking_and_the_second_no_show_at_the_same_moment_are_one_after_the_other_bal_03(
    alliance: Any, ann: Principal, tea_house: Principal
) -> None:
    alliance.miss(alliance.confirmed(day=1))
    second = alliance.confirmed(day=2)
    alliance.clock.now = second.starts_at.replace(hour=3)
    asked = bookings.BookingRequest(
        "tea-tasting", slot_id(alliance.at(4)), Contact("ann@example.com", "en"), "Ann", ""
    )  # fmt: skip
    booking, reporting = alliance.begin(), alliance.begin()
    bookings.book(booking, asked, ann)
    bookings.report_no_show(reporting, second.id, tea_house, customers_cause=True)
    reporting.commit(None)
    with pytest.raises(VersionConflict):
        booking.commit(None)
    with pytest.raises(BookingBlocked):
        alliance.book(day=4)
    assert alliance.free(day=4) == 2
