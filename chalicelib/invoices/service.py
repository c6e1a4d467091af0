"""Issuing invoices and crediting them, each once, with the next number of its series."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.core.errors import NotFound
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customs import service as customs
from chalicelib.ledger.domain import Account
from chalicelib.markets import service as markets
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import BY_HAND, RefundReason, RefundState, RefundSucceeded
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service as returns
from chalicelib.returns.domain import ReturnRefunded
from chalicelib.returns.items import RETURN

from .domain import (
    ISSUERS,
    THE_ORDER,
    Document,
    DocumentKind,
    InvoiceIssued,
    Item,
    Party,
    Series,
    Taxed,
    TaxRow,
    by_rate,
    credited_parts,
    items_of,
    remarks_of,
    series_id,
    taxed_parts,
)
from .items import DOCUMENT, SERIES


def issue(uow: UnitOfWork, order_id: str) -> Document | None:
    """Issue the invoice of a completed order that asked for one (ORD-08); issued already, it stays as it is.

    Returns:
        The invoice, or None when none was asked for, or the order is not completed.
    """
    known = uow.find(DOCUMENT, order_id, THE_ORDER)
    if known is not None:
        return known
    order = uow.find(ORDER, order_id)
    if order is None or order.invoice is None or order.state is not State.COMPLETED:
        return None
    zero = Money.zero(order.currency)
    totals = order.totals
    sold = totals.total - totals.deposit
    return _put(
        uow, order, DocumentKind.INVOICE, THE_ORDER, supplied_at=order.stages[-1].at, items=items_of(order),
        shipping=totals.shipping, wrapping=totals.wrapping or zero, duty=totals.duty, taxed=taxed_parts(order),
        tax=totals.tax, total=sold,
    )  # fmt: skip


def credit_return(uow: UnitOfWork, told: ReturnRefunded) -> Document | None:
    """Credit what a return has given back, whichever way the money went; credited already, it stays as it is.

    An order without an invoice, and a return without money, need no credit note; nor does a part of an order that never
    reached its customer, for the invoice is over the rest. An exchange changes no amount, so what comes back of an
    exchange order is credited to the invoice of the order that was paid.
    """
    thing = uow.get(RETURN, told.order_id, told.return_id)
    known = uow.find(DOCUMENT, thing.paid_under, thing.id)
    never_sold = thing.part and thing.paid_under == thing.order_id
    if known is not None or never_sold or told.amount.is_zero:
        return known
    invoice = issue(uow, thing.paid_under)
    if invoice is None:
        return None
    order, paid = uow.get(ORDER, told.order_id), uow.get(ORDER, thing.paid_under)
    if thing.part:  # its lines are the order's no more
        order = order.keeping(returns.lines_for(uow, thing))
    zero = Money.zero(order.currency)
    refunded = {line.line: line.refund for line in thing.lines if line.refund}
    items = tuple(
        _credited(order, line.line, line.accepted or line.quantity, refunded[line.line])
        for line in thing.lines if line.line in refunded
    )  # fmt: skip
    tax = thing.tax_in_refund or zero
    return _put(
        uow, paid, DocumentKind.CREDIT_NOTE, thing.id, supplied_at=uow.now, items=items,
        shipping=thing.shipping_refund or zero, wrapping=zero, duty=zero,
        taxed=credited_parts(order, refunded, told.amount, tax), tax=tax, total=told.amount, corrects=invoice.number,
    )  # fmt: skip


def credit_refund(uow: UnitOfWork, told: RefundSucceeded) -> Document | None:
    """Credit a refund that finance has made by hand for goods; the refunds of returns are credited with their return.

    One that is made for a failed one is credited as that was or is: once, and with its return if it was one's.
    Goodwill is no correction of the sale: the books bear it as an expense, and so it is not credited.
    """
    known = uow.find(DOCUMENT, told.order_id, _of_refund(told.payment_id, told.refund_id))
    if known is not None or told.reason != RefundReason.RETURN:
        return known
    payment = uow.find(PAYMENT, told.order_id, told.payment_id)
    refunds = {one.id: one for one in payment.refunds} if payment else {}
    refund = refunds.get(told.refund_id)
    if refund is None or not refund.request.startswith(BY_HAND) or refund.state is RefundState.FAILED:
        return None
    if refund.borne_by.keys() == {Account.CUSTOMER_FUNDS}:  # paid twice, or of a cancelled order: no sale's money
        return None
    first = refund
    while first.replaces in refunds:
        first = refunds[first.replaces]
        known = uow.find(DOCUMENT, told.order_id, _of_refund(told.payment_id, first.id))
        if known is not None:
            return known
    if not first.request.startswith(BY_HAND):
        return None
    invoice = issue(uow, told.order_id)
    if invoice is None:
        return None
    order = uow.get(ORDER, told.order_id)
    zero = Money.zero(order.currency)
    tax = Money(refund.borne_by.get(Account.TAX_PAYABLE, 0), order.currency)
    return _put(
        uow, order, DocumentKind.CREDIT_NOTE, _of_refund(told.payment_id, refund.id), supplied_at=uow.now, items=(),
        shipping=zero, wrapping=zero, duty=zero, taxed=credited_parts(order, {}, told.amount, tax), tax=tax,
        total=told.amount, corrects=invoice.number,
    )  # fmt: skip


def of_order(uow: UnitOfWork, order: Order) -> list[Document]:
    """The invoice of an order and its credit notes, in the order of their issue: one query.

    Raises:
        NotFound: no invoice was asked for.
    """
    if order.invoice is None:
        raise NotFound("invoice", order.id)
    return sorted(uow.part(DOCUMENT, order.id, prefix="INVOICE#"), key=lambda one: (one.issued_at, one.number))


def _put(
    uow: UnitOfWork, order: Order, kind: DocumentKind, source: str, *, supplied_at: datetime,
    taxed: tuple[Taxed, ...], tax: Money, total: Money, **content: Any,
) -> Document:  # fmt: skip
    """Number a document and put it, with its series, in one transaction."""
    issuer, market = ISSUERS[order.market], markets.market(order.market)
    series = series_id(issuer, kind, uow.now, market.time_zone)
    taken, number = (uow.find(SERIES, series) or Series(series)).take()
    uow.put(SERIES, taken)
    document = Document(
        number=number, kind=kind, order_id=order.id, source=source, series=series, issuer=issuer.party,
        buyer=_buyer(order), email=order.invoice.email if order.invoice else order.contact.email, issued_at=uow.now,
        supplied_at=supplied_at, currency=order.currency, language=order.contact.language or order.language,
        taxes=tuple(_row(each) for each in by_rate(taxed, order.currency)), net=total - tax, tax=tax, total=total,
        remarks=remarks_of(order), **content,
    )  # fmt: skip
    told = InvoiceIssued(order.id, number, kind.value, source, total, document.corrects)
    return uow.put(DOCUMENT, document, told)


def _row(taxed: Taxed) -> TaxRow:
    return TaxRow(taxed.rate, taxed.scheme, customs.registration(taxed.scheme), taxed.net, taxed.tax)


def _buyer(order: Order) -> Party:
    """Who has asked for the invoice, at the address of delivery; of virtual goods only the country is known."""
    asked, to = order.invoice, order.ship_to
    town = " ".join(part for part in (to.postal_code, to.city, to.region) if part) if to else ""
    return Party(
        name=asked.title if asked else "",
        address=(*to.lines, town) if to else (),
        country=order.country,
        tax_number=(asked.tax_number if asked else "") or order.vat_number,
    )


def _credited(order: Order, line_id: str, units: int, refund: Money) -> Item:
    line = next(line for line in order.lines if line.id == line_id)
    tax = Money(refund.minor * line.tax.minor // max(line.total.minor, 1), refund.currency)
    return Item(
        line.id, line.sku, line.title, units, line.unit_price, refund, Money.zero(refund.currency), line.tax_rate, tax,
        refund,
    )  # fmt: skip


def _of_refund(payment_id: str, refund_id: str) -> str:
    return f"{payment_id}-{refund_id}"
