"""The use cases of ordering: place, pay, review, correct, cancel, move along, look up."""

from .cancelling import call_off, cancel, expire
from .desk import PriceWouldChange, contacted, pick_up_at_desk, release, resubmit, return_to_customer, review
from .paying import TooLateToPay, open_payment, settle
from .placing import place
from .progress import advance, miss_deadline, raise_problem, route_to
from .reading import Happening, find, find_for_staff, timeline

__all__ = [
    "Happening",
    "PriceWouldChange",
    "TooLateToPay",
    "advance",
    "call_off",
    "cancel",
    "contacted",
    "expire",
    "find",
    "find_for_staff",
    "miss_deadline",
    "open_payment",
    "pick_up_at_desk",
    "place",
    "raise_problem",
    "release",
    "resubmit",
    "return_to_customer",
    "review",
    "route_to",
    "settle",
    "timeline",
]
