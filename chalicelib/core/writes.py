"""From what a command wants written to the actions of its transaction: items, counters, event rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from . import events, table
from .clock import stamp
from .commit import Operation, Rank, operation, unchanged
from .errors import DomainError, LimitExceeded, VersionConflict
from .events import Actor, Aggregate, Event
from .once import APPLIED, IDEMPOTENCY, means
from .table import Key, Kind, Row

#: Bytes of one event: ten of them go to the bus at once, and the bus takes 256 kB.
EVENT_LIMIT: Final = 24_000


@dataclass(slots=True)
class Put:
    """A thing to be kept as it is now, and what has happened to it."""

    kind: Kind[Any]
    thing: Any
    events: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Count:
    """Numbers of one counter item to be moved."""

    type: str
    deltas: dict[str, int]
    at_least: dict[str, int]
    errors: list[DomainError]
    events: list[Any] = field(default_factory=list)
    aggregate: Aggregate | None = None
    first: bool = False
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes the actions of one commit. The arguments go into every event's envelope."""

    now: datetime
    actor: Actor
    cause: str
    trace: str
    commit_id: str
    new_id: Callable[[], str]
    told: dict[str, list[tuple[Key, bytes]]] = field(default_factory=dict)

    def put(self, key: Key, put: Put, row: Row | None) -> Operation:
        """The item; its events are numbered on from those it has."""
        sequence = row.sequence if row else 0
        condition = unchanged(row)
        if put.kind is IDEMPOTENCY:  # an expired record is as good as none
            condition = condition | (Path("expires_at") <= int(self.now.timestamp()))
        rank = Rank.DONE_BEFORE if put.kind in (IDEMPOTENCY, APPLIED) else Rank.ANOTHER_WRITER
        item = self._item(key, put, row, sequence + len(put.events))
        about = Aggregate(put.kind.type, _id_of(key))
        for number, data in enumerate(put.events, sequence + 1):
            self._tell(key, about, number, f"{number:06d}", data)
        return operation("Put", key, item=item, condition=condition, fails_as=means(put.kind, key), rank=rank)

    def remove(self, key: Key, kind: Kind[Any], row: Row | None) -> Operation:
        """The item's removal, if nobody has changed it."""
        return operation("Delete", key, condition=unchanged(row), fails_as=means(kind, key))

    def check(self, key: Key, row: Row | None) -> Operation:
        """That nobody has changed the item."""
        return operation("ConditionCheck", key, condition=unchanged(row), fails_as=VersionConflict)

    def count(self, key: Key, change: Count) -> Operation:
        """The counter's move; its events have no sequence, as a counter is never read to be moved."""
        actions: list[Action] = [Path(name).add(delta) for name, delta in change.deltas.items()]
        marks = {"updated_at": stamp(self.now), "type": change.type, "commit": self.commit_id}
        actions += [Path(name).set(value) for name, value in marks.items()]
        if change.expires is not None:
            actions.append(Path("expires_at").set(int(change.expires.timestamp())))
        condition: Condition | None = Path("pk").does_not_exist() if change.first else None
        for name, floor in change.at_least.items():
            test: Condition = Path(name) >= floor
            if floor <= 0:  # a number that is not there yet is zero
                test = test | Path(name).does_not_exist()
            condition = test if condition is None else condition & test
        error = change.errors[0] if change.errors else VersionConflict()
        about = change.aggregate or Aggregate(change.type, _id_of(key))
        for data in change.events:
            self._tell(key, about, 0, self.new_id(), data)
        return operation(
            "Update", key, actions=actions, condition=condition, fails_as=lambda: error, rank=Rank.TOO_LITTLE
        )

    def _item(self, key: Key, put: Put, row: Row | None, sequence: int) -> Mapping[str, Any]:
        body, now = put.kind.encode(put.thing), stamp(self.now)
        if len(body) > table.BODY_LIMIT:
            raise LimitExceeded(f"This {put.kind.type} has grown too large to keep.")
        item: dict[str, Any] = {
            **key.wire,
            **table.index_attributes(key, put.kind.index(put.thing)),
            "type": {"S": put.kind.type},
            "version": {"N": str((row.version if row else 0) + 1)},
            "created_at": {"S": row.created_at if row else now},
            "updated_at": {"S": now},
            "commit": {"S": self.commit_id},
            "body": {"B": body},
        }
        if sequence:
            item["sequence"] = {"N": str(sequence)}
        card = put.kind.encode_card(put.thing)
        if card is not None:
            item["card"] = {"B": card}
        return item

    def _tell(self, key: Key, about: Aggregate, sequence: int, suffix: str, data: Any) -> None:
        known = events.type_of(data)
        place = Key(key.pk, f"EVENT#{key.sk}#{suffix}")
        envelope: Event[Any] = Event(
            id=f"{place.pk}/{place.sk}", type=known.name, schema=known.schema, aggregate=about, sequence=sequence,
            occurred_at=self.now, actor=self.actor, cause=self.cause, trace=self.trace, data=data,
        )  # fmt: skip
        text = events.encode(envelope)
        if len(text) > EVENT_LIMIT:
            raise LimitExceeded(f"What {known.name} would have to tell is too much for one event.")
        self.told.setdefault(key.pk, []).append((place, text))

    def outbox(self) -> Iterator[Operation]:
        """One row for everything that is told in a partition, in the place of its first event.

        The places of the others stay empty; that each event is there once follows from the versions of their items.
        """
        for told in self.told.values():
            place = told[0][0]
            item = {
                **place.wire,
                "type": {"S": "event"},
                "commit": {"S": self.commit_id},
                "events": {"B": events.pack([text for _, text in told])},
            }
            yield operation("Put", place, item=item, condition=Path("pk").does_not_exist(), fails_as=VersionConflict)


def _id_of(key: Key) -> str:
    """The id an event names: the last part of a compound sort key, else the partition's own."""
    return key.sk.rpartition("#")[2] if "#" in key.sk else key.pk.partition("#")[2]
