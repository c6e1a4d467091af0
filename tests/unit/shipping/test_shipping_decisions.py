"""The decision table of channels: first match, why not, exclusions, overlaps and unreachable rows (RTE-07, LOG-06)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.markets import service as markets
from chalicelib.markets.domain import ExchangeRates, Location
from chalicelib.shipping.domain import coverage
from chalicelib.shipping.domain.coverage import Finding, Kind
from chalicelib.shipping.domain.decisions import (
    Attribute,
    Choice,
    DecisionTable,
    DutyPolicy,
    Facts,
    Row,
    attributes,
    duty_policy,
    packaged,
)
from chalicelib.shipping.domain.rates import Channel, Offer, Parcel, Piece, offers
from chalicelib.shipping.tariffs import LANES, PROFILES

RATES = ExchangeRates({"USD": 1_160_000, "GBP": 870_000, "CNY": 8_250_000, "JPY": 175_000_000, "BRL": 6_250_000})
COUNTRIES = {market.code: market.countries for market in markets.all_markets()}
CURRENCIES = ("EUR", "USD")
TODAY = date(2026, 11, 21)
SHENZHEN = Location("SZX1", "warehouse", "S", "CN", "", "", "", (), 0.0, 0.0, "Asia/Shanghai", time(16))
ROTTERDAM = Location("RTM1", "warehouse", "R", "NL", "", "", "", (), 0.0, 0.0, "Europe/Amsterdam", time(16))
SHIRT = Piece(1, 200, 300, 200, 30, "6109.10")


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


def facts(value: str | Money = "100.00", **more: Any) -> Facts:
    worth = eur(value) if isinstance(value, str) else value
    given: dict[str, Any] = {"market": "EU", "country": "DE", "weight_g": 500, "value": worth, "on": TODAY}
    return Facts(**given | more)


def row(name: str, priority: int, channel: Choice = Choice.LINE, **conditions: Any) -> Row:
    return Row(id=name, priority=priority, channel=channel, **conditions)


def table(*rows: Row) -> DecisionTable:
    return DecisionTable(name="channels", version=1, currency="EUR", rows=rows)


def parcel(value: str = "20.00", origin: Location = SHENZHEN, destination: str = "DE", **more: bool) -> Parcel:
    return Parcel(origin, destination, (SHIRT,), eur(value), **more)


def offered(*parcels: Parcel) -> tuple[Offer, ...]:
    return offers(parcels, PROFILES, LANES, "EUR", RATES)


def by_value_alone(choices: tuple[Offer, ...], value: Money, high: int, low: int) -> Offer | None:
    """How the shop chose before there was a table (LOG-06)."""
    wanted = [offer for offer in choices if offer.prepaid]
    if value.minor < high:
        channel = Channel.POST if value.minor <= low else Channel.LINE
        wanted = [offer for offer in choices if offer.channel is channel]
    return next(iter(wanted or choices), None)


# The packaged table


@given(
    st.integers(0, 5_000_00),
    st.integers(0, 1_000_00),
    st.integers(0, 1_000_00),
    st.sampled_from([(SHENZHEN,), (ROTTERDAM,), (SHENZHEN, ROTTERDAM)]),
    st.sampled_from(["DE", "US", "JP", "CN", "BR"]),
    st.booleans(),
    st.sets(st.sampled_from(list(Channel))),
)
@example(300_00, 300_00, 25_00, (SHENZHEN,), "DE", False, set())
@example(25_00, 300_00, 25_00, (SHENZHEN,), "DE", False, set())
def test_the_packaged_table_chooses_as_the_shop_always_did_rte_07(
    minor: int, high: int, low: int, origins: Any, destination: str, prepaid: bool, gone: set[Channel]
) -> None:
    value = Money(minor, "EUR")
    choices = tuple(
        offer
        for offer in offered(*(parcel(value.text, origin, destination, must_be_prepaid=prepaid) for origin in origins))
        if offer.channel not in gone
    )
    decision = packaged(high, low).decide(facts(value.text, country=destination), RATES)
    assert decision.allowed(choices) == choices
    assert decision.preferred(choices) == by_value_alone(choices, value, high, low)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("25.00", Channel.POST),
        ("25.01", Channel.LINE),
        ("299.99", Channel.LINE),
        ("300.00", Channel.LINE),
        ("3000.01", Channel.EXPRESS),
    ],
)
def test_low_value_goes_by_post_and_high_value_prepaid_log_06(value: str, expected: Channel) -> None:
    chosen = packaged(300_00, 25_00).decide(facts(value), RATES).preferred(offered(parcel(value)))
    assert chosen is not None and chosen.channel is expected


@pytest.mark.parametrize(("value", "prepaid"), [("299.99", False), ("300.00", True)])
def test_high_value_never_leaves_duty_to_the_door_while_a_prepaid_channel_is_offered_log_06(
    value: str, prepaid: bool
) -> None:
    choices = [offer for offer in offered(parcel("300.00")) if offer.channel is not Channel.LINE]
    assert choices[0].channel is Channel.POST
    chosen = packaged(300_00, 25_00).decide(facts(value), RATES).preferred(choices)
    assert chosen is not None and chosen.prepaid is prepaid


def test_without_offers_nothing_is_preferred() -> None:
    assert packaged(2, 1).decide(facts(), RATES).preferred(()) is None


# Deciding


def test_the_first_row_by_priority_that_fits_decides_wherever_it_stands_rte_07() -> None:
    late, early = row("late", 20), row("early", 10, Choice.POST)
    assert table(late, early).decide(facts(), RATES).row == early


def test_no_row_that_fits_means_the_cheapest_offer() -> None:
    decision = table(row("heavy", 1, least_weight_g=10_000)).decide(facts(), RATES)
    choices = offered(parcel())
    assert decision.row is None and decision.preferred(choices) == choices[0]


@pytest.mark.parametrize(
    ("conditions", "condition"),
    [
        ({"markets": ("US", "GB")}, "market"),
        ({"countries": ("FR",)}, "country"),
        ({"least_weight_g": 501}, "weight_g"),
        ({"most_weight_g": 499}, "weight_g"),
        ({"least_value": eur("100.01")}, "value"),
        ({"most_value": eur("99.99")}, "value"),
        ({"goods": (Attribute.LARGE,)}, "goods"),
        ({"without": (Attribute.FRAGILE,)}, "without"),
        ({"duty_policies": (DutyPolicy.DDP, DutyPolicy.NONE)}, "duty_policy"),
        ({"categories": ("toys",)}, "categories"),
        ({"valid_from": TODAY + timedelta(days=1)}, "valid"),
        ({"valid_until": TODAY - timedelta(days=1)}, "valid"),
    ],
)
def test_each_condition_can_keep_a_row_from_fitting_and_is_named_rte_07(conditions: Any, condition: str) -> None:
    asked = facts(goods=(Attribute.FRAGILE,), duty_policy=DutyPolicy.DAP, categories=("tea",))
    decision = table(row("first", 1, Choice.EXPRESS, **conditions), row("rest", 2)).decide(asked, RATES)
    assert decision.row is not None and decision.row.id == "rest"
    (passed,) = decision.passed
    assert (passed.row, [miss.condition for miss in passed.misses]) == ("first", [condition])


def test_the_ends_of_every_range_belong_to_it_rte_07() -> None:
    exact = row(
        "exact", 1, least_weight_g=500, most_weight_g=500, least_value=eur("100.00"), most_value=eur("100.00"),
        valid_from=TODAY, valid_until=TODAY,
    )  # fmt: skip
    assert table(exact).decide(facts(), RATES).row == exact


def test_every_condition_that_is_missed_is_told_not_only_the_first() -> None:
    strict = row("strict", 1, countries=("FR",), least_weight_g=9_000, most_value=eur("1.00"))
    (passed,) = table(strict).decide(facts(), RATES).passed
    assert [(miss.condition, miss.wanted, miss.found) for miss in passed.misses] == [
        ("country", "FR", "DE"), ("weight_g", "from 9000", "500"), ("value", "to 1.00 EUR", "100.00 EUR"),
    ]  # fmt: skip


def test_values_are_compared_in_the_tables_currency_rte_07() -> None:
    dear = row("dear", 1, least_value=eur("100.00"))
    assert table(dear).decide(facts(value=Money.of("116.00", "USD")), RATES).row == dear
    assert table(dear).decide(facts(value=Money.of("115.98", "USD")), RATES).row is None


def test_an_excluded_channel_is_in_no_parcel_of_what_is_left_rte_07() -> None:
    decision = table(row("no-local", 1, excluded=(Channel.LOCAL,))).decide(facts(), RATES)
    choices = offered(parcel(), parcel(origin=ROTTERDAM))
    assert {offer.channel for offer in choices} == {Channel.POST, Channel.LINE, Channel.EXPRESS}
    assert [offer.channel for offer in decision.allowed(choices)] == [Channel.EXPRESS]


def test_the_fastest_is_the_one_with_the_earliest_last_day_rte_07() -> None:
    decision = table(row("fast", 1, Choice.FASTEST)).decide(facts(), RATES)
    chosen = decision.preferred(offered(parcel()))
    assert chosen is not None and chosen.channel is Channel.EXPRESS


def test_one_article_makes_all_goods_so_amb_22() -> None:
    assert attributes([(False, "small", "6109.10", False)]) == ()
    assert attributes([(False, "small", "6109.10", True)]) == (Attribute.FRAGILE,)
    assert attributes([(False, "small", "8507.60", False), (True, "large", "6911.10", False)]) == (
        Attribute.BATTERY, Attribute.FRAGILE, Attribute.FRESH, Attribute.LARGE,
    )  # fmt: skip


def test_the_strictest_parcel_settles_who_pays_duty_log_07() -> None:
    assert duty_policy([parcel(origin=ROTTERDAM)]) is DutyPolicy.NONE
    assert duty_policy([parcel(origin=ROTTERDAM), parcel()]) is DutyPolicy.DAP
    assert duty_policy([parcel(), parcel(must_be_prepaid=True)]) is DutyPolicy.DDP


# What is wrong with a table


@pytest.mark.parametrize(
    ("rows", "pointer"),
    [
        ((row("a", 1), row("a", 2)), "/rows/1/id"),
        ((row("a", 1), row("b", 1)), "/rows/1/priority"),
        ((row("a", 1, Choice.POST, excluded=(Channel.POST,)),), "/rows/0/excluded"),
        ((row("a", 1, markets=("XX",)),), "/rows/0/markets"),
        ((row("a", 1, countries=("ZZ",)),), "/rows/0/countries"),
        ((row("a", 1, markets=("US",), countries=("DE",)),), "/rows/0/countries"),
        ((row("a", 1, goods=(Attribute.LARGE,), without=(Attribute.LARGE,)),), "/rows/0/without"),
        ((row("a", 1, least_value=Money.of("1.00", "USD")),), "/rows/0/least_value"),
        ((row("a", 1, most_value=eur("-1.00")),), "/rows/0/most_value"),
        ((row("a", 1, least_weight_g=2, most_weight_g=1),), "/rows/0/most_weight_g"),
        ((row("a", 1, least_value=eur("2.00"), most_value=eur("1.00")),), "/rows/0/most_value"),
        ((row("a", 1, valid_from=TODAY, valid_until=TODAY - timedelta(days=1)),), "/rows/0/valid_until"),
    ],
)
def test_an_impossible_row_is_refused_by_field_rte_07(rows: tuple[Row, ...], pointer: str) -> None:
    assert [error.pointer for error in coverage.errors(table(*rows), COUNTRIES, CURRENCIES)] == [pointer]


def test_a_currency_that_the_shop_does_not_know_is_refused() -> None:
    (error,) = coverage.errors(replace(table(), currency="XAU"), COUNTRIES, CURRENCIES)
    assert error.pointer == "/currency"


def findings(*rows: Row) -> tuple[Finding, ...]:
    return coverage.findings(table(*rows), COUNTRIES)


def test_the_packaged_table_has_neither_gap_nor_unreachable_row() -> None:
    kinds = {finding.kind for finding in coverage.findings(packaged(300_00, 25_00), COUNTRIES)}
    assert kinds == {Kind.OVERLAPS}  # "everything else" overlaps what goes before it, which is the point of it


def test_a_row_behind_one_that_takes_everything_is_unreachable_rte_07() -> None:
    assert findings(row("all", 1), row("late", 2, Choice.POST, countries=("DE",))) == (
        Finding(Kind.UNREACHABLE, "late", ("all",)),
    )


def test_a_row_is_unreachable_when_earlier_ones_take_everything_together_rte_07() -> None:
    light, heavy = row("light", 1, most_weight_g=1_000), row("heavy", 2, Choice.POST, least_weight_g=1_001)
    assert findings(light, heavy, row("any", 3, Choice.EXPRESS)) == (
        Finding(Kind.UNREACHABLE, "any", ("light", "heavy")),
    )
    gap = replace(heavy, least_weight_g=1_002)
    assert findings(light, gap, row("any", 3, Choice.EXPRESS)) == (Finding(Kind.OVERLAPS, "any", ("light", "heavy")),)


def test_categories_are_one_of_and_attributes_all_of_rte_07() -> None:
    tea, toys = row("tea", 1, categories=("tea",)), row("toys", 2, categories=("toys",))
    both = row("both", 3, Choice.POST, categories=("toys", "tea"))
    assert Finding(Kind.UNREACHABLE, "both", ("tea", "toys")) in findings(tea, toys, both)
    more = row("more", 3, Choice.POST, categories=("toys", "tea", "books"))
    assert Finding(Kind.OVERLAPS, "more", ("tea", "toys")) in findings(tea, toys, more)
    fresh = row("fresh", 1, goods=(Attribute.FRESH,))
    chilled = row("chilled", 2, Choice.EXPRESS, goods=(Attribute.FRESH, Attribute.LARGE))
    assert Finding(Kind.UNREACHABLE, "chilled", ("fresh",)) in findings(fresh, chilled)


def test_rows_that_never_meet_do_not_overlap_and_leave_a_gap() -> None:
    past = row("past", 1, valid_until=TODAY)
    future = row("future", 2, Choice.POST, valid_from=TODAY + timedelta(days=1), markets=("EU",))
    assert findings(past, future) == (Finding(Kind.GAP, ""),)


def test_a_row_that_says_the_same_as_an_earlier_one_overlaps_nothing() -> None:
    assert findings(row("germany", 1, countries=("DE",)), row("any", 2)) == ()


SPANS = st.tuples(st.integers(0, 2), st.integers(0, 2)).map(sorted)
ROWS = st.lists(
    st.builds(
        dict,
        weight=SPANS,
        value=SPANS,
        countries=st.sets(st.sampled_from(["DE", "FR", "US"]), max_size=2),
        goods=st.sets(st.sampled_from(["large", "fresh"]), max_size=1),
        without=st.sets(st.sampled_from(["fragile", "battery"]), max_size=1),
        categories=st.sets(st.sampled_from(["tea", "toys"]), max_size=2),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_unreachable_is_what_no_facts_ever_reach_rte_07(given_rows: list[dict[str, Any]]) -> None:
    """Held against trying out every combination of facts that the conditions can tell apart."""
    rows = tuple(
        row(
            f"r{number}", number, list(Choice)[number],
            least_weight_g=each["weight"][0], most_weight_g=each["weight"][1],
            least_value=Money(each["value"][0], "EUR"), most_value=Money(each["value"][1], "EUR"),
            countries=tuple(sorted(each["countries"])), categories=tuple(sorted(each["categories"])),
            goods=tuple(Attribute(name) for name in each["goods"]),
            without=tuple(Attribute(name) for name in each["without"]),
        )
        for number, each in enumerate(given_rows)
    )  # fmt: skip
    whole, reached = table(*rows), set()
    powerset = [
        tuple(name for bit, name in enumerate(Attribute) if mask >> bit & 1) for mask in range(2 ** len(Attribute))
    ]
    for weight in range(4):
        for value in range(4):
            for country in ("DE", "FR", "US", "JP"):  # one that no row names
                for goods in powerset:
                    for categories in ((), ("tea",), ("toys",), ("tea", "toys")):
                        asked = facts(
                            value=Money(value, "EUR"), weight_g=weight, country=country, goods=goods,
                            categories=categories,
                        )  # fmt: skip
                        found = whole.decide(asked, RATES).row
                        reached.add(found.id if found else None)
    unreachable = {finding.row for finding in findings(*rows) if finding.kind is Kind.UNREACHABLE}
    assert unreachable == {each.id for each in rows} - reached
