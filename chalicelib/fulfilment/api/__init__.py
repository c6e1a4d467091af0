"""HTTP of fulfilment: a store's work list and steps, pickups, own delivery, failed hand-overs, and lockers' news."""

from . import boxes, delivery, dispatches, documents, failures, lockers, pickup, slip_files, steps, together
from .door import routes

__all__ = [
    "boxes",
    "delivery",
    "dispatches",
    "documents",
    "failures",
    "lockers",
    "pickup",
    "routes",
    "slip_files",
    "steps",
    "together",
]
