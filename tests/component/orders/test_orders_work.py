"""Exceptions over their whole life, work lists, claims, counts, and the monthly report (REV-08…REV-11, ORD-17)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.clockwork import sweep
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import VersionConflict
from chalicelib.core.events import SYSTEM, Aggregate, Event
from chalicelib.core.once import AlreadyApplied
from chalicelib.core.table import page
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Group, Order, OrderHeld, OrderReturnedToCustomer, Problem, Reason, State
from chalicelib.orders.items import ORDER, group_list
from chalicelib.risk import service as risk
from chalicelib.shipping.domain.shipments import Node, Shipment, ShipmentCustomsCleared, ShipmentException
from chalicelib.shipping.items.shipments import SHIPMENT
from tests.support.http import Client
from tests.support.sample_orders import BERLIN, an_order


@pytest.fixture(autouse=True)
def _same_time_at_the_door(monkeypatch: pytest.MonkeyPatch, clock: Any) -> Iterator[None]:
    monkeypatch.setattr("chalicelib.core.http.routes.utc_now", lambda: clock.now)
    return


def clerk(name: str, *posts: Post) -> Client:
    return Client(Principal("staff", name, posts=frozenset(posts or (Post.ORDER_DESK,))))


def keep(shop: Any, order: Order) -> Order:
    shop.do(lambda uow: uow.put(ORDER, order))
    return order


def told(data: Any, name: str, number: int, at: datetime) -> Event[Any]:
    return Event(
        id=f"e{number}", type=name, schema=1, aggregate=Aggregate("shipment", "s"), sequence=number, occurred_at=at,
        actor=SYSTEM, cause="", trace="", data=data,
    )  # fmt: skip


def trouble(shop: Any, order: Order, problem: str, number: int, clock: Any) -> Order:
    data = ShipmentException(order.id, "s", "dhl", "W1", clock.now, problem)
    event = told(data, "shipment.exception", number, clock.now)

    def note(uow: Any) -> None:
        parcel = uow.find(SHIPMENT, order.id, "s") or Shipment("s", order.id, "dhl", "W1", "RTM1", clock.now)
        uow.put(SHIPMENT, replace(parcel, nodes={**parcel.nodes, problem: Node(clock.now, clock.now)}))

    shop.do(note)
    with contextlib.suppress(AlreadyApplied):
        shop.do(lambda uow: orders.follow_parcel(uow, event))
    result: Order = shop.order(order)
    return result


def test_customs_that_hold_a_parcel_start_a_clock_that_warns_breaches_and_escalates_rev_09_rev_10(
    shop: Any, clock: Any
) -> None:
    order = trouble(shop, keep(shop, an_order(State.SHIPPED, store="RTM1")), "customs_held", 1, clock)
    assert (order.problem, order.group) == (Problem.CUSTOMS, Group.ORDER_DESK)
    desk = clerk("pat")
    assert [item["id"] for item in desk.get("/staff/work/order_desk").json["items"]] == [order.id]
    for hours, event in ((18, "order.problem_warned"), (6, "order.deadline_missed"), (1, "order.problem_escalated")):
        clock.forward(hours=hours, seconds=1)
        sweep(clock.now, float("inf"))
        assert shop.events(order)[-1] == event
    assert shop.order(order).group is Group.MANAGEMENT
    assert desk.get("/staff/work/order_desk").json["items"] == []
    assert desk.get("/staff/work/management").status == 403
    (item,) = clerk("boss", Post.ADMIN).get("/staff/work/management").json["items"]
    assert (item["id"], item["mark"]) == (order.id, "overdue")
    solved = clerk("boss", Post.ADMIN).post(f"/staff/orders/{order.id}/solved", key="solved-12345")
    assert (solved.status, solved.json["problem"], solved.json["deadlines"]) == (200, None, {})


def test_a_parcel_that_clears_customs_ends_the_exception_by_itself_rev_09(shop: Any, clock: Any) -> None:
    order = trouble(shop, keep(shop, an_order(State.SHIPPED, store="RTM1")), "customs_held", 1, clock)
    cleared = told(
        ShipmentCustomsCleared(order.id, "s", "dhl", "W1", clock.now), "shipment.customs_cleared", 2, clock.now
    )
    shop.do(lambda uow: orders.follow_parcel(uow, cleared))
    assert (shop.order(order).problem, shop.order(order).deadlines) == (None, {})
    assert trouble(shop, order, "customs_held", 1, clock).problem is None  # the same news again
    assert trouble(shop, order, "delayed", 3, clock).problem is Problem.DELAY
    assert trouble(shop, order, "lost", 4, clock).problem is Problem.LOST
    assert trouble(shop, order, "delayed", 5, clock).problem is Problem.LOST
    assert [card.id for card in page(ORDER, "gsi2", group_list(Group.AFTER_SALES), limit=5).items] == [order.id]


def test_trouble_of_a_parcel_that_has_arrived_is_nobodys_rev_10(shop: Any, clock: Any) -> None:
    order = keep(shop, an_order(State.COMPLETED, store="RTM1"))
    assert trouble(shop, order, "damaged", 1, clock).problem is None


def test_of_two_clerks_one_gets_the_order_and_the_other_hears_who_ord_17(shop: Any) -> None:
    order = keep(shop, an_order(State.ON_HOLD))
    pat, kim = clerk("pat"), clerk("kim")
    won = pat.post(f"/staff/orders/{order.id}/claim", key="claim-12345")
    lost = kim.post(f"/staff/orders/{order.id}/claim", key="claim-12345")
    assert (won.status, won.json["claimed_by"]) == (200, "pat")
    assert (lost.status, lost.json["claimed_by"], lost.json["type"].rpartition("/")[2]) == (
        409, "pat", "already-claimed",
    )  # fmt: skip
    assert pat.post(f"/staff/orders/{order.id}/claim", key="claim-again").status == 200
    assert kim.post(f"/staff/orders/{order.id}/unclaim", key="unclaim-1234").status == 409
    (item,) = kim.get("/staff/work/order_desk", query={"mark": "handled"}).json["items"]
    assert (item["claimed_by"], item["mark"]) == ("pat", "handled")
    assert kim.get("/staff/work/order_desk", query={"mark": "unhandled"}).json["items"] == []
    assert pat.post(f"/staff/orders/{order.id}/unclaim", key="unclaim-1234").json["claimed_by"] == ""
    assert kim.post(f"/staff/orders/{order.id}/claim", key="claim-67890").json["claimed_by"] == "kim"


def test_two_clerks_at_the_same_moment_cannot_both_win_ord_17(shop: Any) -> None:
    order = keep(shop, an_order(State.ON_HOLD))
    uows = [shop.begin(), shop.begin()]
    for uow, name in zip(uows, ("pat", "kim"), strict=True):
        orders.claim(uow, uow.get(ORDER, order.id), Principal("staff", name, posts=frozenset({Post.ORDER_DESK})))
    uows[1].commit(None)
    with pytest.raises(VersionConflict):
        uows[0].commit(None)
    assert shop.order(order).claimed_by == "kim"


@pytest.mark.parametrize(
    ("state", "posts", "status"),
    [
        (State.ON_HOLD, (Post.CUSTOMER_SERVICE,), 403),
        (State.AWAITING_PAYMENT, (Post.ORDER_DESK,), 409),
        (State.COMPLETED, (Post.ADMIN,), 409),
        (State.ON_HOLD, (Post.ADMIN,), 200),
    ],
)
def test_only_who_has_the_next_move_takes_an_order_up_rev_06(
    shop: Any, state: State, posts: tuple[Post, ...], status: int
) -> None:
    order = keep(shop, an_order(state))
    assert clerk("pat", *posts).post(f"/staff/orders/{order.id}/claim", key="claim-12345").status == status


def test_every_list_tells_how_much_waits_in_it_ord_17(shop: Any, as_staff: Callable[..., Client]) -> None:
    for _ in range(3):
        keep(shop, an_order(State.ON_HOLD))
    keep(shop, an_order(State.ON_HOLD, claimed_by="pat"))
    keep(shop, an_order(State.RETURNED_TO_CUSTOMER, missed=("decide_by",)))
    keep(shop, an_order(State.ROUTED, store="RTM1"))
    keep(shop, an_order(State.ROUTED, store="SZX1"))
    rows = {(row["list"], row["state"]): row for row in clerk("pat").get("/staff/work").json["items"]}
    held = rows["order_desk", "on_hold"]
    assert (held["unhandled"], held["handled"], held["overdue"], held["complete"]) == (3, 1, 0, True)
    assert rows["order_desk", "returned_to_customer"]["overdue"] == 1
    everywhere = {"store:RTM1", "store:SZX1"}  # who works for the house sees every store's
    assert {name for name, _ in rows} == {"order_desk", *everywhere}
    assert [rows[name, "routed"]["unhandled"] for name in sorted(everywhere)] == [1, 1]
    one = clerk("pat").get("/staff/work", query={"store": "SZX1"}).json["items"]
    assert [(row["list"], row["unhandled"]) for row in one] == [("store:SZX1", 1)]
    mine = as_staff(Post.STORE, scopes=["RTM1"]).get("/staff/work").json["items"]
    assert [(row["list"], row["state"], row["unhandled"]) for row in mine] == [("store:RTM1", "routed", 1)]


def test_the_month_is_summed_up_by_cause_once_per_event_rev_11(shop: Any, clock: Any) -> None:
    back = OrderReturnedToCustomer(order_id="N", reasons=("address_incomplete", "other"), answer_by=clock.now)
    happened = [
        told(back, "order.returned_to_customer", 1, clock.now),
        told(replace(back, reasons=("address_incomplete",)), "order.returned_to_customer", 2, clock.now),
        told(OrderHeld(order_id="N", reasons=("large_order",)), "order.held", 3, clock.now),
    ]
    for event in [*happened, happened[0]]:
        try:
            shop.do(lambda uow, event=event: orders.count_abnormal(uow, event))
        except AlreadyApplied:
            continue
    report = clerk("pat").get("/staff/reports/abnormal-orders", query={"month": "2026-11"}).json
    assert report["cases"] == 4
    assert [(row["kind"], row["cause"], row["cases"], row["cumulative"]) for row in report["causes"]] == [
        ("returned", "address_incomplete", 2, "50.0"), ("held", "large_order", 1, "75.0"),
        ("returned", "other", 1, "100.0"),
    ]  # fmt: skip
    assert clerk("pat").get("/staff/reports/abnormal-orders", query={"month": "2026-12"}).json["causes"] == []
    assert clerk("pat").get("/staff/reports/abnormal-orders", query={"month": "2026-13"}).status == 400


def test_the_plans_of_all_exceptions_can_be_read_rev_10(shop: Any) -> None:
    rows = {row["problem"]: row for row in clerk("pat").get("/staff/exceptions").json["items"]}
    assert (rows["out_of_stock"]["within_minutes"], rows["customs"]["within_minutes"]) == (120, 1440)


def test_many_orders_of_one_internet_address_to_vague_addresses_are_held_rsk_03(shop: Any) -> None:
    source = risk.source_of("203.0.113.7")
    vague = replace(BERLIN, lines=("x",))
    for number in range(1, 12):
        order = keep(shop, an_order(source=source, ship_to=vague))
        seen = shop.do(lambda uow, order=order: orders.review(uow, order.id))
        assert seen.state is (State.ON_HOLD if number >= 10 else State.RETURNED_TO_CUSTOMER), number
    assert [reason.code for reason in seen.reasons] == ["many_orders_of_one_source", "vague_address"]
    clear = keep(shop, an_order(source=source))
    assert shop.do(lambda uow: orders.review(uow, clear.id)).state is State.REVIEWED
    other = keep(shop, an_order(source=risk.source_of("203.0.113.8"), ship_to=vague))
    assert shop.do(lambda uow: orders.review(uow, other.id)).state is State.RETURNED_TO_CUSTOMER


def test_a_blacklisted_buyer_is_held_until_taken_off_rsk_02(shop: Any) -> None:
    desk = clerk("pat")
    who = {"phone": "030 901820", "country": "DE"}
    assert desk.request("PUT", "/staff/blacklist", {**who, "reason": "three stolen cards"}).status == 200
    held = keep(shop, an_order())
    seen = shop.do(lambda uow: orders.review(uow, held.id))
    assert (seen.state, seen.reasons) == (State.ON_HOLD, (Reason("blacklisted", "100"),))
    (standing,) = desk.post("/staff/standings", who).json["items"]
    assert (standing["blocked"], standing["terms"]) == ("three stolen cards", "normal")
    assert desk.request("PUT", "/staff/blacklist", {**who, "reason": ""}).status == 200
    free = keep(shop, an_order())
    assert shop.do(lambda uow: orders.review(uow, free.id)).state is State.REVIEWED
    assert desk.post("/staff/standings", {"country": "DE"}).status == 400
