"""The use cases of routing: the responsible location, and trying out decision tables."""

from .responsible import refuse, route, route_again
from .trials import Comparison, Trial, compare, try_facts, try_order

__all__ = ["Comparison", "Trial", "compare", "refuse", "route", "route_again", "try_facts", "try_order"]
