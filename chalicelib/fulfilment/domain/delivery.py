"""The store's own delivery of an order: who brings it, when, and how it went (FUL-07 to FUL-10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.settings import Setting
from chalicelib.markets.domain import Address, Location

from .places import DISTRICTS

AGREED_AHEAD: Final = Setting(
    "fulfilment.agreed_days_ahead",
    60,
    unit="days",
    rule="FUL-08",
    own=True,
    doc="How far ahead a store can agree on a delivery with its customer; what is later is a typing error.",
)


def check_ahead(until: datetime, now: datetime, days: int, pointer: str) -> None:
    """Let a time through by which goods are to be delivered.

    Raises:
        Invalid: it is over, or further ahead than anybody agrees on.
    """
    if until <= now:
        raise Invalid(FieldError(pointer, "is in the past"))
    if until > now + timedelta(days=days):
        raise Invalid(FieldError(pointer, f"is more than {days} days ahead"))


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    ASSIGNED = "assigned"
    OUT = "out"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees north and east."""

    latitude: float
    longitude: float


def position_of(address: Address, store: Location) -> Position:
    """Where an address lies: the middle of its postal district, or the store when the district is not known."""
    known = DISTRICTS.get(address.country, {})
    code = address.postal_code.replace(" ", "")
    for length in (4, 3):
        if code[:length] in known:
            return Position(*known[code[:length]])
    return Position(store.latitude, store.longitude)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One order in a delivery person's day.

    Args:
        person: who brings it, as the store's roster calls them.
        due_from: when the appointment begins; None for a window that began with packing.
        due_until: by when it should have arrived.
    """

    order_id: str
    store: str
    person: str
    due_from: datetime | None
    due_until: datetime
    position: Position
    assigned_by: str
    assigned_at: datetime
    state: DeliveryState = DeliveryState.ASSIGNED

    @property
    def is_open(self) -> bool:
        """Whether it is still part of the round."""
        return self.state in (DeliveryState.ASSIGNED, DeliveryState.OUT)

    def to(self, state: DeliveryState) -> Delivery:
        """The delivery in another state; the order's own machine decides what may follow what."""
        return replace(self, state=state)
