"""Code 128, the bar code of couriers: texts as widths of bars (ISO/IEC 15417)."""

from __future__ import annotations

from typing import Final

#: The widths of bar, gap, bar, gap, bar, gap of each value, in modules; the last one is the stop sign.
_PATTERNS: Final = """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132
    122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212
    322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311
    112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321
    331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 141221 112214
    112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212
    124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113
    411311 113141 114131 311141 411131 211412 211214 211232 2331112
""".split()
_START_B, _START_C, _TO_C, _TO_B = 104, 105, 99, 100
_STOP: Final = 106


def widths(text: str) -> str:
    """The widths of bars and gaps in turn, beginning with a bar, one digit each, without the quiet zones.

    Raises:
        ValueError: empty, or not printable ASCII.
    """
    values = _values(text)
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    return "".join(_PATTERNS[value] for value in (*values, check, _STOP))


def _values(text: str) -> list[int]:
    """The start sign and the values: runs of digits in pairs where that is shorter, everything else one by one."""
    if not text or any(not " " <= character <= "~" for character in text):
        raise ValueError("Code 128 takes printable ASCII here")
    values: list[int] = []
    place, in_pairs = 0, False
    while place < len(text):
        digits = _digits(text, place)
        worth = digits >= 4 or (digits == len(text) and digits % 2 == 0)
        if not in_pairs and worth and digits % 2 == 0:
            values.append(_TO_C if values else _START_C)
            in_pairs = True
        elif in_pairs and digits < 2:
            values.append(_TO_B)
            in_pairs = False
        elif not values:
            values.append(_START_B)
        step = 2 if in_pairs else 1
        values.append(int(text[place : place + 2]) if in_pairs else ord(text[place]) - 32)
        place += step
    return values


def _digits(text: str, place: int) -> int:
    """How many digits follow."""
    end = place
    while end < len(text) and text[end].isdigit():
        end += 1
    return end - place
