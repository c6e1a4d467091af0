"""The routes of orders: whose they are, what they answer, what repetition does (G1, G8, I1, I3, Z1, Z2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core import aws, secrets
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import NotAllowed
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, OrderClass, Reason, State, new_number
from chalicelib.orders.items import ORDER
from tests.support.faults import injected
from tests.support.http import Client
from tests.support.sample_orders import BERLIN, an_order

ADDRESS = {
    "name": "Erika Mustermann",
    "lines": ["Invalidenstraße 117"],
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}


@pytest.fixture(autouse=True)
def _same_time_at_the_door(monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    """Requests happen at the test's own time."""
    monkeypatch.setattr("chalicelib.core.http.routes.utc_now", lambda: clock.now)


@pytest.fixture
def _keys(database: None) -> Iterator[None]:
    """The secrets that cursors and the sandbox provider need."""
    secrets.forget()
    for name, fields in {"signing": {"key": "k" * 32}, "sandbox": {"webhook_secret": "w" * 32}}.items():
        aws.client("secretsmanager").create_secret(Name=f"caravan/test/{name}", SecretString=json.dumps(fields))
    yield
    secrets.forget()


@pytest.fixture
def client(ann: Principal, database: None) -> Client:
    return Client(ann)


@pytest.fixture
def desk(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.ORDER_DESK)


def confirmation(shop: Any) -> dict[str, str]:
    quote = shop.quoted()
    return {"cart_id": quote.cart_id, "quote_hash": quote.hash}


def test_the_same_request_makes_one_order_and_answers_the_same_i1(shop: Any, client: Client) -> None:
    body = confirmation(shop)
    first, second = (client.post("/orders", body, key="place-1234") for _ in range(2))
    assert (first.status, second.status) == (201, 201), first.text
    assert first.text == second.text
    assert first.json["state"] == "awaiting_payment"
    assert first.json["can"] == ["pay", "cancel"]
    assert shop.level("POT") == (8, 2)
    other = client.post("/orders", {**body, "quote_hash": "0" * 64}, key="place-1234")
    assert other.status == 422


def test_a_key_names_one_order_whatever_its_class_i1(shop: Any, client: Client) -> None:
    """The second body leads to an order of another class, whose number differs in its first letter."""
    assert client.post("/orders", confirmation(shop), key="place-1234").status == 201
    virtual = shop.quoted(lines=(("CARD", 1),))
    answer = client.post("/orders", {"cart_id": virtual.cart_id, "quote_hash": virtual.hash}, key="place-1234")
    assert (answer.status, answer.json["type"]) == (422, "/problems/idempotency-key-reused")
    assert shop.level("POT") == (8, 2)


@pytest.mark.parametrize("call", [1, 2, 3])
def test_two_equal_requests_at_once_make_one_order_i1(shop: Any, client: Client, call: int) -> None:
    body, answers = confirmation(shop), []
    with injected(None, lambda: answers.append(client.post("/orders", body, key="place-1234")), at=call):
        answers.append(client.post("/orders", body, key="place-1234"))
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json["id"] == answers[1].json["id"]
    assert shop.level("POT") == (8, 2)


def test_two_customers_may_use_the_same_key_i1(shop: Any, client: Client, bob: Principal) -> None:
    theirs = shop.quoted(bob)
    mine = client.post("/orders", confirmation(shop), key="place-1234")
    other = Client(bob).post("/orders", {"cart_id": theirs.cart_id, "quote_hash": theirs.hash}, key="place-1234")
    assert (mine.status, other.status) == (201, 201)
    assert mine.json["id"] != other.json["id"]


def test_placing_needs_an_idempotency_key_and_nothing_else_i1(shop: Any, client: Client) -> None:
    body = confirmation(shop)
    assert client.post("/orders", body).status == 400
    assert client.post("/orders", {**body, "total": "1.00"}, key="place-1234").status == 400
    assert client.post("/orders", {**body, "state": "routed"}, key="place-1234").status == 400
    assert shop.level("POT") == (10, 0)


def test_a_foreign_order_and_no_order_look_the_same_z2(shop: Any, as_shopper: Callable[..., Client]) -> None:
    order, stranger = shop.placed(), as_shopper("eve")
    nothing = new_number(OrderClass.COURIER)
    for method, path, body in (
        ("GET", "/orders/{}", None),
        ("GET", "/orders/{}/timeline", None),
        ("POST", "/orders/{}/cancel", {}),
        ("POST", "/orders/{}/payment", {}),
        ("PATCH", "/orders/{}", {"ship_to": ADDRESS}),
    ):
        key = "cancel-1234" if path.endswith("cancel") else ""
        foreign = stranger.request(method, path.format(order.id), body, key=key)
        missing = stranger.request(method, path.format(nothing), body, key=key)
        assert foreign.status == missing.status == 404, (method, path, foreign.text)
        assert foreign.text.replace(order.id, "") == missing.text.replace(nothing, "")
    assert shop.order(order).state is State.AWAITING_PAYMENT


def test_a_mistyped_number_is_told_from_an_unknown_one_ord_05(shop: Any, client: Client) -> None:
    order = shop.placed()
    wrong = order.id[:-1] + ("0" if order.id[-1] != "0" else "1")
    answer = client.get(f"/orders/{wrong}")
    assert answer.status == 400
    assert answer.json["type"].endswith("mistyped-order-number")
    assert client.get(f"/orders/{order.id.lower()}").status == 200


def test_a_guest_sees_the_order_by_token_only_ord_03(shop: Any, anonymous: Principal) -> None:
    order = shop.placed(anonymous)
    assert Client(anonymous).get(f"/orders/{order.id}").status == 200
    assert Client(Principal("guest", guest="0" * 64)).get(f"/orders/{order.id}").status == 404
    assert Client(Principal()).get(f"/orders/{order.id}").status == 401
    assert Client(anonymous).get("/orders").status in {401, 403}


@pytest.mark.usefixtures("_keys")
def test_shoppers_list_their_own_orders_newest_first_ord_24(shop: Any, client: Client, clock: Any, bob: Any) -> None:
    placed = []
    for _ in range(3):
        placed.append(shop.placed().id)
        clock.forward(minutes=1)
    shop.placed(bob)
    first = client.get("/orders", query={"limit": 2}).json
    second = client.get("/orders", query={"limit": 2, "cursor": first["next"]}).json
    assert [item["id"] for item in first["items"] + second["items"]] == placed[::-1]
    assert second.get("next") is None


def test_the_timeline_tells_shoppers_less_than_staff_ord_26(shop: Any, client: Client, desk: Client) -> None:
    order = shop.pay(shop.placed())
    shop.do(lambda uow: orders.raise_problem(uow, uow.get(ORDER, order.id), "out_of_stock"))
    mine = client.get(f"/orders/{order.id}/timeline", headers={"accept-language": "zh-CN"}).json["items"]
    assert {"order.placed", "order.paid"} <= {item["type"] for item in mine}
    assert "order.problem_raised" not in {item["type"] for item in mine}
    assert mine[0]["text"] == "订单已提交"
    assert set(mine[0]) == {"at", "type", "text"}
    all_of_it = desk.get(f"/staff/orders/{order.id}/timeline").json["items"]
    assert {"order.problem_raised", "order.paid"} <= {item["type"] for item in all_of_it}


def test_a_customer_corrects_a_returned_order_rev_03(shop: Any, client: Client) -> None:
    order = shop.pay(shop.placed())
    shop.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), (Reason("address_incomplete"),)))
    seen = client.get(f"/orders/{order.id}")
    assert set(seen.json["can"]) == {"correct", "cancel"}
    assert seen.json["reasons"][0]["text"].startswith("The delivery address")
    etag = seen.headers["ETag"]
    stale = client.patch(f"/orders/{order.id}", {"ship_to": ADDRESS}, headers={"if-match": '"1"'})
    assert stale.status == 412
    fixed = client.patch(f"/orders/{order.id}", {"ship_to": ADDRESS}, headers={"if-match": etag})
    assert (fixed.status, fixed.json["state"]) == (200, "under_review"), fixed.text
    again = client.patch(f"/orders/{order.id}", {"ship_to": ADDRESS})
    assert again.status == 409
    assert again.json["allowed"] == fixed.json["can"] == ["cancel"]


def test_the_order_desk_decides_and_others_may_not_rev_07(
    shop: Any, desk: Client, client: Client, as_staff: Callable[..., Client]
) -> None:
    order = an_order(State.ON_HOLD)
    shop.do(lambda uow: uow.put(ORDER, order))
    path = f"/staff/orders/{order.id}"
    assert client.post(f"{path}/release", key="release-1").status == 403
    assert as_staff(Post.PRODUCT_MANAGEMENT).post(f"{path}/release", key="release-1").status == 403
    returned = desk.post(f"{path}/return", {"reasons": ["other"], "note": "Which floor?"}, key="return-1")
    assert (returned.status, returned.json["state"]) == (200, "returned_to_customer"), returned.text
    assert returned.json["group"] == "customer"
    released = desk.post(f"{path}/release", key="release-1")
    assert (released.status, released.json["state"]) == (200, "reviewed")
    assert desk.post(f"{path}/release", key="release-1").json == released.json
    assert desk.post(f"{path}/release", key="release-2").status == 409


def test_work_lists_are_divided_by_state_and_marked_ord_17(shop: Any, desk: Client) -> None:
    held, returned = an_order(State.ON_HOLD), an_order(State.RETURNED_TO_CUSTOMER)
    shop.do(lambda uow: (uow.put(ORDER, held), uow.put(ORDER, returned)))
    everything = desk.get("/staff/orders").json["items"]
    assert {item["id"]: item["mark"] for item in everything} == {held.id: "unhandled", returned.id: "handled"}
    only = desk.get("/staff/orders", query={"state": "on_hold"}).json["items"]
    assert [item["id"] for item in only] == [held.id]


def test_a_stores_staff_see_their_own_stores_orders_only_rol_03(shop: Any, as_staff: Callable[..., Client]) -> None:
    order = an_order(State.ROUTED, store="RTM1")
    shop.do(lambda uow: uow.put(ORDER, order))
    assert as_staff(Post.STORE, scopes=["RTM1"]).get(f"/staff/orders/{order.id}").status == 200
    assert as_staff(Post.STORE, scopes=["LAX1"]).get(f"/staff/orders/{order.id}").status == 404


def test_staff_cancel_with_a_reason_of_their_own_ord_15(shop: Any, desk: Client) -> None:
    order = shop.pay(shop.placed())
    answer = desk.post(f"/staff/orders/{order.id}/cancel", {"reason": "out_of_stock"}, key="cancel-1")
    assert (answer.status, answer.json["cancelled_for"]) == (200, "out_of_stock")
    assert shop.level("POT") == (10, 0)


def test_staff_route_by_hand_rte_01(shop: Any, desk: Client) -> None:
    order = shop.pay(shop.placed())
    shop.do(lambda uow: orders.review(uow, order.id))
    answer = desk.post(f"/staff/orders/{order.id}/route", {}, key="route-123")
    assert (answer.status, answer.json["store"]) == (200, "RTM1"), answer.text


def test_two_people_in_one_process_see_their_own_c15(shop: Any, client: Client, bob: Principal) -> None:
    mine, theirs = shop.placed(), shop.placed(bob)
    for _ in range(2):
        assert client.get(f"/orders/{mine.id}").json["id"] == mine.id
        assert Client(bob).get(f"/orders/{theirs.id}").json["id"] == theirs.id
        assert client.get(f"/orders/{theirs.id}").status == 404


def test_the_address_in_the_order_is_a_copy_cve_2024_29888(shop: Any, client: Client) -> None:
    one, other = shop.placed(), shop.placed()
    shop.do(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, one.id), ship_to=replace(BERLIN, city="Potsdam"))))
    assert client.get(f"/orders/{other.id}").json["ship_to"]["city"] == "Berlin"


@pytest.mark.usefixtures("_keys")
def test_opening_the_payment_twice_gives_the_same_page_pay_07(shop: Any, client: Client) -> None:
    order = shop.placed()
    first, second = (client.post(f"/orders/{order.id}/payment", {}) for _ in range(2))
    assert first.status == 200, first.text
    assert first.json["redirect_url"] == second.json["redirect_url"]
    assert first.json["amount"]["amount"] == order.totals.total.text
    shop.pay(order)
    assert client.post(f"/orders/{order.id}/payment", {}).status == 409


@pytest.mark.usefixtures("_keys")
@pytest.mark.parametrize("call", [2, 3])
def test_no_payment_is_opened_for_an_order_that_is_cancelled_meanwhile_d14(
    shop: Any, ann: Principal, call: int
) -> None:
    order = shop.placed()

    def cancel() -> None:
        shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.CHANGED_MIND))

    with injected(None, cancel, at=call), pytest.raises(NotAllowed):
        shop.do(lambda uow: orders.open_payment(uow, order.id, ann))
    assert shop.payment(order) is None


@pytest.mark.usefixtures("_keys")
def test_the_stock_does_not_go_while_somebody_pays_d8(shop: Any, clock: Any, ann: Principal) -> None:
    order = shop.placed()
    clock.forward(minutes=29)
    shop.do(lambda uow: orders.open_payment(uow, order.id, ann))
    assert (shop.order(order).deadlines["pay_by"] - order.placed_at).total_seconds() == 39 * 60
    clock.forward(minutes=9)
    shop.do(lambda uow: orders.open_payment(uow, order.id, ann))
    assert (shop.order(order).deadlines["pay_by"] - order.placed_at).total_seconds() == 40 * 60
    clock.forward(minutes=3)
    with pytest.raises(orders.TooLateToPay):
        shop.do(lambda uow: orders.open_payment(uow, order.id, ann))
