"""The rules of payments: facts, the payment they fold into, refunds, disputes, and what all that tells others."""

from .events import (
    DisputeClosed,
    DisputeOpened,
    PaymentCaptured,
    PaymentFailed,
    PaymentOverdue,
    PaymentUnmatched,
    RefundFailed,
    RefundRequested,
    RefundSucceeded,
)
from .facts import FactKind, PaymentFact, from_message, to_message
from .holdings import GIVE_BACK
from .opening import Checkout, Opening, PartRefused, check_part, largest_part
from .parts import AlreadyPaid, Capture, PaymentState, RefundBlocked, RefundDiffers, RefundTooHigh, Session, Signal
from .payment import ASK_PROVIDER, Payment
from .refunds import AUTOMATIC, BORNE_BY, BY_HAND, MANUAL, Dispute, DisputeState, Refund, RefundReason, RefundState
from .settings import ASK_AFTER, GIVE_BACK_AFTER, MATCH_ATTEMPTS, PART_MINIMUM, PROVIDERS, SESSION_MINUTES

__all__ = [
    "ASK_AFTER",
    "ASK_PROVIDER",
    "AUTOMATIC",
    "BORNE_BY",
    "BY_HAND",
    "GIVE_BACK",
    "GIVE_BACK_AFTER",
    "MANUAL",
    "MATCH_ATTEMPTS",
    "PART_MINIMUM",
    "PROVIDERS",
    "SESSION_MINUTES",
    "AlreadyPaid",
    "Capture",
    "Checkout",
    "Dispute",
    "DisputeClosed",
    "DisputeOpened",
    "DisputeState",
    "FactKind",
    "Opening",
    "PartRefused",
    "Payment",
    "PaymentCaptured",
    "PaymentFact",
    "PaymentFailed",
    "PaymentOverdue",
    "PaymentState",
    "PaymentUnmatched",
    "Refund",
    "RefundBlocked",
    "RefundDiffers",
    "RefundFailed",
    "RefundReason",
    "RefundRequested",
    "RefundState",
    "RefundSucceeded",
    "RefundTooHigh",
    "Session",
    "Signal",
    "check_part",
    "from_message",
    "largest_part",
    "to_message",
]
