"""What can be booked: a merchant's service, and the places of its slots (ALY-04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.money import Money

_SLOT: Final = "%Y%m%dT%H%MZ"


class SlotFull(Conflict):
    """Every place of the slot is taken."""

    code, title = "slot-full", "No place is left"


class SlotTaken(Conflict):
    """A slot cannot have fewer places than are booked."""

    code, title = "slot-taken", "More places are booked than that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """A bookable service.

    Args:
        title, description: by BCP 47 language.
        prepayment: what is paid when booking, in the merchant's currency; None: nothing (ALY-04).
        minutes: how long an appointment takes.
    """

    id: str
    merchant: str
    title: dict[str, str]
    description: dict[str, str]
    prepayment: Money | None
    minutes: int
    open: bool = True

    def ends(self, starts_at: datetime) -> datetime:
        """When an appointment is over."""
        return starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a service can be had: how many places it has and how many are free."""

    starts_at: datetime
    capacity: int
    free: int

    @property
    def id(self) -> str:
        return slot_id(self.starts_at)


def slot_id(starts_at: datetime) -> str:
    """The slot's id: its beginning in UTC to the minute, `20261201T0930Z`."""
    return starts_at.astimezone(UTC).strftime(_SLOT)


def slot_start(text: str) -> datetime:
    """When the slot of this id begins.

    Raises:
        Invalid: it is no slot's id.
    """
    try:
        start = datetime.strptime(text, _SLOT).replace(tzinfo=UTC)
    except ValueError:
        start = None
    if start is None or slot_id(start) != text:
        raise Invalid(FieldError("/slot", "is not the id of a slot"))
    return start
