"""HTTP of fulfilment: a store's work list and steps, pickups, own delivery, failed hand-overs, and lockers' news."""

from . import delivery, failures, lockers, pickup, slip_files, steps, together
from .door import routes

__all__ = ["delivery", "failures", "lockers", "pickup", "routes", "slip_files", "steps", "together"]
