"""Sample customs tariffs: plausible figures for trying the shop, not legal advice.

Modelled on published chapter averages; textiles between 8 % and 12 % and electronics free of duty follow TAX-13.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from chalicelib.core.money import Money
from chalicelib.customs.domain import DutyKind, DutyRow, LowValueRow, Regime

_START: Final = date(2024, 1, 1)
_SAMPLE: Final = "sample data of this project"
_RCEP: Final = ("CN", "JP", "KR", "AU", "NZ", "BN", "KH", "ID", "LA", "MY", "MM", "PH", "SG", "TH", "VN")


def _general(territory: str, rates: Mapping[str, str]) -> tuple[DutyRow, ...]:
    """Rates for everybody, in per cent, by HS prefix."""
    return tuple(DutyRow(territory, prefix, Decimal(rate) / 100, _START, _SAMPLE) for prefix, rate in rates.items())


def _preference(
    territory: str,
    prefix: str,
    rate: str,
    origins: tuple[str, ...],
    agreement: str,
    since: date = _START,
    until: date | None = None,
) -> DutyRow:
    return DutyRow(
        territory, prefix, Decimal(rate) / 100, since, _SAMPLE, DutyKind.PREFERENCE, origins, agreement, until
    )


DUTIES: Final[tuple[DutyRow, ...]] = (
    *_general(
        "EU",
        {
            "": "5",
            "09": "0",
            "21": "9",
            "33": "0",
            "39": "6.5",
            "42": "3",
            "44": "0",
            "49": "0",
            "61": "12",
            "62": "12",
            "63": "10",
            "64": "8",
            "69": "12",
            "71": "2.5",
            "73": "2.7",
            "84": "0",
            "85": "0",
            "91": "4.5",
            "94": "0",
            "9405": "4.7",
            "95": "0",
        },
    ),
    _preference("EU", "", "0", ("GB",), "EU-UK TCA"),
    _preference("EU", "", "0", ("JP",), "EU-Japan EPA"),
    *_general(
        "GB",
        {
            "": "4",
            "09": "0",
            "21": "8",
            "33": "0",
            "39": "6",
            "42": "4",
            "44": "0",
            "49": "0",
            "61": "12",
            "62": "12",
            "63": "10",
            "64": "8",
            "69": "8",
            "71": "2",
            "73": "2",
            "84": "0",
            "85": "0",
            "91": "4",
            "94": "0",
            "95": "0",
        },
    ),
    _preference("GB", "", "0", ("EU",), "EU-UK TCA"),
    _preference("GB", "", "0", ("JP",), "UK-Japan CEPA"),
    *_general(
        "US",
        {
            "": "4",
            "09": "0",
            "21": "6.4",
            "33": "2",
            "39": "5.3",
            "42": "9",
            "44": "3.3",
            "49": "0",
            "61": "12",
            "62": "11",
            "63": "8",
            "64": "10",
            "69": "9",
            "71": "5.5",
            "73": "2.9",
            "84": "0",
            "85": "0",
            "91": "4",
            "94": "0",
            "95": "0",
        },
    ),
    DutyRow("US", "", Decimal("0.10"), _START, _SAMPLE, DutyKind.ADDITIONAL, ("CN",)),
    *_general(
        "JP",
        {
            "": "4",
            "09": "3",
            "21": "12",
            "33": "0",
            "39": "3.9",
            "42": "8",
            "44": "0",
            "49": "0",
            "61": "10",
            "62": "10",
            "63": "8",
            "64": "12",
            "69": "2.3",
            "71": "5",
            "73": "0",
            "84": "0",
            "85": "0",
            "91": "0",
            "94": "0",
            "95": "0",
        },
    ),
    *(
        _preference("JP", prefix, rate, _RCEP, "RCEP", since, until)
        for prefix in ("61", "62")
        for rate, since, until in (
            ("8.6", date(2025, 4, 1), date(2026, 3, 31)),
            ("8", date(2026, 4, 1), date(2027, 3, 31)),
            ("7.3", date(2027, 4, 1), None),
        )
    ),
    _preference("JP", "42", "5.6", _RCEP, "RCEP", date(2026, 4, 1)),
    _preference("JP", "", "0", ("EU",), "EU-Japan EPA"),
    *_general(
        "CN",
        {
            "": "6",
            "09": "15",
            "21": "12",
            "33": "5",
            "39": "6.5",
            "42": "8",
            "49": "0",
            "61": "8",
            "62": "8",
            "63": "8",
            "64": "10",
            "69": "7",
            "71": "8",
            "84": "0",
            "85": "0",
            "91": "8",
            "94": "0",
            "95": "0",
        },
    ),
    _preference("CN", "33", "3", _RCEP, "RCEP", date(2026, 1, 1)),
    *_general("BR", {"": "60"}),
)

LOW_VALUES: Final[tuple[LowValueRow, ...]] = (
    LowValueRow("EU", Money(150_00, "EUR"), date(2021, 7, 1), _SAMPLE, tax_at_sale=True, valid_to=date(2026, 6, 30)),
    LowValueRow(
        "EU", Money(150_00, "EUR"), date(2026, 7, 1), _SAMPLE, per_heading=Money(3_00, "EUR"), tax_at_sale=True
    ),
    LowValueRow("GB", Money(135_00, "GBP"), date(2021, 1, 1), _SAMPLE, tax_at_sale=True),
    LowValueRow("US", Money(800_00, "USD"), date(2016, 3, 10), _SAMPLE, valid_to=date(2025, 8, 28)),
    LowValueRow("JP", Money(10_000, "JPY"), date(1989, 4, 1), _SAMPLE, tax_exempt=True),
    LowValueRow("BR", Money(50_00, "USD"), date(2024, 8, 1), _SAMPLE, rate=Decimal("0.20")),
)

#: Territories whose customs value is that of the goods alone and who do not tax the duty; all others do both.
REGIMES: Final[Mapping[str, Regime]] = {"US": Regime(freight_counts=False, duty_is_taxed=False)}
USUAL_REGIME: Final = Regime(freight_counts=True, duty_is_taxed=True)
