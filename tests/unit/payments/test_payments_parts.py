"""Which parts of an order can be paid by themselves (ORD-12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money
from chalicelib.payments.domain import PartRefused, check_part, largest_part


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.mark.parametrize("wanted", [None, 6500, 1000, 3000, 5500])
def test_all_that_is_left_or_a_part_that_leaves_enough_is_paid(wanted: int | None) -> None:
    amount = eur(wanted) if wanted else None
    assert check_part(eur(6500), amount, 1000) == (amount or eur(6500))


@pytest.mark.parametrize("wanted", [999, 1, 5501, 6499, 6501, 99999])
def test_too_small_a_part_or_rest_and_more_than_is_left_are_refused_with_what_is_allowed(wanted: int) -> None:
    with pytest.raises(PartRefused) as refused:
        check_part(eur(6500), eur(wanted), 1000)
    assert refused.value.members["outstanding"] == {"amount": "65.00", "currency": "EUR"}
    assert refused.value.members["least"] == {"amount": "10.00", "currency": "EUR"}
    assert (refused.value.status, refused.value.members["rule"]) == (422, "ORD-12")


@pytest.mark.parametrize("wanted", [Money(1000, "USD"), eur(0), eur(-1000)])
def test_nothing_and_other_money_are_no_part(wanted: Money) -> None:
    with pytest.raises(Invalid) as refused:
        check_part(eur(6500), wanted, 1000)
    assert refused.value.members["errors"][0]["pointer"] == "/amount"


def test_what_is_smaller_than_two_parts_is_paid_at_once() -> None:
    assert check_part(eur(1500), eur(1500), 1000) == eur(1500)
    with pytest.raises(PartRefused):
        check_part(eur(1500), eur(700), 1000)


@given(st.integers(1, 20_000), st.integers(0, 30_000), st.integers(0, 5_000))
def test_the_largest_part_is_one_that_is_allowed_and_no_larger_one_is(left: int, held: int, least: int) -> None:
    part = largest_part(eur(left), eur(held), least)
    if part is not None:
        assert check_part(eur(left), part, least) == part <= eur(held)
    for minor in {min(held, left), min(held, left - least), min(held, least), held - 1}:
        if 0 < minor <= min(held, left) and (part is None or minor > part.minor):
            with pytest.raises(PartRefused):
                check_part(eur(left), eur(minor), least)
