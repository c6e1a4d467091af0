"""The use cases of ordering: place, pay, review, correct, cancel, move along, look up."""

from . import dispatching, sending, shortages
from .answering import contacted, settle_problem
from .appointing import change_appointment
from .buying import CostsMore, NotPrepared, buy, page_of
from .cancelling import call_off, cancel, expire
from .correcting import PriceWouldChange, resubmit
from .deposits import correct_cause, return_deposit
from .desk import release, return_to_customer, review
from .dispatching import Plan, WhichPlace, place_of, split, take_from_stores
from .exchanging import NotExchangeable, call_off_exchange, open_exchange, release_exchange, replacements_for
from .invoicing import InvoiceIssued, ask_invoice
from .parts import (
    call_for_part_again,
    collect_part,
    fail_part,
    keep_part,
    part_arrived,
    ship_part_again,
    take_back_part,
    take_over_part,
)
from .paying import TooLateToPay, open_payment, pay_from_balance, payment_of, settle
from .placing import place, placed_before
from .problems import (
    KnownAlready,
    escalate,
    exceed,
    follow_parcel,
    parcel_arrived,
    raise_problem,
    report_problem,
    solve,
    warn,
)
from .progress import advance, call_again, miss_deadline, route_to, withdraw
from .reading import Happening, find, find_for_staff, happenings, in_customers_words, timeline
from .reordering import Refilled, reorder
from .reporting import abnormal_orders, count_abnormal
from .working import claim, unclaim

__all__ = [
    "CostsMore",
    "Happening",
    "InvoiceIssued",
    "KnownAlready",
    "NotExchangeable",
    "NotPrepared",
    "Plan",
    "PriceWouldChange",
    "Refilled",
    "TooLateToPay",
    "WhichPlace",
    "abnormal_orders",
    "advance",
    "ask_invoice",
    "buy",
    "call_again",
    "call_for_part_again",
    "call_off",
    "call_off_exchange",
    "cancel",
    "change_appointment",
    "claim",
    "collect_part",
    "contacted",
    "correct_cause",
    "count_abnormal",
    "dispatching",
    "escalate",
    "exceed",
    "expire",
    "fail_part",
    "find",
    "find_for_staff",
    "follow_parcel",
    "happenings",
    "in_customers_words",
    "keep_part",
    "miss_deadline",
    "open_exchange",
    "open_payment",
    "page_of",
    "parcel_arrived",
    "part_arrived",
    "pay_from_balance",
    "payment_of",
    "place",
    "place_of",
    "placed_before",
    "raise_problem",
    "release",
    "release_exchange",
    "reorder",
    "replacements_for",
    "report_problem",
    "resubmit",
    "return_deposit",
    "return_to_customer",
    "review",
    "route_to",
    "sending",
    "settle",
    "settle_problem",
    "ship_part_again",
    "shortages",
    "solve",
    "split",
    "take_back_part",
    "take_from_stores",
    "take_over_part",
    "timeline",
    "unclaim",
    "warn",
    "withdraw",
]
