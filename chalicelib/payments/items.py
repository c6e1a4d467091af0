"""How payments are kept in the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.money import Money
from chalicelib.core.table import Index, Key, Kind

from .domain import Payment, PaymentState, TopUp, TopUpState

#: The work list of finance: refunds that failed, and money that belongs to no order.
FINANCE: Final = "WORK#finance"


@dataclass(frozen=True, slots=True)
class PaymentCard:
    """A payment in a list."""

    id: str
    order_id: str
    unmatched: bool
    state: PaymentState
    due: Money
    captured: Money
    refunded: Money
    opened_at: datetime
    failed_refunds: tuple[str, ...]

    @classmethod
    def of(cls, payment: Payment) -> PaymentCard:
        return cls(
            payment.id,
            payment.order_id,
            payment.unmatched,
            payment.state,
            payment.due,
            payment.captured,
            payment.refunded,
            payment.opened_at,
            tuple(refund.id for refund in payment.refunds if refund.needs_staff),
        )


def _index(payment: Payment) -> Index:
    waits = payment.needs_staff
    return Index(gsi2=(FINANCE, f"{stamp(payment.opened_at)}#{payment.id}") if waits else None, due=payment.deadlines)


PAYMENT: Kind[Payment] = Kind(
    "payment", Payment,
    key=lambda order_id, payment_id: Key(f"ORDER#{order_id}", f"PAYMENT#{payment_id}"),
    of=lambda payment: Key(f"ORDER#{payment.order_id}", f"PAYMENT#{payment.id}"),
    index=_index,
    card=PaymentCard.of, card_type=PaymentCard,
)  # fmt: skip
"""The payment of an order."""

UNMATCHED: Kind[Payment] = Kind(
    "unmatched_payment", Payment,
    key=lambda unmatched_id: Key(f"UNMATCHED#{unmatched_id}", "UNMATCHED"),
    of=lambda payment: Key(f"UNMATCHED#{payment.id}", "UNMATCHED"),
    index=_index,
    card=PaymentCard.of, card_type=PaymentCard,
)  # fmt: skip
"""Money that belongs to no order (PAY-09)."""


@dataclass(frozen=True, slots=True)
class TopUpCard:
    """A top-up of a balance account in a list."""

    id: str
    state: TopUpState
    amount: Money
    placed_at: datetime


def top_ups_of(customer: str) -> str:
    """A customer's top-ups, in the order in which they were made."""
    return f"CUSTOMER#{customer}"


TOP_UP: Kind[TopUp] = Kind(
    "top_up", TopUp,
    key=lambda number: Key(f"ORDER#{number}", "TOP_UP"),
    of=lambda top_up: Key(f"ORDER#{top_up.id}", "TOP_UP"),
    index=lambda top_up: Index(
        gsi1=(top_ups_of(top_up.customer), f"TOP_UP#{stamp(top_up.placed_at)}#{top_up.id}"), due=top_up.deadlines
    ),
    card=lambda top_up: TopUpCard(top_up.id, top_up.state, top_up.amount, top_up.placed_at), card_type=TopUpCard,
)  # fmt: skip
"""Money that a customer pays in to the balance account (BAL-01)."""


def kind_of(payment: Payment) -> Kind[Payment]:
    """Where a payment is kept."""
    return UNMATCHED if payment.unmatched else PAYMENT
