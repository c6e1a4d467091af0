"""How returns are kept: inside the order's partition, found by their number, listed by the desk they wait for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.marks import Mark
from chalicelib.core.money import Money
from chalicelib.core.table import Index, Key, Kind

from .domain import Desk, Return, ReturnTally, State


@dataclass(frozen=True, slots=True)
class ReturnCard:
    """What a list shows of a return."""

    id: str
    order_id: str
    state: State
    store: str
    return_to: str
    units: int
    estimate: Money
    refund: Money | None
    requested_at: datetime
    due: datetime | None
    mark: Mark = "unhandled"
    claimed_by: str = ""

    @classmethod
    def of(cls, thing: Return) -> ReturnCard:
        return cls(
            id=thing.id, order_id=thing.order_id, state=thing.state, store=thing.store, return_to=thing.return_to,
            units=sum(line.quantity for line in thing.lines), estimate=thing.estimate, refund=thing.refund,
            requested_at=thing.requested_at, due=thing.due, mark=thing.mark,
            claimed_by=thing.claimed_by,
        )  # fmt: skip


def number_key(return_id: str) -> str:
    """The gsi1 partition in which a return is found by its number."""
    return f"RETURN#{return_id}"


def work_list(desk: Desk, place: str = "") -> str:
    """The gsi2 partition of a desk. Central desks are one for the house; the others are one per store (ROL-03)."""
    return f"WORK#RETURNS#{desk.value}" + (f"#{place}" if place else "")


def _work(thing: Return) -> tuple[str, str] | None:
    if thing.desk is None:
        return None
    place = "" if thing.desk.is_central else thing.store if thing.desk is Desk.FINANCE else thing.return_to
    return work_list(thing.desk, place), f"{stamp(thing.due or thing.requested_at)}#{thing.id}"


RETURN: Final = Kind(
    "return", Return,
    key=lambda order_id, return_id: Key(f"ORDER#{order_id}", f"RETURN#{return_id}"),
    of=lambda thing: Key(f"ORDER#{thing.order_id}", f"RETURN#{thing.id}"),
    index=lambda thing: Index(
        gsi1=(number_key(thing.id), thing.id), gsi2=_work(thing), due=thing.deadlines,
    ),
    card=ReturnCard.of, card_type=ReturnCard,
)  # fmt: skip

RETURN_TALLY: Final = Kind(
    "return_tally", ReturnTally,
    key=lambda order_id: Key(f"ORDER#{order_id}", "RETURNS"),
    of=lambda tally: Key(f"ORDER#{tally.order_id}", "RETURNS"),
)  # fmt: skip
