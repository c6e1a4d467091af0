"""The reliability ledger of goods orders (machine H1, BAL-05…BAL-07), also against a plain model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.risk.domain import Limits, Standing, quarter_of

LIMITS = Limits(5, 10)
BEGIN = datetime(2026, 10, 5, 12, tzinfo=UTC)
Step = Callable[[Standing], Standing]


def day(number: int) -> datetime:
    return BEGIN + timedelta(days=number)


def failed(order: str, on: int, by_customer: bool = True, quarter: str = "2026Q4") -> Step:
    return lambda standing: standing.failed(order, day(on), quarter, by_customer)


def completed(order: str, on: int) -> Step:
    return lambda standing: standing.completed(order, day(on))


def corrected(order: str, by_customer: bool) -> Step:
    return lambda standing: standing.corrected(order, by_customer)


def after(*steps: Step) -> Standing:
    standing = Standing("k")
    for step in steps:
        standing = step(standing)
    return standing


def on_deposit(*steps: Step) -> bool:
    return after(*steps).terms(LIMITS).on_deposit


FIVE = tuple(failed(f"F{n}", n) for n in range(5))
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
    ],
    ids=[
        "four cases", "five cases (BAL-05)", "another cause does not count (FUL-20)", "told twice counts once",
        "the fifth in the next quarter (AMB-03)", "nine clean orders", "ten clean orders (BAL-07)",
        "the tenth told as the ninth again", "a case among the ten starts them anew",
        "a failure that was not the customer's does not break the run", "a late reversal ends the terms",
        "and a further case brings them back", "a late blame begins them", "ten clean orders: counting begins anew",
        "and five lead to deposit terms again",
    ],
)  # fmt: skip
def test_where_a_customer_stands_bal_05_bal_07(steps: tuple[Step, ...], expected: bool) -> None:
    assert on_deposit(*steps) is expected


def test_a_case_of_an_order_on_deposit_terms_that_is_delivered_later_is_no_clean_order_bal_07() -> None:
    tenth = (failed("C9", 25), completed("C9", 30))
    assert on_deposit(*FIVE, *NINE_CLEAN, *tenth)
    assert not on_deposit(*FIVE, *NINE_CLEAN, *tenth, corrected("C9", by_customer=False))


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


class Model:
    """The rule as a person would keep it: a list of orders, walked from the beginning each time."""

    def __init__(self) -> None:
        self.orders: dict[int, dict[str, object]] = {}

    def tell(self, order: int, what: str, hour: int, zone: str) -> None:
        facts = self.orders.setdefault(order, {"at": None, "by": False, "done": None, "quarter": ""})
        if what == "done":
            facts["done"] = facts["done"] or hour + 1
        elif what in {"refused", "lost"}:
            by = what == "refused"
            if facts["at"] is None or (by and not facts["by"]):
                facts.update({"at": hour + 1, "by": by, "quarter": quarter_of(moment(hour), zone)})
        elif facts["at"] is not None:
            facts["by"] = what == "blame"

    def on_deposit(self) -> bool:
        walk = []
        for order, facts in self.orders.items():
            if facts["at"] is not None and facts["by"]:
                walk.append((facts["at"], order, facts["quarter"]))
            elif facts["done"] is not None:
                walk.append((facts["done"], order, ""))
        deposit, clean, since = False, 0, []
        for _, _, quarter in sorted(walk, key=lambda each: (each[0], str(each[1]).zfill(4))):
            if quarter:
                clean = 0
                since.append(quarter)
                deposit = deposit or since.count(quarter) >= 3
            elif deposit:
                clean += 1
                if clean == 4:
                    deposit, clean, since = False, 0, []
        return deposit


ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles")
WHAT = st.sampled_from(["refused", "refused", "refused", "done", "done", "lost", "blame", "excuse"])
TOLD = st.lists(st.tuples(st.integers(0, 30), WHAT, st.integers(0, 72), st.sampled_from(ZONES)), max_size=60)


def moment(hour: int) -> datetime:
    """Around the edge of a quarter."""
    return datetime(2026, 12, 30, 12, tzinfo=UTC) + timedelta(hours=hour)


@settings(max_examples=400, deadline=None)
@given(TOLD, st.booleans())
def test_the_ledger_is_what_a_person_would_keep_bal_05_bal_07(
    told: list[tuple[int, str, int, str]], in_order: bool
) -> None:
    """Whatever is told, in time order or not, with late reversals, at the edge of quarters in three time zones."""
    model, standing, limits = Model(), Standing("k"), Limits(3, 4)
    for order, what, hour, zone in sorted(told, key=lambda each: each[2]) if in_order else told:
        model.tell(order, what, hour, zone)
        number = str(order).zfill(4)
        if what == "done":
            standing = standing.completed(number, moment(hour))
        elif what in {"refused", "lost"}:
            standing = standing.failed(number, moment(hour), quarter_of(moment(hour), zone), what == "refused")
        else:
            standing = standing.corrected(number, what == "blame")
        assert standing.terms(limits).on_deposit is model.on_deposit()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["refused", "done", "lost"]), max_size=60), st.integers(0, 60))
def test_settling_old_marks_changes_no_terms(told: list[str], old: int) -> None:
    standing, whole, limits = Standing("k"), Standing("k"), Limits(3, 4)
    for hour, what in enumerate(told):

        def step(one: Standing, hour: int = hour, what: str = what) -> Standing:
            at = moment(hour)
            if what == "done":
                return one.completed(str(hour), at)
            return one.failed(str(hour), at, quarter_of(at, "Europe/Berlin"), what == "refused")

        standing, whole = step(standing).settled(moment(hour - old), limits), step(whole)
        assert standing.terms(limits) == whole.terms(limits)
        assert all(mark.at >= moment(hour - old) for mark in standing.marks)
