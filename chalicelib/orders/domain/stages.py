"""How long who had an order: its stages, and the hands it was in while it was in them (ORD-16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .machine import GROUP_OF, Group, State


@dataclass(frozen=True, slots=True)
class Stage:
    """When the order entered a state; it left it when it entered the next (ORD-16)."""

    state: State
    at: datetime


@dataclass(frozen=True, slots=True)
class Hand:
    """From when another group had an order than until then, without its state having changed.

    Args:
        stage: position of the stage in which that was.
    """

    stage: int
    group: Group
    at: datetime


@dataclass(frozen=True, slots=True)
class StageTime:
    """A stage of the order's life, or the part of one in which one group had the next move (ORD-16)."""

    state: State
    group: Group
    entered_at: datetime
    left_at: datetime | None


def group_in(stages: tuple[Stage, ...], hands: tuple[Hand, ...]) -> Group:
    """Who had the order last, as far as it is noted."""
    if hands and hands[-1].stage == len(stages) - 1:
        return hands[-1].group
    return GROUP_OF[stages[-1].state]


def times(stages: Iterable[Stage], hands: Iterable[Hand]) -> tuple[StageTime, ...]:
    """Every stage with the moment it was entered and left, oldest first, divided where it changed hands."""
    hands = tuple(hands)
    begun: list[tuple[State, Group, datetime]] = []
    for position, stage in enumerate(stages):
        begun.append((stage.state, GROUP_OF[stage.state], stage.at))
        for hand in hands:
            if hand.stage == position:
                if begun[-1][2] == hand.at:  # it was nobody else's for any time
                    begun.pop()
                begun.append((stage.state, hand.group, hand.at))
    ends: list[datetime | None] = [at for *_, at in begun[1:]]
    return tuple(StageTime(*each, end) for each, end in zip(begun, [*ends, None], strict=True))
