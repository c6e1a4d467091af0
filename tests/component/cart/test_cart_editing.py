"""Carts in the table: ownership, concurrent changes, merging, and what they cost in round trips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.cart import service
from chalicelib.cart.domain import CartState
from chalicelib.cart.items import CART
from chalicelib.catalog.domain import Status
from chalicelib.catalog.items import VARIANT
from chalicelib.core.auth import Principal
from chalicelib.core.errors import LimitExceeded, NotAllowed, NotFound, RuleRefused, StaleVersion, VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from tests.support.sample_carts import ANN, BEN, BOOK, EBOOK, GUEST, SHIRT, STRANGER, a_cart, put_on_sale
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]
SIGNED_IN_GUEST = replace(ANN, guest=GUEST.guest)


@pytest.fixture(autouse=True)
def on_sale(begin: Begin) -> None:
    put_on_sale(begin(), SHIRT, BOOK, EBOOK)


def test_products_and_virtual_products_go_into_one_cart_crt_01(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 2), ("EBOOK-1", 1))
    kept = begin().get(CART, cart.id)
    assert [(line.sku, line.quantity, line.article.kind) for line in kept.lines] == [
        ("SHIRT-M", 2, "physical"), ("EBOOK-1", 1, "virtual"),
    ]  # fmt: skip
    assert kept.subtotal == Money.of("59.97", "EUR")


def test_a_cart_shows_titles_in_its_language(begin: Begin) -> None:
    uow = begin()
    cart = service.create(uow, GUEST.owner, "CN", "zh-Hans", [("SHIRT-M", 1)])
    assert (cart.language, cart.lines[0].article.title) == ("zh-CN", "衬衫 M")


@pytest.mark.parametrize("who", [STRANGER, ANN, Principal(), Principal("staff", "s")])
def test_somebody_else_s_cart_does_not_exist_z1(begin: Begin, who: Principal) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    for command in (
        lambda uow: service.find(uow, cart.id, who),
        lambda uow: service.add_line(uow, cart.id, who, "SHIRT-M", 1),
        lambda uow: service.change_quantity(uow, cart.id, who, cart.lines[0].id, 5),
        lambda uow: service.remove_line(uow, cart.id, who, cart.lines[0].id),
        lambda uow: service.empty(uow, cart.id, who),
        lambda uow: service.delete(uow, cart.id, who),
        lambda uow: service.move(uow, cart.id, who, "US", None),
        lambda uow: service.checkout(uow, cart.id, who, "0" * 64),
    ):
        with pytest.raises(NotFound) as foreign:
            command(begin())
        with pytest.raises(NotFound) as missing:
            service.find(begin(), "0197a9e0-1111-7222-8333-444455556666", who)
        assert foreign.value.members == missing.value.members


@pytest.mark.parametrize("cart_id", ["", "#", "CART#1", "a" * 200, "../x", "c1\n"])
def test_what_cannot_be_an_id_is_not_found_f12(begin: Begin, cart_id: str) -> None:
    with pytest.raises(NotFound):
        service.find(begin(), cart_id, GUEST)
    with pytest.raises(NotFound):
        service.add_line(begin(), cart_id, GUEST, "SHIRT-M", 1)
    cart = a_cart(begin())
    with pytest.raises(NotFound):
        service.add_line(begin(), cart.id, GUEST, cart_id, 1)


def test_what_is_not_on_sale_in_the_market_cannot_be_put_in(begin: Begin) -> None:
    uow = begin()
    book = uow.get(VARIANT, "BOOK-1")
    uow.put(VARIANT, replace(book, prices={"US": book.prices["US"]}))
    uow.commit(None)
    cart = a_cart(begin())
    with pytest.raises(RuleRefused):
        service.add_line(begin(), cart.id, GUEST, "BOOK-1", 1)
    with pytest.raises(NotFound):
        service.add_line(begin(), cart.id, GUEST, "UNHEARD-OF", 1)


def test_two_tabs_that_add_at_the_same_time_both_count(begin: Begin) -> None:
    cart = a_cart(begin())
    first, second = begin(), begin()
    service.add_line(first, cart.id, GUEST, "SHIRT-M", 1)
    service.add_line(second, cart.id, GUEST, "BOOK-1", 1)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    run(lambda uow: service.add_line(uow, cart.id, GUEST, "BOOK-1", 1), begin)
    assert {line.sku for line in begin().get(CART, cart.id).lines} == {"SHIRT-M", "BOOK-1"}


def test_a_change_of_a_cart_that_was_seen_differently_is_refused(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    seen = begin().version(CART, cart)
    line = cart.lines[0].id
    assert seen == 0  # not loaded yet
    uow = begin()
    service.change_quantity(uow, cart.id, GUEST, line, 3, version=1)
    uow.commit(None)
    with pytest.raises(StaleVersion):
        service.change_quantity(begin(), cart.id, GUEST, line, 4, version=1)


def test_the_limits_of_a_cart_are_settings(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 999))
    with pytest.raises(LimitExceeded):
        service.add_line(begin(), cart.id, GUEST, "SHIRT-M", 1)


def test_moving_to_another_market_takes_that_market_s_prices_and_drops_the_quote(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 2))
    moved = service.move(begin(), cart.id, GUEST, "US", None)
    assert (moved.market, moved.currency, moved.language) == ("US", "USD", "en-US")
    assert moved.subtotal == Money.of("36.00", "USD")
    assert moved.quote is None


def test_a_market_where_something_is_not_sold_is_refused_with_its_name(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1), ("BOOK-1", 1))
    uow = begin()
    uow.put(VARIANT, replace(uow.get(VARIANT, "BOOK-1"), status=Status.ARCHIVED))
    uow.commit(None)
    with pytest.raises(RuleRefused) as refused:
        service.move(begin(), cart.id, GUEST, "US", None)
    assert refused.value.members["skus"] == ["BOOK-1"]


def test_a_deleted_cart_is_gone(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    uow = begin()
    service.delete(uow, cart.id, GUEST)
    uow.commit(None)
    with pytest.raises(NotFound):
        service.find(begin(), cart.id, GUEST)


def test_a_customer_s_cart_is_stored_and_taken_up_again_crt_03(begin: Begin) -> None:
    first = a_cart(begin(), ("SHIRT-M", 1), owner=ANN.owner)
    again = a_cart(begin(), ("BOOK-1", 1), owner=ANN.owner)
    assert again.id == first.id
    assert [line.sku for line in again.lines] == ["SHIRT-M", "BOOK-1"]
    assert a_cart(begin(), owner=BEN.owner).id != first.id


def test_buying_now_leaves_the_stored_cart_alone_crt_07(begin: Begin) -> None:
    kept = a_cart(begin(), ("SHIRT-M", 1), owner=ANN.owner)
    now = a_cart(begin(), ("BOOK-1", 1), owner=ANN.owner, buy_now=True)
    assert now.id != kept.id
    assert service.stored(begin(), "ann") == begin().get(CART, kept.id)


def test_after_an_order_a_new_cart_is_opened(begin: Begin) -> None:
    first = a_cart(begin(), ("SHIRT-M", 1), owner=ANN.owner)
    uow = begin()
    service.mark_ordered(uow, uow.get(CART, first.id), "C-1")
    uow.commit(None)
    assert service.stored(begin(), "ann") is None
    assert a_cart(begin(), owner=ANN.owner).id != first.id


def test_a_guest_s_cart_becomes_the_customer_s_when_there_is_no_stored_one_crt_03(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    for _ in range(2):
        uow = begin()
        merged = uow.commit(service.merge(uow, cart.id, SIGNED_IN_GUEST))
        assert (merged.id, merged.owner, merged.units) == (cart.id, ANN.owner, 1)
    with pytest.raises(NotFound):
        service.find(begin(), cart.id, GUEST)


def test_a_guest_s_cart_is_merged_once_however_often_it_is_asked_for_crt_03(begin: Begin) -> None:
    own = a_cart(begin(), ("SHIRT-M", 1), owner=ANN.owner)
    guest = a_cart(begin(), ("SHIRT-M", 2), ("BOOK-1", 1))
    for _ in range(3):
        uow = begin()
        merged = uow.commit(service.merge(uow, guest.id, SIGNED_IN_GUEST))
        assert merged.id == own.id
        assert {line.sku: line.quantity for line in merged.lines} == {"SHIRT-M": 3, "BOOK-1": 1}
    left = begin().get(CART, guest.id)
    assert (left.state, left.lines, left.merged_into) == (CartState.MERGED, (), own.id)


def test_two_merges_at_the_same_time_count_once(begin: Begin) -> None:
    own = a_cart(begin(), owner=ANN.owner)
    guest = a_cart(begin(), ("BOOK-1", 1))
    first, second = begin(), begin()
    service.merge(first, guest.id, SIGNED_IN_GUEST)
    service.merge(second, guest.id, SIGNED_IN_GUEST)
    first.commit(None)
    with pytest.raises(VersionConflict):
        second.commit(None)
    run(lambda uow: service.merge(uow, guest.id, SIGNED_IN_GUEST), begin)
    assert begin().get(CART, own.id).units == 1


@pytest.mark.parametrize("who", [ANN, replace(ANN, guest=STRANGER.guest)])
def test_a_guest_s_cart_is_claimed_only_with_its_token_d15(begin: Begin, who: Principal) -> None:
    guest = a_cart(begin(), ("BOOK-1", 1))
    with pytest.raises(NotFound):
        service.merge(begin(), guest.id, who)


def test_a_cart_that_was_merged_is_not_shown_to_the_next_customer_with_that_token_d15(begin: Begin) -> None:
    a_cart(begin(), owner=ANN.owner)
    guest = a_cart(begin(), ("BOOK-1", 1))
    uow = begin()
    uow.commit(service.merge(uow, guest.id, SIGNED_IN_GUEST))
    with pytest.raises(NotFound):
        service.merge(begin(), guest.id, replace(BEN, guest=GUEST.guest))


def test_an_ordered_guest_cart_is_not_merged(begin: Begin) -> None:
    a_cart(begin(), owner=ANN.owner)
    guest = a_cart(begin(), ("BOOK-1", 1))
    uow = begin()
    service.mark_ordered(uow, uow.get(CART, guest.id), "C-1")
    uow.commit(None)
    with pytest.raises(NotAllowed):
        service.merge(begin(), guest.id, SIGNED_IN_GUEST)


def test_a_cart_is_read_in_one_round_trip_and_added_to_in_two(begin: Begin) -> None:
    cart = a_cart(begin(), ("SHIRT-M", 1))
    with metered() as meter:
        service.find(begin(), cart.id, GUEST)
    assert meter.round_trips == 1
    with metered() as meter:
        uow = begin()
        uow.commit(service.add_line(uow, cart.id, GUEST, "BOOK-1", 1))
    assert meter.round_trips == 2


def test_a_merged_cart_keeps_its_own_market_and_takes_the_articles_at_its_prices_crt_03(begin: Begin) -> None:
    own = a_cart(begin(), market="US", owner=ANN.owner)
    guest = a_cart(begin(), ("SHIRT-M", 1))
    uow = begin()
    merged = uow.commit(service.merge(uow, guest.id, SIGNED_IN_GUEST))
    assert (merged.id, merged.currency, merged.subtotal) == (own.id, "USD", Money.of("18.00", "USD"))


def test_a_merge_that_the_customer_s_market_does_not_allow_loses_nothing(begin: Begin) -> None:
    a_cart(begin(), market="US", owner=ANN.owner)
    guest = a_cart(begin(), ("SHIRT-M", 1))
    uow = begin()
    uow.put(VARIANT, replace(uow.get(VARIANT, "SHIRT-M"), prices={"EU": SHIRT.prices["EU"]}))
    uow.commit(None)
    with pytest.raises(RuleRefused):
        service.merge(begin(), guest.id, SIGNED_IN_GUEST)
    assert begin().get(CART, guest.id).units == 1


def test_a_guest_s_cart_that_became_the_customer_s_is_found_again_although_a_later_one_has_been_ordered_crt_03(
    begin: Begin,
) -> None:
    """The guest began before the order was placed elsewhere; what counts is which cart became the customer's last."""
    guest = a_cart(begin(), ("BOOK-1", 1))
    other = a_cart(begin(), ("SHIRT-M", 1), owner=ANN.owner)
    uow = begin()
    service.mark_ordered(uow, uow.get(CART, other.id), "C-1")
    uow.commit(None)
    uow = begin()
    uow.commit(service.merge(uow, guest.id, SIGNED_IN_GUEST))
    assert a_cart(begin(), ("SHIRT-M", 1), owner=ANN.owner).id == guest.id
    assert begin().get(CART, guest.id).units == 2
