"""Paying from the customer's balance account, and giving back to it what was paid from it (ORD-12, BAL-01)."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core.errors import NotAllowed
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import InsufficientBalance, receivable
from chalicelib.payments.domain import (
    PART_MINIMUM,
    AlreadyPaid,
    FactKind,
    Opening,
    Payment,
    PaymentFact,
    Refund,
    check_part,
    largest_part,
)
from chalicelib.payments.items import PAYMENT
from chalicelib.payments.providers.balance import BALANCE

from .keeping import keep


def pay_from_balance(uow: UnitOfWork, opening: Opening, customer: str) -> Payment:
    """Take a payment, or a part of one, from a customer's balance account. The caller sees to it that it happens once.

    Args:
        opening: without an amount, as much as the account and the smallest part allow.

    Raises:
        AlreadyPaid: nothing is left to pay.
        NotAllowed: the order wants no more money.
        Invalid, PartRefused: the amount is no part that can be paid.
        InsufficientBalance: the account holds less; also from the commit, when it does so at that moment.
    """
    before = uow.find(PAYMENT, opening.order_id, opening.payment_id)
    payment = before or Payment(opening.payment_id, opening.order_id, opening.due, uow.now)
    if payment.closed:
        raise NotAllowed("payment", "closed", "pay from balance", [])
    if payment.outstanding.minor <= 0:
        raise AlreadyPaid("The order is paid.")
    amount = _amount(uow, payment, opening, customer)
    number = 1 + sum(capture.provider == BALANCE for capture in payment.captures)
    reference = f"{payment.id}-{BALANCE}-{number}"
    ledger.debit_balance(
        uow, customer, amount, payment.order_id, target=receivable(BALANCE), kind=f"balance-payment-{number}"
    )
    fact = PaymentFact(
        BALANCE, FactKind.CAPTURED, payment.order_id, payment.id, reference, amount, uow.now, reference
    )  # fmt: skip
    return keep(uow, before, replace(payment, customer=customer).fold(fact, uow.now))


def credit_back(uow: UnitOfWork, payment: Payment, refund: Refund) -> None:
    """Book that a refund of money from the balance account has gone back there, once for each refund."""
    ledger.credit_balance(
        uow, payment.customer, refund.amount, payment.order_id, source=receivable(BALANCE),
        kind=f"balance-refund-{refund.id}",
    )  # fmt: skip


def _amount(uow: UnitOfWork, payment: Payment, opening: Opening, customer: str) -> Money:
    held, least = ledger.balance(uow, customer, payment.due.currency), uow.setting(PART_MINIMUM, opening.market)
    if opening.amount is None:
        amount = largest_part(payment.outstanding, held, least)
        if amount is None:
            raise InsufficientBalance("The balance is too small for a part of this payment.", balance=shown(held))
        return amount
    amount = check_part(payment.outstanding, opening.amount, least)
    if amount > held:
        raise InsufficientBalance("The balance is smaller than the amount.", balance=shown(held))
    return amount


def shown(amount: Money) -> dict[str, str]:
    """An amount in a problem document."""
    return {"amount": amount.text, "currency": amount.currency}
