"""What may stand in a text that is printed on a card, a label or an invoice."""

from __future__ import annotations

import unicodedata
from typing import Final

#: Control, surrogate, private-use, unassigned and format characters (bidi overrides, zero-width): they break labels and
#: logs.
FORBIDDEN: Final = frozenset({"Cc", "Cs", "Co", "Cf", "Cn"})
#: Joiners that scripts and emoji need.
_JOINERS: Final = frozenset("\u200c\u200d")


def one_line(text: str) -> str:
    """The text in normal form, with single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fault_of(text: str, longest: int) -> str:
    """What is wrong with a text that is to be printed; "" when nothing is."""
    if len(text) > longest:
        return f"has more than {longest} characters"
    if any(unicodedata.category(each) in FORBIDDEN and each not in _JOINERS for each in text):
        return "has characters that cannot be printed"
    return ""
