"""Rates of VAT, consumption tax and sales tax.

Standard VAT rates of European countries come from the package `eu-vat-rates-data` (European Commission, TEDB); which
goods enjoy which reduced rate, the rates elsewhere and the base rates of American states are sample data of this
project.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from chalicelib.customs.domain import TaxRow

_START: Final = date(2024, 1, 1)
_SAMPLE: Final = "sample data of this project"

#: Reduced rates by country and tax category, in per cent. Each is one of the country's rates in TEDB.
REDUCED: Final[Mapping[str, Mapping[str, str]]] = {
    "AT": {"books": "10", "reduced_food": "10"},
    "BE": {"books": "6", "reduced_food": "6"},
    "CZ": {"reduced_food": "12"},
    "DE": {"books": "7", "reduced_food": "7"},
    "ES": {"books": "4", "reduced_food": "10"},
    "FI": {"books": "13.5", "reduced_food": "13.5"},
    "FR": {"books": "5.5", "reduced_food": "5.5"},
    "GR": {"books": "6", "reduced_food": "13"},
    "IE": {"books": "9"},
    "IT": {"books": "4", "reduced_food": "10"},
    "LU": {"books": "3", "reduced_food": "3"},
    "NL": {"books": "9", "reduced_food": "9"},
    "PL": {"books": "5", "reduced_food": "5"},
    "PT": {"books": "6", "reduced_food": "6"},
    "SE": {"books": "6"},
}

#: Base rates of the states in per cent; cities and counties add their own.
_STATES: Final = {
    "AL": "4", "AK": "0", "AZ": "5.6", "AR": "6.5", "CA": "7.25", "CO": "2.9", "CT": "6.35", "DC": "6", "DE": "0",
    "FL": "6", "GA": "4", "HI": "4", "ID": "6", "IL": "6.25", "IN": "7", "IA": "6", "KS": "6.5", "KY": "6", "LA": "5",
    "ME": "5.5", "MD": "6", "MA": "6.25", "MI": "6", "MN": "6.875", "MS": "7", "MO": "4.225", "MT": "0", "NE": "5.5",
    "NV": "6.85", "NH": "0", "NJ": "6.625", "NM": "4.875", "NY": "4", "NC": "4.75", "ND": "5", "OH": "5.75",
    "OK": "4.5", "OR": "0", "PA": "6", "RI": "7", "SC": "6", "SD": "4.2", "TN": "7", "TX": "6.25", "UT": "6.1",
    "VT": "6", "VA": "5.3", "WA": "6.5", "WV": "6", "WI": "5", "WY": "4",
}  # fmt: skip

_ELSEWHERE: Final[tuple[TaxRow, ...]] = (
    TaxRow("GB", Decimal(0), _START, _SAMPLE, category="books"),
    TaxRow("GB", Decimal(0), _START, _SAMPLE, category="reduced_food"),
    TaxRow("IE", Decimal(0), _START, _SAMPLE, category="reduced_food"),
    TaxRow("CN", Decimal("0.13"), _START, _SAMPLE),
    TaxRow("CN", Decimal("0.09"), _START, _SAMPLE, category="books"),
    TaxRow("CN", Decimal("0.09"), _START, _SAMPLE, category="reduced_food"),
    TaxRow("JP", Decimal("0.10"), _START, _SAMPLE),
    TaxRow("JP", Decimal("0.08"), _START, _SAMPLE, category="reduced_food"),
    TaxRow("BR", Decimal("0.17"), _START, _SAMPLE),
    TaxRow("BR", Decimal(0), _START, _SAMPLE, category="books"),
    *(TaxRow("US", Decimal(rate) / 100, _START, _SAMPLE, region=state) for state, rate in _STATES.items()),
)

#: Registrations under which the seller declares (TAX-14). Sample numbers.
REGISTRATIONS: Final[Mapping[str, str]] = {
    "OSS": "NL000000000B01",
    "IOSS": "IM5280000000",
    "VAT-NL": "NL000000000B01",
    "VAT-DE": "DE000000000",
    "VAT-GB": "GB000000000",
    "VAT-CN": "91440300000000000X",
    "VAT-JP": "T0000000000000",
    "VAT-BR": "00000000000000",
}


@cache
def tax_rows() -> tuple[TaxRow, ...]:
    """Every row; European standard rates are read from their package at the first use."""
    from eu_vat_rates_data import data_version, get_all_rates

    source = f"eu-vat-rates-data {data_version}"
    standard = tuple(
        TaxRow(country, Decimal(str(rate["standard"])) / 100, _START, source)
        for country, rate in get_all_rates().items()
        if rate["eu_member"] or country == "GB"
    )
    reduced = tuple(
        TaxRow(country, Decimal(rate) / 100, _START, _SAMPLE, category=category)
        for country, categories in REDUCED.items()
        for category, rate in categories.items()
    )
    return (*standard, *reduced, *_ELSEWHERE)
