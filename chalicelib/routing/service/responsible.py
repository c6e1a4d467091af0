"""Routing an order: find the responsible location, move the reservation there, name it in the order, all at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.cart.domain import SPLITTING, Splitting
from chalicelib.catalog import service as catalog
from chalicelib.catalog.items import VARIANT
from chalicelib.core.errors import FieldError, Invalid, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import merged
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Location
from chalicelib.orders import service as orders
from chalicelib.orders.domain import (
    Command,
    Order,
    OrderRefusedByStore,
    Problem,
    Refusal,
    Shortage,
    State,
    next_state,
)
from chalicelib.orders.items import ORDER
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
from chalicelib.shipping.service import windows

#: News of an order after which every store is asked anew: it has been reviewed, or the desk has solved what was wrong.
_SENT_ON_ITS_WAY: Final = frozenset({"order.reviewed", "order.problem_solved"})


def route(uow: UnitOfWork, order_id: str) -> Order:
    """Route a reviewed order to the nearest location that has everything (RTE-01, RTE-08, AMB-06).

    What a store hands over itself goes to the store the customer chose, or whose delivery area holds the address.
    An order of virtual goods has nothing to pick, pack or ship and is completed (CAT-03). When no location has
    everything, the goods leave from where they are reserved, a dispatch each, led by the location that holds most
    (RTE-07); where the market forbids that, or part of the goods is nowhere, the order goes to the order desk as out of
    stock, with the clock of REV-08. Where the market's places have a fixed priority, what the quote took from several
    stays there. An order that has moved on already, or is the desk's by now, stays as it is, so that the news of its
    review may come twice or late.
    """
    order = uow.get(ORDER, order_id)
    if order.state is not State.REVIEWED or order.problem is not None:
        return order
    if not order.delivery_method:
        return orders.advance(uow, order.id, Command.COMPLETE, proof="virtual")
    return _route(uow, order, orders.shortages.of_order(uow, order))


def route_again(uow: UnitOfWork, order: Order, away_from: str = "") -> Order:
    """The order desk has an order routed once more: its goods came in, or its store cannot serve it (REV-08).

    Reservation and work list go with the order, and so do the parts of one from several places; what its store could
    not find is set aside there until somebody has counted. Where it was found missing nobody is asked again before that
    problem has been solved. An order that no place can serve has no store any more and is the desk's, as out of stock.

    Args:
        away_from: a location that is not to be asked. Of an order that has been accepted, its store is not.

    Raises:
        NotAllowed: the order has no goods to route, or they have been packed.
        Invalid: several places work on the order, and it is not known which of them cannot.
    """
    next_state(order.state, Command.ROUTE, order.way)
    missing = orders.shortages.of_order(uow, order)
    if not away_from and not missing.units and order.state in (State.ACCEPTED, State.PICKING):
        if order.is_split:
            raise Invalid(FieldError("/away_from", "the order leaves from several places; name the one that cannot"))
        away_from = order.store or ""
    return _route(uow, order, missing, {away_from}, accepted=True)


def refuse(uow: UnitOfWork, order: Order, store: str, reason: Refusal, note: str = "") -> Order:
    """A store does not take an order on: another one is asked, or the order desk when there is none (RTE-01, RTE-03).

    Nobody is asked twice until the order desk sends it on its way again, so that two stores that refuse do not pass it
    to and fro. What it says it does not have, or has broken, is set aside there until somebody has counted (REV-08). Of
    an order from several places it can refuse its part as long as none of the others has accepted; then the desk
    decides, when the store reports the problem.

    Args:
        store: who refuses: the order's own, or one of its places.

    Raises:
        NotAllowed: the order has been accepted, here or by another of its places.
    """
    if order.state is not State.ROUTED:
        raise NotAllowed("order", order.state, "refuse", order.allowed)
    told = OrderRefusedByStore(order_id=order.id, store=store, reason=reason.value, note=note)
    uow.put(ORDER, order, told)
    lacks = reason in (Refusal.OUT_OF_STOCK, Refusal.DAMAGED)
    missing = orders.shortages.note(uow, order, store) if lacks else orders.shortages.of_order(uow, order)
    return _route(uow, order, missing, {store, *_refused_before(uow, order)})


def _refused_before(uow: UnitOfWork, order: Order) -> set[str]:
    """The stores that have refused an order since it was last sent on its way, as its log tells: one query."""
    refused: set[str] = set()
    for happening in orders.timeline(uow, order):
        if happening.type in _SENT_ON_ITS_WAY:
            refused.clear()
        elif happening.type == "order.refused_by_store":
            refused.add(happening.data["store"])
    return refused


def _route(
    uow: UnitOfWork, order: Order, missing: Shortage, away_from: Collection[str] = (), *, accepted: bool = False
) -> Order:
    away = missing.places | set(away_from)
    places = [place for place in _places(order) if place.id not in away]
    reserved = order.allocation
    splitting = Splitting.named(uow.setting(SPLITTING, order.market))
    quoted_from = [markets.location(location_id) for location_id in order.locations]
    candidates = same_territory(places, quoted_from)
    skus = sorted({sku for sku, _ in reserved})
    sizes = [VARIANT.ref(sku) for sku in skus] if order.is_split else []
    uow.load(*sizes, *inventory.refs(uow, skus, [place.id for place in candidates]))
    available = inventory.available(uow, skus, [place.id for place in candidates])
    if splitting is Splitting.PRIORITY and order.is_split and not away & set(order.locations):
        return _split(uow, order, places, accepted=accepted)
    place = responsible(candidates, reserved, available)
    if place is not None:
        orders.take_from_stores(uow, order, accepted=accepted)
        gathered = _gather(uow, order, place.id, missing)
        return orders.route_to(uow, gathered, place.id, _leaves_by(uow, order, place))
    if splitting is Splitting.FORBIDDEN:
        return _nowhere(uow, order, accepted=accepted)
    return _split(uow, order, places, accepted=accepted)


def _nowhere(uow: UnitOfWork, order: Order, *, accepted: bool) -> Order:
    """Nobody can serve it: whoever had it has it no more, and the desk talks to the customer (REV-08)."""
    if order.store is not None:
        orders.take_from_stores(uow, order, accepted=accepted)
        order = orders.withdraw(uow, order)
    return orders.raise_problem(uow, order, Problem.OUT_OF_STOCK)


def _split(uow: UnitOfWork, order: Order, places: Sequence[Location], *, accepted: bool) -> Order:
    """Give each place that holds goods of the order its part (RTE-07)."""
    lead = holder_of_most(places, order.allocation)
    if lead is None:
        return _nowhere(uow, order, accepted=accepted)
    orders.take_from_stores(uow, order, accepted=accepted)
    exchange = markets.exchange_rates(uow)
    on = uow.now.astimezone(ZoneInfo(markets.market(order.market).time_zone)).date()
    variants = catalog.variants(uow, (part.sku for part in order.parts))
    plans = {}
    for parcel in orders.sending.parcels_of(order, variants, exchange, on):
        channel = shipping.channel_of(parcel, Channel(order.channel), exchange)
        plans[parcel.location.id] = orders.Plan(channel, dispatch_by(order.submitted_at, uow.now, parcel.location))
    return orders.split(uow, order, lead.id, plans)


def _leaves_by(uow: UnitOfWork, order: Order, place: Location) -> datetime:
    """By when the goods should leave: the courier's day (FUL-12), or what the store's own hand-over needs (AMB-11)."""
    if order.handover is None:
        return dispatch_by(order.submitted_at, uow.now, place)
    return windows.leaves_by(uow, order.handover, order.market)


def _gather(uow: UnitOfWork, order: Order, location: str, missing: Shortage) -> Order:
    """Reserve everything at one location."""
    moving = to_move(order.allocation, location)
    if moving:
        orders.shortages.give_back(uow, order, moving, missing)
        inventory.reserve(uow, merged((sku, location, units) for (sku, _), units in moving.items()), order.id)
    return order.served_from(location)


def _places(order: Order) -> list[Location]:
    """The store that hands over, else the locations of the order's market, nearest to the destination first."""
    if order.handover is not None:
        return [markets.location(order.handover.store)]
    market = markets.market(order.market)
    to = destination(order.country, order.ship_to.postal_code if order.ship_to else "")
    return nearest_first([markets.location(location_id) for location_id in market.ships_from], to)
