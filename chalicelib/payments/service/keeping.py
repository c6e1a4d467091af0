"""Keeping a changed payment: itself, the events that tell of the change and the entries that book it, together."""

from __future__ import annotations

from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.payments.domain import Payment
from chalicelib.payments.domain.changes import entries, events
from chalicelib.payments.items import kind_of


def keep(uow: UnitOfWork, before: Payment | None, after: Payment, why: str = "") -> Payment:
    """Put a payment that has changed, with what tells of it and what books it; an unchanged one costs nothing.

    The payment's own state shows that none of the entries can be in the books yet.
    """
    if after == before:
        return after
    for entry in entries(before, after, uow.now):
        ledger.post(uow, entry, fresh=True)
    return uow.put(kind_of(after), after, *events(before, after, why))
