"""What a bank takes back of a prepayment before the customer gets it is no loss of the shop's (ALY-09, M3)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import CancelReason, State
from chalicelib.bookings.items import BOOKING
from chalicelib.core.auth import Principal
from chalicelib.core.money import Money
from chalicelib.payments.domain import FactKind

OPENED, WON, LOST = FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST


def hear(alliance: Any, booking: Any, *kinds: FactKind, minor: int = 8000) -> None:
    """The bank's news of the prepayment, each told twice, and the event of the verdict heard."""
    for kind in kinds:
        for _ in range(2):
            alliance.report(booking, Money(minor, "CNY"), kind=kind, reference="dp-1", capture="cap-1")
        if kind is not OPENED:
            alliance.do(lambda uow: bookings.return_prepayment(uow, booking.id))


@pytest.mark.parametrize("news", [(LOST,), (OPENED, LOST), (LOST, OPENED), (OPENED, WON, LOST)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_nothing_is_left_in_the_books_of_a_missed_prepayment_that_its_bank_took_back_aly_09(
    alliance: Any, ann: Principal, news: tuple[FactKind, ...], when: str
) -> None:
    made = alliance.confirmed("west-lake-walk")
    if when == "before":
        hear(alliance, made, *news)
    missed = alliance.miss(made)
    if when == "after":
        hear(alliance, missed, *news)
    else:
        alliance.do(lambda uow: bookings.return_prepayment(uow, missed.id))
    assert alliance.booking(missed).state is State.CLOSED
    twice = when == "after" and WON in news  # it was back on the balance before the bank changed its mind
    assert alliance.balance() == Money(8000 if twice else 0, "CNY")
    assert alliance.accounts(missed) == ({"chargebacks": 8000, f"balance:{ann.id}": -8000} if twice else {})


def test_of_a_part_that_its_bank_took_back_the_rest_is_the_customers_aly_09(alliance: Any, ann: Principal) -> None:
    made = alliance.confirmed("west-lake-walk")
    hear(alliance, made, OPENED, LOST, minor=3000)
    missed = alliance.miss(made)
    alliance.do(lambda uow: bookings.return_prepayment(uow, missed.id))
    assert alliance.balance() == Money(5000, "CNY")
    assert alliance.accounts(missed) == {"receivable:sandbox": 5000, f"balance:{ann.id}": -5000}


@pytest.mark.parametrize("news", [(LOST,), (OPENED, LOST)])
@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_nothing_is_left_in_the_books_of_a_cancelled_booking_that_its_bank_took_back_ord_15(
    alliance: Any, ann: Principal, news: tuple[FactKind, ...], when: str
) -> None:
    """Before, while (the bank is still at it) and after the customer has the money on the balance account."""
    made = alliance.confirmed("west-lake-walk")
    first, rest = {"before": (news, ()), "between": ((OPENED,), (LOST,)), "after": ((), news)}[when]
    hear(alliance, made, *first)
    alliance.do(lambda uow: bookings.call_off(uow, uow.get(BOOKING, made.id), CancelReason.MERCHANT))
    hear(alliance, made, *rest)
    lost = when == "after"
    assert alliance.balance() == Money(8000 if lost else 0, "CNY")
    assert alliance.accounts(made) == ({"chargebacks": 8000, f"balance:{ann.id}": -8000} if lost else {})


def test_a_visit_that_was_kept_is_earned_whatever_the_bank_did_aly_06(alliance: Any) -> None:
    made = alliance.confirmed("west-lake-walk")
    hear(alliance, made, LOST)
    done = alliance.consume(made)
    assert alliance.accounts(done) == {"chargebacks": 8000, "merchant_payable:lantern-travel": -8000}


def test_a_merchant_earns_one_prepayment_however_often_it_was_paid_aly_06(alliance: Any) -> None:
    """The second one was to go back and could not: it is still the customer's, and finance sees the failed refund."""
    made = alliance.pay(alliance.book("west-lake-walk"))
    alliance.report(made, reference="cap-2")
    (refund,) = alliance.payment(made).refunds
    alliance.report(
        made, kind=FactKind.REFUND_FAILED, reference="re-1", capture=refund.capture, refund_id=refund.id, code="closed"
    )  # fmt: skip
    alliance.confirm(made)
    done = alliance.consume(made)
    assert alliance.payment(made).needs_staff
    assert alliance.accounts(done) == {
        "receivable:sandbox": 16000, "merchant_payable:lantern-travel": -8000, "customer_funds": -8000,
    }  # fmt: skip


def test_of_less_consumed_than_prepaid_the_merchant_earns_what_was_consumed_however_often_it_was_paid_amb_07(
    alliance: Any, ann: Principal
) -> None:
    made = alliance.pay(alliance.book("west-lake-walk"))
    alliance.report(made, reference="cap-2")
    (refund,) = alliance.payment(made).refunds
    alliance.report(made, kind=FactKind.REFUND_FAILED, reference="re-1", capture=refund.capture, refund_id=refund.id)
    alliance.confirm(made)
    done = alliance.consume(made, 6500)
    assert alliance.balance() == Money(1500, "CNY")
    assert alliance.accounts(done)["merchant_payable:lantern-travel"] == -6500
