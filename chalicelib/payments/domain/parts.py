"""What a payment is made of: captures, sessions, signals, and the ways a refund can be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import Conflict, RuleRefused
from chalicelib.core.money import Money

from .facts import FactKind


class RefundTooHigh(RuleRefused):
    """More than is left of what was captured; `refundable` says how much that is."""

    code, title = "refund-too-high", "More than can be refunded"


class RefundBlocked(Conflict):
    """The customer's bank contests the payment; a refund now could pay the customer twice."""

    code, title = "refund-blocked-by-dispute", "A dispute is open"


class RefundDiffers(Conflict):
    """The key was used for another refund of this payment."""

    code, title = "refund-differs", "Another refund was asked for under this key"


class AlreadyPaid(Conflict):
    """Nothing is left to pay."""

    code, title = "already-paid", "The order is paid"


class PaymentState(StrEnum):
    """How a payment stands, derived from its facts."""

    EXPECTED = "EXPECTED"
    PROCESSING = "PROCESSING"
    AUTHORISED = "AUTHORISED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    PARTLY_PAID = "PARTLY_PAID"
    PAID = "PAID"
    PARTLY_REFUNDED = "PARTLY_REFUNDED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"


@dataclass(frozen=True, slots=True)
class Capture:
    """Money that a provider has taken; `amount` is the most that any report of this reference has said."""

    provider: str
    reference: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A payment page or intent that was opened at a provider; its answer is asked for again by the same `key`.

    Args:
        captured: what had been captured when it was opened, minor units: later it may be the page that was paid.
    """

    provider: str
    method: str
    key: str
    reference: str
    opened_at: datetime
    expires_at: datetime
    captured: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """The latest thing reported about an attempt that has not (yet) brought money."""

    at: datetime
    kind: FactKind
    provider: str
    reference: str
    code: str = ""

    @property
    def rank(self) -> tuple[datetime, int, str, str]:
        """What decides which of two signals is the latest."""
        return self.at, SIGNAL_RANK[self.kind], self.reference, self.code


#: At the same second the later stage wins.
SIGNAL_RANK: Final = {
    FactKind.PROCESSING: 0,
    FactKind.AUTHORISED: 1,
    FactKind.FAILED: 2,
    FactKind.CANCELLED: 3,
}
#: How a payment without money stands.
SIGNAL_STATES: Final[Mapping[FactKind, PaymentState]] = {
    FactKind.PROCESSING: PaymentState.PROCESSING,
    FactKind.AUTHORISED: PaymentState.AUTHORISED,
    FactKind.FAILED: PaymentState.FAILED,
    FactKind.CANCELLED: PaymentState.CANCELLED,
}
