"""A store that does not take an order on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.core.errors import NotAllowed
from chalicelib.core.http import Model, Request
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Refusal
from chalicelib.routing import service

from .door import ACCEPTING, routes


class RefuseOrder(Model):
    """Why the store does not take the order on."""

    reason: Literal["out_of_stock", "damaged", "closed", "capacity", "other"]
    note: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)] = ""
    store: Annotated[
        str,
        StringConstraints(pattern="^([A-Z0-9-]{2,16})?$"),
        Field(description="Which of your places refuses, where several of them work on the order."),
    ] = ""


class Refused(Model):
    """The order is the store's no longer; where it has gone is not its business."""

    id: str
    store: Annotated[str, Field(description="Who has refused it.")]


@routes.post(
    "/staff/orders/{order_id}/refuse", access=ACCEPTING, idempotent=True,
    errors=[NotAllowed, orders.WhichPlace],
)  # fmt: skip
def refuse_order(request: Request, order_id: str, body: RefuseOrder) -> Refused:
    """Do not take an order on that has been routed to your store: another one is asked, or the order desk (RTE-03).

    An order that has been accepted is not refused any more; say what is wrong with `POST …/problem`. So does a place
    that cannot send its part of an order when another place has accepted its own.
    """
    order = orders.find_for_staff(request.uow, order_id, request.principal)
    store = orders.place_of(order, request.principal, body.store) or order.store or ""
    service.refuse(request.uow, order, store, Refusal(body.reason), body.note)
    return Refused(id=order.id, store=store)
