"""The address book keeps what is put in, up to its limit, and always knows which address comes first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core.errors import LimitExceeded, NotFound
from chalicelib.customers.domain import Customer, SavedAddress
from chalicelib.markets.domain import Address

HOME = Address("Ann", "", ("1 High St",), "London", "", "SW1A 1AA", "GB")
NEW = Customer(id="ann", registered_at=datetime(2026, 11, 1, tzinfo=UTC))


def book(*ids: str) -> Customer:
    customer = NEW
    for address_id in ids:
        customer = customer.save(SavedAddress(address_id, HOME), limit=9, make_default=False)
    return customer


def test_the_first_address_is_the_default_and_the_newest_comes_first_mem04() -> None:
    customer = book("a", "b")
    assert [saved.id for saved in customer.addresses] == ["b", "a"]
    assert customer.default_address == "a"


def test_an_address_can_be_made_the_default() -> None:
    assert book("a").save(SavedAddress("b", HOME), limit=9, make_default=True).default_address == "b"


def test_a_full_book_takes_no_more_mem04() -> None:
    with pytest.raises(LimitExceeded):
        book("a", "b").save(SavedAddress("c", HOME), limit=2, make_default=False)


def test_when_the_default_is_forgotten_another_takes_its_place() -> None:
    assert book("a", "b").forget("a").default_address == "b"
    assert book("a").forget("a").default_address == ""
    assert book("a", "b").forget("b").default_address == "a"


def test_what_is_not_in_the_book_cannot_be_forgotten() -> None:
    with pytest.raises(NotFound):
        book("a").forget("x")
