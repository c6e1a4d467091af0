"""Which location is responsible for an order: the nearest one that has everything (AMB-06, RTE-08).

Only locations of the customs territory that the order was quoted from are asked: goods from another one would cross
another border, at another duty and another promise than the customer confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

from chalicelib.markets.domain import Location, customs_territory, dispatch_date

from .places import COUNTRIES, POSTAL_AREAS

#: Mean radius of the earth, IUGG.
_EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth in degrees north and east."""

    latitude: float
    longitude: float


def distance_km(one: Point, other: Point) -> float:
    """The great-circle distance of two points (haversine)."""
    north = radians(other.latitude - one.latitude)
    east = radians(other.longitude - one.longitude)
    chord = sin(north / 2) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(chord)))


def destination(country: str, postal_code: str) -> Point | None:
    """Where a delivery goes, as near as country and postal code tell; None when the country is not known."""
    areas = POSTAL_AREAS.get(country, {})
    for length in (2, 1):
        if area := areas.get(postal_code[:length]):
            return Point(*area)
    return Point(*COUNTRIES[country]) if country in COUNTRIES else None


def nearest_first(locations: Sequence[Location], to: Point | None) -> list[Location]:
    """Locations by distance; without a known destination in the order given: the market's preference (RTE-08)."""
    if to is None:
        return list(locations)
    return sorted(locations, key=lambda place: distance_km(Point(place.latitude, place.longitude), to))


def same_territory(locations: Iterable[Location], quoted_from: Iterable[Location]) -> list[Location]:
    """The locations from which the goods cross the same border, if any, as the customer's quote assumed."""
    territories = {customs_territory(place.country) for place in quoted_from}
    return [place for place in locations if territories <= {customs_territory(place.country)}]


def responsible(
    candidates: Sequence[Location],
    reserved: Mapping[tuple[str, str], int],
    available: Mapping[tuple[str, str], int],
) -> Location | None:
    """The first candidate that can serve the whole order, counting what the order has reserved there already.

    Args:
        candidates: in order of preference.
        reserved: the order's units by SKU and location.
        available: units that nobody has reserved, by SKU and location.
    """
    need: dict[str, int] = {}
    for (sku, _), units in reserved.items():
        need[sku] = need.get(sku, 0) + units
    for place in candidates:
        if all(
            reserved.get((sku, place.id), 0) + available.get((sku, place.id), 0) >= units for sku, units in need.items()
        ):
            return place
    return None


def holder_of_most(candidates: Sequence[Location], reserved: Mapping[tuple[str, str], int]) -> Location | None:
    """The location that leads an order whose goods come from several: the one that holds the most units of it.

    Args:
        candidates: in order of preference, which decides between equals.

    Returns:
        None when part of the goods is reserved at a location that is not a candidate.
    """
    held = {place.id: 0 for place in candidates}
    for (_, location), units in reserved.items():
        if location not in held:
            return None
        held[location] += units
    return max(candidates, key=lambda place: held[place.id], default=None)


def to_move(reserved: Mapping[tuple[str, str], int], store: str) -> dict[tuple[str, str], int]:
    """The part of a reservation that is not at the store yet."""
    return {place: units for place, units in reserved.items() if place[1] != store}


def dispatch_by(submitted_at: datetime, now: datetime, place: Location) -> datetime:
    """The end of the day on which a courier order should leave (FUL-12): the day of submission before the cut-off.

    A day that is over when the order is routed (a late payment, a review that took long) is counted from now on.
    """
    zone = ZoneInfo(place.time_zone)
    for moment in (submitted_at, now):
        day = dispatch_date(moment, place.time_zone, place.cutoff, place.country)
        end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        if end > now:
            break
    return end
