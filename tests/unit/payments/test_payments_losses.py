"""What a bank takes back is the shop's loss as far as the shop had earned it, and the customer's own as far as it had
not (ALY-09, ORD-15, PAY-09, M3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.ledger.domain import TrialBalance
from chalicelib.payments.domain import GIVE_BACK, FactKind, Payment, PaymentFact, RefundReason, RefundState
from chalicelib.payments.domain.changes import entries
from tests.unit.payments.payment_facts import NOW, captured, eur, fact, payment

OPENED, WON, LOST = FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST


def dispute(kind: FactKind, minor: int = 10_000, reference: str = "dp-1", capture: str = "pi1") -> PaymentFact:
    return fact(kind, reference, minor, capture=capture)


def books(*payments: Payment) -> dict[str, int]:
    """The balances of a payment's books after these states of it; accounts that are even are left out."""
    steps = zip((None, *payments), payments, strict=False)
    booked = [entry for before, after in steps for entry in entries(before, after, NOW)]
    assert len({entry.id for entry in booked}) == len(booked)
    trial = TrialBalance.of(entry.postings for entry in booked)
    assert trial.difference == {}
    return {line.account.partition(":")[0]: line.balance.minor for line in trial.lines if line.balance.minor}


def test_what_an_order_that_goes_on_has_lost_is_the_shops_loss() -> None:
    paid = payment().fold(captured("pi1"), NOW)
    lost = paid.fold(dispute(LOST), NOW)
    assert books(paid, lost) == {"chargebacks": 10_000, "customer_funds": -10_000}  # the revenue takes the funds


@pytest.mark.parametrize("to_balance", [True, False])
@pytest.mark.parametrize("facts", [(LOST,), (OPENED, LOST), (OPENED, WON, LOST)])
def test_what_was_lost_before_the_order_was_cancelled_is_nobodys_ord_15(
    facts: tuple[FactKind, ...], to_balance: bool
) -> None:
    states = [payment().fold(captured("pi1"), NOW)]
    for kind in facts:
        states.append(states[-1].fold(dispute(kind), NOW))
    off = states[-1].close(NOW, to_balance=to_balance)
    assert (off.to_balance, off.refunds, off.held) == (0, (), eur(0))
    assert books(*states, off) == {}


def test_what_is_lost_of_a_cancelled_order_before_it_went_back_is_nobodys_ord_15() -> None:
    paid = payment().fold(captured("pi1"), NOW)
    contested = paid.fold(dispute(OPENED), NOW)
    off = contested.close(NOW, to_balance=True)
    assert [refund.state for refund in off.refunds] == [RefundState.BLOCKED]
    lost = off.fold(dispute(LOST), NOW)
    assert books(paid, contested, off, lost) == {}
    assert lost.fold(dispute(LOST), NOW) == lost


def test_a_second_payment_that_is_lost_is_no_loss_of_the_shops_pay_09() -> None:
    first = payment().fold(captured("pi1"), NOW)
    contested = first.fold(dispute(OPENED, capture="pi2"), NOW)
    twice = contested.fold(captured("pi2", at=1), NOW)
    lost = twice.fold(dispute(LOST, capture="pi2"), NOW)
    assert books(first, contested, twice, lost) == {"receivable": 10_000, "customer_funds": -10_000}


def test_what_is_lost_after_it_went_back_is_the_shops_loss_once() -> None:
    """The provider has refunded it and the bank takes it as well; then the refund fails, and it was the customer's."""
    paid = payment().fold(captured("pi1"), NOW)
    off = paid.close(NOW, to_balance=False)
    done = off.fold(fact(FactKind.REFUNDED, "re-1", capture="pi1", refund_id="r1"), NOW)
    lost = done.fold(dispute(LOST), NOW)
    assert books(paid, off, done, lost) == {"chargebacks": 10_000, "receivable": -10_000}
    failed = lost.fold(fact(FactKind.REFUND_FAILED, "re-1", capture="pi1", refund_id="r1"), NOW)
    assert books(paid, off, done, lost, failed) == {}


def test_a_refund_that_was_made_after_all_makes_it_the_shops_loss_again() -> None:
    """The provider had been asked before the bank was heard of; its answer comes when the refund counts for nothing."""
    paid = payment().fold(captured("pi1"), NOW)
    off = paid.close(NOW, to_balance=False)
    lost = off.fold(dispute(LOST), NOW)
    assert [refund.state for refund in lost.refunds] == [RefundState.WITHDRAWN]
    assert books(paid, off, lost) == {}
    done = lost.fold(fact(FactKind.REFUNDED, "re-1", capture="pi1", refund_id="r1"), NOW)
    assert books(paid, off, lost, done) == {"chargebacks": 10_000, "receivable": -10_000}
    failed = done.fold(fact(FactKind.REFUND_FAILED, "re-1", capture="pi1", refund_id="r1"), NOW)
    assert books(paid, off, lost, done, failed) == {}


def test_unmatched_money_that_is_lost_is_nobodys_pay_09() -> None:
    kept = Payment(
        "u1", "", eur(0), NOW, unmatched=True, deadlines={GIVE_BACK: NOW + timedelta(hours=24)}
    ).fold(captured("pi1"), NOW)  # fmt: skip
    lost = kept.fold(dispute(LOST, 4000), NOW)
    assert books(kept, lost) == {"receivable": 6000, "unmatched_funds": -6000}
    back = lost.release(NOW)
    assert [(refund.amount, refund.reason) for refund in back.refunds] == [(eur(6000), RefundReason.UNMATCHED)]
    assert books(kept, lost, back) == {"receivable": 6000, "refunds_payable": -6000}


def test_a_payment_kept_before_the_rule_is_put_right_by_its_next_news() -> None:
    """Its books still say that the customer has the money to come."""
    paid = payment().fold(captured("pi1"), NOW)
    lost = paid.fold(dispute(LOST), NOW)
    old = replace(lost, closed=True)
    seen = old.fold(fact(FactKind.FAILED, "pi3", at=9), NOW)
    assert books(paid, lost, old, seen) == {}


# Who bears what was given back by hand


@pytest.mark.parametrize("reason", [RefundReason.GOODWILL, RefundReason.RETURN])
@pytest.mark.parametrize("to_balance", [True, False])
def test_what_was_given_back_by_hand_before_the_order_was_cancelled_was_the_customers_ord_15(
    reason: RefundReason, to_balance: bool
) -> None:
    """Nothing was sold, so that it is neither an expense nor a returned sale."""
    paid = payment().fold(captured("pi1"), NOW)
    given = paid.refund("staff-1", eur(3000), reason, NOW)
    off = given.close(NOW, to_balance=to_balance)
    moved = {"customer_funds": -7000} if to_balance else {}  # whoever credits the balance account books that
    owed = -3000 if to_balance else -10_000
    assert books(paid, given, off) == {"receivable": 10_000, "refunds_payable": owed, **moved}
    failed = off.fold(fact(FactKind.REFUND_FAILED, "re-1", 3000, capture="pi1", refund_id="r1"), NOW)
    assert books(paid, given, off, failed)["customer_funds"] == -3000 + moved.get("customer_funds", 0)


def test_what_was_given_back_at_the_provider_is_clarified_by_the_cancellation_ord_15() -> None:
    paid = payment().fold(captured("pi1"), NOW)
    back = paid.fold(fact(FactKind.REFUNDED, "re-1", 10_000, capture="pi1"), NOW)
    assert books(paid, back) == {"customer_funds": -10_000, "refunds_to_clarify": 10_000}
    assert books(paid, back, back.close(NOW, to_balance=True)) == {}


@pytest.mark.parametrize("amount", [10_000, 4000])
def test_a_refund_in_place_of_a_failed_one_is_borne_as_that_was_e1(amount: int) -> None:
    """The money of a cancelled order is the customer's, whatever reason finance gives for sending it again."""
    paid = payment().fold(captured("pi1"), NOW)
    off = paid.close(NOW, to_balance=False)
    failed = off.fold(fact(FactKind.REFUND_FAILED, "re-1", capture="pi1", refund_id="r1"), NOW)
    again = failed.refund("staff-1", eur(amount), RefundReason.RETURN, NOW, replaces="r1")
    left = {"customer_funds": amount - 10_000} if amount < 10_000 else {}
    assert books(paid, off, failed, again) == {"receivable": 10_000, "refunds_payable": -amount, **left}


def test_what_is_more_than_the_failed_refund_is_borne_by_its_own_reason() -> None:
    paid = payment().fold(captured("pi1"), NOW)
    first = paid.refund("staff-1", eur(3000), RefundReason.RETURN, NOW)
    failed = first.fold(fact(FactKind.REFUND_FAILED, "re-1", 3000, capture="pi1", refund_id="r1"), NOW)
    again = failed.refund("staff-2", eur(5000), RefundReason.GOODWILL, NOW, replaces="r1")
    assert again.refunds[-1].borne_by == {"sales_returns": 3000, "goodwill": 2000}


def test_what_finance_gives_back_at_the_provider_after_a_refund_failed_is_no_riddle() -> None:
    """The order was cancelled, and the money that went back is the money that was to go back."""
    paid = payment().fold(captured("pi1"), NOW)
    off = paid.close(NOW, to_balance=False)
    failed = off.fold(fact(FactKind.REFUND_FAILED, "re-1", capture="pi1", refund_id="r1"), NOW)
    first = failed.fold(fact(FactKind.REFUNDED, "re-2", 4000, capture="pi1"), NOW)
    assert books(paid, off, failed, first) == {"receivable": 6000, "customer_funds": -6000}
    rest = first.fold(fact(FactKind.REFUNDED, "re-3", 6000, capture="pi1"), NOW)
    assert books(paid, off, failed, first, rest) == {}
    undone = rest.fold(fact(FactKind.REFUND_FAILED, "re-3", 6000, capture="pi1"), NOW)
    assert books(paid, off, failed, first, rest, undone) == {"receivable": 6000, "customer_funds": -6000}


def test_what_went_to_the_balance_and_is_given_back_at_the_provider_too_is_to_be_clarified() -> None:
    paid = payment().fold(captured("pi1"), NOW)
    off = paid.close(NOW, to_balance=True)
    twice = off.fold(fact(FactKind.REFUNDED, "re-1", 10_000, capture="pi1"), NOW)
    assert books(paid, off, twice) == {"customer_funds": -10_000, "refunds_to_clarify": 10_000}


@pytest.mark.parametrize("to_balance", [True, False])
def test_what_could_not_go_back_and_is_on_the_balance_account_is_no_task_for_finance(to_balance: bool) -> None:
    paid = payment().fold(captured("pi1"), NOW).fold(captured("pi2", 2000, at=1), NOW)
    failed = paid.fold(fact(FactKind.REFUND_FAILED, "re-1", 2000, capture="pi2", refund_id="r1"), NOW)
    assert failed.needs_staff
    off = failed.close(NOW, to_balance=to_balance)
    assert (off.needs_staff, off.to_balance) == ((False, 12_000) if to_balance else (True, 0))
