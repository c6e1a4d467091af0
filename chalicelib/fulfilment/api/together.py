"""Several orders of one recipient in one shipment (ORD-27)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from chalicelib.core.http import SHOPPER, Id, Model, Page, Query, Request
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain.consignment import CannotGoTogether, Consignment, ConsignmentState
from chalicelib.fulfilment.items import CONSIGNMENT, ConsignmentCard, together_list
from chalicelib.fulfilment.service import HandedOver
from chalicelib.fulfilment.service.together import NotReady
from chalicelib.orders.domain import Order, State
from chalicelib.shipping.service.shipments import WaybillInUse

from .door import STORE, STORE_AND_DESK, routes
from .steps import PackOrder, SentParcel


class MergeOrders(Model):
    """The orders that are to travel in one parcel."""

    orders: Annotated[list[Id], Field(min_length=2, max_length=8)]


class MergeWith(Model):
    """The other orders that are to travel with this one."""

    orders: Annotated[list[Id], Field(min_length=1, max_length=7)]


class ProposedOrder(Model):
    """One order of a proposal."""

    order_id: str
    state: State
    units: int
    placed_at: datetime
    dispatch_by: datetime | None

    @classmethod
    def of(cls, order: Order) -> ProposedOrder:
        return cls(
            order_id=order.id, state=order.state, units=order.units, placed_at=order.placed_at,
            dispatch_by=order.deadlines.get("dispatch_by"),
        )  # fmt: skip


class ProposedParcel(Model):
    """Orders that can go together."""

    recipient: str
    city: str
    channel: str
    orders: list[ProposedOrder]

    @classmethod
    def of(cls, orders: tuple[Order, ...]) -> ProposedParcel:
        to = orders[0].ship_to
        return cls(
            recipient=to.name if to else "", city=to.city if to else "", channel=orders[0].channel,
            orders=[ProposedOrder.of(order) for order in orders],
        )  # fmt: skip


class Proposals(Model):
    """What a store could send together, and has not merged."""

    items: list[ProposedParcel]


class ConsignmentView(Model):
    """Orders that go together. Each keeps its number, state and timeline."""

    id: str
    state: ConsignmentState
    store: str
    channel: str
    orders: list[str]
    packed_together: bool
    carrier: str
    waybill: str
    made_at: datetime

    @classmethod
    def of(cls, consignment: Consignment) -> ConsignmentView:
        return cls(
            id=consignment.id, state=consignment.state, store=consignment.store, channel=consignment.channel,
            orders=list(consignment.orders), packed_together=bool(consignment.boxes), carrier=consignment.carrier,
            waybill=consignment.waybill, made_at=consignment.made_at,
        )  # fmt: skip


class SentTogether(ConsignmentView):
    """What has left, order by order; boxes and weight are the first one's."""

    parcels: list[SentParcel]


class MergedView(Model):
    """Orders that travel in one parcel."""

    orders: list[str]


class ConsignmentItem(Model):
    """A consignment on a store's list."""

    id: str
    orders: list[str]
    channel: str
    packed_together: bool
    made_at: datetime

    @classmethod
    def of(cls, card: ConsignmentCard) -> ConsignmentItem:
        return cls(
            id=card.id, orders=list(card.orders), channel=card.channel, packed_together=card.packed,
            made_at=card.made_at,
        )  # fmt: skip


class ShipTogether(Model):
    """The one waybill of them all."""

    carrier: Annotated[str, Field(min_length=2, max_length=20, examples=["ups"])]
    waybill: Annotated[str, Field(min_length=4, max_length=50, examples=["1Z999AA10123456784"])]
    label: Annotated[str, Field(max_length=200, description="Where the copy of the label is kept.")] = ""


@routes.get("/staff/stores/{store}/mergeable", access=STORE_AND_DESK)
def list_mergeable(request: Request, store: Id) -> Proposals:
    """The store's orders that can go together: same recipient, address and channel, not yet sent (ORD-27)."""
    found = service.together.propose(request.uow, store, request.principal)
    return Proposals(items=[ProposedParcel.of(orders) for orders in found])


@routes.get("/staff/stores/{store}/consignments", access=STORE_AND_DESK)
def list_consignments(request: Request, store: Id, query: Query) -> Page[ConsignmentItem]:
    """What a store is to send together, the oldest first."""
    service.check_store(store, request.principal)
    found = request.page(CONSIGNMENT, "gsi2", together_list(store), limit=query.limit, cursor=query.cursor)
    return Page[ConsignmentItem](items=[ConsignmentItem.of(card) for card in found.items], next=found.next)


@routes.post("/staff/consignments", access=STORE_AND_DESK, status=201, idempotent=True, errors=[CannotGoTogether])
def merge_orders(request: Request, body: MergeOrders) -> ConsignmentView:
    """Have orders travel in one parcel (ORD-27)."""
    return ConsignmentView.of(service.together.merge(request.uow, body.orders, request.principal))


@routes.get("/staff/consignments/{consignment_id}", access=STORE_AND_DESK)
def show_consignment(request: Request, consignment_id: Id) -> ConsignmentView:
    """One consignment."""
    return ConsignmentView.of(service.together.find(request.uow, consignment_id, request.principal))


@routes.post("/staff/consignments/{consignment_id}/pack", access=STORE, idempotent=True, errors=[NotReady])
def pack_together(request: Request, consignment_id: Id, body: PackOrder) -> ConsignmentView:
    """Note the boxes that all its orders are packed in; again when one has been taken out of them."""
    boxes = [entry.box for entry in body.boxes]
    return ConsignmentView.of(service.together.pack(request.uow, consignment_id, boxes, request.principal))


@routes.post(
    "/staff/consignments/{consignment_id}/ship", access=STORE, idempotent=True, errors=[NotReady, WaybillInUse]
)
def ship_together(request: Request, consignment_id: Id, body: ShipTogether) -> SentTogether:
    """Hand all its orders to the courier under one waybill (ORD-27, FUL-13)."""
    handed = HandedOver(body.carrier, body.waybill, label=body.label)
    sent, parcels = service.together.ship(request.uow, consignment_id, handed, request.principal)
    return SentTogether(**ConsignmentView.of(sent).model_dump(), parcels=[SentParcel.of(parcel) for parcel in parcels])


@routes.post("/staff/consignments/{consignment_id}/part", access=STORE_AND_DESK, idempotent=True)
def part_consignment(request: Request, consignment_id: Id) -> ConsignmentView:
    """Let every order go its own way again."""
    return ConsignmentView.of(service.together.part(request.uow, consignment_id, request.principal))


@routes.post("/staff/consignments/{consignment_id}/orders/{order_id}/take-out", access=STORE_AND_DESK, idempotent=True)
def take_order_out(request: Request, consignment_id: Id, order_id: str) -> ConsignmentView:
    """Let one order go its own way again."""
    return ConsignmentView.of(service.together.take_out(request.uow, consignment_id, order_id, request.principal))


@routes.post("/orders/{order_id}/merge", access=SHOPPER, status=201, idempotent=True, errors=[CannotGoTogether])
def merge_own_orders(request: Request, order_id: str, body: MergeWith) -> MergedView:
    """Have your orders to one address sent in one parcel, as long as none has been sent (ORD-27)."""
    merged = service.together.merge_own(request.uow, order_id, body.orders, request.principal)
    return MergedView(orders=list(merged.orders))
