"""Documents of orders as PDF: for the store, one by one or many in one file, and the customer's confirmation."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.core.errors import NotAllowed, NotFound
from chalicelib.core.http import SHOPPER, Request, Response
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain.documents import DocumentKind

from .door import STORE_AND_DESK, routes

PDF = "application/pdf"


class OrdersQuery(BaseModel):
    """The orders whose documents go into one file, in this order."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    order: Annotated[list[str], Field(min_length=1, description="Order numbers: ?order=…&order=…")]


def _kind(text: str) -> DocumentKind:
    try:
        return DocumentKind(text)
    except ValueError:
        raise NotFound("document") from None


def _file(content: bytes, name: str) -> Response:
    return Response(content, headers={"Content-Type": PDF, "Content-Disposition": f'inline; filename="{name}.pdf"'})


@routes.get("/staff/orders/{order_id}/documents/{kind}", access=STORE_AND_DESK, media=PDF, errors=[NotAllowed])
def print_order(request: Request, order_id: str, kind: str) -> Response:
    """Print a document of an order: confirmation, delivery-note, pick-list or label (ORD-22).

    Labels are four by six inches: one per parcel with its waybill once the courier has it, else one per packed box.
    """
    what = _kind(kind)
    content = service.print_documents(request.uow, what, [order_id], request.principal, request.language)
    return _file(content, what)


@routes.get("/staff/documents/{kind}", access=STORE_AND_DESK, media=PDF, errors=[NotAllowed])
def print_orders(request: Request, kind: str, query: OrdersQuery) -> Response:
    """Print a kind of document of several orders in one file; the pick list is one for all (ORD-18, ORD-22)."""
    what = _kind(kind)
    content = service.print_documents(request.uow, what, query.order, request.principal, request.language)
    return _file(content, f"{what}s")


@routes.get("/orders/{order_id}/confirmation", access=SHOPPER, media=PDF)
def print_confirmation(request: Request, order_id: str) -> Response:
    """The confirmation of your order as PDF, in the order's language (ORD-22)."""
    content = service.print_own_confirmation(request.uow, order_id, request.principal)
    return _file(content, "order-confirmation")
