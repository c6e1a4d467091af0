"""From which places the lines of an order come: one place if it has everything, else as few as possible (AMB-06)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True, slots=True)
class Sourcing:
    """Where each article comes from, and what no single place has enough of.

    Args:
        places: location id by SKU.
        short: the most that one place has, by SKU of what is sold out.
    """

    places: Mapping[str, str]
    short: Mapping[str, int]


def source(
    demand: Mapping[str, int],
    available: Mapping[tuple[str, str], int],
    preference: Sequence[str],
) -> Sourcing:
    """Choose a location for each article.

    An article always comes from one place as a whole. Of the smallest sets of places that have everything the one that
    is preferred first is taken.

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
    for size in range(1, len(preference) + 1):
        for places in combinations(preference, size):
            chosen = {sku: next((place for place in places if has(sku, place)), "") for sku in demand}
            if all(chosen.values()):
                return Sourcing(chosen, {})
    return Sourcing({}, {})
