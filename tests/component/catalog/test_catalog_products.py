"""Products in the table: written whole or not at all, listed as a plain model would list them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog import service
from chalicelib.catalog.domain import (
    Brand,
    Category,
    CategoryName,
    Command,
    GoodsKind,
    Product,
    ProductDraft,
    Result,
    Status,
    facet,
)
from chalicelib.catalog.items import BRAND, CATEGORY, LISTING, OPTION, PRODUCT, VARIANT, list_key
from chalicelib.catalog.service.products import SkuTaken
from chalicelib.core import table
from chalicelib.core.errors import Conflict, Invalid, NotFound, RuleRefused, StaleVersion
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.markets import service as markets
from tests.support.faults import KINDS, Fault, Killed, injected
from tests.support.sample_products import SIZE, in_sizes, many, product, variant
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]


def save(begin: Begin, draft: ProductDraft) -> tuple[Product, Result, tuple[str, ...]]:
    return run(lambda uow: service.save(uow, draft), begin)


def maintained(begin: Begin) -> None:
    def put(uow: UnitOfWork) -> None:
        service.put_category(uow, "home", {"en": "Home"})
        uow.put(CATEGORY, Category("kitchen", {"en": "Kitchen"}, ("home", "kitchen")))
        service.put_brand(uow, Brand("nordlicht", "Nordlicht"))
        service.put_option(uow, SIZE)

    run(put, begin)


def shown(market: str, name: str, index: str = "gsi2", *, newest_first: bool = True) -> list[Any]:
    """A whole list, read in pages of two."""
    cards: list[Any] = []
    start = None
    while True:
        page = table.page(LISTING, index, list_key(market, name), limit=2, start=start, newest_first=newest_first)
        cards += page.items
        start = page.next
        if start is None:
            return cards


def test_a_product_page_is_one_read_and_a_list_page_one_query(begin: Begin) -> None:
    save(begin, in_sizes("mug", {"s": 900, "m": 1100}))
    with metered() as meter:
        page = service.page_of(begin(), "mug", "EU")
    assert meter.calls == {"GetItem": 1}
    assert [one.sku for one in page.variants] == ["mug-s", "mug-m"]
    with metered() as meter:
        table.page(LISTING, "gsi1", list_key("EU", facet("kitchen")), limit=24)
    assert meter.calls == {"Query": 1}


def test_a_new_product_is_taken_in_by_one_read_and_one_transaction(begin: Begin) -> None:
    maintained(begin)
    with metered() as meter:
        save(begin, in_sizes("mug", {"s": 900, "m": 1100}))
    assert meter.calls == {"BatchGetItem": 1, "TransactWriteItems": 1}


def test_a_product_and_its_variants_are_never_half_written(begin: Begin) -> None:
    """CAT-05: killed at any call, the product is there with everything or not at all."""
    for kind in KINDS:
        for call in (1, 2, 3):
            draft = in_sizes(f"mug-{kind.replace('_', '-')}-{call}", {"s": 900, "m": 1100})
            fault = Fault(kind, call)
            with injected(fault):
                try:
                    save(begin, draft)
                except (Killed, Exception):  # noqa: BLE001 - whatever it dies of, the table must be whole
                    assert fault.struck
            uow = begin()
            kept = [uow.find(PRODUCT, draft.slug), *(uow.find(VARIANT, one.sku) for one in draft.variants)]
            rows = [card for card in shown("EU", "ALL") if card.product == draft.slug]
            assert all(kept) == any(kept) == bool(rows), (kind, call)
            save(begin, draft)
            assert begin().get(PRODUCT, draft.slug).status is Status.ACTIVE


def test_the_largest_product_is_written_and_changed_in_one_transaction(begin: Begin) -> None:
    """C13."""
    six = {market.code: Money(100, market.currency) for market in markets.all_markets()}
    save(begin, many("mug", 50, prices=six))
    dearer = {market: price + price for market, price in six.items()}
    with metered() as meter:
        save(begin, many("mug", 50, prices=dearer))
    assert meter.calls["TransactWriteItems"] == 1
    assert shown("BR", facet("kitchen"))[0].price == Money(200, "BRL")


def test_a_sku_of_another_product_is_refused_with_its_name(begin: Begin) -> None:
    save(begin, product("mug", variant("ONE")))
    with pytest.raises(SkuTaken) as refused:
        save(begin, product("cup", variant("ONE")))
    assert refused.value.members["skus"] == ["ONE"]
    assert begin().find(PRODUCT, "cup") is None


def test_an_unchanged_product_is_not_written_again(begin: Begin) -> None:
    draft = in_sizes("mug", {"s": 900, "m": 1100})
    save(begin, draft)
    with metered() as meter:
        _, result, _ = save(begin, draft)
    assert result is Result.UNCHANGED
    assert set(meter.calls) == {"BatchGetItem"}
    uow = begin()
    assert uow.version(PRODUCT, uow.get(PRODUCT, "mug")) == 1


def test_a_changed_price_moves_the_product_in_its_lists_at_once(begin: Begin) -> None:
    """CAT-12: lists agree with the product page at every moment."""
    save(begin, product("cheap", variant("c", 100)))
    save(begin, product("dear", variant("d", 200)))
    assert [card.product for card in shown("EU", "ALL", "gsi1", newest_first=False)] == ["cheap", "dear"]
    save(begin, product("cheap", variant("c", 300)))
    assert [card.product for card in shown("EU", "ALL", "gsi1", newest_first=False)] == ["dear", "cheap"]


def test_a_product_that_changes_its_category_leaves_the_old_lists(begin: Begin) -> None:
    """CAT-02."""
    save(begin, product("mug"))
    save(begin, product("mug", category="home", category_path=()))
    assert [card.product for card in shown("EU", facet("home"))] == ["mug"]
    assert shown("EU", facet("kitchen")) == []


def test_rows_that_an_older_version_wrote_are_brought_up_to_date_and_only_those(begin: Begin) -> None:
    save(begin, product("mug"))
    stale = begin()
    row = stale.get(LISTING, "mug", "EU", "all")
    stale.put(LISTING, replace(row, image="/old.png"))
    stale.put(LISTING, replace(row, slot="former", facet="CATEGORY#former"))
    stale.commit(None)
    assert run(lambda uow: service.relist(uow, "mug"), begin) == 2
    assert shown("EU", "CATEGORY#former") == []
    assert [card.image for card in shown("EU", "ALL")] == [""]
    assert run(lambda uow: service.relist(uow, "mug"), begin) == 0


def test_a_withdrawn_product_is_neither_listed_nor_shown_nor_sold(begin: Begin) -> None:
    save(begin, product("mug"))
    run(lambda uow: service.command(uow, "mug", Command.WITHDRAW), begin)
    assert shown("EU", "ALL") == []
    with pytest.raises(NotFound):
        service.page_of(begin(), "mug", "EU")
    with pytest.raises(RuleRefused):
        service.sellable(begin(), "mug-1", "EU")
    run(lambda uow: service.command(uow, "mug", Command.PUBLISH), begin)
    assert service.sellable(begin(), "mug-1", "EU").prices["EU"] == Money(1990, "EUR")


def test_a_variant_is_sold_only_where_it_has_a_price(begin: Begin) -> None:
    save(begin, product("mug"))
    with pytest.raises(RuleRefused):
        service.sellable(begin(), "mug-1", "US")
    with pytest.raises(NotFound):
        service.sellable(begin(), "nothing", "EU")
    with pytest.raises(NotFound):
        service.page_of(begin(), "mug", "US")


def test_many_variants_are_one_read_and_the_missing_are_left_out(begin: Begin) -> None:
    save(begin, in_sizes("mug", {"s": 1, "m": 2, "l": 3}))
    with metered() as meter:
        found = service.variants(begin(), ["mug-s", "nothing", "mug-l", "mug-s", "not#an#id"])
    assert list(found) == ["mug-s", "mug-l"]
    assert meter.calls == {"BatchGetItem": 1}


def test_staff_may_only_name_what_is_maintained(begin: Begin) -> None:
    """CAT-02, CAT-05, CAT-07: categories, brands and options come first."""
    with pytest.raises(Invalid) as refused:
        service.create(begin(), product("mug", category_path=(), category="kitchen", options=(SIZE,)))
    pointers = [error["pointer"] for error in refused.value.members["errors"]]
    assert pointers[:3] == ["/category", "/brand", "/options/0/code"]
    maintained(begin)
    made = run(lambda uow: service.create(uow, product("mug", category_path=(), category="kitchen")), begin)
    assert (made.status, made.category_path, made.brand_name) == (Status.ACTIVE, ("home", "kitchen"), "Nordlicht")
    with pytest.raises(Conflict):
        service.create(begin(), product("mug", category_path=(), category="kitchen"))


def test_an_edit_of_an_older_version_is_refused(begin: Begin) -> None:
    maintained(begin)
    draft = product("mug", category_path=(), category="kitchen")
    run(lambda uow: service.create(uow, draft), begin)
    run(lambda uow: service.edit(uow, "mug", replace(draft, title={"en": "Cup"}), version=1), begin)
    with pytest.raises(StaleVersion):
        service.edit(begin(), "mug", draft, version=1)


def test_an_edit_may_not_take_from_a_product_on_sale_what_customs_need(begin: Begin) -> None:
    """CAT-16."""
    maintained(begin)
    draft = product("mug", category_path=(), category="kitchen")
    run(lambda uow: service.create(uow, draft), begin)
    with pytest.raises(RuleRefused):
        service.edit(begin(), "mug", replace(draft, hs_code=""))


def test_an_import_makes_the_categories_brands_and_options_it_names(begin: Begin) -> None:
    save(begin, in_sizes("mug", {"s": 1}))
    save(begin, many("cup", 2))
    uow = begin()
    assert uow.get(CATEGORY, "kitchen").path == ("home", "kitchen")
    assert uow.get(BRAND, "nordlicht").name == "Nordlicht"
    assert [value.code for value in uow.get(OPTION, "size").values] == ["s", "m", "l", "n0", "n1"]


def test_a_maintained_option_keeps_its_values_and_a_category_its_parent(begin: Begin) -> None:
    """CAT-02, CAT-05."""
    maintained(begin)
    with pytest.raises(Invalid, match="taken away"):
        service.put_option(begin(), SIZE.only({"s"}))
    with pytest.raises(Invalid, match="moved"):
        service.put_category(begin(), "kitchen", {"en": "Kitchen"})


DRAFTS = [
    product("a", variant("a", 500)),
    product("b", variant("b", 300), brand="other", brand_name="Other"),
    in_sizes("c", {"s": 300, "m": 100}),
    product("d", variant("d", 300), kind=GoodsKind.VIRTUAL),
    product("e", variant("e", 900), category_path=(CategoryName("home"),)),
    product("f", variant("f", 700, prices={"JP": Money(5, "JPY")})),
    product("g", variant("g", 800), publish=False),
]


def model(market: str, of: Iterable[ProductDraft], order: list[str], sort: str) -> list[str]:
    """What a list must hold, worked out the plain way."""
    rows = []
    for draft in of:
        prices = [one.prices[market].minor for one in draft.variants if market in one.prices]
        if draft.publish and prices:
            rows.append((min(prices), order.index(draft.slug), draft.slug))
    if sort == "newest":
        return [slug for _, _, slug in sorted(rows, key=lambda row: -row[1])]
    rows.sort(key=lambda row: (row[0], row[2]), reverse=sort == "price_desc")
    return [slug for _, _, slug in rows]


@pytest.mark.parametrize("sort", ["newest", "price_asc", "price_desc"])
@pytest.mark.parametrize("market", ["EU", "JP"])
def test_lists_are_those_of_a_plain_model_for_every_facet_market_and_order(
    begin: Begin, clock: Any, market: str, sort: str
) -> None:
    """CAT-02, CAT-07, CAT-12."""
    order = ["e", "b", "g", "a", "f", "d", "c"]
    for slug in order:
        clock.forward(minutes=1)
        save(begin, next(draft for draft in DRAFTS if draft.slug == slug))
    index, newest_first = ("gsi2", True) if sort == "newest" else ("gsi1", sort == "price_desc")
    for name, wanted in (
        (facet(), lambda _: True),
        (facet("home"), lambda _: True),
        (facet("kitchen"), lambda draft: draft.slug != "e"),
        (facet(brand="other"), lambda draft: draft.brand == "other"),
        (facet(kind="virtual"), lambda draft: draft.kind is GoodsKind.VIRTUAL),
    ):
        cards = shown(market, name, index, newest_first=newest_first)
        assert [card.product for card in cards] == model(market, filter(wanted, DRAFTS), order, sort), name


def test_an_article_that_was_taken_out_by_itself_stays_out_when_the_archived_product_comes_back(begin: Begin) -> None:
    """CAT-01, CAT-28: whoever brings a product back does not sell again what had left it before."""
    save(begin, in_sizes("shirt", {"s": 1000, "m": 1200, "l": 1400}))
    save(begin, in_sizes("shirt", {"s": 1000, "m": 1200}))
    run(lambda uow: service.command(uow, "shirt", Command.ARCHIVE), begin)
    save(begin, in_sizes("shirt", {"s": 1000}, publish=False))
    run(lambda uow: service.command(uow, "shirt", Command.PUBLISH), begin)
    kept = begin().get(PRODUCT, "shirt")
    assert {one.sku: one.status for one in kept.variants} == {
        "shirt-s": Status.ACTIVE, "shirt-m": Status.ARCHIVED, "shirt-l": Status.ARCHIVED,
    }  # fmt: skip
    assert begin().get(VARIANT, "shirt-l").price("EU") is None
    for order in (Command.WITHDRAW, Command.ARCHIVE, Command.WITHDRAW, Command.PUBLISH):
        run(lambda uow, order=order: service.command(uow, "shirt", order), begin)  # type: ignore[misc]
    assert begin().get(PRODUCT, "shirt") == replace(kept, published_at=begin().now)
