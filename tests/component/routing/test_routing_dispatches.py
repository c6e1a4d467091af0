"""Orders from several places on their way: each store its own part, one state for the customer (RTE-07)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from chalicelib.clockwork import sweep
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import NotAllowed, NotFound
from chalicelib.core.table import page
from chalicelib.core.work import AlreadyClaimed
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import Receipt
from chalicelib.ledger import service as ledger
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, Problem, State
from chalicelib.orders.items import ORDER, store_list
from chalicelib.shipping.domain.scans import Mark
from chalicelib.shipping.items.shipments import SHIPMENT
from chalicelib.shipping.service import shipments
from tests.support.faults import injected
from tests.support.http import Client
from tests.support.sample_splits import (
    BERLIN_STORE,
    BOTH,
    RTM,
    SZX,
    deliver,
    listed,
    parcels,
    part,
    routed,
    send,
    step,
)
from tests.support.world import waybill

# The stores' steps, and what the customer sees


def test_the_order_follows_its_least_advanced_part_until_the_first_leaves_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    seen = []
    for who, name in [
        (RTM, "accept"), (SZX, "accept"), (SZX, "pick"), (SZX, "pack"), (RTM, "pick"), (RTM, "pack"), (RTM, "ship"),
        (SZX, "ship"),
    ]:  # fmt: skip
        step(split_shop, order, who, name)
        seen.append(split_shop.order(order).state.value)
    assert seen == ["routed", "accepted", "accepted", "accepted", "picking", "packed", "partly_shipped", "shipped"]
    told = [name for name in split_shop.events(order) if name.startswith("order.")]
    assert told[-6:] == [
        "order.routed", "order.accepted", "order.picking_started", "order.packed", "order.partly_shipped",
        "order.shipped",
    ]  # fmt: skip
    assert split_shop.events(order).count("dispatch.shipped") == 2


def test_one_place_can_be_done_before_the_other_has_begun_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, SZX)
    assert split_shop.order(order).state is State.PARTLY_SHIPPED
    assert (listed("SZX1"), listed("RTM1")) == ([], [order.id])
    assert (split_shop.level("LAMP", "SZX1"), split_shop.level("POT")) == ((9, 0), (8, 2))
    send(split_shop, order, RTM)
    assert split_shop.order(order).state is State.SHIPPED
    assert split_shop.level("POT") == (8, 0)
    sent = parcels(split_shop, order)
    assert {store: [line.sku for line in each.lines] for store, each in sent.items()} == {
        "RTM1": ["POT"], "SZX1": ["LAMP"],
    }  # fmt: skip
    assert sent["RTM1"].waybill != sent["SZX1"].waybill
    assert (sent["RTM1"].channel, sent["SZX1"].channel) == ("LOCAL", order.channel)


def test_a_store_acts_on_its_own_part_only_and_out_of_turn_on_nothing_rte_03_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    step(split_shop, order, SZX, "accept")
    assert (part(split_shop, order, "SZX1").state, part(split_shop, order, "RTM1").state) == (
        State.ACCEPTED, State.ROUTED,
    )  # fmt: skip
    with pytest.raises(NotAllowed) as refused:
        step(split_shop, order, SZX, "accept")
    assert refused.value.members["allowed"] == ["pick"]
    with pytest.raises(NotFound):
        step(split_shop, order, SZX, "pick", "RTM1")
    with pytest.raises(NotFound):
        step(split_shop, order, BERLIN_STORE, "accept")


def test_whoever_works_for_both_places_names_one_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    with pytest.raises(orders.WhichPlace) as refused:
        step(split_shop, order, BOTH, "accept")
    assert refused.value.members["places"] == ["RTM1", "SZX1"]
    assert step(split_shop, order, BOTH, "accept", "SZX1").state is State.ACCEPTED


def test_the_whole_way_over_http_rte_07(split_shop: Any, as_staff: Callable[..., Client], clock: Any) -> None:
    order = routed(split_shop)
    boxes = {"boxes": [{"weight_g": 900}]}
    with time_machine.travel(clock.now, tick=False):
        for place in ("SZX1", "RTM1"):
            store = as_staff(Post.STORE, scopes=[place])
            shown = store.get(f"/staff/orders/{order.id}/dispatches").json["items"]
            assert [(each["store"], each["state"], each["allowed"]) for each in shown] == [
                (place, "routed", ["accept"])
            ]
            named = f"/staff/orders/{order.id}/dispatches/{place}"
            ship = {"carrier": "china-post", "waybill": waybill()}
            for name, body in (("accept", None), ("pick", None), ("pack", boxes), ("ship", ship)):
                answer = store.post(f"{named}/{name}", body, key=f"{name}-{place}")
                assert answer.status == 200, answer.text
                assert answer.json["store"] == place
            assert store.post(f"{named}/accept", key="another-one").status == 409
        stranger = as_staff(Post.STORE, scopes=["BER-S1"])
        assert stranger.get(f"/staff/orders/{order.id}/dispatches").status == 404
        assert stranger.post(f"/staff/orders/{order.id}/dispatches/BER-S1/accept", key="stranger-1").status == 404
        admin = as_staff(Post.ADMIN)
        assert len(admin.get(f"/staff/orders/{order.id}/dispatches").json["items"]) == 2
        receipt = {"number": "S-1", "signed_by": "Erika", "signed_at": "2026-11-21T09:30:00Z"}
        conflict = admin.post(f"/staff/orders/{order.id}/slip", receipt, key="which-place")
        assert (conflict.status, conflict.json["places"]) == (409, ["RTM1", "SZX1"])
    assert split_shop.order(order).state is State.SHIPPED


def test_claims_are_for_ones_own_part_ord_17(split_shop: Any) -> None:
    order = routed(split_shop)
    for who in (RTM, SZX):
        claimed = split_shop.do(lambda uow, who=who: orders.claim(uow, uow.get(ORDER, order.id), who))
        assert claimed.claimed_by == who.id
    colleague = Principal("staff", "rob", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
    with pytest.raises(AlreadyClaimed):
        split_shop.do(lambda uow: orders.claim(uow, uow.get(ORDER, order.id), colleague))
    split_shop.do(lambda uow: orders.unclaim(uow, uow.get(ORDER, order.id), RTM))
    assert (part(split_shop, order, "RTM1").claimed_by, part(split_shop, order, "SZX1").claimed_by) == ("", "sue")
    assert split_shop.order(order).claimed_by == ""


def test_the_deadlines_of_each_place_are_its_own_rev_10(split_shop: Any, clock: Any) -> None:
    order = routed(split_shop)
    step(split_shop, order, RTM, "accept")
    sweep(clock.forward(hours=25), until=float("inf"))
    here, there = part(split_shop, order, "RTM1"), part(split_shop, order, "SZX1")
    assert ("accept_by" in here.missed, "accept_by" in there.missed) == (False, True)
    (card,) = page(ORDER, "gsi2", store_list("SZX1"), limit=9).items
    assert card.mark == "overdue"
    sweep(clock.forward(days=5), until=float("inf"))
    assert "dispatch_by" in part(split_shop, order, "RTM1").missed
    send_rest = ("pick", "pack", "ship")
    for name in send_rest:
        step(split_shop, order, RTM, name)
    assert (part(split_shop, order, "RTM1").missed, part(split_shop, order, "RTM1").deadlines) == ((), {})


# Arriving


def test_the_order_is_completed_when_the_last_parcel_has_arrived_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    deliver(split_shop, order, "RTM1")
    assert split_shop.order(order).state is State.PARTLY_SHIPPED
    send(split_shop, order, SZX)
    assert split_shop.order(order).state is State.SHIPPED
    deliver(split_shop, order, "SZX1")
    done = split_shop.order(order)
    assert (done.state, done.completed_by) == (State.COMPLETED, "tracking")
    assert [entry.kind for entry in ledger.entries_of(split_shop.begin(), order.id)].count("revenue") == 1


def test_two_last_parcels_that_arrive_at_once_complete_the_order_once_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    send(split_shop, order, SZX)
    for call in range(1, 6):
        state = split_shop.order(order).state
        if state is State.COMPLETED:
            break
        with injected(None, interleave=lambda: deliver(split_shop, order, "SZX1"), at=call):
            deliver(split_shop, order, "RTM1")
    assert split_shop.order(order).state is State.COMPLETED
    assert split_shop.events(order).count("order.completed") == 1


def slip(shop: Any, order: Order, who: Principal) -> Any:
    receipt = Receipt(f"S-{who.id}", "Erika", shop.now())
    return shop.do(lambda uow: fulfilment.enter_slip(uow, order.id, receipt, who))


def test_each_place_enters_its_own_receipt_and_the_last_completes_the_order_ful_14(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    with pytest.raises(NotAllowed):
        slip(split_shop, order, SZX)
    slip(split_shop, order, RTM)
    assert {store: each.delivered for store, each in parcels(split_shop, order).items()} == {"RTM1": True}
    send(split_shop, order, SZX)
    slip(split_shop, order, SZX)
    done = split_shop.order(order)
    assert (done.state, done.completed_by) == (State.COMPLETED, "slip")


def test_the_receipt_of_a_part_ends_what_was_wrong_with_its_parcel_rev_10(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)

    def delay(uow: Any) -> None:
        late = shipments.report(
            uow, status=None, mark=Mark.DELAYED, stated=uow.now.isoformat(), received_at=uow.now, source="17track"
        )
        shipments.fold(uow, uow.get(SHIPMENT, order.id, parcels(split_shop, order)["RTM1"].id), [late])
        orders.raise_problem(uow, uow.get(ORDER, order.id), Problem.DELAY)

    split_shop.do(delay)
    slip(split_shop, order, RTM)
    now = split_shop.order(order)
    assert (now.state, now.problem, now.deadlines) == (State.PARTLY_SHIPPED, None, {})


def test_the_customer_confirms_all_of_it_when_all_has_left_ord_20(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    with pytest.raises(NotAllowed):
        split_shop.do(lambda uow: fulfilment.confirm_receipt(uow, order.id, ann))
    send(split_shop, order, SZX)
    split_shop.do(lambda uow: fulfilment.confirm_receipt(uow, order.id, ann))
    assert split_shop.order(order).state is State.COMPLETED
    assert all(each.delivered for each in parcels(split_shop, order).values())


def test_trouble_with_a_parcel_is_not_over_because_the_rest_leaves_rev_10(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    split_shop.do(lambda uow: orders.raise_problem(uow, uow.get(ORDER, order.id), Problem.LOST))
    send(split_shop, order, SZX)
    now = split_shop.order(order)
    assert (now.state, now.problem, set(now.deadlines)) == (State.SHIPPED, Problem.LOST, {"warn_by", "contact_by"})
