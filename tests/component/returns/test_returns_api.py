"""Returns over HTTP: the customer's side, the desks, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.clock import utc_now
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import Order, Stage, State
from chalicelib.orders.items import ORDER
from tests.support.http import Client
from tests.support.sample_exchanges import delivered, stocked
from tests.support.sample_orders import GUEST
from tests.support.sample_returns import OWNER, completed_order

Begin = Callable[..., UnitOfWork]
Staff = Callable[..., Client]
KEY = "return-key-1"


@pytest.fixture
def order(begin: Begin, clock: Any) -> Order:
    clock.now = utc_now()
    return completed_order(begin, stages=(Stage(State.COMPLETED, clock.now),))


@pytest.fixture
def customer(database: None) -> Client:
    return Client(OWNER)


@pytest.fixture
def after_sales(as_staff: Staff) -> Client:
    return as_staff(Post.AFTER_SALES)


@pytest.fixture
def store(as_staff: Staff) -> Client:
    return as_staff(Post.STORE, scopes=["RTM1"])


@pytest.fixture
def finance(as_staff: Staff) -> Client:
    return as_staff(Post.FINANCE)


def wanted(**units: int) -> dict[str, Any]:
    lines = [{"line": line[1:], "quantity": n, "reason": "changed_mind"} for line, n in units.items()]
    return {"lines": lines, "note": "Too small <b>"}


def inspected(*lines: tuple[str, int, int]) -> dict[str, Any]:
    return {
        "lines": [
            {"line": line, "accepted": yes, "rejected": no, "condition": "unopened", "disposition": "restock"}
            for line, yes, no in lines
        ]
    }


def test_a_return_is_asked_for_once_under_one_key_and_can_be_read_ret02(customer: Client, order: Order) -> None:
    first = customer.post(f"/orders/{order.id}/returns", wanted(_1=1), key=KEY)
    assert first.status == 201, first.text
    again = customer.post(f"/orders/{order.id}/returns", wanted(_1=1), key=KEY)
    assert again.json["id"] == first.json["id"]
    listed = customer.get(f"/orders/{order.id}/returns").json["items"]
    assert [one["id"] for one in listed] == [first.json["id"]]
    shown = customer.get(f"/returns/{first.json['id']}").json
    assert shown["state"] == "APPROVED"
    assert shown["allowed"] == ["cancel"]
    assert shown["estimate"] == {"amount": "20.00", "currency": "EUR"}
    assert {stage["state"] for stage in shown["stages"]} == {"REQUESTED", "APPROVED"}


def test_a_stranger_finds_neither_order_nor_return_e12(customer: Client, order: Order, as_shopper: Any) -> None:
    made = customer.post(f"/orders/{order.id}/returns", wanted(_1=1), key=KEY).json
    stranger = as_shopper("eve")
    assert stranger.post(f"/orders/{order.id}/returns", wanted(_2=1), key=KEY).status == 404
    assert stranger.get(f"/returns/{made['id']}").status == 404
    assert stranger.get(f"/orders/{order.id}/returns").status == 404
    assert stranger.post(f"/returns/{made['id']}/cancel", key=KEY).status == 404
    assert Client().get(f"/returns/{made['id']}").status == 401


def test_a_guest_returns_with_the_token_of_the_order(begin: Begin, order: Order, database: None) -> None:
    uow = begin()
    uow.commit(uow.put(ORDER, replace(uow.get(ORDER, order.id), owner=GUEST)))
    guest = Client(Principal("guest", guest=GUEST.guest))
    assert guest.post(f"/orders/{order.id}/returns", wanted(_1=1), key=KEY).status == 201
    other = Client(Principal("guest", guest="0" * 64))
    assert other.post(f"/orders/{order.id}/returns", wanted(_2=1), key=KEY).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {"lines": []},
        {"lines": [{"line": "1", "quantity": 0, "reason": "other"}]},
        {"lines": [{"line": "1", "quantity": 1, "reason": "bored"}]},
        {"lines": [{"line": "1", "quantity": 1, "reason": "other", "refund": "99.00"}]},
        {"lines": [{"line": "1", "quantity": True, "reason": "other"}]},
        {"lines": [{"line": "1", "quantity": 1, "reason": "other"}], "state": "REFUNDED"},
    ],
)
def test_what_does_not_belong_into_a_request_is_refused_f8(customer: Client, order: Order, body: Any) -> None:
    assert customer.post(f"/orders/{order.id}/returns", body, key=KEY).status == 400


def test_more_than_delivered_is_refused_with_what_is_left_m10(customer: Client, order: Order) -> None:
    refused = customer.post(f"/orders/{order.id}/returns", wanted(_1=3), key=KEY)
    assert refused.status == 422
    assert (refused.json["type"], refused.json["left"]) == ("/problems/more-than-delivered", 2)


def test_the_desks_pass_a_return_along_rte06(
    customer: Client, order: Order, after_sales: Client, store: Client, finance: Client
) -> None:
    made = customer.post(f"/orders/{order.id}/returns", wanted(_1=2, _2=1), key=KEY).json
    path = f"/staff/returns/{made['id']}"

    def on(client: Client, desk: str, **more: str) -> list[str]:
        answer = client.get("/staff/returns", query={"desk": desk, **more})
        assert answer.status == 200, answer.text
        return [one["id"] for one in answer.json["items"]]

    assert on(after_sales, "after_sales") == [made["id"]]
    assert after_sales.post(f"{path}/approve", {}, key=KEY).json["state"] == "APPROVED"
    assert on(after_sales, "after_sales") == []
    assert on(store, "receiving") == [made["id"]]
    assert store.post(f"{path}/receive", {"waybill": "1Z999"}, key=KEY).json["waybill"] == "1Z999"
    assert on(store, "inspection") == [made["id"]]
    done = store.post(f"{path}/inspect", inspected(("1", 2, 0), ("2", 1, 0)), key=KEY).json
    assert done["refund"] == {"amount": "65.00", "currency": "EUR"}
    assert done["shipping_refund"] == {"amount": "5.00", "currency": "EUR"}
    assert on(finance, "finance", store="RTM1") == [made["id"]]
    assert finance.post(f"{path}/release", key=KEY).json["state"] == "REFUNDING"
    assert finance.post(f"{path}/release", key=KEY).json["state"] == "REFUNDING"
    assert finance.post(f"{path}/release", key="another-key").status == 409
    assert on(finance, "finance", store="RTM1") == []


def test_what_a_state_does_not_allow_is_refused_with_what_it_does(
    customer: Client, order: Order, store: Client
) -> None:
    made = customer.post(f"/orders/{order.id}/returns", wanted(_1=1), key=KEY).json
    refused = store.post(f"/staff/returns/{made['id']}/inspect", inspected(("1", 1, 0)), key=KEY)
    assert refused.status == 409
    assert "receive" in refused.json["allowed"]


def test_each_post_does_its_own_work_only_rol01(
    customer: Client, order: Order, store: Client, finance: Client, after_sales: Client, as_staff: Staff
) -> None:
    made = customer.post(f"/orders/{order.id}/returns", wanted(_1=2, _2=1), key=KEY).json
    path = f"/staff/returns/{made['id']}"
    assert store.post(f"{path}/approve", {}, key=KEY).status == 403
    assert finance.post(f"{path}/approve", {}, key=KEY).status == 403
    assert after_sales.post(f"{path}/release", key=KEY).status == 403
    assert finance.post(f"{path}/inspect", inspected(("1", 2, 0)), key=KEY).status == 403
    assert customer.get(path).status == 403
    assert as_staff(Post.PLANNING).get(path).status == 403


def test_a_store_sees_its_own_list_and_returns_only_rol03(customer: Client, order: Order, as_staff: Staff) -> None:
    made = customer.post(f"/orders/{order.id}/returns", wanted(_1=1), key=KEY).json
    berlin = as_staff(Post.STORE, scopes=["BER-S1"])
    assert berlin.get(f"/staff/returns/{made['id']}").status == 404
    assert berlin.post(f"/staff/returns/{made['id']}/receive", {}, key=KEY).status == 404
    assert berlin.get("/staff/returns", query={"desk": "receiving"}).json["items"] == []
    assert berlin.get("/staff/returns", query={"desk": "receiving", "store": "RTM1"}).json["items"] == []


def test_the_after_sales_desk_of_the_whole_shop_is_not_shown_to_a_store_rol03(
    customer: Client, order: Order, after_sales: Client, store: Client
) -> None:
    made = customer.post(f"/orders/{order.id}/returns", wanted(_1=2, _2=1), key=KEY).json
    assert [one["id"] for one in after_sales.get("/staff/returns").json["items"]] == [made["id"]]
    assert store.get("/staff/returns").json["items"] == []


def test_a_desk_of_a_store_needs_the_store_named(finance: Client) -> None:
    assert finance.get("/staff/returns", query={"desk": "finance"}).status == 400


def test_the_return_policy_of_a_market_is_public_ret01_ret08(guest: Client, database: None) -> None:
    europe = guest.get("/markets/EU/return-policy").json
    assert (europe["return_within_days"], europe["label"], europe["resolution"]) == (30, "prepaid", "refund")
    brazil = guest.get("/markets/BR/return-policy").json
    assert (brazil["label"], brazil["label_for_faults"], brazil["resolution"]) == ("own_cost", "prepaid", "keep_goods")
    assert guest.get("/markets/XX/return-policy").status == 404


def test_an_exchange_is_asked_for_agreed_to_and_seen_from_both_orders_ret02_ret03(
    begin: Begin, customer: Client, after_sales: Client, clock: Any
) -> None:
    clock.now = utc_now()
    stocked(begin)
    order = delivered(begin, stages=(Stage(State.COMPLETED, clock.now),))
    body = {"lines": [{"line": "1", "quantity": 1, "reason": "wrong_item", "sku": "mug-m"}]}
    asked = customer.post(f"/orders/{order.id}/exchanges", body, key=KEY)
    assert asked.status == 201, asked.text
    assert asked.json["state"] == "REQUESTED"
    assert asked.json["replacements"] == [{"line": "1", "sku": "mug-m", "title": "Mug mug (M)"}]
    again = customer.post(f"/orders/{order.id}/exchanges", body, key=KEY)
    assert again.json["id"] == asked.json["id"]
    path = f"/staff/returns/{asked.json['id']}"
    agreed = after_sales.post(f"{path}/approve", {}, key=KEY)
    assert agreed.status == 200, agreed.text
    number = agreed.json["exchange_order"]
    shown = customer.get(f"/orders/{number}").json
    assert (shown["order_class"], shown["state"]) == ("exchange", "awaiting_return")
    assert shown["exchange"] == {"of": order.id, "return_id": asked.json["id"]}
    assert shown["can"] == ["cancel"]
    assert customer.get(f"/orders/{order.id}/returns").json["items"][0]["exchange_order"] == number
    assert after_sales.post(f"{path}/write-off", {"note": "x"}, key=KEY).status == 409


@pytest.mark.parametrize(
    ("line", "status", "pointer"),
    [
        ({"sku": "mug-l"}, 422, ""),
        ({"sku": "bowl-1"}, 400, "/lines/0/sku"),
        ({"sku": "../x"}, 400, "/lines/0/sku"),
        ({"line": "9"}, 400, "/lines/0/line"),
        ({"quantity": 0}, 400, "/lines/0/quantity"),
    ],
)
def test_an_exchange_for_something_else_is_refused_with_the_wrong_field(
    begin: Begin, customer: Client, clock: Any, line: dict[str, Any], status: int, pointer: str
) -> None:
    clock.now = utc_now()
    stocked(begin)
    order = delivered(begin, stages=(Stage(State.COMPLETED, clock.now),))
    body = {"lines": [{"line": "1", "quantity": 1, "reason": "other", **line}]}
    refused = customer.post(f"/orders/{order.id}/exchanges", body, key=KEY)
    assert refused.status == status, refused.text
    assert not pointer or [error["pointer"] for error in refused.json["errors"]] == [pointer]
    assert customer.get(f"/orders/{order.id}/returns").json["items"] == []


def test_goods_owed_are_on_the_house_wide_lists(after_sales: Client, as_staff: Staff) -> None:
    for desk in ("after_sales", "management"):
        assert after_sales.get("/staff/returns", query={"desk": desk}).status == 200
