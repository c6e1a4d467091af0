"""What a tracking service's message says, in this shop's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from chalicelib.core.errors import Invalid, RuleRefused, Unavailable
from chalicelib.shipping.domain.scans import Mark, Status

#: What a word of a provider means: how far the parcel has come, and what happened beside.
Meaning = tuple[Status | None, Mark | None]
NOTHING: Final[Meaning] = (None, None)


class UnknownWaybill(Unavailable):
    """No parcel of this shop ever had this number, as far as is known yet.

    The report is delivered again until the queue's redrive count is reached, which is long enough for an index to catch
    up; then it is a dead letter with an alarm, for somebody to look at (L2). Nothing is lost meanwhile: the provider's
    next push carries the whole journey again.
    """

    code, title = "unknown-waybill", "No parcel has this waybill"


class Unreadable(Invalid):
    """A message with a good signature that is not in its provider's format: the provider has changed it."""

    code, title = "unreadable-message", "The message is not in the provider's format"


class Refused(RuleRefused):
    """A tracking service does not take a number."""

    code, title = "registration-refused", "The tracking service refused the waybill"


@dataclass(frozen=True, slots=True)
class Report:
    """One event of a parcel's journey as a provider tells it.

    Args:
        stated: the time as the provider wrote it, ISO 8601 with or without offset; empty when it names none.
        code: the provider's own word.
        identity: what makes the report one and the same when it has no time.
    """

    status: Status | None
    mark: Mark | None
    stated: str
    code: str
    place: str = ""
    text: str = ""
    identity: str = ""

    @property
    def time(self) -> str:
        """The stated time, or nothing when what is stated cannot be read as one, or is at the end of the calendar."""
        try:
            moment = datetime.fromisoformat(self.stated)
            if moment.tzinfo is not None:
                moment.astimezone(UTC)
        except (ValueError, OverflowError):
            return ""
        return self.stated


@dataclass(frozen=True, slots=True)
class Push:
    """One message: everything a provider knows about one number now.

    Args:
        waybill: in normal form.
        carriers: our codes of the carriers it names; empty when we know none of them.
    """

    waybill: str
    carriers: frozenset[str]
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Registration:
    """What a tracking service needs to know to watch a parcel."""

    waybill: str
    carrier: str
    order_id: str
    destination: str


class Provider(Protocol):
    """A tracking service."""

    name: str
    #: Whether it watches all parcels, or fills the gaps of postal ones only (LOG-17).
    postal_only: bool

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Check the signature over the raw bytes, in constant time.

        Raises:
            Forged: the signature is missing or wrong.
            MissingSecret: there is nothing to check it with; nothing is let through.
        """

    def read(self, raw: bytes) -> Push | None:
        """What the message says; None when it is about something else than a parcel's journey.

        Raises:
            Unreadable: not in the provider's format.
        """

    def register(self, registration: Registration) -> None:
        """Ask the service to watch a parcel. Asking twice is as good as once.

        Raises:
            Unavailable: no answer; to be tried again.
            Refused: the service will not watch it, whatever is tried.
        """


def meaning(words: Mapping[str, Meaning], *codes: str) -> Meaning:
    """What the most exact known word of a provider means.

    `InTransit_Something` that is not in the table means what `InTransit` means: providers add words without notice. A
    word that is not known at all says nothing about the parcel, but its report is kept.
    """
    for code in codes:
        for word in (code, code.partition("_")[0]):
            if word in words:
                return words[word]
    return NOTHING
