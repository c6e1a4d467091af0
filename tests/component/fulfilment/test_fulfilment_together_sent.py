"""Several orders in one parcel, packed, sent and under way: all or none, each exactly once (ORD-27)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.core.errors import Conflict, NotAllowed, Unavailable, VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service
from chalicelib.fulfilment import triggers as _registered  # noqa: F401
from chalicelib.fulfilment.domain import Cause, Receipt
from chalicelib.fulfilment.domain.consignment import NEVER_MORE, CannotGoTogether, ConsignmentState
from chalicelib.fulfilment.items import CONSIGNMENT, MEMBERSHIP, SLIP
from chalicelib.fulfilment.service import HandedOver, together
from chalicelib.inventory.items import STOCK
from chalicelib.notifications.letters import LETTERS
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, OrderShipped, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.shipments import Box
from chalicelib.shipping.service import shipments
from tests.support.faults import KINDS, Fault, Killed, injected, request_tokens, without_waiting
from tests.support.sample_consignments import (
    HANDED,
    SHOPPER,
    STORE,
    WAYBILL,
    Begin,
    merged,
    place,
    report,
    sent,
    ship,
    states,
)
from tests.support.sample_orders import PLACED, a_line, eur
from tests.support.sample_returns import deliver, do, happened

# Packed and sent


def test_they_leave_under_one_waybill_and_each_stays_an_order_of_its_own(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    made = sent(begin, first, second)
    assert (made.state, made.waybill, set(made.orders)) == (ConsignmentState.SENT, WAYBILL, {first.id, second.id})
    assert states(begin, first, second) == [State.SHIPPED, State.SHIPPED]
    records = [shipments.of_order(begin(), order.id)[0] for order in (first, second)]
    assert [record.waybill for record in records] == [WAYBILL, WAYBILL]
    assert sorted(record.weight_g for record in records) == [0, 1500]
    for order in (first, second):
        told = [event.type for event in happened(order.id)]
        assert told.count("order.packed") == told.count("order.shipped") == told.count("shipment.created") == 1
    assert begin().counter(STOCK.ref("TEA-POT-BLUE", "RTM1"))["reserved"] == 0


def test_boxes_that_were_packed_one_by_one_travel_under_the_one_waybill(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    made = merged(begin, first, second)
    for order, grams in ((first, 700), (second, 800)):
        do(begin, lambda uow, o=order, g=grams: service.pack(uow, o.id, [Box(g)], STORE))
    ship(begin, made)
    assert sorted(shipments.of_order(begin(), order.id)[0].weight_g for order in (first, second)) == [0, 1500]


def test_nothing_leaves_before_all_are_packed_and_nothing_leaves_alone(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.ACCEPTED)
    made = merged(begin, first, second)
    with pytest.raises(together.NotReady) as behind:
        do(begin, lambda uow: together.pack(uow, made.id, [Box(1500)], STORE))
    assert behind.value.members["orders"] == [second.id]
    do(begin, lambda uow: service.pack(uow, first.id, [Box(700)], STORE))
    with pytest.raises(Conflict) as alone:
        do(begin, lambda uow: service.ship(uow, first.id, [HANDED], STORE))
    assert alone.value.members["consignment"] == made.id
    with pytest.raises(together.NotReady):
        ship(begin, made)
    do(begin, lambda uow: together.take_out(uow, made.id, second.id, STORE))
    do(begin, lambda uow: service.ship(uow, first.id, [HANDED], STORE))
    assert states(begin, first, second) == [State.SHIPPED, State.ACCEPTED]
    assert begin().get(CONSIGNMENT, made.id).state is ConsignmentState.PARTED


def test_what_was_parted_can_be_merged_otherwise_and_what_was_sent_cannot_be_parted(begin: Begin) -> None:
    first, second, third = (place(begin, State.PICKING) for _ in range(3))
    made = merged(begin, first, second)
    do(begin, lambda uow: together.part(uow, made.id, STORE))
    again = sent(begin, second, third)
    for command in (together.part, lambda *args: together.take_out(args[0], args[1], third.id, args[2])):
        with pytest.raises(NotAllowed):
            do(begin, lambda uow, command=command: command(uow, again.id, STORE))
    with pytest.raises(NotAllowed):
        ship(begin, again)
    assert states(begin, first) == [State.PICKING]


def test_a_cancelled_order_is_taken_out_and_the_others_go_ord14(begin: Begin) -> None:
    first, second, third = (place(begin, State.PICKING) for _ in range(3))
    made = merged(begin, first, second, third)
    do(begin, lambda uow: orders.cancel(uow, first.id, SHOPPER, CancelReason.CHANGED_MIND))
    deliver(begin, first.id, ["drop-cancelled-order"], times=2)
    assert set(begin().get(CONSIGNMENT, made.id).orders) == {second.id, third.id}
    assert begin().find(MEMBERSHIP, first.id) is None
    do(begin, lambda uow: together.pack(uow, made.id, [Box(900)], STORE))
    assert set(ship(begin, made).orders) == {second.id, third.id}
    assert states(begin, first, second, third) == [State.CANCELLED, State.SHIPPED, State.SHIPPED]


def test_a_cancellation_that_is_not_heard_of_yet_is_seen_by_the_hand_over(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    made = merged(begin, first, second)
    do(begin, lambda uow: together.pack(uow, made.id, [Box(1500)], STORE))
    do(begin, lambda uow: orders.cancel(uow, first.id, SHOPPER, CancelReason.CHANGED_MIND))
    assert ship(begin, made).orders == (second.id,)
    deliver(begin, first.id, ["drop-cancelled-order"])
    assert states(begin, first, second) == [State.CANCELLED, State.SHIPPED]
    assert shipments.of_order(begin(), second.id)[0].weight_g == 1500


def test_of_cancelling_and_handing_over_at_the_same_moment_one_wins(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    made = merged(begin, first, second)
    do(begin, lambda uow: together.pack(uow, made.id, [Box(1500)], STORE))
    handing_over = begin()
    together.ship(handing_over, made.id, HANDED, STORE)
    do(begin, lambda uow: orders.cancel(uow, first.id, SHOPPER, CancelReason.CHANGED_MIND))
    with pytest.raises(VersionConflict):
        handing_over.commit(None)
    assert states(begin, first, second) == [State.CANCELLED, State.PACKED]
    assert ship(begin, made).orders == (second.id,)


def test_an_order_that_is_routed_to_another_store_does_not_hold_the_others_back(begin: Begin) -> None:
    first, second, third = place(begin), place(begin, State.PICKING), place(begin, State.PICKING)
    made = merged(begin, first, second, third)
    uow = begin()
    uow.commit(uow.put(ORDER, replace(uow.get(ORDER, first.id), store="LEJ1")))
    do(begin, lambda uow: together.pack(uow, made.id, [Box(900)], STORE))
    assert set(ship(begin, made).orders) == {second.id, third.id}
    assert begin().find(MEMBERSHIP, first.id) is None


def test_as_many_as_are_ever_merged_fit_in_one_transaction(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    real = UnitOfWork.setting
    monkeypatch.setattr(
        UnitOfWork, "setting",
        lambda uow, wanted, market="": 99 if wanted.name.endswith("orders_together") else real(uow, wanted, market),
    )  # fmt: skip
    lines = [
        tuple(a_line(str(n), f"SKU-{of}-{n}", 1, subtotal=eur("1.00")) for n in range(6)) for of in range(NEVER_MORE)
    ]
    found = [place(begin, State.PICKING, lines=some) for some in lines]
    sent(begin, *found)
    report(begin, "delivered")
    assert set(states(begin, *found)) == {State.COMPLETED}
    with pytest.raises(CannotGoTogether):
        merged(begin, *(place(begin) for _ in range(NEVER_MORE + 1)))


# On the way


def test_one_report_advances_every_order_exactly_once_log15(begin: Begin) -> None:
    first, second, third = (place(begin, State.PICKING) for _ in range(3))
    sent(begin, first, second, third)
    report(begin, "customs_cleared", times=2)
    report(begin, "delivered", times=3)
    assert states(begin, first, second, third) == [State.COMPLETED] * 3
    for order in (first, second, third):
        told = [event.type for event in happened(order.id)]
        assert told.count("order.completed") == told.count("shipment.delivered") == 1
        assert told.count("shipment.customs_cleared") == 1
    times = shipments.transit_times(begin(), "POST")
    assert [each.parcels for each in times] == [1], "one parcel arrived, not three"


def test_an_order_that_was_confirmed_by_its_customer_does_not_stop_the_others_ord20(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    sent(begin, first, second)
    do(begin, lambda uow: service.confirm_receipt(uow, second.id, SHOPPER))
    assert states(begin, first, second) == [State.SHIPPED, State.COMPLETED]
    report(begin, "delivered")
    assert states(begin, first, second) == [State.COMPLETED] * 2
    assert [event.type for event in happened(second.id)].count("order.completed") == 1


def test_the_couriers_slip_completes_all_that_was_in_the_parcel_ful14(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    sent(begin, first, second)
    receipt = Receipt("4711", "E. Mustermann", begin().now)
    do(begin, lambda uow: service.enter_slip(uow, second.id, receipt, STORE))
    assert states(begin, first, second) == [State.COMPLETED] * 2
    assert begin().get(SLIP, first.id).receipt == receipt


def test_a_failed_hand_over_concerns_all_and_counts_as_one_case_ful20(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    sent(begin, first, second)
    do(begin, lambda uow: service.fail(uow, second.id, STORE, Cause.REFUSED))
    assert states(begin, first, second) == [State.HANDOVER_FAILED] * 2
    blamed = [happened(order.id, "order.handover_failed")[0].data.by_customer for order in (first, second)]
    assert blamed == [False, True]


def test_one_letter_names_all_orders_of_the_parcel_and_another_address_gets_its_own(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING, placed_at=PLACED + timedelta(hours=1))
    home = replace(first.contact, email="home@example.org")
    third = place(begin, State.PICKING, contact=home, placed_at=PLACED + timedelta(hours=2))
    sent(begin, first, second, third)
    facts = []
    for order in (first, second, third):
        uow = begin()
        news = happened(order.id, "order.shipped")[0].data
        facts.append(LETTERS[OrderShipped].tell(uow.get(ORDER, order.id), news, uow))
    assert [told and told["together"] for told in facts] == [[second.id], None, []]


# Under fire


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_at_any_call_ships_all_or_none_and_once(begin: Begin, kind: str) -> None:
    struck = 0
    with request_tokens(), without_waiting():
        for call in range(1, 6):
            first, second = place(begin, State.PICKING), place(begin, State.PICKING)
            made = merged(begin, first, second)
            do(begin, lambda uow, made=made: together.pack(uow, made.id, [Box(1500)], STORE))
            handed = HandedOver("ups", ups(call))
            fault = Fault(kind, call)
            with suppress(Killed, Unavailable, ClientError, BotoCoreError, PynamoDBException), injected(fault):
                do(begin, lambda uow, made=made, handed=handed: together.ship(uow, made.id, handed, STORE))
            assert len(set(states(begin, first, second))) == 1
            if states(begin, first) == [State.PACKED]:
                do(begin, lambda uow, made=made, handed=handed: together.ship(uow, made.id, handed, STORE))
            assert states(begin, first, second) == [State.SHIPPED] * 2
            assert [event.type for event in happened(second.id)].count("order.shipped") == 1
            struck += fault.struck
    assert struck >= 4


def ups(serial: int) -> str:
    """A UPS number with its check digit."""
    body = f"999AA1{serial:08d}" + "4"
    values = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in body]
    total = sum(value if place % 2 == 0 else 2 * value for place, value in enumerate(values))
    return f"1Z{body}{-total % 10}"
