"""The quote: what everything costs, line by line, and the hash of what the shopper accepts with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final, Literal

from chalicelib.core.clock import stamp
from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.markets.domain import Address, Contact, InvoiceRequest
from chalicelib.shipping.domain.gift import GiftWrap
from chalicelib.shipping.domain.handover import Handover, HandoverOption

QUOTE_MINUTES: Final = Setting(
    "cart.quote_minutes",
    15,
    unit="minutes",
    rule="ORD-01",
    own=True,
    doc="How long a quote can be ordered as shown.",
)


class DeliveryMethod(StrEnum):
    """How goods reach the customer; each is the buyer's choice where the market offers it."""

    COURIER = "courier"
    PICKUP = "pickup"
    OWN_DELIVERY = "own_delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """One article with its exact part of every amount.

    total = subtotal - discount + shipping + wrapping + duty + tax - tax_included

    Args:
        location: where it comes from; "" for what is not shipped.
        tax_rate: as a decimal text, "0.19".
        tax_scheme: registration under which the tax is declared (TAX-14).
        duty_rate: of the customs value, as a decimal text; "0" inside a customs territory or where a fixed sum is due.
        agreement: trade agreement that lowered it, or "".
        duty_at_door: duty that the recipient pays at delivery and that is not in `total` (DAP).
        fresh, size_class: decide about pickup points later (FUL-02 to FUL-04).
        components: what a bundle holds (CAT-04), each with its exact part of the line's amounts and `unit_price` as
            sold alone; what components differ in (rates, scheme, HS code, origin, location) is "" on the bundle's line.
    """

    id: str
    sku: str
    product: str
    title: str
    image: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    shipping: Money
    wrapping: Money
    duty: Money
    tax: Money
    tax_included: Money
    total: Money
    duty_at_door: Money
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
    components: tuple[QuotedLine, ...] = ()

    @property
    def pieces(self) -> int:
        """Units of it; a bundle counts as the pieces that are sent for it (AMB-23)."""
        sent = sum(each.quantity for each in self.components if each.kind == "physical")
        return sent or sum(each.quantity for each in self.components) or self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingOption:
    """A way to deliver everything: its price, its days and the weights it is charged by (LOG-09, LOG-10, ORD-13)."""

    channel: str
    price: Money
    min_days: int
    max_days: int
    arrives_from: date
    arrives_until: date
    duty_policy: Literal["DDP", "DAP"]
    tracked: bool
    actual_g: int
    volumetric_g: int
    charged_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Everything a purchase costs, in one calculation (PRC-07).

    Each amount is the sum of its lines; `total` also holds the deposit.

    Args:
        hash: of what the shopper accepts; ordering names it.
        expires_at: until when it can be ordered.
        delivery_method: None when nothing is shipped, and then `channel` is "" and `promise` (0, 0).
        channel: "POST", "LINE", "EXPRESS" or "LOCAL"; "" when no courier brings the goods.
        wrapping: the gift wrap (ORD-10).
        tax_included: tax contained in shown prices, shipping and gift wrap.
        duty_policy: DDP: nothing is left to pay at the door. DAP: `duty_at_door` is, to the carrier.
        promise: least and most calendar days in transit.
        options: every channel offered, cheapest first; not part of the hash.
        handover: what was chosen for a pickup or own delivery.
        handovers: every pickup point and delivery window, the refused ones with their reason; not part of the hash.
        gift_wrap: what was chosen (ORD-10); its price is `wrapping`.
        gift_wrap_offered: what gift wrap costs here, None where it is not offered; not part of the hash.
        invoice: whom the invoice is made out to (ORD-09), if one was asked for.
    """

    hash: str
    expires_at: datetime
    cart_id: str
    market: str
    currency: str
    language: str
    lines: tuple[QuotedLine, ...]
    ship_to: Address | None
    contact: Contact
    country: str
    region: str
    delivery_method: DeliveryMethod | None
    channel: str
    promise: tuple[int, int]
    dispatched_on: date | None
    arrives_from: date | None
    arrives_until: date | None
    duty_policy: Literal["DDP", "DAP"]
    subtotal: Money
    discount: Money
    shipping: Money
    wrapping: Money
    duty: Money
    duty_at_door: Money
    tax: Money
    tax_included: Money
    deposit: Money
    total: Money
    prices_include_tax: bool
    vat_number: str
    payment_method: str
    payment_methods: tuple[str, ...]
    options: tuple[ShippingOption, ...]
    handover: Handover | None = None
    handovers: tuple[HandoverOption, ...] = ()
    gift_wrap: GiftWrap | None = None
    gift_wrap_offered: Money | None = None
    invoice: InvoiceRequest | None = None

    @property
    def stocked(self) -> int:
        """Units that an order of it reserves."""
        parts = (part for line in self.lines for part in line.components or (line,))
        return sum(part.quantity for part in parts if part.location)

    @property
    def pieces(self) -> int:
        """Number of units (AMB-23)."""
        return sum(line.pieces for line in self.lines)

    @property
    def has_fresh(self) -> bool:
        """Whether any line is fresh: one makes the whole order so (AMB-22)."""
        return any(line.fresh for line in self.lines)

    @property
    def has_large(self) -> bool:
        """Whether any line is large: one makes the whole order so (AMB-22)."""
        return any(line.size_class == "large" for line in self.lines)


#: What a quote says beside what is accepted: it may differ without anything costing or arriving otherwise.
_NOT_ACCEPTED: Final = frozenset(
    {
        "hash",
        "expires_at",
        "options",
        "handovers",
        "dispatched_on",
        "arrives_from",
        "arrives_until",
        "payment_methods",
        "gift_wrap_offered",
        "language",
    }
)
_NOT_ACCEPTED_OF_LINES: Final = frozenset({"title", "image", "location"})


class QuoteStale(Conflict):
    """The accepted quote is not what the purchase costs now; the present one comes along."""

    code: ClassVar[str] = "quote-stale"
    title: ClassVar[str] = "The quote is out of date"

    def __init__(self, quote: Quote, reason: Literal["changed", "expired"]) -> None:
        detail = {
            "changed": "Price, stock or delivery have changed since you were shown them. Please confirm the new quote.",
            "expired": "The quote has expired. Please ask for a new one.",
        }[reason]
        super().__init__(detail, reason=reason, quote=published(quote))


class QuoteMissing(Conflict):
    """The cart has not been quoted, so there is nothing to accept."""

    code: ClassVar[str] = "quote-missing"
    title: ClassVar[str] = "The cart has no quote"


def published(value: Any) -> Any:
    """A quote, or a part of one, as plain JSON values: the shape that the API shows."""
    if isinstance(value, Money):
        return {"amount": value.text, "currency": value.currency}
    if is_dataclass(value):
        return {each.name: published(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, (tuple, list)):
        return [published(each) for each in value]
    if isinstance(value, dict):
        return {name: published(each) for name, each in value.items()}
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value.value if isinstance(value, StrEnum) else value


def fingerprint(quote: Quote) -> str:
    """SHA-256 over the canonical JSON of everything the shopper accepts (D5).

    That is prices, amounts, address, contact, channel and its days, and who pays duty; not the expiry, calendar dates,
    or what else was on offer.
    """
    accepted = {name: value for name, value in published(quote).items() if name not in _NOT_ACCEPTED}
    accepted["lines"] = _accepted(accepted["lines"])
    return canonical_digest(accepted)


def _accepted(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in line.items() if name not in _NOT_ACCEPTED_OF_LINES}
        | {"components": _accepted(line["components"])}
        for line in lines
    ]


def canonical_digest(content: Any) -> str:
    """SHA-256 of canonical JSON: sorted names, no blanks, so that equal content has an equal digest."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
