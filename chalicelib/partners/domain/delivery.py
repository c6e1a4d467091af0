"""A message to an endpoint, its attempts, and the lane that keeps an order's messages in their order."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from chalicelib.core.errors import Conflict

#: Deadline: it is time to send the message (again).
SEND: Final = "send"
#: Characters of an answer that are kept.
NOTE: Final = 200
#: How many attempts are kept, the last ones.
ATTEMPTS: Final = 40
#: A receiver may ask to be left alone for so long at most.
LONGEST_WISH: Final = timedelta(hours=8)
#: By which part of its wait a retry is spread, so that what failed together does not come back together.
_SPREAD: Final = 10


class DeliveryState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Failed(StrEnum):
    """Why a message is not tried any more."""

    TRIES_USED_UP = "tries_used_up"
    ENDPOINT_DISABLED = "endpoint_disabled"
    ENDPOINT_GONE = "endpoint_gone"


class StillWaiting(Conflict):
    """The message is on its way: there is nothing to replay."""

    code, title = "still-waiting", "The message is still on its way"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try.

    Args:
        status: of the answer; 0: there was none, and `note` says why in a word.
        ms: how long it took.
        note: the beginning of the answer.
    """

    at: datetime
    status: int
    ms: int
    note: str = ""

    @property
    def was_taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants no more messages, ever (410)."""
        return self.status == 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one endpoint. Its `id` is made of the order and the event's place in it.

    Args:
        event_id: sent as `webhook-id`, the same at every try and replay.
        data: what the event says; names and addresses are added when it is sent, and not kept here.
        keep_until: when it may be cleaned away, once it has come to an end.
        turn: counts the requests to send it, so that an old request is known as such.
        tries: since the last replay.
    """

    store: str
    endpoint: str
    id: str
    order_id: str
    sequence: int
    event_id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any]
    created_at: datetime
    keep_until: datetime
    state: DeliveryState = DeliveryState.WAITING
    turn: int = 0
    tries: int = 0
    replays: int = 0
    attempts: tuple[Attempt, ...] = ()
    failed_for: Failed | None = None
    deadlines: dict[str, datetime] = field(default_factory=dict)

    @property
    def is_waiting(self) -> bool:
        return self.state is DeliveryState.WAITING

    def due(self, at: datetime) -> Delivery:
        """The message with its next request, which is made at once or at a time."""
        return replace(self, turn=self.turn + 1, deadlines={SEND: at})

    def tried(self, attempt: Attempt, waits: tuple[timedelta, ...], wish: timedelta) -> Delivery:
        """The message after a try: delivered, failed for good, or to be tried again after the next wait.

        Args:
            waits: the waits after the first try, the second, …
            wish: how long the receiver would like to be left alone.
        """
        tried = replace(self, attempts=(*self.attempts, attempt)[-ATTEMPTS:], tries=self.tries + 1)
        if attempt.was_taken:
            return replace(tried, state=DeliveryState.DELIVERED, deadlines={}, failed_for=None)
        if attempt.is_gone:
            return tried.given_up(Failed.ENDPOINT_GONE)
        if tried.tries > len(waits):
            return tried.given_up(Failed.TRIES_USED_UP)
        wait = max(waits[tried.tries - 1], min(wish, LONGEST_WISH))
        return tried.due(attempt.at + wait + self.spread(wait))

    def given_up(self, why: Failed) -> Delivery:
        """The message when it is not tried any more."""
        return replace(self, state=DeliveryState.FAILED, failed_for=why, deadlines={})

    def replayed(self, keep_until: datetime) -> Delivery:
        """The message to be sent once more, with all its tries.

        Raises:
            StillWaiting: it has not come to an end yet.
        """
        if self.is_waiting:
            raise StillWaiting("Wait until it is delivered or has failed.")
        return replace(
            self, state=DeliveryState.WAITING, tries=0, replays=self.replays + 1, failed_for=None,
            keep_until=max(self.keep_until, keep_until),
        )  # fmt: skip

    def spread(self, wait: timedelta) -> timedelta:
        """A part of a wait that is this message's own, and the same at every calculation."""
        share = zlib.crc32(f"{self.store}/{self.endpoint}/{self.id}/{self.turn}".encode()) % 1000
        return wait * share / 1000 / _SPREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The messages of one order to one endpoint: one after the other, as the events happened.

    Args:
        cursor: the last event of the order that has been looked at.
        pending: messages that have not come to an end, the one that is being sent first.
    """

    store: str
    endpoint: str
    order_id: str
    cursor: int = 0
    pending: tuple[str, ...] = ()

    def with_news(self, cursor: int, ids: tuple[str, ...]) -> Lane:
        """The lane after events have been looked at, some of which became messages."""
        return replace(self, cursor=cursor, pending=(*self.pending, *ids))

    def without(self, delivery_id: str) -> Lane:
        """The lane after a message has come to an end."""
        return replace(self, pending=tuple(one for one in self.pending if one != delivery_id))

    def with_replay(self, delivery_id: str) -> Lane:
        """The lane with a message once more, before those that happened later; what is being sent stays first."""
        head, rest = self.pending[:1], {*self.pending[1:], delivery_id} - {*self.pending[:1]}
        return replace(self, pending=(*head, *sorted(rest)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """All failed messages of an endpoint from a time to another, sent again a few at a time.

    Args:
        reached: those made before this place of the list have been looked at.
        step: counts the portions, so that each is done once.
    """

    id: str
    store: str
    endpoint: str
    since: datetime
    until: datetime
    reached: str
    step: int = 0
    count: int = 0
    done: bool = False


def waits(text: str) -> tuple[timedelta, ...]:
    """The waits of a schedule in minutes, as the setting writes it; what is no number of minutes is passed over."""
    return tuple(timedelta(minutes=int(word)) for word in text.split() if word.isdecimal() and len(word) <= 5)


def wish_of(text: str) -> timedelta:
    """A `Retry-After` in seconds; a date counts as none."""
    text = text.strip()
    return timedelta(seconds=int(text)) if text.isascii() and text.isdecimal() and len(text) <= 6 else timedelta()
