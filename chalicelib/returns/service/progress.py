"""What the workflow asks: where a return stands, and to be woken when it has moved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.returns.domain import Return, Step, Terms
from chalicelib.returns.items import RETURN

from .common import terms_of

#: Step Functions takes no shorter and no longer time-out.
_SHORTEST: Final = 1
_LONGEST: Final = 99_999_999


@dataclass(frozen=True, slots=True)
class Position:
    """The next step, and the seconds that the workflow waits for it at most."""

    step: Step
    seconds: int


def position(uow: UnitOfWork, order_id: str, return_id: str) -> Position:
    """Where a return stands."""
    thing = uow.get(RETURN, order_id, return_id)
    return Position(thing.step(terms_of(uow, thing.market)), _seconds(thing, uow.now))


def wait_for(uow: UnitOfWork, order_id: str, return_id: str, step: Step, token: str) -> Return | None:
    """Keep the token of a workflow that waits for a step to pass; None when it has passed already."""
    thing = uow.get(RETURN, order_id, return_id)
    terms: Terms = terms_of(uow, thing.market)
    if thing.step(terms) is not step:
        return None
    return uow.put(RETURN, thing.waiting(token))


def _seconds(thing: Return, now: datetime) -> int:
    """Until just after the deadline, so that it has passed when the wait ends."""
    if thing.due is None:
        return _SHORTEST
    return max(_SHORTEST, min(_LONGEST, math.ceil((thing.due - now).total_seconds()) + 1))
