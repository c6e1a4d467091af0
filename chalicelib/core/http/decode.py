"""The strict decoder: what is let in at all, before any model looks at it.

JSON as other parsers may read it differently is refused: duplicate keys, NaN and Infinity, numbers that no reader keeps
exact, lone surrogates, control characters; and so is what only costs: size and depth.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, Final

from chalicelib.core.errors import FieldError, Invalid, TooLarge

#: Bytes of a request body.
LARGEST: Final = 256 * 1024
#: Levels of nesting.
DEEPEST: Final = 24
#: Integers beyond this are not exact in every JSON reader.
_EXACT: Final = 2**53
_ALLOWED_CONTROLS: Final = frozenset("\t\n\r")


class _Refused(ValueError):
    pass


def decode(raw: bytes, largest: int = LARGEST, *, files: bool = False) -> Any:
    """A JSON document as Python values.

    Args:
        files: texts may be files, which many programs begin with a byte order mark.

    Raises:
        TooLarge: more bytes than are read.
        Invalid: anything that is not plain, unambiguous JSON.
    """
    if len(raw) > largest:
        raise TooLarge(f"At most {largest} bytes are read.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _invalid("the body is not UTF-8") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_constant=_no_constants, parse_int=_integer, parse_float=_real
        )
        _check(value, 1, files)
    except _Refused as error:
        raise _invalid(str(error)) from None
    except RecursionError:
        raise _invalid("the body is nested too deeply") from None
    except ValueError:
        raise _invalid("the body is not JSON") from None
    return value


def _invalid(detail: str) -> Invalid:
    return Invalid(FieldError("", detail))


def _no_duplicates(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Refused(f"the field {name[:40]!a} is given twice")
        found[name] = value
    return found


def _no_constants(_: str) -> Any:
    raise _Refused("NaN and Infinity are not JSON")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(number := int(text)) > _EXACT:
        raise _Refused("a number is too large")
    return number


def _real(text: str) -> float:
    number = float(text) if len(text) < 40 else math.inf
    if not math.isfinite(number):
        raise _Refused("a number is too large or too long")
    return number


def _check(value: Any, depth: int, files: bool) -> None:
    if depth > DEEPEST:
        raise _Refused("the body is nested too deeply")
    if isinstance(value, str):
        _check_text(value.removeprefix(_BYTE_ORDER_MARK) if files else value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth + 1, files)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1, files)


def _check_text(text: str) -> None:
    if text.isascii() and text.isprintable():
        return
    for character in text:
        code = ord(character)
        if 0xD800 <= code <= 0xDFFF:
            raise _Refused("a text has half a character (a lone surrogate)")
        if (code < 0x20 and character not in _ALLOWED_CONTROLS) or 0x7F <= code < 0xA0 or code in _UNSEEN:
            raise _Refused("a text has a control character")


_BYTE_ORDER_MARK: Final = "\ufeff"
#: Characters that change how the text around them is read without being seen themselves.
_UNSEEN: Final = frozenset({0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)})
