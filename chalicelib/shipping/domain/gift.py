"""Gift wrap (ORD-10): the whole order, for one price per market, with an optional message on the card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.markets.domain.text import fault_of, one_line

GIFT_WRAP: Final = Setting(
    "shipping.gift_wrap_offered", default=True, unit="yes or no", rule="ORD-10", own=True,
    doc="Whether orders can be wrapped as a gift in this market.",
)  # fmt: skip
GIFT_WRAP_PRICE: Final = Setting(
    "shipping.gift_wrap_price", 490, unit="minor units of the market's currency", rule="ORD-10", own=True,
    doc="What wrapping a whole order as a gift costs, with tax inside where the market shows prices with tax.",
)  # fmt: skip
GIFT_MESSAGE: Final = Setting(
    "shipping.gift_message_characters", 200, unit="characters", rule="ORD-10", own=True,
    doc="The longest message that the card of a gift takes.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GiftWrap:
    """The whole order wrapped as a gift.

    Args:
        message: for the card; "" is a gift without one.
        price: for all of it, with tax inside where the market shows prices with tax.
    """

    message: str
    price: Money


def check_message(text: str, longest: int, pointer: str) -> str:
    """The message of a gift as it goes onto its card: one line.

    Raises:
        Invalid: too long, or it has characters that cannot be printed.
    """
    line = one_line(text)
    if wrong := fault_of(line, longest):
        raise Invalid(FieldError(pointer, wrong))
    return line
