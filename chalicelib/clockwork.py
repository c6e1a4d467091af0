"""The sweep: once a minute, everything whose deadline has passed is told so.

Deadlines live on the things themselves (see `core.table.Index.due`); the index lists the earliest of each. A deadline
may fire late or twice, never early: its handler asks the thing itself, which no longer carries what has been done.
"""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from typing import Any, Final

from chalicelib import house
from chalicelib.core import observe, table
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import Conflict
from chalicelib.core.events import CLOCK
from chalicelib.core.ids import new_id
from chalicelib.core.table import Key, Kind
from chalicelib.core.triggers import DEADLINES, Triggers, report
from chalicelib.core.unit_of_work import UnitOfWork, run

#: Seconds after which a sweep leaves the rest to the next one.
LONGEST: Final = 50.0

triggers = Triggers(__name__)


@triggers.schedule("sweep-deadlines", "rate(1 minute)", timeout=60, grants=("table", "secrets"))
def sweep_deadlines(uow: UnitOfWork) -> None:
    """Fire every deadline that has passed, oldest first, within the time of one run."""
    fired = sweep(uow.now, time.monotonic() + LONGEST)
    observe.count("DeadlinesFired", fired)


def sweep(now: datetime, until: float) -> int:
    """Fire what is due at `now`; stops at the monotonic time `until`. How many deadlines were fired."""
    list(house.triggers())  # every room's handlers must be known
    fired = 0
    for shard in range(table.DUE_SHARDS):
        done: set[Key] = set()
        still_there = 0
        while time.monotonic() < until:
            keys = table.due_keys(shard, now, table.PAGE_LIMIT + still_there)
            new = [key for key in keys if key not in done]
            still_there = len(keys) - len(new)  # stuck, or the index has not followed yet
            if not new:
                break
            for key in new:
                done.add(key)
                fired += _fire(key, now)
                if time.monotonic() >= until:
                    break
    return fired


def _fire(key: Key, now: datetime) -> int:
    """All passed deadlines of one thing, each in a unit of work of its own."""
    row = table.get_row(key)
    if row is None:
        return 0
    kind, fired = table.kind_of(row.type), 0
    due = kind.index(kind.decode(row.body)).due
    for name in sorted((name for name, moment in due.items() if moment <= now), key=due.__getitem__):
        try:
            run(partial(_handle, key=key, kind=kind, name=name, now=now), partial(_begin, f"{key.pk}/{key.sk}:{name}"))
            fired += 1
        except Exception as error:  # noqa: BLE001 - a stuck deadline must not stop the others; the metric raises the alarm
            report("sweep-deadlines", error, kind=row.type, deadline=name)
            observe.count("DeadlinesStuck", kind=row.type, deadline=name)
    return fired


def _begin(cause: str) -> UnitOfWork:
    return UnitOfWork(utc_now(), CLOCK, cause=cause, trace=new_id())


def _handle(uow: UnitOfWork, key: Key, kind: Kind[Any], name: str, now: datetime) -> None:
    thing = uow.at(kind, key)
    due = kind.index(thing).due.get(name) if thing is not None else None
    if due is None or due > now:
        return  # done or moved meanwhile
    DEADLINES[kind.type, name](uow, thing)
    after = uow.at(kind, key)
    if after is not None and kind.index(after).due.get(name) == due:
        raise Conflict(f"The deadline {name} of a {kind.type} was handled and is still there.")
