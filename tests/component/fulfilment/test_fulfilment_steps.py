"""A store accepts, picks, packs and ships its orders; slip or receipt completes them (E6, E7, E14, E15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Post
from chalicelib.core.clock import stamp, utc_now
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.items import PACKING, SLIP
from chalicelib.inventory.items import STOCK
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.scans import Status
from chalicelib.shipping.domain.shipments import Shipment
from chalicelib.shipping.service import shipments
from tests.support.http import Client
from tests.support.sample_orders import CUSTOMER, an_order
from tests.support.table import metered

WAYBILL = "RR473124829CN"
BOXES = {"boxes": [{"weight_g": 1200, "length_mm": 300, "width_mm": 200, "height_mm": 150}, {"weight_g": 800}]}
Begin = Callable[..., UnitOfWork]


@pytest.fixture
def routed(begin: Begin) -> Order:
    return keep(begin, an_order(State.ROUTED, store="RTM1"))


def keep(begin: Begin, order: Order) -> Order:
    """An order with its stock reserved."""
    uow = begin()
    uow.put(ORDER, order)
    for (sku, location), units in order.allocation.items():
        uow.count(STOCK.ref(sku, location), {"on_hand": 10, "reserved": units, "available": 10 - units})
    uow.commit(None)
    return order


def step(client: Client, order: Order, name: str, body: Any = None) -> Any:
    return client.post(f"/staff/orders/{order.id}/{name}", body, key=f"{name}-{order.id}")


def prepared(client: Client, order: Order) -> None:
    for name, body in (("accept", None), ("pick", None), ("pack", BOXES)):
        answer = step(client, order, name, body)
        assert answer.status == 200, answer.text


def parcels(begin: Begin, order: Order) -> list[Shipment]:
    return shipments.of_order(begin(), order.id)


def test_an_order_goes_from_the_work_list_to_the_courier(store: Client, routed: Order, begin: Begin) -> None:
    prepared(store, routed)
    sent = step(store, routed, "ship", {"carrier": "china-post", "waybill": "rr 473 124 829 cn", "label": "doc-7"})
    assert sent.status == 200, sent.text
    assert sent.json["state"] == "shipped"
    (shipment,) = parcels(begin, routed)
    assert (shipment.waybill, shipment.status, shipment.store) == (WAYBILL, Status.CREATED, "RTM1")
    assert shipment.weight_g == 2000
    assert shipment.proof is not None
    assert (shipment.proof.weight_g, shipment.proof.label) == (2000, "doc-7")
    assert [(line.sku, line.quantity) for line in shipment.lines] == [("TEA-POT-BLUE", 2), ("TEA-CUP-SET", 1)]
    assert begin().get(PACKING, routed.id).weight_g == 2000


def test_shipping_takes_the_goods_out_of_stock(store: Client, routed: Order, begin: Begin) -> None:
    prepared(store, routed)
    step(store, routed, "ship", {"carrier": "china-post", "waybill": WAYBILL})
    counts = begin().counter(STOCK.ref("TEA-POT-BLUE", "RTM1"))
    assert counts is not None
    assert {name: counts[name] for name in ("on_hand", "reserved", "available")} == {
        "on_hand": 8, "reserved": 0, "available": 8,
    }  # fmt: skip


def test_shipping_twice_with_one_key_ships_once(store: Client, routed: Order, begin: Begin) -> None:
    prepared(store, routed)
    body = {"carrier": "china-post", "waybill": WAYBILL}
    first, again = step(store, routed, "ship", body), step(store, routed, "ship", body)
    assert (first.status, again.status, again.json) == (200, 200, first.json)
    assert len(parcels(begin, routed)) == 1
    third = store.post(f"/staff/orders/{routed.id}/ship", body, key="another-key")
    assert third.status == 409


def test_a_mistyped_waybill_is_refused_and_nothing_happens(store: Client, routed: Order, begin: Begin) -> None:
    prepared(store, routed)
    answer = step(store, routed, "ship", {"carrier": "china-post", "waybill": "RR473124828CN"})
    assert answer.status == 400
    assert answer.json["errors"][0]["pointer"] == "/waybill"
    assert "check digit" in answer.json["errors"][0]["detail"]
    assert begin().get(ORDER, routed.id).state is State.PACKED
    assert parcels(begin, routed) == []


def test_several_parcels_share_the_boxes_and_know_each_other(store: Client, routed: Order, begin: Begin) -> None:
    prepared(store, routed)
    answer = step(store, routed, "ship", {"parcels": [
        {"carrier": "china-post", "waybill": WAYBILL, "boxes": [2]},
        {"carrier": "ups", "waybill": "1Z999AA10123456784", "boxes": [1]},
    ]})  # fmt: skip
    assert answer.status == 200, answer.text
    one, other = parcels(begin, routed)
    assert {one.weight_g, other.weight_g} == {1200, 800}
    assert (one.siblings, other.siblings) == ((other.id,), (one.id,))


def test_a_waybill_of_a_parcel_on_its_way_is_refused_for_another_order_log_14(
    store: Client, routed: Order, begin: Begin
) -> None:
    prepared(store, routed)
    step(store, routed, "ship", {"carrier": "china-post", "waybill": WAYBILL})
    other = keep(begin, an_order(State.ROUTED, store="RTM1"))
    prepared(store, other)
    answer = step(store, other, "ship", {"carrier": "china-post", "waybill": WAYBILL})
    assert answer.status == 409
    assert answer.json["type"].endswith("waybill-in-use")


@pytest.mark.parametrize("name", ["pick", "pack", "ship", "slip"])
def test_a_step_out_of_turn_is_refused_with_what_is_allowed(store: Client, routed: Order, name: str) -> None:
    bodies = {
        "pack": BOXES,
        "ship": {"carrier": "china-post", "waybill": WAYBILL},
        "slip": {"number": "1", "signed_by": "Erika", "signed_at": "2026-11-21T09:00:00Z"},
    }
    answer = step(store, routed, name, bodies.get(name))
    assert answer.status == 409, answer.text
    assert answer.json["allowed"] == ["accept", "cancel", "route"]


def test_another_stores_order_does_not_exist_rte_03(
    as_staff: Callable[..., Client], routed: Order, begin: Begin
) -> None:
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])
    missing = stranger.post("/staff/orders/C7K2Q0M9VX4TBT/accept", key="accept-missing")
    for name, body in (("accept", None), ("pick", None), ("pack", BOXES)):
        answer = step(stranger, routed, name, body)
        assert answer.status == 404
    assert step(stranger, routed, "accept").json["title"] == missing.json["title"]
    assert begin().get(ORDER, routed.id).state is State.ROUTED


def test_a_store_sees_its_own_work_list_only_rte_03(
    as_staff: Callable[..., Client], store: Client, routed: Order, begin: Begin
) -> None:
    keep(begin, an_order(State.ROUTED, store="SHA-S1"))
    mine = store.get("/staff/stores/RTM1/orders")
    assert [(item["id"], item["mark"]) for item in mine.json["items"]] == [(routed.id, "unhandled")]
    assert store.get("/staff/stores/SHA-S1/orders").status == 404
    assert store.get("/staff/stores/NOWHERE/orders").status == 404
    desk = as_staff(Post.ORDER_DESK)
    assert desk.get("/staff/stores/SHA-S1/orders").status == 200


def test_the_work_list_is_divided_by_state_ord_17(store: Client, routed: Order, begin: Begin) -> None:
    other = keep(begin, an_order(State.ROUTED, store="RTM1"))
    step(store, other, "accept")
    accepted = store.get("/staff/stores/RTM1/orders", query={"state": "accepted"}).json["items"]
    assert [(item["id"], item["mark"]) for item in accepted] == [(other.id, "handled")]
    waiting = store.get("/staff/stores/RTM1/orders", query={"state": "routed"}).json["items"]
    assert [(item["id"], item["mark"]) for item in waiting] == [(routed.id, "unhandled")]


def test_only_a_stores_own_people_accept_orders_rte_03(as_staff: Callable[..., Client], routed: Order) -> None:
    assert step(as_staff(Post.ORDER_DESK), routed, "accept").status == 403
    assert step(as_staff(Post.ADMIN), routed, "accept").status == 200


def test_a_stores_own_customer_service_accepts_its_orders_and_no_others_rte_03(
    as_staff: Callable[..., Client], routed: Order
) -> None:
    service = as_staff(Post.CUSTOMER_SERVICE, scopes=["RTM1"])
    assert [item["id"] for item in service.get("/staff/stores/RTM1/orders").json["items"]] == [routed.id]
    assert step(as_staff(Post.CUSTOMER_SERVICE), routed, "accept").status == 403  # headquarters'
    assert step(as_staff(Post.CUSTOMER_SERVICE, scopes=["BER-S1"]), routed, "accept").status == 404
    assert step(service, routed, "accept").json["state"] == "accepted"
    assert step(service, routed, "pick").status == 403
    assert service.get("/staff/stores/BER-S1/orders").status == 404
    assert service.get("/staff/work/customer_service").status == 403  # every store's


@pytest.fixture
def sent(store: Client, routed: Order) -> Order:
    prepared(store, routed)
    assert step(store, routed, "ship", {"carrier": "china-post", "waybill": WAYBILL}).status == 200
    return routed


def test_a_slip_completes_the_order_ful_14(store: Client, sent: Order, begin: Begin) -> None:
    slip = {"number": "S-1", "signed_by": "E. Mustermann", "signed_at": stamp(utc_now())}
    answer = step(store, sent, "slip", slip)
    assert (answer.status, answer.json["state"]) == (200, "completed")
    (shipment,) = parcels(begin, sent)
    assert (shipment.status, shipment.scans[-1].source) == (Status.DELIVERED, "slip")
    assert begin().get(SLIP, sent.id).receipt.number == "S-1"
    assert begin().get(ORDER, sent.id).completed_by == "slip"
    assert store.post(f"/staff/orders/{sent.id}/slip", slip, key="slip-again").status == 409


def test_a_slip_signed_in_the_future_is_refused(store: Client, sent: Order) -> None:
    late = stamp(utc_now() + timedelta(days=3))
    assert step(store, sent, "slip", {"number": "S-1", "signed_by": "E", "signed_at": late}).status == 400


def test_the_customer_confirms_receipt_ord_20(as_shopper: Callable[..., Client], sent: Order, begin: Begin) -> None:
    owner = as_shopper(CUSTOMER.customer)
    answer = owner.post(f"/orders/{sent.id}/receipt", key="receipt-1")
    assert (answer.status, answer.json["state"]) == (200, "completed")
    assert begin().get(ORDER, sent.id).completed_by == "customer"
    assert owner.post(f"/orders/{sent.id}/receipt", key="receipt-1").json == answer.json
    assert answer.json == owner.get(f"/orders/{sent.id}").json  # nothing of stores and their deadlines
    assert owner.post(f"/orders/{sent.id}/receipt", key="receipt-2").status == 409


def test_nobody_else_confirms_receipt_ord_20(
    as_shopper: Callable[..., Client], guest: Client, sent: Order, begin: Begin
) -> None:
    assert as_shopper("somebody").post(f"/orders/{sent.id}/receipt", key="receipt-1").status == 404
    assert guest.post(f"/orders/{sent.id}/receipt", key="receipt-1").status == 401
    assert begin().get(ORDER, sent.id).state is State.SHIPPED


def test_receipt_of_goods_that_have_not_left_cannot_be_confirmed(
    as_shopper: Callable[..., Client], routed: Order
) -> None:
    assert as_shopper(CUSTOMER.customer).post(f"/orders/{routed.id}/receipt", key="receipt-1").status == 409


def test_steps_cost_few_round_trips(store: Client, routed: Order) -> None:
    with metered() as meter:
        prepared(store, routed)
    # a read and a write each, the goods' measures when they are packed, and the settings once in a while
    assert meter.round_trips <= 2 * 3 + 1 + 1
    with metered() as meter:
        step(store, routed, "ship", {"carrier": "china-post", "waybill": WAYBILL})
    assert meter.round_trips <= 3
