"""Clocks that somebody hears: warned, over, with management; and who may stop them (REV-08 to REV-10, AMB-20)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clockwork import sweep
from chalicelib.core.auth import Post
from chalicelib.core.table import page
from chalicelib.orders import service as orders
from chalicelib.orders.domain import PLANS, Group, Order, Problem, State
from chalicelib.orders.items import ORDER, group_list, store_list
from chalicelib.orders.service.working import POSTS
from chalicelib.routing import service as routing
from tests.support.http import Client
from tests.support.sample_orders import an_order
from tests.support.sample_splits import RTM, SZX, part, routed, step, stock_lamps

AsStaff = Callable[..., Client]


@pytest.fixture(autouse=True)
def _one_time_for_all(monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    monkeypatch.setattr("chalicelib.core.http.routes.utc_now", lambda: clock.now)


def keep(shop: Any, order: Order) -> Order:
    shop.do(lambda uow: uow.put(ORDER, order))
    return order


def in_trouble(shop: Any, problem: Problem, state: State = State.SHIPPED) -> Order:
    order = keep(shop, an_order(state, store="RTM1"))
    shop.do(lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), problem))
    result: Order = shop.order(order)
    return result


def listed(group: Group) -> list[str]:
    return [card.id for card in page(ORDER, "gsi2", group_list(group), limit=9).items]


def counted(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The metrics that were emitted."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    return [line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] for line in lines]


# Who stops a clock


@pytest.mark.parametrize("problem", list(Problem))
def test_only_the_group_that_answers_for_it_stops_its_clock_and_ends_it_rev_10(
    shop: Any, as_staff: AsStaff, problem: Problem
) -> None:
    state = State.REVIEWED if problem is Problem.OUT_OF_STOCK else State.SHIPPED
    order = in_trouble(shop, problem, state)
    (owner,) = POSTS[PLANS[problem].group]
    for post in {Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.AFTER_SALES} - {owner}:
        for name in ("contacted", "solved"):
            answer = as_staff(post).post(f"/staff/orders/{order.id}/{name}", key=f"{name}-{post}")
            assert answer.status == 403, (post, name)
    assert shop.order(order) == order
    stopped = as_staff(owner).post(f"/staff/orders/{order.id}/contacted", key="contacted-1")
    assert (stopped.status, stopped.json["problem"], stopped.json["deadlines"]) == (200, problem, {})
    assert as_staff(owner).post(f"/staff/orders/{order.id}/solved", key="solved-123").json["problem"] is None


@pytest.mark.parametrize("name", ["contacted", "solved", "claim"])
def test_where_nothing_is_wrong_the_answer_tells_what_is_allowed(shop: Any, as_staff: AsStaff, name: str) -> None:
    order = keep(shop, an_order(State.SHIPPED, store="RTM1"))
    answer = as_staff(Post.ORDER_DESK).post(f"/staff/orders/{order.id}/{name}", key="nothing-wrong")
    assert (answer.status, answer.json["state"]) == (409, "shipped")
    assert answer.json["allowed"] == sorted(order.allowed)


@pytest.mark.parametrize("problem", [each for each in Problem if each is not Problem.OUT_OF_STOCK])
def test_trouble_of_a_parcel_is_told_for_couriers_that_do_not_tell_it_rev_09_rev_10(
    shop: Any, as_staff: AsStaff, clock: Any, problem: Problem
) -> None:
    order = keep(shop, an_order(State.SHIPPED, store="RTM1"))
    said = {"problem": problem.value, "note": "the courier's hotline says so"}
    found = as_staff(Post.CUSTOMER_SERVICE).post(f"/staff/orders/{order.id}/problem", said, key="hotline-1")
    assert (found.status, found.json["group"]) == (200, PLANS[problem].group)
    within = timedelta(minutes=PLANS[problem].within.default)
    assert shop.order(order).deadlines["contact_by"] == clock.now + within
    assert listed(PLANS[problem].group) == [order.id]
    happened = as_staff(Post.ORDER_DESK).get(f"/staff/orders/{order.id}/timeline").json["items"]
    assert happened[-1]["data"]["note"] == "the courier's hotline says so"
    lesser = as_staff(Post.ORDER_DESK).post(f"/staff/orders/{order.id}/problem", {"problem": "delay"}, key="lesser-1")
    assert (lesser.status, lesser.json["problem"]) == (409, problem)


@pytest.mark.parametrize("posts", [(Post.FINANCE,), (Post.AFTER_SALES,), (Post.PURCHASING,)])
def test_nobody_else_reports_a_problem_rev_10(shop: Any, as_staff: AsStaff, posts: tuple[Post, ...]) -> None:
    order = keep(shop, an_order(State.SHIPPED, store="RTM1"))
    answer = as_staff(*posts).post(f"/staff/orders/{order.id}/problem", {"problem": "delay"}, key="nobody-12")
    assert answer.status == 403
    other = as_staff(Post.STORE, scopes=["BER-S1"])
    assert other.post(f"/staff/orders/{order.id}/problem", {"problem": "delay"}, key="nobody-12").status == 404


# Warned, over, management


def test_a_clock_that_runs_out_is_seen_and_heard_at_every_stage_rev_10(
    shop: Any, as_staff: AsStaff, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    order = in_trouble(shop, Problem.OUT_OF_STOCK, State.REVIEWED)
    desk = as_staff(Post.ORDER_DESK)
    seen = []
    for minutes in (0, 91, 30, 61):
        sweep(clock.forward(minutes=minutes), until=float("inf"))
        items = desk.get("/staff/work/order_desk").json["items"]
        seen.append([item["mark"] for item in items])
        counts = [row["warned"] for row in desk.get("/staff/work").json["items"]]
        assert counts == ([1] if seen[-1] == ["warned"] else [0] if items else [])
    assert seen == [["unhandled"], ["warned"], ["overdue"], []]
    assert [name for name in counted(capsys) if name[:6] in ("Except", "Orders")] == [
        "ExceptionsWarned", "OrdersOverdue", "OrdersEscalated",
    ]  # fmt: skip
    assert listed(Group.MANAGEMENT) == [order.id]
    assert desk.post(f"/staff/orders/{order.id}/contacted", key="too-late-1").status == 403
    assert as_staff(Post.ADMIN).post(f"/staff/orders/{order.id}/contacted", key="contacted-1").status == 200
    assert listed(Group.ORDER_DESK) == [order.id]


@pytest.mark.parametrize(
    ("state", "deadline", "before"), [(State.ON_HOLD, "decide_by", "order_desk"), (State.ROUTED, "accept_by", "store")]
)
def test_what_nobody_decides_or_accepts_goes_to_management_amb_20(
    shop: Any, clock: Any, capsys: pytest.CaptureFixture[str], state: State, deadline: str, before: str
) -> None:
    order = keep(shop, an_order(state, store="RTM1", deadlines={deadline: clock.now + timedelta(hours=1)}))
    sweep(clock.forward(hours=1, seconds=1), until=float("inf"))
    late = shop.order(order)
    assert (late.missed, set(late.deadlines), late.group) == ((deadline,), {"escalate_by"}, before)
    sweep(clock.forward(hours=1, seconds=1), until=float("inf"))
    assert (shop.order(order).group, listed(Group.MANAGEMENT)) == (Group.MANAGEMENT, [order.id])
    assert page(ORDER, "gsi2", store_list("RTM1"), limit=9).items == []
    assert shop.events(order) == ["order.deadline_missed", "order.escalated"]
    names = [name for name in counted(capsys) if name.startswith("Orders")]
    assert names == ["OrdersOverdue", "OrdersEscalated"]


@pytest.mark.parametrize("after", ["in time", "late", "escalated"])
def test_an_order_that_is_accepted_leaves_management_and_its_clock_amb_20(shop: Any, clock: Any, after: str) -> None:
    due = {"accept_by": clock.now + timedelta(hours=1)}
    order = keep(shop, an_order(State.ROUTED, store="RTM1", deadlines=due))
    for _ in range(["in time", "late", "escalated"].index(after)):
        sweep(clock.forward(hours=1, seconds=1), until=float("inf"))
    accepted = step(shop, order, RTM, "accept")
    assert (accepted.deadlines, accepted.missed, accepted.group) == ({}, (), Group.STORE)
    sweep(clock.forward(hours=9), until=float("inf"))
    assert listed(Group.MANAGEMENT) == []


@pytest.mark.parametrize("hours_before", [0, 1, 2])
def test_a_problem_that_is_over_leaves_the_clock_of_a_store_that_does_not_accept_amb_20(
    shop: Any, clock: Any, hours_before: int
) -> None:
    due = {"accept_by": clock.now + timedelta(hours=1)}
    order = keep(shop, an_order(State.ROUTED, store="RTM1", deadlines=due))
    for _ in range(hours_before):
        sweep(clock.forward(hours=1, seconds=1), until=float("inf"))
    shop.do(lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK))
    sweep(clock.forward(hours=1, seconds=1), until=float("inf"))
    after = shop.do(lambda uow: orders.solve(uow, uow.get(ORDER, order.id)))
    assert (after.missed, set(after.deadlines), after.group) == (("accept_by",), {"escalate_by"}, Group.STORE)
    sweep(clock.forward(hours=1, seconds=1), until=float("inf"))
    assert listed(Group.MANAGEMENT) == [order.id]


def test_a_part_that_its_place_does_not_accept_goes_to_management_too_amb_20(shop: Any, clock: Any) -> None:
    order = routed(stock_lamps(shop))
    step(shop, order, RTM, "accept")
    sweep(clock.forward(hours=24, seconds=1), until=float("inf"))
    assert (part(shop, order, "SZX1").missed[0], listed(Group.MANAGEMENT)) == ("accept_by", [])
    sweep(clock.forward(hours=1), until=float("inf"))
    assert listed(Group.MANAGEMENT) == [order.id]
    assert page(ORDER, "gsi2", store_list("SZX1"), limit=9).items == []
    step(shop, order, SZX, "accept")
    assert listed(Group.MANAGEMENT) == []
    assert len(page(ORDER, "gsi2", store_list("SZX1"), limit=9).items) == 1


def test_a_store_that_is_given_an_overdue_order_begins_with_clean_hands_rte_01(shop: Any, clock: Any) -> None:
    order = routed(shop, lines=(("POT", 1),))
    sweep(clock.forward(days=6), until=float("inf"))
    assert "dispatch_by" in shop.order(order).missed
    again = shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    assert (again.missed, set(again.deadlines)) == ((), {"accept_by", "dispatch_by"})


def test_a_worse_trouble_that_is_over_leaves_the_missing_goods_in_the_way_rte_07(shop: Any) -> None:
    order = routed(stock_lamps(shop))
    for name in ("accept", "pick", "pack", "ship"):
        step(shop, order, RTM, name)
    missing = {"LAMP": 1}
    shop.do(
        lambda uow: orders.report_problem(
            uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK, place="SZX1", missing=missing
        )
    )
    shop.do(lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.LOST))
    found = shop.do(lambda uow: orders.solve(uow, uow.get(ORDER, order.id)))
    assert (found.problem, "contact_by" in found.deadlines) == (Problem.OUT_OF_STOCK, True)


def test_old_orders_whose_management_had_only_a_problem_still_load(shop: Any) -> None:
    old = keep(shop, replace(an_order(State.SHIPPED, problem=Problem.LOST), missed=("contact_by", "escalate_by")))
    assert shop.order(old).group is Group.MANAGEMENT
