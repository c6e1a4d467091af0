"""A shopper's own record over HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.core.auth import Post
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customers import service
from chalicelib.customers.domain import ADDRESS_LIMIT
from tests.support.http import Client

BERLIN = {
    "name": "Ann Müller", "lines": ["Invalidenstraße 117"], "city": "Berlin", "postal_code": "10115", "country": "DE",
}  # fmt: skip
Shopper = Callable[..., Client]


def save(client: Client, key: str = "key-00000001", **more: object) -> dict[str, object]:
    answer = client.post("/me/addresses", {"address": BERLIN, **more}, key=key)
    assert answer.status == 201, answer.text
    return answer.json  # type: ignore[no-any-return]


def test_the_first_look_makes_the_record_and_later_ones_keep_its_date_mem03(
    as_shopper: Shopper, begin: Callable[..., UnitOfWork]
) -> None:
    assert service.registered_at(begin(), "ann") is None
    first = as_shopper("ann").get("/me")
    assert first.status == 200
    assert first.json["email"] == "ann@example.com"
    assert as_shopper("ann").get("/me").json["registered_at"] == first.json["registered_at"]
    assert service.registered_at(begin(), "ann") is not None


def test_preferences_change_one_by_one_mem03(as_shopper: Shopper) -> None:
    ann = as_shopper("ann")
    assert ann.patch("/me", {"name": "Ann"}).status == 200
    changed = ann.patch("/me", {"language": "zh-Hans-CN", "market": "CN"}).json
    assert (changed["name"], changed["language"], changed["market"]) == ("Ann", "zh-Hans-CN", "CN")
    assert ann.patch("/me", {"market": "XX"}).status == 404
    assert ann.patch("/me", {"language": "not a tag"}).status == 400


def test_a_change_that_was_not_seen_is_not_overwritten(as_shopper: Shopper) -> None:
    ann = as_shopper("ann")
    seen = ann.get("/me").headers["ETag"]
    assert ann.patch("/me", {"name": "A"}, headers={"if-match": seen}).status == 200
    assert ann.patch("/me", {"name": "B"}, headers={"if-match": seen}).status == 412


def test_addresses_are_kept_in_their_countrys_form_and_a_repetition_saves_once_mem04(as_shopper: Shopper) -> None:
    ann = as_shopper("ann")
    first = save(ann, label="Home")
    assert save(ann, label="Home") == first
    assert [saved["id"] for saved in ann.get("/me/addresses").json["items"]] == [first["id"]]
    assert first["is_default"] is True
    wrong = ann.post("/me/addresses", {"address": {**BERLIN, "postal_code": "1"}}, key="key-00000002")
    assert wrong.status == 400
    assert wrong.json["errors"][0]["pointer"] == "/address/postal_code"


def test_the_book_has_a_limit_mem04(as_shopper: Shopper) -> None:
    ann = as_shopper("ann")
    for number in range(ADDRESS_LIMIT.default):
        save(ann, key=f"key-000000{number:02d}")
    assert ann.post("/me/addresses", {"address": BERLIN}, key="key-00000099").status == 422


def test_nobody_reaches_another_ones_book(as_shopper: Shopper) -> None:
    saved = save(as_shopper("ann"))
    assert as_shopper("bob").get("/me/addresses").json["items"] == []
    assert as_shopper("bob").delete(f"/me/addresses/{saved['id']}").status == 404
    assert as_shopper("ann").delete(f"/me/addresses/{saved['id']}").status == 204
    assert as_shopper("ann").get("/me/addresses").json["items"] == []


def test_guests_and_strangers_have_no_record(guest: Client, as_staff: Callable[..., Client]) -> None:
    assert guest.get("/me").status == 401
    assert as_staff(Post.STORE).get("/me").status == 403


def test_staff_see_their_posts_and_their_store_rol01_rol03(as_staff: Callable[..., Client]) -> None:
    store = as_staff(Post.STORE, scopes=["BER-S1"]).get("/staff/me").json
    assert (store["posts"], store["store"], store["sees_all_stores"]) == (["store"], "BER-S1", False)
    desk = as_staff(Post.FINANCE, Post.AFTER_SALES).get("/staff/me").json
    assert desk["posts"] == ["after_sales", "finance"]
    assert desk["sees_all_stores"] is True


def test_shoppers_are_no_staff_rol05(as_shopper: Shopper) -> None:
    assert as_shopper("ann").get("/staff/me").status == 403


def test_payment_and_delivery_are_preferred_and_taken_back_ord_02(as_shopper: Callable[..., Client]) -> None:
    ann = as_shopper("ann")
    assert ann.get("/me").json["delivery"]["method"] == "courier"
    wish = {"method": "pickup", "store": "BER-S1", "point": "locker"}
    changed = ann.patch("/me", {"payment_method": "paypal", "delivery": wish})
    assert changed.status == 200, changed.text
    assert changed.json["delivery"] == {**wish, "channel": "", "hours": 0}
    again = ann.patch("/me", {"payment_method": "", "delivery": {"method": "own_delivery", "hours": 2}}).json
    assert (again["payment_method"], again["delivery"]["hours"], again["delivery"]["store"]) == ("", 2, "")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"payment_method": "shells"}, "/payment_method"),
        ({"delivery": {"method": "pickup", "store": "NOWHERE", "point": "desk"}}, "/delivery/store"),
        ({"delivery": {"method": "pickup", "store": "BER-S1"}}, "/delivery"),
        ({"delivery": {"method": "own_delivery"}}, "/delivery"),
        ({"delivery": {"method": "courier", "hours": 1}}, "/delivery"),
        ({"delivery": {"method": "pigeon"}}, "/delivery/method"),
    ],
)
def test_preferences_that_nobody_can_keep_are_refused(
    as_shopper: Callable[..., Client], change: dict[str, object], pointer: str
) -> None:
    ann = as_shopper("ann")
    refused = ann.patch("/me", change)
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (400, [pointer])
    assert ann.get("/me").json["payment_method"] == ""
