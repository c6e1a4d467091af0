"""HTTP of the port to stores' systems: endpoints, the replay screen, and what the systems report."""

from . import endpoints, replays, reports
from .door import routes

__all__ = ["endpoints", "replays", "reports", "routes"]
