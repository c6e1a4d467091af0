"""A store's endpoint: where its system listens, to what, and how it has answered lately."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import Conflict

#: However often it has failed, an endpoint that is not disabled is tried once in so long.
LONGEST_PAUSE: Final = timedelta(hours=1)


class Disabled(StrEnum):
    """Why nothing is sent to an endpoint."""

    BY_STAFF = "by_staff"
    GONE = "gone"
    FAILING = "failing"


class RotationUnderWay(Conflict):
    """The former secret still counts; a third one would cut off whoever still uses it."""

    code, title = "rotation-under-way", "The former secret still counts"


@dataclass(frozen=True, slots=True)
class Connected:
    """The stores that have, or have had, an endpoint: most shops have none, and nothing to look for."""

    stores: tuple[str, ...] = ()

    def joined_by(self, store: str) -> Connected:
        return Connected(tuple(sorted({*self.stores, store})))


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One receiver of a store's messages.

    A secret never changes: a rotation is the next number, and the former one counts until a time. So what this item
    says is the truth, and no moment of a rotation has two.

    Args:
        name: unique in the store.
        events: the types of messages it gets.
        disabled: why nothing is sent to it, or None.
        secret: the number of the secret that is used.
        former_until: until when the secret before it counts, too; None: not at all.
    """

    store: str
    name: str
    url: str
    events: tuple[str, ...]
    registered_at: datetime
    disabled: Disabled | None = None
    secret: int = 1
    former_until: datetime | None = None

    @property
    def secret_name(self) -> str:
        """What the secret in use is called in Secrets Manager."""
        return self._name_of(self.secret)

    @property
    def next_secret_name(self) -> str:
        """What the secret after the next rotation will be called."""
        return self._name_of(self.secret + 1)

    @property
    def spent_secret_name(self) -> str:
        """What the secret was called that a rotation puts out of all use; there may be none."""
        return self._name_of(self.secret - 1)

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """The names of the secrets that count, the one in use first."""
        former = self.former_until is not None and now < self.former_until
        return (self.secret_name, self._name_of(self.secret - 1)) if former else (self.secret_name,)

    def may_report(self) -> bool:
        """Whether messages signed with its secrets are believed: unless staff have shut it, as a leak may be why."""
        return self.disabled is not Disabled.BY_STAFF

    def rotated(self, now: datetime, overlap: timedelta) -> Endpoint:
        """The endpoint with its next secret.

        Args:
            overlap: how long the present one counts beside it; nothing when it may have leaked.

        Raises:
            RotationUnderWay: the secret before the present one still counts, and the present one is to count on.
        """
        if overlap and self.former_until is not None and now < self.former_until:
            raise RotationUnderWay("Wait for its end, or rotate at once.", until=self.former_until.isoformat())
        return replace(self, secret=self.secret + 1, former_until=now + overlap if overlap else None)

    def _name_of(self, number: int) -> str:
        return f"erp/{self.store}/{self.name}/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """That an endpoint has not taken messages lately. One that answers has none.

    Args:
        failures: in a row.
        probe_at: before then nothing is sent, once it has failed often enough.
        told: an alarm has been raised.
    """

    store: str
    endpoint: str
    failing_since: datetime
    failures: int
    probe_at: datetime
    told: bool = False

    def is_paused(self, break_after: int) -> bool:
        """Whether only one message at a time is tried."""
        return self.failures >= break_after

    def failed(self, now: datetime, break_after: int, pause: timedelta) -> Health:
        """One more failure; the pause grows with each."""
        failures = self.failures + 1
        doublings = min(max(failures - break_after, 0), 12)
        wait = min(pause * 2**doublings, LONGEST_PAUSE) if failures >= break_after else timedelta()
        return replace(self, failures=failures, probe_at=max(self.probe_at, now + wait))

    def probing(self, now: datetime, pause: timedelta) -> Health:
        """One message is being tried; until it is known what came of it, no other is."""
        return replace(self, probe_at=now + pause)
