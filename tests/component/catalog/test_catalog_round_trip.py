"""What staff read of a product, they can send back: nothing that they did not touch is lost (CAT-01)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import Any

from chalicelib.catalog import service
from chalicelib.catalog.api.bodies import ProductBody, VariantBody
from chalicelib.catalog.domain import (
    Component,
    Media,
    ProductDraft,
    SizeClass,
    Specification,
    UnitMeasure,
    VariantDraft,
)
from chalicelib.catalog.items import PRODUCT
from chalicelib.core.auth import Principal
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from tests.support.http import Client
from tests.support.sample_products import SIZE, product, variant

Begin = Callable[..., UnitOfWork]

FULL = product(
    "tea",
    variant(
        "TEA-S", options={"size": "s"}, compare_at={"EU": Money(2990, "EUR")}, hs_code="09021000", origin="JP",
        barcode="4006381333931", image="/tea-s.jpg", tax_category="reduced_food",
        unit_measure=UnitMeasure(Decimal("0.250"), "kg", Decimal(1), "kg"),
    ),
    variant("TEA-M", options={"size": "m"}, archived=True, unit_measure=UnitMeasure(Decimal(9), "g", Decimal(1), "g")),
    VariantDraft(
        "TEA-SET", options={"size": "l"}, prices={"EU": Money(4990, "EUR")}, components=(Component("CUP-1", 2),)
    ),
    description={"en": "<p>Tea.</p>"},
    specifications=(Specification({"en": "Harvest"}, {"en": "spring"}),),
    product_type="Green tea", tags=("tea", "green"), options=(SIZE,),
    media=(Media("/tea.jpg", "image", {"en": "Leaves"}, "/tea-large.jpg"),),
    fresh=True, size_class=SizeClass.LARGE, tax_category="reduced_food", return_rule="unopened", seller="own",
    seo_title={"en": "Tea"}, seo_description={"en": "Green tea"}, fragile=True,
)  # fmt: skip
#: What the answer says in other words, or the catalogue makes by itself.
MADE = {"version", "status", "published_at", "category_path"}


def test_a_product_with_every_field_set_comes_back_from_staff_unchanged(begin: Begin) -> None:
    run(lambda uow: service.save(uow, product("cup", variant("CUP-1"))), begin)
    run(lambda uow: service.save(uow, FULL), begin)
    before = begin().get(PRODUCT, "tea")
    manager = Client(Principal("staff", "meg", posts=frozenset({"product_management"})))
    shown = manager.get("/staff/catalog/products/tea").json
    assert shown["variants"][0]["unit_measure"] == {"total": "0.250", "unit": "kg", "base": "1", "base_unit": "kg"}
    body: dict[str, Any] = {name: value for name, value in shown.items() if name not in MADE}
    body["category"] = shown["category_path"][-1]
    body["variants"] = [
        {name: value for name, value in one.items() if name in VariantBody.model_fields} for one in shown["variants"]
    ]
    saved = manager.request("PUT", "/staff/catalog/products/tea", body)
    assert saved.status == 200, saved.text
    assert begin().get(PRODUCT, "tea") == before
    assert saved.json == shown, "an unchanged product is not written anew"


def test_staff_can_say_everything_that_a_draft_can_but_what_imports_alone_bring() -> None:
    """A field that the route does not know would be emptied by every save."""
    drafted = {each.name for each in fields(ProductDraft)} - {"category_path", "brand_name"}
    assert drafted == set(ProductBody.model_fields)
    assert {each.name for each in fields(VariantDraft)} - {"stock"} == set(VariantBody.model_fields)


def test_a_measure_of_nothing_is_refused_with_its_place(begin: Begin) -> None:
    run(lambda uow: service.put_category(uow, "tea", {"en": "Tea"}), begin)
    manager = Client(Principal("staff", "meg", posts=frozenset({"product_management"})))
    wrong = {"total": "0", "unit": "g", "base": "1000000001", "base_unit": "g"}
    body = {"slug": "tea", "title": {"en": "Tea"}, "category": "tea", "variants": [{"sku": "T", "unit_measure": wrong}]}
    refused = manager.request("POST", "/staff/catalog/products", body, key="nothing-of-tea")
    assert [one["pointer"] for one in refused.json["errors"]] == [
        "/variants/0/unit_measure/total", "/variants/0/unit_measure/base",
    ]  # fmt: skip
