"""A locker's box, from the moment it is asked for until nobody needs it any more (FUL-06).

A vendor takes no part in the shop's transactions. So what is asked of him is written down before he is asked, and the
record says whose turn it is: a box that was asked for and is no order's is given up after a while; what is given up is
released. Each allocation ends once: its customer collects, or it is released.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import NotAllowed
from chalicelib.core.events import event
from chalicelib.core.settings import Setting

SETTLED_WITHIN: Final = Setting(
    "fulfilment.locker_box_settled_minutes",
    5,
    unit="minutes",
    rule="FUL-06",
    own=True,
    doc="After so long a box that was asked for and holds no order's goods is released. Longer than any request runs.",
)


class BoxState(StrEnum):
    """Where an allocation stands."""

    ASKED = "asked"
    HELD = "held"
    COLLECTED = "collected"
    GIVEN_UP = "given_up"
    RELEASED = "released"


B = BoxState

#: What may follow what; collected and released are the ends.
ALLOWED: Final[Mapping[BoxState, frozenset[BoxState]]] = {
    B.ASKED: frozenset({B.HELD, B.GIVEN_UP}),
    B.HELD: frozenset({B.COLLECTED, B.GIVEN_UP, B.RELEASED}),
    B.COLLECTED: frozenset(),
    B.GIVEN_UP: frozenset({B.RELEASED}),
    B.RELEASED: frozenset(),
}


@event("locker_box.held")
@dataclass(frozen=True, slots=True)
class BoxHeld:
    """An order's goods are in a box; the vendor is told that it is wanted for good."""

    order_id: str
    attempt: int


@event("locker_box.given_up")
@dataclass(frozen=True, slots=True)
class BoxGivenUp:
    """Nobody needs the box any more; the vendor is told to free it."""

    order_id: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockerBox:
    """The latest allocation of a box for an order.

    Args:
        attempt: counts the allocations of an order; with its number it is the key that the vendor knows it by.
        nonce: of the pickup code, so that whoever asks again asks with the same code.
        confirmed: the vendor knows that it is wanted for good.
        settle_by: when it is given up, unless goods are in it by then.
    """

    order_id: str
    vendor: str
    locker: str
    attempt: int
    nonce: str
    state: BoxState = BoxState.ASKED
    confirmed: bool = False
    settle_by: datetime | None = None

    @property
    def key(self) -> str:
        """What the vendor knows the allocation by: asked again under it, he gives the same box."""
        return f"{self.order_id}-{self.attempt}"

    def to(self, state: BoxState) -> LockerBox:
        """The allocation in its next state, in which nothing is waited for.

        Raises:
            NotAllowed: it has ended, or does not go there.
        """
        if state not in ALLOWED[self.state]:
            raise NotAllowed("locker box", self.state, state, ALLOWED[self.state])
        return replace(self, state=state, settle_by=None)
