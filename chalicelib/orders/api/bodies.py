"""What the API takes about an order."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from chalicelib.core.http import Id, Model, MoneyField, Text
from chalicelib.markets.models import AddressBody


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


class CorrectOrder(Model):
    """The correction of an order that was returned (REV-03): of its address, or of where it is picked up."""

    ship_to: AddressBody | None = None
    channel: Annotated[
        Literal["POST", "LINE", "EXPRESS", "LOCAL"] | None, Field(description="Another channel, with `ship_to`.")
    ] = None
    accept_total: Annotated[
        MoneyField | None, Field(description="The new total you agree to, when the price changes (409 tells it).")
    ] = None
    pickup_point: Annotated[Literal["desk"] | None, Field(description="The desk instead of the locker.")] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.ship_to is None) is (self.pickup_point is None):
            raise ValueError("give either ship_to or pickup_point")
        return self


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


class CorrectCause(Model):
    """What staff have found out about a failed hand-over."""

    by_customer: Annotated[bool, Field(description="Whether the customer was the cause (FUL-20).")]
    attempt: Annotated[
        int | None, Field(ge=1, description="Which of the order's failed hand-overs, from 1 on; the last if not said.")
    ] = None
    note: Text
