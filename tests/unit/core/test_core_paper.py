"""Paper: bar codes as the library draws them, texts in the fonts that have them, the same bytes every time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core import code128
from chalicelib.core.paper import LABEL, Column, Paper, runs, width, wrapped, written
from tests.support.pdf import pages_of, text_of


def by_the_library(text: str) -> str:
    from reportlab.graphics.barcode.code128 import Code128Auto

    bars = Code128Auto(text)
    bars.validate()
    bars.encode()
    bars.decompose()
    return "".join(str("ABCD".index(bar.upper()) + 1) for bar in bars.decomposed)


@given(st.text(alphabet="ABCXYZ-abc /~", min_size=1, max_size=20))
@settings(deadline=None)
def test_bars_of_letters_are_those_of_the_library(text: str) -> None:
    assert code128.widths(text) == by_the_library(text)


def read(widths: str) -> str:
    """A plain reader of sets B and C, with the check digit."""
    patterns = code128._PATTERNS
    values = [patterns.index(widths[place : place + 6]) for place in range(0, len(widths) - 7, 6)]
    assert widths.endswith("2331112")
    *values, check = values
    assert (values[0] + sum(place * value for place, value in enumerate(values))) % 103 == check
    in_pairs, found = values[0] == 105, ""
    for value in values[1:]:
        if value == (100 if in_pairs else 99):
            in_pairs = not in_pairs
        else:
            found += f"{value:02d}" if in_pairs else chr(value + 32)
    return found


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
@settings(max_examples=300, deadline=None)
def test_every_text_can_be_read_back_from_its_bars(text: str) -> None:
    assert read(code128.widths(text)) == text


@pytest.mark.parametrize("text", ["00340434161094042557", "RR473124829CN", "1Z999AA10123456784", "C7K2Q0M9VX4TBT"])
def test_waybills_take_no_more_bars_than_the_library_needs(text: str) -> None:
    assert read(code128.widths(text)) == text
    assert len(code128.widths(text)) <= len(by_the_library(text)) + 6


@pytest.mark.parametrize("text", ["", "é", "\n", "中"])
def test_what_no_bars_can_say_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        code128.widths(text)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Łódź", "Lódz"), ("a\nb\u202ec\x00", "a bc"), ("茶壶 Teapot", "茶壶 Teapot"), ("Müller €", "Müller €"),
        ("\U0001f60e", "?"), ("Søren Ŧ", "Søren T"), ("", ""), ("Ελλάδα", "Ελλαδα"), ("Москва", "Москва"),
        ("渋谷区ひらがな", "渋谷区ひらがな"), ("서울", "서울"), ("שלום", "????"),
    ],
)  # fmt: skip
def test_letters_without_a_font_become_their_nearest(text: str, printed: str) -> None:
    assert written(text) == printed


@given(st.text(max_size=60))
@settings(deadline=None)
def test_every_text_can_be_printed(text: str) -> None:
    printed = written(text)
    assert "".join(stretch for _, stretch in runs(printed)) == printed
    assert written(printed) == printed
    paper = Paper("x")
    paper.begin()
    paper.text(text)
    assert paper.done().startswith(b"%PDF")


@given(st.text(alphabet="ab cdef茶壶的 é", max_size=80), st.integers(20, 200))
@settings(deadline=None)
def test_wrapped_lines_fit_and_lose_nothing(text: str, room: int) -> None:
    lines = wrapped(text, 9, room)
    assert "".join(lines).replace(" ", "") == written(text).replace(" ", "")
    assert all(width(line, 9) <= room for line in lines)


def a_document() -> bytes:
    paper = Paper("Order", LABEL, margin=5)
    paper.begin("C7K2Q0M9VX4TBT")
    paper.text("Lieferschein 发货单", 12, bold=True)
    paper.beside(["To", "Erika Mustermann"], ["From", "深圳市"])
    paper.table([Column("SKU", 2), Column("Units", 1, right=True)], [(f"TEA-{n}", str(n)) for n in range(60)])
    paper.bars("RR473124829CN", 40)
    paper.pairs([("Goods", "EUR 1.00"), ("Total", "EUR 1.00")])
    return paper.done()


def test_the_same_contents_are_the_same_bytes() -> None:
    assert a_document() == a_document()


def test_a_long_table_has_its_head_on_every_page_and_every_row_once() -> None:
    pages = pages_of(a_document())
    assert len(pages) > 1
    assert all("SKU" in page for page in pages)
    rows = [f"TEA-{n}" for n in range(60)]
    assert [word for page in pages for word in page if word in rows] == rows


def test_text_can_be_found_again() -> None:
    found = text_of(a_document())
    assert "发货单" in found
    assert "深圳市" in found
    assert "Erika Mustermann" in found
