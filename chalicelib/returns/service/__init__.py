"""The use cases of returns, by who asks: the customer, staff, the payment provider, the workflow."""

from .common import for_staff, lines_for, locate, terms_of
from .exchanges import follow, write_off
from .handling import approve, inspect, issue_label, overdue, receive, reject
from .progress import Position, position, wait_for
from .reading import timeline
from .refunds import credit, note_result, note_verdict, of_payment, refund_by_rule, release
from .requests import Wanted, cancel, find, of_order, request, take_back, take_back_part
from .working import claim, unclaim

__all__ = [
    "Position",
    "Wanted",
    "approve",
    "cancel",
    "claim",
    "credit",
    "find",
    "follow",
    "for_staff",
    "inspect",
    "issue_label",
    "lines_for",
    "locate",
    "note_result",
    "note_verdict",
    "of_order",
    "of_payment",
    "overdue",
    "position",
    "receive",
    "refund_by_rule",
    "reject",
    "release",
    "request",
    "take_back",
    "take_back_part",
    "terms_of",
    "timeline",
    "unclaim",
    "wait_for",
    "write_off",
]
