"""Goods that a place could not find: noted when it says so, accounted for when the order leaves the place (REV-08).

Every step here goes with a step of the order in the same transaction, so the order's version keeps them in turn.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.orders import domain as d
from chalicelib.orders.items import ORDER, SHORTAGE

_REASON = "not found for an order"


def of_order(uow: UnitOfWork, order: d.Order) -> d.Shortage:
    """What is missing of an order; one read, and none for an order with nothing in its way."""
    found = uow.find(SHORTAGE, order.id) if order.problem is not None else None
    return found or d.Shortage(order_id=order.id)


def note(uow: UnitOfWork, order: d.Order, place: str, missing: Mapping[str, int] | None = None) -> d.Shortage:
    """A place has not found some of what is reserved with it for an order; all that is missing now.

    Args:
        missing: units by SKU; None: nothing of it was found.

    Raises:
        Invalid: so many are not reserved there.
    """
    held = {sku: units for (sku, _), units in order.reserved_at(place).items()} if place else {}
    if missing is None:
        missing = held
    errors = [
        FieldError(f"/missing/{position}", f"at most {held.get(sku, 0)} of {sku} are reserved for this order")
        for position, (sku, units) in enumerate(missing.items())
        if units > held.get(sku, 0)
    ]
    if errors:
        raise Invalid(*errors)
    before = uow.find(SHORTAGE, order.id) or d.Shortage(order_id=order.id)
    if not missing:
        return before
    uow.put(ORDER, order, d.OrderGoodsMissing(order_id=order.id, store=place, units=dict(missing)))
    return uow.put(SHORTAGE, before.plus(place, missing))


def give_back(uow: UnitOfWork, order: d.Order, units: Mapping[tuple[str, str], int], missing: d.Shortage) -> None:
    """Give back units that were reserved for an order; those that their place could not find are set aside."""
    aside = {pair: min(missing.of(*pair), held) for pair, held in units.items()}
    released = {pair: held - aside[pair] for pair, held in units.items()}
    inventory.release(uow, {pair: held for pair, held in released.items() if held}, order.id)
    inventory.set_aside(uow, {pair: held for pair, held in aside.items() if held}, _REASON)
    _keep(uow, missing, missing.minus(aside))


def found_at(uow: UnitOfWork, order: d.Order, place: str) -> bool:
    """A place has everything after all; whether nothing is missing anywhere now."""
    missing = of_order(uow, order)
    left = missing.without_place(place)
    _keep(uow, missing, left)
    return not left.units


def forget(uow: UnitOfWork, order: d.Order) -> None:
    """Everything has turned up."""
    missing = uow.find(SHORTAGE, order.id)
    if missing is not None:
        uow.remove(SHORTAGE, missing)


def _keep(uow: UnitOfWork, before: d.Shortage, left: d.Shortage) -> None:
    if left.units:
        uow.put(SHORTAGE, left)
    elif before.units:
        uow.remove(SHORTAGE, before)
