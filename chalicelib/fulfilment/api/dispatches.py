"""The parts of an order whose goods leave from several places: what each is, and a place's steps by name (RTE-07).

Whoever works for one of the places needs no name: the steps of the order itself are then those of their part.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from chalicelib.core.http import Id, Model, MoneyField, Request
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import Receipt
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch
from chalicelib.shipping.service.shipments import WaybillInUse

from .door import ACCEPTING, STORE, STORE_AND_DESK, routes
from .steps import PackOrder, SentParcel, SentView, ShipOrder, SlipBody, StepView


class DispatchLineView(Model):
    """Units of an order's line, or of what a bundle holds."""

    line: str
    sku: str
    title: str
    quantity: int


class DispatchView(Model):
    """One place's part of an order."""

    order_id: str
    store: str
    state: str
    channel: str
    total: MoneyField
    lines: tuple[DispatchLineView, ...]
    allowed: tuple[str, ...]
    deadlines: dict[str, datetime]
    missed: tuple[str, ...]
    claimed_by: str

    @classmethod
    def of(cls, part: Dispatch) -> Self:
        return cls(
            order_id=part.order_id,
            store=part.store,
            state=part.state.value,
            channel=part.channel,
            total=part.total,
            lines=tuple(
                DispatchLineView(line=each.line, sku=each.sku, title=each.title, quantity=each.quantity)
                for each in part.lines
            ),
            allowed=tuple(command.value for command in part.allowed),
            deadlines=dict(part.deadlines),
            missed=part.missed,
            claimed_by=part.claimed_by,
        )


class DispatchList(Model):
    """The parts of an order, by place; none when it leaves from one place as a whole."""

    items: tuple[DispatchView, ...]


@routes.get("/staff/orders/{order_id}/dispatches", access=STORE_AND_DESK)
def list_dispatches(request: Request, order_id: str) -> DispatchList:
    """What of an order leaves from which place; a store's staff see their own part only (RTE-03, RTE-07)."""
    order = orders.find_for_staff(request.uow, order_id, request.principal)
    parts = orders.dispatching.of_order(request.uow, order)
    return DispatchList(
        items=tuple(DispatchView.of(part) for place, part in parts.items() if request.principal.works_for(place))
    )


@routes.post("/staff/orders/{order_id}/dispatches/{store}/accept", access=ACCEPTING, idempotent=True)
def accept_dispatch(request: Request, order_id: str, store: Id) -> StepView:
    """Accept a place's part of an order (RTE-03)."""
    return StepView.of(service.accept(request.uow, order_id, request.principal, store))


@routes.post("/staff/orders/{order_id}/dispatches/{store}/pick", access=STORE, idempotent=True)
def pick_dispatch(request: Request, order_id: str, store: Id) -> StepView:
    """Begin to collect the goods of a place's part."""
    return StepView.of(service.pick(request.uow, order_id, request.principal, store))


@routes.post("/staff/orders/{order_id}/dispatches/{store}/pack", access=STORE, idempotent=True)
def pack_dispatch(request: Request, order_id: str, store: Id, body: PackOrder) -> StepView:
    """Note the boxes that a place's part is packed in, with their weights (LOG-20)."""
    boxes = [entry.box for entry in body.boxes]
    return StepView.of(service.pack(request.uow, order_id, boxes, request.principal, store))


@routes.post("/staff/orders/{order_id}/dispatches/{store}/ship", access=STORE, idempotent=True, errors=[WaybillInUse])
def ship_dispatch(request: Request, order_id: str, store: Id, body: ShipOrder) -> SentView:
    """Hand a place's part of an order to the courier under its own waybill (FUL-13, FUL-16)."""
    part, parcels = service.ship(request.uow, order_id, body.handed, request.principal, store)
    return SentView(**StepView.of(part).model_dump(), parcels=[SentParcel.of(parcel) for parcel in parcels])


@routes.post("/staff/orders/{order_id}/dispatches/{store}/slip", access=STORE_AND_DESK, idempotent=True)
def enter_dispatch_slip(request: Request, order_id: str, store: Id, body: SlipBody) -> StepView:
    """Enter the courier's signed receipt of a place's part; the last one completes the order (FUL-14)."""
    receipt = Receipt(body.number, body.signed_by, body.signed_at)
    return StepView.of(service.enter_slip(request.uow, order_id, receipt, request.principal, store))
