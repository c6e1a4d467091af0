"""How long who had an order: its stages, divided where it changed hands (ORD-16)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.orders.domain import Group, Order, Problem, State
from chalicelib.orders.domain.machine import GROUP_OF, Command
from tests.support.sample_orders import PLACED, an_order

S, G = State, Group


def at(hours: float) -> datetime:
    return PLACED + timedelta(hours=hours)


def told(order: Order) -> list[tuple[State, Group, float, float | None]]:
    def hours(moment: datetime) -> float:
        return (moment - PLACED).total_seconds() / 3600

    return [(t.state, t.group, hours(t.entered_at), t.left_at and hours(t.left_at)) for t in order.stage_times][2:]


def sent() -> Order:
    order = an_order(S.PACKED, store="RTM1")
    return order.move(Command.SHIP, at(10))


def test_the_time_of_an_exception_is_its_groups_and_managements_and_not_the_carriers_ord_16() -> None:
    order = sent().raise_problem(Problem.CUSTOMS, at(20), at(24), at(12))
    order = order.miss("warn_by", at(20)).miss("contact_by", at(24)).miss("escalate_by", at(25))
    order = order.solved(at(30)).move(Command.COMPLETE, at(40))
    assert told(order) == [
        (S.SHIPPED, G.CARRIER, 10, 12), (S.SHIPPED, G.ORDER_DESK, 12, 25), (S.SHIPPED, G.MANAGEMENT, 25, 30),
        (S.SHIPPED, G.CARRIER, 30, 40), (S.COMPLETED, G.NOBODY, 40, None),
    ]  # fmt: skip


def test_a_customer_who_does_not_answer_is_the_order_desks_from_then_on_ord_16() -> None:
    order = an_order(S.ON_HOLD).move(Command.RETURN_TO_CUSTOMER, at(1), answer_by=at(49)).miss("answer_by", at(49))
    order = order.move(Command.RESUBMIT, at(50))
    assert told(order) == [
        (S.RETURNED_TO_CUSTOMER, G.CUSTOMER, 1, 49), (S.RETURNED_TO_CUSTOMER, G.ORDER_DESK, 49, 50),
        (S.UNDER_REVIEW, G.ORDER_DESK, 50, None),
    ]  # fmt: skip


def test_an_order_that_moves_in_the_second_of_its_trouble_keeps_whose_it_was_ord_16() -> None:
    order = sent().raise_problem(Problem.LOST, at(12), at(13), at(10)).move(Command.COMPLETE, at(10))
    assert told(order) == [(S.SHIPPED, G.AFTER_SALES, 10, 10), (S.COMPLETED, G.NOBODY, 10, None)]


def test_an_order_kept_before_hands_were_noted_loads_ord_16() -> None:
    kept = msgspec.json.decode(msgspec.json.encode(sent()))
    del kept["hands"]
    order = msgspec.json.decode(msgspec.json.encode(kept), type=Order)
    assert told(order) == [(S.SHIPPED, G.CARRIER, 10, None)]
    assert order.raise_problem(Problem.LOST, at(12), at(13), at(11)).stage_times[-1].group is G.AFTER_SALES


STEPS = st.lists(st.sampled_from(["trouble", "worse", "late", "answered", "solved", "sent", "done"]), max_size=12)


@given(STEPS)
def test_the_times_have_no_gaps_and_the_last_names_who_has_it_ord_16(steps: list[str]) -> None:
    order = an_order(S.PACKED, store="RTM1")
    for hour, step in enumerate(steps):
        now = at(hour // 2)
        if step in ("trouble", "worse"):
            problem = Problem.DELAY if step == "trouble" else Problem.LOST
            order = order.raise_problem(problem, now, now, now)
        elif step == "late":
            order = order.miss("escalate_by", now)
        elif step == "answered":
            order = order.with_clocks_stopped(now)
        elif step == "solved":
            order = order.solved(now)
        elif (command := Command.SHIP if step == "sent" else Command.COMPLETE) in order.allowed:
            order = order.move(command, now)
        times = order.stage_times
        assert times[-1].group is order.group
        assert all(one.left_at == other.entered_at for one, other in pairwise(times))
        assert [stage.state for stage in order.stages] == [
            t.state for n, t in enumerate(times) if n == 0 or t.state is not times[n - 1].state
        ]
        quiet = [t for t in times if not any(h.group is t.group for h in order.hands)]
        assert all(t.group is GROUP_OF[t.state] for t in quiet)
