"""What other rooms can hear about payments."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.events import event
from chalicelib.core.money import Money


@event("payment.captured")
@dataclass(frozen=True, slots=True)
class PaymentCaptured:
    """A provider has taken money for an order. `amount` is what came in now, `captured` all so far in that currency."""

    order_id: str
    payment_id: str
    provider: str
    reference: str
    amount: Money
    captured: Money
    due: Money
    is_paid: bool


@event("payment.failed")
@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """An attempt to pay did not succeed; the shopper may try again while the order waits."""

    order_id: str
    payment_id: str
    provider: str
    reference: str
    code: str


@event("payment.overdue")
@dataclass(frozen=True, slots=True)
class PaymentOverdue:
    """Nothing has been heard for too long of a payment or a refund under way; the provider is to be asked (PAY-08)."""

    order_id: str
    payment_id: str
    unmatched: bool = False


@event("payment.unmatched")
@dataclass(frozen=True, slots=True)
class PaymentUnmatched:
    """Money came in that belongs to no order (PAY-09). `named_order` is what the provider's message said."""

    unmatched_id: str
    provider: str
    reference: str
    amount: Money
    named_order: str
    why: str


@event("refund.requested")
@dataclass(frozen=True, slots=True)
class RefundRequested:
    """Money is to go back; the amount is reserved. `unmatched` names the money's own record when it has no order."""

    order_id: str
    payment_id: str
    refund_id: str
    amount: Money
    reason: str
    provider: str
    unmatched: bool = False


@event("refund.succeeded")
@dataclass(frozen=True, slots=True)
class RefundSucceeded:
    """The provider has given money back."""

    order_id: str
    payment_id: str
    refund_id: str
    amount: Money
    reason: str
    provider: str
    reference: str


@event("refund.failed")
@dataclass(frozen=True, slots=True)
class RefundFailed:
    """Money did not go back and staff must act. `after_success`: the provider had reported success before."""

    order_id: str
    payment_id: str
    refund_id: str
    amount: Money
    reason: str
    provider: str
    code: str
    after_success: bool


@event("dispute.opened")
@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """The customer's bank contests a capture; refunds wait until it is decided."""

    order_id: str
    payment_id: str
    provider: str
    reference: str
    amount: Money


@event("top_up.credited")
@dataclass(frozen=True, slots=True)
class TopUpCredited:
    """Money that a customer has paid in is on the balance account (BAL-01)."""

    top_up_id: str
    customer: str
    amount: Money


@event("top_up.expired")
@dataclass(frozen=True, slots=True)
class TopUpExpired:
    """A top-up was not paid in time, or its bank took all of it back; what came or comes goes back by itself."""

    top_up_id: str
    customer: str


@event("top_up.withheld")
@dataclass(frozen=True, slots=True)
class TopUpWithheld:
    """Credited money was taken off the balance account because its payment no longer covers it. `amount` is all that is
    off now; less than before means that some was put back."""

    top_up_id: str
    customer: str
    amount: Money


@event("dispute.closed")
@dataclass(frozen=True, slots=True)
class DisputeClosed:
    """The bank has decided; `verdict` is `won` (the money stays here) or `lost`."""

    order_id: str
    payment_id: str
    provider: str
    reference: str
    amount: Money
    verdict: str
