"""Card numbers that somebody types where none belongs: into a name, a note, a reason (PCI DSS 3.3.1, P3).

The shop never takes card data: whoever pays does so on the provider's page. A number typed elsewhere would end in the
table, in mails and in exports, so it is refused at the edge, by its length, its issuer's first digits and its check
digit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

#: Fields that hold numbers of things, one in ten of which would pass for a card's.
_NUMBERS_OF_THINGS: Final = frozenset({"waybill", "barcode", "number"})
#: Digits in groups, standing by themselves: neither inside a word nor after the plus of a phone number. Bounded, so
#: that no text takes more than its length to search.
_RUN: Final = re.compile(r"(?<![A-Za-z0-9_+])[0-9](?:[ .\-]?[0-9]){12,60}(?![A-Za-z0-9_])")
_GROUP: Final = re.compile("[0-9]+")
_SHORTEST, _LONGEST = 14, 19
#: First digits by length (ISO/IEC 7812); from 16 digits on any of the card schemes'.
_ISSUERS: Final = {14: ("30", "36", "38", "39"), 15: ("34", "37")}
_SCHEMES: Final = ("2", "3", "4", "5", "6")


def has_card_number(text: str) -> bool:
    """Whether a number that can be a card's stands in a text, however it is grouped and whatever its digits' width."""
    if len(text) < _SHORTEST:
        return False
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    return any(_is_card(number) for run in _RUN.finditer(text) for number in _numbers(run.group()))


def card_numbers(value: Any, pointer: str = "") -> Iterator[str]:
    """Pointers to the texts of a JSON document that hold a card number."""
    if isinstance(value, str):
        if has_card_number(value):
            yield pointer
    elif isinstance(value, dict):
        for name, inner in value.items():
            if has_card_number(name):
                yield pointer
            elif name not in _NUMBERS_OF_THINGS:
                yield from card_numbers(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from card_numbers(inner, f"{pointer}/{number}")


def _numbers(run: str) -> Iterator[str]:
    """Every number that neighbouring groups of a run make: a card's number may stand beside its expiry and code."""
    groups = _GROUP.findall(run)
    for first in range(len(groups)):
        number = ""
        for group in groups[first:]:
            number += group
            if len(number) > _LONGEST:
                break
            yield number


def _is_card(number: str) -> bool:
    if len(number) < _SHORTEST or not number.startswith(_ISSUERS.get(len(number), _SCHEMES)):
        return False
    doubled = (2 * int(digit) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0
