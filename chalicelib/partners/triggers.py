"""Telling stores' systems: what happened to an order becomes messages, and messages are sent."""

from __future__ import annotations

from typing import Any

from chalicelib.core.clock import utc_now
from chalicelib.core.events import SYSTEM, Event
from chalicelib.core.triggers import Triggers, deadline
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as orders

from . import service
from .domain import SEND, Delivery, ReplayRequested, WebhookRequested
from .items import DELIVERY

triggers = Triggers(__name__)

#: What a store may hear of (`domain.TYPES`).
TOLD = (
    orders.OrderRouted, orders.OrderAccepted, orders.OrderPickingStarted, orders.OrderPacked,
    orders.OrderReadyForPickup, orders.OrderSentOut, orders.OrderShipped, orders.OrderHandoverFailed,
    orders.OrderTakenOver, orders.OrderTakenBack, orders.OrderCompleted, orders.OrderCancelled, orders.OrderCorrected,
    orders.DispatchRouted, orders.DispatchChanged, orders.DispatchMoved, orders.DispatchShipped,
    orders.DispatchCancelled, orders.DispatchHandoverFailed, orders.DispatchTakenOver, orders.DispatchShippedAgain,
    orders.DispatchReadyForPickup, orders.DispatchTakenBack, orders.DispatchCompleted,
    orders.OrderWithdrawn, orders.OrderAppointmentChanged,
)  # fmt: skip


def _beginning(event: Event[Any]) -> service.Begin:
    """Transactions that follow from an event, one after the other."""
    return lambda: UnitOfWork(utc_now(), SYSTEM, cause=event.id, trace=event.trace)


@triggers.consumer("queue-webhooks", on=[*TOLD])
def queue_webhooks(_uow: UnitOfWork, event: Event[Any]) -> None:
    """Make messages of what an order's store has not been told (RTE-04)."""
    service.queue(_beginning(event), event.data.order_id)


@triggers.consumer("send-webhook", on=[WebhookRequested], batch_size=1, timeout=45, grants=("table", "erp-secrets"))
def send_webhook(_uow: UnitOfWork, event: Event[WebhookRequested]) -> None:
    """Send one message; one at a time, so that nobody waits for somebody else's receiver (RTE-04)."""
    service.deliver(_beginning(event), event.data)


@triggers.consumer("replay-webhooks", on=[ReplayRequested])
def replay_webhooks(uow: UnitOfWork, event: Event[ReplayRequested]) -> None:
    """Send the next portion of what has failed again (RTE-04)."""
    service.go_on(uow, event.data)


@deadline(DELIVERY, SEND)
def webhook_is_due(uow: UnitOfWork, delivery: Delivery) -> None:
    """A message's next try has come."""
    service.send_late(uow, delivery)
