"""What a courier could not hand over is given to a courier again: a new parcel, one order, one sale (E18, RET-07)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from chalicelib.core.clock import stamp
from chalicelib.core.errors import Invalid
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import Cause, Decision, Receipt
from chalicelib.fulfilment.domain.failures import DecisionNotOpen
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.shipments import Box, Shipment
from chalicelib.shipping.service import shipments
from chalicelib.shipping.service.shipments import WaybillInUse
from chalicelib.tracking import service as tracking
from tests.support.faults import without_waiting
from tests.support.order_walk import BOXES, CLERK, WAYS, Walk
from tests.support.sample_handovers import put_roster
from tests.support.table import short_way

Begin = Callable[..., UnitOfWork]
SAMPLES = Path(__file__).parents[3] / "events" / "webhooks" / "17track"
OLD, NEW, THIRD = "RR473124829CN", "RR000000005CN", "RR000000014CN"


@pytest.fixture
def walk(begin: Begin, clock: Any) -> Iterator[Walk]:
    with short_way(), without_waiting(), time_machine.travel(clock.now, tick=False):
        walk = Walk(begin, clock)
        walk.open()
        yield walk


def handed(waybill: str) -> service.HandedOver:
    return service.HandedOver("china-post", waybill, label="label-2")


def came_back(walk: Walk, waybill: str = OLD) -> Order:
    """Sent by courier, not signed for, taken over by the store."""
    order = walk.to(WAYS["courier"], State.PACKED)
    assert order is not None
    walk.do(lambda uow: service.ship(uow, order.id, [handed(waybill)], CLERK))
    walk.do(lambda uow: service.fail(uow, order.id, CLERK, Cause.NOT_SIGNED))
    walk.do(lambda uow: service.take_over(uow, order.id, CLERK))
    return walk.order(order)


def again(walk: Walk, order: Order, waybill: str = NEW) -> Order:
    walk.clock.forward(days=3)
    given = {"parcel": handed(waybill)} if waybill else {}
    made: Order = walk.do(lambda uow: service.resolve(uow, order.id, CLERK, Decision.SHIP_AGAIN, **given))
    return made


def report(walk: Walk, file: str, waybill: str) -> None:
    body = json.loads((SAMPLES / f"{file}.json").read_text())
    body["data"]["number"] = waybill
    message = {
        "provider": "17track",
        "received_at": stamp(walk.clock.now + timedelta(days=20)),
        "body": json.dumps(body),
    }
    walk.do(lambda uow: tracking.apply(uow, message))


def parcels(walk: Walk, order: Order) -> dict[str, Shipment]:
    return {one.waybill: one for one in shipments.of_order(walk.begin(), order.id)}


def told(walk: Walk, order: Order, kind: str) -> list[dict[str, Any]]:
    return [one.data for one in orders.timeline(walk.begin(), order) if one.type == kind]


def test_a_new_parcel_leaves_and_its_arrival_completes_the_order_once_e18(walk: Walk) -> None:
    order = came_back(walk)
    stock = walk.stock(order)
    shipped = again(walk, order)
    assert (shipped.state, shipped.deadlines.get("collect_by")) == (State.SHIPPED, None)
    made = parcels(walk, order)
    assert [(number, one.came_back) for number, one in made.items()] == [(OLD, True), (NEW, False)]
    assert (made[NEW].boxes, made[NEW].lines, made[NEW].siblings) == (BOXES, made[OLD].lines, ())
    assert made[NEW].proof is not None and made[NEW].proof.label == "label-2"
    assert [one["waybill"] for one in told(walk, order, "order.shipped")] == [OLD, NEW]
    assert [one["waybill"] for one in told(walk, order, "shipment.created")] == [OLD, NEW]
    report(walk, "delivered", NEW)
    report(walk, "delivered", NEW)
    done = walk.order(order)
    assert (done.state, done.completed_by) == (State.COMPLETED, "tracking")
    assert len(told(walk, order, "order.completed")) == 1
    assert walk.stock(order) == stock  # the goods left stock with the first parcel
    assert walk.books(done) == {}


@pytest.mark.parametrize("file", ["delivered", "exception_returning", "exception_lost", "customs_needs_papers"])
def test_what_is_reported_of_the_old_parcel_concerns_the_order_no_more_e18(walk: Walk, file: str) -> None:
    order = came_back(walk)
    again(walk, order)
    before = walk.order(order)
    report(walk, file, OLD)
    assert walk.order(order) == before
    assert told(walk, order, "shipment.delivered") == told(walk, order, "shipment.exception") == []


@pytest.mark.parametrize("decision", [Decision.KEEP_AT_DESK, Decision.DELIVER_AGAIN])
@pytest.mark.parametrize("file", ["delivered", "exception_returning", "exception_lost"])
def test_of_goods_that_the_store_hands_over_itself_the_old_parcel_tells_nothing_either_e18(
    walk: Walk, file: str, decision: Decision
) -> None:
    """The courier brought them back to a store in their customer's town, and says so with a word of its own later."""
    order = came_back(walk)
    walk.do(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, order.id), store="BER-S1")))
    walk.do(lambda uow: put_roster(uow, "BER-S1"))
    later = walk.clock.now + timedelta(hours=3)
    walk.do(
        lambda uow: service.resolve(uow, order.id, CLERK, decision, person="rider-1", deliver_by=later)
    )  # fmt: skip
    report(walk, file, OLD)
    assert told(walk, order, "shipment.delivered") == told(walk, order, "shipment.exception") == []
    assert [one.came_back for one in parcels(walk, order).values()] == [True]


def test_the_slip_of_the_new_parcel_completes_and_one_of_the_old_does_not_ful_14(walk: Walk) -> None:
    order = came_back(walk)
    again(walk, order)
    early = Receipt("S-1", "A. Lovelace", walk.clock.now - timedelta(days=2))
    with pytest.raises(Invalid):
        walk.do(lambda uow: service.enter_slip(uow, order.id, early, CLERK))
    walk.do(lambda uow: service.enter_slip(uow, order.id, Receipt("S-2", "A. Lovelace", walk.clock.now), CLERK))
    assert walk.order(order).state is State.COMPLETED
    assert [(number, one.delivered) for number, one in parcels(walk, order).items()] == [(OLD, False), (NEW, True)]


def test_it_can_fail_again_and_go_out_a_third_time_e18(walk: Walk) -> None:
    order = came_back(walk)
    again(walk, order)
    walk.do(lambda uow: service.fail(uow, order.id, CLERK, Cause.NOT_RECEIVED))
    walk.do(lambda uow: service.take_over(uow, order.id, CLERK))
    assert again(walk, order, THIRD).state is State.SHIPPED
    assert [one.came_back for one in parcels(walk, order).values()] == [True, True, False]


@pytest.mark.parametrize("waybill", ["", OLD, "RR000000006CN"])
def test_a_new_parcel_needs_a_sound_waybill_of_its_own_ful_13(walk: Walk, waybill: str) -> None:
    order = came_back(walk)
    with pytest.raises(Invalid):
        again(walk, order, waybill)
    assert walk.order(order).state is State.STORE_HANDLING
    assert [one.came_back for one in parcels(walk, order).values()] == [False]


def test_another_orders_waybill_is_refused_log_14(walk: Walk) -> None:
    order = came_back(walk)
    came_back(walk, NEW)
    with pytest.raises(WaybillInUse):
        again(walk, order)


def test_a_warehouse_abroad_has_neither_desk_nor_riders_for_it_e18(walk: Walk) -> None:
    """The goods are in Rotterdam, their customer in Berlin."""
    order = came_back(walk)
    later = walk.clock.now + timedelta(hours=3)
    for decision in (Decision.KEEP_AT_DESK, Decision.DELIVER_AGAIN):
        with pytest.raises(DecisionNotOpen) as refused:
            walk.do(
                lambda uow, decision=decision: service.resolve(
                    uow, order.id, CLERK, decision, person="rider-1", deliver_by=later
                )
            )
        assert refused.value.members["allowed"] == ["ship_again", "take_back"]
    assert again(walk, order).state is State.SHIPPED


def test_orders_that_shared_the_old_parcel_go_their_own_ways_ord_27(walk: Walk) -> None:
    found = [walk.to(WAYS["courier"], State.PICKING) for _ in range(2)]
    first, second = (order for order in found if order is not None)
    made = walk.do(lambda uow: service.together.merge(uow, [first.id, second.id], CLERK))
    walk.do(lambda uow: service.together.pack(uow, made.id, [Box(1500)], CLERK))
    walk.do(lambda uow: service.together.ship(uow, made.id, handed(OLD), CLERK))
    walk.do(lambda uow: service.fail(uow, first.id, CLERK, Cause.NOT_SIGNED))
    for order, waybill in ((first, NEW), (second, THIRD)):
        walk.do(lambda uow, order=order: service.take_over(uow, order.id, CLERK))
        again(walk, order, waybill)
    walk.do(lambda uow: service.enter_slip(uow, first.id, Receipt("S-1", "A. Lovelace", walk.clock.now), CLERK))
    assert [walk.order(order).state for order in (first, second)] == [State.COMPLETED, State.SHIPPED]
    walk.do(lambda uow: service.fail(uow, second.id, CLERK, Cause.REFUSED))
    assert [walk.order(order).state for order in (first, second)] == [State.COMPLETED, State.HANDOVER_FAILED]
