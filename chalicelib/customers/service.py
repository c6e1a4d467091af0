"""The use cases of a customer's own record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.markets.domain import CASH_ON_DELIVERY, Address, check_address

from .domain import ADDRESS_LIMIT, Customer, DeliveryPreference, SavedAddress
from .items import CUSTOMER


def me(uow: UnitOfWork, principal: Principal) -> Customer:
    """The signed-in shopper's record; made when it is asked for the first time (MEM-03)."""
    known = uow.find(CUSTOMER, principal.id)
    return known or uow.put(CUSTOMER, Customer(id=principal.id, registered_at=uow.now))


def registered_at(uow: UnitOfWork, customer_id: str) -> datetime | None:
    """When a customer's record was made; None when it has none yet, which counts as newly registered (RSK-05)."""
    known = uow.find(CUSTOMER, customer_id)
    return known.registered_at if known else None


def default_address(customer: Customer) -> Address | None:
    """The address that goods go to when nothing else is said; None when the book is empty."""
    saved = (each.address for each in customer.addresses if each.id == customer.default_address)
    return next(saved, None)


def change(
    uow: UnitOfWork, principal: Principal, *, name: str | None = None, language: str | None = None,
    market: str | None = None, payment_method: str | None = None, delivery: DeliveryPreference | None = None,
    version: int | None = None,
) -> Customer:  # fmt: skip
    """Change what is given and leave the rest (MEM-03, ORD-02).

    Args:
        version: the version the client knows; None insists on nothing.

    Raises:
        NotFound: the shop has no such market.
        Invalid: no market takes this payment method, or there is no such store; names both.
        StaleVersion: the record has been changed since.
    """
    customer = me(uow, principal)
    uow.expect(CUSTOMER, customer, version)
    if market:
        markets.market(market)
    _check_preferences(payment_method, delivery)
    changed = replace(
        customer,
        name=customer.name if name is None else name,
        language=customer.language if language is None else language,
        market=customer.market if market is None else market,
        payment_method=customer.payment_method if payment_method is None else payment_method,
        delivery=delivery or customer.delivery,
    )
    return uow.put(CUSTOMER, changed)


def _check_preferences(payment_method: str | None, delivery: DeliveryPreference | None) -> None:
    errors = []
    if payment_method and payment_method not in {CASH_ON_DELIVERY, *_methods()}:
        errors.append(FieldError("/payment_method", "is no payment method of this shop"))
    if delivery and delivery.store and delivery.store not in {place.id for place in markets.locations()}:
        errors.append(FieldError("/delivery/store", "is no store of this shop"))
    if errors:
        raise Invalid(*errors)


def _methods() -> set[str]:
    return {method for market in markets.all_markets() for method in market.payment_methods}


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
