"""What customers are told about money that they pay in to their balance account: one row per event (BAL-01, BAL-03).

A row's function gets the top-up and the event's data, and answers with the facts for the template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.payments import domain as payments
from chalicelib.payments.domain import TopUp

Facts = Mapping[str, Any]
Teller = Callable[[TopUp, Any], Facts | None]


@dataclass(frozen=True, slots=True)
class BalanceLetter:
    """A letter's template and what fills it."""

    template: str
    tell: Teller


def about_top_up(top_up: TopUp) -> Facts:
    """What every letter about a top-up may name. The shop knows no name beside the account's."""
    return {"name": "", "top_up": {"id": top_up.id, "amount": top_up.amount}}


def _credited(_top_up: TopUp, data: payments.TopUpCredited) -> Facts:
    return {"amount": data.amount}


def _withheld(top_up: TopUp, data: payments.TopUpWithheld) -> Facts | None:
    """What is off the account now; a letter that comes after the bank has decided for the shop would only puzzle."""
    return {"amount": data.amount} if data.amount.minor and top_up.withheld else None


def _money_back(_top_up: TopUp, data: payments.RefundSucceeded) -> Facts:
    return {"amount": data.amount}


BALANCE_LETTERS: Final[Mapping[type, BalanceLetter]] = {
    payments.TopUpCredited: BalanceLetter("top_ups/credited", _credited),
    payments.TopUpWithheld: BalanceLetter("top_ups/withheld", _withheld),
    payments.RefundSucceeded: BalanceLetter("top_ups/money_back", _money_back),
}
"""Refunds of a top-up come by the payment's own event; other news of its payment makes no letter."""
