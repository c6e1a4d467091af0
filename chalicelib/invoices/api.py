"""Invoices as data: for the buyer, for staff, and for the finance system."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import NotFound
from chalicelib.core.http import SHOPPER, Model, MoneyField, Page, Query, Request, Response, Routes
from chalicelib.markets.domain import pick_text
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order

from . import service
from .domain import Document
from .items import DOCUMENT, DocumentCard, series_list
from .texts import REMARKS

routes = Routes(__name__)

READERS = staff(Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.AFTER_SALES, Post.FINANCE, Post.CASHIER, Post.STORE)


class PartyView(Model):
    """Who sells or who buys."""

    name: str
    address: tuple[str, ...]
    country: str
    tax_number: str


class ItemView(Model):
    """One line; of an invoice with its part of shipping, gift wrap and duty in `total`."""

    line: str
    sku: str
    title: str
    quantity: int
    unit_price: MoneyField
    subtotal: MoneyField
    discount: MoneyField
    tax_rate: Annotated[str, Field(description="Empty where a bundle holds goods of several rates.")]
    tax: MoneyField
    total: MoneyField


class TaxRowView(Model):
    """What is taxed at one rate under one of the shop's registrations."""

    rate: str
    scheme: str
    registration: str
    net: MoneyField
    tax: MoneyField


class DocumentView(Model):
    """An invoice or a credit note; total = net + tax, and so are the rows of `taxes` together."""

    number: str
    kind: Literal["invoice", "credit_note"]
    order_id: str
    corrects: Annotated[str, Field(description="Of a credit note: the number of the invoice.")]
    issuer: PartyView
    buyer: PartyView
    issued_at: datetime
    supplied_at: datetime
    currency: str
    items: tuple[ItemView, ...]
    shipping: MoneyField
    wrapping: MoneyField
    duty: MoneyField
    taxes: tuple[TaxRowView, ...]
    net: MoneyField
    tax: MoneyField
    total: MoneyField
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, document: Document, language: str) -> Self:
        plain = ("number", "order_id", "corrects", "issued_at", "supplied_at", "currency", "shipping", "wrapping",
                 "duty", "net", "tax", "total")  # fmt: skip
        return cls(
            kind=document.kind.value,
            issuer=PartyView.model_validate(document.issuer, from_attributes=True),
            buyer=PartyView.model_validate(document.buyer, from_attributes=True),
            items=tuple(ItemView.model_validate(item, from_attributes=True) for item in document.items),
            taxes=tuple(TaxRowView.model_validate(row, from_attributes=True) for row in document.taxes),
            remarks=tuple(pick_text(REMARKS[remark], language) for remark in document.remarks),
            **{name: getattr(document, name) for name in plain},
        )


class InvoiceView(Model):
    """The invoice of an order, once it is issued, and its credit notes."""

    order_id: str
    state: Annotated[
        Literal["requested", "issued"], Field(description="It is issued when the order is completed (ORD-08).")
    ]
    invoice: DocumentView | None
    credit_notes: tuple[DocumentView, ...]

    @classmethod
    def of(cls, order: Order, documents: list[Document], language: str) -> Self:
        shown = [DocumentView.of(document, language) for document in documents]
        invoice = next((one for one in shown if one.kind == "invoice"), None)
        return cls(
            order_id=order.id, state="issued" if invoice else "requested", invoice=invoice,
            credit_notes=tuple(one for one in shown if one.kind == "credit_note"),
        )  # fmt: skip


class DocumentSummary(Model):
    """An invoice or credit note in the list of its series."""

    number: str
    kind: Literal["invoice", "credit_note"]
    order_id: str
    issued_at: datetime
    net: MoneyField
    tax: MoneyField
    total: MoneyField
    corrects: str

    @classmethod
    def of(cls, card: DocumentCard) -> Self:
        known = {name: getattr(card, name) for name in cls.model_fields}
        return cls(**known | {"kind": card.kind.value})


class SeriesQuery(Query):
    """Which series to list."""

    series: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Z]{3}C?-20[0-9]{2}$"),
        Field(description="Issuing company, `C` for credit notes, and year.", examples=["CEU-2026", "CEUC-2026"]),
    ]


@routes.get("/orders/{order_id}/invoice", access=SHOPPER)
def get_invoice(request: Request, order_id: str) -> InvoiceView:
    """The invoice of your order with its credit notes (ORD-09); 404 when you have not asked for one."""
    order = orders.find(request.uow, order_id, request.principal)
    return InvoiceView.of(order, service.of_order(request.uow, order), request.language)


@routes.get("/staff/orders/{order_id}/invoice", access=READERS)
def get_staff_invoice(request: Request, order_id: str) -> InvoiceView:
    """The invoice of an order with its credit notes; a store's staff see their own store's only (ORD-08)."""
    order = orders.find_for_staff(request.uow, order_id, request.principal)
    return InvoiceView.of(order, service.of_order(request.uow, order), request.language)


@routes.get("/orders/{order_id}/invoice/pdf", access=SHOPPER, media="application/pdf")
def print_invoice(request: Request, order_id: str) -> Response:
    """The invoice of your order with its credit notes as PDF (ORD-09, ORD-22); 404 until it is issued."""
    return _printed(request, orders.find(request.uow, order_id, request.principal))


@routes.get("/staff/orders/{order_id}/invoice/pdf", access=READERS, media="application/pdf")
def print_staff_invoice(request: Request, order_id: str) -> Response:
    """The invoice of an order with its credit notes as PDF; a store's staff see their own store's only (ORD-22)."""
    return _printed(request, orders.find_for_staff(request.uow, order_id, request.principal))


def _printed(request: Request, order: Order) -> Response:
    from .paper import printed  # the library behind it is for those who print

    found = service.of_order(request.uow, order)
    if not found:
        raise NotFound("invoice", order.id)
    headers = {"Content-Type": "application/pdf", "Content-Disposition": 'inline; filename="invoice.pdf"'}
    return Response(printed(found), headers=headers)


@routes.get("/staff/invoices", access=staff(Post.FINANCE))
def list_invoices(request: Request, query: SeriesQuery) -> Page[DocumentSummary]:
    """All documents of a series in the order of their numbers, for the finance system (ORD-08)."""
    page = request.page(DOCUMENT, "gsi1", series_list(query.series), limit=query.limit, cursor=query.cursor)
    return Page[DocumentSummary](items=[DocumentSummary.of(card) for card in page.items], next=page.next)
