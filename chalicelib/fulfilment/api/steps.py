"""A store's work list and steps, and the customer's confirmation of receipt."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from chalicelib.core.http import SHOPPER, Id, Model, Moment, Page, Request, Text
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import Receipt
from chalicelib.fulfilment.domain.crush import FragileNotReleased
from chalicelib.fulfilment.service import HandedOver
from chalicelib.orders import service as orders
from chalicelib.orders.api.views import OrderView, WorkItem
from chalicelib.orders.api.work import ListQuery, work_page
from chalicelib.orders.domain import Dispatch, Order, State
from chalicelib.orders.items import store_list
from chalicelib.orders.service import WhichPlace
from chalicelib.shipping.domain.shipments import Box, Shipment
from chalicelib.shipping.service.shipments import WaybillInUse

from .door import ACCEPTING, STORE, STORE_AND_DESK, routes

Grams = Annotated[int, Field(gt=0, le=1_000_000, description="Grams, as the scale shows.")]
Millimetres = Annotated[int, Field(ge=0, le=10_000, description="Millimetres; 0: not measured.")]


class GiftWrapView(Model):
    """What the store writes on the card of a gift; without a message there is no card."""

    message: str


class StepView(Model):
    """Where the order, or the store's part of it, stands after a step, what may come next, and how it is packed."""

    order_id: str
    state: State
    store: str | None
    allowed: list[str]
    deadlines: dict[str, datetime]
    gift_wrap: Annotated[GiftWrapView | None, Field(description="To be wrapped as a gift, with this card (ORD-10).")]

    @classmethod
    def of(cls, order: Order | Dispatch) -> StepView:
        return cls(
            order_id=order.id,
            state=order.state,
            store=order.store,
            allowed=sorted(order.allowed),
            deadlines=order.deadlines,
            gift_wrap=GiftWrapView(message=order.gift.message) if order.gift else None,
        )


class BoxBody(Model):
    """One packed box."""

    weight_g: Grams
    length_mm: Millimetres = 0
    width_mm: Millimetres = 0
    height_mm: Millimetres = 0
    size: Annotated[str, Field(max_length=20, description="Name of the location's box it is; empty: another.")] = ""

    @property
    def box(self) -> Box:
        return Box(self.weight_g, self.length_mm, self.width_mm, self.height_mm, self.size)


class PackOrder(Model):
    """The boxes the order is packed in."""

    boxes: Annotated[list[BoxBody], Field(min_length=1, max_length=100)]


class ParcelBody(Model):
    """One parcel as it is handed to the carrier."""

    carrier: Annotated[str, Field(min_length=2, max_length=20, examples=["ups"])]
    waybill: Annotated[str, Field(min_length=4, max_length=50, examples=["1Z999AA10123456784"])]
    label: Annotated[str, Field(max_length=200, description="Where the copy of the label is kept.")] = ""
    boxes: Annotated[list[int], Field(max_length=100, description="Numbers of the boxes in it, from 1.")] = []

    @property
    def handed(self) -> HandedOver:
        return HandedOver(self.carrier, self.waybill, tuple(self.boxes), self.label)


class ShipOrder(Model):
    """The waybill of the order's only parcel, or the parcels with their boxes."""

    carrier: Annotated[str, Field(max_length=20)] = ""
    waybill: Annotated[str, Field(max_length=50)] = ""
    label: Annotated[str, Field(max_length=200, description="Where the copy of the label is kept.")] = ""
    parcels: Annotated[list[ParcelBody], Field(max_length=20, description="For more than one parcel.")] = []

    @model_validator(mode="after")
    def _one_way(self) -> ShipOrder:
        if bool(self.parcels) == bool(self.carrier and self.waybill):
            raise ValueError("give either carrier and waybill, or parcels")
        return self

    @property
    def handed(self) -> list[HandedOver]:
        return [p.handed for p in self.parcels] or [HandedOver(self.carrier, self.waybill, label=self.label)]


class SentParcel(Model):
    """A parcel that has left."""

    shipment_id: str
    carrier: str
    waybill: str
    weight_g: int

    @classmethod
    def of(cls, shipment: Shipment) -> SentParcel:
        return cls(
            shipment_id=shipment.id,
            carrier=shipment.carrier,
            waybill=shipment.waybill,
            weight_g=shipment.weight_g,
        )


class SentView(StepView):
    """The order on its way."""

    parcels: list[SentParcel]


class SlipBody(Model):
    """The courier's signed receipt."""

    number: Text
    signed_by: Text
    signed_at: Moment


@routes.get("/staff/stores/{store}/orders", access=STORE_AND_DESK)
def list_store_orders(request: Request, store: Id, query: ListQuery) -> Page[WorkItem]:
    """See the orders that wait for a store, by status, colour and due time (RTE-02, ORD-17)."""
    service.check_store(store, request.principal)
    return work_page(request, store_list(store), query)


@routes.post("/staff/orders/{order_id}/accept", access=ACCEPTING, idempotent=True, errors=[WhichPlace])
def accept_order(request: Request, order_id: str) -> StepView:
    """Accept an order for the store (RTE-03)."""
    return StepView.of(service.accept(request.uow, order_id, request.principal))


@routes.post("/staff/orders/{order_id}/pick", access=STORE, idempotent=True, errors=[WhichPlace])
def pick_order(request: Request, order_id: str) -> StepView:
    """Begin to collect the goods of an order."""
    return StepView.of(service.pick(request.uow, order_id, request.principal))


@routes.post("/staff/orders/{order_id}/pack", access=STORE, idempotent=True, errors=[FragileNotReleased, WhichPlace])
def pack_order(request: Request, order_id: str, body: PackOrder) -> StepView:
    """Note the boxes an order is packed in, with their weights (LOG-20)."""
    return StepView.of(service.pack(request.uow, order_id, [entry.box for entry in body.boxes], request.principal))


@routes.post("/staff/orders/{order_id}/ship", access=STORE, idempotent=True, errors=[WaybillInUse, WhichPlace])
def ship_order(request: Request, order_id: str, body: ShipOrder) -> SentView:
    """Hand an order to the courier under its waybill (FUL-13, FUL-16)."""
    order, parcels = service.ship(request.uow, order_id, body.handed, request.principal)
    return SentView(**StepView.of(order).model_dump(), parcels=[SentParcel.of(parcel) for parcel in parcels])


@routes.post("/staff/orders/{order_id}/slip", access=STORE_AND_DESK, idempotent=True, errors=[WhichPlace])
def enter_slip(request: Request, order_id: str, body: SlipBody) -> StepView:
    """Enter the courier's signed receipt, which completes the order (FUL-14)."""
    receipt = Receipt(body.number, body.signed_by, body.signed_at)
    return StepView.of(service.enter_slip(request.uow, order_id, receipt, request.principal))


def _received(request: Request, order_id: str) -> OrderView:
    """The answer to a repeated request: the order as it is now."""
    return OrderView.of(orders.find(request.uow, order_id, request.principal), request.language)


@routes.post("/orders/{order_id}/receipt", access=SHOPPER, idempotent=_received)
def confirm_receipt(request: Request, order_id: str) -> OrderView:
    """Confirm that the goods have arrived and are in order, which completes the order (ORD-20)."""
    with orders.in_customers_words(request.uow, order_id):
        received = service.confirm_receipt(request.uow, order_id, request.principal)
    return OrderView.of(received, request.language)
