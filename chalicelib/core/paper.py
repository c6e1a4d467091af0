"""Documents on paper: pages of text, tables and bar codes as PDF, the same bytes for the same contents.

No font file is needed: Latin text is set in Helvetica, Chinese, Japanese and Korean in the fonts that every PDF reader
knows by name, so a document is small and its text can be found and copied. Letters that none of them has are written
with their nearest Latin ones. reportlab is loaded with the first document, not before.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from . import code128

MILLIMETRE: Final = 72 / 25.4
A4: Final = (210 * MILLIMETRE, 297 * MILLIMETRE)
#: Four by six inches, the sheet of label printers.
LABEL: Final = (4 * 72.0, 6 * 72.0)

#: Fonts by what they can write: the first that has a letter writes it.
_FACES: Final = (
    ("Helvetica", "cp1252"),
    ("STSong-Light", "gbk"),
    ("MSung-Light", "big5"),
    ("HeiseiMin-W3", "shift_jis"),
    ("HYSMyeongJo-Medium", "euc_kr"),
)
_LATIN: Final = _FACES[0][0]
_BOLD: Final = "Helvetica-Bold"
#: Letters that do not come apart into a Latin letter and its accent.
_NEAREST: Final = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ŧ": "t", "Ŧ": "T", "ĸ": "k", "ŋ": "n"}
)
_LEADING: Final = 1.35
#: Points between the columns of a table.
_BETWEEN: Final = 8


@cache
def _face(character: str) -> str | None:
    latin = unicodedata.name(character, "").startswith("LATIN ")
    for face, encoding in _FACES[:1] if latin else _FACES:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            continue
        return face
    return None


def written(text: str) -> str:
    """A text as it can be printed: one line, and letters without a font as their nearest Latin ones, else "?"."""
    composed = unicodedata.normalize("NFC", text)
    found = []
    for character in composed:
        if unicodedata.category(character)[0] in "CZ":
            found.append(" " if unicodedata.category(character) != "Cf" else "")
        elif _face(character):
            found.append(character)
        else:
            plain = unicodedata.normalize("NFKD", character.translate(_NEAREST))
            plain = "".join(part for part in plain if not unicodedata.combining(part))
            found.append(plain if plain and all(_face(part) for part in plain) else "?")
    return " ".join("".join(found).split())


def runs(text: str) -> Iterator[tuple[str, str]]:
    """A written text in stretches of one font: (font, stretch)."""
    stretch, font = "", ""
    for character in text:
        face = _face(character) or _LATIN
        if stretch and face != font:
            yield font, stretch
            stretch = ""
        stretch, font = stretch + character, face
    if stretch:
        yield font, stretch


@cache
def _reportlab() -> Any:
    """reportlab with our fonts; its canvas and its measure of texts."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas

    for face, _ in _FACES[1:]:
        pdfmetrics.registerFont(UnicodeCIDFont(face))
    return canvas.Canvas, pdfmetrics.stringWidth


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a written text is, in points."""
    _, measure = _reportlab()
    return float(sum(measure(stretch, _named(face, bold), size) for face, stretch in runs(text)))


def _named(face: str, bold: bool) -> str:
    return _BOLD if bold and face == _LATIN else face


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """A text in lines that fit; Chinese and Japanese break anywhere, other words only when they are too long."""
    lines, line = [], ""
    for piece in _pieces(written(text)):
        if line and width(line + piece.rstrip(), size, bold=bold) > room:
            lines.append(line.rstrip())
            line = ""
        rest = piece
        while width(rest.rstrip(), size, bold=bold) > room and len(rest) > 1:
            fits = next(end for end in range(len(rest) - 1, 0, -1) if end == 1 or width(rest[:end], size) <= room)
            lines.append(rest[:fits])
            rest = rest[fits:]
        line += rest
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> Iterator[str]:
    """Words with the blank behind them, and every letter that a line may end with."""
    word = ""
    for character in text:
        if _face(character) not in (_LATIN, None, "HYSMyeongJo-Medium"):
            if word:
                yield word
            word = ""
            yield character
        elif character == " ":
            yield word + " "
            word = ""
        else:
            word += character
    if word:
        yield word


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its title and its share of the width; numbers stand right."""

    title: str
    share: float
    right: bool = False


class Paper:
    """Pages that are written from top to bottom.

    Args:
        title: of the file.
        size: of a page, in points.
        margin: in millimetres.
    """

    def __init__(self, title: str, size: tuple[float, float] = A4, margin: float = 15) -> None:
        make, _ = _reportlab()
        self._file = io.BytesIO()
        self._canvas = make(self._file, pagesize=size, invariant=1, pageCompression=1)
        self._canvas.setTitle(written(title))
        self._canvas.setAuthor("Caravan")
        self._canvas.setCreator("Caravan")
        self._canvas.setSubject("")
        self._size, self._margin = size, margin * MILLIMETRE
        self._footer, self._number = "", 0
        self.y = 0.0

    @property
    def room(self) -> float:
        """The width between the margins, in points."""
        return self._size[0] - 2 * self._margin

    def begin(self, footer: str = "") -> None:
        """Begin a document on a new page; its pages are numbered by themselves and carry the footer."""
        self._end_page()
        self._footer, self._number = written(footer), 0
        self._new_page()

    def _new_page(self) -> None:
        self._number += 1
        self.y = self._size[1] - self._margin

    def _end_page(self) -> None:
        if not self._number:
            return
        if self._footer:
            bottom = self._margin / 2
            self._put(self._margin, bottom, self._footer, 7)
            number = str(self._number)
            self._put(self._size[0] - self._margin - width(number, 7), bottom, number, 7)
        self._canvas.showPage()

    def need(self, height: float) -> bool:
        """Make sure of so much room below; true when that took a new page."""
        if self.y - height >= self._margin:
            return False
        self._end_page()
        self._new_page()
        return True

    def _put(self, x: float, y: float, text: str, size: float, *, bold: bool = False) -> None:
        _, measure = _reportlab()
        for face, stretch in runs(text):
            font = _named(face, bold)
            self._canvas.setFont(font, size)
            self._canvas.drawString(x, y, stretch)
            x += measure(stretch, font, size)

    def text(
        self, text: str, size: float = 9, *, bold: bool = False, indent: float = 0, room: float = 0, most: int = 0
    ) -> None:
        """A paragraph.

        Args:
            indent, room: where it begins and how wide it may be, in points; 0: all the width that is left.
            most: lines; a longer text ends with an ellipsis. 0: all.
        """
        lines = wrapped(text, size, room or self.room - indent, bold=bold)
        if most and len(lines) > most:
            lines = [*lines[: most - 1], lines[most - 1][:-1] + "…"]
        for line in lines:
            self.need(size * _LEADING)
            self.y -= size * _LEADING
            self._put(self._margin + indent, self.y, line, size, bold=bold)

    def gap(self, points: float) -> None:
        """Leave room."""
        self.y -= points

    def rule(self) -> None:
        """A thin line from margin to margin."""
        self.y -= 4
        self._canvas.setLineWidth(0.5)
        self._canvas.line(self._margin, self.y, self._size[0] - self._margin, self.y)
        self.y -= 2

    def beside(self, left: Sequence[str], right: Sequence[str], size: float = 9) -> None:
        """Two blocks of lines next to each other; the first line of each is its title."""
        half = self.room / 2 - 6
        self.need(6 * size * _LEADING)
        top, ends = self.y, []
        for place, lines in enumerate((left, right)):
            self.y = top
            for number, line in enumerate(lines):
                self.text(line, size, bold=number == 0, indent=place * (half + 12), room=half)
            ends.append(self.y)
        self.y = min(ends)

    def pairs(self, rows: Sequence[tuple[str, str]], size: float = 9, *, last_bold: bool = True) -> None:
        """Names and amounts at the right margin, a sum at the end."""
        for number, (name, amount) in enumerate(rows):
            bold = last_bold and number == len(rows) - 1
            self.need(size * _LEADING)
            self.y -= size * _LEADING
            right = self._size[0] - self._margin
            self._put(right - width(amount, size, bold=bold), self.y, amount, size, bold=bold)
            self._put(right - 110 - width(written(name), size, bold=bold), self.y, written(name), size, bold=bold)

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], size: float = 9) -> None:
        """A table; its head is repeated on every page, and no row is torn apart unless it is longer than a page."""
        total = sum(column.share for column in columns)
        widths = [self.room * column.share / total for column in columns]
        self._head(columns, widths, size)
        for row in rows:
            cells = [wrapped(cell, size, wide - _BETWEEN) for cell, wide in zip(row, widths, strict=True)]
            height = max(len(cell) for cell in cells) * size * _LEADING + 3
            if self.need(min(height, self._size[1] - 2 * self._margin - 3 * size)):
                self._head(columns, widths, size)
            self._cells(columns, widths, cells, size)
            self.y -= 3

    def _head(self, columns: Sequence[Column], widths: Sequence[float], size: float) -> None:
        titles = [
            wrapped(column.title, size, wide - _BETWEEN, bold=True)
            for column, wide in zip(columns, widths, strict=True)
        ]
        self._cells(columns, widths, titles, size, bold=True)
        self.rule()

    def _cells(
        self, columns: Sequence[Column], widths: Sequence[float], cells: Sequence[Sequence[str]], size: float, *,
        bold: bool = False,
    ) -> None:  # fmt: skip
        for number in range(max(len(cell) for cell in cells)):
            if self.need(size * _LEADING) and not bold:
                self._head(columns, widths, size)
            self.y -= size * _LEADING
            x = self._margin
            for column, wide, lines in zip(columns, widths, cells, strict=True):
                if number < len(lines):
                    line = lines[number]
                    shift = wide - _BETWEEN - width(line, size, bold=bold) if column.right else 0
                    self._put(x + shift, self.y, line, size, bold=bold)
                x += wide

    def bars(self, text: str, height: float, *, widest: float = 1.4, said: float = 9) -> None:
        """A Code 128 with the text below it, as wide as there is room for, up to `widest` points a module."""
        widths = code128.widths(text)
        modules = sum(map(int, widths))
        module = min(widest, self.room / (modules + 20))  # ten modules of quiet on either side
        self.need(height + said * _LEADING)
        self.y -= height
        x = (self._size[0] - modules * module) / 2
        for place, wide in enumerate(int(digit) * module for digit in widths):
            if place % 2 == 0:
                self._canvas.rect(x, self.y, wide, height, stroke=0, fill=1)
            x += wide
        self.y -= said * _LEADING
        self._put((self._size[0] - width(text, said)) / 2, self.y, text, said)

    def done(self) -> bytes:
        """The PDF."""
        self._end_page()
        self._number = 0
        self._canvas.save()
        return self._file.getvalue()
