"""The rules of routing: distance, candidates, the responsible location, the dispatch day."""

from .choice import (
    Point,
    destination,
    dispatch_by,
    distance_km,
    nearest_first,
    responsible,
    same_territory,
    to_move,
)

__all__ = [
    "Point",
    "destination",
    "dispatch_by",
    "distance_km",
    "nearest_first",
    "responsible",
    "same_territory",
    "to_move",
]
