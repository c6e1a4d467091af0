"""The colours of work (ORD-17)."""

from __future__ import annotations

from typing import Final, Literal, get_args

Mark = Literal["unhandled", "handled", "overdue"]
MARKS: Final[tuple[Mark, ...]] = get_args(Mark)


def mark_of(*, late: bool, claimed_by: str, waits: bool) -> Mark:
    """The colour of a thing in a work list: late, taken up (or waiting for somebody else), or to be taken up."""
    if late:
        return "overdue"
    return "handled" if claimed_by or not waits else "unhandled"
