"""Asking for an invoice on an order, and correcting whom it is made out to, until it is issued (ORD-09)."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import InvoiceRequest, check_invoice_request
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import State
from chalicelib.orders.items import ORDER
from chalicelib.payments.items import PAYMENT

#: Nothing is sold by orders that end like this.
_NO_SALE = frozenset({State.CANCELLED, State.TAKEN_BACK})


class InvoiceIssued(Conflict):
    """The order's invoice has been issued, or is about to be; customer service corrects it with a credit note."""

    code, title = "invoice-issued", "The invoice has been issued"


def ask_invoice(uow: UnitOfWork, order: d.Order, asked: InvoiceRequest) -> d.Order:
    """Ask for an invoice, or change whom it is made out to. Asked for after completion, it is issued at once (ORD-08).

    Raises:
        NotAllowed: the order is off, or stands for another one, whose invoice it is.
        InvoiceIssued: it was asked for before the order was completed.
        Conflict: some of the money has gone back since completion; finance writes such an invoice.
        Invalid: names every wrong field.
    """
    if order.state in _NO_SALE or order.exchange is not None:
        raise NotAllowed("order", order.state, "ask_for_invoice", order.allowed)
    is_completed = order.state is State.COMPLETED
    if is_completed and order.invoice is not None:
        raise InvoiceIssued("The invoice has been issued as it was asked for.")
    invoice = check_invoice_request(asked, order.country, otherwise_to=order.contact.email, pointer="")
    if invoice == order.invoice:
        return order
    told: list[object] = [d.OrderInvoiceAsked(order_id=order.id)]
    if is_completed:
        _check_nothing_came_back(uow, order)
        told.append(d.OrderInvoiceDue(order_id=order.id))
    return uow.put(ORDER, replace(order, invoice=invoice), *told)


def _check_nothing_came_back(uow: UnitOfWork, order: d.Order) -> None:
    """What came back before there was an invoice has no credit note, so that the invoice would say too much."""
    payment = uow.find(PAYMENT, order.id, order.payment_id)
    if payment is not None and payment.refundable < order.totals.total - order.totals.deposit:
        raise Conflict("Some of the money has gone back since. Please ask customer service for the invoice.")
    uow.require(PAYMENT, order.id, order.payment_id)
