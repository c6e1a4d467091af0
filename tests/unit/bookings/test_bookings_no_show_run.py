"""The run of no-shows (machine H2, BAL-03, BAL-04, ALY-10): arrow by arrow, and against a plain model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bookings.domain import NoShowRun

DAY = timedelta(days=1)
START = datetime(2026, 9, 1, 10, tzinfo=UTC)


def on(day: int) -> datetime:
    return START + DAY * day


def run_of(*events: tuple[str, int]) -> NoShowRun:
    run = NoShowRun("ann")
    for what, day in events:
        run = getattr(run, what)(on(day), f"A{day}")
    return run


@pytest.mark.parametrize(
    ("events", "length", "gated"),
    [
        ([], 0, False),  # FREE
        ([("miss", 1)], 1, False),  # FREE, run = 1
        ([("miss", 1), ("miss", 2)], 2, True),  # GATED
        ([("miss", 1), ("miss", 2), ("miss", 3)], 3, True),
        ([("miss", 1), ("keep", 2)], 0, False),  # a kept booking sets the run to 0
        ([("miss", 1), ("miss", 2), ("keep", 3)], 0, False),
        ([("miss", 1), ("keep", 2), ("miss", 3)], 1, False),
        ([("miss", 1), ("excuse", 1)], 0, False),  # BAL-04: the cause was another
        ([("miss", 1), ("miss", 2), ("excuse", 1)], 1, False),  # reversed late
        ([("keep", 5), ("miss", 3)], 0, False),  # reported late: it was before the kept one
        ([("miss", 3), ("miss", 6), ("keep", 5)], 1, False),  # the kept one was between them
        ([("miss", 1), ("miss", 1)], 1, False),  # reported twice
        ([("excuse", 1)], 0, False),
        ([("keep", 2), ("keep", 1), ("miss", 3)], 1, False),
    ],
)
def test_machine_h2_moves_as_drawn_bal_03(events: list[tuple[str, int]], length: int, gated: bool) -> None:
    run = run_of(*events)
    assert (run.length, run.is_gated(2)) == (length, gated)


def plain_length(outcomes: dict[int, str]) -> int:
    """The model: line the appointments up, and count the misses since the last one that was kept."""
    length = 0
    for day in sorted(outcomes):
        if outcomes[day] == "keep":
            length = 0
        elif outcomes[day] == "miss":
            length += 1
    return length


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from(["miss", "keep", "cancel"]), st.booleans()),
        unique_by=lambda row: row[0],
    ),
    st.randoms(use_true_random=False),
)
def test_the_run_is_the_plain_count_whatever_the_order_of_reports_bal_03_bal_04(
    appointments: list[tuple[int, str, bool]], shuffle: object
) -> None:
    """Each appointment is reported once, and some no-shows are excused some time after their report."""
    reports: list[tuple[str, int]] = [(what, day) for day, what, _ in appointments if what != "cancel"]
    shuffle.shuffle(reports)  # type: ignore[attr-defined]
    excused = [day for day, what, late in appointments if what == "miss" and late]
    for day in excused:
        after = reports.index(("miss", day))
        reports.insert(shuffle.randint(after + 1, len(reports)), ("excuse", day))  # type: ignore[attr-defined]
    outcomes: dict[int, str] = {}
    run = NoShowRun("ann")
    for what, day in reports:
        run = getattr(run, what)(on(day), f"A{day}")
        outcomes[day] = what
        assert run.length == plain_length(outcomes)


@given(st.lists(st.sampled_from(["miss", "keep"]), max_size=30))
def test_the_run_holds_no_more_than_it_must(outcomes: list[str]) -> None:
    run = run_of(*[(what, day) for day, what in enumerate(outcomes)])
    assert len(run.missed) == run.length
    assert run.kept.endswith(f"#A{len(outcomes) - 1 - outcomes[::-1].index('keep')}") if "keep" in outcomes else True
