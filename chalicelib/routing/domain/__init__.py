"""The rules of routing: distance, candidates, the responsible location, the dispatch day."""

from .choice import (
    Point,
    destination,
    dispatch_by,
    distance_km,
    holder_of_most,
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
    "holder_of_most",
    "nearest_first",
    "responsible",
    "same_territory",
    "to_move",
]
