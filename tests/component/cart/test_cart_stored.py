"""A customer has one stored cart, however far the index that leads to it is behind (CRT-03)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.cart import service
from chalicelib.cart.domain import Cart
from chalicelib.cart.items import CART
from chalicelib.core import table
from chalicelib.core.unit_of_work import UnitOfWork, run
from tests.support.faults import injected, without_waiting
from tests.support.sample_carts import ANN, BOOK, GUEST, SHIRT, put_on_sale

Begin = Callable[..., UnitOfWork]
SIGNED_IN_GUEST = replace(ANN, guest=GUEST.guest)


@pytest.fixture(autouse=True)
def on_sale(begin: Begin) -> None:
    put_on_sale(begin(), SHIRT, BOOK)


class Behind:
    """The index as it was, until it catches up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch, self.real = monkeypatch, table.page

    def stop(self) -> None:
        seen: dict[str, Any] = {}

        def page(kind: Any, index: str, pk: str, **more: Any) -> Any:
            if pk not in seen:
                seen[pk] = frozen.get(pk) or self.real(kind, index, pk, **more)
            return seen[pk]

        frozen = {"CUSTOMER#ann": self.real(CART, "gsi1", "CUSTOMER#ann", limit=1, prefix="CART#", newest_first=True)}
        self.monkeypatch.setattr(table, "page", page)

    def catch_up(self) -> None:
        self.monkeypatch.setattr(table, "page", self.real)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Behind:
    return Behind(monkeypatch)


def opened(begin: Begin, sku: str = "SHIRT-M") -> Cart:
    return run(lambda uow: service.create(uow, ANN.owner, "EU", "en", [(sku, 1)]), begin)


def ordered(begin: Begin, cart: Cart) -> None:
    run(lambda uow: service.mark_ordered(uow, uow.get(CART, cart.id), "C0000000000"), begin)


@pytest.mark.parametrize("earlier", [0, 1])
def test_two_quick_openings_are_one_cart_crt03(begin: Begin, index: Behind, earlier: int) -> None:
    for _ in range(earlier):
        ordered(begin, opened(begin))
    index.stop()
    first, second = opened(begin), opened(begin, "BOOK-1")
    assert (second.id, [line.sku for line in second.lines]) == (first.id, ["SHIRT-M", "BOOK-1"])
    index.catch_up()
    assert service.stored(begin(), "ann") == begin().get(CART, first.id)


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_two_openings_at_once_are_one_cart_crt03(begin: Begin, at: int) -> None:
    found: list[Cart] = []
    with without_waiting(), injected(None, lambda: found.append(opened(begin, "BOOK-1")), at=at):
        found.append(opened(begin))
    assert found[0].id == found[1].id
    assert {line.sku for line in begin().get(CART, found[0].id).lines} == {"SHIRT-M", "BOOK-1"}


def test_the_cart_after_an_ordered_one_is_found_with_the_index_two_behind_crt03(begin: Begin, index: Behind) -> None:
    index.stop()
    first = opened(begin)
    ordered(begin, first)
    second = opened(begin)
    assert second.id != first.id
    ordered(begin, second)
    assert opened(begin).id == opened(begin).id not in {first.id, second.id}


def test_a_cart_that_was_done_away_with_leaves_its_place_crt03(begin: Begin, index: Behind) -> None:
    first = opened(begin)
    index.stop()
    run(lambda uow: service.delete(uow, first.id, ANN), begin)
    assert service.stored(begin(), "ann") is None
    again = opened(begin)
    assert opened(begin).id == again.id
    assert len(again.lines) == 1
    index.catch_up()
    assert service.stored(begin(), "ann") == begin().get(CART, again.id)


def a_guests(begin: Begin) -> Cart:
    return run(lambda uow: service.create(uow, GUEST.owner, "EU", "en", [("BOOK-1", 2)]), begin)


def test_a_guests_cart_taken_over_is_the_stored_one_at_once_crt03(begin: Begin, index: Behind) -> None:
    guests = a_guests(begin)
    index.stop()
    run(lambda uow: service.merge(uow, guests.id, SIGNED_IN_GUEST), begin)
    assert opened(begin).id == guests.id
    ordered(begin, guests)
    following = opened(begin)
    assert following.id != guests.id
    index.catch_up()
    assert opened(begin).id == following.id


def test_a_guests_cart_is_merged_into_one_that_was_opened_a_moment_ago_crt03(begin: Begin, index: Behind) -> None:
    guests = a_guests(begin)
    index.stop()
    own = opened(begin)
    merged = run(lambda uow: service.merge(uow, guests.id, SIGNED_IN_GUEST), begin)
    assert (merged.id, len(merged.lines)) == (own.id, 2)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_guests_cart_and_an_opening_at_once_end_as_one_cart_crt03(begin: Begin, at: int) -> None:
    guests = a_guests(begin)
    with without_waiting(), injected(None, lambda: opened(begin), at=at):
        run(lambda uow: service.merge(uow, guests.id, SIGNED_IN_GUEST), begin)
    found = service.stored(begin(), "ann")
    assert found is not None
    assert {line.sku: line.quantity for line in found.lines} == {"BOOK-1": 2, "SHIRT-M": 1}
