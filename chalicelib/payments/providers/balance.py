"""The customer's balance account as a way to pay (ORD-12, BAL-01): nobody outside is asked.

What is taken is booked in the transaction that takes it, and what goes back in the one that confirms it
(`payments.service.balance`); so there is no page, no message and nothing to look up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.signatures import Forged
from chalicelib.payments.domain import FactKind, PaymentFact, Session

from .base import Declined, OpenCall, Opened, RefundCall

BALANCE: Final = "balance"


class Balance:
    """The provider of payments from balance accounts."""

    name = BALANCE
    methods: frozenset[str] = frozenset()
    key_life = timedelta(days=3650)

    def is_configured(self) -> bool:
        return True

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        raise Forged("Nobody sends messages about balance accounts.")

    def facts(self, raw: bytes) -> list[PaymentFact]:
        return []

    def open(self, call: OpenCall) -> Opened:
        raise Declined("There is no payment page for a balance account.", rule="ORD-12")

    def refund(self, call: RefundCall) -> PaymentFact:
        """The credit to the account is booked by whoever folds this fact, in the same transaction."""
        refund = call.refund
        return PaymentFact(
            self.name, FactKind.REFUNDED, call.order_id, call.payment_id, f"credit-{call.key}", refund.amount,
            refund.requested_at, f"credit-{call.key}", refund.capture, refund.id,
        )  # fmt: skip

    def find_refund(self, call: RefundCall) -> PaymentFact | None:
        return None

    def lookup(self, session: Session) -> list[PaymentFact]:
        return []

    def complete(self, fact: PaymentFact) -> list[PaymentFact]:
        return [fact]
