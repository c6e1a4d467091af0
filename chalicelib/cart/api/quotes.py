"""What the API takes for a quote, and shows of one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.cart.domain import DeliveryMethod, Quote
from chalicelib.cart.service import Asked
from chalicelib.core.http import CurrencyField, Id, Model, MoneyField
from chalicelib.markets.domain import Address, Contact
from chalicelib.markets.models import AddressBody, AddressView, InvoiceBody
from chalicelib.shipping.domain.handover import Handover
from chalicelib.shipping.handovers import area_of
from chalicelib.shipping.models import OwnDeliveryBody

from .models import Language, Part


class ContactBody(Model):
    """How to reach the buyer."""

    email: Annotated[str, StringConstraints(max_length=254)]
    phone: Part = ""
    language: Annotated[Language | None, Field(description="For mails; absent: the cart's.")] = None


class PickupBody(Model):
    """Where in which store the goods are picked up, and by whom (FUL-01, FUL-02)."""

    store: Id
    point: Literal["locker", "desk"]
    name: Part
    phone: Part = ""


class GiftWrapBody(Model):
    """The whole order wrapped as a gift (ORD-10)."""

    message: Annotated[str, StringConstraints(max_length=1000), Field(description="For the card; empty: no card.")] = ""


class AskQuote(Model):
    """What the cart is to be quoted for (ORD-01)."""

    ship_to: Annotated[AddressBody | None, Field(description="Not needed when nothing is sent.")] = None
    contact: ContactBody
    country: Annotated[
        str, StringConstraints(max_length=2), Field(description="Where the buyer is, when nothing is sent.")
    ] = ""
    region: Part = ""
    delivery_method: Literal["courier", "pickup", "own_delivery"] = "courier"
    pickup: Annotated[PickupBody | None, Field(description="For the delivery method `pickup`.")] = None
    own_delivery: Annotated[OwnDeliveryBody | None, Field(description="For the method `own_delivery`.")] = None
    channel: Annotated[
        Literal["POST", "LINE", "EXPRESS", "LOCAL"] | None, Field(description="Absent: the shop chooses.")
    ] = None
    payment_method: Annotated[str, StringConstraints(max_length=40)] = ""
    vat_number: Annotated[
        str, StringConstraints(max_length=20), Field(description="Of a business that owes the tax itself (TAX-15).")
    ] = ""

    gift_wrap: Annotated[
        GiftWrapBody | None, Field(description="Absent: not wrapped. The quote tells whether it is offered.")
    ] = None
    invoice: Annotated[
        InvoiceBody | None, Field(description="Absent: no invoice. It is issued when the order is completed (ORD-08).")
    ] = None

    def asked(self) -> Asked:
        ship_to = self.ship_to.address() if self.ship_to else None
        if self.delivery_method == "pickup" and self.pickup:
            ship_to = Address(self.pickup.name, self.pickup.phone, (), "", "", "", "")
        return Asked(
            ship_to=ship_to,
            contact=Contact(self.contact.email, self.contact.language or "", self.contact.phone),
            country=self.country.upper(),
            region=self.region.strip().upper(),
            delivery_method=DeliveryMethod(self.delivery_method),
            channel=self.channel or "",
            payment_method=self.payment_method,
            vat_number=self.vat_number,
            handover=self._handover(),
            gift_message=self.gift_wrap.message if self.gift_wrap else None,
            invoice=self.invoice.request() if self.invoice else None,
        )

    def _handover(self) -> Handover | None:
        if self.delivery_method == "pickup" and self.pickup:
            return Handover(store=self.pickup.store, point=self.pickup.point)
        if self.delivery_method == "own_delivery" and self.own_delivery and self.ship_to:
            area = area_of(self.ship_to.country.upper(), self.ship_to.postal_code)
            slot = self.own_delivery.slot
            return Handover(
                store=area.store if area else "",
                hours=self.own_delivery.hours or 0,
                slot_from=slot.astimezone(UTC) if slot else None,
            )
        return None


class ContactView(Model):
    """How the buyer is reached."""

    email: str
    language: str
    phone: str


class QuotedLineView(Model):
    """One article with its part of every amount: see the quote for how they add up."""

    id: Id
    sku: str
    product: str
    title: str
    image: str
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
    duty_at_door: MoneyField
    tax_rate: str
    tax_scheme: str
    duty_rate: str
    agreement: str
    hs_code: str
    origin: str
    weight_g: int
    location: str
    fresh: bool
    size_class: str
    kind: str
    return_rule: str


class BundleLineView(QuotedLineView):
    """An article or a bundle. What components of a bundle differ in is empty on its line and told by each of them."""

    components: Annotated[
        tuple[QuotedLineView, ...], Field(description="What a bundle holds, with their part of the amounts (CAT-04).")
    ]


class ShippingOptionView(Model):
    """A way of delivery with its price, days, and the weights it is charged by (LOG-09, LOG-10)."""

    channel: str
    price: MoneyField
    min_days: int
    max_days: int
    arrives_from: date
    arrives_until: date
    duty_policy: Literal["DDP", "DAP"]
    tracked: bool
    actual_g: int
    volumetric_g: int
    charged_g: int


class HandoverView(Model):
    """The chosen pickup point, window or appointment."""

    store: str
    point: str
    hours: int
    slot_from: datetime | None
    slot_until: datetime | None


class HandoverOptionView(HandoverView):
    """A pickup point, window or appointment: offered at a price, or refused with the reason."""

    delivery_method: str
    price: MoneyField | None
    refused: Annotated[str, Field(description="Empty when it is offered.", examples=["fresh_goods"])]
    text: Annotated[str, Field(description="The reason in the cart's language.")]
    promised_by: Annotated[
        datetime | None,
        Field(description="By when it is ready or arrives if it is ordered and paid now; packing time is in it."),
    ]


class GiftWrapView(Model):
    """The gift wrap that was chosen (ORD-10)."""

    message: str
    price: MoneyField


class InvoiceRequestView(Model):
    """Whom the invoice is made out to, with the tax number in normal form (ORD-09)."""

    kind: str
    title: str
    tax_number: str
    email: str


class QuoteView(Model):
    """What everything costs. Ordering names the `hash`; nothing but what it covers is ever charged.

    Of each line and of the whole: total = subtotal − discount + shipping + wrapping + duty + tax − tax_included; the
    whole adds the deposit.
    """

    hash: str
    expires_at: datetime
    cart_id: Id
    market: str
    currency: CurrencyField
    language: str
    lines: tuple[BundleLineView, ...]
    ship_to: AddressView | None
    contact: ContactView
    country: str
    region: str
    delivery_method: Literal["courier", "pickup", "own_delivery"] | None
    channel: str
    promise: Annotated[tuple[int, int], Field(description="Least and most calendar days in transit.")]
    dispatched_on: date | None
    arrives_from: date | None
    arrives_until: date | None
    duty_policy: Annotated[Literal["DDP", "DAP"], Field(description="DAP: `duty_at_door` is paid at delivery.")]
    subtotal: MoneyField
    discount: MoneyField
    shipping: MoneyField
    wrapping: Annotated[MoneyField, Field(description="The gift wrap.")]
    duty: MoneyField
    duty_at_door: MoneyField
    tax: MoneyField
    tax_included: Annotated[MoneyField, Field(description="Tax that shown prices, shipping and gift wrap contain.")]
    deposit: MoneyField
    total: MoneyField
    prices_include_tax: bool
    vat_number: str
    payment_method: str
    payment_methods: tuple[str, ...]
    options: Annotated[tuple[ShippingOptionView, ...], Field(description="Cheapest first.")]
    handover: HandoverView | None
    handovers: Annotated[
        tuple[HandoverOptionView, ...], Field(description="What stores hand over themselves, and what not and why.")
    ]

    gift_wrap: GiftWrapView | None
    gift_wrap_offered: Annotated[MoneyField | None, Field(description="What gift wrap costs; null: not offered.")]
    invoice: InvoiceRequestView | None

    @classmethod
    def of(cls, quote: Quote) -> QuoteView:
        return cls.model_validate(quote, from_attributes=True)
