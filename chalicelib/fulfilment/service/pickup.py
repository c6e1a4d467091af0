"""Pickup in a store: goods made ready in a locker or at the desk, and handed over against the code (E8 to E10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core import secrets
from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed, RuleRefused
from chalicelib.core.ids import digest
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment import domain as d
from chalicelib.fulfilment.domain import DoorPayment, Pickup
from chalicelib.fulfilment.domain.failures import FRESH_KEEPS, fresh_until
from chalicelib.fulfilment.domain.locker_boxes import LockerBox
from chalicelib.fulfilment.items import LOCKER_BOX, PACKING, PICKUP
from chalicelib.fulfilment.items.packing import ids
from chalicelib.fulfilment.providers.base import BoxCall
from chalicelib.inventory import service as inventory
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch, Order, State, next_state, read_number
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.handover import LOCKER_PIECES, REFUSAL_TEXTS, RULE_OF, Point, locker_refusal
from chalicelib.shipping.handovers import LOCKERS, locker_of

from . import locker_boxes
from .money import take
from .parcels import place_of

_WAITING = (State.READY_LOCKER, State.READY_DESK)
#: Hexadecimal digits that a message with a wrong code is remembered by, as long as its code is in force.
_MESSAGE_LENGTH: Final = 24


def pickup_of(uow: UnitOfWork, order_id: str, place: str = "") -> Pickup | None:
    """Where the goods of an order, or one place's part of it, wait or waited."""
    return uow.find(PICKUP, *ids(order_id, place))


def waiting(uow: UnitOfWork, order_id: str, principal: Principal, store: str = "") -> Order | Dispatch:
    """An order, or one's own part of it, for staff who ask where it waits.

    Raises:
        NotFound, WhichPlace: as `collect`.
    """
    order = orders.find_for_staff(uow, order_id, principal)
    place = place_of(order, principal, store)
    return orders.dispatching.part_of(uow, order, place) if place else order


def code_of(uow: UnitOfWork, order: Order, place: str = "") -> str | None:
    """The pickup code, for the mail to its customer and for nothing else.

    None when nothing waits any more, or the locker's vendor sends a code of his own.
    """
    pickup = pickup_of(uow, order.id, place)
    if pickup is None or _state(uow, order, place) not in _WAITING:
        return None
    return pickup.code(_keys())


def make_ready(uow: UnitOfWork, order_id: str, principal: Principal, point: Point | None = None) -> Order:
    """The packed goods wait for their customer: in a box of the locker or at the desk (E8, E9, FUL-02 to FUL-06).

    Args:
        point: where, if not where the customer chose: the desk takes everything, the locker what was meant for it.

    Raises:
        NotFound: no such order, or another store's.
        NotAllowed: the order is not packed, is not picked up, or its customer has chosen the desk.
        RuleRefused: these goods must not go into a locker, or there is none.
        NoBoxFree: the locker has no free box that is large enough; the desk takes the goods.
        Unavailable: the locker's vendor does not answer.
    """
    number = read_number(order_id)
    uow.load(ORDER.ref(number), PICKUP.ref(number), PACKING.ref(number))
    order = orders.find_for_staff(uow, order_id, principal)
    place = point or Point((order.handover and order.handover.point) or Point.DESK)
    command = Command.PUT_IN_LOCKER if place is Point.LOCKER else Command.PUT_AT_DESK
    next_state(order.state, command, order.way)
    pickup = _in_locker(uow, order) if place is Point.LOCKER else _at_desk(uow, order)
    inventory.ship(uow, order.allocation)
    return _wait(uow, order, command, pickup)


def offer_at_desk(uow: UnitOfWork, order: Order) -> Order:
    """Goods that could not be handed over wait at the desk, under a new code (E18).

    Raises:
        NotAllowed: the store's customer service has not taken the order over.
    """
    next_state(order.state, Command.OFFER_AT_DESK, order.way)
    return _wait(uow, order, Command.OFFER_AT_DESK, _at_desk(uow, order))


def keep_part(uow: UnitOfWork, order: Order, place: str) -> Dispatch:
    """A part of an order that could not be handed over waits at its store's desk, under a code of its own (E18).

    Raises:
        NotAllowed: the store's customer service has not taken the part over.
    """
    pickup = uow.put(PICKUP, _of_part(uow, order, place))
    return orders.keep_part(uow, order, place, pickup.collect_by)


def _of_part(uow: UnitOfWork, order: Order, place: str) -> Pickup:
    alone = orders.dispatching.alone(order, orders.dispatching.part_of(uow, order, place))
    return _new(uow, alone, Point.DESK, part=place)


def _state(uow: UnitOfWork, order: Order, place: str) -> State:
    """Where an order, or one place's part of it, stands."""
    return orders.dispatching.part_of(uow, order, place).state if place else order.state


def _wait(uow: UnitOfWork, order: Order, command: Command, pickup: Pickup) -> Order:
    uow.put(PICKUP, pickup)
    # A box opens for a last-minute customer until its code expires, and that news takes a moment to come.
    slack = timedelta(minutes=uow.setting(d.LOCKER_NEWS_TAKES) if pickup.vendor else 0)
    return orders.advance(uow, order.id, command, due={"collect_by": pickup.collect_by + slack})


def _at_desk(uow: UnitOfWork, order: Order) -> Pickup:
    return _new(uow, order, Point.DESK)


def _new(uow: UnitOfWork, order: Order, place: Point, nonce: str = "", part: str = "") -> Pickup:
    key, nonce, before = _keys()[0], nonce or d.new_nonce(), pickup_of(uow, order.id, part)
    return Pickup(
        order_id=order.id,
        store=order.store or "",
        place=place.value,
        nonce=nonce,
        digest=d.keyed_digest(d.code_from(nonce, order.id, key), order.id, key),
        ready_at=uow.now,
        collect_by=_collect_by(uow, order),
        attempt=before.attempt + 1 if before else 1,
        part=part,
    )


def _collect_by(uow: UnitOfWork, order: Order) -> datetime:
    """Until when the goods wait: for some days, and fresh ones only as long as they keep (RET-07)."""
    until = uow.now + timedelta(hours=uow.setting(d.COLLECT_WITHIN, order.market))
    keeps = timedelta(hours=uow.setting(FRESH_KEEPS, order.market))
    return min(until, fresh_until(order, keeps, uow.now) or until)


def _in_locker(uow: UnitOfWork, order: Order) -> Pickup:
    """Allocate a box by size (FUL-06)."""
    refusal = locker_refusal(order.goods, uow.setting(LOCKER_PIECES, order.market))
    if refusal is not None:
        raise RuleRefused(REFUSAL_TEXTS[refusal]["en"], rule=RULE_OF[refusal], reason=refusal.value)
    locker = locker_of(uow.setting(LOCKERS, order.market), order.store or "")
    size = d.size_for(uow.get(PACKING, order.id).boxes)
    if locker is None or size is None:
        raise RuleRefused("No locker of this store takes these boxes. The desk does.", rule="FUL-03")
    ship_to = order.ship_to

    def call(box: LockerBox) -> BoxCall:
        new = _new(uow, order, Point.LOCKER, box.nonce)
        return BoxCall(
            key=box.key, locker=box.locker, size=size, order_id=order.id, code=new.code(_keys()[:1]) or "",
            expires_at=new.collect_by, email=order.contact.email,
            phone=order.contact.phone or (ship_to.phone if ship_to else ""),
        )  # fmt: skip

    held, given = locker_boxes.allocate(uow, order.id, locker, call)
    new = _new(uow, order, Point.LOCKER, held.nonce)
    new = replace(new, vendor=held.vendor, locker=held.locker, box=given.box, reference=given.reference)
    return replace(new, nonce="", digest="") if given.sends_code else new


def collect(
    uow: UnitOfWork, order_id: str, code: str, principal: Principal, paid: DoorPayment | None = None,
    message: str = "", store: str = "",
) -> Order | Dispatch:  # fmt: skip
    """The customer shows the code at the desk: the goods are handed over and the order is completed (E10, FUL-05).

    A wrong code is counted in a transaction of its own, so that it counts although the command fails; from
    `MOST_TRIES` on no code is taken. Two clerks who scan at once hand over once.

    Args:
        message: what the request is recognised by, its content included; sent again, it is the same try.
        store: whose part of an order from several places, for whoever works for several of them.

    Raises:
        NotFound, WhichPlace: no such order, or another store's; it waits at several of the caller's.
        NotAllowed: nothing waits for the customer.
        WrongCode: not the code; says how many tries are left.
        CodeLocked: too many wrong tries.
        NotPaidYet, AmountDiffers: of an order that is paid at hand-over.
    """
    number = read_number(order_id)
    uow.load(ORDER.ref(number), PICKUP.ref(number), LOCKER_BOX.ref(number))
    order = orders.find_for_staff(uow, order_id, principal)
    place = place_of(order, principal, store)
    if _state(uow, order, place) not in _WAITING:  # elsewhere other proofs complete an order, and an old code is none
        raise _nothing_waits(uow, order, place, "collect")
    named = ids(order.id, place)
    pickup = uow.get(PICKUP, *named)
    most = uow.setting(d.MOST_TRIES)
    if not pickup.takes(code, _keys(), most):
        message = digest(message)[:_MESSAGE_LENGTH] if message else ""
        tried = run(
            lambda own: _count_try(own, named, message), lambda: UnitOfWork(uow.now, uow.actor, cause=uow.cause)
        )
        left = max(0, most - tried.wrong)
        raise d.WrongCode("This is not the order's pickup code.", rule="FUL-01", tries_left=left)
    if place:
        uow.put(PICKUP, pickup)
        return orders.collect_part(uow, order, place, "pickup_code")
    take(uow, order, paid)
    locker_boxes.give_up(uow, pickup)
    # Whoever guesses at the same time must see this hand-over, or this hand-over the wrong guess.
    uow.put(PICKUP, pickup)
    return orders.advance(uow, order.id, Command.COMPLETE, proof="pickup_code")


def _count_try(uow: UnitOfWork, named: tuple[str, ...], message: str) -> Pickup:
    before = uow.get(PICKUP, *named)
    after = before.tried(message)
    return uow.put(PICKUP, after) if after != before else before


def _nothing_waits(uow: UnitOfWork, order: Order, place: str, asked: str) -> NotAllowed:
    if not place:
        return NotAllowed("order", order.state, asked, order.allowed)
    part = orders.dispatching.part_of(uow, order, place)
    return NotAllowed("dispatch", part.state, asked, part.allowed)


def issue_code(uow: UnitOfWork, order_id: str, principal: Principal, store: str = "") -> Order | Dispatch:
    """Issue a new code in place of one that was lost or locked; it is mailed to the customer, staff never see it.

    Raises:
        NotFound: no such order, or another store's.
        NotAllowed: nothing waits at the desk: the code of a box is the locker's.
        WhichPlace: as `collect`.
    """
    order = orders.find_for_staff(uow, order_id, principal)
    place = place_of(order, principal, store)
    if _state(uow, order, place) is not State.READY_DESK:
        raise _nothing_waits(uow, order, place, "issue_code")
    before = uow.get(PICKUP, *ids(order.id, place))
    new = _of_part(uow, order, place) if place else _at_desk(uow, order)
    uow.put(PICKUP, replace(new, ready_at=before.ready_at, collect_by=before.collect_by))
    if place:
        orders.call_for_part_again(uow, order, place)
        return orders.dispatching.part_of(uow, order, place)
    return orders.call_again(uow, order)


def _keys() -> tuple[str, ...]:
    return secrets.candidates("signing", "key")
