"""The sweep: once a minute, everything whose deadline has passed is told so.

Deadlines live on the things themselves (see `core.table.Index.due`); the index lists the earliest of each. A deadline
may fire late or twice, never early: its handler asks the thing itself, which no longer carries what has been done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from chalicelib import house
from chalicelib.core import observe, table
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Conflict
from chalicelib.core.events import CLOCK
from chalicelib.core.ids import new_id
from chalicelib.core.table import Key, Kind, Row
from chalicelib.core.triggers import DEADLINES, Triggers, report
from chalicelib.core.unit_of_work import UnitOfWork, run

#: Seconds after which a sweep leaves the rest to the next one.
LONGEST: Final = 50.0

triggers = Triggers(__name__)


class StuckDeadlines(Exception):
    """Deadlines have passed and cannot be handled: a person has to look."""


@triggers.schedule("sweep-deadlines", "rate(1 minute)", timeout=60, grants=("table", "secrets"))
def sweep_deadlines(uow: UnitOfWork) -> None:
    """Fire every deadline that has passed, oldest first, within the time of one run.

    Raises:
        StuckDeadlines: after all the others have been fired, so that the function's alarm tells of those that cannot.
    """
    stuck: list[str] = []
    fired = sweep(uow.now, time.monotonic() + LONGEST, stuck, clock=utc_now)
    observe.count("DeadlinesFired", fired)
    if stuck:
        raise StuckDeadlines(f"{len(stuck)} deadlines are stuck.")


def sweep(
    now: datetime, until: float, stuck: list[str] | None = None, *, clock: Callable[[], datetime] | None = None
) -> int:
    """Fire what is due at `now`; stops at the monotonic time `until`. How many deadlines were fired.

    Args:
        stuck: gets the kind and name of every deadline that could not be handled.
        clock: the hour at which each is handled, as a sweep takes its time; without one all are handled at `now`.
    """
    clock = clock or (lambda: now)
    list(house.triggers())  # every room's handlers must be known
    stuck = [] if stuck is None else stuck
    fired = 0
    for number in range(table.DUE_SHARDS):
        shard = (now.minute + number) % table.DUE_SHARDS  # a backlog in one must not starve the others run after run
        done: set[Key] = set()
        still_there = 0
        while time.monotonic() < until:
            keys = table.due_keys(shard, now, table.PAGE_LIMIT + still_there)
            new = [key for key in keys if key not in done]
            still_there = len(keys) - len(new)  # stuck, or the index has not followed yet
            if not new:
                break
            rows = table.get_rows(new)  # a page at once: what has changed when its turn comes is read anew
            for key in new:
                done.add(key)
                fired += _fire(rows[key], now, stuck, clock) if key in rows else 0
                if time.monotonic() >= until:
                    break
    return fired


def _fire(row: Row, now: datetime, stuck: list[str], clock: Callable[[], datetime]) -> int:
    """All passed deadlines of one thing, each in a unit of work of its own."""
    try:
        kind = table.kind_of(row.type)
        due = kind.index(kind.decode(row.body)).due
    except Exception as error:  # noqa: BLE001 - one thing that cannot be read must not stop the clock for all others
        _note_stuck(stuck, error, row.type, "unreadable")
        return 0
    fired = 0
    read = [row]
    for name in sorted((name for name, moment in due.items() if moment <= now), key=due.__getitem__):
        cause = f"{row.key.pk}/{row.key.sk}:{name}"
        try:
            run(partial(_handle, key=row.key, kind=kind, name=name, now=now), partial(_begin, cause, read, clock))
            fired += 1
        except Exception as error:  # noqa: BLE001 - a stuck deadline must not stop the others
            _note_stuck(stuck, error, row.type, name)
    return fired


def _note_stuck(stuck: list[str], error: Exception, kind: str, deadline: str) -> None:
    stuck.append(f"{kind}.{deadline}")
    report("sweep-deadlines", error, kind=kind, deadline=deadline)
    observe.count("DeadlinesStuck", kind=kind, deadline=deadline)


def _begin(cause: str, read: list[Row], clock: Callable[[], datetime]) -> UnitOfWork:
    """A unit of work of the clock's. The first knows the row as it was read; whoever lost a race reads it anew."""
    uow = UnitOfWork(clock(), CLOCK, cause=cause, trace=new_id())
    if read:
        uow.know(read.pop())
    return uow


def _handle(uow: UnitOfWork, key: Key, kind: Kind[Any], name: str, now: datetime) -> None:
    thing = uow.at(kind, key)
    due = kind.index(thing).due.get(name) if thing is not None else None
    if due is None or due > now:
        return  # done or moved meanwhile
    DEADLINES[kind.type, name](uow, thing)
    after = uow.at(kind, key)
    if after is not None and kind.index(after).due.get(name) == due:
        raise Conflict(f"The deadline {name} of a {kind.type} was handled and is still there.")
