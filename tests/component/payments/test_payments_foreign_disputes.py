"""Money in another currency than the order's was never the shop's, whatever the bank takes of it (PAY-09)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.orders.domain import Order
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind
from chalicelib.payments.items import PAYMENT
from tests.support.sample_returns import completed_order, do, fact, provider_says

Begin = Callable[..., UnitOfWork]
TEN, SIX = Money(1000, "USD"), Money(600, "USD")


def told(begin: Begin, order: Order, kind: FactKind, reference: str, amount: Money, capture: str = "") -> None:
    said = fact(order, kind, reference, amount, capture=capture)
    do(begin, lambda uow: payments.fold(uow, order.id, order.payment_id, order.totals.total, said))


def in_dollars(begin: Begin, order: Order) -> dict[str, str]:
    lines = ledger.trial_balance_of(begin(), order.id).lines
    found = {line.account: line.balance for line in lines}
    return {account: money.text for account, money in found.items() if money.currency == "USD" and not money.is_zero}


@pytest.fixture
def order(begin: Begin) -> Order:
    """Paid in euros, and once more in dollars, which are to go back."""
    order = completed_order(begin)
    told(begin, order, FactKind.CAPTURED, "capture-2", TEN)
    return order


def test_foreign_money_that_the_bank_takes_back_closes_what_was_owed_pay09(begin: Begin, order: Order) -> None:
    told(begin, order, FactKind.DISPUTE_OPENED, "dispute-1", TEN, "capture-2")
    told(begin, order, FactKind.DISPUTE_LOST, "dispute-1", TEN, "capture-2")
    assert in_dollars(begin, order) == {}
    (refund,) = begin().get(PAYMENT, order.id, order.payment_id).refunds
    assert refund.state == "withdrawn"


def test_foreign_money_that_the_bank_takes_in_part_is_owed_no_more_pay09(begin: Begin, order: Order) -> None:
    told(begin, order, FactKind.DISPUTE_LOST, "dispute-1", SIX, "capture-2")
    told(begin, order, FactKind.DISPUTE_LOST, "dispute-1", SIX, "capture-2")  # told twice
    assert in_dollars(begin, order) == {"refunds_payable": "-4.00", "receivable:sandbox": "4.00"}


def test_foreign_money_that_had_gone_back_and_is_taken_as_well_is_a_loss_pay09(begin: Begin, order: Order) -> None:
    provider_says(begin, order, FactKind.REFUNDED)
    told(begin, order, FactKind.DISPUTE_LOST, "dispute-1", TEN, "capture-2")
    assert in_dollars(begin, order) == {"chargebacks": "10.00", "receivable:sandbox": "-10.00"}


def test_a_refund_that_fails_after_the_bank_took_the_money_owes_nothing_pay09(begin: Begin, order: Order) -> None:
    provider_says(begin, order, FactKind.REFUNDED)
    told(begin, order, FactKind.DISPUTE_LOST, "dispute-1", TEN, "capture-2")
    provider_says(begin, order, FactKind.REFUND_FAILED)
    assert in_dollars(begin, order) == {}
