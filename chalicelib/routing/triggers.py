"""Routing follows the review by itself."""

from __future__ import annotations

from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import OrderProblemSolved, OrderReviewed

from . import service

triggers = Triggers(__name__)


@triggers.consumer("route-order", on=[OrderReviewed, OrderProblemSolved])
def route_order(uow: UnitOfWork, event: Event[OrderReviewed | OrderProblemSolved]) -> None:
    """Name the store that is responsible for a normal order, or for one whose goods have turned up (RTE-01, REV-08)."""
    service.route(uow, event.data.order_id)
