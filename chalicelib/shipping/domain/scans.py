"""Scans: what couriers report about a parcel, in this shop's own words.

Every provider's vocabulary is mapped to these few words once, in the tracking room; nothing above it knows a provider.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """How far a parcel has come. The order of the members is the rank; a parcel's status is the highest one reached."""

    CREATED = "created"
    INFO_RECEIVED = "info_received"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS: Final = {status: rank for rank, status in enumerate(Status)}


class Mark(StrEnum):
    """What happened to a parcel beside its way: customs, and everything that can go wrong."""

    CUSTOMS_STARTED = "customs_started"
    CUSTOMS_HELD = "customs_held"
    CUSTOMS_CLEARED = "customs_cleared"
    DELAYED = "delayed"
    FAILED_ATTEMPT = "failed_attempt"
    WRONG_ADDRESS = "wrong_address"
    REFUSED = "refused"
    NOT_COLLECTED = "not_collected"
    HELD_FOR_PAYMENT = "held_for_payment"
    DAMAGED = "damaged"
    LOST = "lost"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    NO_NEWS = "no_news"
    PROBLEM = "problem"


#: Marks that are a step forward or plain information, not a problem for anybody to look at.
SMOOTH: Final = frozenset({Mark.CUSTOMS_STARTED, Mark.CUSTOMS_CLEARED})
#: A parcel with one of these goes back to the shop: a later "delivered" is the delivery to the sender.
BACKWARD: Final = frozenset({Mark.RETURNING, Mark.RETURNED, Mark.CANCELLED})

TEXT_LIMIT: Final = 160


@dataclass(frozen=True, slots=True)
class Scan:
    """One report of a carrier.

    Args:
        key: the same for every redelivery of the same report, whoever redelivers it.
        status: how far the parcel has come by it, or None when it says nothing of that.
        mark: what happened beside, or None.
        occurred_at: the carrier's time, never later than `received_at`.
        received_at: when this shop first heard of it.
        stated: the carrier's time exactly as the carrier wrote it.
        skewed: the carrier's clock was ahead of ours; `occurred_at` is then our own time.
        local: the carrier gave no offset; `occurred_at` reads its time as UTC, good for order and not for clocks.
        place: town, country or facility in the carrier's words. text: what happened in the carrier's words.
        source: who reported it (`17track`, `aftership`, `slip`, `customer`). code: the source's own code.
    """

    key: str
    status: Status | None
    mark: Mark | None
    occurred_at: datetime
    received_at: datetime
    stated: str = ""
    skewed: bool = False
    local: bool = False
    place: str = ""
    text: str = ""
    source: str = ""
    code: str = ""

    @property
    def order(self) -> tuple[datetime, str]:
        """By the carrier's time, then by key: the same for every order of arrival."""
        return (self.occurred_at, self.key)


def scan(
    *,
    status: Status | None,
    mark: Mark | None,
    stated: str,
    received_at: datetime,
    skew: timedelta,
    place: str = "",
    text: str = "",
    source: str = "",
    code: str = "",
    identity: str = "",
) -> Scan:
    """Read one report (T4, B21).

    Args:
        skew: how far ahead of ours a carrier's clock may be.
        identity: what makes the report one and the same, when its time does not (a report of silence has no time).

    A stated time without an offset is the local time of a place we do not know: it is kept as given and read as UTC.
    A time ahead of our clock by more than `skew` is a wrong clock; whatever is ahead at all is taken as just now.

    Raises:
        ValueError: the stated time is not an ISO 8601 time.
    """
    moment = datetime.fromisoformat(stated)
    local = moment.tzinfo is None
    moment = (moment.replace(tzinfo=received_at.tzinfo) if local else moment).astimezone(received_at.tzinfo)
    place, text = _short(place, TEXT_LIMIT // 2), _short(text, TEXT_LIMIT)
    identity = identity or f"{moment.isoformat()}\x1f{place}\x1f{text}"
    return Scan(
        key=_key(source, code, identity), status=status, mark=mark, occurred_at=min(moment, received_at),
        received_at=received_at, stated=stated, skewed=moment > received_at + skew, local=local,
        place=place, text=text, source=source, code=code,
    )  # fmt: skip


def merged(one: Scan, other: Scan) -> Scan:
    """One report heard twice: what it was when it was first heard."""
    return min(one, other, key=lambda heard: (heard.received_at, heard.occurred_at))


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _short(text: str, limit: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
