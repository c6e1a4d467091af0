"""What a store's system reports about an order: the store's own steps, by other names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """A status that a store's system can bring an order to."""

    ACCEPTED = "accepted"
    PICKING = "picking"
    PACKED = "packed"
    SHIPPED = "shipped"
    READY = "ready"
    SENT_OUT = "sent_out"
    COLLECTED = "collected"
    DELIVERED = "delivered"
    HANDOVER_FAILED = "handover_failed"
    TAKEN_OVER = "taken_over"
    RESOLVED = "resolved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reported:
    """Where the order stands after a report; kept, so that the same message gets the same answer.

    Args:
        state: of the order, or of the store's part of it; "refused" when it is the store's no longer.
    """

    order_id: str
    state: str
    store: str | None
    allowed: tuple[str, ...]
