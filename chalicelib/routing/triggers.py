"""Routing follows the review by itself."""

from __future__ import annotations

from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import OrderReviewed

from . import service

triggers = Triggers(__name__)


@triggers.consumer("route-order", on=[OrderReviewed])
def route_order(uow: UnitOfWork, event: Event[OrderReviewed]) -> None:
    """Name the store that is responsible for a normal order (RTE-01)."""
    service.route(uow, event.data.order_id)
