"""Markets, calendars, exchange rates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import NotFound
from chalicelib.core.money import Money, digits
from chalicelib.markets import service
from chalicelib.markets.domain import (
    ExchangeRates,
    customs_territory,
    dispatch_date,
    next_working_day,
    pick_text,
    working_days,
)

RATES = ExchangeRates({"USD": 1_160_000, "JPY": 175_000_000, "CNY": 8_250_000})


def test_there_are_six_markets_with_a_complete_profile_i18n_06() -> None:
    markets = {market.code: market for market in service.all_markets()}
    assert list(markets) == ["EU", "GB", "US", "CN", "JP", "BR"]
    for market in markets.values():
        assert market.languages and market.units in {"metric", "imperial"} and market.return_days > 0
        assert digits(market.currency) in {0, 2}
        assert ZoneInfo(market.time_zone)
        assert len(market.payment_methods) >= 3
        assert market.certificates


def test_only_the_united_states_show_prices_without_tax() -> None:
    assert [market.code for market in service.all_markets() if not market.prices_include_tax] == ["US"]


def test_brazil_is_a_high_tax_market_log_07() -> None:
    assert [market.code for market in service.all_markets() if market.high_tax] == ["BR"]


def test_every_market_ships_from_places_that_exist() -> None:
    known = {place.id for place in service.locations()}
    assert all(set(market.ships_from) <= known and market.ships_from for market in service.all_markets())


def test_no_country_belongs_to_two_markets() -> None:
    countries = [country for market in service.all_markets() for country in market.countries]
    assert len(countries) == len(set(countries))


def test_a_market_is_found_by_its_country() -> None:
    found = service.market_of_country("FI")
    assert found is not None and found.code == "EU"
    assert service.market_of_country("AQ") is None


def test_unknown_markets_and_locations_are_not_found() -> None:
    with pytest.raises(NotFound):
        service.market("XX")
    with pytest.raises(NotFound):
        service.location("NOWHERE")


def test_members_of_the_union_are_one_customs_territory() -> None:
    assert customs_territory("NL") == customs_territory("DE") == "EU"
    assert customs_territory("GB") == "GB"


@pytest.mark.parametrize(
    ("start", "count", "country", "expected"),
    [
        (date(2026, 12, 23), 3, "DE", date(2026, 12, 29)),  # both Christmas days and a weekend
        (date(2026, 9, 30), 3, "CN", date(2026, 10, 10)),  # National Day week; the Saturday is worked
        (date(2026, 11, 25), 3, "US", date(2026, 12, 1)),  # Thanksgiving
        (date(2026, 11, 20), 1, "JP", date(2026, 11, 24)),  # weekend, then Labour Thanksgiving Day on Monday
    ],
)
def test_working_days_skip_weekends_and_public_holidays_amb_13(
    start: date, count: int, country: str, expected: date
) -> None:
    assert working_days(start, count, country) == expected


def test_counting_working_days_starts_at_one() -> None:
    with pytest.raises(ValueError, match="starts at one"):
        working_days(date(2026, 11, 20), 0, "DE")


def test_a_working_day_stays_where_it_is() -> None:
    assert next_working_day(date(2026, 11, 20), "DE") == date(2026, 11, 20)
    assert next_working_day(date(2026, 11, 21), "DE") == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("placed_at", "expected"),
    [
        (datetime(2026, 11, 19, 14, 59, 59, tzinfo=UTC), date(2026, 11, 19)),  # 15:59:59 in Rotterdam
        (datetime(2026, 11, 19, 15, 0, 0, tzinfo=UTC), date(2026, 11, 20)),  # 16:00:00 is late
        (datetime(2026, 11, 20, 15, 0, 0, tzinfo=UTC), date(2026, 11, 23)),  # Friday after the cut-off
        (datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC), date(2026, 11, 23)),  # Saturday
        (datetime(2026, 7, 1, 14, 0, 0, tzinfo=UTC), date(2026, 7, 2)),  # 16:00 in summer time
    ],
)
def test_a_courier_order_before_16_local_time_leaves_the_same_working_day_ful_12(
    placed_at: datetime, expected: date
) -> None:
    assert dispatch_date(placed_at, "Europe/Amsterdam", time(16), "NL") == expected


def test_amounts_are_converted_through_the_euro_and_rounded_once_fx_01() -> None:
    assert RATES.convert(Money(10_000, "EUR"), "USD") == Money(11_600, "USD")
    assert RATES.convert(Money(11_600, "USD"), "EUR") == Money(10_000, "EUR")
    assert RATES.convert(Money(5_000, "USD"), "JPY") == Money(7_543, "JPY")  # 50 / 1.16 * 175 = 7543.10
    assert RATES.rate("CNY", "CNY") == Decimal(1)


@given(st.integers(0, 10**9), st.sampled_from(["EUR", "USD", "CNY"]))
def test_an_amount_in_its_own_currency_is_never_changed(minor: int, currency: str) -> None:
    assert RATES.convert(Money(minor, currency), currency) == Money(minor, currency)


def test_a_text_is_picked_by_language_then_by_its_main_part_then_english() -> None:
    texts = {"en": "Cup", "zh-CN": "杯子", "de": "Becher"}
    assert pick_text(texts, "zh-CN") == "杯子"
    assert pick_text(texts, "zh-Hans") == "杯子"
    assert pick_text(texts, "de-AT") == "Becher"
    assert pick_text(texts, "pt-BR") == "Cup"
    assert pick_text({"ja": "コップ"}, "pt-BR") == "コップ"
