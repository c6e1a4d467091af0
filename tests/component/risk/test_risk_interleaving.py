"""Commands at the same moment, in any interleaving, leave the standing that one after the other leaves (H1)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.risk import service as risk
from chalicelib.risk.domain import Buyer, Standing, quarter_of
from chalicelib.risk.items import STANDING

ZONE = "Europe/Amsterdam"
Command = Callable[[UnitOfWork], Any]


@pytest.mark.parametrize("seed", range(6))
def test_no_interleaving_loses_or_doubles_a_case_bal_05(
    begin: Callable[..., UnitOfWork], clock: Any, seed: int
) -> None:
    dice = random.Random(seed)
    keys = risk.match_keys(begin(), Buyer("ann", "+4930901820"))
    told: list[tuple[str, int, str, Any]] = []
    for number in range(24):
        at = clock.now - timedelta(hours=48 - number)
        told.append((f"O{dice.randrange(12)}", number, dice.choice(["refused", "refused", "lost", "done"]), at))

    def command(order: str, attempt: int, what: str, at: Any) -> Command:
        if what == "done":
            return lambda uow: risk.completed(uow, order, keys, at, on_terms=keys)
        blamed = what == "refused"
        return lambda uow: risk.failed(uow, order, keys, at, time_zone=ZONE, by_customer=blamed, attempt=attempt)

    waiting = list(told)
    lost_races = 0
    applied: list[tuple[str, int, str, Any]] = []
    while waiting:
        together = [waiting.pop(dice.randrange(len(waiting))) for _ in range(min(len(waiting), dice.randint(1, 4)))]
        begun = []
        for each in together:
            uow = begin()
            command(*each)(uow)
            begun.append((uow, each))
        dice.shuffle(begun)
        for uow, each in begun:
            try:
                uow.commit(None)
                applied.append(each)
            except VersionConflict:
                waiting.append(each)
                lost_races += 1
    assert lost_races > 0
    assert sorted(applied) == sorted(told)
    alone = Standing(keys[0])
    for order, attempt, what, at in applied:
        if what == "done":
            alone = alone.completed(order, at)
        else:
            alone = alone.failed(order, attempt, at, quarter_of(at, ZONE), what == "refused")
    for key in keys:
        kept = begin().get(STANDING, key)
        assert (kept.base, kept.marks) == (alone.base, alone.marks)
