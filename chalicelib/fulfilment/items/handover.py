"""Pickups, boxes of lockers, and own deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.table import Index, Key, Kind
from chalicelib.fulfilment.domain import Delivery, DeliveryState, Pickup, Position
from chalicelib.fulfilment.domain.locker_boxes import LockerBox

from .packing import named


def box_list(vendor: str, reference: str) -> str:
    """What leads from a locker's allocation to its order."""
    return f"BOX#{vendor}#{reference}"


def round_list(store: str, person: str) -> str:
    """The open deliveries of a person."""
    return f"ROUND#{store}#{person}"


@dataclass(frozen=True, slots=True)
class PickupCard:
    """Whose goods are in a box."""

    order_id: str

    @classmethod
    def of(cls, pickup: Pickup) -> PickupCard:
        return cls(pickup.order_id)


@dataclass(frozen=True, slots=True)
class DeliveryCard:
    """One stop of a round."""

    order_id: str
    due_from: datetime | None
    due_until: datetime
    position: Position
    state: DeliveryState

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryCard:
        return cls(delivery.order_id, delivery.due_from, delivery.due_until, delivery.position, delivery.state)


PICKUP: Final = Kind(
    "pickup",
    Pickup,
    key=lambda order_id, place="": named("PICKUP", order_id, place),
    of=lambda pickup: named("PICKUP", pickup.order_id, pickup.part),
    index=lambda pickup: Index(
        gsi1=(box_list(pickup.vendor, pickup.reference), pickup.order_id) if pickup.reference else None
    ),
    card=PickupCard.of,
    card_type=PickupCard,
)

LOCKER_BOX: Final = Kind(
    "locker_box",
    LockerBox,
    key=lambda order_id: Key(f"ORDER#{order_id}", "BOX"),
    of=lambda box: Key(f"ORDER#{box.order_id}", "BOX"),
    index=lambda box: Index(due={"settle_by": box.settle_by} if box.settle_by else {}),
)

DELIVERY: Final = Kind(
    "delivery",
    Delivery,
    key=lambda order_id: Key(f"ORDER#{order_id}", "DELIVERY"),
    of=lambda delivery: Key(f"ORDER#{delivery.order_id}", "DELIVERY"),
    index=lambda delivery: Index(
        gsi1=(round_list(delivery.store, delivery.person), f"{stamp(delivery.due_until)}#{delivery.order_id}")
        if delivery.is_open
        else None
    ),
    card=DeliveryCard.of,
    card_type=DeliveryCard,
)
