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
from chalicelib.fulfilment.domain.roster import NotOnRoster
from chalicelib.fulfilment.service import Stop, roster
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


class StopView(Model):
    """One stop: whom to see, what to take, what to collect."""

    delivery: DeliveryView
    kilometres: Annotated[float, Field(description="From the stop before, as the crow flies.")]
    name: str
    phone: str
    address: list[str]
    units: int
    to_pay: Annotated[MoneyField, Field(description="Cash or card at the door; zero for a prepaid order.")]
    overdue: bool

    @classmethod
    def of(cls, stop: Stop, now: datetime) -> StopView:
        order, to = stop.order, stop.order.ship_to
        town = " ".join(part for part in (to.postal_code, to.city) if part) if to else ""
        due = order.totals.total if order.pays_at_door else Money.zero(order.currency)
        return cls(
            delivery=DeliveryView.of(stop.delivery), kilometres=round(stop.kilometres, 1),
            name=to.name if to else "", phone=(to.phone if to else "") or order.contact.phone,
            address=[*to.lines, town] if to else [], units=order.units, to_pay=due,
            overdue=stop.delivery.due_until < now,
        )  # fmt: skip


class RoundView(Model):
    """A person's open deliveries in the order of a short round."""

    store: str
    person: str
    kilometres: Annotated[float, Field(description="From the store over every stop, without the way back.")]
    stops: list[StopView]


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
    """See a delivery person's open orders in the order of a short round (FUL-11)."""
    home, stops = service.round_of(request.uow, store, person, request.principal)
    return RoundView(
        store=home.id, person=person, kilometres=round(sum(stop.kilometres for stop in stops), 1),
        stops=[StopView.of(stop, request.now) for stop in stops],
    )  # fmt: skip
