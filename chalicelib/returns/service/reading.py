"""What happened to a return (ORD-26)."""

from __future__ import annotations

from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import service as orders
from chalicelib.returns.domain import Return


def timeline(uow: UnitOfWork, thing: Return) -> list[orders.Happening]:
    """Every event of a return, oldest first: one query of what happened under its order's number."""
    return [
        happening
        for happening in orders.happenings(uow, thing.order_id)
        if happening.type.startswith("return.") and happening.data.get("return_id") == thing.id
    ]
