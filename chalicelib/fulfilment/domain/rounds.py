"""The order of stops in a delivery person's day (FUL-11): nearest neighbour first, then 2-opt until nothing improves.

A round begins and ends at the store. For the dozen stops of a day this is within a few per cent of the best round.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Final, Protocol

_EARTH_KM: Final = 6371.0
#: Improvements smaller than this are noise of the arithmetic, kilometres.
_WORTH_IT: Final = 1e-9


class Place(Protocol):
    """A point in degrees north and east."""

    @property
    def latitude(self) -> float: ...

    @property
    def longitude(self) -> float: ...


def distance_km(one: Place, other: Place) -> float:
    """The great-circle distance of two places (haversine)."""
    north = radians(other.latitude - one.latitude)
    east = radians(other.longitude - one.longitude)
    chord = sin(north / 2) ** 2 + cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(chord)))


def round_length(store: Place, stops: Sequence[Place], order: Sequence[int]) -> float:
    """Kilometres of a round from the store over the stops in this order and back."""
    path = [store, *(stops[number] for number in order), store]
    return sum(distance_km(one, other) for one, other in pairwise(path))


def plan(store: Place, stops: Sequence[Place]) -> list[int]:
    """In which order to visit the stops, by their numbers; every stop once."""
    return _two_opt(store, stops, _nearest_neighbour(store, stops))


def _nearest_neighbour(store: Place, stops: Sequence[Place]) -> list[int]:
    left, here, order = list(range(len(stops))), store, []
    while left:
        nearest = min(left, key=lambda number: distance_km(here, stops[number]))
        left.remove(nearest)
        order.append(nearest)
        here = stops[nearest]
    return order


def _two_opt(store: Place, stops: Sequence[Place], order: list[int]) -> list[int]:
    """Turn round the part between two legs as long as that shortens the round."""
    points = [store, *stops]
    far = [[distance_km(one, other) for other in points] for one in points]
    path = [0, *(number + 1 for number in order), 0]
    improved = True
    while improved:
        improved = False
        for i in range(1, len(path) - 2):
            for j in range(i + 1, len(path) - 1):
                before = far[path[i - 1]][path[i]] + far[path[j]][path[j + 1]]
                after = far[path[i - 1]][path[j]] + far[path[i]][path[j + 1]]
                if before - after > _WORTH_IT:
                    path[i : j + 1] = reversed(path[i : j + 1])
                    improved = True
    return [number - 1 for number in path[1:-1]]
