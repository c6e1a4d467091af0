"""Events: facts that other rooms act on.

Events are rows of their aggregate's partition, written by the transaction that made them true; what one transaction
tells in one partition is one row. The same rows are the outbox, the timeline and the audit log. The envelope is the
same everywhere; `data` is the room's own frozen dataclass.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

Data = TypeVar("Data")
DataClass = TypeVar("DataClass", bound=type)

_NAME: Final = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused a change: `shopper`, `guest`, `staff`, `provider`, `clock` or `system`, and its id."""

    kind: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


SYSTEM: Final = Actor("system")
CLOCK: Final = Actor("clock")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The thing an event is about: its type, its id and the partition it lives in."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class EventType:
    """A registered kind of event: its name, the version of its schema and the class of its data."""

    name: str
    schema: int
    data: type


REGISTRY: Final[dict[str, EventType]] = {}
_BY_CLASS: Final[dict[type, EventType]] = {}


def event(name: str, schema: int = 1) -> Callable[[DataClass], DataClass]:
    """Register a frozen dataclass as the data of the event `name` (noun.past-tense).

    A change that old consumers could not read is a new `schema` number.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not noun.past_tense")

    def register(cls: DataClass) -> DataClass:
        if name in REGISTRY:
            raise ValueError(f"event {name} is defined twice")
        REGISTRY[name] = _BY_CLASS[cls] = EventType(name, schema, cls)
        return cls

    return register


def type_of(data: object) -> EventType:
    """The registration of an event's data (an instance or its class)."""
    return _BY_CLASS[data if isinstance(data, type) else type(data)]


@dataclass(frozen=True, slots=True)
class Event(Generic[Data]):
    """The envelope: what happened, to what, when, by whom, and because of which command or event.

    `id` is stable over every redelivery; `sequence` counts the events of one item without gaps.
    """

    id: str
    type: str
    schema: int
    aggregate: Aggregate
    sequence: int
    occurred_at: datetime
    actor: Actor
    cause: str
    trace: str
    data: Data


def encode(envelope: Event[Any]) -> bytes:
    """The envelope as JSON."""
    return msgspec.json.encode(envelope)


def pack(envelopes: Sequence[bytes]) -> bytes:
    """Several envelopes as one row keeps them."""
    return zlib.compress(b"[" + b",".join(envelopes) + b"]", 6)


def unpack(packed: bytes) -> list[str]:
    """The envelopes of a row."""
    return [bytes(raw).decode() for raw in msgspec.json.decode(zlib.decompress(packed), type=list[msgspec.Raw])]


def decode(raw: bytes | str) -> Event[Any]:
    """Read an envelope and its data by the registered class.

    Raises:
        UnknownEvent: no code here knows this type and schema version.
    """
    envelope = msgspec.json.decode(raw, type=Event[msgspec.Raw])
    known = REGISTRY.get(envelope.type)
    if known is None or known.schema < envelope.schema:
        raise UnknownEvent(f"{envelope.type} (schema {envelope.schema})")
    data: Any = msgspec.json.decode(envelope.data, type=known.data)
    return replace(envelope, data=data)


class UnknownEvent(ValueError):
    """An event that this version of the code does not know: deploy readers before writers."""
