"""The use cases of payments: open, take in facts, give back, close, ask the provider."""

from .balance import pay_from_balance
from .facts import change_due, close, expect, fold, of_order, read, receive, take_in, unknown
from .opening import open, open_whole
from .refunds import (
    ask_provider,
    credit_to_balance,
    execute_refund,
    give_back_unmatched,
    not_earned,
    note_overdue,
    refund,
    refund_by_staff,
)
from .topping_up import expire_top_up, find_top_up, open_top_up, return_top_up, top_up

__all__ = [
    "ask_provider",
    "change_due",
    "close",
    "credit_to_balance",
    "execute_refund",
    "expect",
    "expire_top_up",
    "find_top_up",
    "fold",
    "give_back_unmatched",
    "not_earned",
    "note_overdue",
    "of_order",
    "open",
    "open_top_up",
    "open_whole",
    "pay_from_balance",
    "read",
    "receive",
    "refund",
    "refund_by_staff",
    "return_top_up",
    "take_in",
    "top_up",
    "unknown",
]
