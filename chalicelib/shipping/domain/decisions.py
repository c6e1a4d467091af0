"""The decision table of channels: which channel goods go by, by what they are and where they go (RTE-07).

Rows are asked in the order of their priority; the first whose every condition holds decides. A condition that is not
given holds for everything. Staff edit the table (`routing`); until they have, `packaged` is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.events import event
from chalicelib.core.money import Money
from chalicelib.markets.domain import ExchangeRates

from .rates import Channel, Offer, Parcel

#: The table that decides about channels.
CHANNELS: Final = "channels"


class Choice(StrEnum):
    """What a row chooses: a channel by its name, or whichever of those offered suits best."""

    POST = "POST"
    LINE = "LINE"
    EXPRESS = "EXPRESS"
    LOCAL = "LOCAL"
    CHEAPEST = "CHEAPEST"
    #: The cheapest that hands over with duty and tax paid.
    CHEAPEST_PREPAID = "CHEAPEST_PREPAID"
    #: The one that promises the earliest last day.
    FASTEST = "FASTEST"


class Attribute(StrEnum):
    """What decides how goods may travel; one article that is so makes all of them so (AMB-22)."""

    FRESH = "fresh"
    LARGE = "large"
    #: What the catalogue calls fragile, and ceramics and glass: chapters 69 and 70 of the Harmonised System.
    FRAGILE = "fragile"
    #: Cells and accumulators themselves: headings 8506 and 8507. What a device holds inside is not known.
    BATTERY = "battery"


class DutyPolicy(StrEnum):
    """Who pays duty and tax at the border, as far as that is settled before a channel is chosen (TAX-03, LOG-07)."""

    #: They must be paid before: only a channel that can do so may be chosen.
    DDP = "DDP"
    #: The recipient may pay them at the door.
    DAP = "DAP"
    #: No border is crossed.
    NONE = "NONE"


_BY_CODE: Final[Mapping[Attribute, tuple[str, ...]]] = {
    Attribute.FRAGILE: ("69", "70"),
    Attribute.BATTERY: ("8506", "8507"),
}


def attributes(goods: Iterable[tuple[bool, str, str, bool]]) -> tuple[Attribute, ...]:
    """The attributes of goods, from freshness, size class, HS code and whether it is fragile of each article."""
    found = set()
    for fresh, size_class, hs_code, fragile in goods:
        code = hs_code.replace(".", "")
        found |= {name for name, heads in _BY_CODE.items() if code.startswith(heads)}
        found |= {Attribute.FRESH} if fresh else set()
        found |= {Attribute.FRAGILE} if fragile else set()
        found |= {Attribute.LARGE} if size_class == "large" else set()
    return tuple(sorted(found))


def duty_policy(parcels: Sequence[Parcel]) -> DutyPolicy:
    """What is settled about duty for parcels that travel together: the strictest of them counts."""
    if any(parcel.must_be_prepaid for parcel in parcels):
        return DutyPolicy.DDP
    return DutyPolicy.DAP if any(parcel.crosses_border for parcel in parcels) else DutyPolicy.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a decision is made from.

    Args:
        country: of the destination, ISO 3166-1 alpha-2.
        weight_g: of all goods, packed.
        value: of all goods without tax and freight, in the market's currency.
        categories: slugs of the categories the articles hang in.
        on: the market's own day.
    """

    market: str
    country: str
    weight_g: int
    value: Money
    on: date
    goods: tuple[Attribute, ...] = ()
    categories: tuple[str, ...] = ()
    duty_policy: DutyPolicy = DutyPolicy.NONE


@dataclass(frozen=True, slots=True)
class Miss:
    """A condition that did not hold: what the row wants and what was found."""

    condition: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Conditions and what follows from them. Conditions that are empty or None hold for everything.

    Args:
        id: stable name of the row.
        priority: rows are asked from the lowest number on.
        channel: what is chosen; where it is not offered, the cheapest of what is.
        excluded: channels that may not be used at all, even if the buyer wants one.
        markets, countries: one of each must fit.
        least_weight_g, most_weight_g, least_value, most_value: both ends belong to the range; the value is in the
            table's currency.
        goods: attributes that the goods must all have. without: attributes that they must not have.
        categories: one of the articles must hang in one of them.
        valid_from, valid_until: first and last day on which the row is asked.
        note: why the row is there.
    """

    id: str
    priority: int
    channel: Choice
    excluded: tuple[Channel, ...] = ()
    markets: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    least_weight_g: int | None = None
    most_weight_g: int | None = None
    least_value: Money | None = None
    most_value: Money | None = None
    goods: tuple[Attribute, ...] = ()
    without: tuple[Attribute, ...] = ()
    duty_policies: tuple[DutyPolicy, ...] = ()
    categories: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = ""

    def misses(self, facts: Facts, value: Money) -> Iterator[Miss]:
        """Every condition that these facts do not meet.

        Args:
            value: that of the facts in the table's currency.
        """
        yield from _outside("valid", facts.on, self.valid_from, self.valid_until)
        yield from _not_among("market", facts.market, self.markets)
        yield from _not_among("country", facts.country, self.countries)
        yield from _not_among("duty_policy", facts.duty_policy, self.duty_policies)
        yield from _outside("weight_g", facts.weight_g, self.least_weight_g, self.most_weight_g)
        least, most = (bound.minor if bound else None for bound in (self.least_value, self.most_value))
        if next(_outside("value", value.minor, least, most), None):
            ends = [f"{bound.text} {bound.currency}" if bound else "" for bound in (self.least_value, self.most_value)]
            yield Miss("value", _range(*ends), f"{value.text} {value.currency}")
        if missing := sorted(set(self.goods) - set(facts.goods)):
            yield Miss("goods", ", ".join(missing), ", ".join(facts.goods))
        if present := sorted(set(self.without) & set(facts.goods)):
            yield Miss("without", ", ".join(self.without), ", ".join(present))
        if self.categories and not set(self.categories) & set(facts.categories):
            yield Miss("categories", ", ".join(self.categories), ", ".join(facts.categories))


def _outside(condition: str, found: int | date, least: int | date | None, most: int | date | None) -> Iterator[Miss]:
    if (least is not None and found < least) or (most is not None and found > most):  # type: ignore[operator]
        yield Miss(
            condition, _range("" if least is None else str(least), "" if most is None else str(most)), str(found)
        )


def _range(least: str, most: str) -> str:
    return " ".join(part for part in (f"from {least}" if least else "", f"to {most}" if most else "") if part)


def _not_among(condition: str, found: str, wanted: Sequence[str]) -> Iterator[Miss]:
    if wanted and found not in wanted:
        yield Miss(condition, ", ".join(wanted), found)


@dataclass(frozen=True, slots=True)
class Passed:
    """A row that was asked and did not fit, with everything that was in its way."""

    row: str
    misses: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a table says about facts.

    Args:
        row: the row that decides; None when none fits, and then the cheapest offer is taken.
        passed: the rows that were asked before it.
    """

    row: Row | None
    passed: tuple[Passed, ...] = ()

    @property
    def excluded(self) -> tuple[Channel, ...]:
        return self.row.excluded if self.row else ()

    def allowed(self, choices: Iterable[Offer]) -> tuple[Offer, ...]:
        """The offers in which no parcel goes by an excluded channel."""
        return tuple(offer for offer in choices if not any(leg.channel in self.excluded for leg in offer.legs))

    def preferred(self, choices: Sequence[Offer]) -> Offer | None:
        """The offer that is taken when the buyer wants none in particular; None when there is none.

        Args:
            choices: those allowed, cheapest first.
        """
        channel = self.row.channel if self.row else Choice.CHEAPEST
        wanted: Sequence[Offer] = ()
        if channel is Choice.CHEAPEST_PREPAID:
            wanted = [offer for offer in choices if offer.prepaid]
        elif channel is Choice.FASTEST:
            wanted = sorted(choices, key=lambda offer: (offer.max_days, offer.min_days))
        elif channel is not Choice.CHEAPEST:
            wanted = [offer for offer in choices if offer.channel == channel.value]
        return next(iter(wanted or choices), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable:
    """A table as it was saved.

    Args:
        version: counts up from 1 with every change; 0 is the packaged one.
        currency: of every amount in it.
        saved_by: id of the member of staff.
    """

    name: str
    version: int
    currency: str
    rows: tuple[Row, ...]
    note: str = ""
    saved_by: str = ""
    saved_at: datetime | None = None

    @property
    def in_order(self) -> tuple[Row, ...]:
        """The rows as they are asked."""
        return tuple(sorted(self.rows, key=lambda row: row.priority))

    def decide(self, facts: Facts, exchange: ExchangeRates) -> Decision:
        """The first row whose every condition holds, and why each row before it does not."""
        value = exchange.convert(facts.value, self.currency)
        passed: list[Passed] = []
        for row in self.in_order:
            misses = tuple(row.misses(facts, value))
            if not misses:
                return Decision(row, tuple(passed))
            passed.append(Passed(row.id, misses))
        return Decision(None, tuple(passed))


def packaged(high_value: int, low_value: int) -> DecisionTable:
    """The table that is in force until staff save one: by value alone (LOG-06).

    High value: the cheapest with everything prepaid. Low value: post. In between: the dedicated line.

    Args:
        high_value, low_value: the settings of LOG-06, in euro cents.
    """
    return DecisionTable(
        name=CHANNELS,
        version=0,
        currency="EUR",
        rows=(
            Row(
                id="high-value", priority=10, channel=Choice.CHEAPEST_PREPAID, least_value=Money(high_value, "EUR"),
                note="LOG-06: dear goods arrive with duty paid.",
            ),
            Row(
                id="low-value", priority=20, channel=Choice.POST, most_value=Money(low_value, "EUR"),
                note="LOG-06: cheap goods go by post.",
            ),
            Row(id="everything-else", priority=30, channel=Choice.LINE, note="LOG-06: the dedicated line."),
        ),
    )  # fmt: skip


@event("routing_table.saved")
@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingTableSaved:
    """Staff have put a new version of a decision table in force (RTE-07)."""

    table: str
    version: int
    rows: int
    note: str
