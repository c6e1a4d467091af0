"""Duty, tax, limits and prohibitions, with figures worked out by hand for each market."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from eu_vat_rates_data import get_rate
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid, RuleRefused
from chalicelib.core.money import Money
from chalicelib.customs import domain, service
from chalicelib.customs.domain import DutyKind, DutyRow, Entry, ParcelLine, TaxRow
from chalicelib.customs.tables.duty import DUTIES, LOW_VALUES
from chalicelib.customs.tables.prohibitions import PROHIBITIONS
from chalicelib.customs.tables.tax import REDUCED, tax_rows
from chalicelib.markets.domain import EU_MEMBERS, ExchangeRates

TODAY = date(2026, 11, 21)
RATES = ExchangeRates({"USD": 1_160_000, "GBP": 870_000, "CNY": 8_250_000, "JPY": 175_000_000, "BRL": 6_250_000})
TSHIRT, PHONE, BAG, TEAPOT = "6109.10", "8517.13", "4202.22", "6911.10"


@pytest.mark.parametrize(
    ("country", "region", "category", "per_cent"),
    [
        ("DE", "", "standard", "19"),
        ("DE", "", "books", "7"),
        ("NL", "", "standard", "21"),
        ("FI", "", "standard", "25.5"),
        ("HU", "", "standard", "27"),
        ("LU", "", "standard", "17"),
        ("FR", "", "books", "5.5"),
        ("GB", "", "standard", "20"),
        ("GB", "", "books", "0"),
        ("CN", "", "standard", "13"),
        ("JP", "", "standard", "10"),
        ("JP", "", "reduced_food", "8"),
        ("BR", "SP", "standard", "17"),
        ("US", "CA", "standard", "7.25"),
        ("US", "OR", "standard", "0"),
        ("US", "NY", "books", "4"),
        ("EE", "", "unheard_of", "24"),
    ],
)
def test_tax_rates_by_place_and_category_tax_17(country: str, region: str, category: str, per_cent: str) -> None:
    assert service.tax_rate(country, region, category, TODAY) == Decimal(per_cent) / 100


def test_every_member_of_the_union_and_every_state_has_a_rate_tax_17() -> None:
    for country in EU_MEMBERS:
        assert service.tax_rate(country, "", "standard", TODAY) >= Decimal("0.17")
    states = {row.region for row in tax_rows() if row.country == "US"}
    assert len(states) == 51


def test_a_place_without_a_known_rate_cannot_be_sold_to() -> None:
    with pytest.raises(RuleRefused):
        service.tax_rate("US", "PR", "standard", TODAY)


def test_reduced_rates_are_rates_that_the_country_has() -> None:
    for country, categories in REDUCED.items():
        known = get_rate(country)
        assert known is not None
        allowed = {*known["reduced"], known["super_reduced"]}
        assert {float(rate) for rate in categories.values()} <= allowed, country


def test_the_tax_row_in_force_on_the_day_counts() -> None:
    rows = (
        TaxRow("FI", Decimal("0.24"), date(2013, 1, 1), "", valid_to=date(2024, 8, 31)),
        TaxRow("FI", Decimal("0.255"), date(2024, 9, 1), ""),
    )
    assert domain.tax_rate(rows, "FI", "", "standard", date(2024, 8, 31)) == Decimal("0.24")
    assert domain.tax_rate(rows, "FI", "", "standard", date(2024, 9, 1)) == Decimal("0.255")
    assert domain.tax_rate(rows, "FI", "", "standard", date(2012, 12, 31)) is None


@pytest.mark.parametrize(
    ("hs_code", "origin", "destination", "per_cent", "agreement"),
    [
        (TSHIRT, "CN", "DE", "12", ""),  # textiles 8-12 % (TAX-13)
        (PHONE, "CN", "DE", "0", ""),  # electronics free (TAX-13)
        (TSHIRT, "GB", "DE", "0", "EU-UK TCA"),
        (TSHIRT, "DE", "GB", "0", "EU-UK TCA"),
        (TSHIRT, "CN", "GB", "12", ""),
        (TSHIRT, "CN", "JP", "8", "RCEP"),
        (TSHIRT, "BD", "JP", "10", ""),  # not a partner
        (BAG, "CN", "JP", "5.6", "RCEP"),
        (TSHIRT, "CN", "US", "22", ""),  # 12 + 10 against the origin
        (TSHIRT, "IN", "US", "12", ""),
        (PHONE, "CN", "BR", "60", ""),
        ("9405.10", "CN", "NL", "4.7", ""),  # the longer prefix wins over chapter 94
        ("9999.99", "CN", "FR", "5", ""),
        ("3304.99", "JP", "CN", "3", "RCEP"),
    ],
)
def test_duty_by_hs_code_origin_destination_and_agreement_tax_02(
    hs_code: str, origin: str, destination: str, per_cent: str, agreement: str
) -> None:
    found = domain.duty_rate(DUTIES, hs_code, origin, destination, TODAY)
    assert (found.rate, found.agreement) == (Decimal(per_cent) / 100, agreement)


@pytest.mark.parametrize(
    ("on", "per_cent"),
    [(date(2026, 3, 31), "8.6"), (date(2026, 4, 1), "8"), (date(2027, 3, 31), "8"), (date(2027, 4, 1), "7.3")],
)
def test_a_preference_falls_step_by_step_on_its_dates_tax_02(on: date, per_cent: str) -> None:
    assert domain.duty_rate(DUTIES, TSHIRT, "CN", "JP", on).rate == Decimal(per_cent) / 100


def test_a_preference_that_is_higher_than_the_general_rate_is_not_used() -> None:
    rows = (
        DutyRow("EU", "", Decimal("0.02"), TODAY, ""),
        DutyRow("EU", "61", Decimal("0.05"), TODAY, "", DutyKind.PREFERENCE, ("CN",), "X"),
    )
    assert domain.duty_rate(rows, TSHIRT, "CN", "DE", TODAY) == domain.DutyRate(Decimal("0.02"))


def test_a_destination_without_any_row_is_an_error_and_not_free_of_duty() -> None:
    with pytest.raises(LookupError):
        domain.duty_rate((), TSHIRT, "CN", "DE", TODAY)


def test_every_row_of_the_tables_says_where_it_comes_from_and_ends_after_it_begins() -> None:
    for row in (*DUTIES, *LOW_VALUES, *tax_rows(), *PROHIBITIONS):
        assert row.source
        assert row.valid_to is None or row.valid_to >= row.valid_from


def parcel(*lines: tuple[str, str, str, str], currency: str = "EUR", freight: str = "0") -> list[ParcelLine]:
    return [
        ParcelLine(line_id, hs_code, origin, Money.of(value, currency), Money.of(freight, currency))
        for line_id, hs_code, origin, value in lines
    ]


def duties(lines: list[ParcelLine], dispatched_from: str, destination: str, on: date = TODAY) -> list[str]:
    value = Money.sum((line.net_goods for line in lines), lines[0].net_goods.currency)
    entry = service.enter(value, dispatched_from, destination, on, RATES)
    return [found.duty.text for found in service.duties(entry, lines, on, RATES)]


def test_nothing_is_due_inside_the_union() -> None:
    assert duties(parcel(("a", TSHIRT, "CN", "500.00")), "NL", "DE") == ["0.00"]


def test_eu_above_the_limit_duty_is_on_goods_and_freight() -> None:
    assert duties(parcel(("a", TSHIRT, "CN", "200.00"), freight="10.00"), "CN", "DE") == ["25.20"]  # 12 % of 210


def test_eu_up_to_the_limit_three_euro_per_heading_since_july_2026() -> None:
    lines = parcel(("a", TSHIRT, "CN", "20.00"), ("b", "6109.90", "CN", "30.00"), ("c", TSHIRT, "CN", "10.00"))
    assert duties(lines, "CN", "DE") == ["2.00", "3.00", "1.00"]
    assert duties(lines, "CN", "DE", on=date(2026, 6, 30)) == ["0.00", "0.00", "0.00"]


@pytest.mark.parametrize(("value", "expected"), [("150.00", "3.00"), ("150.01", "18.00")])
def test_the_eu_limit_itself_is_still_low_value(value: str, expected: str) -> None:
    assert duties(parcel(("a", TSHIRT, "CN", value)), "CN", "FR") == [expected]


@pytest.mark.parametrize(("value", "expected"), [("135.00", "0.00"), ("135.01", "16.20")])
def test_gb_is_free_of_duty_up_to_its_limit(value: str, expected: str) -> None:
    assert duties(parcel(("a", TSHIRT, "CN", value), currency="GBP"), "CN", "GB") == [expected]


def test_us_duty_is_on_goods_alone_and_has_no_low_value_limit_any_more() -> None:
    lines = parcel(("a", TSHIRT, "CN", "100.00"), currency="USD", freight="20.00")
    assert duties(lines, "CN", "US") == ["22.00"]
    assert duties(lines, "CN", "US", on=date(2025, 8, 28)) == ["0.00"]


@pytest.mark.parametrize(("value", "expected"), [("10000", "0"), ("10001", "800")])
def test_jp_is_free_of_duty_and_tax_up_to_its_limit(value: str, expected: str) -> None:
    lines = parcel(("a", TSHIRT, "CN", value), currency="JPY")
    assert duties(lines, "CN", "JP") == [expected]
    assert service.enter(lines[0].net_goods, "CN", "JP", TODAY, RATES).tax_exempt is (value == "10000")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("269.40", "53.88"), ("269.50", "161.70")],  # USD 50 are BRL 269.40 at 6.25 / 1.16
)
def test_br_pays_twenty_per_cent_up_to_fifty_dollars_and_sixty_above(value: str, expected: str) -> None:
    assert duties(parcel(("a", PHONE, "CN", value), currency="BRL"), "CN", "BR") == [expected]


def test_cn_from_abroad() -> None:
    assert duties(parcel(("a", TEAPOT, "NL", "1000.00"), currency="CNY", freight="50.00"), "NL", "CN") == ["73.50"]


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=6))
def test_a_fixed_duty_is_shared_to_the_cent_m7(values: list[int]) -> None:
    lines = [ParcelLine(str(n), TSHIRT, "CN", Money(v, "EUR"), Money(0, "EUR")) for n, v in enumerate(values)]
    entry = Entry("CN", "DE", True, Money(sum(values), "EUR"), relief=LOW_VALUES[1])
    assert Money.sum((each.duty for each in service.duties(entry, lines, TODAY, RATES)), "EUR") == Money(300, "EUR")


@pytest.mark.parametrize(
    ("value", "dispatched_from", "destination", "high_tax", "include", "expected"),
    [
        ("10.00", "NL", "DE", False, True, False),  # no border
        ("10.00", "CN", "DE", False, True, False),  # IOSS: the tax is settled at the sale
        ("200.00", "CN", "DE", False, True, True),  # customs would ask for the tax a second time
        ("200.00", "CN", "US", False, False, False),  # the shown price contains no tax
        ("10.00", "CN", "BR", True, True, True),  # LOG-07
        ("10.00", "CN", "BR", True, False, True),
    ],
)
def test_when_a_parcel_may_only_go_with_duty_paid_log_07_tax_03(
    value: str, dispatched_from: str, destination: str, high_tax: bool, include: bool, expected: bool
) -> None:
    entry = service.enter(Money.of(value, "EUR"), dispatched_from, destination, TODAY, RATES)
    assert entry.must_be_prepaid(high_tax=high_tax, prices_include_tax=include) is expected


@pytest.mark.parametrize(
    ("value", "dispatched_from", "destination", "expected"),
    [
        ("10.00", "NL", "DE", "OSS"),
        ("10.00", "NL", "NL", "VAT-NL"),
        ("10.00", "CN", "DE", "IOSS"),
        ("200.00", "CN", "DE", "IMPORT"),
        ("10.00", "CN", "GB", "VAT-GB"),
        ("300.00", "CN", "GB", "IMPORT"),
        ("10.00", "CN", "JP", "NONE"),
        ("10.00", "CN", "CN", "VAT-CN"),
        ("10.00", "CN", "US", "SALES-TAX-CA"),
    ],
)
def test_tax_is_declared_under_the_right_registration_tax_14(
    value: str, dispatched_from: str, destination: str, expected: str
) -> None:
    entry = service.enter(Money.of(value, "EUR"), dispatched_from, destination, TODAY, RATES)
    scheme = domain.tax_scheme(entry, "CA" if destination == "US" else "")
    assert scheme == expected
    assert bool(service.registration(scheme)) is scheme.startswith(("VAT-", "OSS", "IOSS"))


def test_without_a_registration_nothing_is_sold_tax_14() -> None:
    with pytest.raises(RuleRefused) as refused:
        service.registration("VAT-FR")
    assert refused.value.members["rule"] == "TAX-14"


def test_reverse_charge_is_for_supplies_between_two_members_tax_15() -> None:
    def between(dispatched_from: str, destination: str) -> bool:
        return domain.reverse_charge(service.enter(Money(1, "EUR"), dispatched_from, destination, TODAY, RATES))

    assert between("NL", "DE")
    assert not between("NL", "NL")
    assert not between("CN", "DE")


def test_a_vat_number_is_checked_by_its_digits_and_its_country_tax_15() -> None:
    assert service.check_vat_number("DE 136 695 976", "DE") == "DE136695976"
    assert service.check_vat_number("EL 094259216", "GR") == "EL094259216"
    for number, country in (("DE136695977", "DE"), ("DE136695976", "NL"), ("x", "DE"), ("DE136695976", "GB")):
        with pytest.raises(Invalid):
            service.check_vat_number(number, country)


@pytest.mark.parametrize(
    ("hs_code", "dispatched_from", "destination", "forbidden"),
    [
        ("0201.10", "CN", "DE", True),
        ("0201.10", "NL", "DE", False),
        ("3604.10", "NL", "NL", True),
        ("8543.40", "CN", "BR", True),
        ("8543.40", "CN", "JP", True),
        ("8543.40", "CN", "DE", False),
        (TSHIRT, "CN", "BR", False),
        ("", "CN", "BR", False),
    ],
)
def test_goods_that_may_not_be_sent_are_known_cmp_10(
    hs_code: str, dispatched_from: str, destination: str, forbidden: bool
) -> None:
    row = service.prohibition(hs_code, dispatched_from, destination, TODAY)
    assert (row is not None) is forbidden
    if row is not None:
        assert {language for language, _ in row.reason} == {"en", "zh-CN"}


def test_a_parcel_out_of_china_has_a_value_limit_tax_05() -> None:
    limit = Money(5_000_000, "CNY")

    def over(minor: int, dispatched_from: str, destination: str) -> bool:
        entry = service.enter(Money(minor, "CNY"), dispatched_from, destination, TODAY, RATES)
        return domain.over_export_limit(entry, limit, RATES)

    assert not over(5_000_000, "CN", "DE")
    assert over(5_000_001, "CN", "DE")
    assert not over(5_000_001, "CN", "CN")
    assert not over(5_000_001, "NL", "GB")
