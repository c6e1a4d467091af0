"""What was accepted is what is ordered: the hash of a quote, and what becomes of it (ORD-01, D5, D7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.cart import service
from chalicelib.cart.domain import QuoteMissing, QuoteStale
from chalicelib.cart.items import CART
from chalicelib.catalog.domain import SizeClass
from chalicelib.core.errors import NotAllowed, VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import Move, SoldOut
from tests.support.sample_carts import (
    ADA,
    BERLIN,
    GUEST,
    SHIRT,
    a_cart,
    change,
    put_everything_on_sale,
    quoted,
)
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]


@pytest.fixture(autouse=True)
def on_sale(begin: Begin) -> None:
    put_everything_on_sale(begin())


def checkout(uow: UnitOfWork, cart_id: str, quote_hash: str) -> Any:
    return service.checkout(uow, cart_id, GUEST, quote_hash)


def test_what_was_accepted_is_what_is_ordered_ord_01(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 2))
    quote = quoted(begin(), cart)
    uow = begin()
    bought, present = checkout(uow, cart.id, quote.hash)
    assert present == replace(quote, handovers=())  # nobody chooses any more
    uow.commit(service.mark_ordered(uow, bought, "C-1"))
    with pytest.raises(NotAllowed):
        service.add_line(begin(), cart.id, GUEST, "BOOK-1", 1)
    with pytest.raises(NotAllowed):
        checkout(begin(), cart.id, quote.hash)


def test_without_a_quote_nothing_can_be_accepted(begin: Begin) -> None:
    with pytest.raises(QuoteMissing):
        checkout(begin(), a_cart(begin(), ("SHIRT-M", 1)).id, "0" * 64)


def test_a_price_that_changed_since_stops_the_order_with_the_new_quote_d5(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    quote = quoted(begin(), cart)
    change(begin(), "SHIRT-M", prices={**SHIRT.prices, "EU": Money.of("24.99", "EUR")})
    with pytest.raises(QuoteStale) as refused:
        checkout(begin(), cart.id, quote.hash)
    new = refused.value.members["quote"]
    assert refused.value.members["reason"] == "changed"
    assert new["total"] == {"amount": "29.49", "currency": "EUR"}
    assert checkout(begin(), cart.id, new["hash"])[1].total == Money.of("29.49", "EUR")


@pytest.mark.parametrize(
    "changes",
    [
        {"tax_category": "books"},
        {"hs_code": "630210", "origin": "TR"},
        {"weight_g": 9_000},
        {"size_class": SizeClass.LARGE},
    ],
)
def test_tax_duty_and_shipping_that_changed_since_stop_the_order_d5(begin: Begin, changes: dict[str, Any]) -> None:
    uow = begin()
    inventory.adjust(uow, "SHIRT-M", "RTM1", Move.WRITE_OFF, 10, "lost")
    uow.commit(None)
    cart = a_cart(begin(), ("SHIRT-M", 9))
    quote = quoted(begin(), cart)
    change(begin(), "SHIRT-M", **changes)
    with pytest.raises(QuoteStale):
        checkout(begin(), cart.id, quote.hash)


def test_a_cart_edited_in_another_tab_is_not_what_was_accepted_d7(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    quote = quoted(begin(), cart)
    uow = begin()
    uow.commit(service.change_quantity(uow, cart.id, GUEST, cart.lines[0].id, 9))
    with pytest.raises(QuoteStale) as refused:
        checkout(begin(), cart.id, quote.hash)
    assert refused.value.members["quote"]["lines"][0]["quantity"] == 9


def test_an_edit_between_accepting_and_ordering_fails_the_order_d7(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    quote = quoted(begin(), cart)
    ordering = begin()
    bought, _ = checkout(ordering, cart.id, quote.hash)
    service.mark_ordered(ordering, bought, "C-1")
    editing = begin()
    editing.commit(service.change_quantity(editing, cart.id, GUEST, cart.lines[0].id, 9))
    with pytest.raises(VersionConflict):
        ordering.commit(None)
    assert begin().get(CART, cart.id).order_id == ""


def test_an_expired_quote_is_not_ordered(begin: Begin, clock: Any) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    quote = quoted(begin(), cart)
    clock.forward(minutes=14, seconds=59)
    assert checkout(begin(), cart.id, quote.hash)[1].hash == quote.hash
    clock.forward(seconds=1)
    with pytest.raises(QuoteStale) as refused:
        checkout(begin(), cart.id, quote.hash)
    assert refused.value.members["reason"] == "expired"
    again = quoted(begin(), cart)
    assert again.hash == quote.hash
    assert checkout(begin(), cart.id, again.hash)[1].total == quote.total


def test_sold_out_meanwhile_stops_the_order_with_the_names(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 101 - 1))
    quote = quoted(begin(), cart)
    uow = begin()
    inventory.reserve(uow, {("SHIRT-M", "SZX1"): 1})
    uow.commit(None)
    with pytest.raises(SoldOut) as refused:
        checkout(begin(), cart.id, quote.hash)
    assert refused.value.members["skus"] == ["SHIRT-M"]


def test_a_quote_takes_three_round_trips_and_a_checkout_two(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1), ("BOOK-1", 1))
    quoted(begin(), cart)  # settings are read once a minute per process
    with metered() as meter:
        quote = quoted(begin(), cart)
    assert meter.round_trips == 3
    with metered() as meter:
        checkout(begin(), cart.id, quote.hash)
    assert meter.round_trips == 2


def test_the_cart_keeps_little_of_its_quote(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1), ("BOOK-1", 1))
    before = len(CART.encode(begin().get(CART, cart.id)))
    quoted(begin(), cart, BERLIN)
    assert len(CART.encode(begin().get(CART, cart.id))) - before < 500
    assert begin().get(CART, cart.id).quote is not None


def test_the_address_a_quote_keeps_is_the_checked_one(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    quote = quoted(begin(), cart, replace(BERLIN, name="  Ada  Lovelace ", phone="030 901820", country="de"))
    assert quote.ship_to == BERLIN
    assert quote.contact == ADA
