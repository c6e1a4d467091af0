"""What is wrong, or worth knowing, about a decision table: overlapping rows, unreachable ones, gaps (RTE-07).

A row is a box in a space of countries, duty policies, attributes, categories, weights, values and days. What earlier
rows leave of a row's box is worked out by cutting theirs out of it; when nothing is left, nobody ever gets there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money

from .decisions import Attribute, DecisionTable, DutyPolicy, Row

#: Of a row, more pieces than this are not followed up; then it counts as reachable.
_MOST_PIECES: Final = 4_000
_ENDLESS: Final = 2**62

#: Per dimension either a set of names or a closed range of whole numbers; what is not named is unbounded.
_Set = frozenset[str]
_Span = tuple[int, int]
_YES_NO: Final = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True)
class _Box:
    sets: Mapping[str, _Set]
    spans: Mapping[str, _Span]


class Kind(StrEnum):
    """What can be said about a row."""

    #: Every case it is for is decided by earlier rows.
    UNREACHABLE = "unreachable"
    #: Some cases fit an earlier row with another outcome too; the earlier one decides.
    OVERLAPS = "overlaps"
    #: Some cases fit no row at all; then the cheapest offer is taken.
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a table.

    Args:
        row: its id; "" for the table as a whole.
        others: the earlier rows concerned.
    """

    kind: Kind
    row: str
    others: tuple[str, ...] = ()


def errors(
    table: DecisionTable, countries_of: Mapping[str, tuple[str, ...]], currencies: Sequence[str]
) -> list[FieldError]:
    """What makes a table impossible, field by field; a table with errors is not kept."""
    found = []
    if table.currency not in currencies:
        found.append(FieldError("/currency", f"is one of {', '.join(currencies)}"))
    for name in ("id", "priority"):
        known: set[object] = set()
        for number, row in enumerate(table.rows):
            if getattr(row, name) in known:
                found.append(FieldError(f"/rows/{number}/{name}", "belongs to another row"))
            known.add(getattr(row, name))
    for number, row in enumerate(table.rows):
        at = f"/rows/{number}"
        found += [FieldError(f"{at}/{name}", detail) for name, detail in _errors(row, table.currency, countries_of)]
    return found


def _errors(row: Row, currency: str, countries_of: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    if row.channel.value in row.excluded:
        yield "excluded", "excludes the channel that the row chooses"
    if unknown := sorted(set(row.markets) - countries_of.keys()):
        yield "markets", f"no such market: {', '.join(unknown)}"
    served = {country for market in row.markets or countries_of for country in countries_of.get(market, ())}
    if strange := sorted(set(row.countries) - served):
        yield "countries", f"not delivered to by these markets: {', '.join(strange)}"
    if both := sorted(set(row.goods) & set(row.without)):
        yield "without", f"wanted and unwanted at once: {', '.join(both)}"
    for name, bound in (("least_value", row.least_value), ("most_value", row.most_value)):
        if bound is not None and (bound.currency != currency or bound.minor < 0):
            yield name, f"is an amount in {currency}, not below zero"
    ranges: dict[str, tuple[int | None, int | None]] = {
        "most_weight_g": (row.least_weight_g, row.most_weight_g),
        "most_value": (_minor(row.least_value), _minor(row.most_value)),
        "valid_until": (_day(row.valid_from), _day(row.valid_until)),
    }
    for name, (least, most) in ranges.items():
        if least is not None and most is not None and most < least:
            yield name, "is before where the range begins"


def _minor(bound: Money | None) -> int | None:
    return None if bound is None else bound.minor


def _day(bound: date | None) -> int | None:
    return None if bound is None else bound.toordinal()


def findings(table: DecisionTable, countries_of: Mapping[str, tuple[str, ...]]) -> tuple[Finding, ...]:
    """Everything to know about a table, row by row.

    Args:
        countries_of: the countries that each market delivers to.
    """
    space = _Space(table.rows, countries_of)
    found: list[Finding] = []
    earlier: list[Row] = []
    for row in table.in_order:
        boxes = list(space.boxes(row))
        touching = [other for other in earlier if any(_meet(a, b) for a in boxes for b in space.boxes(other))]
        if not _left(boxes, [box for other in touching for box in space.boxes(other)]):
            found.append(Finding(Kind.UNREACHABLE, row.id, tuple(other.id for other in touching)))
        elif different := [other.id for other in touching if _outcome(other) != _outcome(row)]:
            found.append(Finding(Kind.OVERLAPS, row.id, tuple(different)))
        earlier.append(row)
    if _left([space.everything], [box for row in earlier for box in space.boxes(row)]):
        found.append(Finding(Kind.GAP, ""))
    return tuple(found)


def _outcome(row: Row) -> tuple[str, frozenset[str]]:
    return row.channel, frozenset(row.excluded)


class _Space:
    """The dimensions that a table uses, and its rows as boxes in them."""

    def __init__(self, rows: Sequence[Row], countries_of: Mapping[str, tuple[str, ...]]) -> None:
        self.countries_of = countries_of
        countries = frozenset(country for served in countries_of.values() for country in served)
        has = [f"is {name}" for name in Attribute]
        has += [f"in {category}" for category in sorted({name for row in rows for name in row.categories})]
        self.everything = _Box(
            {"country": countries, "duty": frozenset(DutyPolicy), **dict.fromkeys(has, _YES_NO)},
            {
                "weight": (0, _ENDLESS),
                "value": (0, _ENDLESS),
                "day": (date.min.toordinal(), date.max.toordinal()),
            },
        )

    def boxes(self, row: Row) -> Iterator[_Box]:
        """A row as boxes that do not meet: one, or one per category, as any of its categories is enough."""
        countries = self.everything.sets["country"]
        if row.markets:
            countries &= frozenset(country for market in row.markets for country in self.countries_of.get(market, ()))
        if row.countries:
            countries &= frozenset(row.countries)
        sets = {**self.everything.sets, "country": countries}
        if row.duty_policies:
            sets["duty"] = frozenset(row.duty_policies)
        sets |= {f"is {name}": frozenset({"yes"}) for name in row.goods}
        sets |= {f"is {name}": frozenset({"no"}) for name in row.without}
        first, last = self.everything.spans["day"]
        spans = {
            "weight": _span(row.least_weight_g, row.most_weight_g),
            "value": _span(_minor(row.least_value), _minor(row.most_value)),
            "day": (_day(row.valid_from) or first, _day(row.valid_until) or last),
        }
        whole = _Box(sets, spans)
        if not row.categories:
            yield whole
        for number, category in enumerate(row.categories):
            not_before = {f"in {other}": frozenset({"no"}) for other in row.categories[:number]}
            yield replace(whole, sets={**sets, **not_before, f"in {category}": frozenset({"yes"})})


def _span(least: int | None, most: int | None) -> _Span:
    return (0 if least is None else least, _ENDLESS if most is None else most)


def _meet(one: _Box, other: _Box) -> bool:
    return all(one.sets[name] & other.sets[name] for name in one.sets) and all(
        max(one.spans[name][0], other.spans[name][0]) <= min(one.spans[name][1], other.spans[name][1])
        for name in one.spans
    )


def _left(boxes: Sequence[_Box], taken: Sequence[_Box]) -> bool:
    """Whether anything of the boxes is outside of those taken; also when that would take too long to say."""
    pieces = list(boxes)
    for cut in taken:
        pieces = [piece for box in pieces for piece in _without(box, cut)]
        if len(pieces) > _MOST_PIECES:
            return True
    return bool(pieces)


def _without(box: _Box, cut: _Box) -> Iterator[_Box]:
    """What is left of a box without another: a piece per dimension that the other does not fill."""
    if not _meet(box, cut):
        yield box
        return
    rest = box
    for name, names in box.sets.items():
        if outside := names - cut.sets[name]:
            yield replace(rest, sets={**rest.sets, name: outside})
            rest = replace(rest, sets={**rest.sets, name: names & cut.sets[name]})
    for name, (least, most) in box.spans.items():
        low, high = cut.spans[name]
        for piece in ((least, min(most, low - 1)), (max(least, high + 1), most)):
            if piece[0] <= piece[1]:
                yield replace(rest, spans={**rest.spans, name: piece})
        rest = replace(rest, spans={**rest.spans, name: (max(least, low), min(most, high))})
