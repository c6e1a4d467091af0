"""Parts of an order that could not be handed over: sent again, or taken back while the rest goes its way (FUL-19)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Conflict, NotAllowed, NotFound
from chalicelib.core.money import Money
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import Cause, Decision
from chalicelib.fulfilment.domain.failures import DecisionNotOpen
from chalicelib.fulfilment.service import HandedOver
from chalicelib.ledger.items import BALANCE
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, Problem, State
from chalicelib.shipping.domain.scans import Mark
from chalicelib.shipping.domain.shipments import Box
from chalicelib.shipping.items.shipments import SHIPMENT
from chalicelib.shipping.service import shipments
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
    step,
    take_over,
)
from tests.support.world import waybill


def sent(shop: Any, **more: Any) -> Order:
    order = routed(shop, **more)
    send(shop, order, RTM)
    send(shop, order, SZX)
    return order


def line(order: Order, sku: str) -> Any:
    return next(each for each in order.lines if each.sku == sku)


# Sent again


def test_a_part_that_failed_is_sent_again_and_its_new_parcel_completes_the_order_once_e18(split_shop: Any) -> None:
    order = sent(split_shop)
    deliver(split_shop, order, "RTM1")
    came_back(split_shop, order, SZX, Decision.SHIP_AGAIN)
    assert (part(split_shop, order, "SZX1").state, split_shop.order(order).state) == (State.SHIPPED, State.SHIPPED)
    old, new = [one for one in shipments.of_order(split_shop.begin(), order.id) if one.store == "SZX1"]
    assert (old.came_back, new.came_back, new.lines, new.channel) == (True, False, old.lines, old.channel)
    deliver(split_shop, order, "SZX1", 0)  # what is said of the old parcel is no news
    assert split_shop.order(order).state is State.SHIPPED
    deliver(split_shop, order, "SZX1", 1)
    deliver(split_shop, order, "SZX1", 1)
    done = split_shop.order(order)
    assert (done.state, done.lines, done.totals) == (State.COMPLETED, order.lines, order.totals)
    assert split_shop.events(order).count("order.completed") == 1
    assert (split_shop.level("POT"), split_shop.level("LAMP", "SZX1")) == ((8, 0), (9, 0))
    assert "customer_funds" not in books(split_shop, order)


def test_a_part_fails_by_itself_while_another_place_still_packs_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    came_back(split_shop, order, RTM)
    assert (split_shop.order(order).state, listed("RTM1")) == (State.PARTLY_SHIPPED, [order.id])
    send(split_shop, order, SZX)
    deliver(split_shop, order, "SZX1")
    assert split_shop.order(order).state is State.SHIPPED
    resolve(split_shop, order, RTM, Decision.SHIP_AGAIN)
    assert listed("RTM1") == []
    deliver(split_shop, order, "RTM1", 1)
    assert split_shop.order(order).state is State.COMPLETED


def test_a_part_can_fail_and_be_sent_as_often_as_its_store_likes_e16_e18(split_shop: Any) -> None:
    order = sent(split_shop)
    for _ in range(3):
        came_back(split_shop, order, SZX, Decision.SHIP_AGAIN)
    assert part(split_shop, order, "SZX1").failed_handovers == 3
    assert split_shop.events(order).count("dispatch.shipped_again") == 3


# Taken back


def test_what_was_taken_back_leaves_the_order_with_exactly_what_it_cost_ful_19(split_shop: Any) -> None:
    order = sent(split_shop)
    lamp = line(order, "LAMP")
    deliver(split_shop, order, "RTM1")
    came_back(split_shop, order, SZX, Decision.TAKE_BACK)
    rest = split_shop.order(order)
    assert (rest.state, [each.sku for each in rest.lines]) == (State.COMPLETED, ["POT"])
    assert rest.totals.total == order.totals.total - lamp.total
    assert split_shop.level("LAMP", "SZX1") == (9, 0)  # until its store has inspected it
    assert books(split_shop, order)["customer_funds"] == -lamp.total.minor
    things = returned(split_shop, order)
    assert {place: (thing.return_to, thing.store) for place, thing in things.items()} == {"SZX1": ("SZX1", "SZX1")}
    done = inspected(split_shop, things["SZX1"], SZX)
    assert (done.refund, split_shop.level("LAMP", "SZX1")) == (lamp.total, (10, 0))
    pay_back(split_shop, order)
    payment = split_shop.payment(order)
    assert (payment.refunded, payment.to_balance) == (lamp.total, 0)  # the way that it came
    now = books(split_shop, order)
    assert "customer_funds" not in now
    assert now["receivable"] == rest.totals.total.minor
    returned(split_shop, order)
    assert split_shop.level("LAMP", "SZX1") == (10, 0)


def test_the_order_is_completed_for_the_rest_when_that_arrives_later_ful_19(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    came_back(split_shop, order, RTM, Decision.TAKE_BACK)
    assert (split_shop.order(order).state, split_shop.order(order).lines) == (State.PARTLY_SHIPPED, order.lines)
    thing = inspected(split_shop, returned(split_shop, order)["RTM1"], RTM)  # the money waits for nobody
    pay_back(split_shop, order)
    send(split_shop, order, SZX)
    deliver(split_shop, order, "SZX1")
    done = split_shop.order(order)
    assert (done.state, [each.sku for each in done.lines], done.store) == (State.COMPLETED, ["LAMP"], "SZX1")
    assert thing.refund == line(order, "POT").total
    assert done.totals.total + thing.refund == order.totals.total
    assert "customer_funds" not in books(split_shop, order)
    assert split_shop.level("POT") == (10, 0)


def test_an_order_of_which_every_part_was_taken_back_is_taken_back_ful_19(split_shop: Any) -> None:
    order = sent(split_shop)
    came_back(split_shop, order, RTM, Decision.TAKE_BACK)
    assert split_shop.order(order).state is State.SHIPPED
    came_back(split_shop, order, SZX, Decision.TAKE_BACK)
    done = split_shop.order(order)
    assert (done.state, done.totals) == (State.TAKEN_BACK, order.totals)
    things = returned(split_shop, order)
    assert set(things) == {"RTM1", "SZX1"}
    ends = [inspected(split_shop, things["RTM1"], RTM), inspected(split_shop, things["SZX1"], SZX)]
    pay_back(split_shop, order)
    assert Money.sum((end.refund for end in ends), order.currency) == order.totals.total
    assert books(split_shop, order) == {}
    assert (split_shop.level("POT"), split_shop.level("LAMP", "SZX1")) == ((10, 0), (10, 0))


def test_what_has_not_left_is_cancelled_after_the_rest_was_taken_back_ord_14(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    came_back(split_shop, order, RTM, Decision.TAKE_BACK)
    off = split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    assert (off.state, [each.sku for each in off.lines]) == (State.TAKEN_BACK, ["POT"])
    inspected(split_shop, returned(split_shop, order)["RTM1"], RTM)
    pay_back(split_shop, order)
    payment = split_shop.payment(order)
    assert (payment.refunded, payment.to_balance) == (line(order, "POT").total, line(order, "LAMP").total.minor)
    assert split_shop.begin().counter(BALANCE.ref(ann.id, "EUR"))["available"] == line(order, "LAMP").total.minor
    assert set(books(split_shop, order)) <= {"receivable", "balance"}
    assert (split_shop.level("POT"), split_shop.level("LAMP", "SZX1")) == ((10, 0), (10, 0))


def test_what_has_not_left_is_cancelled_while_a_store_decides_on_the_rest_ord_14(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    came_back(split_shop, order, RTM)
    rest = split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    assert (rest.state, rest.is_split, part(split_shop, order, "RTM1").state) == (
        State.SHIPPED, True, State.STORE_HANDLING,
    )  # fmt: skip
    resolve(split_shop, order, RTM, Decision.SHIP_AGAIN)
    deliver(split_shop, order, "RTM1", 1)
    assert split_shop.order(order).state is State.COMPLETED


def test_units_that_the_store_does_not_find_are_no_stock_and_paid_back_all_the_same_ful_19(split_shop: Any) -> None:
    order = sent(split_shop, lines=(("POT", 2), ("LAMP", 1)))
    came_back(split_shop, order, RTM, Decision.TAKE_BACK)
    pots = line(order, "POT")
    done = inspected(split_shop, returned(split_shop, order)["RTM1"], RTM, accepted=1)
    assert (done.refund, split_shop.level("POT")) == (pots.total, (9, 0))


# What does not go


def test_a_part_that_was_delivered_is_not_taken_back_ful_19(split_shop: Any) -> None:
    order = sent(split_shop)
    deliver(split_shop, order, "RTM1")
    with pytest.raises(Conflict):
        fail(split_shop, order, RTM)
    assert part(split_shop, order, "RTM1").state is State.SHIPPED


def test_nothing_is_decided_on_after_the_order_has_ended_ful_19(split_shop: Any, ann: Any) -> None:
    order = sent(split_shop)
    split_shop.do(lambda uow: fulfilment.confirm_receipt(uow, order.id, ann))
    with pytest.raises(NotAllowed) as refused:
        fail(split_shop, order, SZX)
    assert refused.value.members["state"] == State.COMPLETED


def test_the_customer_confirms_nothing_as_long_as_a_part_is_with_its_store_ord_20(split_shop: Any, ann: Any) -> None:
    order = sent(split_shop)
    fail(split_shop, order, SZX)
    with pytest.raises(Conflict):
        split_shop.do(lambda uow: fulfilment.confirm_receipt(uow, order.id, ann))
    take_over(split_shop, order, SZX)
    resolve(split_shop, order, SZX, Decision.TAKE_BACK)
    done = split_shop.do(lambda uow: fulfilment.confirm_receipt(uow, order.id, ann))
    assert (done.state, [each.sku for each in done.lines], done.completed_by) == (State.COMPLETED, ["POT"], "customer")


def test_another_store_decides_on_nothing_here_rte_03(split_shop: Any) -> None:
    order = sent(split_shop)
    fail(split_shop, order, SZX)
    with pytest.raises(NotFound):
        split_shop.do(lambda uow: fulfilment.take_over(uow, order.id, RTM, "SZX1"))
    with pytest.raises(NotAllowed):
        take_over(split_shop, order, RTM)


@pytest.mark.parametrize("decision", [Decision.DELIVER_AGAIN, Decision.KEEP_AT_DESK])
def test_a_part_is_not_brought_by_people_nor_kept_where_there_is_no_desk_ret_07(
    split_shop: Any, decision: Decision
) -> None:
    order = sent(split_shop)
    came_back(split_shop, order, SZX)
    with pytest.raises(DecisionNotOpen) as refused:
        resolve(split_shop, order, SZX, decision)
    assert refused.value.members["allowed"] == ["ship_again", "take_back"]


def test_damaged_goods_of_a_part_are_only_taken_back_ret_07(split_shop: Any) -> None:
    order = sent(split_shop)
    came_back(split_shop, order, SZX, cause=Cause.DAMAGED)
    with pytest.raises(DecisionNotOpen) as refused:
        resolve(split_shop, order, SZX, Decision.SHIP_AGAIN)
    assert refused.value.members["allowed"] == ["take_back"]


def test_of_several_parcels_of_a_part_none_may_have_arrived_ful_19(split_shop: Any) -> None:
    """Nobody knows what was in which: what is missing is refunded by hand."""
    order = routed(split_shop)
    send(split_shop, order, RTM)
    for name in ("accept", "pick"):
        step(split_shop, order, SZX, name)
    split_shop.do(lambda uow: fulfilment.pack(uow, order.id, [Box(500), Box(400)], SZX))
    handed = [HandedOver("china-post", waybill(), (number,)) for number in (1, 2)]
    split_shop.do(lambda uow: fulfilment.ship(uow, order.id, handed, SZX))
    deliver(split_shop, order, "SZX1", 0)
    with pytest.raises(Conflict):
        fail(split_shop, order, SZX)


# Trouble with parcels


def trouble(shop: Any, order: Order, store: str, mark: Mark) -> None:
    def report(uow: Any) -> None:
        parcel = next(each for each in shipments.of_order(uow, order.id) if each.store == store)
        said = shipments.report(
            uow, status=None, mark=mark, stated=uow.now.isoformat(), received_at=uow.now, source="17track"
        )
        shipments.fold(uow, uow.get(SHIPMENT, order.id, parcel.id), [said])

    shop.do(report)
    for event in happened(order.id, "shipment.exception"):
        shop.do(lambda uow, event=event: orders.follow_parcel(uow, event))


def test_what_was_wrong_with_a_parcel_is_its_stores_case_once_it_has_failed_rev_10(split_shop: Any) -> None:
    order = sent(split_shop)
    trouble(split_shop, order, "SZX1", Mark.REFUSED)
    assert split_shop.order(order).problem is Problem.COMING_BACK
    fail(split_shop, order, SZX)
    assert split_shop.order(order).problem is None
    trouble(split_shop, order, "SZX1", Mark.LOST)
    assert split_shop.order(order).problem is None
    trouble(split_shop, order, "RTM1", Mark.LOST)
    assert split_shop.order(order).problem is Problem.LOST
