"""An order's goods as what is sent: parcels by location, and the facts that a decision table asks for (RTE-07)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import Variant
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customs import service as customs
from chalicelib.markets import service as markets
from chalicelib.markets.domain import ExchangeRates
from chalicelib.orders.domain import Order, OrderLine
from chalicelib.shipping.domain.decisions import Attribute, Facts, attributes, duty_policy
from chalicelib.shipping.domain.rates import Channel, Parcel, Piece
from chalicelib.shipping.service import decisions


def parcels_of(order: Order, variants: Mapping[str, Variant], exchange: ExchangeRates, on: date) -> tuple[Parcel, ...]:
    """What leaves each location for an order, by location.

    Args:
        variants: where the sizes of the goods are looked up; an article that is gone weighs what was agreed.
        on: the day whose customs rules count.
    """
    market, found = markets.market(order.market), []
    for place in order.locations:
        parts = [part for part in order.parts if part.location == place]
        location = markets.location(place)
        value = Money.sum((_net(part) for part in parts), order.currency)
        entry = customs.enter(value, location.country, order.country, on, exchange)
        prepaid = entry.must_be_prepaid(high_tax=market.high_tax, prices_include_tax=market.prices_include_tax)
        pieces = tuple(_piece(part, variants.get(part.sku)) for part in parts)
        found.append(Parcel(location, order.country, pieces, value, prepaid))
    return tuple(found)


def _piece(part: OrderLine, variant: Variant | None) -> Piece:
    size = (variant.length_mm, variant.width_mm, variant.height_mm) if variant else (0, 0, 0)
    return Piece(part.quantity, part.weight_g, *size, part.hs_code)


def _net(part: OrderLine) -> Money:
    """The goods of a part without the tax that their shown price contains."""
    goods = part.subtotal - part.discount
    if part.tax_included.is_zero:
        return goods
    in_goods, _ = part.tax_included.share([goods.minor, part.fees.minor])
    return goods - in_goods


def facts_of(
    order: Order, variants: Mapping[str, Variant], exchange: ExchangeRates, on: date
) -> tuple[Facts, tuple[Parcel, ...]]:
    """What a decision table is asked about an order, and its parcels."""
    parcels = parcels_of(order, variants, exchange, on)
    sent = [part for part in order.parts if part.location]
    facts = Facts(
        market=order.market,
        country=order.country,
        weight_g=sum(parcel.actual_g for parcel in parcels),
        value=Money.sum((parcel.value for parcel in parcels), order.currency),
        on=on,
        goods=attributes(
            (part.fresh, part.size_class, part.hs_code, part.sku in variants and variants[part.sku].fragile)
            for part in sent
        ),
        categories=tuple(sorted({variants[part.sku].category for part in sent if part.sku in variants})),
        duty_policy=duty_policy(parcels),
    )
    return facts, parcels


def is_channel_excluded(uow: UnitOfWork, order: Order) -> bool:
    """Whether the decision table has come to exclude the channel that an order was placed with (RTE-07, REV-04).

    No round trip as long as no row excludes anything; one for the articles when a row asks what only they know.
    """
    table = decisions.current(uow, order.market)
    if order.delivery_method != "courier" or not any(row.excluded for row in table.rows):
        return False
    looks_up = any(row.categories or Attribute.FRAGILE in (*row.goods, *row.without) for row in table.rows)
    variants = catalog.variants(uow, (part.sku for part in order.parts)) if looks_up else {}
    exchange = markets.exchange_rates(uow)
    on = uow.now.astimezone(ZoneInfo(markets.market(order.market).time_zone)).date()
    facts, _ = facts_of(order, variants, exchange, on)
    return Channel(order.channel) in table.decide(facts, exchange).excluded
