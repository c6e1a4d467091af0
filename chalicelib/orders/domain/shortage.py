"""What a place holds for an order on paper, and could not find (REV-08)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Units that are reserved for an order and are not where they should be.

    They stay reserved until the order leaves the place or is off; then they are set aside until somebody has counted,
    so that nobody is sold what is not there. If they turn up, nothing has happened.

    Args:
        units: by place, then by SKU.
    """

    order_id: str
    units: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def places(self) -> frozenset[str]:
        """Where something is missing."""
        return frozenset(self.units)

    def of(self, sku: str, place: str) -> int:
        """How many units of a SKU are missing at a place."""
        return self.units.get(place, {}).get(sku, 0)

    def plus(self, place: str, units: Mapping[str, int]) -> Shortage:
        """The shortage after a place has found more missing; what it says of a SKU last counts."""
        return replace(self, units={**self.units, place: {**self.units.get(place, {}), **units}})

    def minus(self, units: Mapping[tuple[str, str], int]) -> Shortage:
        """The shortage after so many units of SKUs at places are no longer the order's."""
        left = {
            place: {sku: more for sku, missing in kept.items() if (more := missing - units.get((sku, place), 0)) > 0}
            for place, kept in self.units.items()
        }
        return replace(self, units={place: kept for place, kept in left.items() if kept})

    def without_place(self, place: str) -> Shortage:
        """The shortage after everything has turned up at one place."""
        return replace(self, units={name: units for name, units in self.units.items() if name != place})
