"""The stages of a booking (ORD-16), and what happened to it as its customer, merchant and staff read it (ORD-26)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self

from pydantic import Field

from chalicelib.bookings import domain as d
from chalicelib.bookings.domain import texts as words
from chalicelib.core.http import Model
from chalicelib.markets.domain import pick_text
from chalicelib.orders.service.reading import Happening


class StageView(Model):
    """One stage of a booking's life, and whom it waited for (ORD-16)."""

    state: str
    group: str
    entered_at: datetime
    left_at: datetime | None = Field(description="Absent: it is the present one.")

    @classmethod
    def all_of(cls, booking: d.Booking) -> list[Self]:
        left: list[datetime | None] = [stage.at for stage in booking.stages[1:]]
        return [
            cls(state=stage.state.value, group=d.GROUP_OF[stage.state].value, entered_at=stage.at, left_at=left_at)
            for stage, left_at in zip(booking.stages, [*left, None], strict=True)
        ]


class BookingHappening(Model):
    """One row of a booking's timeline (ORD-26)."""

    at: datetime
    type: str
    text: str


class BookingTimeline(Model):
    """What happened to a booking, oldest first."""

    items: Sequence[BookingHappening]

    @classmethod
    def of(cls, rows: Iterable[Happening], language: str) -> Self:
        return cls(items=[
            BookingHappening(at=row.at, type=row.type, text=pick_text(words.of_happening(row.type), language))
            for row in rows
        ])  # fmt: skip


class StaffBookingHappening(BookingHappening):
    """One row of a booking's timeline with who did it and what the event says."""

    actor: str
    data: dict[str, object]


class StaffBookingTimeline(Model):
    """Everything that happened to a booking and its money, oldest first."""

    items: Sequence[StaffBookingHappening]

    @classmethod
    def of(cls, rows: Iterable[Happening], language: str) -> Self:
        return cls(items=[
            StaffBookingHappening(
                at=row.at, type=row.type, text=pick_text(words.of_happening(row.type), language), actor=str(row.actor),
                data=row.data,
            )
            for row in rows
        ])  # fmt: skip
