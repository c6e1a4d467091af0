"""When invoices and credit notes are due. One function for both, so that few at a time reach for the next number."""

from __future__ import annotations

from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import OrderInvoiceDue
from chalicelib.payments.domain import RefundSucceeded
from chalicelib.returns.domain import ReturnRefunded

from . import service

triggers = Triggers(__name__)


@triggers.consumer("issue-invoice", on=[OrderInvoiceDue, ReturnRefunded, RefundSucceeded], concurrency=2)
def issue_invoice(uow: UnitOfWork, event: Event[OrderInvoiceDue | ReturnRefunded | RefundSucceeded]) -> None:
    """Issue the invoice of a completed order, or credit what went back (ORD-08, ORD-09)."""
    if isinstance(event.data, ReturnRefunded):
        service.credit_return(uow, event.data)
    elif isinstance(event.data, RefundSucceeded):
        service.credit_refund(uow, event.data)
    else:
        service.issue(uow, event.data.order_id)
