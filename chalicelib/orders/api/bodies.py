"""What the API takes about an order."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from chalicelib.core.http import Id, Model, MoneyField, Text
from chalicelib.markets.models import AddressBody, Part
from chalicelib.orders.domain import Correction
from chalicelib.shipping.models import OwnDeliveryBody


class PlaceOrder(Model):
    """The confirmation of a quote: address, payment method and coupons are those the quote showed (ORD-01)."""

    cart_id: Id
    quote_hash: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class BuyNow(Model):
    """One article, bought with what your profile says (ORD-02)."""

    sku: Id
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    market: Annotated[
        str, StringConstraints(pattern="^([A-Z]{2})?$"), Field(description="Empty: the profile's, else the address's.")
    ] = ""
    at_most: Annotated[
        MoneyField | None, Field(description="What you agree to pay without having seen the quote; more is refused.")
    ] = None


class PayOrder(Model):
    """How the shopper would like to pay; without a provider the best one for the method is asked."""

    provider: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{1,31}$")] | None = None
    embedded: Annotated[bool, Field(description="Use the provider's own form in our page instead of its page.")] = False
    amount: Annotated[MoneyField | None, Field(description="A part of what is left (ORD-12); absent: all.")] = None
    method: Annotated[
        str, StringConstraints(max_length=40), Field(description="Another than was chosen at the quote.")
    ] = ""


class PayFromBalance(Model):
    """How much is paid from the balance account."""

    amount: Annotated[
        MoneyField | None, Field(description="A part of what is left; absent: as much as the account allows.")
    ] = None


class CancelOrder(Model):
    """A customer's cancellation."""

    reason: Literal["changed_mind", "ordered_by_mistake", "too_slow", "other"] = "changed_mind"


class CorrectPickup(Model):
    """Where the goods are picked up, and by whom; what is absent stays."""

    store: Id | None = None
    point: Literal["locker", "desk"] | None = None
    name: Part | None = None
    phone: Part | None = None


class CorrectContact(Model):
    """How the buyer is reached; what is absent stays."""

    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    phone: Part | None = None


class CorrectOrder(Model):
    """The correction of an order that was returned, or the answer to what was asked about it (REV-03)."""

    ship_to: AddressBody | None = None
    channel: Annotated[
        Literal["POST", "LINE", "EXPRESS", "LOCAL"] | None, Field(description="Another channel of a courier's.")
    ] = None
    pickup: Annotated[CorrectPickup | None, Field(description="Another store, point or person, of a pickup.")] = None
    own_delivery: Annotated[
        OwnDeliveryBody | None, Field(description="Another window or appointment, of a store's own delivery.")
    ] = None
    contact: CorrectContact | None = None
    note: Annotated[
        Text | None, Field(description="An answer in words; a person reads it before the order goes on.")
    ] = None
    accept_total: Annotated[
        MoneyField | None, Field(description="The new total you agree to, when the price changes (409 tells it).")
    ] = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.correction() == Correction(accepted=self.accept_total):
            raise ValueError("correct something, or answer with a note")
        return self

    def correction(self) -> Correction:
        pickup, contact = self.pickup or CorrectPickup(), self.contact or CorrectContact()
        delivery = self.own_delivery
        return Correction(
            ship_to=self.ship_to.address() if self.ship_to else None,
            channel=self.channel,
            store=pickup.store,
            point=pickup.point,
            picker=pickup.name,
            picker_phone=pickup.phone,
            hours=delivery.hours if delivery else None,
            slot_from=delivery.slot if delivery else None,
            email=contact.email,
            phone=contact.phone,
            note=self.note or "",
            accepted=self.accept_total,
        )


class ReorderOrder(Model):
    """Whether the goods are ordered anew instead of the order."""

    instead: Annotated[
        bool, Field(description="Cancel the order, which was returned to you; what you paid comes back.")
    ] = False


class ReturnOrder(Model):
    """Why staff return an order to the customer (REV-02)."""

    reasons: Annotated[
        tuple[Literal["delivery_method_not_allowed", "address_incomplete", "other"], ...],
        Field(min_length=1, max_length=3, strict=False),
    ]
    note: Text


class StaffCancelOrder(Model):
    """Why staff cancel an order."""

    reason: Literal["out_of_stock", "not_corrected", "fraud", "other"]


class MissingUnits(Model):
    """Units of an article that are reserved for an order and were not found."""

    sku: Id
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]


class ReportProblem(Model):
    """What stands in an order's way."""

    problem: Literal["out_of_stock", "customs", "delay", "delivery", "coming_back", "damaged", "lost"]
    note: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)] = ""
    missing: Annotated[
        tuple[MissingUnits, ...] | None,
        Field(
            min_length=1,
            max_length=200,
            strict=False,
            description="With `out_of_stock`: what was not found. Absent: nothing of the order's goods was.",
        ),
    ] = None
    store: Annotated[
        str,
        StringConstraints(pattern="^([A-Z0-9-]{2,16})?$"),
        Field(description="Whose goods are missing; needed where several of your places work on the order."),
    ] = ""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        skus = [each.sku for each in self.missing or ()]
        if len(set(skus)) < len(skus):
            raise ValueError("name each SKU once")
        return self


class CorrectCause(Model):
    """What staff have found out about a failed hand-over."""

    by_customer: Annotated[bool, Field(description="Whether the customer was the cause (FUL-20).")]
    attempt: Annotated[
        int | None, Field(ge=1, description="Which of the order's failed hand-overs, from 1 on; the last if not said.")
    ] = None
    note: Text
