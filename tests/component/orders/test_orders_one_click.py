"""One-click purchase (ORD-02): one request, one order, to the default address, with the page to pay it on."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from chalicelib.cart import service as cart
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Unavailable
from chalicelib.orders.domain import State
from chalicelib.orders.items import ORDER
from chalicelib.payments.items import PAYMENT
from chalicelib.payments.providers import sandbox
from tests.support.http import Client

HOME = {
    "name": "Ann Other", "phone": "+4930901820", "lines": ["Torstraße 1"], "city": "Berlin", "postal_code": "10119",
    "country": "DE",
}  # fmt: skip
EVERYTHING = {"payment_method": "card", "language": "de"}


@pytest.fixture(autouse=True)
def now(clock: Any, shop: Any) -> Any:
    with time_machine.travel(clock.now, tick=False):
        yield


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pages that were opened at the sandbox, by their key."""
    calls: list[Any] = []

    def open_page(_self: Any, call: Any) -> sandbox.Opened:
        calls.append(call)
        return sandbox.Opened(f"page-{call.key}", redirect_url=f"http://shop.test/pay/{call.key}")

    monkeypatch.setattr(sandbox.Sandbox, "open", open_page)
    monkeypatch.setattr(sandbox.Sandbox, "is_configured", lambda _self: True)
    return calls


@pytest.fixture
def owner(ann: Principal) -> Client:
    """Ann, whose profile says everything."""
    client = Client(ann)
    assert client.patch("/me", EVERYTHING).status == 200
    assert client.post("/me/addresses", {"address": HOME}, key="address-1").status == 201
    return client


def buy(client: Client, key: str = "purchase-0001", **body: Any) -> Any:
    return client.post("/me/purchases", {"sku": "POT", **body}, key=key)


def test_one_request_makes_an_order_to_be_paid_on_the_page_that_comes_along_ord_02(
    shop: Any, owner: Client, opened: list[Any]
) -> None:
    bought = buy(owner, quantity=2)
    assert bought.status == 201, bought.text
    order = shop.order(bought.json["order"]["id"])
    assert (order.state, order.ship_to.city, order.payment_method) == (State.AWAITING_PAYMENT, "Berlin", "card")
    assert (order.market, order.contact.email, order.units) == ("EU", "ann@example.com", 2)
    assert bought.json["payment"]["redirect_url"] == f"http://shop.test/pay/{opened[0].key}"
    assert bought.json["payment"]["amount"]["amount"] == order.totals.total.text
    assert shop.level("POT") == (8, 2)
    shop.report(shop.fact(order))
    assert shop.order(order).state is State.UNDER_REVIEW


def test_repeated_it_is_the_same_order_and_the_same_page(shop: Any, owner: Client, opened: list[Any]) -> None:
    answers = [buy(owner) for _ in range(3)]
    assert {answer.status for answer in answers} == {201}
    assert len({(a.json["order"]["id"], a.json["payment"]["redirect_url"]) for a in answers}) == 1
    assert shop.level("POT") == (9, 1) and len({call.key for call in opened}) == 1
    assert buy(owner, quantity=2).status == 422
    assert buy(owner, key="purchase-0002").json["order"]["id"] != answers[0].json["order"]["id"]


def test_repeated_after_it_was_paid_there_is_no_page_any_more(shop: Any, owner: Client) -> None:
    order = shop.order(buy(owner).json["order"]["id"])
    shop.report(shop.fact(order))
    again = buy(owner)
    assert (again.status, again.json["order"]["state"], again.json["payment"]) == (201, "under_review", None)


def test_the_stored_cart_stays_as_it_is_crt_07(shop: Any, owner: Client, ann: Principal) -> None:
    stored = owner.post("/carts", {"market": "EU", "lines": [{"sku": "CUP"}]}).json
    buy(owner)
    assert owner.get(f"/carts/{stored['id']}").json["lines"] == stored["lines"]
    assert cart.stored(shop.begin(), ann.id).id == stored["id"]


@pytest.mark.parametrize(
    ("profile", "address", "missing"),
    [
        ({}, False, ["default_address", "payment_method"]),
        (EVERYTHING, False, ["default_address"]),
        ({"payment_method": ""}, True, ["payment_method"]),
        ({"payment_method": "pix"}, True, ["payment_method"]),
        (EVERYTHING | {"market": "US"}, True, ["default_address"]),
        (EVERYTHING | {"delivery": {"method": "pickup", "store": "SHA-S1", "point": "desk"}}, True, ["delivery"]),
    ],
)
def test_what_the_profile_lacks_is_named_and_nothing_happens(
    shop: Any, ann: Principal, opened: list[Any], profile: dict[str, Any], address: bool, missing: list[str]
) -> None:
    client = Client(ann)
    client.patch("/me", profile)
    if address:
        client.post("/me/addresses", {"address": HOME}, key="address-1")
    refused = buy(client)
    assert (refused.status, refused.json["type"], refused.json["missing"]) == (422, "/problems/not-prepared", missing)
    assert shop.level("POT") == (10, 0) and opened == []


def test_without_an_address_for_mails_nothing_is_bought(owner: Client, ann: Principal) -> None:
    nameless = Client(Principal("shopper", ann.id))
    assert buy(nameless).json["missing"] == ["email"]


@pytest.mark.parametrize(
    ("at_most", "status"),
    [({"amount": "24.50", "currency": "EUR"}, 201), ({"amount": "24.49", "currency": "EUR"}, 409),
     ({"amount": "99.00", "currency": "USD"}, 400)],
)  # fmt: skip
def test_nothing_is_bought_for_more_than_was_agreed_to(
    shop: Any, owner: Client, at_most: dict[str, str], status: int
) -> None:
    answer = buy(owner, at_most=at_most)
    assert answer.status == status, answer.text
    if status == 409:
        assert answer.json["total"] == {"amount": "24.50", "currency": "EUR"}
    assert shop.level("POT") == ((9, 1) if status == 201 else (10, 0))


def test_a_provider_that_does_not_answer_leaves_nothing_behind_and_the_same_key_buys_later(
    shop: Any, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = sandbox.Sandbox.open

    def down(_self: Any, _call: Any) -> sandbox.Opened:
        raise Unavailable("down")

    monkeypatch.setattr(sandbox.Sandbox, "open", down)
    assert buy(owner).status == 503
    assert shop.level("POT") == (10, 0)
    monkeypatch.setattr(sandbox.Sandbox, "open", working)
    assert buy(owner).status == 201
    assert shop.level("POT") == (9, 1)


def test_a_purchase_that_is_run_again_opens_the_same_page(
    shop: Any, owner: Client, opened: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writer changes the stock between the opened page and the commit: the order's number stays."""
    from chalicelib.core import unit_of_work
    from chalicelib.core.errors import VersionConflict

    commit, failed = unit_of_work.UnitOfWork.commit, []

    def once_too_late(uow: Any, result: Any) -> Any:
        if not failed and any(key.sk == "ORDER" for key in uow._puts):
            failed.append(1)
            raise VersionConflict
        return commit(uow, result)

    monkeypatch.setattr(unit_of_work.UnitOfWork, "commit", once_too_late)
    bought = buy(owner)
    assert bought.status == 201 and failed
    assert len(opened) == 2 and len({(call.key, call.order_id) for call in opened}) == 1
    assert shop.begin().get(PAYMENT, bought.json["order"]["id"], f"{bought.json['order']['id']}-1").sessions


def test_what_is_sold_out_or_unknown_is_not_bought(shop: Any, owner: Client) -> None:
    assert buy(owner, quantity=11).json["type"] == "/problems/sold-out"
    assert buy(owner, sku="NOTHING", key="purchase-0003").status == 404
    assert shop.level("POT") == (10, 0)


def test_goods_are_picked_up_where_the_profile_says(shop: Any, owner: Client) -> None:
    from chalicelib.inventory import service as inventory

    shop.do(lambda uow: inventory.receive(uow, {("POT", "BER-S1"): 3}, "opening"))
    assert owner.patch("/me", {"delivery": {"method": "pickup", "store": "BER-S1", "point": "desk"}}).status == 200
    order = shop.order(buy(owner).json["order"]["id"])
    assert (order.handover.store, order.handover.point, order.id[0]) == ("BER-S1", "desk", "P")


def test_guests_and_requests_without_a_key_are_refused(owner: Client) -> None:
    assert Client(Principal("guest", guest="b" * 64)).post("/me/purchases", {"sku": "POT"}, key="x" * 8).status == 403
    assert owner.post("/me/purchases", {"sku": "POT"}).status == 400


def test_cart_order_and_payment_are_there_together(shop: Any, owner: Client) -> None:
    order_id = buy(owner).json["order"]["id"]
    uow = shop.begin()
    assert uow.get(ORDER, order_id).payment_id == uow.get(PAYMENT, order_id, f"{order_id}-1").id
