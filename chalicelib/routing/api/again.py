"""Routing by hand."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import NotAllowed
from chalicelib.core.http import Model, Request
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order
from chalicelib.routing import service

from .door import routes


class RouteAgain(Model):
    """Which location is not to be asked (one that cannot serve the order after all)."""

    away_from: Annotated[str, StringConstraints(pattern="^[A-Z0-9-]{2,16}$")] | None = None


class Routed(Model):
    """Who is responsible now. Without a store the order is out of stock and on the order desk's list."""

    id: str
    state: str
    store: str | None
    problem: str | None


def _again(request: Request, order_id: str) -> Routed:
    order = orders.find_for_staff(request.uow, order_id, request.principal)
    return _shown(order)


@routes.post("/staff/orders/{order_id}/route", access=staff(Post.ORDER_DESK), idempotent=_again, errors=[NotAllowed])
def route_order_again(request: Request, order_id: str, body: RouteAgain) -> Routed:
    """Route a reviewed order once more: its goods came in, or its store cannot serve it (RTE-01, REV-08)."""
    order = orders.find_for_staff(request.uow, order_id, request.principal)
    return _shown(service.route_again(request.uow, order, body.away_from or ""))


def _shown(order: Order) -> Routed:
    return Routed(
        id=order.id,
        state=order.state.value,
        store=order.store,
        problem=order.problem.value if order.problem else None,
    )
