"""Several orders of one recipient in one parcel: proposed, merged, sent, tracked and failed together (ORD-27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Owner, Post, Principal
from chalicelib.core.errors import Invalid, NotFound, VersionConflict
from chalicelib.fulfilment import service
from chalicelib.fulfilment import triggers as _registered  # noqa: F401
from chalicelib.fulfilment.domain.consignment import CannotGoTogether
from chalicelib.fulfilment.domain.documents import DocumentKind
from chalicelib.fulfilment.items import MEMBERSHIP
from chalicelib.fulfilment.service import together
from chalicelib.orders.domain import State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.shipments import Box
from tests.support.http import Client
from tests.support.sample_consignments import (
    SHOPPER,
    STORE,
    WAYBILL,
    Begin,
    merged,
    place,
)
from tests.support.sample_orders import BERLIN, GUEST, PLACED, a_line, eur
from tests.support.sample_returns import do

OTHER_STORE = Principal("staff", "bea", posts=frozenset({Post.STORE}), scopes=frozenset({"BER-S1"}))


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


# Over HTTP


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
