"""The use cases of the merchant alliance: recruit, offer, book, pay, confirm, report, refund, look up."""

from .booking import BookingRequest, book, call_off, cancel, expire, lapse
from .offerings import offer, open_slots, services_on_offer, slots_of
from .paying import open_payment, take_in_payment
from .reading import find, find_for_merchant, find_for_staff, timeline, timeline_for_merchant, timeline_for_staff
from .recruitment import (
    activate,
    close_registration,
    invitation_secret,
    invite,
    invite_again,
    register,
    register_invited,
    screen,
    submit_documents,
)
from .reporting import confirm, consume, excuse, miss, miss_answer, miss_deadline, remark, report_no_show
from .returning import refund_overdue, return_prepayment

__all__ = [
    "BookingRequest",
    "activate",
    "book",
    "call_off",
    "cancel",
    "close_registration",
    "confirm",
    "consume",
    "excuse",
    "expire",
    "find",
    "find_for_merchant",
    "find_for_staff",
    "invitation_secret",
    "invite",
    "invite_again",
    "lapse",
    "miss",
    "miss_answer",
    "miss_deadline",
    "offer",
    "open_payment",
    "open_slots",
    "refund_overdue",
    "register",
    "register_invited",
    "remark",
    "report_no_show",
    "return_prepayment",
    "screen",
    "services_on_offer",
    "slots_of",
    "submit_documents",
    "take_in_payment",
    "timeline",
    "timeline_for_merchant",
    "timeline_for_staff",
]
