"""Money is exact, knows its currency's digits, and never loses a minor unit."""

from __future__ import annotations

from decimal import Decimal

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import CurrencyMismatch
from chalicelib.core.money import LIMIT, Money, digits

amounts = st.integers(-(10**11), 10**11)


def test_the_digits_of_every_currency_are_those_of_iso_4217() -> None:
    for currency in iso4217.Currency:
        if currency.exponent is not None:
            assert digits(currency.code) == currency.exponent, currency.code


@pytest.mark.parametrize("code", ["XXX", "XAU", "EURO", "eur", ""])
def test_what_is_no_currency_has_no_digits(code: str) -> None:
    with pytest.raises(ValueError):
        digits(code)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.34", "EUR", 1234), ("12", "JPY", 12), ("1.234", "KWD", 1234), ("-0.05", "USD", -5), ("7", "EUR", 700)],
)
def test_amounts_are_read_to_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.of(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("12.345", "EUR"), ("1.5", "JPY"), ("NaN", "EUR"), ("abc", "EUR"), ("1e20", "EUR"), ("", "EUR")],
)
def test_amounts_that_cannot_be_exact_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError):
        Money.of(text, currency)


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_text_and_amount_are_the_same_thing(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.of(money.text, currency) == money


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_shares_always_sum_to_the_whole(minor: int, weights: list[int]) -> None:
    whole = Money(minor, "EUR")
    parts = whole.share(weights)
    assert Money.sum(parts, "EUR") == whole
    assert all(part.minor * (1 if minor >= 0 else -1) >= 0 for part in parts)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=2, max_size=10).filter(any))
def test_no_share_is_a_unit_away_from_its_exact_part(minor: int, weights: list[int]) -> None:
    for part, weight in zip(Money(minor, "EUR").share(weights), weights, strict=True):
        assert abs(part.minor - Decimal(minor) * weight / sum(weights)) < 1


def test_half_a_unit_is_rounded_away_from_zero() -> None:
    assert Money(50, "EUR").times(Decimal("0.01")) == Money(1, "EUR")
    assert Money(-50, "EUR").times(Decimal("0.01")) == Money(-1, "EUR")


def test_conversion_respects_both_currencies_digits() -> None:
    assert Money.of("100.00", "EUR").convert("JPY", Decimal("162.349")) == Money(16235, "JPY")
    assert Money.of("100", "JPY").convert("KWD", Decimal("0.00205")) == Money(205, "KWD")


def test_two_currencies_never_meet() -> None:
    for meet in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b):
        with pytest.raises(CurrencyMismatch):
            meet(Money(1, "EUR"), Money(1, "USD"))


def test_an_amount_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ValueError):
        Money.of(str(LIMIT), "EUR")
