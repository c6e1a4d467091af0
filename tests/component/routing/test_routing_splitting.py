"""Orders whose goods lie in several places: the policy, a dispatch each, one state for the customer (RTE-07)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError, HTTPClientError

from chalicelib.cart.domain import SPLITTING
from chalicelib.catalog.items import VARIANT
from chalicelib.clockwork import sweep
from chalicelib.core import settings_values
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, DomainError, NotAllowed, NotFound
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.table import page
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import Cause, Receipt
from chalicelib.fulfilment.service import HandedOver
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import SoldOut
from chalicelib.ledger import service as ledger
from chalicelib.ledger.items import BALANCE
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, Dispatch, Order, Problem, State
from chalicelib.orders.items import DISPATCH, ORDER, store_list
from chalicelib.orders.service import dispatching
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.scans import Status
from chalicelib.shipping.domain.shipments import Box, Shipment
from chalicelib.shipping.service import shipments
from chalicelib.tracking import service as tracking
from tests.component.orders.conftest import variant
from tests.support.faults import KINDS, Fault, Killed, injected, without_waiting
from tests.support.http import Client
from tests.support.sample_orders import a_line, an_order
from tests.support.table import metered
from tests.support.world import waybill

RTM = Principal("staff", "ron", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
SZX = Principal("staff", "sue", posts=frozenset({Post.STORE}), scopes=frozenset({"SZX1"}))
BOTH = Principal("staff", "bo", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1", "SZX1"}))
BERLIN_STORE = Principal("staff", "ben", posts=frozenset({Post.STORE}), scopes=frozenset({"BER-S1"}))
BOX = [Box(900)]
STEPS = ("accept", "pick", "pack", "ship")


@pytest.fixture
def split_shop(shop: Any) -> Any:
    """Pots and cups are in Rotterdam, lamps in Shenzhen only."""

    def opening(uow: Any) -> None:
        uow.put(VARIANT, variant("LAMP", "Paper lamp", "30.00", hs_code="940510", weight_g=400))
        inventory.receive(uow, {("LAMP", "SZX1"): 10}, "opening")

    shop.do(opening)
    return shop


def policy(shop: Any, value: str) -> None:
    def change(uow: Any) -> None:
        uow.at(SETTINGS, SETTINGS.key("EU"))
        uow.put(SETTINGS, SettingValues("EU", {SPLITTING.name: value}))

    shop.do(change)
    settings_values.forget()


LINES = (("POT", 2), ("LAMP", 1))


def routed(shop: Any, **more: Any) -> Order:
    order = shop.pay(shop.placed(**{"lines": LINES} | more))
    shop.do(lambda uow: orders.review(uow, order.id))
    result: Order = shop.do(lambda uow: routing.route(uow, order.id))
    return result


def step(shop: Any, order: Order, who: Principal, name: str, store: str = "") -> Any:
    if name == "pack":
        return shop.do(lambda uow: fulfilment.pack(uow, order.id, BOX, who, store))
    if name == "ship":
        number = waybill()
        return shop.do(lambda uow: fulfilment.ship(uow, order.id, [HandedOver("china-post", number)], who, store))[0]
    return shop.do(lambda uow: getattr(fulfilment, name)(uow, order.id, who, store))


def send(shop: Any, order: Order, who: Principal) -> None:
    for name in STEPS:
        step(shop, order, who, name)


def part(shop: Any, order: Order, store: str) -> Dispatch:
    found: Dispatch = shop.begin().get(DISPATCH, order.id, store)
    return found


def parcels(shop: Any, order: Order) -> dict[str, Shipment]:
    return {parcel.store: parcel for parcel in shipments.of_order(shop.begin(), order.id)}


def deliver(shop: Any, order: Order, store: str) -> None:
    """A courier's report, as the tracking room takes it in."""

    def arrive(uow: Any) -> None:
        parcel = uow.get(ORDER, order.id) and next(
            each for each in shipments.of_order(uow, order.id) if each.store == store
        )
        report = shipments.report(
            uow, status=Status.DELIVERED, mark=None, stated=uow.now.isoformat(), received_at=uow.now, source="17track",
            code="delivered", identity=parcel.id,
        )  # fmt: skip
        after = shipments.fold(uow, parcel, [report])
        tracking._complete(uow, after)

    shop.do(arrive)


def listed(store: str) -> list[str]:
    return [card.id for card in page(ORDER, "gsi2", store_list(store), limit=9).items]


# The quote


def test_goods_in_two_places_come_from_both_unless_a_market_says_otherwise_rte_07(split_shop: Any) -> None:
    quote = split_shop.quoted(lines=LINES)
    assert {line.sku: line.location for line in quote.lines} == {"POT": "RTM1", "LAMP": "SZX1"}


def test_where_splitting_is_forbidden_the_quote_names_what_is_not_together_rte_07(split_shop: Any) -> None:
    policy(split_shop, "forbidden")
    with pytest.raises(SoldOut) as refused:
        split_shop.quoted(lines=(("POT", 2), ("CUP", 1), ("LAMP", 1)))
    assert refused.value.members["skus"] == ["LAMP"]
    assert (refused.value.members["reason"], len(refused.value.members["lines"])) == ("not_together", 1)
    assert split_shop.quoted(lines=(("LAMP", 1),)).lines[0].location == "SZX1"


def test_by_priority_each_article_comes_from_the_first_place_that_has_it_rte_07(split_shop: Any) -> None:
    split_shop.do(lambda uow: inventory.receive(uow, {("POT", "SZX1"): 5}, "delivery"))
    assert {line.location for line in split_shop.quoted(lines=LINES).lines} == {"SZX1"}
    policy(split_shop, "priority")
    assert [line.location for line in split_shop.quoted(lines=LINES).lines] == ["RTM1", "SZX1"]


def test_a_policy_that_is_none_counts_as_not_set(split_shop: Any) -> None:
    policy(split_shop, "whatever")
    assert len({line.location for line in split_shop.quoted(lines=LINES).lines}) == 2


# Routing


def test_every_place_gets_its_part_on_its_own_list_and_nothing_else_rte_07_rte_03(split_shop: Any) -> None:
    order = routed(split_shop)
    assert (order.state, order.store, order.is_split) == (State.ROUTED, "RTM1", True)
    assert listed("RTM1") == listed("SZX1") == [order.id]
    here, there = part(split_shop, order, "RTM1"), part(split_shop, order, "SZX1")
    assert [(line.sku, line.quantity) for line in here.lines] == [("POT", 2)]
    assert [(line.sku, line.quantity) for line in there.lines] == [("LAMP", 1)]
    assert here.total + there.total == order.totals.total
    (card,) = page(ORDER, "gsi2", store_list("SZX1"), limit=9).items
    assert (card.units, card.title, card.total, card.store) == (1, "Paper lamp", there.total, "SZX1")
    assert set(order.deadlines) == set() and set(there.deadlines) == {"accept_by", "dispatch_by"}
    assert split_shop.events(order).count("dispatch.routed") == 2


def test_each_parcel_goes_by_the_channel_that_its_place_has_rte_07(split_shop: Any) -> None:
    order = routed(split_shop)
    assert order.channel in {"LINE", "POST"}
    assert (part(split_shop, order, "SZX1").channel, part(split_shop, order, "RTM1").channel) == (
        order.channel, "LOCAL",
    )  # fmt: skip


def test_an_order_of_one_place_has_no_dispatch_and_costs_what_it_did_rte_07(split_shop: Any) -> None:
    routed(split_shop, lines=(("POT", 1),))  # settings are warm
    order = split_shop.pay(split_shop.placed(lines=(("POT", 1), ("CUP", 1))))
    split_shop.do(lambda uow: orders.review(uow, order.id))
    with metered() as meter:
        split_shop.do(lambda uow: routing.route(uow, order.id))
    assert (meter.round_trips, meter.actions) == (3, 2)
    assert split_shop.begin().part(DISPATCH, order.id, prefix="DISPATCH#") == []


def test_routing_a_split_order_takes_four_round_trips_rte_07(split_shop: Any) -> None:
    routed(split_shop)
    order = split_shop.pay(split_shop.placed(lines=LINES))
    split_shop.do(lambda uow: orders.review(uow, order.id))
    with metered() as meter:
        split_shop.do(lambda uow: routing.route(uow, order.id))
    assert meter.round_trips <= 4


def test_where_splitting_has_been_forbidden_since_the_desk_decides_rte_07(split_shop: Any) -> None:
    order = split_shop.pay(split_shop.placed(lines=LINES))
    policy(split_shop, "forbidden")
    split_shop.do(lambda uow: orders.review(uow, order.id))
    order = split_shop.do(lambda uow: routing.route(uow, order.id))
    assert (order.state, order.problem) == (State.REVIEWED, Problem.OUT_OF_STOCK)
    policy(split_shop, "fewest_splits")
    again = split_shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    assert (again.state, again.problem, listed("SZX1")) == (State.ROUTED, None, [order.id])


CHINESE = {"market": "CN", "country": "CN", "ship_to": None}


def in_china(shop: Any, **more: Any) -> Order:
    """Two articles reserved in two Chinese places."""
    lines = (a_line(sku="POT", location="SZX1"), a_line("2", "CUP", 1, location="SHA-S1"))
    order = an_order(State.REVIEWED, lines=lines, **CHINESE | more)

    def stock(uow: Any) -> None:
        uow.put(ORDER, order)
        inventory.receive(uow, {("POT", "SZX1"): 5, ("CUP", "SHA-S1"): 5}, "opening")

    shop.do(stock)
    shop.do(lambda uow: inventory.reserve(uow, order.allocation, order.id))
    return order


def test_what_one_place_has_come_to_have_together_is_gathered_there_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 2}, "delivery"))
    order = shop.do(lambda uow: routing.route(uow, order.id))
    assert (order.store, order.is_split) == ("SHA-S1", False)
    assert shop.begin().part(DISPATCH, order.id, prefix="DISPATCH#") == []
    assert (shop.level("POT", "SZX1"), shop.level("POT", "SHA-S1")) == ((5, 0), (0, 2))


def test_by_priority_what_was_split_stays_split_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: uow.put(SETTINGS, SettingValues("CN", {SPLITTING.name: "priority"})))
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 2}, "delivery"))
    order = shop.do(lambda uow: routing.route(uow, order.id))
    assert (order.locations, order.is_split) == (("SHA-S1", "SZX1"), True)


def test_parts_that_nobody_has_accepted_can_be_routed_again_to_one_place_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: routing.route(uow, order.id))
    assert listed("SZX1") == listed("SHA-S1") == [order.id]
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 2}, "delivery"))
    again = shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    assert (again.store, again.is_split) == ("SHA-S1", False)
    assert (listed("SZX1"), listed("SHA-S1")) == ([], [order.id])
    assert part(shop, order, "SZX1").state is State.CANCELLED
    assert shop.events(order).count("dispatch.cancelled") == 2


def test_a_split_order_is_not_routed_again_once_a_place_has_accepted_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: routing.route(uow, order.id))
    step(shop, order, SZX, "accept")
    with pytest.raises(NotAllowed) as refused:
        shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    assert refused.value.members["state"] == "accepted"


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
    with pytest.raises(orders.AlreadyClaimed):
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


def test_an_order_of_which_a_part_was_delivered_is_not_taken_back_as_a_whole_ful_19(split_shop: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    send(split_shop, order, SZX)
    deliver(split_shop, order, "RTM1")
    with pytest.raises(Conflict):
        split_shop.do(lambda uow: fulfilment.fail(uow, order.id, RTM, Cause.REFUSED))
    assert split_shop.order(order).state is State.SHIPPED


# Cancelling


@pytest.mark.parametrize("steps", [(), ("accept",), ("accept", "pick", "pack")])
def test_before_anything_has_left_a_cancellation_releases_everything_ord_14(
    split_shop: Any, ann: Any, steps: tuple[str, ...]
) -> None:
    order = routed(split_shop)
    for name in steps:
        step(split_shop, order, SZX, name)
    cancelled = split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.CHANGED_MIND))
    assert cancelled.state is State.CANCELLED
    assert (split_shop.level("POT"), split_shop.level("LAMP", "SZX1")) == ((10, 0), (10, 0))
    assert (listed("RTM1"), listed("SZX1")) == ([], [])
    assert split_shop.begin().counter(ledger_balance(ann))["available"] == order.totals.total.minor
    with pytest.raises(NotAllowed):
        step(split_shop, order, RTM, "accept")


def ledger_balance(ann: Any) -> Any:
    return BALANCE.ref(ann.id, "EUR")


def test_after_the_first_has_left_only_what_is_still_in_stock_is_cancelled_ord_14(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    rest = split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    lamp = next(line for line in order.lines if line.sku == "LAMP")
    assert (rest.state, [line.sku for line in rest.lines]) == (State.SHIPPED, ["POT"])
    assert rest.totals.total == order.totals.total - lamp.total
    assert split_shop.begin().counter(ledger_balance(ann))["available"] == lamp.total.minor
    assert (split_shop.level("POT"), split_shop.level("LAMP", "SZX1")) == ((8, 0), (10, 0))
    assert (listed("SZX1"), part(split_shop, order, "SZX1").state) == ([], State.CANCELLED)
    assert "order.rest_cancelled" in split_shop.events(order)
    with pytest.raises(NotAllowed):
        split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    with pytest.raises((NotAllowed, NotFound)):
        step(split_shop, order, SZX, "accept")
    deliver(split_shop, order, "RTM1")
    assert split_shop.order(order).state is State.COMPLETED
    (revenue,) = [entry for entry in ledger.entries_of(split_shop.begin(), order.id) if entry.kind == "revenue"]
    taken = next(each.amount for each in revenue.postings if each.account == "customer_funds")
    assert taken == rest.totals.total


def test_what_is_cancelled_after_the_rest_has_arrived_completes_the_order_ord_14(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    deliver(split_shop, order, "RTM1")
    done = split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    assert (done.state, done.completed_by) == (State.COMPLETED, "tracking")


def test_a_cancellation_and_a_parcel_that_leaves_never_both_succeed_ord_14(split_shop: Any, ann: Any) -> None:
    """Whichever is first: nothing is released that has left, and nothing leaves that was released."""
    for call in range(1, 7):
        order = routed(split_shop, lines=(("POT", 1), ("LAMP", 1)))
        for who in (RTM, SZX):
            for name in ("accept", "pick", "pack"):
                step(split_shop, order, who, name)
        before = (split_shop.level("POT"), split_shop.level("LAMP", "SZX1"))
        cancelled: list[bool] = []

        def cancel(order: Order = order, cancelled: list[bool] = cancelled) -> None:
            try:
                split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
                cancelled.append(True)
            except NotAllowed:
                cancelled.append(False)

        with injected(None, interleave=cancel, at=call):
            try:
                step(split_shop, order, RTM, "ship")
            except (NotAllowed, NotFound):
                assert cancelled == [True]
        now = split_shop.order(order)
        (pots, pots_held), (lamps, lamps_held) = split_shop.level("POT"), split_shop.level("LAMP", "SZX1")
        if now.state is State.CANCELLED:
            assert (pots, lamps) == (before[0][0] + 1, before[1][0] + 1)
            assert parcels(split_shop, order) == {}
        else:
            assert pots == before[0][0]
            assert [each.store for each in parcels(split_shop, order).values()] == ["RTM1"]
            if now.state is State.PARTLY_SHIPPED:
                split_shop.do(lambda uow, order=order: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
        assert (pots_held, lamps_held) <= (before[0][1], before[1][1])
        assert split_shop.level("LAMP", "SZX1")[1] == 0


def test_a_cancellation_that_a_parcel_overtakes_cancels_what_is_left_ord_14(split_shop: Any, ann: Any) -> None:
    for call in range(1, 5):
        order = routed(split_shop, lines=(("POT", 1), ("LAMP", 1)))
        for name in STEPS[:3]:
            step(split_shop, order, RTM, name)
        with injected(None, interleave=lambda order=order: step(split_shop, order, RTM, "ship"), at=call):
            split_shop.do(lambda uow, order=order: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
        now = split_shop.order(order)
        if parcels(split_shop, order):
            assert (now.state, [line.sku for line in now.lines]) == (State.SHIPPED, ["POT"])
        else:
            assert now.state is State.CANCELLED
        assert split_shop.level("LAMP", "SZX1") == (10, 0)
        assert split_shop.level("POT")[1] == 0


# Races and crashes


@pytest.mark.parametrize("name", STEPS)
def test_two_places_that_do_the_same_step_at_once_leave_no_order_behind_rte_07(split_shop: Any, name: str) -> None:
    """Each is the last but for the other: without seeing one another neither would move the order."""
    states = {"accept": State.ACCEPTED, "pick": State.PICKING, "pack": State.PACKED, "ship": State.SHIPPED}
    for call in range(1, 6):
        order = routed(split_shop, lines=(("POT", 1), ("LAMP", 1)))
        for earlier in STEPS[: STEPS.index(name)]:
            for who in (RTM, SZX):
                step(split_shop, order, who, earlier)
        with injected(None, interleave=lambda order=order: step(split_shop, order, SZX, name), at=call):
            step(split_shop, order, RTM, name)
        if part(split_shop, order, "SZX1").state is not states[name]:
            step(split_shop, order, SZX, name)  # there were fewer calls than that
        assert split_shop.order(order).state is states[name]
        assert split_shop.events(order).count("order.shipped") == (name == "ship")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_at_any_call_of_shipping_ships_once_or_not_at_all_rte_07(split_shop: Any, kind: str) -> None:
    struck = 0
    for call in range(1, 9):
        order = routed(split_shop, lines=(("POT", 1), ("LAMP", 1)))
        for name in STEPS[:3]:
            step(split_shop, order, RTM, name)
        before = split_shop.level("POT")
        fault, number = Fault(kind, call), waybill()

        def ship(order: Order = order, number: str = number) -> None:
            split_shop.do(lambda uow: fulfilment.ship(uow, order.id, [HandedOver("china-post", number)], RTM))

        with without_waiting():
            try:
                with injected(fault):
                    ship()
            except (Killed, DomainError, ClientError, HTTPClientError):
                if part(split_shop, order, "RTM1").state is State.PACKED:
                    ship()
        struck += fault.struck
        assert part(split_shop, order, "RTM1").state is State.SHIPPED
        assert split_shop.order(order).state is State.PARTLY_SHIPPED
        assert split_shop.level("POT") == (before[0], before[1] - 1)
        assert len(parcels(split_shop, order)) == 1
        assert split_shop.events(order).count("order.partly_shipped") == 1
    assert struck >= 3


def test_a_part_is_worked_on_by_its_place_whatever_the_order_was_meant_for() -> None:
    order = an_order(State.ROUTED, store="RTM1")
    assert (order.is_split, order.serving, order.reserved_at("RTM1")) == (False, ("RTM1",), order.allocation)
    assert dispatching.place_of(order, RTM) == ""
    with pytest.raises(NotFound):
        dispatching.place_of(order, RTM, "SZX1")


def test_three_places_follow_the_same_rules_rte_07(shop: Any) -> None:
    lines = tuple(
        a_line(str(number), sku, 1, location=place)
        for number, (sku, place) in enumerate([("POT", "SZX1"), ("CUP", "SHA-S1"), ("LAMP", "RTM1")], 1)
    )
    order = an_order(State.REVIEWED, lines=lines)
    plans = {place: orders.Plan("LINE", shop.now() + timedelta(days=1)) for place in order.locations}
    shop.do(lambda uow: uow.put(ORDER, order))
    stock = {(line.sku, line.location): 1 for line in lines}
    shop.do(lambda uow: inventory.receive(uow, stock, "opening"))
    shop.do(lambda uow: inventory.reserve(uow, stock, order.id))
    shop.do(lambda uow: orders.split(uow, uow.get(ORDER, order.id), "SZX1", plans))
    seen = []
    for place in ("RTM1", "SHA-S1", "SZX1"):
        who = Principal("staff", place, posts=frozenset({Post.STORE}), scopes=frozenset({place}))
        send(shop, order, who)
        seen.append(shop.order(order).state.value)
    assert seen == ["partly_shipped", "partly_shipped", "shipped"]
    assert shop.events(order).count("order.partly_shipped") == 1
    assert Command.COMPLETE in shop.order(order).allowed


def test_what_was_paid_twice_goes_back_once_whatever_is_cancelled_later_ord_15(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    split_shop.report(split_shop.fact(order, reference="cap-2", amount=order.totals.total))
    send(split_shop, order, RTM)
    lamp = next(line for line in order.lines if line.sku == "LAMP")
    split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    payment = split_shop.payment(order)
    assert (payment.to_balance, payment.refundable) == (lamp.total.minor, order.totals.total - lamp.total)
    assert split_shop.begin().counter(ledger_balance(ann))["available"] == lamp.total.minor
