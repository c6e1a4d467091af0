"""The use cases of a customer's own record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.core.auth import Principal
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Address, check_address

from .domain import ADDRESS_LIMIT, Customer, SavedAddress
from .items import CUSTOMER


def me(uow: UnitOfWork, principal: Principal) -> Customer:
    """The signed-in shopper's record; made when it is asked for the first time (MEM-03)."""
    known = uow.find(CUSTOMER, principal.id)
    return known or uow.put(CUSTOMER, Customer(id=principal.id, registered_at=uow.now))


def registered_at(uow: UnitOfWork, customer_id: str) -> datetime | None:
    """When a customer's record was made; None when it has none yet, which counts as newly registered (RSK-05)."""
    known = uow.find(CUSTOMER, customer_id)
    return known.registered_at if known else None


def change(
    uow: UnitOfWork, principal: Principal, *, name: str | None = None, language: str | None = None,
    market: str | None = None, version: int | None = None,
) -> Customer:  # fmt: skip
    """Change what is given and leave the rest (MEM-03).

    Args:
        version: the version the client knows; None insists on nothing.

    Raises:
        NotFound: the shop has no such market.
        StaleVersion: the record has been changed since.
    """
    customer = me(uow, principal)
    uow.expect(CUSTOMER, customer, version)
    if market:
        markets.market(market)
    changed = replace(
        customer,
        name=customer.name if name is None else name,
        language=customer.language if language is None else language,
        market=customer.market if market is None else market,
    )
    return uow.put(CUSTOMER, changed)


def save_address(
    uow: UnitOfWork, principal: Principal, address: Address, *, label: str = "", make_default: bool = False
) -> SavedAddress:
    """Put an address into the book, in its country's normal form (MEM-04).

    Raises:
        Invalid: names every missing or wrong field.
        LimitExceeded: the book is full.
    """
    customer = me(uow, principal)
    new = SavedAddress(uow.new_id(), check_address(address, pointer="/address"), label)
    uow.put(CUSTOMER, customer.save(new, limit=uow.setting(ADDRESS_LIMIT), make_default=make_default))
    return new


def forget_address(uow: UnitOfWork, principal: Principal, address_id: str) -> None:
    """Take an address out of the book.

    Raises:
        NotFound: it is not in the book.
    """
    uow.put(CUSTOMER, me(uow, principal).forget(address_id))
