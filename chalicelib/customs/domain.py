"""Rules of customs and sales tax, over dated rows that are passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.markets.domain import ExchangeRates, customs_territory

EXPORT_PARCEL_LIMIT: Final = Setting(
    "customs.parcel_limit_9610",
    5_000_000,
    unit="CNY minor units",
    rule="TAX-05",
    doc="The most a parcel that leaves China in mode 9610 (retail export) may be worth.",
    own=True,
)
#: Tax category of goods that are taxed nowhere (stamps, vouchers).
UNTAXED: Final = "exempt"


class Dated(Protocol):
    """A row that is in force for a while."""

    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...


Row = TypeVar("Row", bound=Dated)


def in_force(rows: Iterable[Row], on: date) -> list[Row]:
    """The rows valid on a day; both ends belong to the time of validity, no end means until further notice."""
    return [row for row in rows if row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)]


class DutyKind(StrEnum):
    """How a duty row counts."""

    #: The rate for everybody (most favoured nation).
    MFN = "mfn"
    #: A lower rate for goods that originate in a partner of a trade agreement.
    PREFERENCE = "preference"
    #: On top of whatever else applies, against certain origins.
    ADDITIONAL = "additional"


@dataclass(frozen=True, slots=True)
class DutyRow:
    """One line of a customs tariff.

    Args:
        territory: of the destination ("EU" or a country).
        hs_prefix: leading digits of the HS code; "" is everything.
        origins: countries or territories where the goods were made; empty is any.
        agreement: name of the trade agreement, for preferences.
        rate: part of the customs value; 0.12 is 12 %.
        source: where the figure comes from.
    """

    territory: str
    hs_prefix: str
    rate: Decimal
    valid_from: date
    source: str
    kind: DutyKind = DutyKind.MFN
    origins: tuple[str, ...] = ()
    agreement: str = ""
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class LowValueRow:
    """What becomes easier for a parcel up to a limit.

    Args:
        limit: value of the goods without freight and tax up to which (included) the row applies.
        rate: duty instead of the tariff's.
        per_heading: a fixed duty for each distinct six-digit HS heading in the parcel.
        tax_exempt: the destination asks for no tax on the parcel.
        tax_at_sale: the seller collects the tax at the sale (IOSS, the United Kingdom's scheme), customs does not.
    """

    territory: str
    limit: Money
    valid_from: date
    source: str
    rate: Decimal = Decimal(0)
    per_heading: Money | None = None
    tax_exempt: bool = False
    tax_at_sale: bool = False
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A rate of VAT, consumption tax or sales tax.

    Args:
        region: state, where the tax is the state's; "" is the whole country.
        category: tax category of the goods; "" is every category without a row of its own.
    """

    country: str
    rate: Decimal
    valid_from: date
    source: str
    region: str = ""
    category: str = ""
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Regime:
    """How a territory values imports.

    Args:
        freight_counts: the customs value contains the freight (CIF); otherwise the goods alone (FOB).
        duty_is_taxed: import tax is due on the duty as well.
    """

    freight_counts: bool
    duty_is_taxed: bool


@dataclass(frozen=True, slots=True)
class ProhibitionRow:
    """Goods that may not be sent to a destination (CMP-10).

    Args:
        countries: of the destination; empty is everywhere.
        imports_only: allowed when they are already inside the territory.
        reason: for the shopper, in English and Chinese.
    """

    hs_prefix: str
    reason: tuple[tuple[str, str], ...]
    valid_from: date
    source: str
    countries: tuple[str, ...] = ()
    imports_only: bool = True
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class DutyRate:
    """The rate that applies to one kind of goods, and why."""

    rate: Decimal
    agreement: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """How one parcel enters its destination.

    Args:
        crosses_border: it leaves one customs territory for another; otherwise nothing of customs applies.
        value: of its goods, without freight and tax.
        relief: the low-value row it falls under.
    """

    dispatched_from: str
    destination: str
    crosses_border: bool
    value: Money
    relief: LowValueRow | None = None

    @property
    def tax_exempt(self) -> bool:
        """The destination asks for no tax on this parcel."""
        return self.relief is not None and self.relief.tax_exempt

    def must_be_prepaid(self, *, high_tax: bool, prices_include_tax: bool) -> bool:
        """Whether the parcel may only go DDP (TAX-03, LOG-07).

        It must where import tax is so high that parcels are refused at the door, and where the shown price already
        contains the tax that customs would ask for again.
        """
        if not self.crosses_border:
            return False
        tax_is_settled = self.relief is not None and (self.relief.tax_exempt or self.relief.tax_at_sale)
        return high_tax or (prices_include_tax and not tax_is_settled)


@dataclass(frozen=True, slots=True)
class ParcelLine:
    """Goods of one order line in a parcel, in amounts without tax."""

    id: str
    hs_code: str
    origin: str
    net_goods: Money
    net_shipping: Money


@dataclass(frozen=True, slots=True)
class LineDuty:
    """The duty of one line and the rate it was worked out with (zero where it is a fixed sum)."""

    id: str
    duty: Money
    rate: DutyRate


def digits_of(hs_code: str) -> str:
    """An HS code without dots and blanks."""
    return "".join(character for character in hs_code if character.isdigit())


def tax_rate(rows: Iterable[TaxRow], country: str, region: str, category: str, on: date) -> Decimal | None:
    """The rate of sales tax for goods of a category delivered to a place (TAX-17), or None when no row knows it.

    The most particular row wins: region before country, category before the general rate; of equal ones the youngest.
    """
    if category == UNTAXED:
        return Decimal(0)
    fitting = [
        row
        for row in in_force(rows, on)
        if row.country == country and row.region in ("", region) and row.category in ("", category)
    ]
    if not fitting:
        return None
    return max(fitting, key=lambda row: (bool(row.region), bool(row.category), row.valid_from)).rate


def duty_rate(rows: Iterable[DutyRow], hs_code: str, origin: str, destination: str, on: date) -> DutyRate:
    """The duty rate by HS code, origin, destination and trade agreement (TAX-02, TAX-13).

    Of the rows for everybody the longest HS prefix counts; a preference of the goods' origin replaces it when it is
    lower; additional duties against the origin come on top.

    Raises:
        LookupError: the tariff of the destination has no row, not even a general one.
    """
    territory, code = customs_territory(destination), digits_of(hs_code)
    fitting = [
        row
        for row in in_force(rows, on)
        if row.territory == territory and code.startswith(row.hs_prefix) and _is_origin(row, origin)
    ]

    def closest(kind: DutyKind) -> list[DutyRow]:
        of_kind = [row for row in fitting if row.kind is kind]
        longest = max((len(row.hs_prefix) for row in of_kind), default=0)
        return [row for row in of_kind if len(row.hs_prefix) == longest]

    general = closest(DutyKind.MFN)
    if not general:
        raise LookupError(f"no duty rate for {code} into {territory} on {on}")
    best = min(general + closest(DutyKind.PREFERENCE), key=lambda row: row.rate)
    extra = sum((row.rate for row in closest(DutyKind.ADDITIONAL)), Decimal(0))
    return DutyRate(best.rate + extra, best.agreement)


def _is_origin(row: DutyRow, origin: str) -> bool:
    return not row.origins or origin in row.origins or customs_territory(origin) in row.origins


def enter(
    rows: Iterable[LowValueRow],
    value: Money,
    dispatched_from: str,
    destination: str,
    on: date,
    rates: ExchangeRates,
) -> Entry:
    """How a parcel worth `value` (goods without freight and tax) enters its destination on a day."""
    territory = customs_territory(destination)
    if customs_territory(dispatched_from) == territory:
        return Entry(dispatched_from, destination, crosses_border=False, value=value)
    reliefs = [
        row
        for row in in_force(rows, on)
        if row.territory == territory and rates.convert(value, row.limit.currency) <= row.limit
    ]
    relief = min(reliefs, key=lambda row: row.limit.minor, default=None)
    return Entry(dispatched_from, destination, crosses_border=True, value=value, relief=relief)


def duties(
    rows: Sequence[DutyRow],
    entry: Entry,
    regime: Regime,
    lines: Sequence[ParcelLine],
    on: date,
    rates: ExchangeRates,
) -> tuple[LineDuty, ...]:
    """The duty of each line of a parcel, rounded once per line (TAX-01, TAX-02)."""
    if not entry.crosses_border:
        return tuple(LineDuty(line.id, line.net_goods * 0, DutyRate(Decimal(0))) for line in lines)
    if entry.relief is not None and entry.relief.per_heading is not None:
        return _per_heading(entry.relief.per_heading, lines, rates)
    found = []
    for line in lines:
        value = line.net_goods + line.net_shipping if regime.freight_counts else line.net_goods
        rate = (
            DutyRate(entry.relief.rate)
            if entry.relief is not None
            else duty_rate(rows, line.hs_code, line.origin, entry.destination, on)
        )
        found.append(LineDuty(line.id, value.times(rate.rate), rate))
    return tuple(found)


def _per_heading(duty: Money, lines: Sequence[ParcelLine], rates: ExchangeRates) -> tuple[LineDuty, ...]:
    """A fixed duty for each six-digit heading, shared over the lines of the heading by their value."""
    found: dict[str, Money] = {}
    for heading in dict.fromkeys(digits_of(line.hs_code)[:6] for line in lines):
        members = [line for line in lines if digits_of(line.hs_code)[:6] == heading]
        sum_due = rates.convert(duty, members[0].net_goods.currency)
        parts = sum_due.share([line.net_goods.minor for line in members])
        found.update(zip((line.id for line in members), parts, strict=True))
    return tuple(LineDuty(line.id, found[line.id], DutyRate(Decimal(0))) for line in lines)


def prohibition(
    rows: Iterable[ProhibitionRow],
    hs_code: str,
    dispatched_from: str,
    destination: str,
    on: date,
) -> ProhibitionRow | None:
    """The row that forbids sending goods to a destination, or None (CMP-10)."""
    inside = customs_territory(dispatched_from) == customs_territory(destination)
    for row in in_force(rows, on):
        if row.countries and not {destination, customs_territory(destination)} & set(row.countries):
            continue
        if digits_of(hs_code).startswith(row.hs_prefix) and not (inside and row.imports_only):
            return row
    return None


def over_export_limit(entry: Entry, limit: Money, rates: ExchangeRates) -> bool:
    """Whether a parcel that leaves China is worth more than mode 9610 allows (TAX-05)."""
    if not entry.crosses_border or entry.dispatched_from != "CN":
        return False
    return rates.convert(entry.value, limit.currency) > limit


def tax_scheme(entry: Entry, region: str = "") -> str:
    """Under which registration the tax of a parcel is declared (TAX-14, TAX-17).

    "OSS" for sales inside the Union to another member, "IOSS" for low-value imports into it, "VAT-<country>" under the
    seller's own registration there, "SALES-TAX-<state>" in the United States, "IMPORT" when it is paid at the border,
    "NONE" when the destination asks for none.
    """
    if entry.destination == "US":
        return f"SALES-TAX-{region}"
    if entry.tax_exempt:
        return "NONE"
    in_union = customs_territory(entry.destination) == "EU"
    if entry.crosses_border:
        if entry.relief is None or not entry.relief.tax_at_sale:
            return "IMPORT"
        return "IOSS" if in_union else f"VAT-{entry.destination}"
    if in_union and entry.dispatched_from != entry.destination:
        return "OSS"
    return f"VAT-{entry.destination}"


def reverse_charge(entry: Entry) -> bool:
    """Whether a business that gave its VAT number owes the tax of this supply itself (TAX-15): between two members."""
    return tax_scheme(entry) == "OSS"
