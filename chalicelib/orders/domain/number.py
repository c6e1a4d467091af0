"""Order numbers: the class in the first letter, 60 bits nobody can foretell, one check character (ORD-04, ORD-05).

`C7K2Q0M9VX4TBT` is of class **C**ourier; how a number is made is in `core.numbers`. The number of an order that a
client places is drawn from the request's mark, so that a repeated request finds its own.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.ids import digest
from chalicelib.core.numbers import draw_number, typed_number


class OrderClass(StrEnum):
    """What kind of order it is; staff see it in the number's first letter (ORD-06)."""

    SELF_PICKUP = "self_pickup"
    OWN_DELIVERY = "own_delivery"
    COURIER = "courier"
    ALLIANCE = "alliance"
    RETURN = "return"
    EXCHANGE = "exchange"
    VIRTUAL = "virtual"
    """Our own: nothing is handed over."""

    @property
    def letter(self) -> str:
        """The first letter of the class's numbers."""
        return LETTERS[self]


LETTERS: Final = {
    OrderClass.SELF_PICKUP: "P",
    OrderClass.OWN_DELIVERY: "D",
    OrderClass.COURIER: "C",
    OrderClass.ALLIANCE: "A",
    OrderClass.RETURN: "R",
    OrderClass.EXCHANGE: "X",
    OrderClass.VIRTUAL: "V",
}
_CLASSES: Final = {letter: order_class for order_class, letter in LETTERS.items()}


class MistypedNumber(Invalid):
    """The text cannot be an order number at all: a typing error, not an unknown order."""

    code, title = "mistyped-order-number", "The order number is mistyped"

    def __init__(self) -> None:
        super().__init__(FieldError("order_id", "the check character does not fit: please compare every character"))


def new_number(order_class: OrderClass, draw: Callable[[int], int] = secrets.randbits) -> str:
    """A new number of a class. `draw` gives that many random bits."""
    return draw_number(order_class.letter, draw)


def number_of(order_class: OrderClass, mark: str) -> str:
    """The number of a class that belongs to a request: the same for the same mark."""
    draws = itertools.count()

    def draw(bits: int) -> int:
        return int(digest(f"{mark}\n{next(draws)}"), 16) >> (256 - bits)

    return new_number(order_class, draw)


def read_number(text: str) -> str:
    """The order number somebody typed: lower case, spaces, hyphens and look-alike letters are understood.

    Raises:
        MistypedNumber: wrong length, class letter, character or check character.
    """
    number = typed_number(text, _CLASSES)
    if number is None:
        raise MistypedNumber
    return number


def class_of(number: str) -> OrderClass:
    """The class that a number's first letter names.

    Raises:
        MistypedNumber: no class has this letter.
    """
    try:
        return _CLASSES[number[:1]]
    except KeyError:
        raise MistypedNumber from None
