"""From what happened to an order to what its store's system hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from chalicelib.core.clock import stamp
from chalicelib.core.money import Money
from chalicelib.markets.domain import Address
from chalicelib.orders.domain import Order


class MessageType(StrEnum):
    """What a store can hear of an order. All but `order.rerouted` are events of the shop, and their data is theirs.

    Of an order that leaves from several places each hears of its own part, as `dispatch.*`, and not of the whole.
    """

    ROUTED = "order.routed"
    REROUTED = "order.rerouted"
    """The store is no longer responsible; where the order went is not its business."""
    ACCEPTED = "order.accepted"
    PICKING_STARTED = "order.picking_started"
    PACKED = "order.packed"
    READY_FOR_PICKUP = "order.ready_for_pickup"
    APPOINTMENT_CHANGED = "order.appointment_changed"
    SENT_OUT = "order.sent_out"
    SHIPPED = "order.shipped"
    HANDOVER_FAILED = "order.handover_failed"
    TAKEN_OVER = "order.taken_over"
    TAKEN_BACK = "order.taken_back"
    COMPLETED = "order.completed"
    CANCELLED = "order.cancelled"
    CORRECTED = "order.corrected"
    PART_ROUTED = "dispatch.routed"
    PART_CHANGED = "dispatch.changed"
    """Lines of the part were cancelled."""
    PART_MOVED = "dispatch.moved"
    PART_SHIPPED = "dispatch.shipped"
    PART_CANCELLED = "dispatch.cancelled"
    PART_HANDOVER_FAILED = "dispatch.handover_failed"
    PART_TAKEN_OVER = "dispatch.taken_over"
    PART_SHIPPED_AGAIN = "dispatch.shipped_again"
    PART_READY_FOR_PICKUP = "dispatch.ready_for_pickup"
    PART_TAKEN_BACK = "dispatch.taken_back"
    PART_COMPLETED = "dispatch.completed"


#: What has to be done is new or has changed: the message brings the order along.
WITH_ORDER: Final = frozenset(
    {MessageType.ROUTED, MessageType.CORRECTED, MessageType.PART_ROUTED, MessageType.PART_CHANGED}
)
_OF_PARTS: Final = frozenset(one for one in MessageType if one.startswith("dispatch."))
_OF_ORDERS: Final = frozenset(MessageType) - _OF_PARTS
#: The order has no store for now; the one that had it hears that it has been rerouted.
_WITHDRAWN: Final = "order.withdrawn"
#: The place has to do with the order no more.
_PART_OVER: Final = frozenset({MessageType.PART_CANCELLED, MessageType.PART_TAKEN_BACK})
#: What concerns every place that has a part of an order, besides what its part goes through.
_OF_ALL: Final = frozenset({MessageType.CORRECTED, MessageType.COMPLETED})


@dataclass(frozen=True, slots=True)
class Told:
    """One event of an order."""

    id: str
    type: str
    sequence: int
    occurred_at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What a store hears of one event."""

    event_id: str
    type: str
    sequence: int
    occurred_at: datetime
    data: dict[str, Any]


def stores_in(told: Iterable[Told]) -> tuple[str, ...]:
    """Every store that has been responsible for the order or a part of it, in the order of time."""
    routed = (MessageType.ROUTED, MessageType.PART_ROUTED)
    return tuple(dict.fromkeys(str(one.data["store"]) for one in told if one.type in routed))


def messages_to(store: str, told: Iterable[Told]) -> list[Message]:
    """What a store hears: what happens while it is responsible, and that it no longer is (RTE-01, RTE-04).

    Of a part of an order it hears what happens to that part (RTE-07).
    """
    responsible, has_part, found = "", False, []
    for one in sorted(told, key=lambda event: event.sequence):
        heard = False
        if one.type in (MessageType.ROUTED, _WITHDRAWN):
            nobody = one.type == _WITHDRAWN or one.data.get("places")
            before, responsible = responsible, "" if nobody else str(one.data["store"])
            if responsible != store and before == store:
                gone = {"order_id": one.data["order_id"]}
                found.append(Message(one.id, MessageType.REROUTED, one.sequence, one.occurred_at, gone))
        if one.type in _OF_ORDERS:
            heard = responsible == store or (has_part and one.type in _OF_ALL)
        elif one.type in _OF_PARTS and one.data["store"] == store:
            heard, has_part = True, one.type not in _PART_OVER
        if heard:
            found.append(Message(one.id, one.type, one.sequence, one.occurred_at, dict(one.data)))
    return found


def payload(
    kind: str, occurred_at: datetime, data: Mapping[str, Any], order: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The body of a message.

    Args:
        order: what the store needs to know of it, for messages that bring it along.
    """
    brought = {"order": order} if order is not None and kind in WITH_ORDER else {}
    return {"type": kind, "timestamp": stamp(occurred_at), "data": {**data, **brought}}


def snapshot(order: Order, to_collect: Money) -> dict[str, Any]:
    """What a store needs to know to fulfil an order as it is now: goods, way of delivery, recipient.

    Args:
        to_collect: what the customer still has to pay when the goods are handed over (FUL-09).
    """
    return {
        "order_id": order.id,
        "order_class": order.order_class.value,
        "state": order.state.value,
        "store": order.store,
        "placed_at": stamp(order.placed_at),
        "delivery_method": order.delivery_method,
        "channel": order.channel,
        "handover": _handover(order),
        "lines": [
            {
                "id": part.id, "sku": part.sku, "title": part.title, "quantity": part.quantity,
                "location": part.location, "weight_g": part.weight_g, "fresh": part.fresh,
            }
            for part in order.parts if part.location
        ],
        "ship_to": _address(order.ship_to),
        "phone": order.contact.phone or (order.ship_to.phone if order.ship_to else ""),
        "gift": {"message": order.gift.message} if order.gift else None,
        "to_collect": {"minor": to_collect.minor, "currency": to_collect.currency},
        "deadlines": {name: stamp(due) for name, due in order.deadlines.items()},
    }  # fmt: skip


def _handover(order: Order) -> dict[str, Any] | None:
    if order.handover is None:
        return None
    begins, ends = order.handover.slot_from, order.handover.slot_until
    return {
        "point": order.handover.point,
        "hours": order.handover.hours,
        "slot_from": stamp(begins) if begins else None,
        "slot_until": stamp(ends) if ends else None,
    }


def _address(address: Address | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {
        "name": address.name, "phone": address.phone, "lines": list(address.lines), "city": address.city,
        "district": address.district, "region": address.region, "postal_code": address.postal_code,
        "country": address.country,
    }  # fmt: skip
