"""The reliability ledger of goods orders (machine H1, BAL-05…BAL-07), also against a plain model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.risk.domain import Limits, Mark, Standing, quarter_of
from chalicelib.risk.domain.reliability import LINKS_KEPT
from tests.support.risk_card import Card

LIMITS = Limits(5, 10)
BEGIN = datetime(2026, 10, 5, 12, tzinfo=UTC)
Step = Callable[[Standing], Standing]


def day(number: int) -> datetime:
    return BEGIN + timedelta(days=number)


def failed(order: str, on: int, by_customer: bool = True, quarter: str = "2026Q4", attempt: int = 1) -> Step:
    return lambda standing: standing.failed(order, attempt, day(on), quarter, by_customer)


def completed(order: str, on: int) -> Step:
    return lambda standing: standing.completed(order, day(on))


def corrected(order: str, by_customer: bool, attempt: int = 1) -> Step:
    return lambda standing: standing.corrected(order, attempt, by_customer)


def after(*steps: Step) -> Standing:
    standing = Standing("k")
    for step in steps:
        standing = step(standing)
    return standing


def on_deposit(*steps: Step) -> bool:
    return after(*steps).terms(LIMITS).on_deposit


FIVE = tuple(failed(f"F{n}", n) for n in range(5))
REFUSED_TWICE = (*FIVE[:3], failed("R", 5), failed("R", 6, attempt=2))
NINE_CLEAN = tuple(completed(f"C{n}", 10 + n) for n in range(9))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (FIVE[:4], False),
        (FIVE, True),
        ((*FIVE[:4], failed("X", 9, by_customer=False)), False),
        ((*FIVE[:4], FIVE[3]), False),
        ((*FIVE[:4], failed("N", 88, quarter="2027Q1")), False),
        ((*FIVE, *NINE_CLEAN), True),
        ((*FIVE, *NINE_CLEAN, completed("C9", 30)), False),
        ((*FIVE, *NINE_CLEAN, completed("C8", 31)), True),
        ((*FIVE, *NINE_CLEAN, failed("F9", 30), completed("C9", 31)), True),
        ((*FIVE, *NINE_CLEAN, failed("F9", 30, by_customer=False), completed("C9", 31)), False),
        ((*FIVE, corrected("F2", by_customer=False)), False),
        ((*FIVE, corrected("F2", by_customer=False), failed("F7", 7)), True),
        ((*FIVE[:4], failed("X", 9, by_customer=False), corrected("X", by_customer=True)), True),
        ((*FIVE, *NINE_CLEAN, completed("C9", 30), *(failed(f"G{n}", 40 + n) for n in range(4))), False),
        ((*FIVE, *NINE_CLEAN, completed("C9", 30), *(failed(f"G{n}", 40 + n) for n in range(5))), True),
        ((*FIVE[:4], *NINE_CLEAN, completed("C9", 30), failed("F9", 31)), False),
        ((*FIVE[:4], *NINE_CLEAN, failed("F9", 31)), True),
        (REFUSED_TWICE, True),
        ((*REFUSED_TWICE, corrected("R", by_customer=False)), False),
        ((*REFUSED_TWICE, corrected("R", by_customer=False, attempt=2), failed("F9", 9)), True),
        ((*REFUSED_TWICE, *NINE_CLEAN, completed("R", 30), corrected("R", by_customer=False, attempt=2)), False),
        ((*FIVE, *REFUSED_TWICE, *NINE_CLEAN, completed("R", 30), corrected("R", by_customer=False)), True),
    ],
    ids=[
        "four cases", "five cases (BAL-05)", "another cause does not count (FUL-20)", "told twice counts once",
        "the fifth in the next quarter (AMB-03)", "nine clean orders", "ten clean orders (BAL-07)",
        "the tenth told as the ninth again", "a case among the ten starts them anew",
        "a failure that was not the customer's does not break the run", "a late reversal ends the terms",
        "and a further case brings them back", "a late blame begins them", "ten clean orders: counting begins anew",
        "and five lead to deposit terms again", "ten orders with a deposit wipe out what is there (BAL-07)",
        "nine do not", "an order refused twice is two cases (FUL-20)", "of which one can be excused",
        "and the other still counts", "excused in time, four cases are none to ask a deposit for",
        "an order refused twice and excused once is not clean",
    ],
)  # fmt: skip
def test_where_a_customer_stands_bal_05_bal_07(steps: tuple[Step, ...], expected: bool) -> None:
    assert on_deposit(*steps) is expected


def test_a_case_of_an_order_on_deposit_terms_that_is_delivered_later_is_no_clean_order_bal_07() -> None:
    tenth = (failed("C9", 25), completed("C9", 30))
    assert on_deposit(*FIVE, *NINE_CLEAN, *tenth)
    assert not on_deposit(*FIVE, *NINE_CLEAN, *tenth, corrected("C9", by_customer=False))


def test_marks_that_were_kept_per_order_are_understood() -> None:
    """An order that failed and arrived was one mark once."""
    old = Mark("C9", day(25), "2026Q4", by_customer=True, completed_at=day(30))
    standing = after(*FIVE, *NINE_CLEAN)
    kept = replace(standing, marks=(*standing.marks, old))
    assert kept.terms(LIMITS).on_deposit
    assert not kept.corrected("C9", 1, by_customer=False).terms(LIMITS).on_deposit


def test_only_the_latest_keys_seen_together_are_remembered_amb_08() -> None:
    standing = Standing("k")
    for number in range(30):
        standing = standing.seen_with(("k", "always", f"k{number}"))
    assert standing.linked[-2:] == ("always", "k29")
    assert len(standing.linked) == LINKS_KEPT


def test_what_is_made_good_and_long_ago_leaves_nothing_behind_bal_07() -> None:
    standing = after(*FIVE, *NINE_CLEAN, completed("C9", 30)).seen_with(("k", "other"))
    assert standing.settled(day(20), LIMITS).linked == ("other",)
    assert standing.settled(day(31), LIMITS) == Standing("k")


def test_facts_lead_to_the_same_terms_in_any_order_of_telling() -> None:
    steps = (*FIVE, completed("A", 6), failed("B", 7, by_customer=False))
    for last in permutations(steps[3:]):
        assert after(*steps[:3], *last) == after(*steps)


@pytest.mark.parametrize(
    ("moment", "time_zone", "quarter"),
    [
        ("2026-12-31T15:59:59Z", "Asia/Shanghai", "2026Q4"),
        ("2026-12-31T16:00:00Z", "Asia/Shanghai", "2027Q1"),
        ("2026-12-31T16:00:00Z", "Europe/Berlin", "2026Q4"),
        ("2027-04-01T06:59:59Z", "America/Los_Angeles", "2027Q1"),
        ("2027-04-01T07:00:00Z", "America/Los_Angeles", "2027Q2"),
    ],
)
def test_a_quarter_is_that_of_the_calendar_where_the_store_is_amb_03(moment: str, time_zone: str, quarter: str) -> None:
    assert quarter_of(datetime.fromisoformat(moment), time_zone) == quarter


ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles")
WHAT = st.sampled_from(["refused", "refused", "refused", "done", "done", "lost", "blame", "excuse"])
TOLD = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from([1, 1, 2]), WHAT, st.integers(0, 72), st.sampled_from(ZONES)),
    max_size=60,
)


def moment(hour: int) -> datetime:
    """Around the edge of a quarter."""
    return datetime(2026, 12, 30, 12, tzinfo=UTC) + timedelta(hours=hour)


@settings(max_examples=400, deadline=None)
@given(TOLD, st.booleans())
def test_the_ledger_is_what_a_person_would_keep_bal_05_bal_07(
    told: list[tuple[int, int, str, int, str]], in_order: bool
) -> None:
    """Whatever is told, in time order or not, with late reversals, at the edge of quarters in three time zones."""
    limits = Limits(3, 4)
    card, standing = Card(limits.failures, limits.clean_orders), Standing("k")
    for order, attempt, what, hour, zone in sorted(told, key=lambda each: each[3]) if in_order else told:
        number, at = str(order).zfill(4), moment(hour)
        if what == "done":
            card.arrive(number, at)
            standing = standing.completed(number, at)
        elif what in {"refused", "lost"}:
            card.fail(number, attempt, at, at.astimezone(ZoneInfo(zone)).year, blamed=what == "refused")
            standing = standing.failed(number, attempt, at, quarter_of(at, zone), what == "refused")
        else:
            card.correct(number, attempt, blamed=what == "blame")
            standing = standing.corrected(number, attempt, what == "blame")
        assert standing.terms(limits).on_deposit is card.on_deposit


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["refused", "done", "lost"]), max_size=60), st.integers(0, 60))
def test_settling_old_marks_changes_no_terms(told: list[str], old: int) -> None:
    standing, whole, limits = Standing("k"), Standing("k"), Limits(3, 4)
    for hour, what in enumerate(told):

        def step(one: Standing, hour: int = hour, what: str = what) -> Standing:
            at = moment(hour)
            if what == "done":
                return one.completed(str(hour), at)
            return one.failed(str(hour), 1, at, quarter_of(at, "Europe/Berlin"), what == "refused")

        standing, whole = step(standing).settled(moment(hour - old), limits), step(whole)
        assert standing.terms(limits) == whole.terms(limits)
        assert all(mark.at >= moment(hour - old) for mark in standing.marks)
