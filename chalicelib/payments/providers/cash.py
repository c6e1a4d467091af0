"""Money at the door (FUL-09): staff record it, nobody sends a message, and no page is ever opened.

What was paid in cash goes back in cash, and a card terminal's payment on that terminal: neither can be done from here.
A refund is therefore handed to finance, who see it among the failed ones with the code `by_hand` and pay it out at the
cashier's desk, to the balance account or by transfer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from chalicelib.core.signatures import Forged
from chalicelib.payments.domain import FactKind, PaymentFact, Session

from .base import Declined, OpenCall, Opened, RefundCall


class Cash:
    """The provider of payments that staff take."""

    name = "cash"
    methods: frozenset[str] = frozenset()
    key_life = timedelta(days=3650)

    def is_configured(self) -> bool:
        return True

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        raise Forged("Nobody sends messages about cash.")

    def facts(self, raw: bytes) -> list[PaymentFact]:
        return []

    def open(self, call: OpenCall) -> Opened:
        raise Declined("There is no payment page for cash.", rule="FUL-09")

    def refund(self, call: RefundCall) -> PaymentFact:
        return PaymentFact(
            self.name, FactKind.REFUND_FAILED, call.order_id, call.payment_id, f"by-hand-{call.key}",
            call.refund.amount, call.refund.requested_at, f"by-hand-{call.key}", call.refund.capture, call.refund.id,
            "by_hand",
        )  # fmt: skip

    def find_refund(self, call: RefundCall) -> PaymentFact | None:
        return None

    def lookup(self, session: Session) -> list[PaymentFact]:
        return []

    def complete(self, fact: PaymentFact) -> list[PaymentFact]:
        return [fact]
