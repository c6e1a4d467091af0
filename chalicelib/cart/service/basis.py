"""What a quote is worked out from, and what comes up on the way: consignments and their delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.cart.domain import Cart, ShippingOption, Terms
from chalicelib.catalog.domain import Variant
from chalicelib.core.money import Money
from chalicelib.customs.domain import Entry
from chalicelib.markets.domain import ExchangeRates, Market
from chalicelib.pricing.domain import Adjustment
from chalicelib.shipping.domain.gift import GiftWrap
from chalicelib.shipping.domain.rates import Offer, Parcel, Promise

from .parts import Part


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything a quote is worked out from.

    Args:
        variants: those of the lines, and what the bundles among them hold.
        stock: units available by SKU and location.
        adjustments: reductions, in the order they apply.
        deposit: what a customer on deposit terms leaves as a guarantee (BAL-05); None is nothing.
        offers_all: work out every way of hand-over, not only the chosen one.
        wrap_price: what gift wrap costs, chosen or not (ORD-10); None where it is not offered.
    """

    cart: Cart
    terms: Terms
    market: Market
    variants: Mapping[str, Variant]
    exchange: ExchangeRates
    stock: Mapping[tuple[str, str], int]
    expires_at: datetime
    adjustments: tuple[Adjustment, ...] = ()
    deposit: Money | None = None
    offers_all: bool = True
    wrap_price: Money | None = None

    @property
    def wrap(self) -> GiftWrap | None:
        """The gift wrap that was asked for."""
        if self.terms.gift_message is None or self.wrap_price is None:
            return None
        return GiftWrap(self.terms.gift_message, self.wrap_price)

    @property
    def places(self) -> tuple[str, ...]:
        """Where the goods may come from: the store that hands them over, else the market's places (AMB-06)."""
        choice = self.terms.handover
        return (choice.store,) if choice else self.market.ships_from


@dataclass(frozen=True, slots=True)
class Consignment:
    """What leaves one place together; `place` is "" for what is not sent."""

    place: str
    parts: tuple[Part, ...]
    entry: Entry


@dataclass(frozen=True, slots=True)
class Delivery:
    """The chosen way of delivery, the parcels in their order, and everything else that was on offer."""

    offer: Offer
    parcels: tuple[Parcel, ...]
    options: tuple[ShippingOption, ...]
    promise: Promise


def policy_of(offer: Offer) -> Literal["DDP", "DAP"]:
    """Who pays duty and tax at the border."""
    return "DDP" if offer.prepaid else "DAP"


def option_of(offer: Offer, promised: Promise) -> ShippingOption:
    """An offer as it is published."""
    weights = [leg.weighed for leg in offer.legs]
    return ShippingOption(
        channel=str(offer.channel),
        price=offer.price,
        min_days=offer.min_days,
        max_days=offer.max_days,
        arrives_from=promised.earliest,
        arrives_until=promised.latest,
        duty_policy=policy_of(offer),
        tracked=offer.tracked,
        actual_g=sum(each.actual_g for each in weights),
        volumetric_g=sum(each.volumetric_g for each in weights),
        charged_g=sum(each.charged_g for each in weights),
    )
