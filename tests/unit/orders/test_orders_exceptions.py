"""Exceptions as a table (REV-08…REV-10), and the monthly analysis of causes against a plain model (REV-11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.orders.domain import PLANS, Command, Group, Order, Problem, State
from chalicelib.orders.domain.exceptions import OF_PARCEL, is_worse
from chalicelib.orders.domain.pareto import KINDS, counter_of, pareto
from chalicelib.shipping.domain.scans import SMOOTH, Mark
from tests.support.sample_orders import an_order

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("problem", "group", "minutes", "rule"),
    [
        (Problem.OUT_OF_STOCK, Group.ORDER_DESK, 120, "REV-08"),
        (Problem.CUSTOMS, Group.ORDER_DESK, 24 * 60, "REV-09"),
        (Problem.DELAY, Group.CUSTOMER_SERVICE, 48 * 60, "REV-10"),
        (Problem.LOST, Group.AFTER_SALES, 48 * 60, "LOG-19"),
    ],
)
def test_the_time_limits_of_the_documents_are_kept(problem: Problem, group: Group, minutes: int, rule: str) -> None:
    plan = PLANS[problem]
    assert (plan.group, plan.within.default, plan.within.rule) == (group, minutes, rule)


def test_every_exception_has_a_plan_and_every_trouble_of_a_parcel_an_exception_rev_10() -> None:
    assert set(PLANS) == set(Problem)
    assert {Mark(mark) for mark in OF_PARCEL} == set(Mark) - SMOOTH
    assert set(OF_PARCEL.values()) == set(Problem) - {Problem.OUT_OF_STOCK}


def test_a_worse_exception_takes_the_place_of_a_lesser_one_rev_10() -> None:
    assert is_worse(Problem.LOST, Problem.DELAY)
    assert is_worse(Problem.DELAY, None)
    assert not is_worse(Problem.DELAY, Problem.LOST)
    assert not is_worse(Problem.DELAY, Problem.DELAY)


def troubled(problem: Problem = Problem.CUSTOMS) -> Order:
    order = an_order(State.SHIPPED, store="RTM1", claimed_by="pat", deadlines={})
    return order.raise_problem(problem, NOW + timedelta(hours=18), NOW + timedelta(hours=24), NOW)


def test_an_exception_has_a_group_a_clock_and_nobody_who_has_taken_it_up_rev_10() -> None:
    order = troubled()
    assert (order.group, order.claimed_by, set(order.deadlines)) == (
        Group.ORDER_DESK, "", {"warn_by", "contact_by"},
    )  # fmt: skip


def test_an_unanswered_exception_ends_with_management_and_an_answer_stops_every_clock_rev_10() -> None:
    late = troubled().miss("warn_by", NOW).miss("contact_by", NOW).miss("escalate_by", NOW)
    assert (late.group, late.claimed_by) == (Group.MANAGEMENT, "")
    answered = late.with_clocks_stopped(NOW)
    assert (answered.group, answered.deadlines, answered.missed) == (Group.ORDER_DESK, {}, ())
    assert answered.solved(NOW).group is Group.CARRIER


def test_an_order_that_moves_on_leaves_its_exception_and_its_clerk_behind_rev_06() -> None:
    done = troubled().move(Command.COMPLETE, NOW)
    assert (done.problem, done.deadlines, done.claimed_by) == (None, {}, "")


def test_a_clerk_keeps_what_stays_with_the_group_ord_17() -> None:
    order = an_order(State.ACCEPTED, store="RTM1", claimed_by="pat").move(Command.PICK, NOW)
    assert order.claimed_by == "pat"
    assert an_order(State.UNDER_REVIEW, claimed_by="pat").move(Command.RETURN_TO_CUSTOMER, NOW).claimed_by == ""


CAUSES = st.tuples(st.sampled_from(KINDS), st.sampled_from(["address_incomplete", "other", "lost", "x"]))


@given(st.lists(CAUSES, max_size=80), st.integers(1, 100))
def test_the_analysis_is_what_a_person_would_count_rev_11(told: list[tuple[str, str]], percent: int) -> None:
    counts = {counter_of(*cause): told.count(cause) for cause in told}
    rows = pareto(counts, percent)
    assert sorted((row.kind, row.code) for row in rows for _ in range(row.cases)) == sorted(told)
    assert [row.cases for row in rows] == sorted((row.cases for row in rows), reverse=True)
    if rows:
        assert rows[-1].cumulative == Decimal(100)
        few = [row for row in rows if row.vital]
        assert rows[: len(few)] == tuple(few)
        assert sum(row.cases for row in few) * 100 >= percent * len(told)
        assert sum(row.cases for row in few[:-1]) * 100 < percent * len(told)
