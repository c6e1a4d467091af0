"""A mail and its life: claimed, sent, or not deliverable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import NotAllowed, Unavailable
from chalicelib.core.ids import digest
from chalicelib.core.settings import Setting

LEASE: Final = Setting(
    "notifications.lease_seconds", 120, unit="seconds", rule="NTF-01", own=True, least=30,
    doc="How long a mail counts as being sent before another attempt may begin.",
)  # fmt: skip
KEEP: Final = Setting(
    "notifications.keep_days", 400, unit="days", rule="NTF-01", own=True, least=15,
    doc="How long it is remembered that a mail was sent.",
)  # fmt: skip


class MailState(StrEnum):
    """Where a mail is."""

    SENDING = "sending"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"


class Command(StrEnum):
    """What happens to a mail."""

    CLAIM = "claim"
    CONFIRM = "confirm"
    GIVE_UP = "give_up"


#: Every pair that is not listed is refused.
ALLOWED: Final[Mapping[tuple[MailState, Command], MailState]] = {
    (MailState.SENDING, Command.CLAIM): MailState.SENDING,
    (MailState.SENDING, Command.CONFIRM): MailState.SENT,
    (MailState.SENDING, Command.GIVE_UP): MailState.UNDELIVERABLE,
}


class BeingSent(Unavailable):
    """Another attempt is at it; when its lease has run out, this one may begin."""

    code, title = "mail-being-sent", "This mail is being sent"


def mail_id(event_id: str, letter: str) -> str:
    """The id of the mail that an event makes: the same for every delivery of the event."""
    return digest(f"{event_id}\n{letter}")[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail about one event; holds no personal data.

    Args:
        lease_until: before this moment nobody else sends it.
        message_id: the mail service's id, once sent.
        attempts: how often sending has begun.
    """

    id: str
    order_id: str
    letter: str
    language: str
    state: MailState
    lease_until: datetime
    forget_at: datetime
    attempts: int = 1
    message_id: str = ""
    sent_at: datetime | None = None
    failure: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do."""
        return self.state is not MailState.SENDING

    def claim(self, now: datetime, lease: timedelta) -> Mail:
        """Begin another attempt.

        Raises:
            BeingSent: the lease of the last one has not run out.
        """
        if self.state is MailState.SENDING and now < self.lease_until:
            raise BeingSent("This mail is being sent at this moment.")
        return replace(self._move(Command.CLAIM), lease_until=now + lease, attempts=self.attempts + 1)

    def confirm(self, message_id: str, now: datetime) -> Mail:
        """The mail service has taken it."""
        return replace(self._move(Command.CONFIRM), message_id=message_id, sent_at=now)

    def give_up(self, failure: str) -> Mail:
        """It can never be delivered, for a machine-readable reason."""
        return replace(self._move(Command.GIVE_UP), failure=failure)

    def let_go(self, now: datetime) -> Mail:
        """The mail service certainly did not take it: the next attempt need not wait for the lease."""
        return replace(self, lease_until=now)

    def _move(self, command: Command) -> Mail:
        to = ALLOWED.get((self.state, command))
        if to is None:
            raise NotAllowed("mail", self.state, command, [c for s, c in ALLOWED if s is self.state])
        return replace(self, state=to)
