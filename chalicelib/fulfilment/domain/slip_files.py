"""Files of couriers' slips: waybill numbers in bulk (FUL-15), signed receipts in bulk (FUL-14).

One line is one order. A file is read as a whole when it comes in, so that a file that is none is refused at once; its
rows are then worked through one by one, and what became of each is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import event
from chalicelib.core.settings import Setting

MOST_ROWS: Final = Setting(
    "fulfilment.slip_rows", 5000, unit="rows", rule="FUL-15", own=True, doc="How many rows one file of slips may have.",
)  # fmt: skip
WEIGHT_DIFFERS: Final = Setting(
    "fulfilment.courier_weight_differs_percent", 10, unit="percent", rule="LOG-20", own=True,
    doc="The report of a waybill file remarks on a courier's weight that is this far from the store's scale.",
)  # fmt: skip

#: Bytes of one file.
LARGEST: Final = 512 * 1024


class SlipKind(StrEnum):
    """What a file is a list of."""

    WAYBILLS = "waybills"
    RECEIPTS = "receipts"


class SlipResult(StrEnum):
    """What became of a row; `unchanged` was so already."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class RowError:
    """Which column of a row is wrong, and why; of the row as a whole when `field` is empty."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipRow:
    """One line of a file.

    Args:
        place: counted from 0, among the lines that say something. line: counted from 1, the header included.
        carrier: our code, or what the file says where we know nobody of that name.
        weight_g: what the courier weighed; 0 when the file does not say.
        signed_at: ISO 8601, without an offset where the file says none: then it is the store's time.
        errors: what cannot be read.
    """

    place: int
    line: int
    order_number: str = ""
    carrier: str = ""
    waybill: str = ""
    shipped_on: date | None = None
    weight_g: int = 0
    receipt: str = ""
    signed_by: str = ""
    signed_at: str = ""
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class SlipRows:
    """Some rows of a file: one item of the table."""

    file_id: str
    number: int
    rows: tuple[SlipRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipFile:
    """A file on its way in.

    Args:
        store: whose staff brought it; "" for staff of no single store.
        by, posts, scopes: who brought it, and what they may see: its rows are done in their name.
        ignored: columns that mean nothing here.
        next_row: place of the row to go on with; everything before it is done.
    """

    id: str
    name: str
    kind: SlipKind
    store: str
    by: str
    posts: tuple[str, ...]
    scopes: tuple[str, ...]
    uploaded_at: datetime
    rows: int
    ignored: tuple[str, ...] = ()
    next_row: int = 0
    accepted: int = 0
    unchanged: int = 0
    rejected: int = 0
    finished_at: datetime | None = None

    @property
    def principal(self) -> Principal:
        """In whose name the rows are done: they reach the orders that whoever brought the file may see, no others."""
        posts = frozenset(Post(post) for post in self.posts)
        return Principal("staff", self.by, posts=posts, scopes=frozenset(self.scopes))

    def counted(self, result: SlipResult, now: datetime) -> SlipFile:
        """The file with one more row done."""
        done = replace(self, next_row=self.next_row + 1, **{result.value: getattr(self, result.value) + 1})
        return replace(done, finished_at=now) if done.next_row == self.rows else done


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipOutcome:
    """What became of one row."""

    file_id: str
    line: int
    order_number: str
    number: str
    result: SlipResult
    errors: tuple[RowError, ...] = ()
    notes: tuple[str, ...] = ()


class OtherSlip(Conflict):
    """The order has left, or has been signed for, under another number."""

    code, title = "other-slip", "The order has another slip already"


@event("slips.uploaded")
@dataclass(frozen=True, slots=True)
class SlipsUploaded:
    """A file of slips has come in and waits to be worked through."""

    file_id: str
    kind: SlipKind
    rows: int


@event("slips.paused")
@dataclass(frozen=True, slots=True)
class SlipsPaused:
    """A file of slips has rows left that another run goes on with."""

    file_id: str
    next_row: int


def in_rows(file_id: str, rows: Sequence[SlipRow], size: int) -> list[SlipRows]:
    """The rows of a file, so many to an item."""
    return [
        SlipRows(file_id, number, tuple(rows[start : start + size]))
        for number, start in enumerate(range(0, len(rows), size))
    ]


def differs(weighed: int, told: int, percent: int) -> bool:
    """Whether a courier's weight is far from the store's own."""
    return bool(weighed and told) and abs(told - weighed) * 100 > weighed * percent


def check_left(left: date, placed: date, today: date) -> None:
    """A parcel leaves after its order was placed, and not tomorrow.

    Raises:
        Invalid: it is said to have.
    """
    if not placed <= left <= today:
        raise Invalid(FieldError("/shipped_on", "is not between the day of the order and today"))
