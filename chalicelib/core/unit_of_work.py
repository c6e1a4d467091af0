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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from . import events, ids, settings_values, table
from .clock import stamp
from .commit import Operation, Rank, Transaction, operation, unchanged
from .errors import DomainError, LimitExceeded, NotFound, StaleVersion, Unavailable, VersionConflict
from .events import SYSTEM, Actor, Aggregate, Event
from .settings import Setting
from .table import CounterKind, Key, Kind, Ref, Row

T = TypeVar("T")
R = TypeVar("R")
Value = TypeVar("Value", int, str, bool)

#: How often a whole command is run again because another writer was first.
RERUNS: Final = 5
#: Bytes of one event: ten of them go to the bus at once, and the bus takes 256 kB.
EVENT_LIMIT: Final = 24_000


class AlreadyDone(Exception):
    """The idempotency record of this request exists: it has been answered before. `record` tells how."""

    def __init__(self, record: IdempotencyRecord) -> None:
        super().__init__()
        self.record = record


class AlreadyApplied(Exception):
    """This event has been applied before: a redelivery, to be acknowledged."""


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What an idempotency key was used for.

    Args:
        id: digest of principal, route and key.
        fingerprint: digest of the request; another one under the same key is refused.
        result: id of what came of it, from which the answer is built anew.
        answer: the answer itself, for routes whose answer is small and holds no personal data.
        expires_at: from then on the key is free again.
    """

    id: str
    fingerprint: str
    result: str
    expires_at: datetime
    answer: str = ""
    status: int = 200


IDEMPOTENCY: Final[Kind[IdempotencyRecord]] = Kind(
    "idempotency",
    IdempotencyRecord,
    key=lambda record_id: Key(f"IDEM#{record_id}", "IDEM"),
    of=lambda record: Key(f"IDEM#{record.id}", "IDEM"),
    index=lambda record: table.Index(expires=record.expires_at),
)


@dataclass(frozen=True, slots=True)
class _Applied:
    """A consumer has applied an event. Kept longer than any queue redelivers."""

    id: str
    expires_at: datetime


_APPLIED: Final[Kind[_Applied]] = Kind(
    "applied",
    _Applied,
    key=lambda applied_id: Key(f"APPLIED#{applied_id}", "APPLIED"),
    of=lambda applied: Key(f"APPLIED#{applied.id}", "APPLIED"),
    index=lambda applied: table.Index(expires=applied.expires_at),
)


@dataclass(slots=True)
class _Put:
    kind: Kind[Any]
    thing: Any
    events: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class _Count:
    type: str
    deltas: dict[str, int]
    at_least: dict[str, int]
    errors: list[DomainError]
    events: list[Any] = field(default_factory=list)
    aggregate: Aggregate | None = None
    first: bool = False


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
        self._puts: dict[Key, _Put] = {}
        self._removals: dict[Key, _Put] = {}
        self._checks: set[Key] = set()
        self._counts: dict[Key, _Count] = {}

    # Reading

    def load(self, *refs: Ref) -> None:
        """Fetch many things in one round trip; asking for them later costs nothing."""
        missing = [ref.key for ref in refs if ref.key not in self._rows]
        if len(missing) == 1:
            self._rows[missing[0]] = table.get_row(missing[0])
        elif missing:
            found = table.get_rows(missing)
            self._rows.update({key: found.get(key) for key in missing})

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
        """The numbers of a counter item as loaded, or None when there is none."""
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
            self._puts[key] = _Put(kind, thing)
            self._removals.pop(key, None)
        self._puts[key].events.extend(happened)
        return thing

    def remove(self, kind: Kind[T], thing: T) -> None:
        """Delete a thing that has been loaded and not changed since."""
        key = kind.of(thing)
        self._puts.pop(key, None)
        if self._rows.get(key) is not None:
            self._removals[key] = _Put(kind, thing)

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
    ) -> None:
        """Move numbers of a counter item, if they are large enough.

        Calls for one item add up, as one transaction may touch an item only once.

        Args:
            deltas: what to add to which number; numbers that are not there yet start at zero.
            at_least: what each number must be before the move.
            otherwise: raised when it is not.
            happened: events that tell of the move.
            about: the aggregate named in those events.
            first: only if there is no such counter item yet.
        """
        change = self._counts.setdefault(ref.key, _Count(ref.kind.type, {}, {}, []))
        for name, delta in deltas.items():
            change.deltas[name] = change.deltas.get(name, 0) + delta
        for name, floor in (at_least or {}).items():
            change.at_least[name] = change.at_least.get(name, 0) + floor
        if otherwise is not None:
            change.errors.append(otherwise)
        change.events.extend(happened)
        change.aggregate = about or change.aggregate
        change.first = change.first or first
        self._rows.setdefault(ref.key, None)

    def once(self, event_id: str) -> None:
        """Apply an event at most once, for handlers whose own state does not show that they have run.

        Raises:
            AlreadyApplied: from `commit`, when it has been applied before.
        """
        self.put(_APPLIED, _Applied(ids.digest(event_id)[:32], self.now + timedelta(days=30)))

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
        commit_id = self.new_id()
        Transaction(commit_id, self._operations(commit_id)).send()
        return result

    # From intentions to operations

    def _operations(self, commit_id: str) -> list[Operation]:
        operations: list[Operation] = []
        for key, put in self._puts.items():
            operations += self._put_operations(key, put, commit_id)
        for key, removal in self._removals.items():
            operations.append(
                operation("Delete", key, condition=unchanged(self._rows[key]), fails_as=_fails_as(removal.kind, key))
            )
        for key in self._checks:
            if key not in self._puts and key not in self._removals:
                condition = unchanged(self._rows[key])
                operations.append(operation("ConditionCheck", key, condition=condition, fails_as=VersionConflict))
        for key, change in self._counts.items():
            operations += self._count_operations(key, change, commit_id)
        return operations

    def _put_operations(self, key: Key, put: _Put, commit_id: str) -> list[Operation]:
        row, now = self._rows[key], stamp(self.now)
        body = put.kind.encode(put.thing)
        if len(body) > table.BODY_LIMIT:
            raise LimitExceeded(f"This {put.kind.type} has grown too large to keep.")
        sequence = row.sequence if row else 0
        item: dict[str, Any] = {
            **key.wire,
            **table.index_attributes(key, put.kind.index(put.thing)),
            "type": {"S": put.kind.type},
            "version": {"N": str((row.version if row else 0) + 1)},
            "created_at": {"S": row.created_at if row else now},
            "updated_at": {"S": now},
            "commit": {"S": commit_id},
            "body": {"B": body},
        }
        if sequence or put.events:
            item["sequence"] = {"N": str(sequence + len(put.events))}
        if put.kind.card is not None:
            item["card"] = {"S": _text(put.kind.card(put.thing))}
        condition = unchanged(row)
        if put.kind is IDEMPOTENCY:  # an expired record is as good as none
            condition = condition | (Path("expires_at") <= int(self.now.timestamp()))
        rank = Rank.DONE_BEFORE if put.kind in (IDEMPOTENCY, _APPLIED) else Rank.ANOTHER_WRITER
        operations = [
            operation("Put", key, item=item, condition=condition, fails_as=_fails_as(put.kind, key), rank=rank)
        ]
        about = Aggregate(put.kind.type, _id_of(key))
        for number, data in enumerate(put.events, sequence + 1):
            operations.append(self._event_operation(key, about, number, f"{number:06d}", data, commit_id))
        return operations

    def _count_operations(self, key: Key, change: _Count, commit_id: str) -> list[Operation]:
        actions: list[Action] = [Path(name).add(delta) for name, delta in change.deltas.items()]
        kind = change.type
        actions += [Path("updated_at").set(stamp(self.now)), Path("type").set(kind), Path("commit").set(commit_id)]
        condition: Condition | None = Path("pk").does_not_exist() if change.first else None
        for name, floor in change.at_least.items():
            test = Path(name) >= floor
            condition = test if condition is None else condition & test
        errors = change.errors

        def fails_as() -> Exception:
            return errors[0] if errors else VersionConflict()

        operations = [
            operation("Update", key, actions=actions, condition=condition, fails_as=fails_as, rank=Rank.TOO_LITTLE)
        ]
        about = change.aggregate or Aggregate(kind, _id_of(key))
        operations += [self._event_operation(key, about, 0, self.new_id(), data, commit_id) for data in change.events]
        return operations

    def _event_operation(
        self,
        key: Key,
        about: Aggregate,
        sequence: int,
        suffix: str,
        data: Any,
        commit_id: str,
    ) -> Operation:
        known = events.type_of(data)
        place = Key(key.pk, f"EVENT#{key.sk}#{suffix}")
        envelope: Event[Any] = Event(
            id=f"{place.pk}/{place.sk}",
            type=known.name,
            schema=known.schema,
            aggregate=about,
            sequence=sequence,
            occurred_at=self.now,
            actor=self.actor,
            cause=self.cause,
            trace=self.trace,
            data=data,
        )
        text = events.encode(envelope)
        if len(text) > EVENT_LIMIT:
            raise LimitExceeded(f"What {known.name} would have to tell is too much for one event.")
        item = {
            **place.wire,
            "type": {"S": "event"},
            "commit": {"S": commit_id},
            "envelope": {"S": text.decode()},
        }
        return operation("Put", place, item=item, condition=Path("pk").does_not_exist(), fails_as=VersionConflict)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _partition(kind: Kind[Any] | CounterKind, key_ids: tuple[str, ...]) -> str:
    """The partition key that a kind's further ids do not influence."""
    code = kind.key.__code__
    return kind.key(*key_ids, *[""] * (code.co_argcount - len(key_ids))).pk


def _id_of(key: Key) -> str:
    """The id an event names: the last part of a compound sort key, else the partition's own."""
    return key.sk.rpartition("#")[2] if "#" in key.sk else key.pk.partition("#")[2]


def _fails_as(kind: Kind[Any], key: Key) -> Callable[[], Exception]:
    if kind is _APPLIED:
        return AlreadyApplied
    if kind is IDEMPOTENCY:

        def already_done() -> Exception:
            row = table.get_row(key)
            return AlreadyDone(IDEMPOTENCY.decode(row.body)) if row else VersionConflict()

        return already_done
    return VersionConflict


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
