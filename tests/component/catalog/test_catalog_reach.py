"""What is for sale is for sale somewhere: markets, currencies and places are those of the shop (CAT-09, ORD-07)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.catalog import service
from chalicelib.catalog.domain import (
    CategoryName,
    Component,
    Format,
    Import,
    ImportOptions,
    Option,
    OptionValue,
    Result,
)
from chalicelib.catalog.items import IMPORT, OUTCOME, PRODUCT
from chalicelib.catalog.service import Feeder
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Invalid, NotFound
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service as inventory
from chalicelib.inventory.items import STOCK
from chalicelib.markets import service as markets
from tests.component.catalog.test_catalog_imports import lines
from tests.support.http import Client
from tests.support.sample_products import product, variant

Begin = Callable[..., UnitOfWork]


def pointers(raised: Any) -> set[str]:
    return {error["pointer"] for error in raised.value.members["errors"]}


def test_staff_cannot_price_in_a_strange_currency_or_for_an_unknown_market(begin: Begin) -> None:
    """CAT-09: published, such a price would end every quote in an error."""
    run(lambda uow: service.put_category(uow, "mugs", {"en": "Mugs"}), begin)
    manager = Client(Principal("staff", "meg", posts=frozenset({"product_management"})))
    prices = {"EU": {"amount": "10.00", "currency": "USD"}, "XX": {"amount": "10.00", "currency": "EUR"}}
    body = {"slug": "mug", "title": {"en": "Mug"}, "category": "mugs", "kind": "virtual", "publish": True,
            "variants": [{"sku": "MUG", "prices": prices}]}  # fmt: skip
    refused = manager.request("POST", "/staff/catalog/products", body, key="wrong-prices")
    assert refused.status == 400
    said = {error["pointer"]: error["detail"] for error in refused.json["errors"]}
    assert set(said) == {"/variants/0/prices/EU", "/variants/0/prices/XX"}
    assert "EUR" in said["/variants/0/prices/EU"]
    assert begin().find(PRODUCT, "mug") is None
    body["variants"] = [{"sku": "MUG", "prices": {"EU": {"amount": "10.00", "currency": "EUR"}}}]
    assert manager.request("POST", "/staff/catalog/products", body, key="sound-prices").status == 201
    body["variants"] = [{"sku": "MUG", "prices": prices}]
    assert manager.request("PUT", "/staff/catalog/products/mug", body).status == 400


def test_a_file_is_rejected_at_the_product_that_names_a_strange_currency_or_place(begin: Begin) -> None:
    strange = product("strange", variant("S", prices={"EU": Money(100, "USD")}, stock={"NOWHERE-9": 5}))
    run(lambda uow: service.start_import(uow, "test", Format.JSON_LINES, ImportOptions(), "one"), begin)
    done = Feeder(begin).feed("one", io.StringIO(lines(strange, product("sound", variant("T", stock={"RTM1": 5})))))
    assert (done.created, done.rejected) == (1, 1)
    report = {one.key: one for one in begin().part(OUTCOME, "one", prefix="OUTCOME#")}
    assert report["strange"].result is Result.REJECTED
    told = " ".join(report["strange"].errors)
    assert "variants/0/prices/EU" in told
    assert "variants/0/stock/NOWHERE-9" in told
    assert begin().find(PRODUCT, "strange") is None


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (ImportOptions(location="NOWHERE-9"), "/options/location"),
        (ImportOptions(markets=("EU", "GB")), "/options/markets/1"),
        (ImportOptions(markets=("XX",)), "/options/markets/0"),
        (ImportOptions(currency="EURO"), "/options/currency"),
        (ImportOptions(currencies={"GB": "EUR"}), "/options/currencies/GB"),
        (ImportOptions(market_columns={"Ruritania": "RT"}), "/options/market_columns/Ruritania"),
    ],
)
def test_an_import_under_impossible_options_does_not_begin(begin: Begin, options: ImportOptions, wrong: str) -> None:
    def start(uow: UnitOfWork) -> Import:
        return service.start_import(uow, "test", Format.SHOPIFY_CSV, options, "one")

    with pytest.raises(Invalid) as raised:
        run(start, begin)
    assert pointers(raised) == {wrong}
    assert begin().find(IMPORT, "one") is None


def test_the_largest_new_product_with_a_bundle_and_new_references_comes_in_c13(begin: Begin) -> None:
    """CAT-12: 42 rows in lists, 50 variants and everything that the product refers to are more than one transaction."""
    options = tuple(
        Option(
            f"fresh-{code}", {"en": code}, tuple(OptionValue(f"v{number}", {"en": str(number)}) for number in range(50))
        )
        for code in "abc"
    )
    prices = {market.code: Money(1000, market.currency) for market in markets.all_markets()}
    variants = [
        variant(
            f"V-{number}", prices=prices, options={each.code: f"v{number}" for each in options},
            **({"components": (Component("CUP-1", 1),)} if number == 0 else {"stock": {"RTM1": 5}}),
        )
        for number in range(50)
    ]  # fmt: skip
    path = tuple(CategoryName(f"level-{number}", {"en": str(number)}) for number in range(3))
    cup = product("cup", variant("CUP-1", prices=prices))
    whole = product("whole", *variants, options=options, category_path=path, brand="newcomer", brand_name="New")
    run(lambda uow: service.start_import(uow, "test", Format.JSON_LINES, ImportOptions(), "one"), begin)
    done = Feeder(begin).feed("one", io.StringIO(lines(cup, whole)))
    assert (done.created, done.rejected) == (2, 0), begin().part(OUTCOME, "one", prefix="OUTCOME#")
    assert len(begin().get(PRODUCT, "whole").variants) == 50


def test_opening_stock_at_a_place_that_does_not_exist_is_a_dead_letter(begin: Begin) -> None:
    """ORD-07: units at a place that nobody knows would be seen by nobody."""
    with pytest.raises(NotFound, match="location"):
        run(lambda uow: inventory.open_stock(uow, {("A", "RTM1"): 3, ("A", "NOWHERE-9"): 3}), begin)
    assert begin().counter(STOCK.ref("A", "RTM1")) is None
