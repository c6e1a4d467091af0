"""Couriers' reports reach parcel, order and customer, in whatever order they come (LOG-14 to LOG-17, T4, E1)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import table
from chalicelib.core.auth import Post
from chalicelib.core.clock import stamp
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.scans import Mark, Status
from chalicelib.shipping.domain.shipments import Box, Shipment
from chalicelib.shipping.items.shipments import SHIPMENT
from chalicelib.shipping.service import shipments
from chalicelib.tracking import service
from chalicelib.tracking.domain import UnknownWaybill
from tests.support.http import Client
from tests.support.sample_orders import CUSTOMER, an_order
from tests.support.table import fresh_table, metered

SAMPLES = Path(__file__).parents[3] / "events" / "webhooks"
WAYBILL = "RR473124829CN"
Begin = Callable[..., UnitOfWork]


def sent(begin: Begin, *waybills: str, carrier: str = "china-post") -> Order:
    """An order on its way in as many parcels."""
    uow = begin()
    order = an_order(State.SHIPPED, store="RTM1")
    uow.put(ORDER, order)
    shipments.create(
        uow,
        order_id=order.id,
        store="RTM1",
        channel="POST",
        destination="DE",
        parcels=[shipments.Parcel(carrier, waybill, (Box(400),)) for waybill in waybills or (WAYBILL,)],
    )
    return uow.commit(order)


def arrive(begin: Begin, provider: str, file: str, *, days: float = 30, **changes: Any) -> None:
    """One push of a provider, read from the queue."""
    body = json.loads((SAMPLES / provider / f"{file}.json").read_text())
    body.get("data", body.get("msg")).update(changes)
    message = {"provider": provider, "received_at": stamp(begin().now + timedelta(days=days)), "body": json.dumps(body)}
    run(lambda uow: service.apply(uow, message), begin)


def parcel(begin: Begin, order: Order) -> Shipment:
    (shipment,) = shipments.of_order(begin(), order.id)
    return shipment


def told(order: Order) -> list[str]:
    """The events of the order's partition, in the order of their making."""
    rows = list(table.rows_of(f"ORDER#{order.id}", "EVENT#"))
    return sorted(json.loads(told)["type"] for row in rows for told in row.envelopes)


JOURNEY = [
    ("17track", "info_received"),
    ("17track", "customs_started"),
    ("17track", "customs_cleared"),
    ("aftership", "out_for_delivery"),
    ("17track", "delivered"),
]


def test_a_journey_ends_with_the_order_completed(begin: Begin) -> None:
    order = sent(begin)
    for provider, file in JOURNEY:
        arrive(begin, provider, file)
    shipment = parcel(begin, order)
    assert shipment.status is Status.DELIVERED
    assert stamp(shipment.delivered_at) == "2026-11-27T12:02:00.000Z"
    completed = begin().get(ORDER, order.id)
    assert (completed.state, completed.completed_by) == (State.COMPLETED, "tracking")
    assert told(order) == [
        "order.completed",
        "shipment.created",
        "shipment.customs_cleared",
        "shipment.delivered",
        "shipment.in_transit",
        "shipment.out_for_delivery",
    ]


def test_every_order_and_repetition_of_messages_ends_equal_t4() -> None:
    ends = set()
    for arrivals in itertools.islice(itertools.permutations(JOURNEY), 0, 120, 7):
        with fresh_table():

            def begin() -> UnitOfWork:
                return UnitOfWork(datetime(2026, 11, 21, 9, 30, tzinfo=UTC))

            order = sent(begin)
            for provider, file in [*arrivals, arrivals[0], arrivals[-1]]:
                arrive(begin, provider, file)
            shipment = parcel(begin, order)
            assert begin().get(ORDER, order.id).state is State.COMPLETED
            ends.add((shipment.status, tuple(shipment.nodes.items()), shipment.scans))
    assert len(ends) == 1


def test_delivered_twice_completes_once_e1(begin: Begin) -> None:
    order = sent(begin)
    arrive(begin, "17track", "delivered")
    version = begin().get(ORDER, order.id).stages
    arrive(begin, "17track", "delivered")
    arrive(begin, "aftership", "delivered")
    assert begin().get(ORDER, order.id).stages == version
    assert told(order).count("order.completed") == 1
    assert told(order).count("shipment.delivered") == 1


def test_a_repeated_message_writes_nothing(begin: Begin) -> None:
    order = sent(begin)
    arrive(begin, "17track", "customs_started")
    with metered() as meter:
        arrive(begin, "17track", "customs_started")
    assert meter.calls["TransactWriteItems"] + meter.calls["PutItem"] == 0
    assert begin().find(SHIPMENT, order.id, parcel(begin, order).id) is not None


def test_a_message_takes_three_round_trips(begin: Begin) -> None:
    sent(begin)
    with metered() as meter:
        arrive(begin, "17track", "delivered")
    assert meter.round_trips == 3


def test_the_order_completes_when_the_last_of_its_parcels_has_arrived(begin: Begin) -> None:
    order = sent(begin, WAYBILL, "RB123456785CN")
    arrive(begin, "17track", "delivered")
    assert begin().get(ORDER, order.id).state is State.SHIPPED
    with metered() as meter:
        arrive(begin, "17track", "delivered", number="RB123456785CN")
    assert meter.round_trips == 3
    assert begin().get(ORDER, order.id).state is State.COMPLETED


def test_two_last_parcels_that_arrive_at_once_complete_the_order(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    order = sent(begin, WAYBILL, "RB123456785CN")
    real, interleaved = service._complete, []

    def meanwhile(uow: UnitOfWork, arrived: Shipment) -> None:
        if not interleaved:
            interleaved.append(True)
            arrive(begin, "17track", "delivered", number="RB123456785CN")
        real(uow, arrived)

    monkeypatch.setattr(service, "_complete", meanwhile)
    arrive(begin, "17track", "delivered")
    assert begin().get(ORDER, order.id).state is State.COMPLETED
    assert told(order).count("order.completed") == 1


def test_an_order_completed_by_other_proof_stays_as_it_is(begin: Begin) -> None:
    order = sent(begin)
    uow = begin()
    done = uow.get(ORDER, order.id)

    uow.commit(orders.advance(uow, done.id, Command.COMPLETE, proof="customer"))
    arrive(begin, "17track", "delivered")
    assert begin().get(ORDER, order.id).completed_by == "customer"
    assert parcel(begin, order).delivered


def test_a_parcel_on_its_way_back_completes_nothing(begin: Begin) -> None:
    order = sent(begin)
    arrive(begin, "17track", "exception_returning")
    assert begin().get(ORDER, order.id).state is State.SHIPPED
    assert parcel(begin, order).open_problems == {Mark.RETURNING}
    assert "shipment.exception" in told(order)


def test_an_unknown_waybill_comes_back_and_is_never_dropped_l2(begin: Begin) -> None:
    with pytest.raises(UnknownWaybill):
        arrive(begin, "17track", "delivered")
    assert UnknownWaybill.heals


def test_a_number_used_again_a_year_later_does_not_touch_the_old_order_b22(begin: Begin, clock: Any) -> None:
    old = sent(begin)
    arrive(begin, "17track", "in_transit")
    before = parcel(begin, old)
    clock.forward(days=370)
    arrive(begin, "17track", "delivered")  # somebody else's parcel: ours is not tracked any more
    assert parcel(begin, old) == before
    assert begin().get(ORDER, old.id).state is State.SHIPPED

    new = sent(begin)
    arrive(begin, "17track", "delivered")  # the old journey comes again under the number
    assert parcel(begin, new).status is Status.CREATED
    assert begin().get(ORDER, new.id).state is State.SHIPPED


def test_the_number_of_another_carrier_is_not_ours_b22(begin: Begin) -> None:
    order = sent(begin, "1Z999AA10123456784", carrier="ups")
    push = json.loads((SAMPLES / "17track" / "delivered.json").read_text())
    push["data"].update(number="1Z999AA10123456784", carrier=100003)
    push["data"]["track_info"]["tracking"]["providers"][0]["provider"]["key"] = 100003
    message = {"provider": "17track", "received_at": stamp(begin().now), "body": json.dumps(push)}
    run(lambda uow: service.apply(uow, message), begin)
    assert parcel(begin, order).status is Status.CREATED


def test_the_customer_sees_the_journey_in_both_languages_log_14(
    begin: Begin, as_shopper: Callable[..., Client]
) -> None:
    order = sent(begin)
    arrive(begin, "17track", "out_for_delivery")
    answer = as_shopper(CUSTOMER.customer).get(f"/orders/{order.id}/shipments")
    assert answer.status == 200, answer.text
    (shown,) = answer.json["items"]
    assert (shown["waybill"], shown["carrier_name"], shown["status"]) == (WAYBILL, "China Post", "out_for_delivery")
    assert shown["status_text"] == {"en": "Out for delivery", "zh-Hans": "派送中"}
    assert [node["name"] for node in shown["nodes"]] == [
        "info_received", "in_transit", "customs_started", "customs_cleared", "out_for_delivery",
    ]  # fmt: skip
    assert shown["scans"][0]["place"] == "BERLIN, DE"


def test_nobody_else_sees_the_journey(begin: Begin, as_shopper: Callable[..., Client], guest: Client) -> None:
    order = sent(begin)
    assert as_shopper("somebody").get(f"/orders/{order.id}/shipments").status == 404
    assert guest.get(f"/orders/{order.id}/shipments").status == 401


def test_an_unreadable_time_does_not_stop_the_rest_of_the_journey(begin: Begin) -> None:
    order = sent(begin)
    body = json.loads((SAMPLES / "aftership" / "delivered.json").read_text())
    body["msg"]["checkpoints"][1]["checkpoint_time"] = "yesterday"
    message = {
        "provider": "aftership",
        "received_at": stamp(begin().now + timedelta(days=30)),
        "body": json.dumps(body),
    }
    for _ in range(2):
        run(lambda uow: service.apply(uow, message), begin)
    shipment = parcel(begin, order)
    assert shipment.delivered
    assert len(shipment.scans) == 6


def test_arrivals_are_counted_into_the_channels_transit_times_once_log_12(
    begin: Begin, as_staff: Callable[..., Client]
) -> None:
    for waybill in (WAYBILL, "RB123456785CN"):
        sent(begin, waybill)
        for _ in range(2):
            arrive(begin, "17track", "delivered", number=waybill)
    answer = as_staff(Post.PLANNING).get("/staff/channels/POST/transit-times")
    assert answer.json["items"] == [
        {"month": "2026-11", "destination": "DE", "parcels": 2, "average_days": "6.1"}
    ]  # fmt: skip


@pytest.mark.parametrize("nonsense", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00"])
def test_a_report_with_a_time_that_no_calendar_has_keeps_nothing_from_coming_in_log_15(
    begin: Begin, nonsense: str
) -> None:
    order = sent(begin)
    body = json.loads((SAMPLES / "17track" / "delivered.json").read_text())
    events = body["data"]["track_info"]["tracking"]["providers"][0]["events"]
    assert len(events) > 1
    events[-1].update(time_iso=nonsense, time_utc=nonsense)
    arrive(begin, "17track", "delivered", track_info=body["data"]["track_info"])
    assert parcel(begin, order).delivered
    assert begin().get(ORDER, order.id).state is State.COMPLETED
