"""Packings and slips: one for the order, or one for each place that sends a part of it."""

from __future__ import annotations

from typing import Final

from chalicelib.core.table import Key, Kind
from chalicelib.fulfilment.domain import Packing, Slip


def ids(order_id: str, place: str) -> tuple[str, ...]:
    """What names a packing or slip: the order, and the place when it sends a part of it only."""
    return (order_id, place) if place else (order_id,)


def named(name: str, order_id: str, place: str) -> Key:
    """The key of a thing that there is once for an order, or for each place that sends a part of it."""
    return Key(f"ORDER#{order_id}", f"{name}#{place}" if place else name)


PACKING: Final = Kind(
    "packing",
    Packing,
    key=lambda order_id, place="": named("PACKING", order_id, place),
    of=lambda packing: named("PACKING", packing.order_id, packing.part),
)

SLIP: Final = Kind(
    "slip",
    Slip,
    key=lambda order_id, place="": named("SLIP", order_id, place),
    of=lambda slip: named("SLIP", slip.order_id, slip.part),
)
