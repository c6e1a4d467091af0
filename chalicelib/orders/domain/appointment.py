"""What is told of another appointment for the store's own delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.events import event


@event("order.appointment_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAppointmentChanged:
    """Staff and customer have agreed on another time for the store's own delivery (FUL-08)."""

    order_id: str
    store: str | None
    due_from: datetime
    due_until: datetime
