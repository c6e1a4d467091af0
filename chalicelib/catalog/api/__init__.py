"""The routes of the catalogue: what everybody may see, and what product management does."""

from . import imports, public, staff
from .door import routes

__all__ = ["imports", "public", "routes", "staff"]
