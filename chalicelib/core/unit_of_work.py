"""The unit of work: one command, one transaction.

A command loads, decides with pure code and says what it wants written; `commit` sends all of it (state, events,
counters, the idempotency record) as one `TransactWriteItems`, so that either everything happened or nothing did.

What can go wrong on the way, and what is done:

- *Another writer was first*: the version condition fails, `VersionConflict` is raised, and whoever runs the command
  runs the whole of it again with a fresh unit of work (`run`).
- *Two transactions met* (`TransactionConflict`), throttling: nothing was written; the same transaction is sent again,
  with jitter. botocore does not do this by itself.
- *No answer* (time-out, 500): it may have been written. The same request token makes the retry harmless for ten
  minutes; and because every write carries this commit's id, a condition that fails afterwards is first asked "was that
  me?" before it is believed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

from . import ids, settings_values, table
from .clock import stamp
from .commit import Operation, Transaction
from .errors import DomainError, NotFound, StaleVersion, Unavailable, VersionConflict
from .events import SYSTEM, Actor, Aggregate
from .once import APPLIED, IDEMPOTENCY, Applied, IdempotencyRecord
from .settings import Setting
from .table import CounterKind, Key, Kind, Ref, Row
from .writes import Count, Put, Writer

T = TypeVar("T")
R = TypeVar("R")
Value = TypeVar("Value", int, str, bool)

#: How often a whole command is run again because another writer was first.
RERUNS: Final = 5


class UnitOfWork:
    """What one command reads and wants written.

    Args:
        now: the moment of the command, UTC.
        actor: who gave it.
        cause: id of the request, message or event that led to it.
        trace: id that is carried from request to event to consumer.
    """

    def __init__(
        self,
        now: datetime,
        actor: Actor = SYSTEM,
        cause: str = "",
        trace: str = "",
        new_id: Callable[[], str] = ids.new_id,
    ) -> None:
        self.now, self.actor, self.cause, self.trace = now, actor, cause, trace
        self.new_id = new_id
        self._rows: dict[Key, Row | None] = {}
        self._things: dict[Key, Any] = {}
        self._puts: dict[Key, Put] = {}
        self._removals: dict[Key, Put] = {}
        self._checks: set[Key] = set()
        self._counts: dict[Key, Count] = {}

    # Reading

    def load(self, *refs: Ref) -> None:
        """Fetch many things in one round trip; asking for them later costs nothing."""
        missing = [ref.key for ref in refs if ref.key not in self._rows]
        if len(missing) == 1:
            self._rows[missing[0]] = table.get_row(missing[0])
        elif missing:
            found = table.get_rows(missing)
            self._rows.update({key: found.get(key) for key in missing})

    def know(self, row: Row) -> None:
        """Take a row that has been read already. It may be old: what is put on its ground fails if it has changed."""
        self._rows.setdefault(row.key, row)

    def find(self, kind: Kind[T], *key_ids: str) -> T | None:
        """A thing by its ids, or None. Ids that cannot be ids find nothing."""
        if not table.checked(*key_ids):
            return None
        return self.at(kind, kind.key(*key_ids))

    def at(self, kind: Kind[T], key: Key) -> T | None:
        """A thing by its key, or None: also when an item of another kind is there."""
        if key in self._puts:
            return cast(T, self._puts[key].thing)
        if key in self._removals:
            return None
        if key not in self._rows:
            self._rows[key] = table.get_row(key)
        row = self._rows[key]
        if row is None or row.type != kind.type:
            return None
        if key not in self._things:
            self._things[key] = kind.decode(row.body)
        return cast(T, self._things[key])

    def get(self, kind: Kind[T], *key_ids: str) -> T:
        """A thing by its ids.

        Raises:
            NotFound: there is none.
        """
        thing = self.find(kind, *key_ids)
        if thing is None:
            raise NotFound(kind.type.replace("_", " "), key_ids[-1] if key_ids else "")
        return thing

    def part(self, kind: Kind[T], *key_ids: str, prefix: str) -> list[T]:
        """All things of a kind inside one partition whose sort keys begin with `prefix`, in key order.

        `key_ids` are those of the partition; the kind's further ids are filled with nothing.
        """
        if not table.checked(*key_ids):
            return []
        pk = _partition(kind, key_ids)
        things = []
        for row in table.rows_of(pk, prefix):
            self._rows.setdefault(row.key, row)
            thing = self.at(kind, row.key)
            if thing is not None:
                things.append(thing)
        return things

    def load_partition(self, pk: str, prefix: str = "") -> list[Row]:
        """Fetch a whole partition (or a prefix of it) in one query: rows of every kind, events included."""
        rows = list(table.rows_of(pk, prefix))
        for row in rows:
            self._rows.setdefault(row.key, row)
        return rows

    def counter(self, ref: Ref) -> Mapping[str, int] | None:
        """The numbers of a counter item as loaded, or None when there is none; what is counted here is not in them."""
        if ref.key not in self._rows:
            self.load(ref)
        row = self._rows[ref.key]
        return row.counts if row is not None and row.type == ref.kind.type else None

    def counters(self, kind: CounterKind, *key_ids: str, prefix: str) -> dict[Key, Mapping[str, int]]:
        """All counter items of a kind inside one partition."""
        if not table.checked(*key_ids):
            return {}
        return {
            row.key: row.counts
            for row in self.load_partition(_partition(kind, key_ids), prefix)
            if row.type == kind.type
        }

    def version(self, kind: Kind[T], thing: T) -> int:
        """The version a loaded thing has in the table (0: not there yet); after `put`, the one it will have."""
        key = kind.of(thing)
        row = self._rows.get(key)
        return (row.version if row else 0) + (key in self._puts)

    def created_at(self, kind: Kind[T], thing: T) -> str:
        """When a loaded thing was first written (RFC 3339)."""
        row = self._rows.get(kind.of(thing))
        return row.created_at if row else stamp(self.now)

    def expect(self, kind: Kind[T], thing: T, version: int | None) -> None:
        """Insist on the version a client knows (`If-Match`); None insists on nothing.

        Raises:
            StaleVersion: it has changed since.
        """
        if version is not None and self.version(kind, thing) != version:
            raise StaleVersion("It has been changed since you read it. Read it again.")

    def setting(self, setting: Setting[Value], market: str = "") -> Value:
        """The value of a setting in force: the market's, else the shop's, else the default."""
        return settings_values.read(setting, market)

    # Writing

    def put(self, kind: Kind[T], thing: T, *happened: Any) -> T:
        """Insert or update a thing, with the events that tell of it. Puts of one thing are merged."""
        key = kind.of(thing)
        if key not in self._rows:
            self._rows[key] = None  # never read here: it must be new
        if key in self._puts:
            self._puts[key].thing = thing
        else:
            self._puts[key] = Put(kind, thing)
            self._removals.pop(key, None)
        self._puts[key].events.extend(happened)
        return thing

    def remove(self, kind: Kind[T], thing: T) -> None:
        """Delete a thing that has been loaded and not changed since."""
        key = kind.of(thing)
        self._puts.pop(key, None)
        if self._rows.get(key) is not None:
            self._removals[key] = Put(kind, thing)

    def require(self, kind: Kind[Any], *key_ids: str) -> None:
        """Commit only if this thing is still as it was loaded."""
        ref = kind.ref(*key_ids)
        self.load(ref)
        self._checks.add(ref.key)

    def count(
        self,
        ref: Ref,
        deltas: Mapping[str, int],
        *,
        at_least: Mapping[str, int] | None = None,
        otherwise: DomainError | None = None,
        happened: tuple[Any, ...] = (),
        about: Aggregate | None = None,
        first: bool = False,
        expires: datetime | None = None,
    ) -> None:
        """Move numbers of a counter item, if they are large enough.

        Calls for one item add up, as one transaction may touch an item only once.

        Args:
            deltas: what to add to which number; numbers that are not there yet start at zero.
            at_least: what each number must be before the move; one that is not there yet is zero.
            otherwise: raised when it is not.
            happened: events that tell of the move.
            about: the aggregate named in those events.
            first: only if there is no such counter item yet.
            expires: from when on the item may be cleaned away.
        """
        change = self._counts.setdefault(ref.key, Count(ref.kind.type, {}, {}, []))
        for name, delta in deltas.items():
            change.deltas[name] = change.deltas.get(name, 0) + delta
        for name, floor in (at_least or {}).items():
            change.at_least[name] = change.at_least.get(name, 0) + floor
        if otherwise is not None:
            change.errors.append(otherwise)
        change.events.extend(happened)
        change.aggregate = about or change.aggregate
        change.first = change.first or first
        change.expires = expires or change.expires

    def claimed(self, ref: Ref) -> Mapping[str, int]:
        """What each number of a counter item must be for what has been counted so far; of the numbers as loaded, that
        much is spoken for."""
        change = self._counts.get(ref.key)
        return change.at_least if change is not None else {}

    def once(self, event_id: str) -> None:
        """Apply an event at most once, for handlers whose own state does not show that they have run.

        Raises:
            AlreadyApplied: from `commit`, when it has been applied before.
        """
        self.put(APPLIED, Applied(ids.digest(event_id)[:32], self.now + timedelta(days=30)))

    def remember(self, record: IdempotencyRecord) -> None:
        """Write the idempotency record with everything else."""
        self.put(IDEMPOTENCY, record)

    def recall(self, record_id: str) -> IdempotencyRecord | None:
        """The idempotency record of a request that has been answered before, unless it has expired."""
        record = self.find(IDEMPOTENCY, record_id)
        return record if record is not None and record.expires_at > self.now else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be written."""
        return not (self._puts or self._removals or self._counts)

    def commit(self, result: R) -> R:
        """Write everything or nothing, and hand the result through.

        Raises:
            VersionConflict: another writer was first; run the command again.
            AlreadyDone, AlreadyApplied: this very request or event has been through.
            LimitExceeded: more than one transaction or one item can hold.
            Unavailable: the table did not answer, or stayed busy.
            DomainError: what `count` said otherwise.
        """
        if self.is_empty:
            return result
        writer = Writer(self.now, self.actor, self.cause, self.trace, self.new_id(), self.new_id)
        operations: list[Operation] = []
        for key, put in self._puts.items():
            operations.append(writer.put(key, put, self._rows[key]))
        operations += [writer.remove(key, put.kind, self._rows[key]) for key, put in self._removals.items()]
        untouched = self._checks - self._puts.keys() - self._removals.keys()
        operations += [writer.check(key, self._rows[key]) for key in sorted(untouched)]
        for key, change in self._counts.items():
            operations.append(writer.count(key, change))
        operations += writer.outbox()
        Transaction(writer.commit_id, operations).send()
        return result


def _partition(kind: Kind[Any] | CounterKind, key_ids: tuple[str, ...]) -> str:
    """The partition key that a kind's further ids do not influence."""
    code = kind.key.__code__
    return kind.key(*key_ids, *[""] * (code.co_argcount - len(key_ids))).pk


def run(command: Callable[[UnitOfWork], R], begin: Callable[[], UnitOfWork]) -> R:
    """Run a command in a unit of work and commit it; run it again when another writer was first.

    Raises:
        Unavailable: others were first too many times.
    """
    for attempt in range(RERUNS):
        if attempt:
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
        uow = begin()
        try:
            return uow.commit(command(uow))
        except VersionConflict:
            continue
    raise Unavailable("Others keep changing the same thing. Please try again in a moment.")
