"""Routing an order: find the responsible location, move the reservation there, name it in the order, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.cart.domain import SPLITTING, Splitting
from chalicelib.catalog import service as catalog
from chalicelib.catalog.items import VARIANT
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import merged
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Location
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Command, Order, Problem, State, next_state
from chalicelib.orders.items import ORDER
from chalicelib.orders.service import sending
from chalicelib.routing.domain import (
    destination,
    dispatch_by,
    holder_of_most,
    nearest_first,
    responsible,
    same_territory,
    to_move,
)
from chalicelib.shipping.domain.rates import Channel
from chalicelib.shipping.service import rates as shipping


def route(uow: UnitOfWork, order_id: str) -> Order:
    """Route a reviewed order to the nearest location that has everything (RTE-01, RTE-08, AMB-06).

    What a store hands over itself goes to the store the customer chose, or whose delivery area holds the address.
    An order of virtual goods has nothing to pick, pack or ship and is completed (CAT-03). When no location has
    everything, the goods leave from where they are reserved, a dispatch each, led by the location that holds most
    (RTE-07); where the market forbids that, or part of the goods is nowhere, the order goes to the order desk as out of
    stock, with the clock of REV-08. Where the market's places have a fixed priority, what the quote took from several
    stays there. An order that has moved on already stays as it is, so that the news of its review may come twice or
    late.
    """
    order = uow.get(ORDER, order_id)
    if order.state is not State.REVIEWED:
        return order
    if not order.delivery_method:
        return orders.advance(uow, order.id, Command.COMPLETE, proof="virtual")
    return _route(uow, order)


def route_again(uow: UnitOfWork, order: Order, away_from: str = "") -> Order:
    """Staff have an order routed once more: after its goods came in, or because its store cannot serve it.

    Args:
        away_from: a location that is not to be asked.

    Raises:
        NotAllowed: the order does not wait for a store, or one has accepted it.
    """
    next_state(order.state, Command.ROUTE, order.way)
    return _route(uow, order, away_from)


def _route(uow: UnitOfWork, order: Order, away_from: str = "") -> Order:
    places = [place for place in _places(order) if place.id != away_from]
    reserved = order.allocation
    splitting = Splitting.named(uow.setting(SPLITTING, order.market))
    quoted_from = [markets.location(location_id) for location_id in order.locations]
    candidates = same_territory(places, quoted_from)
    skus = sorted({sku for sku, _ in reserved})
    sizes = [VARIANT.ref(sku) for sku in skus] if order.is_split else []
    uow.load(*sizes, *inventory.refs(uow, skus, [place.id for place in candidates]))
    available = inventory.available(uow, skus, [place.id for place in candidates])
    if splitting is Splitting.PRIORITY and order.is_split and away_from not in order.locations:
        return _split(uow, order, places)
    place = responsible(candidates, reserved, available)
    if place is not None:
        orders.take_from_stores(uow, order)
        return orders.route_to(uow, _gather(uow, order, place.id), place.id, _leaves_by(uow, order, place))
    if splitting is Splitting.FORBIDDEN:
        return orders.raise_problem(uow, order, Problem.OUT_OF_STOCK)
    return _split(uow, order, places)


def _split(uow: UnitOfWork, order: Order, places: Sequence[Location]) -> Order:
    """Give each place that holds goods of the order its part (RTE-07)."""
    lead = holder_of_most(places, order.allocation)
    if lead is None:
        return orders.raise_problem(uow, order, Problem.OUT_OF_STOCK)
    orders.take_from_stores(uow, order)
    exchange = markets.exchange_rates(uow)
    on = uow.now.astimezone(ZoneInfo(markets.market(order.market).time_zone)).date()
    variants = catalog.variants(uow, (part.sku for part in order.parts))
    plans = {}
    for parcel in sending.parcels_of(order, variants, exchange, on):
        channel = shipping.channel_of(parcel, Channel(order.channel), exchange)
        plans[parcel.location.id] = orders.Plan(channel, dispatch_by(order.submitted_at, uow.now, parcel.location))
    return orders.split(uow, order, lead.id, plans)


def _leaves_by(uow: UnitOfWork, order: Order, place: Location) -> datetime | None:
    """By when the goods should leave: the courier's day (FUL-12), or when the appointment begins (FUL-07)."""
    if order.delivery_method == "courier":
        return dispatch_by(order.submitted_at, uow.now, place)
    return order.handover.slot_from if order.handover else None


def _gather(uow: UnitOfWork, order: Order, location: str) -> Order:
    """Reserve everything at one location."""
    moving = to_move(order.allocation, location)
    if moving:
        inventory.release(uow, moving, order.id)
        inventory.reserve(uow, merged((sku, location, units) for (sku, _), units in moving.items()), order.id)
    return order.served_from(location)


def _places(order: Order) -> list[Location]:
    """The store that hands over, else the locations of the order's market, nearest to the destination first."""
    if order.handover is not None:
        return [markets.location(order.handover.store)]
    market = markets.market(order.market)
    to = destination(order.country, order.ship_to.postal_code if order.ship_to else "")
    return nearest_first([markets.location(location_id) for location_id in market.ships_from], to)
