"""Carts and quotes through the front door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.cart.api import QuoteView
from chalicelib.cart.domain import published
from chalicelib.core.auth import Principal
from chalicelib.core.ids import digest
from chalicelib.core.unit_of_work import UnitOfWork
from tests.support.http import Answer, Client
from tests.support.sample_carts import BOOK, EBOOK, SHIRT, a_cart, put_on_sale, quoted

ADDRESS = {
    "name": "Ada Lovelace", "lines": ["Friedrichstraße 1"], "city": "Berlin", "postal_code": "10117", "country": "DE",
}  # fmt: skip
ASK = {"ship_to": ADDRESS, "contact": {"email": "ada@example.com", "language": "en"}}
Shopper = Callable[..., Client]


@pytest.fixture(autouse=True)
def on_sale(begin: Callable[..., UnitOfWork]) -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 21, 9, 30, tzinfo=UTC)):
        stock = {("SHIRT-M", "RTM1"): 50, ("BOOK-1", "SZX1"): 50}
        put_on_sale(begin(), SHIRT, BOOK, EBOOK, stock=stock)
        yield


def opened(client: Client, *lines: dict[str, Any], **more: Any) -> tuple[Answer, Client]:
    answer = client.post("/carts", {"market": "EU", "lines": list(lines), **more})
    assert answer.status == 201, answer.text
    return answer, Client(guest_token=answer.json["guest_token"] or "")


def test_a_guest_gets_a_token_once_and_it_is_kept_as_a_digest_ord_03(
    guest: Client, begin: Callable[..., UnitOfWork]
) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M", "quantity": 2})
    token, cart_id = answer.json["guest_token"], answer.json["id"]
    assert len(token) >= 43
    kept = owner.get(f"/carts/{cart_id}")
    assert kept.status == 200 and token not in kept.text
    from chalicelib.cart.items import CART

    assert begin().get(CART, cart_id).owner.guest == digest(token)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/carts/{id}", None), ("PATCH", "/carts/{id}", {"market": "US"}), ("DELETE", "/carts/{id}", None),
        ("POST", "/carts/{id}/lines", {"sku": "SHIRT-M"}), ("DELETE", "/carts/{id}/lines", None),
        ("PATCH", "/carts/{id}/lines/{line}", {"quantity": 2}), ("DELETE", "/carts/{id}/lines/{line}", None),
        ("POST", "/carts/{id}/quote", ASK),
    ],
)  # fmt: skip
def test_another_s_cart_and_no_cart_get_the_same_answer_z1_z2(
    guest: Client, as_shopper: Shopper, method: str, path: str, body: Any
) -> None:
    answer, _ = opened(guest, {"sku": "SHIRT-M"})
    cart_id, line = answer.json["id"], answer.json["lines"][0]["id"]
    for stranger in (Client(guest_token="x" * 43), as_shopper("ben"), Client(guest_token=cart_id)):
        foreign = stranger.request(method, path.format(id=cart_id, line=line), body)
        missing = stranger.request(method, path.format(id="0197a9e0-1111-7222-8333-444455556666", line=line), body)
        assert foreign.status == missing.status == 404
        assert foreign.text == missing.text
    assert guest.request(method, path.format(id=cart_id, line=line), body).status == 401


def test_a_cart_is_filled_changed_emptied_and_deleted_crt_06(guest: Client) -> None:
    answer, owner = opened(guest)
    path = f"/carts/{answer.json['id']}"
    added = owner.post(f"{path}/lines", {"sku": "SHIRT-M", "quantity": 3})
    assert (added.status, added.json["units"]) == (201, 3)
    line = added.json["lines"][0]["id"]
    assert owner.patch(f"{path}/lines/{line}", {"quantity": 5}).json["units"] == 5
    assert owner.post(f"{path}/lines", {"sku": "BOOK-1"}).json["units"] == 6
    assert owner.delete(f"{path}/lines/{line}").json["units"] == 1
    assert owner.delete(f"{path}/lines").json["lines"] == []
    assert owner.delete(path).status == 204
    assert owner.get(path).status == 404


def test_a_cart_shows_lines_and_amounts_crt_02(guest: Client) -> None:
    answer, _ = opened(guest, {"sku": "SHIRT-M", "quantity": 2})
    line = answer.json["lines"][0]
    assert (line["title"], line["unit_price"], line["amount"]) == (
        "Shirt, M", {"amount": "19.99", "currency": "EUR"}, {"amount": "39.98", "currency": "EUR"},
    )  # fmt: skip
    assert answer.json["subtotal"] == {"amount": "39.98", "currency": "EUR"}


def test_if_match_protects_a_change_from_one_that_was_not_seen(guest: Client) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M"})
    path = f"/carts/{answer.json['id']}/lines/{answer.json['lines'][0]['id']}"
    seen = answer.headers["ETag"]
    assert owner.patch(path, {"quantity": 2}, headers={"if-match": seen}).status == 200
    assert owner.patch(path, {"quantity": 3}, headers={"if-match": seen}).status == 412


@pytest.mark.parametrize(
    "quantity", [0, -1, 1.5, 2.0, "2", True, None, [1], {"a": 1}, 10**9, 2**53 + 1, 10**4000 // 10**3985]
)
def test_only_a_whole_number_from_one_is_a_quantity_f1_f3(guest: Client, quantity: Any) -> None:
    answer, owner = opened(guest)
    refused = owner.post(f"/carts/{answer.json['id']}/lines", {"sku": "SHIRT-M", "quantity": quantity})
    assert refused.status == 400, refused.text


def test_more_than_the_shop_s_limit_is_refused_f1(guest: Client) -> None:
    answer, owner = opened(guest)
    refused = owner.post(f"/carts/{answer.json['id']}/lines", {"sku": "SHIRT-M", "quantity": 1000})
    assert (refused.status, refused.json["type"]) == (422, "/problems/limit-exceeded")


@pytest.mark.parametrize(
    "raw", [b'{"quantity": NaN}', b'{"quantity": 1e400}', b'{"quantity": 1, "quantity": 2}', b"[" * 9000]
)
def test_json_that_readers_disagree_about_is_refused_f2_f4_f5(guest: Client, raw: bytes) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M"})
    path = f"/carts/{answer.json['id']}/lines/{answer.json['lines'][0]['id']}"
    refused = owner.request("PATCH", path, raw=raw)
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "")
    assert refused.json["detail"] == refused.json["errors"][0]["detail"]  # there is no field to name before it


@pytest.mark.parametrize(
    "extra", ["state", "unit_price", "owner", "total", "order_id", "currency", "buy_now", "id", "quote", "version"]
)
def test_nobody_sets_what_is_not_theirs_to_set_f8(guest: Client, extra: str) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M"})
    path = f"/carts/{answer.json['id']}"
    for method, address, body in (
        ("PATCH", path, {"language": "de"}), ("POST", f"{path}/lines", {"sku": "SHIRT-M"}),
        ("PATCH", f"{path}/lines/{answer.json['lines'][0]['id']}", {"quantity": 2}), ("POST", f"{path}/quote", ASK),
    ):  # fmt: skip
        refused = owner.request(method, address, {**body, extra: "1"})
        assert refused.status == 400
        assert refused.json["errors"][0]["pointer"] == f"/{extra}"
    assert owner.get(path).json["units"] == 1


@pytest.mark.parametrize("text", ["\u0000", "a\u202eb", "\u200b"])
def test_texts_that_cannot_be_printed_are_refused_f6(guest: Client, text: str) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M"})
    ask = {**ASK, "ship_to": {**ADDRESS, "name": text}}
    assert owner.post(f"/carts/{answer.json['id']}/quote", ask).status == 400


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["name", "lines", "city", "region", "country", "phone"]), st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.lists(st.text(), max_size=5),
)))  # fmt: skip
def test_no_address_whatever_it_is_breaks_the_shop_f6(guest: Client, changes: dict[str, Any]) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M"})
    assert owner.post(f"/carts/{answer.json['id']}/quote", {**ASK, "ship_to": {**ADDRESS, **changes}}).status in (
        200,
        400,
    )


def test_a_quote_shows_everything_before_the_order_ord_01_ord_13_tax_01(guest: Client) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M", "quantity": 2})
    quote = owner.post(f"/carts/{answer.json['id']}/quote", ASK)
    assert quote.status == 200, quote.text
    assert quote.json["total"] == {"amount": "44.48", "currency": "EUR"}
    assert quote.json["shipping"] == {"amount": "4.50", "currency": "EUR"}
    assert [option["channel"] for option in quote.json["options"]] == ["LOCAL", "EXPRESS"]
    assert quote.json["payment_methods"][0] == "card"
    assert (quote.json["arrives_from"], quote.json["arrives_until"]) == ("2026-11-25", "2026-11-27")
    assert len(quote.json["hash"]) == 64
    assert owner.get(f"/carts/{answer.json['id']}").json["quoted_until"] == quote.json["expires_at"]


def test_every_missing_field_is_named_at_once(guest: Client) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M"})
    refused = owner.post(f"/carts/{answer.json['id']}/quote", {"ship_to": {"country": "DE"}, "contact": {"email": "x"}})
    assert {error["pointer"] for error in refused.json["errors"]} == {
        "/ship_to/name", "/ship_to/lines", "/ship_to/city", "/ship_to/postal_code", "/contact/email",
    }  # fmt: skip


def test_sold_out_articles_are_named_in_the_answer(guest: Client) -> None:
    answer, owner = opened(guest, {"sku": "SHIRT-M", "quantity": 51})
    refused = owner.post(f"/carts/{answer.json['id']}/quote", ASK)
    assert (refused.status, refused.json["type"], refused.json["skus"]) == (409, "/problems/sold-out", ["SHIRT-M"])


def test_a_quote_looks_the_same_in_an_answer_and_in_a_problem(begin: Callable[..., UnitOfWork]) -> None:
    for lines, ship_to, more in (
        ((("SHIRT-M", 2), ("BOOK-1", 1)), True, {}),
        ((("EBOOK-1", 1),), False, {"country": "DE"}),
    ):
        cart = a_cart(begin(), *lines)
        quote = quoted(begin(), cart, **({} if ship_to else {"ship_to": None}), **more)
        shown = QuoteView.of(quote).model_dump(mode="json")
        told = published(quote)
        assert {**shown, "expires_at": ""} == {**told, "expires_at": ""}
        assert datetime.fromisoformat(shown["expires_at"]) == datetime.fromisoformat(told["expires_at"])


def test_a_shopper_takes_up_the_stored_cart_and_merges_a_guest_s_crt_03(guest: Client, as_shopper: Shopper) -> None:
    stored = as_shopper("ann").post("/carts", {"market": "EU", "lines": [{"sku": "SHIRT-M"}]})
    assert stored.json["guest_token"] is None
    answer, _ = opened(guest, {"sku": "BOOK-1", "quantity": 2})
    path = f"/carts/{answer.json['id']}/merge"
    assert as_shopper("ann").post(path).status == 404  # no token, no proof
    ann = Client(replace(Principal("shopper", "ann"), guest=digest(answer.json["guest_token"])))
    for _ in range(2):
        merged = ann.post(path)
        assert (merged.status, merged.json["id"], merged.json["units"]) == (200, stored.json["id"], 3)
    assert Client(guest_token=answer.json["guest_token"]).post(path).status in (401, 403)


def test_two_guests_in_one_process_never_see_each_other_z2(guest: Client) -> None:
    first, one = opened(guest, {"sku": "SHIRT-M"})
    second, two = opened(guest, {"sku": "BOOK-1"})
    for _ in range(3):
        assert one.get(f"/carts/{first.json['id']}").json["lines"][0]["sku"] == "SHIRT-M"
        assert two.get(f"/carts/{second.json['id']}").json["lines"][0]["sku"] == "BOOK-1"
        assert one.get(f"/carts/{second.json['id']}").status == 404
        assert two.get(f"/carts/{first.json['id']}").status == 404


def test_an_unknown_market_or_article_is_not_found(guest: Client) -> None:
    assert guest.post("/carts", {"market": "XX"}).status == 404
    refused = guest.post("/carts", {"market": "EU", "lines": [{"sku": "NONE"}, {"sku": "SHIRT-M"}, {"sku": "GONE"}]})
    assert (refused.status, refused.json["skus"]) == (404, ["NONE", "GONE"])
    assert guest.post("/carts", {"market": "EU", "lines": [{"sku": "A#B"}]}).status == 400
