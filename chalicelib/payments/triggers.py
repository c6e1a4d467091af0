"""Payments without a caller: carrying out refunds, asking providers, and the clock."""

from __future__ import annotations

from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers, deadline
from chalicelib.core.unit_of_work import UnitOfWork

from . import service
from .domain import ASK_PROVIDER, GIVE_BACK, Payment, PaymentOverdue, RefundRequested, TopUp
from .items import PAYMENT, TOP_UP, UNMATCHED

triggers = Triggers(__name__)


@triggers.consumer("execute-refund", on=[RefundRequested], grants=("table", "secrets"))
def execute_refund(uow: UnitOfWork, event: Event[RefundRequested]) -> None:
    """Have the provider give money back."""
    service.execute_refund(uow, event.data)


@triggers.consumer("ask-provider", on=[PaymentOverdue], grants=("table", "secrets", "send:payment-messages"))
def ask_provider(uow: UnitOfWork, event: Event[PaymentOverdue]) -> None:
    """Ask the provider about a payment or refund that nothing was heard of (PAY-08)."""
    service.ask_provider(uow, event.data.order_id, event.data.payment_id, event.data.unmatched)


@deadline(PAYMENT, ASK_PROVIDER)
def payment_is_overdue(uow: UnitOfWork, payment: Payment) -> None:
    """Nothing was heard of a payment for too long."""
    service.note_overdue(uow, payment)


@deadline(UNMATCHED, ASK_PROVIDER)
def unmatched_refund_is_overdue(uow: UnitOfWork, payment: Payment) -> None:
    """Nothing was heard of the refund of unmatched money for too long."""
    service.note_overdue(uow, payment)


@deadline(UNMATCHED, GIVE_BACK)
def unmatched_money_goes_back(uow: UnitOfWork, payment: Payment) -> None:
    """Nobody has claimed money that belongs to no order."""
    service.give_back_unmatched(uow, payment.id)


@deadline(TOP_UP, "pay_by")
def top_up_is_not_paid(uow: UnitOfWork, waiting: TopUp) -> None:
    """A top-up of the balance account was not paid in time (BAL-03)."""
    service.expire_top_up(uow, waiting)
