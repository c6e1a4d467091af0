"""Packings, slips, pickups, own deliveries and failed hand-overs."""

from .delivery import Delivery, DeliveryState, Position, position_of
from .failures import BY_CUSTOMER, Cause, Decision
from .money import AmountDiffers, DoorPayment, NotPaidYet, PaidWith, check_paid
from .packing import BOXES, Packing, Receipt, Slip, check_signed, share_boxes
from .pickup import (
    COLLECT_WITHIN,
    LOCKER_NEWS_TAKES,
    MOST_TRIES,
    CodeLocked,
    Pickup,
    WrongCode,
    code_from,
    keyed_digest,
    new_nonce,
    size_for,
    typed_code,
)
from .rounds import plan, round_length

__all__ = [
    "BOXES", "BY_CUSTOMER", "COLLECT_WITHIN", "LOCKER_NEWS_TAKES", "MOST_TRIES", "AmountDiffers", "Cause",
    "CodeLocked", "Decision", "Delivery", "DeliveryState", "DoorPayment", "NotPaidYet", "Packing", "PaidWith",
    "Pickup", "Position", "Receipt", "Slip", "WrongCode", "check_paid", "check_signed", "code_from", "keyed_digest",
    "new_nonce", "plan", "position_of", "round_length", "share_boxes", "size_for", "typed_code",
]  # fmt: skip
