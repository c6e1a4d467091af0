"""Bundles in carts and quotes: one price, and tax, duty, weight and stock of what they hold (CAT-04, CRT-01)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.cart import service
from chalicelib.cart.domain import MAX_LINES, Quote, QuotedLine, fingerprint
from chalicelib.cart.service import basis
from chalicelib.catalog.domain import Component, SizeClass, Status, Variant
from chalicelib.catalog.items import VARIANT
from chalicelib.core.errors import LimitExceeded, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import Move, SoldOut
from chalicelib.pricing.domain import Adjustment
from chalicelib.shipping.domain.handover import COURIER_TAKES_FRESH
from tests.support.sample_carts import (
    BOOK,
    EBOOK,
    GUEST,
    LOS_ANGELES,
    SAO_PAULO,
    SAUSAGE,
    SHIRT,
    TOKYO,
    a_cart,
    prices,
    put_on_sale,
    quoted,
)
from tests.support.table import metered
from tests.support.values import set_values

Begin = Callable[..., UnitOfWork]
AMOUNTS = [each.name for each in fields(QuotedLine) if each.type == "Money" and each.name != "unit_price"]
OWN_PRICE = prices({"EU": "45.00", "GB": "40.00", "US": "40.00", "CN": "300.00", "JP": "7001", "BR": "290.00"})


def bundle(*components: Component, sku: str = "SET-1", **changes: Any) -> Variant:
    held = components or (Component("SHIRT-M", 2), Component("BOOK-1"))
    bare = {"hs_code": "", "origin": "", "weight_g": 0, "length_mm": 0, "width_mm": 0, "height_mm": 0}
    given = {"sku": sku, "product": sku.lower(), "title": {"en": "Set"}, "prices": OWN_PRICE, "components": held}
    return replace(SHIRT, **bare, **{**given, **changes})


@pytest.fixture(autouse=True)
def on_sale(begin: Begin) -> None:
    stock = {(sku, "RTM1"): 10 for sku in ("SHIRT-M", "BOOK-1", "SAUSAGE-1")}
    stock |= {(sku, "SZX1"): 50 for sku in ("SHIRT-M", "BOOK-1")} | {("SHIRT-M", "LAX1"): 50}
    put_on_sale(begin(), SHIRT, BOOK, EBOOK, SAUSAGE, bundle(), stock=stock)


def change(begin: Begin, *variants: Variant) -> None:
    put_on_sale(begin(), *variants)


def adds_up(quote: Quote) -> bool:
    """Every amount of every bundle is the sum of its components', and every amount of the quote that of its lines."""
    return all(
        Money.sum((getattr(part, name) for part in line.components), quote.currency) == getattr(line, name)
        for line in quote.lines if line.components
        for name in AMOUNTS
    ) and Money.sum((line.total for line in quote.lines), quote.currency) + quote.deposit == quote.total  # fmt: skip


def test_a_bundle_is_one_line_at_its_own_price_with_what_it_holds_inside(begin: Begin) -> None:
    quote = quoted(begin(), a_cart(begin(), ("SET-1", 2)))
    (line,) = quote.lines
    shirts, book = line.components
    # 90.00 over 2 x 39.98 and 2 x 10.70: 71.0 and 19.0 in proportion.
    assert (line.unit_price.text, line.subtotal.text) == ("45.00", "90.00")
    assert [(part.sku, part.quantity, part.subtotal.text) for part in line.components] == [
        ("SHIRT-M", 4, "71.00"), ("BOOK-1", 2, "19.00"),
    ]  # fmt: skip
    assert (shirts.tax_rate, book.tax_rate, line.tax_rate) == ("0.19", "0.07", "")
    assert (shirts.hs_code, book.hs_code, line.hs_code) == ("610910", "490199", "")
    assert (line.weight_g, line.location, line.kind) == (800, "RTM1", "physical")
    assert quote.options[0].actual_g == 1600
    assert adds_up(quote)


def test_tax_is_that_of_the_components_not_of_the_bundle(begin: Begin) -> None:
    """The bundle alone, with 19 % on everything, would contain 7.18; its book is taxed at 7 %."""
    change(begin, bundle(tax_category="exempt"))
    quote = quoted(begin(), a_cart(begin(), ("SET-1", 1)))
    shirts, book = quote.lines[0].components
    # 45.00 + freight: 35.50 at 19 % and 9.50 at 7 %, each with its part of the freight.
    assert shirts.tax == (shirts.subtotal + shirts.shipping).times(Decimal(19) / 119)
    assert book.tax == (book.subtotal + book.shipping).times(Decimal(7) / 107)


@pytest.mark.parametrize(("market", "ship_to"), [("US", LOS_ANGELES), ("JP", TOKYO), ("BR", SAO_PAULO)])
def test_duty_and_tax_are_worked_out_per_component_in_every_market(begin: Begin, market: str, ship_to: Any) -> None:
    quote = quoted(begin(), a_cart(begin(), ("SET-1", 3), ("BOOK-1", 1), market=market), ship_to)
    assert adds_up(quote)
    assert [part.origin for part in quote.lines[0].components] == ["CN", "CN"]


def test_a_bundle_counts_as_its_pieces_and_one_fresh_or_large_piece_makes_the_whole_so_amb22_amb23(
    begin: Begin,
) -> None:
    set_values(begin(), {COURIER_TAKES_FRESH.name: True})
    held = (Component("SHIRT-M", 2), Component("SAUSAGE-1"), Component("EBOOK-1"))
    change(begin, bundle(*held, sku="SET-2"), replace(SHIRT, size_class=SizeClass.LARGE, return_rule="none"))
    cart = a_cart(begin(), ("SET-2", 2), ("BOOK-1", 1))
    quote = quoted(begin(), cart)
    assert (cart.units, quote.pieces) == (7, 7)
    assert (quote.has_fresh, quote.has_large) == (True, True)
    line = quote.lines[0]
    assert (line.fresh, line.size_class, line.return_rule) == (True, "large", "none")
    assert [part.location for part in line.components] == ["RTM1", "RTM1", ""]


def test_a_bundle_of_virtual_goods_is_not_sent(begin: Begin) -> None:
    change(begin, bundle(Component("EBOOK-1", 2), sku="SET-3", kind=EBOOK.kind))
    quote = quoted(begin(), a_cart(begin(), ("SET-3", 1)), None, country="DE")
    assert (quote.delivery_method, quote.shipping.text, quote.lines[0].kind) == (None, "0.00", "virtual")


def test_the_same_article_in_a_bundle_and_on_a_line_is_asked_for_once_d2(begin: Begin) -> None:
    empty(begin, {("SHIRT-M", "SZX1"): 50, ("BOOK-1", "SZX1"): 50, ("SHIRT-M", "LAX1"): 50})
    assert quoted(begin(), a_cart(begin(), ("SHIRT-M", 6), ("SET-1", 2))).pieces == 12
    with pytest.raises(SoldOut) as refused:
        quoted(begin(), a_cart(begin(), ("SHIRT-M", 7), ("SET-1", 2)))
    assert refused.value.members["skus"] == ["SHIRT-M"]
    assert len(refused.value.members["lines"]) == 2


def empty(begin: Begin, stock: dict[tuple[str, str], int]) -> None:
    uow = begin()
    for pair, units in stock.items():
        inventory.adjust(uow, *pair, Move.WRITE_OFF, units, "gone")
    uow.commit(None)


def test_without_one_component_the_bundle_is_not_sold_and_the_reason_names_it(begin: Begin) -> None:
    cart = a_cart(begin(), ("SET-1", 1))
    accepted = quoted(begin(), cart)
    change(begin, replace(BOOK, status=Status.ARCHIVED))
    for attempt in (
        lambda: a_cart(begin(), ("SET-1", 1)),
        lambda: quoted(begin(), cart),
        lambda: service.checkout(begin(), cart.id, GUEST, accepted.hash),
        lambda: service.move(begin(), cart.id, GUEST, "GB", None),
    ):
        with pytest.raises(RuleRefused) as refused:
            attempt()
        assert refused.value.members["rule"] == "CAT-04"
        assert refused.value.members["missing"] == {"SET-1": ["BOOK-1"]}


def test_a_component_that_changed_since_makes_the_quote_stale_d5(begin: Begin) -> None:
    cart = a_cart(begin(), ("SET-1", 1))
    first = quoted(begin(), cart)
    change(begin, bundle(Component("SHIRT-M", 1), Component("BOOK-1")))
    assert quoted(begin(), cart).hash != first.hash
    assert fingerprint(first) == first.hash


def test_what_bundles_hold_counts_for_the_most_articles_of_one_order(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = UnitOfWork.setting

    def setting(uow: UnitOfWork, wanted: Any, market: str = "") -> Any:
        return 2 if wanted is MAX_LINES else real(uow, wanted, market)

    monkeypatch.setattr(UnitOfWork, "setting", setting)
    assert quoted(begin(), a_cart(begin(), ("SET-1", 1), ("SHIRT-M", 1)))
    with pytest.raises(LimitExceeded):
        quoted(begin(), a_cart(begin(), ("SET-1", 1), ("SAUSAGE-1", 1)))


def test_bundles_cost_one_more_round_trip_and_plain_carts_none(begin: Begin) -> None:
    begin().setting(MAX_LINES)
    plain, with_bundle = a_cart(begin(), ("BOOK-1", 1)), a_cart(begin(), ("SET-1", 1))
    calls = []
    for cart in (plain, with_bundle):
        with metered() as meter:
            quoted(begin(), cart)
        calls.append(sum(meter.calls.values()))
    assert calls == [3, 4]


def test_a_reduction_of_a_bundles_line_is_shared_by_its_components_and_touches_no_other(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart = a_cart(begin(), ("SET-1", 1), ("BOOK-1", 1))
    off = Adjustment("TEN", amount=Money(1000, "EUR"), lines=(cart.lines[0].id,))
    real = basis.Basis
    monkeypatch.setattr(service.quoting, "Basis", lambda **given: real(**given, adjustments=(off,)))
    quote = quoted(begin(), cart)
    assert [line.discount.text for line in quote.lines] == ["10.00", "0.00"]
    assert sum(part.discount.minor for part in quote.lines[0].components) == 1000


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    price=st.integers(1, 200_00),
    held=st.lists(st.integers(1, 3), min_size=3, max_size=3),
    quantity=st.integers(1, 3),
    beside=st.integers(0, 2),
)
def test_any_bundle_in_any_cart_adds_up_m7(
    begin: Begin, price: int, held: list[int], quantity: int, beside: int
) -> None:
    skus = ("SHIRT-M", "BOOK-1", "EBOOK-1")
    components = tuple(Component(sku, units) for sku, units in zip(skus, held, strict=True))
    change(begin, bundle(*components, sku="SET-9", prices={"EU": Money(price, "EUR")}))
    lines = [("SET-9", quantity), *([("BOOK-1", beside)] if beside else [])]
    quote = quoted(begin(), a_cart(begin(), *lines))
    assert adds_up(quote)
    assert quote.lines[0].subtotal.minor == price * quantity
    assert begin().get(VARIANT, "SET-9").components == components
