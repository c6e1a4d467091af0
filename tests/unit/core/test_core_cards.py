"""A card number is known for what it is in any text, and other numbers are not taken for one (P3)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.cards import card_numbers, has_card_number

#: The schemes' published test numbers.
NUMBERS = [
    "4111111111111111", "4242424242424242", "5555555555554444", "2223003122003222", "378282246310005",
    "371449635398431", "30569309025904", "6011111111111117", "3530111333300000", "6212345678900000003",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "text",
    ["{}", "my card {} thanks", "({})", "卡号{}。", "{}/12", "{} 12 27 123", "a\n{}\tb", "card:{},exp", "4 {}"],
)
def test_a_card_number_is_found_wherever_it_stands(number: str, text: str) -> None:
    groups = [number[i : i + 4] for i in range(0, len(number), 4)]
    for written in (number, " ".join(groups), "-".join(groups), ".".join(groups)):
        assert has_card_number(text.format(written)), written


def test_digits_of_another_width_or_script_are_digits() -> None:
    assert has_card_number("４１１１　１１１１　１１１１　１１１１")
    assert has_card_number("٤١١١١١١١١١١١١١١١")


@given(st.sampled_from(NUMBERS), st.integers(1, 9))
def test_a_number_with_a_wrong_check_digit_is_none(number: str, off: int) -> None:
    wrong = number[:-1] + str((int(number[-1]) + off) % 10)
    assert not has_card_number(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "", "4111", "+49 171 11111111116", "0049 171 1234567", "+4111111111111111", "10115 Berlin",
        "2026-11-22 09:30:00",
        "1234567890123456", "9111111111111111", "0000000000000000", "0" * 64, "DE123456789", "CR763QQH8ZG8ZJ",
        "4111111111111111a0b1c2", "f4111111111111111", "01a200b0-5876-778f-8c6f-16ca129959e2", "4012345678901",
        "41111111111111111111111",
    ],
)  # fmt: skip
def test_other_numbers_are_let_through(text: str) -> None:
    assert not has_card_number(text)


def test_a_document_is_searched_but_for_the_numbers_of_things() -> None:
    number = NUMBERS[0]
    body = {
        "note": f"use {number}", "lines": [{"label": "x"}, {"label": number}], "waybill": number, "barcode": number,
        number: 1, "quantity": 4,
    }  # fmt: skip
    assert list(card_numbers(body)) == ["/note", "/lines/1/label", ""]


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_no_document_is_too_odd_to_be_searched(value: object) -> None:
    list(card_numbers(value))


@pytest.mark.parametrize("text", ["1 " * 130_000 + "x", "1" * 260_000 + "x", "1-" * 130_000, "4111 " * 52_000])
def test_no_text_takes_long_to_search_f14(text: str) -> None:
    begun = time.process_time()
    has_card_number(text)
    assert time.process_time() - begun < 2
