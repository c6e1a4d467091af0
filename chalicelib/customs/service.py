"""Customs and tax over the packaged tables. Pure: the date and the exchange rates are passed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from chalicelib.core.errors import FieldError, Invalid, RuleRefused
from chalicelib.core.money import Money
from chalicelib.markets.domain import EU_MEMBERS, ExchangeRates, customs_territory

from . import domain
from .domain import DutyRate, Entry, LineDuty, ParcelLine, ProhibitionRow, Regime
from .tables.duty import DUTIES, LOW_VALUES, REGIMES, USUAL_REGIME
from .tables.prohibitions import PROHIBITIONS
from .tables.tax import REGISTRATIONS, tax_rows


def tax_rate(country: str, region: str, category: str, on: date) -> Decimal:
    """The rate of VAT, consumption or sales tax on goods delivered to a place (TAX-17).

    Raises:
        RuleRefused: the shop knows no rate for this place, so it cannot sell there.
    """
    rate = domain.tax_rate(tax_rows(), country, region, category, on)
    if rate is None:
        place = f"{country}-{region}" if region else country
        raise RuleRefused("No tax rate is known for this destination.", rule="TAX-17", destination=place)
    return rate


def enter(value: Money, dispatched_from: str, destination: str, on: date, rates: ExchangeRates) -> Entry:
    """How a parcel worth `value` (goods without freight and tax) enters its destination."""
    return domain.enter(LOW_VALUES, value, dispatched_from, destination, on, rates)


def regime(destination: str) -> Regime:
    """How the destination values imports."""
    return REGIMES.get(customs_territory(destination), USUAL_REGIME)


def duties(entry: Entry, lines: Sequence[ParcelLine], on: date, rates: ExchangeRates) -> tuple[LineDuty, ...]:
    """The duty of each line of a parcel (TAX-01, TAX-02)."""
    return domain.duties(DUTIES, entry, regime(entry.destination), lines, on, rates)


def duty_rate(hs_code: str, origin: str, destination: str, on: date) -> DutyRate:
    """The duty rate by HS code, origin, destination and trade agreement (TAX-02).

    Raises:
        RuleRefused: the shop has no tariff of the destination.
    """
    try:
        return domain.duty_rate(DUTIES, hs_code, origin, destination, on)
    except LookupError:
        raise RuleRefused("No customs tariff is known for this destination.", rule="TAX-02") from None


def prohibition(hs_code: str, dispatched_from: str, destination: str, on: date) -> ProhibitionRow | None:
    """The row that forbids sending goods to a destination, or None (CMP-10)."""
    return domain.prohibition(PROHIBITIONS, hs_code, dispatched_from, destination, on)


def registration(scheme: str) -> str:
    """The seller's registration for a tax scheme; "" where the scheme needs none (TAX-14).

    Raises:
        RuleRefused: the shop has to be registered there first.
    """
    if scheme in ("NONE", "IMPORT") or scheme.startswith("SALES-TAX-"):
        return ""
    number = REGISTRATIONS.get(scheme)
    if number is None:
        raise RuleRefused("The shop is not registered for tax at this destination.", rule="TAX-14", scheme=scheme)
    return number


def check_vat_number(number: str, country: str, pointer: str = "/vat_number") -> str:
    """A business's VAT number in normal form, checked offline by its country's own digits (TAX-15).

    Raises:
        Invalid: not a VAT number of the country of delivery, or the country is not a member of the Union.
    """
    from stdnum.eu import vat
    from stdnum.exceptions import ValidationError

    if country not in EU_MEMBERS:
        raise Invalid(FieldError(pointer, "is only taken for deliveries inside the European Union"))
    try:
        normal = str(vat.validate(number))
    except ValidationError:
        raise Invalid(FieldError(pointer, "is not a VAT number of the European Union")) from None
    prefix = "EL" if country == "GR" else country
    if not normal.startswith(prefix):
        raise Invalid(FieldError(pointer, "does not belong to the country of delivery"))
    return normal
