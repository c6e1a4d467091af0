"""Numbers that people read to each other: a letter for the kind, 60 bits nobody can foretell, one check character.

`C7K2Q0M9VX4TBT` reads: a letter, twelve random Crockford base32 characters, the check character of ISO/IEC 7064
MOD 37,36. No counter is behind it, so it tells nobody how many there are, and no number leads to another.
The alphabet has no I, L, O and U; what a reader makes of them (I and L are 1, O is 0) is understood when typed.
MOD 37,36 finds every single wrong character and all but one in six hundred swaps of neighbours; when the check
character would be a letter outside the alphabet, another number is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final

#: Crockford's base32: digits and letters that are not taken for each other.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_CHARACTERS: Final = 12
LENGTH: Final = 1 + RANDOM_CHARACTERS + 1
_BITS: Final = 5 * RANDOM_CHARACTERS
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


def draw_number(letter: str, draw: Callable[[int], int]) -> str:
    """A new number that begins with this letter. `draw` gives that many random bits."""
    from stdnum.iso7064 import mod_37_36

    while True:
        bits = draw(_BITS)
        body = letter + "".join(ALPHABET[bits >> shift & 31] for shift in range(_BITS - 5, -1, -5))
        check = mod_37_36.calc_check_digit(body)
        if check in ALPHABET:
            return body + check


def typed_number(text: str, letters: Container[str]) -> str | None:
    """The number that somebody typed, or None when the text can be none that begins with one of these letters.

    Lower case, spaces, hyphens and look-alike letters are understood.
    """
    from stdnum.iso7064 import mod_37_36

    number = text.upper().translate(_READ_AS) if len(text) <= 2 * LENGTH else ""
    known = len(number) == LENGTH and number[0] in letters and all(character in ALPHABET for character in number)
    return number if known and mod_37_36.checksum(number) == 1 else None
