"""What happens once: the record of an answered request and the mark of an applied event, and what finding one means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from . import table
from .errors import VersionConflict
from .table import Index, Key, Kind


class AlreadyDone(Exception):
    """The idempotency record of this request exists: it has been answered before. `record` tells how."""

    def __init__(self, record: IdempotencyRecord) -> None:
        super().__init__()
        self.record = record


class AlreadyApplied(Exception):
    """This event has been applied before: a redelivery, to be acknowledged."""


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a request is recognised when it comes again.

    Args:
        id: digest of principal, route and key.
        fingerprint: digest of what was asked; another one under the same id is refused.
    """

    id: str
    fingerprint: str


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
    index=lambda record: Index(expires=record.expires_at),
)


@dataclass(frozen=True, slots=True)
class Applied:
    """A consumer has applied an event. Kept longer than any queue redelivers."""

    id: str
    expires_at: datetime


APPLIED: Final[Kind[Applied]] = Kind(
    "applied",
    Applied,
    key=lambda applied_id: Key(f"APPLIED#{applied_id}", "APPLIED"),
    of=lambda applied: Key(f"APPLIED#{applied.id}", "APPLIED"),
    index=lambda applied: Index(expires=applied.expires_at),
)


def means(kind: Kind[Any], key: Key) -> Callable[[], Exception]:
    """What it means that an item could not be written as it was expected to be."""
    if kind is APPLIED:
        return AlreadyApplied
    if kind is IDEMPOTENCY:
        return lambda: _already_done(key)
    return VersionConflict


def _already_done(key: Key) -> Exception:
    row = table.get_row(key)
    return AlreadyDone(IDEMPOTENCY.decode(row.body)) if row else VersionConflict()
