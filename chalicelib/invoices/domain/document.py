"""An invoice or credit note: everything that stands on it, as data, and how it follows from an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.money import Money
from chalicelib.orders.domain import Order, OrderLine

#: `source` of the invoice itself; a credit note's is the return or refund it follows from.
THE_ORDER: Final = "ORDER"


class DocumentKind(StrEnum):
    """What kind of document it is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Remark(StrEnum):
    """What the law wants said."""

    REVERSE_CHARGE = "reverse_charge"
    IMPORT_TAX_AT_BORDER = "import_tax_at_border"


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or who buys. `address` is in lines as written."""

    name: str
    address: tuple[str, ...]
    country: str
    tax_number: str = ""


@dataclass(frozen=True, slots=True)
class Issuer:
    """A company that sells. `code` begins its numbers."""

    code: str
    party: Party


@dataclass(frozen=True, slots=True)
class Item:
    """One line.

    Args:
        quantity: units sold; on a credit note, units credited.
        subtotal, discount: of an invoice, as shown to the buyer; on a credit note they are what `total` is.
        tax_rate: as a decimal text; "" where a bundle holds goods of several rates.
        tax: in `total`.
        total: of an invoice with the line's part of shipping, gift wrap and duty; of a credit note without.
    """

    line: str
    sku: str
    title: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    tax_rate: str
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True)
class TaxRow:
    """What is taxed at one rate under one registration, and the tax. Over all rows they add up to the document's."""

    rate: str
    scheme: str
    registration: str
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice (ORD-08) or a credit note to one. All amounts are positive and in one currency.

    total = net + tax. An invoice's total is the order's without a deposit, which is no part of the sale (BAL-05).

    Args:
        source: `THE_ORDER`, or the return or refund that is credited.
        corrects: of a credit note, the number of the invoice.
        supplied_at: when the customer had the goods; of a credit note, when the money had gone back.
        shipping, wrapping, duty: contained in the lines of an invoice; of a credit note, fees given back.
        email: where it is sent.
        remarks: what the law wants said, `Remark`s.
    """

    number: str
    kind: DocumentKind
    order_id: str
    source: str
    series: str
    issuer: Party
    buyer: Party
    email: str
    issued_at: datetime
    supplied_at: datetime
    currency: str
    language: str
    items: tuple[Item, ...]
    shipping: Money
    wrapping: Money
    duty: Money
    taxes: tuple[TaxRow, ...]
    net: Money
    tax: Money
    total: Money
    corrects: str = ""
    remarks: tuple[Remark, ...] = ()


def items_of(order: Order) -> tuple[Item, ...]:
    """The lines of an invoice."""
    return tuple(
        Item(
            line.id, line.sku, line.title, line.quantity, line.unit_price, line.subtotal, line.discount, line.tax_rate,
            line.tax, line.total,
        )
        for line in order.lines
    )  # fmt: skip


def remarks_of(order: Order) -> tuple[Remark, ...]:
    """What must be said: the buyer owes the tax himself (TAX-15), or it is collected at the border."""
    remarks = []
    if order.vat_number and order.totals.tax.is_zero:
        remarks.append(Remark.REVERSE_CHARGE)
    if any(part.tax_scheme == "IMPORT" for part in order.parts):
        remarks.append(Remark.IMPORT_TAX_AT_BORDER)
    return tuple(remarks)


@dataclass(frozen=True, slots=True)
class Taxed:
    """Goods of one rate and scheme with what of an amount falls on them."""

    rate: str
    scheme: str
    net: Money
    tax: Money


def taxed_parts(order: Order) -> tuple[Taxed, ...]:
    """The parts of an order with their net amount and tax; a reverse charge is taxed at no rate."""
    return tuple(
        Taxed(_rate(part, order), part.tax_scheme, part.total - part.tax, part.tax) for part in order.parts
    )  # fmt: skip


def by_rate(parts: Sequence[Taxed], currency: str) -> tuple[Taxed, ...]:
    """The same, summed up by rate and scheme, the highest rate first."""
    groups = sorted({(part.rate, part.scheme) for part in parts}, reverse=True)
    return tuple(
        Taxed(
            rate, scheme,
            Money.sum((part.net for part in parts if (part.rate, part.scheme) == (rate, scheme)), currency),
            Money.sum((part.tax for part in parts if (part.rate, part.scheme) == (rate, scheme)), currency),
        )
        for rate, scheme in groups
    )  # fmt: skip


def credited_parts(order: Order, credited: dict[str, Money], total: Money, tax: Money) -> tuple[Taxed, ...]:
    """How an amount that goes back falls on the parts of an order.

    Args:
        credited: what goes back for each order line; without any it falls on all by what was paid for them.
        total: all that goes back, fees included. tax: in it.
    """
    lines = [line for line in order.lines if not credited or line.id in credited]
    wanted = [(credited[line.id] if credited else line.total).minor for line in lines]
    parts, nets, taxes = [], [], []
    for line, amount in zip(lines, wanted, strict=True):
        for part in line.parts:
            parts.append(part)
            nets.append(amount * (part.total - part.tax).minor * _SCALE // max(line.total.minor, 1))
            taxes.append(amount * part.tax.minor * _SCALE // max(line.total.minor, 1))
    shares = zip(parts, (total - tax).share(nets), tax.share(taxes), strict=True)
    return tuple(Taxed(_rate(part, order), part.tax_scheme, net, own) for part, net, own in shares)


#: Weights are whole numbers; with these digits what rounding takes from them moves no minor unit that matters.
_SCALE: Final = 10**6


def _rate(part: OrderLine, order: Order) -> str:
    owed_by_buyer = bool(order.vat_number) and order.totals.tax.is_zero
    return "0" if owed_by_buyer else part.tax_rate
