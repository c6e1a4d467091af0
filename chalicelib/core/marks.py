"""The colours of work (ORD-17)."""

from __future__ import annotations

from typing import Final, Literal, get_args

Mark = Literal["unhandled", "handled", "warned", "overdue"]
MARKS: Final[tuple[Mark, ...]] = get_args(Mark)


def mark_of(*, late: bool, claimed_by: str, waits: bool, warned: bool = False) -> Mark:
    """The colour of a thing in a work list: late, nearly so, taken up (or waiting for others), or to be taken up."""
    if late:
        return "overdue"
    if warned:
        return "warned"
    return "handled" if claimed_by or not waits else "unhandled"
