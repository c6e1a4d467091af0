"""Taking in a file record by record, each by a transaction of its own that also moves the file's position.

Stopping anywhere, by choice or by a crash, therefore loses nothing and repeats nothing: whoever goes on begins at the
position that the file remembers, and two who go on at the same time do so one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .errors import DomainError, FieldError
from .unit_of_work import UnitOfWork, run

Record = TypeVar("Record")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Intake(Generic[Record, Outcome]):
    """Takes in records. Each is a command of its own, so this holds no unit of work.

    Args:
        begin: starts a unit of work.
        take: takes in one record and moves the position; None when the record is behind the position already.
        reject: notes why a record was not taken and moves the position; None as with `take`.
        told: called after each record, for progress.
        enough: asked after each record; true stops here, to be continued.
    """

    begin: Callable[[], UnitOfWork]
    take: Callable[[UnitOfWork, Record], Outcome | None]
    reject: Callable[[UnitOfWork, Record, DomainError], Outcome | None]
    told: Callable[[Record, Outcome], None] = lambda _record, _outcome: None
    enough: Callable[[], bool] = lambda: False

    def feed(self, records: Iterable[Record]) -> bool:
        """Take in records until there are no more or it is enough; whether all of them are through.

        Raises:
            DomainError: one that heals: the same record is tried again by whoever continues.
        """
        for record in records:
            self._one(record)
            if self.enough():
                return False
        return True

    def _one(self, record: Record) -> None:
        try:
            outcome = run(lambda uow: self.take(uow, record), self.begin)
        except DomainError as error:
            if error.heals:
                raise
            reason = error
            outcome = run(lambda uow: self.reject(uow, record, reason), self.begin)
        if outcome is not None:
            self.told(record, outcome)


def reasons(error: DomainError) -> list[FieldError]:
    """What was wrong, field by field; a refusal that names no field has an empty pointer."""
    errors = error.members.get("errors")
    if isinstance(errors, list):
        return [FieldError(one["pointer"].removeprefix("/"), one["detail"]) for one in errors]
    return [FieldError("", error.detail or error.title)]
