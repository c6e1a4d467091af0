"""What a bundle must keep, and how its price is shared (CAT-04)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.domain import (
    Category,
    Component,
    GoodsKind,
    Product,
    ProductDraft,
    SizeClass,
    Status,
    Variant,
    bundle_errors,
    completed,
    draft_errors,
    listings,
    missing,
    pieces,
    product_of,
    read_json_lines,
    split,
    unpublishable,
)
from chalicelib.core.money import Money
from tests.support.sample_carts import BOOK, EBOOK, SAUSAGE, SHIRT
from tests.support.sample_products import product, variant

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PARTS = {each.sku: each for each in (SHIRT, BOOK, EBOOK, SAUSAGE)}


def draft(*components: Component, sku: str = "SET-1", **changes: Any) -> ProductDraft:
    bare = {"weight_g": 0, "length_mm": 0, "width_mm": 0, "height_mm": 0, "declared": None}
    held = components or (Component("SHIRT-M", 2), Component("BOOK-1"))
    return product("set", variant(sku, 4990, components=held, **{**bare, **changes}), hs_code="", origin="")


def made(wanted: ProductDraft, before: Product | None = None) -> Product:
    return product_of(wanted, Category("sets", {"en": "Sets"}, ("sets",)), "", {}, before)


def pointers(product: Product, parts: dict[str, Variant] = PARTS, most: int = 10, **more: Any) -> list[str]:
    return [error.pointer for error in bundle_errors(product, parts, most, **more)]


def test_a_bundle_needs_no_customs_data_of_its_own_and_may_go_on_sale_cat16() -> None:
    assert draft_errors(draft()) == []
    assert bundle_errors(made(draft()), PARTS, 10) == []
    assert unpublishable(made(draft()), PARTS) == []


def test_a_bundle_has_no_stock_of_its_own() -> None:
    assert [error.pointer for error in draft_errors(draft(stock={"RTM1": 5}))] == ["/variants/0/stock"]


@pytest.mark.parametrize(
    ("components", "pointer"),
    [
        ((Component("SET-1"),), "/variants/0/components/0/sku"),
        ((Component("BOOK-1"), Component("BOOK-1")), "/variants/0/components/1/sku"),
        ((Component("no such sku"),), "/variants/0/components/0/sku"),
        ((Component("BOOK-1", 0),), "/variants/0/components/0/quantity"),
        ((Component("BOOK-1", 100),), "/variants/0/components/0/quantity"),
    ],
)
def test_components_are_named_once_and_in_reasonable_numbers(components: tuple[Component, ...], pointer: str) -> None:
    assert [error.pointer for error in draft_errors(draft(*components))] == [pointer]


def test_components_exist_and_are_not_bundles_and_not_too_many() -> None:
    nested = replace(SHIRT, sku="PACK", components=(Component("BOOK-1"),))
    parts = {**PARTS, "PACK": nested}
    assert pointers(made(draft(Component("GONE"), Component("BOOK-1")))) == ["/variants/0/components/0/sku"]
    assert pointers(made(draft(Component("BOOK-1"), Component("PACK"))), parts) == ["/variants/0/components/1/sku"]
    assert pointers(made(draft()), most=1) == ["/variants/0/components"]


def test_a_bundle_is_sent_as_soon_as_one_component_is_cat03() -> None:
    virtual = replace(draft(Component("EBOOK-1")), kind=GoodsKind.VIRTUAL)
    assert pointers(made(draft(Component("EBOOK-1")))) == ["/kind"]
    assert pointers(made(virtual)) == []
    assert pointers(made(draft(Component("EBOOK-1"), Component("BOOK-1")))) == []


def test_a_pack_of_three_may_stand_beside_the_single_one() -> None:
    single, pack = variant("SOAP", options={}), variant("SOAP-3", components=(Component("SOAP", 3),))
    soap = made(product("soap", single)).turned(Status.ACTIVE, NOW)
    both = replace(soap, variants=(*soap.variants, replace(made(product("x", pack)).variants[0], status=Status.ACTIVE)))
    assert bundle_errors(both, {}, 10) == []
    assert unpublishable(both, {}) == []


def test_once_sold_an_article_stays_an_article_and_a_bundle_a_bundle() -> None:
    bundle, article = made(draft()), made(product("set", variant("SET-1")))
    sold = replace(article, published_at=NOW)
    assert pointers(bundle, before=sold) == ["/variants/0/components"]
    assert pointers(article, before=replace(bundle, published_at=NOW)) == ["/variants/0/components"]
    assert pointers(bundle, before=article) == []


@pytest.mark.parametrize(
    "gone",
    [
        {"BOOK-1": replace(BOOK, status=Status.ARCHIVED)},
        {"BOOK-1": replace(BOOK, prices={"GB": BOOK.prices["GB"]})},
        {"BOOK-1": replace(BOOK, components=(Component("SHIRT-M"),))},
    ],
)
def test_a_bundle_is_sold_only_where_all_its_components_are(gone: dict[str, Variant]) -> None:
    bundle = made(draft()).turned(Status.ACTIVE, NOW).variants[0]
    assert missing(bundle, PARTS, "EU") == ()
    assert missing(bundle, {**PARTS, **gone}, "EU") == ("BOOK-1",)
    assert missing(bundle, {"SHIRT-M": SHIRT}, "EU") == ("BOOK-1",)


def test_a_component_that_is_not_on_sale_keeps_the_bundle_off_sale() -> None:
    parts = {**PARTS, "BOOK-1": replace(BOOK, prices={"EU": BOOK.prices["EU"]})}
    (error,) = unpublishable(made(draft()), parts)
    assert (error.pointer, error.detail) == ("/variants/0/components/1/sku", "is not on sale in JP")


def test_what_is_shown_of_a_bundle_follows_from_its_components_amb22_amb23() -> None:
    large = replace(SHIRT, size_class=SizeClass.LARGE, return_rule="unopened")
    parts = {**PARTS, "SHIRT-M": large}
    bundle = completed(made(draft(Component("SHIRT-M", 2), Component("SAUSAGE-1"), Component("EBOOK-1"))), parts)
    shown = bundle.variants[0]
    assert (shown.weight_g, shown.fresh, shown.size_class) == (600, True, SizeClass.LARGE)
    assert (shown.return_rule, shown.hs_code, shown.origin) == ("unopened", "", "")
    assert pieces(shown, parts) == 3
    assert pieces(SHIRT, {}) == 1


def test_bundles_have_a_list_of_their_own() -> None:
    bundle = made(draft()).turned(Status.ACTIVE, NOW)
    rows = {row.slot: row for row in listings(bundle).values() if row.market == "EU"}
    assert rows["bundle"].facet == "BUNDLES"
    assert rows["all"].bundle
    plain = listings(made(product("mug")).turned(Status.ACTIVE, NOW))
    assert not any(row.slot == "bundle" or row.bundle for row in plain.values())


def test_a_line_of_a_file_may_be_a_bundle_and_unknown_fields_of_components_are_named() -> None:
    line = '{"slug":"set","title":{"en":"Set"},"variants":[{"sku":"SET-1","components":[{"sku":"A","quantity":2%s}]}]}'
    (good,), (bad,) = read_json_lines([line % ""]), read_json_lines([line % ',"price":1'])
    assert good.draft is not None
    assert good.draft.variants[0].components == (Component("A", 2),)
    assert bad.errors == ("line 1: unknown field variants/0/components/0/price",)


@given(
    st.integers(1, 10**9),
    st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 99)), min_size=1, max_size=10),
)
def test_the_price_of_a_bundle_is_shared_to_the_last_cent_m7(price: int, held: list[tuple[int, int]]) -> None:
    parts = {
        str(n): replace(SHIRT, sku=str(n), prices={"EU": Money(cents, "EUR")}) for n, (cents, _) in enumerate(held)
    }
    bundle = replace(SHIRT, components=tuple(Component(str(n), units) for n, (_, units) in enumerate(held)))
    shares = split(Money(price, "EUR"), bundle, parts, "EU")
    assert Money.sum(shares, "EUR") == Money(price, "EUR")
    worth = sum(cents * units for cents, units in held)
    for share, (cents, units) in zip(shares, held, strict=True):
        assert abs(share.minor * worth - price * cents * units) < worth
