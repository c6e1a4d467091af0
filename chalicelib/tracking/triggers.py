"""Couriers' messages from the queue, and waybills to the tracking services."""

from __future__ import annotations

from chalicelib.core.events import Event
from chalicelib.core.triggers import Message, Triggers
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.shipping.domain.shipments import ShipmentCreated

from . import service
from .domain import Registration

triggers = Triggers(__name__)


@triggers.queue(service.QUEUE)
def record_tracking(uow: UnitOfWork, message: Message) -> None:
    """Fold a courier's message into its parcel (LOG-15)."""
    service.apply(uow, message.body)


@triggers.consumer("register-tracking", on=[ShipmentCreated], grants=("table", "secrets"))
def register_tracking(_uow: UnitOfWork, event: Event[ShipmentCreated]) -> None:
    """Have the tracking services watch a parcel that has left (FUL-13)."""
    made = event.data
    service.register(Registration(made.waybill, made.carrier, made.order_id, made.destination), made.postal)
