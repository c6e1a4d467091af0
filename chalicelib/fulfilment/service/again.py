"""Goods that a courier could not hand over, given to a courier once more (E18, RET-07)."""

from __future__ import annotations

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.items import PACKING
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order
from chalicelib.orders.domain.machine import Command
from chalicelib.shipping.domain.shipments import ShipmentLine, WeightProof
from chalicelib.shipping.service import shipments

from . import together
from .parcels import HandedOver


def ship_again(uow: UnitOfWork, order: Order, handed: HandedOver) -> Order:
    """The goods leave in a new parcel: the old one is done with, and stock and books stay as they are.

    The goods left stock with the first parcel, and are paid for once; the way to the customer is the shop's to pay.
    What is reported of the old parcel from now on concerns the order no more, and neither do the orders that shared it.

    Raises:
        NotAllowed: the store has not taken the case over, or no courier brought the goods in one go.
        Invalid: a waybill with a typing error, or the old parcel's.
        WaybillInUse: another parcel travels under this waybill.
    """
    packing = uow.find(PACKING, order.id)
    boxes = packing.boxes if packing else ()
    weight = sum(box.weight_g for box in boxes)
    old = shipments.note_came_back(uow, order.id)
    (made,) = shipments.create(
        uow,
        order_id=order.id,
        store=order.store or "",
        channel=order.channel,
        destination=order.ship_to.country if order.ship_to else "",
        parcels=[
            shipments.Parcel(
                carrier=handed.carrier,
                waybill=handed.waybill,
                boxes=boxes,
                lines=tuple(
                    ShipmentLine(part.sku, part.quantity, part.id, part.location)
                    for part in order.parts
                    if part.location
                ),
                proof=WeightProof(weight, packing.packed_at, packing.packed_by, handed.label) if packing else None,
            )
        ],
    )
    if (made.carrier, made.waybill) in [(parcel.carrier, parcel.waybill) for parcel in old]:
        raise Invalid(FieldError("/waybill", "is the old parcel's: a new parcel has a waybill of its own"))
    together.forget(uow, order.id)
    return orders.advance(
        uow, order.id, Command.SHIP_AGAIN, shipment_id=made.id, carrier=made.carrier, waybill=made.waybill
    )
