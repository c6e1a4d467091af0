"""A store's steps with an order, each one transaction: accept, pick, pack, ship, and the proof that it has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import domain
from chalicelib.fulfilment.domain import Packing, Receipt, Slip
from chalicelib.fulfilment.items import MEMBERSHIP, PACKING, SLIP
from chalicelib.fulfilment.items.packing import ids
from chalicelib.inventory import service as inventory
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch, Order, State, read_number
from chalicelib.orders.domain.dispatch import UNDER_WAY, WAITING_AGAIN
from chalicelib.orders.domain.machine import Command, next_state
from chalicelib.orders.items import DISPATCH, ORDER
from chalicelib.shipping.domain.shipments import Box, Shipment, ShipmentLine, WeightProof
from chalicelib.shipping.service import shipments

from . import together
from .boxes import check_packing
from .parcels import HandedOver

#: A person's clock and a courier's slip are not exact.
_CLOCKS_DIFFER = timedelta(hours=24)


def accept(uow: UnitOfWork, order_id: str, principal: Principal, store: str = "") -> Order | Dispatch:
    """The store takes an order on, or its part of one that leaves from several places (E6, RTE-03, RTE-07).

    Args:
        store: which place's part, for whoever works for several of the order's.

    Raises:
        NotFound: no such order, or another store's.
        NotAllowed: not in this state.
        WhichPlace: the order leaves from several places of the caller's.
    """
    return _step(uow, order_id, principal, Command.ACCEPT, store)


def pick(uow: UnitOfWork, order_id: str, principal: Principal, store: str = "") -> Order | Dispatch:
    """The store begins to collect the goods (E7).

    Raises:
        NotFound, NotAllowed, WhichPlace: as `accept`.
    """
    return _step(uow, order_id, principal, Command.PICK, store)


def pack(
    uow: UnitOfWork, order_id: str, boxes: Sequence[Box], principal: Principal, store: str = ""
) -> Order | Dispatch:
    """The goods are in boxes and weighed (E7, LOG-20). The window of own delivery begins now (FUL-07, AMB-11).

    Raises:
        NotFound, NotAllowed, WhichPlace: as `accept`.
        Invalid: more boxes than one order may have, or one that the location does not have.
        FragileNotReleased: fragile goods in a packaging without its tests (FUL-18).
    """
    if len(boxes) > uow.setting(domain.BOXES):
        raise Invalid(FieldError("/boxes", f"at most {uow.setting(domain.BOXES)} boxes"))
    order = orders.find_for_staff(uow, order_id, principal)
    place = orders.place_of(order, principal, store)
    if place:
        part = orders.dispatching.advance(uow, order, place, Command.PACK)
        kept = check_packing(uow, place, [orders.dispatching.alone(order, part)], boxes, "/boxes")
        uow.put(PACKING, Packing(order.id, place, kept, principal.id, uow.now, place))
        return part
    deliver_by = order.handover.deliver_by(uow.now) if order.handover else None
    order = orders.advance(uow, order.id, Command.PACK, due={"deliver_by": deliver_by} if deliver_by else None)
    kept = check_packing(uow, order.store or "", [order], boxes, "/boxes")
    uow.put(PACKING, Packing(order.id, order.store or "", kept, principal.id, uow.now))
    return order


def ship(
    uow: UnitOfWork, order_id: str, parcels: Sequence[HandedOver], principal: Principal, store: str = ""
) -> tuple[Order | Dispatch, tuple[Shipment, ...]]:
    """The goods leave: stock goes down, the shipments are made, the order is on its way (E14, FUL-13, FUL-16).

    Raises:
        NotFound, NotAllowed, WhichPlace: as `accept`.
        Invalid: a waybill with a typing error, or boxes that are not shared out properly.
        WaybillInUse: another parcel travels under this waybill.
        Conflict: it goes together with other orders (ORD-27).
    """
    number = read_number(order_id)
    claims = shipments.claims((parcel.carrier, parcel.waybill) for parcel in parcels)
    uow.load(ORDER.ref(number), PACKING.ref(number), MEMBERSHIP.ref(number), *claims)
    order = orders.find_for_staff(uow, order_id, principal)
    place = orders.place_of(order, principal, store)
    if place:
        part = orders.dispatching.part_of(uow, order, place)
        part.move(Command.SHIP, uow.now)
    else:
        next_state(order.state, Command.SHIP, order.way)
        together.require_alone(uow, order)
    packing = uow.get(PACKING, *ids(order.id, place))
    shares = domain.share_boxes(packing.boxes, [parcel.boxes for parcel in parcels])
    made = shipments.create(
        uow,
        order_id=order.id,
        store=place or order.store or "",
        channel=part.channel if place else order.channel,
        destination=order.ship_to.country if order.ship_to else "",
        parcels=[
            _parcel(order, packing, handed, boxes, f"/parcels/{position}", alone=len(parcels) == 1)
            for position, (handed, boxes) in enumerate(zip(parcels, shares, strict=True))
        ],
    )
    inventory.ship(uow, order.reserved_at(place))
    waybill: dict[str, Any] = {"shipment_id": made[0].id, "carrier": made[0].carrier, "waybill": made[0].waybill}
    if place:
        return orders.dispatching.advance(uow, order, place, Command.SHIP, **waybill), made
    return orders.advance(uow, order.id, Command.SHIP, **waybill), made


def _parcel(
    order: Order, packing: Packing, handed: HandedOver, boxes: tuple[Box, ...], pointer: str, *, alone: bool
) -> shipments.Parcel:
    lines = tuple(
        ShipmentLine(part.sku, part.quantity, part.id, part.location)
        for part in order.parts
        if part.location and packing.part in ("", part.location)
    )
    weight = sum(box.weight_g for box in boxes)
    return shipments.Parcel(
        carrier=handed.carrier,
        waybill=handed.waybill,
        boxes=boxes,
        lines=lines if alone else (),
        proof=WeightProof(weight, packing.packed_at, packing.packed_by, handed.label),
        pointer="" if alone else pointer,
        left_on=handed.left_on,
    )


def enter_slip(
    uow: UnitOfWork, order_id: str, receipt: Receipt, principal: Principal, store: str = ""
) -> Order | Dispatch:
    """The courier's receipt is back: the order is completed without further ado (E15, FUL-14), and with it whatever
    travelled in the same parcel (ORD-27).

    Of an order that left from several places it is completed with the receipt of the last part (RTE-07).

    Raises:
        NotFound, WhichPlace: as `accept`.
        NotAllowed: the order is not on its way.
        Invalid: the receipt was signed before the parcel left, or in the future.
        Conflict: the receipt of this part has been entered.
    """
    order = orders.find_for_staff(uow, order_id, principal)
    place = orders.place_of(order, principal, store)
    if place:
        part = orders.dispatching.part_of(uow, order, place)
        if part.state is not State.SHIPPED or order.state not in UNDER_WAY:
            raise NotAllowed("dispatch", part.state, "enter_slip", part.allowed)
        if uow.find(SLIP, order.id, place) is not None:
            raise Conflict("The courier's receipt of this part has been entered.")
    else:
        _on_its_way(order, "enter_slip")
    parcels = shipments.under_way(uow, order.id)
    own = [parcel for parcel in parcels if place in ("", parcel.store)]
    sent_at = min((parcel.created_at for parcel in own), default=uow.now)
    domain.check_signed(receipt.signed_at, sent_at, uow.now, _CLOCKS_DIFFER)
    if place:
        return _receive_part(uow, order, part, parcels, receipt, principal)
    for other in together.companions(uow, order, State.SHIPPED):
        _receive(uow, other, shipments.under_way(uow, other.id), receipt, principal)
    return _receive(uow, order, parcels, receipt, principal)


def _receive(
    uow: UnitOfWork, order: Order, parcels: Sequence[Shipment], receipt: Receipt, principal: Principal
) -> Order:
    shipments.confirm_delivery(uow, parcels, "slip", "")
    uow.put(SLIP, Slip(order.id, receipt, principal.id, uow.now))
    return orders.advance(uow, order.id, Command.COMPLETE, proof="slip")


def _receive_part(
    uow: UnitOfWork, order: Order, part: Dispatch, parcels: Sequence[Shipment], receipt: Receipt,
    principal: Principal,
) -> Dispatch:  # fmt: skip
    """One place's parcels have arrived; the order is completed when those of all the others have."""
    own = [parcel for parcel in parcels if parcel.store == part.store]
    shipments.confirm_delivery(uow, own, "slip", "")
    uow.put(SLIP, Slip(order.id, receipt, principal.id, uow.now, part.store))
    uow.require(ORDER, order.id)
    uow.require(DISPATCH, order.id, part.store)  # it may be found not to have been handed over at this moment
    for parcel in own:
        orders.part_arrived(uow, uow.get(ORDER, order.id), parcel, "slip")
    return part


def confirm_receipt(uow: UnitOfWork, order_id: str, principal: Principal) -> Order:
    """The customer has inspected the goods and confirms their receipt (ORD-20).

    Raises:
        NotFound: no such order, or not the caller's.
        NotAllowed: the order is not on its way.
        Conflict: a part of it could not be handed over, and is with its store.
    """
    order = orders.find(uow, order_id, principal)
    _on_its_way(order, "confirm_receipt")
    if any(part.state in WAITING_AGAIN for part in orders.dispatching.of_order(uow, order).values()):
        raise Conflict("A part of this order could not be handed over. Its store will contact you.")
    shipments.confirm_delivery(uow, shipments.under_way(uow, order.id), "customer", "")
    if order.is_split:
        return orders.dispatching.conclude(uow, order.id, "customer")
    return orders.advance(uow, order.id, Command.COMPLETE, proof="customer")


def _step(uow: UnitOfWork, order_id: str, principal: Principal, command: Command, store: str) -> Order | Dispatch:
    order = orders.find_for_staff(uow, order_id, principal)
    place = orders.place_of(order, principal, store)
    return orders.dispatching.advance(uow, order, place, command) if place else orders.advance(uow, order.id, command)


def _on_its_way(order: Order, command: str) -> None:
    """Slips and receipts are for orders that a courier has; pickup and own delivery have proofs of their own."""
    if order.state is not State.SHIPPED:
        raise NotAllowed("order", order.state, command, order.allowed)
