"""What a list shows of an order, or of a place's part of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.core.marks import Mark, mark_of
from chalicelib.core.money import Money

from .exceptions import WARN_BY, Problem
from .machine import UNHANDLED, State

if TYPE_CHECKING:
    from .order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard:
    """What a list shows of an order."""

    id: str
    state: State
    placed_at: datetime
    total: Money
    units: int
    title: str
    country: str
    store: str | None
    due: datetime
    problem: Problem | None = None
    missed: tuple[str, ...] = ()
    claimed_by: str = ""

    @property
    def mark(self) -> Mark:
        """The colour of the order in a work list: whether somebody has taken it up, and in time (ORD-17, REV-10)."""
        waits, warned = self.problem is not None or self.state in UNHANDLED, self.missed == (WARN_BY,)
        return mark_of(late=bool(self.missed) and not warned, warned=warned, claimed_by=self.claimed_by, waits=waits)

    @classmethod
    def of(cls, order: Order) -> OrderCard:
        return cls(
            id=order.id,
            state=order.state,
            placed_at=order.placed_at,
            total=order.totals.total,
            units=order.units,
            title=order.lines[0].title[:40],
            country=order.country,
            store=order.store,
            due=order.due,
            problem=order.problem,
            missed=order.missed,
            claimed_by=order.claimed_by,
        )
