"""Paying in to the balance account: credited exactly once, and whatever goes wrong as with an order (BAL-01)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib import clockwork
from chalicelib.core.errors import Invalid, NotAllowed, VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.ledger.domain import InsufficientBalance
from chalicelib.orders import service as orders
from chalicelib.payments import service as payments
from chalicelib.payments import triggers
from chalicelib.payments.domain import (
    AmountRefused,
    FactKind,
    RefundBlocked,
    RefundReason,
    RefundTooHigh,
    TooLateToTopUp,
    TopUp,
    TopUpState,
    to_message,
)
from chalicelib.payments.domain.refunds import RefundState
from chalicelib.payments.items import TOP_UP
from chalicelib.payments.service.facts import OrderNotVisible
from tests.support.sample_top_ups import ANN, FIFTY, Account

OPENED, WON, LOST = FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST


@pytest.fixture
def account(begin: Callable[..., UnitOfWork], clock: Any) -> Account:
    return Account(begin, clock)


def due(account: Account, made: TopUp, name: str = "pay_by") -> None:
    """Let its deadline pass and fire it, as the sweep does."""
    assert triggers.triggers.name == "chalicelib.payments.triggers"  # its handlers are known
    key = TOP_UP.of(made)
    account.clock.now = made.deadlines[name]
    run(lambda uow: clockwork._handle(uow, key, TOP_UP, name, account.clock.now), account.begin)


def test_what_is_paid_in_is_on_the_balance_once_however_often_it_is_reported_bal_03(account: Account) -> None:
    made = account.top_up()
    assert (made.id[0], made.state, account.balance) == ("T", TopUpState.AWAITING_PAYMENT, 0)
    fact = account.fact(made)
    account.hear(fact, fact, account.fact(made))
    assert (account.now(made).state, account.now(made).credited, account.balance) == (TopUpState.CREDITED, FIFTY, 5000)
    assert account.books(made) == {"receivable": 5000, "balance": -5000}
    assert account.told(made) == ["payment.captured", "top_up.credited"]


def test_it_is_credited_when_all_of_it_is_there_m6(account: Account) -> None:
    made = account.top_up()
    account.hear(account.fact(made, amount=Money(2000, "CNY")))
    assert (account.now(made).state, account.balance) == (TopUpState.AWAITING_PAYMENT, 0)
    account.hear(account.fact(made, amount=Money(3000, "CNY"), reference="cap-2"))
    assert account.balance == 5000


@pytest.mark.parametrize(
    ("changes", "balance", "back"),
    [
        ({"amount": Money(6000, "CNY")}, 5000, [(Money(1000, "CNY"), RefundReason.OVERPAID)]),
        ({"amount": Money(5000, "EUR")}, 0, [(Money(5000, "EUR"), RefundReason.WRONG_CURRENCY)]),
    ],
)
def test_a_wrong_amount_goes_back_as_with_an_order_pay_09(
    account: Account, changes: dict[str, Any], balance: int, back: list[Any]
) -> None:
    made = account.top_up()
    account.hear(account.fact(made, **changes))
    assert [(refund.amount, refund.reason) for refund in account.payment(made).refunds] == back
    assert account.balance == balance


def test_what_is_paid_twice_goes_back_once(account: Account) -> None:
    made = account.paid()
    for _ in range(2):
        account.hear(account.fact(made, reference="cap-2"))
    assert [refund.reason for refund in account.payment(made).refunds] == [RefundReason.OVERPAID]
    assert account.balance == 5000


def test_an_unpaid_one_expires_and_late_money_goes_back_a14(account: Account) -> None:
    made = account.top_up()
    due(account, made)
    assert account.now(made).state is TopUpState.EXPIRED
    account.hear(account.fact(made))
    assert [refund.reason for refund in account.payment(made).refunds] == [RefundReason.LATE]
    assert account.balance == 0
    with pytest.raises(NotAllowed):
        account.do(lambda uow: payments.open_top_up(uow, made.id, ANN))


def test_half_of_it_goes_back_when_the_time_is_over(account: Account) -> None:
    made = account.top_up()
    account.hear(account.fact(made, amount=Money(2000, "CNY")))
    due(account, made)
    assert [(r.amount.minor, r.reason) for r in account.payment(made).refunds] == [(2000, RefundReason.CANCELLED)]
    assert account.balance == 0


@pytest.mark.parametrize("money_first", [True, False])
def test_the_money_and_the_end_of_its_time_at_the_same_moment_lose_nothing_a14(
    account: Account, money_first: bool
) -> None:
    made = account.top_up()
    account.clock.now = made.deadlines["pay_by"]
    hearing, expiring = account.begin(), account.begin()
    fact = account.fact(made)
    orders.settle(hearing, to_message("sandbox", [fact]), 1)
    payments.expire_top_up(expiring, expiring.get(TOP_UP, made.id))
    first, second = (hearing, expiring) if money_first else (expiring, hearing)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    account.hear(fact)
    refunded = sum(refund.amount.minor for refund in account.payment(made).refunds)
    assert (account.balance, refunded) == ((5000, 0) if money_first else (0, 5000))


def test_no_page_is_opened_when_its_time_is_over(account: Account) -> None:
    made = account.top_up()
    account.clock.now = made.deadlines["pay_by"]
    with pytest.raises(TooLateToTopUp):
        account.do(lambda uow: payments.open_top_up(uow, made.id, ANN))


def test_money_for_another_payment_of_it_is_kept_apart_a10(account: Account) -> None:
    made = account.top_up()
    with pytest.raises(OrderNotVisible):
        account.hear(account.fact(made, payment_id=f"{made.id}-2"))
    assert account.balance == 0


# Disputes


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("verdict", [WON, LOST])
def test_in_whatever_order_its_bank_is_heard_the_end_is_the_same_t4(
    account: Account, verdict: FactKind, order: tuple[int, ...]
) -> None:
    made = account.top_up()
    facts = [account.fact(made), account.dispute(made, OPENED), account.dispute(made, verdict)]
    for position in order:
        account.hear(facts[position], facts[position])
    kept = 5000 if verdict is WON else 0
    assert account.balance == kept
    assert account.books(made) == ({"receivable": 5000, "balance": -5000} if kept else {})


def test_while_its_bank_contests_it_the_money_cannot_be_spent(account: Account) -> None:
    made = account.paid()
    account.hear(account.dispute(made, OPENED))
    assert (account.balance, account.now(made).withheld) == (0, 5000)
    account.hear(account.dispute(made, WON))
    assert (account.balance, account.now(made).withheld) == (5000, 0)
    assert account.told(made)[-1] == "top_up.withheld"


@pytest.mark.parametrize("later", [0, 9000])
def test_what_was_spent_before_its_bank_took_it_back_is_the_shops_loss(account: Account, later: int) -> None:
    """Other money that comes later is not taken for it."""
    made = account.paid()
    account.spend(3000)
    account.hear(account.dispute(made, OPENED))
    assert account.balance == 0
    if later:
        account.hear(account.fact(account.top_up(Money(later, "CNY"))))
    account.hear(account.dispute(made, LOST))
    assert account.balance == later
    assert account.books(made) == {"chargebacks": 3000, "balance": -3000}


def test_a_contested_second_payment_leaves_the_first_alone(account: Account) -> None:
    made = account.paid()
    account.hear(account.fact(made, reference="cap-2"), account.dispute(made, OPENED, capture="cap-2"))
    assert account.balance == 5000
    account.hear(account.dispute(made, LOST, capture="cap-2"))
    assert account.balance == 5000
    assert account.books(made) == {"receivable": 5000, "balance": -5000}


def test_one_that_is_contested_before_it_was_credited_waits_for_the_bank(account: Account) -> None:
    made = account.top_up()
    account.hear(account.dispute(made, OPENED), account.fact(made))
    due(account, made)
    assert (account.now(made).state, account.balance) == (TopUpState.AWAITING_PAYMENT, 0)
    account.clock.now += timedelta(days=40)
    account.hear(account.dispute(made, WON))
    assert (account.now(made).state, account.balance) == (TopUpState.CREDITED, 5000)


def test_what_was_given_back_at_the_provider_is_taken_off_the_account(account: Account) -> None:
    made = account.paid()
    back = account.fact(made, FactKind.REFUNDED, reference="re-1", capture="cap-1", amount=Money(2000, "CNY"))
    account.hear(back, back)
    assert (account.balance, account.now(made).withheld) == (3000, 2000)
    assert account.books(made) == {"receivable": 3000, "balance": -3000}


# Back to where it came from


def test_finance_gives_unused_money_back_to_its_source_once(account: Account) -> None:
    made = account.paid()
    for _ in range(2):
        account.give_back(made, Money(3000, "CNY"))
    assert account.balance == 2000
    (refund,) = account.payment(made).refunds
    assert (refund.amount.minor, refund.state, refund.reason) == (3000, RefundState.WANTED, RefundReason.TOP_UP)
    done = account.fact(
        made, FactKind.REFUNDED, reference="re-1", capture="cap-1", amount=refund.amount, refund_id=refund.id
    )
    account.hear(done)
    assert account.books(made) == {"receivable": 2000, "balance": -2000}


def test_no_more_goes_back_than_was_paid_in_or_than_is_there(account: Account) -> None:
    made = account.paid()
    with pytest.raises(RefundTooHigh):
        account.give_back(made, Money(5001, "CNY"))
    account.spend(1000)
    with pytest.raises(InsufficientBalance):
        account.give_back(made, FIFTY)
    slow = account.begin()
    payments.return_top_up(slow, made.id, Money(4000, "CNY"), "staff-slow", note="x")
    account.spend(1)
    with pytest.raises(InsufficientBalance):
        slow.commit(None)
    account.give_back(made, Money(3999, "CNY"))
    assert account.balance == 0


def test_what_is_contested_or_was_never_credited_does_not_go_back(account: Account) -> None:
    waiting = account.top_up()
    with pytest.raises(NotAllowed):
        account.give_back(waiting, FIFTY)
    made = account.paid()
    account.hear(account.dispute(made, OPENED))
    with pytest.raises(RefundBlocked):
        account.give_back(made, FIFTY)


def test_money_that_did_not_reach_its_source_is_on_the_account_again_and_finance_tries_anew(account: Account) -> None:
    made = account.paid()
    account.give_back(made, FIFTY)
    (first,) = account.payment(made).refunds
    failed = account.fact(
        made, FactKind.REFUND_FAILED, reference="re-1", capture="cap-1", refund_id=first.id, code="expired_card"
    )
    account.hear(failed, failed)
    assert (account.balance, account.payment(made).needs_staff) == (5000, True)
    with pytest.raises(Invalid):
        account.give_back(made, FIFTY, "staff-2", replaces="r9")
    account.give_back(made, FIFTY, "staff-2", replaces=first.id)
    assert (account.balance, account.payment(made).needs_staff) == (0, False)
    assert account.books(made) == {"receivable": 5000, "refunds_payable": -5000}


def test_after_a_part_was_lost_the_rest_can_go_back(account: Account) -> None:
    made = account.paid()
    account.hear(account.dispute(made, LOST, amount=Money(2000, "CNY")))
    assert account.balance == 3000
    account.give_back(made, Money(3000, "CNY"))
    assert (account.balance, account.books(made)) == (0, {"receivable": 3000, "refunds_payable": -3000})


@pytest.mark.parametrize(("lost", "left"), [(2000, 3000), (5000, 0)])
def test_what_the_bank_left_of_a_refund_that_was_not_sent_is_on_the_account_again(
    account: Account, lost: int, left: int
) -> None:
    """The refund is for more than there is now, so that it goes nowhere; what remains is the customer's."""
    made = account.paid()
    account.give_back(made, FIFTY)
    bank = {"amount": Money(lost, "CNY")}
    account.hear(account.dispute(made, OPENED, **bank))
    for _ in range(2):
        account.hear(account.dispute(made, LOST, **bank))
    (refund,) = account.payment(made).refunds
    assert (refund.state, account.balance) == (RefundState.WITHDRAWN, left)
    assert account.books(made) == ({"receivable": left, "balance": -left} if left else {})
    if left:
        account.give_back(made, Money(left, "CNY"), "staff-2")
        assert account.books(made) == {"receivable": left, "refunds_payable": -left}


def test_a_withdrawn_refund_that_was_made_after_all_is_taken_off_the_account_again(account: Account) -> None:
    made = account.paid()
    account.give_back(made, FIFTY)
    (first,) = account.payment(made).refunds
    for kind in (OPENED, LOST):
        account.hear(account.dispute(made, kind, amount=Money(2000, "CNY")))
    account.hear(account.fact(
        made, FactKind.REFUNDED, reference="re-1", capture="cap-1", amount=FIFTY, refund_id=first.id
    ))  # fmt: skip
    assert account.balance == 0
    assert account.books(made) == {"receivable": -2000, "chargebacks": 2000}


@pytest.mark.parametrize("news", list(permutations([OPENED, LOST, FactKind.REFUND_FAILED])))
@pytest.mark.parametrize("other", [0, 9000])
def test_what_the_bank_took_of_a_refund_that_failed_is_not_put_on_the_account(
    account: Account, news: tuple[FactKind, ...], other: int
) -> None:
    """Nor is other money of the customer's taken for it."""
    made = account.paid()
    account.give_back(made, FIFTY)
    (refund,) = account.payment(made).refunds
    back = {"reference": "re-1", "capture": "cap-1", "refund_id": refund.id}
    account.hear(account.fact(made, FactKind.REFUNDED, **back))
    if other:
        account.hear(account.fact(account.top_up(Money(other, "CNY"))))
    for kind in news:
        fact = account.fact(made, kind, **back) if kind is FactKind.REFUND_FAILED else account.dispute(made, kind)
        account.hear(fact, fact)
    assert (account.balance, account.books(made)) == (other, {})


def test_what_failed_while_the_bank_contested_it_is_on_the_account_when_it_decides_for_the_shop(
    account: Account,
) -> None:
    made = account.paid()
    account.give_back(made, FIFTY)
    (refund,) = account.payment(made).refunds
    back = {"reference": "re-1", "capture": "cap-1", "refund_id": refund.id}
    account.hear(account.fact(made, FactKind.REFUNDED, **back), account.dispute(made, OPENED))
    account.hear(account.fact(made, FactKind.REFUND_FAILED, **back))
    assert (account.balance, account.now(made).withheld) == (0, 5000)
    account.hear(account.dispute(made, WON))
    assert (account.balance, account.now(made).withheld) == (5000, 0)
    assert account.books(made) == {"receivable": 5000, "balance": -5000}


# What can be paid in


@pytest.mark.parametrize(
    ("amount", "market", "options", "refusal"),
    [
        (Money(999, "CNY"), "CN", {}, AmountRefused),
        (Money(500_001, "CNY"), "CN", {}, AmountRefused),
        (Money(5000, "EUR"), "CN", {}, Invalid),
        (Money(5000, "CNY"), "XX", {}, Invalid),
        (Money(5000, "CNY"), "CN", {"method": "pix"}, Invalid),
    ],
)
def test_what_cannot_be_paid_in_is_refused_bal_03(
    account: Account, amount: Money, market: str, options: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        account.top_up(amount, market, **options)
