"""The run of no-shows: one customer, all merchants together (machine H2, BAL-03, BAL-04, ALY-10).

What counts is the order of the appointments, not of the reports: a no-show that is reported after a later appointment
was kept does not count, and one that is excused weeks later is taken out of its place. Active cancellations and causes
that do not lie with the customer are never told to the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.clock import stamp


@dataclass(frozen=True, slots=True)
class NoShowRun:
    """A customer's consecutive no-shows since the last appointment that was kept.

    Args:
        kept: place of the latest appointment that was kept; "" when none was.
        missed: places of the no-shows behind it, oldest first. A place is the appointment's time and the booking's
            number, so that two at the same time have an order too.
    """

    customer: str
    kept: str = ""
    missed: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        """How many consecutive no-shows there are now."""
        return len(self.missed)

    def miss(self, starts_at: datetime, booking: str) -> NoShowRun:
        """The customer did not come, did not cancel, and the cause lies with the customer (F7)."""
        place = place_of(starts_at, booking)
        if place <= self.kept or place in self.missed:
            return self
        return replace(self, missed=tuple(sorted((*self.missed, place))))

    def keep(self, starts_at: datetime, booking: str) -> NoShowRun:
        """The customer came: every no-show before this appointment is forgotten (F5)."""
        kept = max(self.kept, place_of(starts_at, booking))
        return replace(self, kept=kept, missed=tuple(place for place in self.missed if place > kept))

    def excuse(self, starts_at: datetime, booking: str) -> NoShowRun:
        """A reported no-show was none, or the cause did not lie with the customer (BAL-04)."""
        place = place_of(starts_at, booking)
        return replace(self, missed=tuple(other for other in self.missed if other != place))

    def is_gated(self, limit: int) -> bool:
        """Whether booking needs the guarantee balance now (BAL-03)."""
        return self.length >= limit


def place_of(starts_at: datetime, booking: str) -> str:
    """Where an appointment stands among the customer's others."""
    return f"{stamp(starts_at)}#{booking}"
