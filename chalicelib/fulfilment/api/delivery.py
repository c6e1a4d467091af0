"""The store's own delivery: who brings what and when, the round of a day, and the hand-over at the door."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from chalicelib.core.errors import RuleRefused
from chalicelib.core.http import Id, Model, Moment, MoneyField, Request
from chalicelib.core.money import Money
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import AmountDiffers, Delivery, NotPaidYet, Position
from chalicelib.fulfilment.domain.consignment import CannotGoTogether
from chalicelib.fulfilment.domain.roster import NotOnRoster
from chalicelib.fulfilment.domain.stops import Brought
from chalicelib.fulfilment.service import roster
from chalicelib.fulfilment.service.rounds import Stop
from chalicelib.orders.domain import Order, State
from chalicelib.shipping.domain.handover import SlotFull

from .door import STORE, routes
from .pickup import PaidBody
from .steps import StepView


class PositionBody(Model):
    """Degrees north and east."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class AssignDelivery(Model):
    """Who delivers, and when if not as promised (FUL-08)."""

    person: Id
    due_from: Annotated[
        Moment | None, Field(description="When an appointment agreed with the customer begins; it is counted there.")
    ] = None
    due_until: Moment | None = None
    position: Annotated[PositionBody | None, Field(description="Exactly where, if known.")] = None


class DeliveryView(Model):
    """One order in a delivery person's day."""

    order_id: str
    store: str
    person: str
    due_from: datetime | None
    due_until: datetime
    state: str
    position: PositionBody

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        return cls(
            order_id=delivery.order_id, store=delivery.store, person=delivery.person, due_from=delivery.due_from,
            due_until=delivery.due_until, state=delivery.state.value,
            position=PositionBody(latitude=delivery.position.latitude, longitude=delivery.position.longitude),
        )  # fmt: skip


class BroughtView(Model):
    """One order of a stop. It is handed over, or fails, by itself."""

    delivery: DeliveryView
    units: int
    to_pay: Annotated[MoneyField, Field(description="Cash or card at the door; zero for a prepaid order.")]
    overdue: bool

    @classmethod
    def of(cls, order: Order, delivery: Delivery, now: datetime) -> BroughtView:
        return cls(
            delivery=DeliveryView.of(delivery), units=order.units, to_pay=_to_pay(order),
            overdue=delivery.due_until < now,
        )  # fmt: skip


class StopView(Model):
    """One stop: whom to see, what to take, what to collect. Orders of one recipient at one time are one stop."""

    orders: list[BroughtView]
    kilometres: Annotated[float, Field(description="From the stop before, as the crow flies.")]
    name: str
    phone: str
    address: list[str]
    units: Annotated[int, Field(description="Of all its orders.")]
    to_pay: Annotated[MoneyField, Field(description="To be collected for all its orders.")]
    overdue: Annotated[bool, Field(description="Whether any of its orders is late.")]

    @classmethod
    def of(cls, stop: Stop, now: datetime) -> StopView:
        known = [order for order, _ in stop.brought]
        views = [BroughtView.of(order, delivery, now) for order, delivery in stop.brought]
        to = known[0].ship_to
        town = " ".join(part for part in (to.postal_code, to.city) if part) if to else ""
        phones = (
            phone
            for order in known
            for phone in (order.ship_to.phone if order.ship_to else "", order.contact.phone)
            if phone
        )
        return cls(
            orders=views, kilometres=round(stop.kilometres, 1), name=to.name if to else "", phone=next(phones, ""),
            address=[*to.lines, town] if to else [], units=sum(order.units for order in known),
            to_pay=Money.sum([_to_pay(order) for order in known], known[0].currency),
            overdue=any(view.overdue for view in views),
        )  # fmt: skip


def _to_pay(order: Order) -> Money:
    return order.totals.total if order.pays_at_door else Money.zero(order.currency)


class RoundView(Model):
    """A person's open deliveries in the order of a short round."""

    store: str
    person: str
    kilometres: Annotated[float, Field(description="From the store over every stop, without the way back.")]
    stops: list[StopView]


class BringTogether(Model):
    """Orders of one recipient, and who brings them in one go (ORD-27)."""

    person: Id
    orders: Annotated[list[Id], Field(min_length=2, max_length=8)]


class BroughtTogether(Model):
    """What one person brings to one door. Each order keeps its own time."""

    deliveries: list[DeliveryView]


class SharedOrder(Model):
    """One order of a proposal."""

    order_id: str
    state: State
    units: int
    person: Annotated[str, Field(description="Who is to bring it so far, or empty.")]
    due_from: datetime | None
    due_until: Annotated[datetime | None, Field(description="Empty until a window has begun with packing.")]

    @classmethod
    def of(cls, one: Brought) -> SharedOrder:
        order, delivery = one.order, one.delivery
        chosen = order.handover.slot_from if order.handover else None
        return cls(
            order_id=order.id, state=order.state, units=order.units, person=delivery.person if delivery else "",
            due_from=delivery.due_from if delivery else chosen,
            due_until=delivery.due_until if delivery else order.deadlines.get("deliver_by"),
        )  # fmt: skip


class SharedStop(Model):
    """Orders that one person can bring to one door in one go."""

    recipient: str
    city: str
    orders: list[SharedOrder]

    @classmethod
    def of(cls, stop: tuple[Brought, ...]) -> SharedStop:
        to = stop[0].order.ship_to
        return cls(
            recipient=to.name if to else "", city=to.city if to else "", orders=[SharedOrder.of(one) for one in stop]
        )


class SharedStops(Model):
    """What one person could bring in one go, and is not one person's yet."""

    items: list[SharedStop]


class RosterBody(Model):
    """Who brings a store's own deliveries, as the store calls them."""

    people: Annotated[list[Id], Field(max_length=200)]


class HandOver(Model):
    """How the goods were handed over."""

    paid: Annotated[PaidBody | None, Field(description="Of an order that is paid at the door (FUL-09).")] = None


@routes.post("/staff/orders/{order_id}/assign", access=STORE, idempotent=True, errors=[SlotFull, NotOnRoster])
def assign_delivery(request: Request, order_id: str, body: AssignDelivery) -> DeliveryView:
    """Choose the delivery person and, if another one was agreed, the appointment of an own delivery (FUL-08).

    An agreed appointment takes the place of the customer's, in the store's book and in the order.
    """
    position = Position(body.position.latitude, body.position.longitude) if body.position else None
    made = service.assign(
        request.uow, order_id, request.principal, body.person, due_from=body.due_from, due_until=body.due_until,
        position=position,
    )  # fmt: skip
    return DeliveryView.of(made)


@routes.post("/staff/orders/{order_id}/send-out", access=STORE, idempotent=True, errors=[RuleRefused])
def send_out_order(request: Request, order_id: str) -> StepView:
    """The delivery person leaves with the goods (FUL-07)."""
    return StepView.of(service.send_out(request.uow, order_id, request.principal))


@routes.post("/staff/orders/{order_id}/delivered", access=STORE, idempotent=True, errors=[NotPaidYet, AmountDiffers])
def deliver_order(request: Request, order_id: str, body: HandOver) -> StepView:
    """The customer has the goods, and has paid what was to be paid at the door (FUL-09, FUL-10)."""
    paid = body.paid.payment() if body.paid else None
    return StepView.of(service.hand_over(request.uow, order_id, request.principal, paid))


@routes.get("/staff/stores/{store}/delivery-people", access=STORE)
def list_delivery_people(request: Request, store: Id) -> RosterBody:
    """See who delivers for a store (FUL-08)."""
    return RosterBody(people=list(roster.roster_of(request.uow, store, request.principal).people))


@routes.put("/staff/stores/{store}/delivery-people", access=STORE)
def name_delivery_people(request: Request, store: Id, body: RosterBody) -> RosterBody:
    """Say who delivers for a store; only they can be chosen (FUL-08)."""
    return RosterBody(people=list(roster.name_people(request.uow, store, body.people, request.principal).people))


@routes.get("/staff/stores/{store}/rounds/{person}", access=STORE)
def get_round(request: Request, store: Id, person: Id) -> RoundView:
    """See a delivery person's open orders by stop, in the order of a short round (FUL-11, ORD-27)."""
    home, stops = service.rounds.round_of(request.uow, store, person, request.principal)
    return RoundView(
        store=home.id, person=person, kilometres=round(sum(stop.kilometres for stop in stops), 1),
        stops=[StopView.of(stop, request.now) for stop in stops],
    )  # fmt: skip


@routes.get("/staff/stores/{store}/shared-stops", access=STORE)
def list_shared_stops(request: Request, store: Id) -> SharedStops:
    """The store's own deliveries that one person could bring in one go: same recipient, address and time (ORD-27)."""
    found = service.rounds.propose(request.uow, store, request.principal)
    return SharedStops(items=[SharedStop.of(stop) for stop in found])


@routes.post(
    "/staff/stores/{store}/shared-stops", access=STORE, idempotent=True, errors=[CannotGoTogether, NotOnRoster]
)
def bring_together(request: Request, store: Id, body: BringTogether) -> BroughtTogether:
    """Have one person bring orders of one recipient in one go; `assign` gives one to somebody else again (ORD-27)."""
    made = service.rounds.bring_together(request.uow, store, body.orders, body.person, request.principal)
    return BroughtTogether(deliveries=[DeliveryView.of(delivery) for delivery in made])
