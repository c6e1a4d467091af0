"""Refunds and disputes: their states as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.money import Money
from chalicelib.ledger.domain import Account

from .facts import FactKind


class RefundState(StrEnum):
    """Where a refund is. Money counts as given back from `WANTED` on, until it `FAILED` or is `WITHDRAWN`."""

    WANTED = "wanted"
    BLOCKED = "blocked"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


#: What a provider's report makes of a refund. Whatever is not listed leaves it as it is, so that reports may come in
#: any order and again: a provider's refund only ever goes forward, and a failure is final even after a success.
REFUND_MOVES: Final[Mapping[tuple[RefundState, FactKind], RefundState]] = {
    (RefundState.WANTED, FactKind.REFUND_PENDING): RefundState.SENT,
    (RefundState.BLOCKED, FactKind.REFUND_PENDING): RefundState.SENT,
    (RefundState.WITHDRAWN, FactKind.REFUND_PENDING): RefundState.SENT,
    (RefundState.WANTED, FactKind.REFUNDED): RefundState.DONE,
    (RefundState.BLOCKED, FactKind.REFUNDED): RefundState.DONE,
    (RefundState.WITHDRAWN, FactKind.REFUNDED): RefundState.DONE,
    (RefundState.SENT, FactKind.REFUNDED): RefundState.DONE,
    (RefundState.WANTED, FactKind.REFUND_FAILED): RefundState.FAILED,
    (RefundState.BLOCKED, FactKind.REFUND_FAILED): RefundState.FAILED,
    (RefundState.WITHDRAWN, FactKind.REFUND_FAILED): RefundState.FAILED,
    (RefundState.SENT, FactKind.REFUND_FAILED): RefundState.FAILED,
    (RefundState.DONE, FactKind.REFUND_FAILED): RefundState.FAILED,
}
#: The provider has not been asked yet, as far as we know.
UNSENT: Final = frozenset({RefundState.WANTED, RefundState.BLOCKED})
#: Asked for and not settled: somebody must still do or report something.
OPEN: Final = frozenset({RefundState.WANTED, RefundState.SENT})
#: The money is not (or no longer) on its way to the customer.
VOID: Final = frozenset({RefundState.FAILED, RefundState.WITHDRAWN})


class RefundReason(StrEnum):
    """Why money goes back."""

    OVERPAID = "overpaid"
    WRONG_CURRENCY = "wrong_currency"
    LATE = "late"
    UNMATCHED = "unmatched"
    CANCELLED = "cancelled"
    RETURN = "return"
    GOODWILL = "goodwill"
    DEPOSIT = "deposit"
    AT_PROVIDER = "at_provider"
    TOP_UP = "top_up"
    """Money paid in to the balance account goes back to where it came from."""


#: Refunds that nobody asked for: what was taken too much goes back by itself.
AUTOMATIC: Final = frozenset({
    RefundReason.OVERPAID, RefundReason.WRONG_CURRENCY, RefundReason.LATE, RefundReason.UNMATCHED,
    RefundReason.CANCELLED,
})  # fmt: skip
#: Reasons that a person (or a return) gives.
MANUAL: Final = frozenset({RefundReason.RETURN, RefundReason.GOODWILL})
#: Which account bears a refund, unless the caller says how it splits.
BORNE_BY: Final[Mapping[RefundReason, Account]] = {
    RefundReason.OVERPAID: Account.CUSTOMER_FUNDS,
    RefundReason.WRONG_CURRENCY: Account.CUSTOMER_FUNDS,
    RefundReason.LATE: Account.CUSTOMER_FUNDS,
    RefundReason.UNMATCHED: Account.UNMATCHED_FUNDS,
    RefundReason.CANCELLED: Account.CUSTOMER_FUNDS,
    RefundReason.RETURN: Account.SALES_RETURNS,
    RefundReason.GOODWILL: Account.GOODWILL,
    RefundReason.DEPOSIT: Account.DEPOSITS_HELD,
    RefundReason.AT_PROVIDER: Account.REFUNDS_TO_CLARIFY,
    RefundReason.TOP_UP: Account.CUSTOMER_FUNDS,
}


#: How the request of a refund begins that finance makes by hand.
BY_HAND: Final = "staff-"


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back to where one capture came from.

    Args:
        id: ours, unique in the payment; the provider's idempotency key is made of it and never changes.
        request: the key under which it was asked for; one request may take from several captures.
        capture: reference of the capture it is taken from; `provider` took that capture.
        reference: the provider's id of the refund, once known.
        borne_by: which accounts bear it, in minor units of the amount's currency.
        note: what staff wrote.
        code: the provider's reason, when it failed.
        replaced: staff have dealt with the failure.
        replaces: id of the failed refund that this one is made for, or "".
    """

    id: str
    request: str
    amount: Money
    reason: RefundReason
    state: RefundState
    provider: str
    capture: str
    requested_at: datetime
    borne_by: Mapping[str, int]
    reference: str = ""
    note: str = ""
    code: str = ""
    replaced: bool = False
    replaces: str = ""

    @property
    def counts(self) -> bool:
        """Whether its amount is (or is reserved to be) the customer's again."""
        return self.state not in VOID

    @property
    def needs_staff(self) -> bool:
        """It failed, and nobody has dealt with it yet."""
        return self.state is RefundState.FAILED and not self.replaced


class DisputeState(StrEnum):
    """Where a dispute (chargeback) is; a verdict stands over an opening that is reported late."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


DISPUTE_MOVES: Final[Mapping[tuple[DisputeState | None, FactKind], DisputeState]] = {
    (None, FactKind.DISPUTE_OPENED): DisputeState.OPEN,
    (None, FactKind.DISPUTE_WON): DisputeState.WON,
    (None, FactKind.DISPUTE_LOST): DisputeState.LOST,
    (DisputeState.OPEN, FactKind.DISPUTE_WON): DisputeState.WON,
    (DisputeState.OPEN, FactKind.DISPUTE_LOST): DisputeState.LOST,
    (DisputeState.WON, FactKind.DISPUTE_LOST): DisputeState.LOST,
}


@dataclass(frozen=True, slots=True)
class Dispute:
    """The customer's bank takes a capture back, or tries to."""

    reference: str
    provider: str
    capture: str
    amount: Money
    state: DisputeState
    at: datetime
