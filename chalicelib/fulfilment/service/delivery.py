"""The store's own delivery: person and appointment, on the way, handed over (E11 to E13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed, RuleRefused
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import domain as d
from chalicelib.fulfilment.domain import Delivery, DeliveryState, DoorPayment, Position
from chalicelib.fulfilment.domain.delivery import AGREED_AHEAD, check_ahead
from chalicelib.fulfilment.items import DELIVERY
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State, next_state, read_number
from chalicelib.orders.domain.machine import PLANNABLE, Command
from chalicelib.orders.items import ORDER

from . import roster
from .money import take


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
        Conflict: the order has no address.
    """
    number = read_number(order_id)
    uow.load(ORDER.ref(number), DELIVERY.ref(number))
    order = orders.find_for_staff(uow, order_id, principal)
    if order.handover is None or not is_plannable(order):
        raise NotAllowed("order", order.state, "assign", order.allowed)
    promised_from, promised = promised_time(uow, order)
    until = due_until or promised
    begin = due_from or promised_from
    if due_from is not None or due_until is not None:
        begin = begin or max(uow.now, until - timedelta(hours=order.handover.hours))
        check_ahead(until, uow.now, uow.setting(AGREED_AHEAD, order.market), "/due_until")
        if begin >= until:
            raise Invalid(FieldError("/due_until", "is before the appointment begins"))
        if begin < order.placed_at:
            raise Invalid(FieldError("/due_from", "is before the order was placed"))
        order = orders.change_appointment(uow, order, begin, until)
    return give_to(uow, order, person, begin, until, principal, position)


def is_plannable(order: Order) -> bool:
    """Whether an order is an own delivery whose goods are still in the store."""
    return order.handover is not None and not order.handover.point and order.state in PLANNABLE


def promised_time(uow: UnitOfWork, order: Order) -> tuple[datetime | None, datetime]:
    """When the customer expects an own delivery: from when, if that was said, and until when."""
    begin = order.handover.slot_from if order.handover else None
    promised = order.deadlines.get("deliver_by") or (order.handover.deliver_by(uow.now) if order.handover else None)
    return begin, promised or uow.now + timedelta(hours=1)


def give_to(
    uow: UnitOfWork, order: Order, person: str, begin: datetime | None, until: datetime, principal: Principal,
    position: Position | None = None,
) -> Delivery:  # fmt: skip
    """Somebody is to bring an order; one that is cancelled or sent out at the same moment is not given to anybody.

    Raises:
        NotOnRoster: nobody who delivers for the store.
        Conflict: the order has no address.
    """
    uow.require(ORDER, order.id)
    return uow.put(DELIVERY, _delivery(uow, order, person, begin, until, principal, position))


def _delivery(
    uow: UnitOfWork, order: Order, person: str, begin: datetime | None, until: datetime, principal: Principal,
    position: Position | None = None,
) -> Delivery:  # fmt: skip
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
