"""What was paid too much and could not be given back does not swallow what comes in later (ORD-15, A14, M3)."""

from __future__ import annotations

import pytest

from chalicelib.payments.domain import FactKind, Payment, RefundReason, RefundState

from .payment_facts import NOW, captured, eur, fact, fold, payment


def paid_twice_and_not_given_back() -> Payment:
    """100.00 were due and paid, 30.00 too much came in, and their refund failed."""
    paid = fold(payment(), captured("one"), captured("two", 3_000, at=1))
    (refund,) = paid.refunds
    return fold(paid, fact(FactKind.REFUND_FAILED, "back", 3_000, capture="two", refund_id=refund.id))


def given_back(payment: Payment) -> int:
    """All that has gone to the customer, whichever way, or is on its way."""
    return payment.given_back.minor


def test_it_goes_to_the_balance_account_when_the_order_is_cancelled_and_later_money_goes_back() -> None:
    off = paid_twice_and_not_given_back().close(NOW, to_balance=True)
    assert (off.to_balance, off.needs_staff, given_back(off)) == (13_000, False, 13_000)
    late = fold(off, captured("three", 3_000, at=2))
    assert [(r.capture, r.amount.minor, r.state) for r in late.refunds[1:]] == [("three", 3_000, RefundState.WANTED)]
    assert given_back(late) == late.captured.minor and late.held.is_zero


@pytest.mark.parametrize("to_balance", [True, False])
def test_what_was_given_back_by_hand_instead_is_counted_once_ord_15(to_balance: bool) -> None:
    before = paid_twice_and_not_given_back()
    by_hand = before.refund("staff-1", eur(3_000), RefundReason.GOODWILL, NOW, replaces=before.refunds[0].id)
    off = by_hand.close(NOW, to_balance=to_balance)
    assert given_back(off) == off.captured.minor == 13_000
    assert given_back(fold(off, captured("three", 3_000, at=2))) == 16_000


def test_a_guests_stays_with_staff_and_later_money_goes_back_amb_04() -> None:
    off = paid_twice_and_not_given_back().close(NOW, to_balance=False)
    assert (given_back(off), off.needs_staff) == (10_000, True)
    assert given_back(fold(off, captured("three", 3_000, at=2))) == 13_000


def test_what_staff_put_on_the_balance_account_instead_does_not_swallow_later_money() -> None:
    off = fold(payment().close(NOW, to_balance=True), captured("late", 3_000))
    failed = fold(off, fact(FactKind.REFUND_FAILED, "back", 3_000, capture="late", refund_id=off.refunds[0].id))
    put = failed.give_to_balance(eur(3_000), [failed.refunds[0].id])
    assert (given_back(put), put.needs_staff) == (3_000, False)
    assert given_back(fold(put, captured("later", 3_000, at=2))) == 6_000
