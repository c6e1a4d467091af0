"""Routing an order: find the responsible location, move the reservation there, name it in the order, all at once."""

from __future__ import annotations

from ..core.unit_of_work import UnitOfWork
from ..inventory import service as inventory
from ..markets import service as markets
from ..markets.domain import Location
from ..orders import service as orders
from ..orders.domain import Command, Order, Problem, State, next_state
from ..orders.items import ORDER
from .domain import destination, dispatch_by, nearest_first, responsible, same_territory, to_move


def route(uow: UnitOfWork, order_id: str) -> Order:
    """Route a reviewed order to the nearest location that has everything (RTE-01, RTE-08, AMB-06).

    An order of virtual goods has nothing to pick, pack or ship and is completed (CAT-03). When no location has
    everything, the order goes to the order desk as out of stock, with the clock of REV-08. An order that has moved
    on already stays as it is, so that the news of its review may come twice or late.
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
    next_state(order.state, Command.ROUTE, order.delivery_method)
    return _route(uow, order, away_from)


def _route(uow: UnitOfWork, order: Order, away_from: str = "") -> Order:
    candidates = [place for place in _candidates(order) if place.id != away_from]
    reserved = order.allocation
    skus = sorted({sku for sku, _ in reserved})
    available = inventory.available(uow, skus, [place.id for place in candidates]) if skus else {}
    place = responsible(candidates, reserved, available)
    if place is None:
        return orders.raise_problem(uow, order, Problem.OUT_OF_STOCK)
    moving = to_move(reserved, place.id)
    if moving:
        wanted: dict[tuple[str, str], int] = {}
        for (sku, _), units in moving.items():
            wanted[sku, place.id] = wanted.get((sku, place.id), 0) + units
        inventory.release(uow, moving, order.id)
        inventory.reserve(uow, wanted, order.id)
    due = dispatch_by(order.submitted_at, uow.now, place) if order.delivery_method == "courier" else None
    return orders.route_to(uow, order, place.id, due)


def _candidates(order: Order) -> list[Location]:
    """The locations that may serve the order: those of its market, behind the same border as quoted, nearest first."""
    market = markets.market(order.market)
    places = [markets.location(location_id) for location_id in market.ships_from]
    quoted_from = [markets.location(location_id) for location_id in sorted({at for _, at in order.allocation})]
    to = destination(order.country, order.ship_to.postal_code if order.ship_to else "")
    return nearest_first(same_territory(places, quoted_from), to)
