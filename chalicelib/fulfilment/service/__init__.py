"""The use cases of fulfilment: a store's steps, pickups and lockers, own delivery, and what went wrong."""

from . import locker_boxes, rounds, together
from .delivery import assign, drop_delivery, hand_over, send_out
from .documents import print_documents, print_own_confirmation
from .failures import fail, fail_order, fail_part, options, resolve, take_over
from .lockers import QUEUE, apply, receive
from .money import due_at_hand_over
from .parcels import HandedOver, check_store
from .pickup import code_of, collect, issue_code, make_ready, pickup_of, waiting
from .slip_files import bring, file_of, pause, work_through
from .steps import accept, confirm_receipt, enter_slip, pack, pick, ship

__all__ = [
    "QUEUE", "HandedOver", "accept", "apply", "assign", "bring", "check_store", "code_of", "collect",
    "confirm_receipt", "drop_delivery", "due_at_hand_over", "enter_slip", "fail", "fail_order", "fail_part", "file_of",
    "hand_over", "issue_code", "locker_boxes", "make_ready", "options", "pack", "pause", "pick", "pickup_of",
    "print_documents", "print_own_confirmation", "receive", "resolve", "roster", "rounds", "send_out", "ship",
    "take_over", "together", "waiting", "work_through",
]  # fmt: skip
