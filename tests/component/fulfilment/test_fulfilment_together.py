"""Several orders of one recipient in one parcel: proposed, merged, sent, tracked and failed together (ORD-27)."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.core.auth import Owner, Post, Principal
from chalicelib.core.clock import stamp
from chalicelib.core.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable, VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service
from chalicelib.fulfilment import triggers as _registered  # noqa: F401
from chalicelib.fulfilment.domain import Cause, Receipt
from chalicelib.fulfilment.domain.consignment import NEVER_MORE, CannotGoTogether, Consignment, ConsignmentState
from chalicelib.fulfilment.domain.documents import DocumentKind
from chalicelib.fulfilment.items import CONSIGNMENT, MEMBERSHIP, SLIP
from chalicelib.fulfilment.service import HandedOver, together
from chalicelib.inventory.items import STOCK
from chalicelib.notifications.letters import LETTERS
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, OrderShipped, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.shipments import Box
from chalicelib.shipping.service import shipments
from chalicelib.tracking import service as tracking
from tests.support.faults import KINDS, Fault, Killed, injected, request_tokens, without_waiting
from tests.support.http import Client
from tests.support.sample_orders import BERLIN, CUSTOMER, GUEST, PLACED, a_line, an_order, eur
from tests.support.sample_returns import deliver, do, happened

Begin = Callable[..., UnitOfWork]
STORE = Principal("staff", "sam", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
OTHER_STORE = Principal("staff", "bea", posts=frozenset({Post.STORE}), scopes=frozenset({"BER-S1"}))
SHOPPER = Principal("shopper", CUSTOMER.customer)
WAYBILL = "RR473124829CN"
HANDED = HandedOver("china-post", WAYBILL)
SAMPLES = Path(__file__).parents[3] / "events" / "webhooks" / "17track"


def place(begin: Begin, state: State = State.ROUTED, **changes: Any) -> Order:
    """An order for Berlin at the store in Rotterdam, its stock reserved."""
    order = an_order(state, **{"store": "RTM1", "lines": (a_line(),), **changes})
    uow = begin()
    uow.put(ORDER, order)
    for (sku, at), units in order.allocation.items():
        uow.count(STOCK.ref(sku, at), {"on_hand": 10, "reserved": units, "available": 10 - units})
    return uow.commit(order)


def merged(begin: Begin, *found: Order) -> Consignment:
    return do(begin, lambda uow: together.merge(uow, [order.id for order in found], STORE))


def ship(begin: Begin, consignment: Consignment) -> Consignment:
    return do(begin, lambda uow: together.ship(uow, consignment.id, HANDED, STORE))[0]


def sent(begin: Begin, *found: Order) -> Consignment:
    """Picked orders, packed in one box and handed over."""
    made = merged(begin, *found)
    do(begin, lambda uow: together.pack(uow, made.id, [Box(1500)], STORE))
    return ship(begin, made)


def states(begin: Begin, *found: Order) -> list[State]:
    return [begin().get(ORDER, order.id).state for order in found]


def report(begin: Begin, file: str, times: int = 1) -> None:
    """What 17TRACK says about the waybill."""
    body = json.loads((SAMPLES / f"{file}.json").read_text())
    message = {"provider": "17track", "received_at": stamp(begin().now + timedelta(days=30)), "body": json.dumps(body)}
    for _ in range(times):
        do(begin, lambda uow: tracking.apply(uow, message))


# Which go together


def test_a_store_is_told_which_of_its_orders_can_go_together(begin: Begin) -> None:
    first, second = place(begin), place(begin, State.PICKING, placed_at=PLACED + timedelta(hours=1))
    place(begin, ship_to=replace(BERLIN, lines=("Kantstraße 1",)))
    place(begin, channel="EXPRESS")
    place(begin, State.SHIPPED)
    place(begin, store="LEJ1")
    place(begin, owner=GUEST, contact=replace(first.contact, email="other@example.com"), ship_to=replace(
        BERLIN, name="Max Mustermann", phone="+4930111111"))  # fmt: skip
    found = do(begin, lambda uow: together.propose(uow, "RTM1", STORE))
    assert [[order.id for order in group] for group in found] == [[first.id, second.id]]
    merged(begin, first, second)
    assert do(begin, lambda uow: together.propose(uow, "RTM1", STORE)) == []
    with pytest.raises(NotFound):
        do(begin, lambda uow: together.propose(uow, "RTM1", OTHER_STORE))


def test_a_guest_and_an_account_are_one_recipient_by_the_same_phone_however_it_is_written(begin: Begin) -> None:
    mine = place(begin)
    as_guest = place(
        begin, owner=GUEST, contact=replace(mine.contact, email="e@example.org"),
        ship_to=replace(BERLIN, phone="0049 30 901820", lines=("invalidenstrasse 117 Hinterhof",)),
    )  # fmt: skip
    assert len(merged(begin, mine, as_guest).orders) == 2


def test_more_than_a_parcel_takes_is_proposed_in_parts(begin: Begin) -> None:
    for _ in range(7):
        place(begin)
    found = do(begin, lambda uow: together.propose(uow, "RTM1", STORE))
    assert [len(group) for group in found] == [5, 2]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": State.UNDER_REVIEW, "store": None}, "state"),
        ({"state": State.SHIPPED}, "state"),
        ({"state": State.CANCELLED}, "state"),
        ({"delivery_method": "pickup"}, "state"),
        ({"channel": "EXPRESS"}, "recipient"),
        ({"ship_to": replace(BERLIN, postal_code="10117")}, "recipient"),
        ({"ship_to": replace(BERLIN, name="Max Mustermann")}, "recipient"),
    ],
)
def test_others_are_not_merged(begin: Begin, changes: dict[str, Any], why: str) -> None:
    first, other = place(begin), place(begin, **{"state": State.ROUTED, **changes})
    admin = replace(STORE, scopes=frozenset(), posts=frozenset({Post.ADMIN}))
    with pytest.raises(CannotGoTogether) as refused:
        do(begin, lambda uow: together.merge(uow, [first.id, other.id], admin))
    assert refused.value.members["why"] == why
    assert begin().find(MEMBERSHIP, first.id) is None


def test_orders_stay_apart_where_customs_would_treat_them_otherwise_together_tax01(begin: Begin) -> None:
    line = a_line(location="SZX1", subtotal=eur("100.00"), total=eur("102.50"))
    first, second = (place(begin, store="SZX1", lines=(line,)) for _ in range(2))
    clerk = replace(STORE, scopes=frozenset({"SZX1"}))
    with pytest.raises(CannotGoTogether) as refused:
        do(begin, lambda uow: together.merge(uow, [first.id, second.id], clerk))
    assert refused.value.members["why"] == "customs"
    assert do(begin, lambda uow: together.propose(uow, "SZX1", clerk)) == []
    low = a_line(location="SZX1", subtotal=eur("40.00"))
    small = [place(begin, store="SZX1", lines=(low,), contact=replace(first.contact, email="x@y.de")) for _ in range(2)]
    assert do(begin, lambda uow: together.merge(uow, [order.id for order in small], clerk)).state == "open"


def test_an_order_goes_with_one_consignment_only(begin: Begin) -> None:
    first, second, third = place(begin), place(begin), place(begin)
    merged(begin, first, second)
    with pytest.raises(CannotGoTogether):
        merged(begin, second, third)
    with pytest.raises(Invalid):
        merged(begin, third, third)


def test_of_two_clerks_who_merge_one_order_at_once_one_is_told(begin: Begin) -> None:
    first, second, third = place(begin), place(begin), place(begin)
    slow = begin()
    together.merge(slow, [first.id, second.id], STORE)
    merged(begin, second, third)
    with pytest.raises(VersionConflict):
        slow.commit(None)
    assert begin().find(MEMBERSHIP, first.id) is None


def test_a_customer_merges_own_orders_and_no_others(begin: Begin) -> None:
    first, second = place(begin), place(begin)
    foreign = place(begin, owner=Owner(customer="somebody"))
    with pytest.raises(NotFound):
        do(begin, lambda uow: together.merge_own(uow, first.id, [foreign.id], SHOPPER))
    made = do(begin, lambda uow: together.merge_own(uow, first.id, [second.id], SHOPPER))
    assert (made.made_by, set(made.orders)) == (SHOPPER.id, {first.id, second.id})


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


# Under fire, and over HTTP


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


def test_a_store_merges_packs_and_ships_over_http_and_repeats_change_nothing(begin: Begin, as_staff: Any) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    store: Client = as_staff(Post.STORE, scopes=["RTM1"])
    proposed = store.get("/staff/stores/RTM1/mergeable").json["items"]
    numbers = [order["order_id"] for order in proposed[0]["orders"]]
    assert set(numbers) == {first.id, second.id}
    made = store.post("/staff/consignments", {"orders": numbers}, key="merge-key-1")
    assert made.status == 201, made.text
    assert store.post("/staff/consignments", {"orders": numbers}, key="merge-key-1").json == made.json
    assert store.post("/staff/consignments", {"orders": numbers}, key="merge-key-2").status == 409
    path = f"/staff/consignments/{made.json['id']}"
    assert [one["id"] for one in store.get("/staff/stores/RTM1/consignments").json["items"]] == [made.json["id"]]
    packed = store.post(f"{path}/pack", {"boxes": [{"weight_g": 1500}]}, key="pack-key-1")
    assert packed.json["packed_together"] is True, packed.text
    wrong = store.post(f"{path}/ship", {"carrier": "china-post", "waybill": "RR473124828CN"}, key="ship-key-0")
    assert wrong.status == 400
    left = store.post(f"{path}/ship", {"carrier": "china-post", "waybill": WAYBILL}, key="ship-key-1")
    assert left.status == 200, left.text
    assert (left.json["state"], len(left.json["parcels"])) == ("sent", 2)
    assert store.get("/staff/stores/RTM1/consignments").json["items"] == []
    assert store.post(f"{path}/part", key="part-key-1").status == 409
    assert as_staff(Post.STORE, scopes=["BER-S1"]).get(path).status == 404


def test_a_shopper_asks_for_one_parcel_over_http(begin: Begin) -> None:
    first, second = place(begin), place(begin)
    shopper = Client(SHOPPER)
    merged = shopper.post(f"/orders/{first.id}/merge", {"orders": [second.id]}, key="merge-key-1")
    assert merged.status == 201, merged.text
    assert set(merged.json["orders"]) == {first.id, second.id}
    late = place(begin, State.SHIPPED)
    assert shopper.post(f"/orders/{first.id}/merge", {"orders": [late.id]}, key="merge-key-2").status == 409
    assert Client(Principal("shopper", "eve")).post(
        f"/orders/{first.id}/merge", {"orders": [second.id]}, key="merge-key-3"
    ).status == 404  # fmt: skip


def test_the_papers_of_orders_in_common_boxes_name_the_boxes_once(begin: Begin) -> None:
    first, second = place(begin, State.PICKING), place(begin, State.PICKING)
    made = merged(begin, first, second)
    do(begin, lambda uow: together.pack(uow, made.id, [Box(900), Box(600)], STORE))
    uow = begin()
    boxes = [together.boxes_of(uow, uow.get(ORDER, order.id)) for order in (first, second)]
    assert sorted(map(len, boxes)) == [0, 2]
    labels = service.print_documents(begin(), DocumentKind.LABEL, [first.id, second.id], STORE, "en")
    assert labels.startswith(b"%PDF")
