"""Parts of what the API shows of an order: addresses, lines, amounts, what was chosen and why it came back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from chalicelib.core.http import Model, MoneyField
from chalicelib.core.money import Money
from chalicelib.markets.domain import InvoiceRequest, pick_text
from chalicelib.orders.domain import OrderLine, Reason, Totals
from chalicelib.orders.domain import texts as words
from chalicelib.shipping.domain.gift import GiftWrap
from chalicelib.shipping.domain.handover import Handover


class HandoverView(Model):
    """What the customer chose for a pickup or own delivery."""

    store: str
    point: Annotated[str, Field(description="`locker` or `desk`; empty for own delivery.")]
    hours: Annotated[int, Field(description="Own delivery within so many hours of packing; 0: an appointment.")]
    slot_from: datetime | None
    slot_until: datetime | None
    promised_by: Annotated[
        datetime | None, Field(description="Of a window: by when it arrives if it is paid at once (AMB-11).")
    ]

    @classmethod
    def of(cls, handover: Handover) -> Self:
        return cls(**{name: getattr(handover, name) for name in cls.model_fields})


class ComponentView(Model):
    """What a bundle holds, with its part of what the line costs (CAT-04)."""

    sku: str
    product: str
    title: str
    quantity: int
    total: MoneyField


class LineView(Model):
    """One article of an order; a bundle is one line with what it holds inside."""

    id: str
    sku: str
    product: str
    title: str
    quantity: int
    unit_price: MoneyField
    subtotal: MoneyField
    discount: MoneyField
    shipping: MoneyField
    wrapping: MoneyField
    duty: MoneyField
    tax: MoneyField
    tax_included: MoneyField
    total: MoneyField
    components: tuple[ComponentView, ...]

    @classmethod
    def of(cls, line: OrderLine) -> Self:
        inside = tuple(
            ComponentView(**{name: getattr(part, name) for name in ComponentView.model_fields})
            for part in line.components
        )
        own = {name: getattr(line, name) for name in cls.model_fields if name not in ("components", "wrapping")}
        return cls(components=inside, wrapping=line.wrapping or Money.zero(line.total.currency), **own)


class TotalsView(Model):
    """The amounts of an order."""

    subtotal: MoneyField
    discount: MoneyField
    shipping: MoneyField
    wrapping: Annotated[MoneyField, Field(description="The gift wrap.")]
    duty: MoneyField
    duty_at_door: MoneyField
    tax: MoneyField
    tax_included: MoneyField
    deposit: MoneyField
    total: MoneyField

    @classmethod
    def of(cls, totals: Totals) -> Self:
        known = {name: getattr(totals, name) for name in cls.model_fields}
        return cls(**known | {"wrapping": totals.wrapping or Money.zero(totals.total.currency)})


class GiftWrapView(Model):
    """The whole order wrapped as a gift (ORD-10)."""

    message: Annotated[str, Field(description="For the card; empty: no card.")]
    price: MoneyField

    @classmethod
    def of(cls, gift: GiftWrap) -> Self:
        return cls(message=gift.message, price=gift.price)


class InvoiceRequestView(Model):
    """Whom the invoice is made out to (ORD-09)."""

    kind: str
    title: str
    tax_number: str
    email: str

    @classmethod
    def of(cls, asked: InvoiceRequest) -> Self:
        return cls(kind=asked.kind.value, title=asked.title, tax_number=asked.tax_number, email=asked.email)


class ReasonView(Model):
    """Why an order was returned, in the reader's language."""

    code: str
    note: str
    text: str

    @classmethod
    def of(cls, reason: Reason, language: str) -> Self:
        return cls(code=reason.code, note=reason.note, text=pick_text(words.REASONS.get(reason.code, {}), language))


class ExchangeView(Model):
    """What an exchange order is for: its lines show what was paid for the goods it replaces; nothing is to be paid."""

    of: Annotated[str, Field(description="The order whose goods come back.")]
    return_id: Annotated[str, Field(description="The number under which they come back.")]
