"""Money at the door or the desk: cash or card, exactly what is due (FUL-09)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from chalicelib.core.errors import RuleRefused
from chalicelib.core.money import Money


class PaidWith(StrEnum):
    """How a customer pays at the door."""

    CASH = "cash"
    CARD = "card"


class AmountDiffers(RuleRefused):
    """What was taken is not what is due."""

    code: ClassVar[str] = "amount-differs"
    title: ClassVar[str] = "The amount is not what is due"


class NotPaidYet(RuleRefused):
    """The goods are only handed over against money."""

    code: ClassVar[str] = "not-paid-yet"
    title: ClassVar[str] = "The order has not been paid"


@dataclass(frozen=True, slots=True)
class DoorPayment:
    """What the customer gave.

    Args:
        slip: number on the card terminal's slip, for a card.
    """

    paid_with: PaidWith
    amount: Money
    slip: str = ""


def check_paid(due: Money, paid: DoorPayment | None) -> DoorPayment | None:
    """What is to be booked: None when nothing is due.

    Raises:
        NotPaidYet: money is due and none was taken.
        AmountDiffers: another amount, or money for an order that is paid.
    """
    if due.is_zero:
        if paid is not None:
            raise AmountDiffers("This order is paid already.", rule="FUL-10")
        return None
    if paid is None:
        raise NotPaidYet(f"{due} is to be paid before the goods are handed over.", rule="FUL-09")
    if paid.amount != due:
        raise AmountDiffers(f"{due} is due, neither more nor less.", rule="FUL-09")
    return paid
