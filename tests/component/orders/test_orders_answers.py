"""A returned order answered in words, or ordered anew in another way, over HTTP (REV-03, REV-05, ORD-05)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.cart import service as cart
from chalicelib.catalog.domain import Status
from chalicelib.catalog.items import VARIANT
from chalicelib.core.auth import Post, Principal
from chalicelib.ledger import service as ledger
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, Reason, State
from chalicelib.orders.items import ABNORMAL, ORDER
from tests.support.http import Client

DESK = Client(Principal("staff", "pat", posts=frozenset({Post.ORDER_DESK})))


@pytest.fixture(autouse=True)
def _same_time_at_the_door(monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    monkeypatch.setattr("chalicelib.core.http.routes.utc_now", lambda: clock.now)


def returned(shop: Any, principal: Any, **cart_lines: Any) -> Order:
    """A paid order about which staff ask something."""
    order = shop.pay(shop.placed(principal, **cart_lines))
    asked = (Reason("other", "What colour?"),)
    shop.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), asked))
    result: Order = shop.order(order)
    return result


def test_an_answer_is_read_by_a_person_before_the_order_goes_on_rev_03(shop: Any, ann: Any) -> None:
    order = returned(shop, ann)
    path = f"/orders/{order.id}"
    answered = Client(ann).patch(path, {"note": "Blue, please."})
    assert (answered.status, answered.json["state"]) == (200, "under_review"), answered.text
    held = shop.do(lambda uow: orders.review(uow, order.id))
    assert (held.state, held.reasons) == (State.ON_HOLD, (Reason("answered", "Blue, please."),))
    assert "decide_by" in held.deadlines
    (reason,) = DESK.get(f"/staff{path}").json["reasons"]
    assert reason == {"code": "answered", "note": "Blue, please.", "text": "What you told us."}
    assert DESK.post(f"/staff{path}/release", key="release-1").json["state"] == "reviewed"
    assert [(one.code, one.note) for one in shop.order(order).reasons] == [("answered", "Blue, please.")]
    assert shop.order(order).totals == order.totals


def test_an_answer_to_what_the_review_found_is_for_a_person_too_rev_03(shop: Any, ann: Any) -> None:
    """The farm's address says no more: nobody sends the order round for ever."""
    order = returned(shop, ann)
    farm = {
        "name": "Ann", "phone": "+4930901820", "lines": ["Hof"], "city": "Berlin", "postal_code": "10115",
        "country": "DE",
    }  # fmt: skip
    assert Client(ann).patch(f"/orders/{order.id}", {"ship_to": farm, "note": "It has no number."}).status == 200
    held = shop.do(lambda uow: orders.review(uow, order.id))
    assert (held.state, [one.code for one in held.reasons]) == (State.ON_HOLD, ["answered", "address_incomplete"])


def test_an_answer_is_no_cause_of_an_abnormal_order_rev_11(shop: Any, ann: Any) -> None:
    order = returned(shop, ann)
    assert Client(ann).patch(f"/orders/{order.id}", {"note": "Blue."}).status == 200
    shop.do(lambda uow: orders.review(uow, order.id))
    told = [
        happening for happening in orders.timeline(shop.begin(), shop.order(order)) if happening.type == "order.held"
    ]
    assert [happening.data["reasons"] for happening in told] == [[]]
    assert shop.begin().counter(ABNORMAL.ref("2026-11")) is None


@pytest.mark.parametrize(
    "body",
    [{}, {"pickup": {}}, {"contact": {}}, {"note": " "}, {"accept_total": {"amount": "1.00", "currency": "EUR"}}],
)
def test_a_correction_says_something_rev_03(shop: Any, ann: Any, body: dict[str, Any]) -> None:
    order = returned(shop, ann)
    assert Client(ann).patch(f"/orders/{order.id}", body).status == 400
    assert shop.order(order) == order


def test_what_this_way_of_delivery_does_not_have_is_told_ord_05(shop: Any, ann: Any) -> None:
    order = returned(shop, ann)
    refused = Client(ann).patch(f"/orders/{order.id}", {"pickup": {"store": "BER-S1"}})
    assert (refused.status, refused.json["type"].rsplit("/", 1)[-1]) == (409, "other-way-of-delivery")
    assert refused.json["correctable"] == ["ship_to", "channel", "contact", "note"]
    faster = Client(ann).patch(f"/orders/{order.id}", {"channel": "EXPRESS"})
    assert (faster.status, faster.json["type"].rsplit("/", 1)[-1]) == (409, "price-would-change")


@pytest.mark.parametrize("who", ["ann", "anonymous"])
def test_a_returned_order_is_replaced_by_a_cart_with_its_goods_rev_05(
    shop: Any, who: str, request: pytest.FixtureRequest
) -> None:
    """All ten pots are held by the order itself; they are there for the cart."""
    principal = request.getfixturevalue(who)
    order = returned(shop, principal, lines=(("POT", 10), ("CUP", 1)))
    client = Client(principal)
    path = f"/orders/{order.id}/reorder"
    answers = [client.post(path, {"instead": True}, key="reorder-01") for _ in range(2)]
    assert {answer.status for answer in answers} == {201}, answers[0].text
    assert answers[0].json == answers[1].json
    assert answers[0].json["order"]["state"] == "cancelled"
    assert shop.order(order).cancelled_for == "ordered_anew"
    assert shop.level("POT") == (10, 0)
    if who == "ann":
        assert ledger.balance(shop.begin(), principal.id, "EUR") == order.totals.total
    else:
        assert shop.payment(order).refunds[0].amount == order.totals.total
    made = cart.find(shop.begin(), answers[0].json["cart_id"], principal)
    assert [(line.sku, line.quantity) for line in made.lines] == [("POT", 10), ("CUP", 1)]
    assert made.buy_now
    assert client.post(path, {"instead": True}, key="reorder-02").status == 409


def test_any_order_can_be_ordered_again_without_what_is_gone_crt_07(shop: Any, ann: Any) -> None:
    order = shop.placed(ann)
    shop.do(lambda uow: uow.put(VARIANT, replace(uow.get(VARIANT, "CUP"), status=Status.ARCHIVED)))
    again = Client(ann).post(f"/orders/{order.id}/reorder", {}, key="reorder-01")
    assert (again.status, again.json["left_out"], again.json["order"]["state"]) == (201, ["CUP"], "awaiting_payment")
    assert Client(ann).post(f"/orders/{order.id}/reorder", {"instead": True}, key="reorder-02").status == 409
    shop.pay(order)
    shop.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), (Reason("other", "?"),)))
    refused = Client(ann).post(f"/orders/{order.id}/reorder", {"instead": True}, key="reorder-03")
    assert (refused.status, refused.json["skus"]) == (422, ["CUP"])
    assert shop.order(order).state is State.RETURNED_TO_CUSTOMER
