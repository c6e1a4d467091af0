"""Bundles through the front door: made by staff or a file, shown with what they hold, sold while it lasts (CAT-04)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from chalicelib.catalog import service
from chalicelib.catalog.domain import Component, Format, ImportOptions, ProductDraft, Result, Status
from chalicelib.catalog.items import OUTCOME, PRODUCT
from chalicelib.catalog.service import Feeder
from chalicelib.core import aws, secrets
from chalicelib.core.auth import Post, Principal
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service as inventory
from infra.seed.bundles import bundles
from infra.seed.generate import products
from tests.support.http import Client
from tests.support.sample_products import product, variant
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]
SET: dict[str, Any] = {
    "slug": "tea-set",
    "title": {"en": "Tea set", "zh-CN": "茶具套装"},
    "category": "kitchen",
    "publish": True,
    "variants": [
        {
            "sku": "TEA-SET", "prices": {"EU": {"amount": "39.90", "currency": "EUR"}},
            "components": [{"sku": "pot-1", "quantity": 1}, {"sku": "cup-1", "quantity": 4}],
        }
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def shop(begin: Begin) -> None:
    secrets.forget()
    aws.client("secretsmanager").create_secret(Name="caravan/test/signing", SecretString='{"key": "%s"}' % ("k" * 32))
    for slug, units in (("pot", 5), ("cup", 11)):
        run(lambda uow, slug=slug: service.save(uow, product(slug)), begin)  # type: ignore[misc]
        stock = {(f"{slug}-1", "RTM1"): units}
        run(lambda uow, stock=stock: inventory.receive(uow, stock, "delivery"), begin)  # type: ignore[misc]


@pytest.fixture
def manager() -> Client:
    return Client(Principal("staff", "meg", posts=frozenset({Post.PRODUCT_MANAGEMENT})))


def made(manager: Client, **changes: Any) -> Any:
    return manager.post("/staff/catalog/products", {**SET, **changes}, key="create-tea-set")


def page() -> Any:
    return Client().get("/products/tea-set", query={"market": "EU"}).json["variants"][0]


def available(*skus: str) -> dict[str, int]:
    answer = Client().get("/availability", query={"sku": list(skus), "market": "EU"})
    assert answer.status == 200, answer.text
    return {item["sku"]: item["available"] for item in answer.json["items"]}


def test_staff_make_a_bundle_and_shoppers_see_what_it_holds(manager: Client) -> None:
    answer = made(manager)
    assert answer.status == 201, answer.text
    kept = manager.get("/staff/catalog/products/tea-set").json["variants"][0]
    assert kept["components"] == [{"sku": "pot-1", "quantity": 1}, {"sku": "cup-1", "quantity": 4}]
    assert kept["weight_g"] == 1500
    shown = page()
    assert shown["complete"]
    assert [(part["sku"], part["quantity"], part["price"]["amount"]) for part in shown["components"]] == [
        ("pot-1", 1, "19.90"), ("cup-1", 4, "19.90"),
    ]  # fmt: skip
    listed = Client().get("/products", query={"market": "EU", "bundle": "true"}).json["items"]
    assert [(item["slug"], item["bundle"]) for item in listed] == [("tea-set", True)]
    assert len(Client().get("/products", query={"market": "EU"}).json["items"]) == 3


def test_wrong_components_are_named_with_their_places(manager: Client) -> None:
    made(manager)
    wrong = [{"sku": "GONE"}, {"sku": "TEA-SET"}, {"sku": "cup-1", "quantity": 1}]
    body = {"slug": "set-2", "variants": [{**SET["variants"][0], "sku": "SET-2", "components": wrong}]}
    answer = manager.post("/staff/catalog/products", {**SET, **body}, key="create-set-2")
    assert answer.status == 400
    assert [error["pointer"] for error in answer.json["errors"]] == [
        "/variants/0/components/0/sku", "/variants/0/components/1/sku",
    ]  # fmt: skip


def test_a_bundle_is_edited_like_any_product_and_what_staff_read_can_be_sent_back(manager: Client) -> None:
    made(manager)
    kept = manager.get("/staff/catalog/products/tea-set").json["variants"][0]
    again = {name: value for name, value in kept.items() if name not in ("status", "title")}
    changed = {**SET, "variants": [{**again, "components": [{"sku": "cup-1", "quantity": 6}]}]}
    answer = manager.request("PUT", "/staff/catalog/products/tea-set", changed)
    assert answer.status == 200, answer.text
    assert page()["weight_g"] == 1800
    plain = {**SET, "variants": [{**SET["variants"][0], "components": []}]}
    assert manager.request("PUT", "/staff/catalog/products/tea-set", plain).status == 400


def test_so_many_bundles_can_be_had_as_the_scarcest_component_allows_in_two_reads(
    manager: Client, begin: Begin
) -> None:
    made(manager)
    available("pot-1")
    with metered() as meter:
        assert available("TEA-SET", "cup-1") == {"TEA-SET": 2, "cup-1": 11}
    assert meter.calls["BatchGetItem"] == 2
    run(lambda uow: inventory.reserve(uow, {("cup-1", "RTM1"): 8}), begin)
    assert available("TEA-SET") == {"TEA-SET": 0}


def test_an_archived_component_makes_the_bundle_unsellable_with_the_reason(manager: Client) -> None:
    made(manager)
    assert manager.post("/staff/catalog/products/cup/archive").status == 200
    shown = page()
    assert not shown["complete"]
    assert [part["price"] is None for part in shown["components"]] == [False, True]
    assert available("TEA-SET") == {"TEA-SET": 0}
    answer = Client().post("/carts", {"market": "EU", "lines": [{"sku": "TEA-SET"}]})
    assert answer.status == 422, answer.text
    assert (answer.json["rule"], answer.json["missing"]) == ("CAT-04", {"TEA-SET": ["cup-1"]})
    assert manager.post("/staff/catalog/products/tea-set/withdraw").status == 200
    refused = manager.post("/staff/catalog/products/tea-set/publish")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/variants/0/components/1/sku")


def test_nobody_books_stock_on_a_bundle(manager: Client) -> None:
    made(manager)
    body = {"location": "RTM1", "move": "receive", "quantity": 5, "reason": "delivery"}
    answer = manager.post("/staff/stock/TEA-SET/adjustments", body, key="stock-of-a-set")
    assert (answer.status, answer.json["rule"]) == (422, "CAT-04")


def test_a_cart_and_its_quote_show_the_bundle_over_http(manager: Client) -> None:
    made(manager)
    cart = Client().post("/carts", {"market": "EU", "lines": [{"sku": "TEA-SET", "quantity": 2}]}).json
    assert (cart["units"], len(cart["lines"])) == (10, 1)
    guest = Client(guest_token=cart["guest_token"])
    asked = {
        "contact": {"email": "ada@example.com"},
        "ship_to": {
            "name": "Ada", "lines": ["Invalidenstraße 117"], "city": "Berlin", "postal_code": "10115", "country": "DE",
        },
    }  # fmt: skip
    quote = guest.post(f"/carts/{cart['id']}/quote", asked)
    assert quote.status == 200, quote.text
    (line,) = quote.json["lines"]
    assert line["subtotal"]["amount"] == "79.80"
    assert [(part["sku"], part["quantity"]) for part in line["components"]] == [("pot-1", 2), ("cup-1", 8)]
    placed = guest.post("/orders", {"cart_id": cart["id"], "quote_hash": quote.json["hash"]}, key="order-tea-set")
    assert placed.status == 201, placed.text
    (line,) = placed.json["lines"]
    assert [(part["sku"], part["quantity"]) for part in line["components"]] == [("pot-1", 2), ("cup-1", 8)]
    assert available("pot-1", "cup-1") == {"pot-1": 3, "cup-1": 3}


def feed(begin: Begin, *drafts: ProductDraft) -> dict[str, Any]:
    run(lambda uow: service.start_import(uow, "test", Format.JSON_LINES, ImportOptions(), "one"), begin)
    text = "".join(msgspec.json.encode(draft).decode() + "\n" for draft in drafts)
    Feeder(begin).feed("one", io.StringIO(text, newline=""))
    return {one.key: one for one in begin().part(OUTCOME, "one", prefix="OUTCOME#")}


def test_a_file_brings_bundles_and_says_why_one_stays_a_draft_or_is_rejected(begin: Begin) -> None:
    def a_set(slug: str, *held: Component, **changes: Any) -> ProductDraft:
        return product(slug, variant(slug.upper(), components=held, **changes), hs_code="", origin="")

    outcomes = feed(
        begin,
        a_set("good", Component("pot-1"), Component("cup-1", 2)),
        a_set("early", Component("later-1"), Component("cup-1")),
        product("later", publish=False),
        a_set("draft", Component("later-1")),
    )
    assert outcomes["good"].result is Result.CREATED
    assert outcomes["early"].result is Result.REJECTED
    assert "there is no such SKU" in outcomes["early"].errors[0]
    assert "is not on sale in EU, JP" in outcomes["draft"].notes[0]
    assert begin().get(PRODUCT, "draft").status is Status.DRAFT


def test_sets_of_the_example_catalogue_come_in_and_go_on_sale(begin: Begin) -> None:
    catalogue = list(products())
    chosen = list(bundles(catalogue))[::8]
    skus = {part.sku for draft in chosen for part in draft.variants[0].components}
    articles = [draft for draft in catalogue if skus & {one.sku for one in draft.variants}]
    outcomes = feed(begin, *articles, *chosen)
    assert {one.result for one in outcomes.values()} == {Result.CREATED}
    assert {begin().get(PRODUCT, draft.slug).status for draft in chosen} == {Status.ACTIVE}
