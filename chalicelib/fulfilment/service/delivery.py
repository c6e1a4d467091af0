"""The store's own delivery: person and appointment, on the way, handed over, and the round of a day (E11 to E13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core import table
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed, RuleRefused
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import domain as d
from chalicelib.fulfilment.domain import Delivery, DeliveryState, DoorPayment, Position
from chalicelib.fulfilment.domain.delivery import AGREED_AHEAD, check_ahead
from chalicelib.fulfilment.domain.rounds import distance_km
from chalicelib.fulfilment.items import DELIVERY, round_list
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Location
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State, next_state, read_number
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.orders.service.appointing import PLANNABLE

from . import roster
from .money import take
from .parcels import check_store

#: States of an order that somebody is to bring, or is bringing.
_BROUGHT_IN: Final = PLANNABLE | {State.OUT_FOR_DELIVERY}
#: The most stops that one person's round shows.
MOST_STOPS: Final = 60


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a round, in its order.

    Args:
        kilometres: from the stop before it (or the store), as the crow flies.
    """

    order: Order
    delivery: Delivery
    kilometres: float


def assign(
    uow: UnitOfWork,
    order_id: str,
    principal: Principal,
    person: str,
    *,
    due_from: datetime | None = None,
    due_until: datetime | None = None,
    position: Position | None = None,
) -> Delivery:
    """Choose who delivers, and when; as long as the goods have not left, somebody else can be chosen (FUL-08).

    Args:
        due_from, due_until: an appointment agreed with the customer, which takes the place of what was promised; it
            must have a place left as any other. With its end alone, a window ends then and an appointment is longer.
        position: exactly where, if it is known better than by postal code.

    Raises:
        NotFound: no such order, or another store's.
        NotAllowed: not an own delivery, or its goods have left.
        Invalid: an appointment that ends before it begins, in the past or too far ahead, or that begins before the
            order was placed.
        SlotFull: no place is left in it; tells which times are free.
        NotOnRoster: nobody who delivers for the store; names who does.
    """
    number = read_number(order_id)
    uow.load(ORDER.ref(number), DELIVERY.ref(number))
    order = orders.find_for_staff(uow, order_id, principal)
    if order.handover is None or order.handover.point or order.state not in PLANNABLE:
        raise NotAllowed("order", order.state, "assign", order.allowed)
    promised = order.deadlines.get("deliver_by") or order.handover.deliver_by(uow.now)
    until = due_until or promised or uow.now + timedelta(hours=1)
    begin = due_from or order.handover.slot_from
    if due_from is not None or due_until is not None:
        begin = begin or max(uow.now, until - timedelta(hours=order.handover.hours))
        check_ahead(until, uow.now, uow.setting(AGREED_AHEAD, order.market), "/due_until")
        if begin >= until:
            raise Invalid(FieldError("/due_until", "is before the appointment begins"))
        if begin < order.placed_at:
            raise Invalid(FieldError("/due_from", "is before the order was placed"))
        order = orders.change_appointment(uow, order, begin, until)
    return uow.put(DELIVERY, _delivery(uow, order, person, begin, until, principal, position))


def _delivery(
    uow: UnitOfWork,
    order: Order,
    person: str,
    begin: datetime | None,
    until: datetime,
    principal: Principal,
    position: Position | None = None,
) -> Delivery:
    if order.ship_to is None or order.store is None:
        raise Conflict("The order has no address and store to deliver between.")
    roster.known(uow, order.store).require(person)
    before = uow.find(DELIVERY, order.id)
    known = position or (before.position if before else d.position_of(order.ship_to, markets.location(order.store)))
    return Delivery(
        order_id=order.id, store=order.store, person=person, due_from=begin, due_until=until, position=known,
        assigned_by=principal.id, assigned_at=uow.now,
    )  # fmt: skip


def send_out(uow: UnitOfWork, order_id: str, principal: Principal) -> Order:
    """The delivery person leaves with the goods (E11, FUL-08).

    Raises:
        NotFound: no such order, or another store's.
        NotAllowed: not packed, or not an own delivery.
        RuleRefused: nobody has been chosen to deliver it.
    """
    number = read_number(order_id)
    uow.load(ORDER.ref(number), DELIVERY.ref(number))
    order = orders.find_for_staff(uow, order_id, principal)
    next_state(order.state, Command.SEND_OUT, order.way)
    delivery = uow.find(DELIVERY, order.id)
    if delivery is None:
        raise RuleRefused("Choose who delivers it and when.", rule="FUL-08")
    inventory.ship(uow, order.allocation)
    # A window has begun with packing, which may have been after the person was chosen.
    due = {"deliver_by": order.deadlines.get("deliver_by", delivery.due_until)}
    uow.put(DELIVERY, replace(delivery, due_until=due["deliver_by"]).to(DeliveryState.OUT))
    return orders.advance(uow, order.id, Command.SEND_OUT, due={} if "deliver_by" in order.missed else due)


def send_again(uow: UnitOfWork, order: Order, person: str, deliver_by: datetime, principal: Principal) -> Order:
    """Goods that could not be handed over are delivered once more (E18).

    Raises:
        NotAllowed: the store has not taken the case over, or the customer of a pickup gave no address.
        NotOnRoster: nobody who delivers for the store.
    """
    next_state(order.state, Command.SEND_OUT_AGAIN, order.way)
    delivery = _delivery(uow, order, person, None, deliver_by, principal)
    uow.put(DELIVERY, delivery.to(DeliveryState.OUT))
    return orders.advance(uow, order.id, Command.SEND_OUT_AGAIN, due={"deliver_by": deliver_by})


def hand_over(uow: UnitOfWork, order_id: str, principal: Principal, paid: DoorPayment | None = None) -> Order:
    """The customer has the goods; what is paid at the door is booked with it (E12, E13, FUL-09, FUL-10).

    Raises:
        NotFound: no such order, or another store's.
        NotAllowed: the order is not out for delivery.
        NotPaidYet, AmountDiffers: of an order that is paid at the door.
    """
    number = read_number(order_id)
    uow.load(ORDER.ref(number), DELIVERY.ref(number))
    order = orders.find_for_staff(uow, order_id, principal)
    if order.state is not State.OUT_FOR_DELIVERY:
        raise NotAllowed("order", order.state, "deliver", order.allowed)
    take(uow, order, paid)
    delivery = uow.find(DELIVERY, order.id)
    if delivery is not None:
        uow.put(DELIVERY, delivery.to(DeliveryState.DONE))
    return orders.advance(uow, order.id, Command.COMPLETE, proof="cash_on_delivery" if paid else "delivery_person")


def drop_delivery(uow: UnitOfWork, order_id: str) -> None:
    """An order was cancelled: nobody brings it, and it takes no place in a round. Told again, nothing happens."""
    delivery = uow.find(DELIVERY, order_id)
    if delivery is not None and delivery.is_open:
        uow.put(DELIVERY, delivery.to(DeliveryState.CANCELLED))


def round_of(uow: UnitOfWork, store: str, person: str, principal: Principal) -> tuple[Location, Sequence[Stop]]:
    """A person's open deliveries in the order of a short round from the store and back (FUL-11). Two round trips.

    Raises:
        NotFound: no such store, or not the caller's.
    """
    check_store(store, principal)
    home = markets.location(store)
    cards = table.page(DELIVERY, "gsi1", round_list(store, person), limit=MOST_STOPS).items
    uow.load(*(ref for card in cards for ref in (ORDER.ref(card.order_id), DELIVERY.ref(card.order_id))))
    found = [(uow.find(ORDER, card.order_id), uow.find(DELIVERY, card.order_id)) for card in cards]
    stops = [
        (order, delivery) for order, delivery in found
        if order and delivery and delivery.is_open and order.state in _BROUGHT_IN
    ]  # fmt: skip
    here: Location | Position = home
    in_order = []
    for number in d.plan(home, [delivery.position for _, delivery in stops]):
        order, delivery = stops[number]
        in_order.append(Stop(order, delivery, distance_km(here, delivery.position)))
        here = delivery.position
    return home, in_order
