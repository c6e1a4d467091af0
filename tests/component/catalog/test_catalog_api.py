"""The catalogue through the front door: what shoppers and product management see and may do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chalicelib.catalog import service
from chalicelib.catalog.domain import GoodsKind, UnitMeasure
from chalicelib.core import aws, secrets
from chalicelib.core.auth import Principal
from chalicelib.core.unit_of_work import UnitOfWork, run
from tests.support.http import Client
from tests.support.sample_products import in_sizes, product, variant

Begin = Callable[..., UnitOfWork]
SAMPLE = Path(__file__).parents[3] / "events" / "imports" / "shopify-products.csv"
BODY: dict[str, Any] = {
    "slug": "mug",
    "title": {"en": "Mug", "zh-CN": "马克杯"},
    "description": {"en": "<p>Tea<script>x</script></p>"},
    "category": "kitchen",
    "brand": "nordlicht",
    "options": ["size"],
    "hs_code": "691200",
    "origin": "CN",
    "publish": True,
    "variants": [
        {
            "sku": f"MUG-{size.upper()}", "options": {"size": size}, "weight_g": 300, "length_mm": 100, "width_mm": 90,
            "height_mm": 90, "prices": {"EU": {"amount": amount, "currency": "EUR"}},
            "declared": {"amount": "5.00", "currency": "EUR"},
        }
        for size, amount in (("s", "9.90"), ("m", "11.90"))
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def signing(begin: Begin) -> None:
    secrets.forget()
    aws.client("secretsmanager").create_secret(Name="caravan/test/signing", SecretString='{"key": "%s"}' % ("k" * 32))


@pytest.fixture
def shopper(begin: Begin) -> Client:
    return Client()


@pytest.fixture
def manager(begin: Begin) -> Client:
    return Client(Principal("staff", "meg", posts=frozenset({"product_management"})))


@pytest.fixture
def maintained(manager: Client) -> None:
    assert manager.request("PUT", "/staff/catalog/categories/home", {"title": {"en": "Home"}}).status == 200
    kitchen = {"title": {"en": "Kitchen", "zh-CN": "厨房"}, "parent": "home"}
    assert manager.request("PUT", "/staff/catalog/categories/kitchen", kitchen).status == 200
    assert manager.request("PUT", "/staff/catalog/brands/nordlicht", {"name": "Nordlicht"}).status == 200
    values = [{"code": code, "title": {"en": code.upper()}} for code in ("s", "m")]
    size = {"title": {"en": "Size"}, "values": values}
    assert manager.request("PUT", "/staff/catalog/options/size", size).status == 200


def fill(begin: Begin, clock: Any) -> None:
    for number in range(9):
        clock.forward(minutes=1)
        brand = "ostwind" if number % 3 == 0 else "nordlicht"
        kind = GoodsKind.VIRTUAL if number % 2 else GoodsKind.PHYSICAL
        draft = product(f"p{number}", variant(f"S{number}", 100 + number), brand=brand, brand_name=brand, kind=kind)
        run(lambda uow, draft=draft: service.save(uow, draft), begin)  # type: ignore[misc]


def walk(client: Client, limit: int, **query: str) -> list[str]:
    """All slugs of a list, page by page."""
    slugs: list[str] = []
    cursor = ""
    while True:
        answer = client.get("/products", query={**query, "limit": str(limit), "cursor": cursor})
        assert answer.status == 200, answer.text
        slugs += [item["slug"] for item in answer.json["items"]]
        cursor = answer.json.get("next") or ""
        if not cursor:
            return slugs


@pytest.mark.usefixtures("maintained")
def test_staff_create_a_product_and_shoppers_see_it_in_their_language(manager: Client, shopper: Client) -> None:
    """CAT-01, CAT-05, CAT-14."""
    made = manager.post("/staff/catalog/products", BODY, key="create-mug-1")
    assert made.status == 201, made.text
    assert made.json["status"] == "active"
    assert made.json["description"] == {"en": "<p>Tea</p>"}
    page = shopper.get("/products/mug", query={"market": "EU"}, headers={"accept-language": "zh-CN"})
    assert page.status == 200, page.text
    assert page.json["title"] == "马克杯"
    assert [one["price"]["amount"] for one in page.json["variants"]] == ["9.90", "11.90"]
    assert page.json["options"][0]["values"][1] == {"code": "m", "title": "M"}
    assert shopper.get("/products/mug", query={"market": "JP"}).status == 404
    tree = shopper.get("/categories", headers={"accept-language": "zh"}).json["categories"]
    assert tree[0]["children"][0]["title"] == "厨房"
    assert shopper.get("/brands/nordlicht").json["name"] == "Nordlicht"


@pytest.mark.usefixtures("maintained")
def test_all_mistakes_of_a_product_come_back_at_once_with_their_places(manager: Client) -> None:
    wrong = {**BODY, "category": "nowhere", "hs_code": "1", "return_rule": "never"}
    answer = manager.post("/staff/catalog/products", wrong, key="create-mug-2")
    assert answer.status == 400
    assert {error["pointer"] for error in answer.json["errors"]} == {"/category", "/hs_code", "/return_rule"}


@pytest.mark.usefixtures("maintained")
def test_an_edit_with_an_old_entity_tag_is_refused_and_archiving_takes_it_off_the_lists(
    manager: Client, shopper: Client
) -> None:
    tag = manager.post("/staff/catalog/products", BODY, key="create-mug-3").headers["ETag"]
    changed = {**BODY, "title": {"en": "Cup"}}
    edit = manager.request("PUT", "/staff/catalog/products/mug", changed, headers={"if-match": tag})
    assert edit.status == 200
    assert manager.request("PUT", "/staff/catalog/products/mug", BODY, headers={"if-match": tag}).status == 412
    assert manager.post("/staff/catalog/products/mug/archive").json["status"] == "archived"
    assert shopper.get("/products").json["items"] == []
    refused = manager.post("/staff/catalog/products/mug/archive")
    assert (refused.status, refused.json["allowed"]) == (409, ["publish", "withdraw"])


@pytest.mark.parametrize("posts", [frozenset(), frozenset({"store"}), frozenset({"finance"})])
def test_only_product_management_puts_products_on_sale(begin: Begin, posts: frozenset[str]) -> None:
    """CAT-19."""
    outsider = Client(Principal("staff", "sam", posts=posts))
    assert outsider.post("/staff/catalog/products", BODY, key="create-mug-4").status == 403
    assert outsider.post("/staff/catalog/imports", {"name": "x", "format": "json_lines"}, key="import-1").status == 403
    assert Client().get("/staff/catalog/products").status == 401


@pytest.mark.parametrize("limit", [1, 2, 4, 100])
@pytest.mark.parametrize("sort", ["newest", "price_asc", "price_desc"])
def test_combined_filters_give_what_a_plain_filter_gives_page_by_page(
    begin: Begin, clock: Any, shopper: Client, sort: str, limit: int
) -> None:
    """CAT-02, CAT-07, CAT-12."""
    fill(begin, clock)
    numbers = list(range(9)) if sort == "price_asc" else list(range(8, -1, -1))
    for query, wanted in (
        ({}, lambda _: True),
        ({"category": "home"}, lambda _: True),
        ({"brand": "ostwind"}, lambda number: number % 3 == 0),
        ({"kind": "virtual"}, lambda number: number % 2 == 1),
        ({"category": "kitchen", "brand": "nordlicht"}, lambda number: number % 3 > 0),
        ({"brand": "nordlicht", "kind": "virtual"}, lambda number: number % 3 > 0 and number % 2 == 1),
        ({"category": "home", "brand": "ostwind", "kind": "physical"}, lambda number: number % 6 == 0),
    ):
        assert walk(shopper, limit, sort=sort, **query) == [f"p{number}" for number in numbers if wanted(number)], query


def test_a_cursor_of_another_list_is_refused(begin: Begin, clock: Any, shopper: Client) -> None:
    fill(begin, clock)
    cursor = shopper.get("/products", query={"limit": "2"}).json["next"]
    assert shopper.get("/products", query={"limit": "2", "cursor": cursor, "category": "home"}).status == 400


@pytest.mark.parametrize(
    "query", [{"sort": "cheap"}, {"limit": "0"}, {"market": "eu"}, {"category": "a#b"}, {"x": "1"}]
)
def test_a_list_asked_for_wrongly_says_what_is_wrong(shopper: Client, query: dict[str, str]) -> None:
    answer = shopper.get("/products", query=query)
    assert answer.status == 400
    assert answer.json["errors"][0]["pointer"] == f"query.{next(iter(query))}"


def test_a_market_that_there_is_not_is_not_found_and_no_empty_shop(shopper: Client) -> None:
    for path in ("/products", "/products/mug"):
        refused = shopper.get(path, query={"market": "XX"})
        assert (refused.status, refused.json["what"]) == (404, "market")


def test_a_category_or_brand_that_there_is_not_is_not_found_and_no_empty_shelf_cat_02(shopper: Client) -> None:
    for name in ("category", "brand"):
        refused = shopper.get("/products", query={name: "nothing-of-the-kind"})
        assert (refused.status, refused.json["what"]) == (404, name)


def test_staff_import_a_file_by_parts_and_read_the_report(manager: Client, shopper: Client) -> None:
    """CAT-01: the same service as the command line, through the front door."""
    options = {
        "currency": "EUR", "markets": ["EU"], "currencies": {"GB": "GBP"}, "market_columns": {"United Kingdom": "GB"},
        "declare_price": True,
    }  # fmt: skip
    start = {"name": "spring", "format": "shopify_csv", "options": options}
    begun = manager.post("/staff/catalog/imports", start, key="import-spring")
    assert begun.status == 201, begun.text
    path = f"/staff/catalog/imports/{begun.json['id']}"
    marked = "\ufeff" + SAMPLE.read_text("utf-8-sig")  # as a spreadsheet's file begins
    part = {"first_line": 1, "text": marked, "last": True}
    fed = manager.post(f"{path}/parts", part)
    assert fed.status == 200, fed.text
    assert (fed.json["created"], fed.json["rejected"]) == (5, 1)
    assert fed.json["finished_at"]
    assert manager.get(path).json == fed.json
    report = manager.get(f"{path}/report").json["items"]
    rejected = [one for one in report if one["result"] == "rejected"]
    assert [(one["product"], one["line"]) for one in rejected] == [("paper-lantern", 17)]
    assert manager.post(f"{path}/parts", part).status == 409
    assert shopper.get("/products/harbour-linen-shirt", query={"market": "GB"}).status == 200


def test_the_list_of_drafts_shows_what_is_not_on_sale(begin: Begin, manager: Client) -> None:
    run(lambda uow: service.save(uow, in_sizes("mug", {"s": 1}, publish=False)), begin)
    assert [one["slug"] for one in manager.get("/staff/catalog/products").json["items"]] == ["mug"]
    assert manager.get("/staff/catalog/products", query={"status": "active"}).json["items"] == []


@pytest.mark.usefixtures("maintained")
def test_a_brands_page_says_nothing_that_runs_and_shows_no_picture_that_is_none(
    manager: Client, shopper: Client
) -> None:
    """CAT-07, H1: every wrong field at once, and a page's markup as a product's has it."""
    path = "/staff/catalog/brands/nordlicht"
    wrong = manager.request("PUT", path, {"name": "N", "logo": "javascript:alert(1)", "country": "Norway"})
    assert (wrong.status, [error["pointer"] for error in wrong.json["errors"]]) == (400, ["/logo", "/country"])
    page = {"en": "<p>Since 1871<script>alert(1)</script></p>"}
    right = {"name": "N", "logo": "/media/n.svg", "country": "NO", "description": page}
    assert manager.request("PUT", path, right).status == 200
    assert shopper.get("/brands/nordlicht").json["description"] == "<p>Since 1871</p>"


def test_a_measure_is_shown_as_a_plain_number_however_a_file_wrote_it(begin: Begin, shopper: Client) -> None:
    measure = UnitMeasure(Decimal("1E+3"), "ml", Decimal("1E+2"), "ml")
    run(lambda uow: service.save(uow, product("soap", variant("SOAP", unit_measure=measure))), begin)
    (shown,) = shopper.get("/products/soap", query={"market": "EU"}).json["variants"]
    assert (shown["unit_measure"]["total"], shown["unit_measure"]["base"]) == ("1000", "100")
