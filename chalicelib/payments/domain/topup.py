"""Topping up a balance account: money that a customer pays in beforehand, under a number of its own (BAL-01, BAL-03).

Its payment is one like an order's: folded from facts, given back by itself when it is too much or too late. What is
different is what the money is for: once all of it is there, it is the customer's on the balance account. `TopUp` keeps
what of it is there, and what was taken off again because the bank contests the payment it came by.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.numbers import draw_number, typed_number
from chalicelib.markets.domain import Contact

#: The first letter of its numbers; no class of order has it.
LETTER: Final = "T"


class AmountRefused(RuleRefused):
    """Less or more than is paid in at once; it tells `least` and `most`."""

    code, title = "top-up-refused", "This amount cannot be paid in"


class TooLateToTopUp(Conflict):
    """The time to pay it is over."""

    code, title = "top-up-too-late", "The time to pay is over"


class MistypedTopUp(Invalid):
    """The text cannot be the number of a top-up at all."""

    code, title = "mistyped-number", "The number is mistyped"

    def __init__(self) -> None:
        super().__init__(FieldError("top_up_id", "the check character does not fit: please compare every character"))


class TopUpState(StrEnum):
    """Where a top-up stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    CREDITED = "credited"
    EXPIRED = "expired"


class TopUpCommand(StrEnum):
    """What happens to a top-up."""

    OPEN = "open"
    CREDIT = "credit"
    EXPIRE = "expire"
    RETURN = "return"


S, C = TopUpState, TopUpCommand

TOP_UP_ALLOWED: Final[Mapping[tuple[TopUpState, TopUpCommand], TopUpState]] = {
    (S.AWAITING_PAYMENT, C.OPEN): S.AWAITING_PAYMENT,
    (S.AWAITING_PAYMENT, C.CREDIT): S.CREDITED,
    (S.AWAITING_PAYMENT, C.EXPIRE): S.EXPIRED,
    (S.CREDITED, C.RETURN): S.CREDITED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Money that a customer pays in.

    Args:
        id: its number.
        contact: where the customer is told about it; the address may be empty.
        credited: what was put on the balance account.
        contested: how much of what was credited the payment no longer covers, minor units: its bank contests it or has
            taken it back, or somebody has given it back at the provider.
        withheld: what of that was still there and was taken off the account again, minor units.
        recredited: failed or withdrawn refunds whose money is on the account again, or withheld.
        moves: how often money was taken off or put back because of its payment; numbers the entries.
    """

    id: str
    customer: str
    amount: Money
    market: str
    method: str
    contact: Contact
    state: TopUpState
    placed_at: datetime
    deadlines: dict[str, datetime] = field(default_factory=dict)
    credited: Money | None = None
    credited_at: datetime | None = None
    contested: int = 0
    withheld: int = 0
    recredited: tuple[str, ...] = ()
    moves: int = 0

    @property
    def payment_id(self) -> str:
        """The id of its only payment."""
        return f"{self.id}-1"

    def credit(self, amount: Money, at: datetime) -> TopUp:
        """All of it has come in, and is the customer's."""
        return replace(self._move(C.CREDIT), credited=amount, credited_at=at, deadlines={})

    def expire(self) -> TopUp:
        """It was not paid in time, or the bank has taken all of it back before it was credited."""
        return replace(self._move(C.EXPIRE), deadlines={})

    def wait_for_the_bank(self) -> TopUp:
        """It was paid in time and is contested: the bank's verdict decides, however long it takes."""
        return replace(self, deadlines={})

    def require(self, command: TopUpCommand) -> None:
        """Let a command through.

        Raises:
            NotAllowed: not in this state.
        """
        self._move(command)

    def _move(self, command: TopUpCommand) -> TopUp:
        to = TOP_UP_ALLOWED.get((self.state, command))
        if to is None:
            raise NotAllowed("top-up", self.state, command, [c for s, c in TOP_UP_ALLOWED if s is self.state])
        return replace(self, state=to)


def new_top_up_number() -> str:
    """A new number; it is no order's."""
    return draw_number(LETTER, secrets.randbits)


def read_top_up_number(text: str) -> str:
    """The number that somebody typed.

    Raises:
        MistypedTopUp: it cannot be the number of a top-up.
    """
    number = typed_number(text, LETTER)
    if number is None:
        raise MistypedTopUp
    return number


def is_top_up(number: str) -> bool:
    """Whether a payment under this number is a top-up's."""
    return number.startswith(LETTER)


def check_top_up(amount: Money, currency: str, least: int, most: int) -> Money:
    """The amount, when it can be paid in.

    Args:
        least, most: in minor units of the currency.

    Raises:
        Invalid: another currency.
        AmountRefused: less or more than that.
    """
    if amount.currency != currency:
        raise Invalid(FieldError("/amount", f"is in {currency}"))
    if not least <= amount.minor <= most:
        low, high = Money(least, currency), Money(most, currency)
        raise AmountRefused(
            f"Pay in between {low} and {high} at once.", rule="BAL-03",
            least={"amount": low.text, "currency": currency}, most={"amount": high.text, "currency": currency},
        )  # fmt: skip
    return amount
