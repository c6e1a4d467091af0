"""Parts of an order that could not be handed over: failed, decided on, and how the order ends with them (E16 to E18).

Each part is its own store's case (FUL-19), and the order goes its way meanwhile. What was taken back is no part of what
the order comes to in the end: it is completed for the rest, or taken back when there is none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain.dispatch import UNDER_WAY
from chalicelib.orders.domain.machine import Command, State
from chalicelib.orders.items import DISPATCH
from chalicelib.shipping.domain.shipments import Shipment
from chalicelib.shipping.items.shipments import SHIPMENT
from chalicelib.shipping.service import shipments

from . import deposits, problems, progress
from .dispatching import conclude, of_order, part_of, tell

_LATE: Final = frozenset({State.HANDOVER_FAILED, State.STORE_HANDLING})


def fail_part(uow: UnitOfWork, order: d.Order, place: str, *, cause: str, by_customer: bool) -> d.Dispatch:
    """A part did not reach the customer: refused, not signed for, not collected (E16).

    Parts that fail in the same round are one case: several parcels were the shop's doing (BAL-05).

    Raises:
        NotAllowed: the part is not being handed over.
        Conflict: the courier has delivered a parcel of it.
    """
    part = _movable(uow, order, place, Command.FAIL_HANDOVER)
    failed = part.move(Command.FAIL_HANDOVER, uow.now, decide_by=progress.decide_by(uow, order))
    parcels = [parcel for parcel in shipments.under_way(uow, order.id) if parcel.store == place]
    if any(parcel.delivered for parcel in parcels):
        raise Conflict("The courier has delivered a parcel of this part. Refund what is missing, enter the receipt.")
    for parcel in parcels:  # it may arrive at this moment
        uow.require(SHIPMENT, order.id, parcel.id)
    deposits.after_part_failure(uow, order, place, attempt=failed.failed_handovers, by_customer=by_customer)
    uow.put(DISPATCH, failed)
    tell(uow, order.id, d.DispatchHandoverFailed(
        order_id=order.id, store=place, cause=cause, by_customer=by_customer
    ))  # fmt: skip
    problems.parcels_failed(uow, order, parcels)
    return failed


def take_over_part(uow: UnitOfWork, order: d.Order, place: str) -> d.Dispatch:
    """The store's customer service looks after a failed part (E17).

    Raises:
        NotAllowed: its hand-over has not failed.
    """
    return _moved(uow, order, place, Command.TAKE_OVER, d.DispatchTakenOver(order_id=order.id, store=place))


def ship_part_again(uow: UnitOfWork, order: d.Order, place: str, parcel: Shipment) -> d.Dispatch:
    """A courier has the part in a new parcel (E18).

    Raises:
        NotAllowed: the store has not taken the case over.
    """
    told = d.DispatchShippedAgain(
        order_id=order.id, store=place, shipment_id=parcel.id, carrier=parcel.carrier, waybill=parcel.waybill
    )
    return _moved(uow, order, place, Command.SHIP_AGAIN, told)


def keep_part(uow: UnitOfWork, order: d.Order, place: str, collect_by: datetime) -> d.Dispatch:
    """The part waits for its customer at the store's desk (E18).

    Raises:
        NotAllowed: the store has not taken the case over.
    """
    told = d.DispatchReadyForPickup(order_id=order.id, store=place)
    return _moved(uow, order, place, Command.OFFER_AT_DESK, told, collect_by=collect_by)


def call_for_part_again(uow: UnitOfWork, order: d.Order, place: str) -> None:
    """Tell the customer once more that a part waits at the desk, under a new code; the part stays as it is."""
    tell(uow, order.id, d.DispatchReadyForPickup(order_id=order.id, store=place))


def collect_part(uow: UnitOfWork, order: d.Order, place: str, proof: str) -> d.Dispatch:
    """The customer has collected the part; the order is completed if nothing else of it is under way (E10).

    Raises:
        NotAllowed: the part does not wait at the desk.
    """
    told = d.DispatchCompleted(order_id=order.id, store=place, proof=proof)
    collected = _moved(uow, order, place, Command.COMPLETE, told)
    conclude(uow, order.id, proof)
    return collected


def take_back_part(uow: UnitOfWork, order: d.Order, place: str) -> d.Dispatch:
    """The part's goods stay with the store; its return, which nobody has to ask for, brings stock and money (E18).

    It keeps its lines with their exact shares of the order's amounts; the order ends with what the others bring.

    Raises:
        NotAllowed: the store has not taken the case over.
    """
    part = _movable(uow, order, place, Command.TAKE_BACK).move(Command.TAKE_BACK, uow.now)
    back = uow.put(DISPATCH, replace(part, goods=d.coming_from(order.lines, {place})))
    tell(uow, order.id, d.DispatchTakenBack(order_id=order.id, store=place))
    conclude(uow, order.id, "tracking")
    return back


def part_arrived(uow: UnitOfWork, order: d.Order, arrived: Shipment, proof: str) -> d.Order:
    """A parcel has arrived: its part is handed over after all if it had counted as failed; the last one completes the
    order."""
    part = of_order(uow, order).get(arrived.store)
    own = [parcel for parcel in shipments.under_way(uow, order.id) if parcel.store == arrived.store]
    if part is not None and part.state in _LATE and all(parcel.delivered for parcel in own):
        for parcel in own:
            uow.require(SHIPMENT, order.id, parcel.id)
        told = d.DispatchCompleted(order_id=order.id, store=part.store, proof=proof)
        _moved(uow, order, part.store, Command.COLLECT_LATE, told)
    after = conclude(uow, order.id, proof)
    if after.state in UNDER_WAY:
        problems.parcel_arrived(uow, after, arrived)
    return after


def _movable(uow: UnitOfWork, order: d.Order, place: str, command: Command) -> d.Dispatch:
    if order.state not in UNDER_WAY:
        raise NotAllowed("order", order.state, command, order.allowed)
    return part_of(uow, order, place)


def _moved(
    uow: UnitOfWork, order: d.Order, place: str, command: Command, told: Any, **deadlines: datetime
) -> d.Dispatch:
    part = _movable(uow, order, place, command).move(command, uow.now, **deadlines)
    uow.put(DISPATCH, part)
    tell(uow, order.id, told)
    return part
