"""The example merchants: there after one run, untouched by the next (ALY-01…04)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import slot_id
from chalicelib.bookings.items import MERCHANT, OFFERING, SLOT
from chalicelib.core.unit_of_work import UnitOfWork, run
from infra.seed.merchants import DAYS, EXAMPLES, open_alliance
from tests.support.faults import Fault, Killed, injected
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]


def starts(begin: Begin, service: str) -> list[Any]:
    slots = begin().counters(SLOT, service, prefix="SLOT#")
    return sorted(key.sk for key in slots)


def test_every_example_merchant_is_active_and_has_places(begin: Begin) -> None:
    assert open_alliance(begin) == sum(len(example.services) for example in EXAMPLES)
    for example in EXAMPLES:
        assert begin().get(MERCHANT, example.id).is_active
        for offering, hours, _ in example.services:
            assert begin().get(OFFERING, offering.id) == offering
            assert len(starts(begin, offering.id)) == DAYS * len(hours)


def test_a_second_run_writes_nothing_and_keeps_what_staff_have_changed(begin: Begin, clock: Any) -> None:
    open_alliance(begin)
    first = bookings.slots_of(begin(), "tea-tasting", "202611")[0]
    run(lambda uow: bookings.open_slots(uow, "tea-tasting", {first.starts_at: 1}), begin)
    with metered() as meter:
        open_alliance(begin)
    assert set(meter.calls) <= {"GetItem", "BatchGetItem", "Query"}
    assert (begin().counter(SLOT.ref("tea-tasting", slot_id(first.starts_at))) or {})["capacity"] == 1


def test_a_run_on_the_next_day_opens_the_day_that_has_come_into_reach(begin: Begin, clock: Any) -> None:
    open_alliance(begin)
    before = starts(begin, "tea-tasting")
    clock.now += timedelta(days=1)
    open_alliance(begin)
    assert len(starts(begin, "tea-tasting")) == len(before) + 3


@pytest.mark.parametrize("call", range(2, 26, 4))
def test_a_killed_run_is_continued_by_the_next_one(begin: Begin, call: int) -> None:
    with injected(Fault("crash_after", call)), pytest.raises(Killed):
        open_alliance(begin)
    open_alliance(begin)
    assert all(begin().get(MERCHANT, example.id).is_active for example in EXAMPLES)
    assert len(starts(begin, "day-spa")) == DAYS * 2
