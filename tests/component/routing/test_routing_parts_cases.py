"""What follows when a part of an order could not be handed over: one case, clocks, money, papers and letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from chalicelib.clockwork import sweep
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import NotAllowed
from chalicelib.core.table import page
from chalicelib.fulfilment.domain import Cause, Decision
from chalicelib.invoices import service as invoices
from chalicelib.invoices.domain import DocumentKind
from chalicelib.markets.domain import InvoiceRequest
from chalicelib.notifications.letters import LETTERS
from chalicelib.orders import domain as d
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER, group_list
from chalicelib.orders.service import deposits
from chalicelib.returns import service as returns
from chalicelib.returns.domain import Reason
from chalicelib.risk.items import STANDING
from tests.support.http import Client
from tests.support.sample_returns import deliver as told
from tests.support.sample_returns import happened
from tests.support.sample_splits import (
    RTM,
    SZX,
    books,
    came_back,
    deliver,
    fail,
    inspected,
    listed,
    part,
    pay_back,
    resolve,
    returned,
    routed,
    send,
    take_over,
)
from tests.support.world import waybill


def sent(shop: Any) -> Order:
    order = routed(shop)
    send(shop, order, RTM)
    send(shop, order, SZX)
    return order


# The customer's standing (BAL-05)


def cases(shop: Any, order: Order) -> list[tuple[int, bool | None]]:
    """The order's failed hand-overs under one of its customer's keys: which, and whether the customer's."""
    key = deposits.match_keys(shop.begin(), order)[0]
    standing = shop.begin().get(STANDING, key)
    return [(mark.attempt, mark.by_customer) for mark in standing.marks if mark.attempt]


def test_two_parts_that_are_refused_are_one_case_bal_05(split_shop: Any) -> None:
    order = sent(split_shop)
    fail(split_shop, order, RTM)
    fail(split_shop, order, SZX)
    assert cases(split_shop, order) == [(1, True)]
    for who in (RTM, SZX):
        take_over(split_shop, order, who)
        resolve(split_shop, order, who, Decision.TAKE_BACK)
    assert cases(split_shop, order) == [(1, True)]


def test_the_case_is_the_customers_if_one_part_failed_because_of_the_customer_ful_20(split_shop: Any) -> None:
    order = sent(split_shop)
    fail(split_shop, order, RTM, Cause.DAMAGED)
    assert cases(split_shop, order) == [(1, False)]
    fail(split_shop, order, SZX, Cause.REFUSED)
    assert cases(split_shop, order) == [(1, True)]


def test_a_part_that_fails_a_second_time_is_a_second_case_that_is_corrected_by_itself_ful_20(split_shop: Any) -> None:
    order = sent(split_shop)
    came_back(split_shop, order, SZX, Decision.SHIP_AGAIN)
    fail(split_shop, order, SZX)
    assert cases(split_shop, order) == [(1, True), (2, True)]
    split_shop.do(lambda uow: orders.correct_cause(uow, uow.get(ORDER, order.id), by_customer=False, note="x"))
    assert cases(split_shop, order) == [(1, True), (2, False)]


# Clocks and lists (REV-10, ORD-17)


def managements() -> list[str]:
    return [card.id for card in page(ORDER, "gsi2", group_list(d.Group.MANAGEMENT), limit=9).items]


def test_a_part_that_nobody_decides_on_goes_to_management_and_comes_back_with_the_decision_rev_10(
    split_shop: Any, clock: Any
) -> None:
    order = sent(split_shop)
    fail(split_shop, order, SZX)
    assert listed("SZX1") == [order.id]
    sweep(clock.forward(hours=25), until=float("inf"))
    assert part(split_shop, order, "SZX1").missed == ("decide_by",)
    sweep(clock.forward(hours=25), until=float("inf"))
    late = part(split_shop, order, "SZX1")
    assert late.is_escalated
    assert (managements(), listed("SZX1")) == ([order.id], [])
    escalated = [event.data for event in happened(order.id, "order.escalated")]
    assert [(one.deadline, one.store) for one in escalated] == [("decide_by", "SZX1")]
    take_over(split_shop, order, SZX)
    resolve(split_shop, order, SZX, Decision.SHIP_AGAIN)
    assert part(split_shop, order, "SZX1").missed == ()
    assert managements() == []


def test_a_part_that_came_back_is_taken_up_by_one_of_its_store_ord_17(split_shop: Any) -> None:
    order = sent(split_shop)
    with pytest.raises(NotAllowed):
        split_shop.do(lambda uow: orders.claim(uow, uow.get(ORDER, order.id), SZX))
    fail(split_shop, order, SZX)
    split_shop.do(lambda uow: orders.claim(uow, uow.get(ORDER, order.id), SZX))
    assert part(split_shop, order, "SZX1").claimed_by == SZX.id
    split_shop.do(lambda uow: orders.unclaim(uow, uow.get(ORDER, order.id), SZX))
    assert part(split_shop, order, "SZX1").claimed_by == ""


# Papers and later returns


def test_the_invoice_is_over_the_rest_and_the_part_that_came_back_needs_no_credit_note_ord_09(split_shop: Any) -> None:
    order = sent(split_shop)
    asked = InvoiceRequest(kind="personal", title="Ann")
    split_shop.do(lambda uow: orders.ask_invoice(uow, uow.get(ORDER, order.id), asked))
    deliver(split_shop, order, "RTM1")
    came_back(split_shop, order, SZX, Decision.TAKE_BACK)
    rest = split_shop.order(order)
    inspected(split_shop, returned(split_shop, order)["SZX1"], SZX)
    pay_back(split_shop, order)
    told(split_shop.begin, order.id, ["settle-return", "issue-invoice"], times=2)
    (invoice,) = split_shop.do(lambda uow: invoices.of_order(uow, uow.get(ORDER, order.id)))
    assert (invoice.kind, invoice.total) == (DocumentKind.INVOICE, rest.totals.total - rest.totals.deposit)
    assert [item.sku for item in invoice.items] == ["POT"]


def test_what_is_left_of_the_order_can_be_sent_back_to_the_last_cent_ret_05(split_shop: Any, ann: Any) -> None:
    order = sent(split_shop)
    deliver(split_shop, order, "RTM1")
    came_back(split_shop, order, SZX, Decision.TAKE_BACK)
    first = inspected(split_shop, returned(split_shop, order)["SZX1"], SZX)
    rest = split_shop.order(order)
    wanted = [returns.Wanted(line.id, line.quantity, Reason.CHANGED_MIND) for line in rest.lines]
    made = split_shop.do(lambda uow: returns.request(uow, order.id, ann, wanted))
    after_sales = Principal("staff", "ada", posts=frozenset({Post.AFTER_SALES}))
    if made.state.value == "REQUESTED":
        split_shop.do(lambda uow: returns.approve(uow, made.id, after_sales))
    split_shop.do(lambda uow: returns.receive(uow, made.id, RTM))
    second = inspected(split_shop, made, RTM)
    assert first.refund + second.refund == order.totals.total
    pay_back(split_shop, order)
    assert split_shop.payment(order).refundable.is_zero
    assert "customer_funds" not in books(split_shop, order)


# Letters, in words


def facts(shop: Any, order: Order, kind: str) -> dict[str, Any]:
    (event,) = happened(order.id, kind)
    uow = shop.begin()
    return dict(LETTERS[type(event.data)].tell(uow.get(ORDER, order.id), event.data, uow) or {})


def test_the_customer_reads_which_part_it_is_about_ntf_03(split_shop: Any) -> None:
    order = sent(split_shop)
    came_back(split_shop, order, SZX, Decision.SHIP_AGAIN)
    lamp = [{"title": "Paper lamp", "quantity": 1}]
    assert facts(split_shop, order, "dispatch.handover_failed") == {"cause": "refused", "items": lamp}
    assert facts(split_shop, order, "dispatch.shipped_again")["items"] == lamp


# Over HTTP


def test_the_whole_way_of_a_part_that_came_back_over_http_rte_07(
    split_shop: Any, as_staff: Callable[..., Client], clock: Any
) -> None:
    order = sent(split_shop)
    with time_machine.travel(clock.now, tick=False):
        everywhere, named = as_staff(Post.STORE, scopes=["RTM1", "SZX1"]), f"/staff/orders/{order.id}/dispatches/SZX1"
        refused = everywhere.post(f"/staff/orders/{order.id}/handover-failed", {"cause": "refused"}, key="fail-0001")
        assert (refused.status, refused.json["places"]) == (409, ["RTM1", "SZX1"])
        store = as_staff(Post.STORE, scopes=["SZX1"])
        answer = store.post(f"/staff/orders/{order.id}/handover-failed", {"cause": "refused"}, key="fail-0002")
        assert (answer.status, answer.json["state"], answer.json["allowed"]) == (200, "handover_failed", ["take_over"])
        again = everywhere.post(f"{named}/handover-failed", {"cause": "refused"}, key="fail-0003")
        assert (again.status, again.json["allowed"]) == (409, ["take_over"])
        taken = everywhere.post(f"{named}/take-over", key="take-0001")
        open_ = {one["decision"]: one["open"] for one in taken.json["decisions"]}
        assert open_ == {"keep_at_desk": False, "deliver_again": False, "ship_again": True, "take_back": True}
        assert store.get(f"/staff/orders/{order.id}/decisions").json == everywhere.get(f"{named}/decisions").json
        lacking = store.post(f"{named}/resolve", {"decision": "ship_again"}, key="again-0001")
        assert (lacking.status, [one["pointer"] for one in lacking.json["errors"]]) == (400, ["/waybill"])
        body = {"decision": "ship_again", "carrier": "china-post", "waybill": waybill()}
        for _ in range(2):  # the same request twice is one
            moved = store.post(f"{named}/resolve", body, key="again-0002")
            assert (moved.status, moved.json["state"], moved.json["store"]) == (200, "shipped", "SZX1")
        assert everywhere.get(f"{named}/pickup").status == 422
        stranger = as_staff(Post.STORE, scopes=["BER-S1"])
        assert stranger.post(f"{named}/take-over", key="take-0002").status == 404
    assert split_shop.events(order).count("dispatch.shipped_again") == 1
    assert split_shop.order(order).state is State.SHIPPED
