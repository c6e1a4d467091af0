"""Facts: what a payment provider says has happened, in our words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from chalicelib.core.money import Money


class FactKind(StrEnum):
    """What a provider can report."""

    PROCESSING = "processing"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """One thing that a provider reports about one payment.

    Args:
        order_id, payment_id: as we told the provider when the payment was opened; empty when the message lacks them.
        reference: the provider's id of the capture, attempt, refund or dispute. The same reference is the same thing,
            whatever event reports it.
        occurred_at: of a capture, the provider's own time of that capture, the same in every report of it.
        amount: of a capture all that this reference has captured so far; of a refund or dispute its amount.
        event_id: the provider's id of the message, for the trail.
        capture: of a refund or dispute, the reference of the capture it concerns.
        refund_id: of a refund that we asked for, our id of it.
        code: the provider's reason for a failure, a short machine-readable word.
    """

    provider: str
    kind: FactKind
    order_id: str
    payment_id: str
    reference: str
    amount: Money
    occurred_at: datetime
    event_id: str
    capture: str = ""
    refund_id: str = ""
    code: str = ""

    @property
    def is_bound(self) -> bool:
        """Whether it says which payment it is about."""
        return bool(self.order_id and self.payment_id)

    @property
    def money_reference(self) -> str:
        """The reference of the capture that it is about, as far as it is about one."""
        return self.capture or self.reference


def to_message(provider: str, facts: Iterable[PaymentFact]) -> dict[str, Any]:
    """The body of a `payment-messages` message."""
    body: dict[str, Any] = msgspec.to_builtins({"provider": provider, "facts": list(facts)})
    return body


def from_message(body: Mapping[str, Any]) -> list[PaymentFact]:
    """The facts in a `payment-messages` message."""
    return msgspec.convert(body["facts"], list[PaymentFact])
