"""HTTP of routing: an order routed by hand, and the decision table of channels."""

from . import again, refusing, tables
from .door import routes

__all__ = ["again", "refusing", "routes", "tables"]
