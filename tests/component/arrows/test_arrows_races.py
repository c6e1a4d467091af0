"""Two who move one order at the same moment: in every order of their calls, one outcome, and stock and books right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import time_machine

from chalicelib.core import settings_values
from chalicelib.core.errors import NotAllowed
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment.domain import AmountDiffers
from chalicelib.fulfilment.domain.locker_boxes import BoxState
from chalicelib.fulfilment.items import LOCKER_BOX, PICKUP
from chalicelib.fulfilment.triggers import notice_uncollected_order
from chalicelib.orders.domain import GOODS_LEFT_STOCK, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.risk.domain.settings import FAILURES
from tests.support.faults import without_waiting
from tests.support.order_walk import CASES, UNITS, WAYS, Perform, Walk
from tests.support.table import metered, short_way
from tests.support.turns import changes, orders_of, together

#: Of use cases that make more calls than this together, each is tried whole between any two calls of the other.
LONG = 10
Begin = Callable[..., UnitOfWork]
S = State


def _expire(walk: Walk, order: Order) -> Any:
    """The clock, as the sweep does it: the deadline is asked of the order itself."""

    def command(uow: UnitOfWork) -> None:
        now = uow.get(ORDER, order.id)
        if "collect_by" in now.deadlines:
            notice_uncollected_order(uow, now)

    return walk.do(command)


BY_NAME: dict[str, Perform] = {**{case.name: case.perform for case in CASES}, "expire the box": _expire}


@dataclass(frozen=True)
class Race:
    """Two use cases that want one order, and the states in which it may end."""

    rule: str
    way: str
    start: State
    one: str
    other: str
    ends: frozenset[State]

    def __str__(self) -> str:
        return f"{self.rule}-{self.one}-against-{self.other}"


def race(rule: str, way: str, start: State, one: str, other: str, *ends: State) -> Race:
    return Race(rule, way, start, one, other, frozenset(ends))


RACES = (
    # two clerks on one order
    race("RTE-03", "courier", S.ROUTED, "accept", "accept", S.ACCEPTED),
    race("FUL-05", "desk", S.READY_DESK, "scan the code", "scan the code", S.COMPLETED),
    race("FUL-09", "cash", S.OUT_FOR_DELIVERY, "hand over", "hand over", S.COMPLETED),
    race("RET-07", "own", S.STORE_HANDLING, "keep at the desk", "take back", S.READY_DESK, S.TAKEN_BACK),
    race("FUL-20", "own", S.OUT_FOR_DELIVERY, "hand over", "fail", S.COMPLETED, S.HANDOVER_FAILED),
    race("FUL-14", "courier", S.SHIPPED, "enter the slip", "confirm receipt", S.COMPLETED),
    # locker expiry against pickup
    race("FUL-19", "locker", S.READY_LOCKER, "box emptied", "expire the box", S.COMPLETED),
    race("FUL-19", "locker", S.READY_LOCKER, "box emptied", "box expired", S.COMPLETED),
    race("FUL-19", "locker", S.READY_LOCKER, "scan the code", "expire the box", S.COMPLETED, S.HANDOVER_FAILED),
    race("FUL-06", "locker", S.READY_LOCKER, "box emptied", "scan the code", S.COMPLETED),
    # cancel against hand-over
    race("AMB-21", "desk", S.PACKED, "cancel", "put at the desk", S.CANCELLED, S.READY_DESK),
    race("AMB-21", "locker", S.PACKED, "cancel", "put into the locker", S.CANCELLED, S.READY_LOCKER),
    race("AMB-21", "own", S.PACKED, "cancel", "send out", S.CANCELLED, S.OUT_FOR_DELIVERY),
    race("AMB-21", "courier", S.PACKED, "cancel", "ship", S.CANCELLED, S.SHIPPED),
    race("AMB-21", "own", S.PACKED, "cancel", "call off", S.CANCELLED),
)  # fmt: skip


def _never_a_deposit(uow: UnitOfWork) -> None:
    known = uow.at(SETTINGS, SETTINGS.key("")) or SettingValues("")
    uow.put(SETTINGS, SettingValues("", {**known.values, FAILURES.name: 10_000}))


@pytest.fixture
def walk(begin: Begin, clock: Any) -> Iterator[Walk]:
    with short_way(), without_waiting(), time_machine.travel(clock.now, tick=False):
        walk = Walk(begin, clock)
        walk.open()
        # one customer fails often here, and a deposit would change how many calls a use case makes
        run(_never_a_deposit, begin)
        settings_values.forget()
        yield walk


@pytest.mark.parametrize("race", RACES, ids=str)
def test_of_two_at_the_same_moment_one_wins_in_every_order_of_their_calls(walk: Walk, race: Race) -> None:
    calls = [calls_of(walk, race, name) for name in (race.one, race.other)]
    ends, came_late = set(), set()
    for turns in orders_of(*calls):
        if sum(map(len, calls)) > LONG and changes(turns) > 2:
            continue
        order = walk.to(WAYS[race.way], race.start)
        assert order is not None
        before, stock = walk.order(order), walk.stock(order)
        if "box emptied" in (race.one, race.other):
            walk.open_box(order)
        one, other = (partial(BY_NAME[name], walk, order) for name in (race.one, race.other))
        answers = together(one, other, turns)
        after = walk.order(order)
        won = [answer for answer in answers if not isinstance(answer, Exception)]
        # who reads the order before and its money after the other's hand-over hears that it is paid
        assert all(isinstance(answer, NotAllowed | AmountDiffers) for answer in answers if answer not in won), answers
        assert won
        assert after.state in race.ends, turns
        late = after.stages[-2].state is S.HANDOVER_FAILED  # the box was emptied although its time was up
        assert len(after.stages) == len(before.stages) + (2 if late else 1), turns
        came_late.add(late)
        assert walk.stock(order) == moved(stock, before, after), turns
        assert walk.books(after) == {}
        ends.add(after.state)
        if race.way == "locker":
            every_box_comes_to_its_end(walk, order, emptied="box emptied" in (race.one, race.other))
    assert ends == race.ends
    assert came_late == ({True, False} if "box emptied" in str(race) and "expire" in str(race) else {False})


def every_box_comes_to_its_end(walk: Walk, order: Order, *, emptied: bool) -> None:
    """Goods that still wait have their box, until they are collected or the store takes them out; others have none."""
    walk.settle_box(order)
    waits = walk.order(order).state in (S.READY_LOCKER, S.HANDOVER_FAILED)
    assert walk.boxes(order) == ({f"{order.id}-1"} if waits and not emptied else set())
    if walk.order(order).state is S.READY_LOCKER:
        walk.open_box(order)
        BY_NAME["box emptied"](walk, order)
    elif walk.order(order).state is S.HANDOVER_FAILED:
        BY_NAME["take over"](walk, order)
    assert walk.boxes(order) == set()
    box = walk.begin().find(LOCKER_BOX, order.id)  # none where the cancellation came before the vendor was asked
    assert box is None or box.state in (BoxState.COLLECTED, BoxState.RELEASED)


def calls_of(walk: Walk, race: Race, name: str) -> list[str]:
    """The calls that a use case makes when nobody is in its way."""
    order = walk.to(WAYS[race.way], race.start)
    assert order is not None
    with metered() as meter:
        BY_NAME[name](walk, order)
    return [operation for operation, _ in meter.requests]


def moved(stock: dict[str, int], before: Order, after: Order) -> dict[str, int]:
    """What becomes of the one reserved unit, once: it leaves, comes back on sale, or stays."""
    on_hand, reserved, available = stock["on_hand"], stock["reserved"], stock["available"]
    if before.state in GOODS_LEFT_STOCK or after.state is before.state:
        return stock
    if after.state is S.CANCELLED:
        return {"on_hand": on_hand, "reserved": reserved - 1, "available": available + 1}
    if after.state in GOODS_LEFT_STOCK:
        return {"on_hand": on_hand - 1, "reserved": reserved - 1, "available": available}
    return stock


@pytest.mark.parametrize("state", [S.HANDOVER_FAILED, S.STORE_HANDLING])
def test_a_box_that_was_emptied_too_late_for_the_clock_completes_its_order_ful_05(walk: Walk, state: S) -> None:
    order = walk.to(WAYS["locker"], S.READY_LOCKER)
    assert order is not None
    _expire(walk, order)
    if state is S.STORE_HANDLING:
        BY_NAME["take over"](walk, order)
    for _ in range(2):  # the locker says it twice
        BY_NAME["box emptied"](walk, order)
    after = walk.order(order)
    assert (after.state, after.completed_by, dict(after.deadlines)) == (S.COMPLETED, "locker", {})
    assert walk.begin().get(PICKUP, order.id).late
    assert walk.stock(order)["on_hand"] == 2 * UNITS - 1
    assert walk.books(after) == {}
