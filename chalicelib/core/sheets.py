"""Tables that people send as text files: their encodings, their separators, their cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from typing import Final

from .errors import FieldError, Invalid

SEPARATORS: Final = ",;\t|"
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_BREAK: Final = re.compile(r"\r\n|\n|\r")


def text_of(raw: bytes, pointer: str = "") -> str:
    """The text of a file: UTF-8 with or without a byte order mark, else GB18030, as Chinese programs write it.

    Raises:
        Invalid: it is neither, or no text at all (a workbook, a picture).
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text):
            return text
    raise Invalid(FieldError(pointer, "is not a text file in UTF-8 or GB18030; export the table as CSV"))


def lines_of(text: str) -> list[str]:
    """The lines of a text without their breaks, whichever system wrote them."""
    return _LINE_BREAK.split(text)


def cells(line: str, separator: str, *, strict: bool = False) -> list[str]:
    """The cells of one line.

    Args:
        strict: a quotation mark that is not closed, or closed too early, is an error instead of a part of the text.

    Raises:
        csv.Error: the line cannot be taken apart.
    """
    return next(csv.reader([line], delimiter=separator, strict=strict), [])


def plain(name: str) -> str:
    """The name of a column as it is compared: lower case, single blanks."""
    return " ".join(name.lower().split())


def header(line: str, known: Callable[[str], bool]) -> tuple[str, Sequence[str]]:
    """The separator and the columns of a first line: the separator that makes the most columns known."""
    split = {mark: _columns(line, mark) for mark in SEPARATORS}
    separator = max(split, key=lambda mark: sum(known(plain(name)) for name in split[mark]))
    return separator, [name.strip() for name in split[separator]]


def _columns(line: str, separator: str) -> list[str]:
    try:
        return cells(line.removeprefix("\ufeff"), separator)
    except csv.Error:
        return []
