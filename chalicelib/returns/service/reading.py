"""What happened to a return (ORD-26)."""

from __future__ import annotations

from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.service.reading import Happening, happenings
from chalicelib.returns.domain import Return


def timeline(uow: UnitOfWork, thing: Return) -> list[Happening]:
    """Every event of a return, oldest first: one query of what happened under its order's number."""
    return [
        happening
        for happening in happenings(uow, thing.order_id)
        if happening.type.startswith("return.") and happening.data.get("return_id") == thing.id
    ]
