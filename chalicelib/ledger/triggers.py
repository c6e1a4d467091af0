"""The clock of the books: closing days."""

from __future__ import annotations

from chalicelib.core.triggers import Triggers
from chalicelib.core.unit_of_work import UnitOfWork

from . import service

triggers = Triggers(__name__)


@triggers.schedule("close-books", "cron(15 2 * * ? *)")
def close_books(uow: UnitOfWork) -> None:
    """Close the books of the days that are over, every night (PAY-11)."""
    service.close_days(uow)
