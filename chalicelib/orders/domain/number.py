"""Order numbers: the class in the first letter, 60 bits nobody can foretell, one check character (ORD-04, ORD-05).

`C7K2Q0M9VX4TBT` reads: **C**ourier, twelve random Crockford base32 characters, the check character of ISO/IEC 7064
MOD 37,36. No counter is behind it, so it tells nobody how many orders the shop has, and no number leads to another.
The number of an order that a client places is drawn from the request's mark, so that a repeated request finds its own.
The alphabet has no I, L, O and U; what a reader makes of them (I and L are 1, O is 0) is understood when typed.
MOD 37,36 finds every single wrong character and all but one in six hundred swaps of neighbours; when the check
character would be a letter outside the alphabet, another number is drawn.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.ids import digest

#: Crockford's base32: digits and letters that are not taken for each other.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS: Final = 12
LENGTH: Final = 1 + RANDOM_CHARACTERS + 1
_BITS: Final = 5 * RANDOM_CHARACTERS
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


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
    from stdnum.iso7064 import mod_37_36

    while True:
        bits = draw(_BITS)
        body = order_class.letter + "".join(ALPHABET[bits >> shift & 31] for shift in range(_BITS - 5, -1, -5))
        check = mod_37_36.calc_check_digit(body)
        if check in ALPHABET:
            return body + check


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
    from stdnum.iso7064 import mod_37_36

    number = text.upper().translate(_READ_AS) if len(text) <= 2 * LENGTH else ""
    known = len(number) == LENGTH and number[0] in _CLASSES and all(character in ALPHABET for character in number)
    if not known or mod_37_36.checksum(number) != 1:
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
