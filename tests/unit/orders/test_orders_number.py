"""Order numbers: class in the first letter, unguessable, typing errors found (ORD-04, ORD-05, ORD-06)."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.ids import is_id
from chalicelib.core.numbers import ALPHABET, LENGTH, RANDOM_CHARACTERS
from chalicelib.orders.domain.number import (
    LETTERS,
    MistypedNumber,
    OrderClass,
    class_of,
    new_number,
    number_of,
    read_number,
)

CLASSES = st.sampled_from(list(OrderClass))
NUMBERS = CLASSES.map(new_number)


def test_every_class_has_its_own_letter_ord_06() -> None:
    assert set(LETTERS) == set(OrderClass)
    assert len(set(LETTERS.values())) == len(OrderClass)
    named = {"self_pickup", "own_delivery", "courier", "alliance", "return", "exchange"}
    assert named <= {order_class.value for order_class in OrderClass}
    assert set(LETTERS.values()) <= set(ALPHABET)


@given(CLASSES)
def test_a_number_tells_its_class_and_reads_back_ord_05(order_class: OrderClass) -> None:
    number = new_number(order_class)
    assert len(number) == LENGTH
    assert class_of(number) is order_class
    assert read_number(number) == number
    assert is_id(number)


def test_a_number_holds_at_least_55_random_bits_and_no_counter_ord_04() -> None:
    asked: list[int] = []

    def draw(bits: int) -> int:
        asked.append(bits)
        return 0x5A5A5A5A5A5A5A5 + len(asked)

    new_number(OrderClass.COURIER, draw)
    assert asked[0] == 5 * RANDOM_CHARACTERS >= 55
    assert len({new_number(OrderClass.COURIER) for _ in range(2000)}) == 2000


@given(CLASSES, st.text(max_size=64))
def test_a_request_has_one_number_in_each_class_i1(order_class: OrderClass, mark: str) -> None:
    number = number_of(order_class, mark)
    assert number == number_of(order_class, mark) == read_number(number)
    assert class_of(number) is order_class
    assert number[1:-1] != number_of(order_class, mark + "x")[1:-1]


def test_a_draw_whose_check_character_looks_like_another_is_drawn_again_ord_04() -> None:
    draws = iter(range(10_000))
    numbers = [new_number(OrderClass.COURIER, lambda _: next(draws)) for _ in range(500)]
    assert all(set(number) <= set(ALPHABET) for number in numbers)
    assert next(draws) > 500


@given(NUMBERS, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found_ord_05(number: str, place: int, wrong: str) -> None:
    mistyped = number[:place] + wrong + number[place + 1 :]
    if mistyped == number:
        assert read_number(mistyped) == number
    else:
        with pytest.raises(MistypedNumber):
            read_number(mistyped)


def test_swapped_neighbours_are_found_ord_05() -> None:
    swaps = missed = 0
    for _ in range(2000):
        number = new_number(OrderClass.COURIER)
        for place in range(1, LENGTH - 2):
            swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
            swaps += swapped != number
            missed += swapped != number and _is_number(swapped)
    assert swaps > 10_000
    assert missed / swaps < 1 / 300


def _is_number(text: str) -> bool:
    try:
        read_number(text)
    except MistypedNumber:
        return False
    return True


@given(NUMBERS)
def test_what_people_make_of_a_number_is_understood_ord_05(number: str) -> None:
    spoken = number.replace("0", "o").replace("1", "l").lower()
    assert read_number(f" {spoken[:5]}-{spoken[5:9]} {spoken[9:]} ") == number


@pytest.mark.parametrize(
    "text", ["", "C", "ORDER#1", "Z" * LENGTH, "C" * 1000, "Ç" + "0" * (LENGTH - 1), "C0000000000000\u0000"]
)
def test_what_cannot_be_a_number_is_mistyped_ord_05(text: str) -> None:
    with pytest.raises(MistypedNumber):
        read_number(text)


@given(st.text(string.printable + "０١ⅨẞŉI", max_size=40))
def test_any_text_is_a_number_or_mistyped_and_nothing_else_ord_05(text: str) -> None:
    try:
        number = read_number(text)
    except MistypedNumber:
        return
    assert set(number) <= set(ALPHABET)
