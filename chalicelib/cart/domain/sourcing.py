"""From which places the lines of an order come, by the market's policy about splitting (AMB-06, RTE-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from chalicelib.core.settings import Setting


class Splitting(StrEnum):
    """What is done with goods that no single place has together."""

    #: They come from as few places as possible.
    FEWEST_SPLITS = "fewest_splits"
    #: Each article comes from the first of the market's places that has it, whatever else is ordered.
    PRIORITY = "priority"
    #: They are not sold together.
    FORBIDDEN = "forbidden"

    @classmethod
    def named(cls, text: str) -> Splitting:
        """The policy of that name; any other text counts as not set."""
        return cls(text) if text in set(cls) else cls.FEWEST_SPLITS


SPLITTING: Final = Setting(
    "cart.splitting",
    Splitting.FEWEST_SPLITS.value,
    unit="fewest_splits, priority or forbidden",
    form="|".join(Splitting),
    rule="RTE-07",
    own=True,
    doc="Whether an order may come from several places: from as few as possible, each article from the market's first "
    "place that has it, or not at all.",
)


@dataclass(frozen=True, slots=True)
class Sourcing:
    """Where each article comes from, and what no single place has enough of.

    Args:
        places: location id by SKU.
        short: the most that one place has, by SKU of what is sold out.
        apart: where splitting is forbidden, what the place that has most of the goods lacks.
    """

    places: Mapping[str, str]
    short: Mapping[str, int]
    apart: tuple[str, ...] = ()


def source(
    demand: Mapping[str, int],
    available: Mapping[tuple[str, str], int],
    preference: Sequence[str],
    splitting: Splitting = Splitting.FEWEST_SPLITS,
) -> Sourcing:
    """Choose a location for each article.

    An article always comes from one place as a whole. Of the smallest sets of places that have everything the one that
    is preferred first is taken; `Splitting` tells what other policies do.

    Args:
        demand: units by SKU, summed over all lines (D2).
        available: units by SKU and location; what is not named is not there.
        preference: the market's locations, the preferred first.
    """

    def has(sku: str, place: str) -> bool:
        return available.get((sku, place), 0) >= demand[sku]

    short = {
        sku: max((max(0, available.get((sku, place), 0)) for place in preference), default=0)
        for sku in demand
        if not any(has(sku, place) for place in preference)
    }
    if short:
        return Sourcing({}, short)
    if splitting is Splitting.PRIORITY:
        return Sourcing({sku: next(place for place in preference if has(sku, place)) for sku in demand}, {})
    if splitting is Splitting.FORBIDDEN and demand:
        lacks = {place: tuple(sorted(sku for sku in demand if not has(sku, place))) for place in preference}
        best = min(preference, key=lambda place: len(lacks[place]))
        return Sourcing({}, {}, lacks[best]) if lacks[best] else Sourcing(dict.fromkeys(demand, best), {})
    for size in range(1, len(preference) + 1):
        for places in combinations(preference, size):
            chosen = {sku: next((place for place in places if has(sku, place)), "") for sku in demand}
            if all(chosen.values()):
                return Sourcing(chosen, {})
    return Sourcing({}, {})
