"""The API description is valid, complete, and fits into one API of the gateway."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest
from openapi_spec_validator import validate

from chalicelib import house
from chalicelib.core.http import description
from chalicelib.core.http.openapi import document
from chalicelib.core.http.routes import ROUTES
from tests.support.table import ENVIRONMENT

list(house.routes())
assert description.routes

#: The paths that clients are built on; they do not change.
STABLE = [
    "GET /markets", "GET /products", "GET /products/{}", "GET /categories", "POST /carts", "GET /carts/{}",
    "PATCH /carts/{}", "DELETE /carts/{}", "POST /carts/{}/lines", "PATCH /carts/{}/lines/{}",
    "DELETE /carts/{}/lines/{}", "POST /carts/{}/quote", "POST /orders", "GET /orders", "GET /orders/{}",
    "POST /orders/{}/cancel", "POST /orders/{}/returns", "GET /returns/{}", "POST /webhooks/payments/{}",
    "POST /webhooks/couriers/{}", "GET /openapi.json",
]  # fmt: skip


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return document()


def test_the_description_is_valid_openapi(api: dict[str, Any]) -> None:
    assert api["openapi"].startswith("3.1")
    validate(api)


def test_models_have_names_that_a_generated_client_can_bear(api: dict[str, Any]) -> None:
    described = [model for model in api["components"]["schemas"].values() if model.get("type") == "object"]
    assert len(described) > 300  # none has taken another one's place
    assert [name for name in api["components"]["schemas"] if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []
    assert {"CartLineView", "OrdersLineView"} <= set(api["components"]["schemas"])


def test_every_route_says_what_it_does(api: dict[str, Any]) -> None:
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"].endswith((".", ")", "?")), (method, path, operation["summary"])
            assert operation["responses"], (method, path)


def test_what_a_route_reads_beside_its_body_is_described(api: dict[str, Any]) -> None:
    """A header that only the code knows is one that no client sends."""
    assert sum(route.versioned for route in ROUTES) >= 14
    for route in ROUTES:
        operation = api["paths"][route.path][route.method.lower()]
        headers = {each["$ref"].rsplit("/", 1)[-1] for each in operation["parameters"] if "$ref" in each}
        assert ("If-Match" in headers) is route.versioned, (route.method, route.path)
        assert ("Accept-Language" in headers) is not route.raw, (route.method, route.path)
        assert "429" in operation["responses"], "the gateway sends it at any route"
    for path in ("/products/{slug}", "/staff/settings"):
        named = {each.get("name") for each in api["paths"][path]["get"]["parameters"]}
        assert "market" in named, path
    assert api["paths"]["/carts/{cart_id}/merge"]["post"]["security"] == [{"shopper": [], "guest": []}]


def test_operation_ids_are_unique(api: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operations in api["paths"].values() for operation in operations.values()]
    assert len(ids) == len(set(ids))


def test_the_paths_that_clients_are_built_on_are_there() -> None:
    there = {f"{route.method} {re.sub(r'{.*?}', '{}', route.path)}" for route in ROUTES}
    assert set(STABLE) - there == set()


def test_no_two_routes_answer_the_same_request() -> None:
    seen = [f"{route.method} {route.path}" for route in ROUTES]
    assert len(seen) == len(set(seen))


def test_parameters_at_one_place_of_a_path_have_one_name() -> None:
    """API Gateway allows one variable name per place."""
    names = defaultdict(set)
    for route in ROUTES:
        parts = route.path.split("/")
        for position, part in enumerate(parts):
            if part.startswith("{"):
                names["/".join(re.sub(r"^{.*}$", "{}", p) for p in parts[:position])].add(part)
    assert {place: found for place, found in names.items() if len(found) > 1} == {}


def test_everything_that_creates_or_moves_money_is_idempotent() -> None:
    """A POST without an idempotency key must be harmless when repeated, and is listed here with the reason."""
    harmless = {
        "POST /carts": "an empty cart more",
        "POST /carts/{}/lines": "the cart's own lines are merged by SKU, and read back before ordering",
        "POST /carts/{}/quote": "a calculation",
        "POST /staff/list-prices": "a calculation",
        "POST /staff/standings": "a look-up",
        "POST /merchants/{}/register": "who has registered is registered",
        "POST /carts/{}/merge": "merging an empty cart does nothing",
        "POST /bookings/{}/payment": "the provider's key follows from the payment",
        "POST /me/balance/payments/{}/payment": "the provider's key follows from the payment",
        "POST /orders/{}/payment": "the provider's key follows from the payment",
        "POST /staff/catalog/products/{}/publish": "published is published",
        "POST /staff/catalog/products/{}/withdraw": "withdrawn is withdrawn",
        "POST /staff/catalog/products/{}/archive": "archived is archived",
        "POST /staff/catalog/imports/{}/parts": "the import knows the line it goes on with",
        "POST /staff/routing/tables/channels/dry-run": "changes nothing",
        "POST /staff/routing/tables/channels/comparison": "changes nothing",
        "POST /staff/stock/{}/shards": "says how many there shall be, not how many more",
        "POST /sandbox/payments/{}": "the sandbox's own page",
        "POST /sandbox/lockers/{}/open": "an opened box is empty",
        "POST /webhooks/payments/{}": "de-duplicated by what is reported",
        "POST /webhooks/couriers/{}": "de-duplicated by what is reported",
        "POST /webhooks/lockers/{}": "the order's own state shows what has been reported",
        "POST /partners/erp/{}/orders/{}/status": "done once for each webhook-id",
    }
    without = {
        f"{route.method} {re.sub(r'{.*?}', '{}', route.path)}"
        for route in ROUTES
        if route.method == "POST" and not route.idempotent
    }
    assert without - set(harmless) == set()
