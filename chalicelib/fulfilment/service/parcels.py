"""What every step that hands parcels over needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotFound
from chalicelib.markets import service as markets
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State
from chalicelib.orders.domain.dispatch import WAITING_AGAIN


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One parcel as the store hands it to the carrier.

    Args:
        boxes: numbers of the packed boxes in it, from 1; empty: all, when it is the only parcel.
        label: where the copy of its label is kept (LOG-20).
        left_on: the day it left, when that is entered later.
    """

    carrier: str
    waybill: str
    boxes: tuple[int, ...] = ()
    label: str = ""
    left_on: date | None = None


def check_store(store: str, principal: Principal) -> None:
    """Let a member of staff see a store's work list.

    Raises:
        NotFound: no such store, or not the caller's: the two are not told apart (RTE-03).
    """
    if store not in {location.id for location in markets.locations()} or not principal.works_for(store):
        raise NotFound("store", store)


def place_of(order: Order, principal: Principal, store: str = "") -> str:
    """Which place's part of an order a failed hand-over is about; "" is the whole order.

    An order from several places that has failed as a whole, as they once did, is dealt with as a whole.

    Raises:
        NotFound, WhichPlace: as `orders.place_of`.
    """
    place = orders.place_of(order, principal, store)
    return "" if order.state in (WAITING_AGAIN | {State.OUT_FOR_DELIVERY}) else place
