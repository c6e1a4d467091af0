"""Goods that a courier could not hand over, given to a courier once more (E18, RET-07)."""

from __future__ import annotations

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.items import PACKING
from chalicelib.fulfilment.items.packing import ids
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch, Order
from chalicelib.orders.domain.machine import Command
from chalicelib.shipping.domain.shipments import ShipmentLine, WeightProof
from chalicelib.shipping.service import shipments

from . import together
from .parcels import HandedOver


def ship_again(uow: UnitOfWork, order: Order, handed: HandedOver, place: str = "") -> Order | Dispatch:
    """The goods leave in a new parcel: the old one is done with, and stock and books stay as they are.

    The goods left stock with the first parcel, and are paid for once; the way to the customer is the shop's to pay.
    What is reported of the old parcel from now on concerns the order no more, and neither do the orders that shared it.

    Args:
        place: whose part of an order from several places it is; "" for an order of one place.

    Raises:
        NotAllowed: the store has not taken the case over, or no courier brought the goods in one go.
        Invalid: a waybill with a typing error, or the old parcel's.
        WaybillInUse: another parcel travels under this waybill.
    """
    part = orders.dispatching.part_of(uow, order, place) if place else None
    packing = uow.find(PACKING, *ids(order.id, place))
    boxes = packing.boxes if packing else ()
    weight = sum(box.weight_g for box in boxes)
    old = shipments.note_came_back(uow, order.id, place)
    (made,) = shipments.create(
        uow,
        order_id=order.id,
        store=place or order.store or "",
        channel=part.channel if part else order.channel,
        destination=order.ship_to.country if order.ship_to else "",
        parcels=[
            shipments.Parcel(
                carrier=handed.carrier,
                waybill=handed.waybill,
                boxes=boxes,
                lines=tuple(
                    ShipmentLine(piece.sku, piece.quantity, piece.id, piece.location)
                    for piece in order.parts
                    if piece.location and place in ("", piece.location)
                ),
                proof=WeightProof(weight, packing.packed_at, packing.packed_by, handed.label) if packing else None,
            )
        ],
    )
    if (made.carrier, made.waybill) in [(parcel.carrier, parcel.waybill) for parcel in old]:
        raise Invalid(FieldError("/waybill", "is the old parcel's: a new parcel has a waybill of its own"))
    if place:
        return orders.ship_part_again(uow, order, place, made)
    together.forget(uow, order.id)
    return orders.advance(
        uow, order.id, Command.SHIP_AGAIN, shipment_id=made.id, carrier=made.carrier, waybill=made.waybill
    )
