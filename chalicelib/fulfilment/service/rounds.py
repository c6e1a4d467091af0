"""A delivery person's round, its stops, and what one person should bring to one door (FUL-11, ORD-27)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.core import table
from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid, NotFound
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import domain as d
from chalicelib.fulfilment.domain import Delivery, Position
from chalicelib.fulfilment.domain.consignment import LOOKED_AT, CannotGoTogether
from chalicelib.fulfilment.domain.rounds import distance_km
from chalicelib.fulfilment.domain.stops import (
    MOST_AT_A_STOP,
    Brought,
    check_number,
    check_one_stop,
    position_of_stop,
    stops,
)
from chalicelib.fulfilment.items import DELIVERY, round_list
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Location
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State, read_number
from chalicelib.orders.domain.machine import PLANNABLE
from chalicelib.orders.items import ORDER

from . import together
from .delivery import give_to, is_plannable, promised_time
from .parcels import check_store

#: States of an order that somebody is to bring, or is bringing.
_BROUGHT_IN: Final = PLANNABLE | {State.OUT_FOR_DELIVERY}
#: The most orders that one person's round shows.
MOST_IN_A_ROUND: Final = 60


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a round, in its order: one door, and every order that is handed over there.

    Args:
        kilometres: from the stop before it (or the store), as the crow flies.
    """

    brought: tuple[tuple[Order, Delivery], ...]
    kilometres: float


def round_of(uow: UnitOfWork, store: str, person: str, principal: Principal) -> tuple[Location, Sequence[Stop]]:
    """A person's open deliveries by stop, in the order of a short round from the store and back. Two round trips.

    Raises:
        NotFound: no such store, or not the caller's.
    """
    check_store(store, principal)
    home = markets.location(store)
    cards = table.page(DELIVERY, "gsi1", round_list(store, person), limit=MOST_IN_A_ROUND).items
    found = [one for one in _load(uow, [card.order_id for card in cards]) if _is_under_way(one)]
    by_stop = [[(one.order, one.delivery) for one in stop if one.delivery] for stop in stops(found, uow.now)]
    places = [_position(home, stop) for stop in by_stop]
    here: Location | Position = home
    in_order = []
    for number in d.plan(home, places):
        in_order.append(Stop(tuple(by_stop[number]), distance_km(here, places[number])))
        here = places[number]
    return home, in_order


def propose(uow: UnitOfWork, store: str, principal: Principal) -> list[tuple[Brought, ...]]:
    """Own deliveries of a store that one person could bring to one door in one go, and that are not one person's.

    Raises:
        NotFound: no such store, or not the caller's.
    """
    check_store(store, principal)
    numbers = together.open_numbers(store, uow.setting(LOOKED_AT))
    found = [one for one in _load(uow, numbers) if is_plannable(one.order)]
    proposals = []
    for stop in stops(found, uow.now):
        for start in range(0, len(stop), MOST_AT_A_STOP):
            part = stop[start : start + MOST_AT_A_STOP]
            if len(part) > 1 and ("" in _people(part) or len(_people(part)) > 1):
                proposals.append(part)
    return proposals


def bring_together(
    uow: UnitOfWork, store: str, order_ids: Sequence[str], person: str, principal: Principal
) -> list[Delivery]:
    """One person brings these orders to one door, each at its own time; `assign` gives one to somebody else again.

    Raises:
        NotFound: no such store or order, or not the caller's.
        Invalid: an order is named twice.
        CannotGoTogether: not one recipient's at one address, no time suits them all, or one has left; says which.
        NotOnRoster: nobody who delivers for the store; names who does.
    """
    check_store(store, principal)
    numbers = read_numbers(order_ids)
    check_number(numbers)
    uow.load(*_refs(numbers))
    known = [orders.find_for_staff(uow, number, principal) for number in numbers]
    foreign = next((order.id for order in known if order.store != store), None)
    if foreign is not None:
        raise NotFound("order", foreign)
    late = [order.id for order in known if not is_plannable(order)]
    if late:
        raise CannotGoTogether("All must be own deliveries that have not left.", why="state", orders=late)
    check_one_stop([Brought(order, _open(uow.find(DELIVERY, order.id))) for order in known], uow.now)
    return [give_to(uow, order, person, *promised_time(uow, order), principal) for order in known]


def read_numbers(order_ids: Sequence[str]) -> list[str]:
    """Orders' numbers as they are written, each once.

    Raises:
        Invalid: an order is named twice.
    """
    numbers = [read_number(order_id) for order_id in order_ids]
    if len(set(numbers)) != len(numbers):
        raise Invalid(FieldError("/orders", "an order is named twice"))
    return numbers


def _load(uow: UnitOfWork, numbers: Sequence[str]) -> list[Brought]:
    uow.load(*_refs(numbers))
    found = ((uow.find(ORDER, number), uow.find(DELIVERY, number)) for number in numbers)
    return [Brought(order, _open(delivery)) for order, delivery in found if order]


def _refs(numbers: Sequence[str]) -> list[table.Ref]:
    return [ref for number in numbers for ref in (ORDER.ref(number), DELIVERY.ref(number))]


def _open(delivery: Delivery | None) -> Delivery | None:
    return delivery if delivery is not None and delivery.is_open else None


def _is_under_way(one: Brought) -> bool:
    return one.delivery is not None and one.order.state in _BROUGHT_IN


def _people(stop: Sequence[Brought]) -> set[str]:
    return {one.delivery.person if one.delivery else "" for one in stop}


def _position(home: Location, stop: Sequence[tuple[Order, Delivery]]) -> Position:
    address = stop[0][0].ship_to
    known = d.position_of(address, home) if address else stop[0][1].position
    return position_of_stop([delivery for _, delivery in stop], known)
