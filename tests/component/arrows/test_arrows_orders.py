"""Machine E through the use cases: every arrow of the chart, and every command where the chart has none (ORD-21).

The unit tests hold the table of states against the chart; here each arrow is the real use case, from placing onwards,
with stock, money and events, and each refusal is asked of the service that a person calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import time_machine

from chalicelib.core.errors import Conflict, DomainError, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service as fulfilment
from chalicelib.orders import service as orders
from chalicelib.orders.domain import ALLOWED, GOODS_LEFT_STOCK, Correction, Order, State
from chalicelib.orders.domain.machine import FOR_DELIVERY, SPLIT
from chalicelib.orders.items import ORDER
from tests.support.faults import without_waiting
from tests.support.order_walk import CASES, CLERK, ELSEWHERE, UNITS, WAYS, Case, Walk, Way, shortest
from tests.support.table import metered, short_way

Begin = Callable[..., UnitOfWork]
READS = {"GetItem", "BatchGetItem", "Query"}
#: Goods are back in stock, or were never touched.
FREE = {State.CANCELLED}
#: Where only orders of class exchange stand; they are made by a return (machine G), whose tests walk them.
EXCHANGES = {State.AWAITING_RETURN}
#: Arrows of orders whose goods come from several places; `test_routing_splitting.py` takes them.
SPLIT_ONLY = {arrow for arrow, ways in FOR_DELIVERY.items() if ways == {SPLIT}}


@pytest.fixture
def walk(begin: Begin, clock: Any) -> Iterator[Walk]:
    with short_way(), without_waiting(), time_machine.travel(clock.now, tick=False):
        walk = Walk(begin, clock)
        walk.open()
        yield walk


def reachable(way: Way) -> list[State]:
    first = State.UNDER_REVIEW if way.name == "cash" else State.AWAITING_PAYMENT
    return [state for state in State if shortest(way, first, state) is not None]


LEGAL = [
    pytest.param(way, case, before, id=f"{case.rule}-{way.name}-{before}-{case.name}")
    for way in WAYS.values()
    for case in CASES
    for before in case.arrow
    if case.to(way, before) is not None and before in reachable(way)
]


def check_stock(walk: Walk, order: Order) -> None:
    """Reserved as long as it waits in stock, gone when it has left, all there when the order is off."""
    if order.delivery_method == "":
        return
    left, held = order.state in GOODS_LEFT_STOCK, order.state not in GOODS_LEFT_STOCK | FREE
    assert walk.stock(order) == {
        "on_hand": 2 * UNITS - left, "reserved": int(held), "available": 2 * UNITS - left - held,
    }  # fmt: skip


@pytest.mark.parametrize(("way", "case", "before"), LEGAL)
def test_an_arrow_of_the_chart_is_taken_by_its_use_case(walk: Walk, way: Way, case: Case, before: State) -> None:
    order = walk.to(way, before)
    assert order is not None
    assert order.state is before
    stages = len(order.stages)
    walk.clock.forward(seconds=1)
    case.perform(walk, order)
    after = walk.order(order)
    assert after.state is case.to(way, before)
    assert len(after.stages) > stages
    assert after.stages[-1].state is after.state
    check_stock(walk, after)
    assert walk.books(after) == {}


def test_the_use_cases_together_take_every_arrow_of_the_table() -> None:
    arrows = [(way, case, before) for way in WAYS.values() for case in CASES for before in case.arrow]
    taken = {(before, case.command) for way, case, before in arrows if case.to(way, before) is not None}
    assert taken == {arrow for arrow in ALLOWED.keys() - SPLIT_ONLY if arrow[0] not in EXCHANGES}


def test_every_state_is_reached_by_some_way() -> None:
    assert {state for way in WAYS.values() for state in reachable(way)} == (
        set(State) - EXCHANGES - {State.PARTLY_SHIPPED}
    )


@pytest.mark.parametrize("name", sorted(WAYS))
def test_everywhere_else_people_are_told_what_is_allowed_and_news_change_nothing_ord_21(walk: Walk, name: str) -> None:
    way, wrong = WAYS[name], []
    for state in reachable(way):
        order = walk.to(way, state)
        assert order is not None
        stock = walk.stock(order)
        here = [case for case in CASES if case.to(way, state) is not None]
        for case in (case for case in CASES if not any(map(case.is_use_case_of, here))):
            with metered() as meter:
                answer = asked(walk, order, case) if case.asked else case.perform(walk, order)
            if case.asked and not (is_refusal(order, case, answer) and set(meter.calls) <= READS):
                wrong.append((state.value, case.name, answer, dict(meter.calls)))
            after = walk.order(order)
            assert (after.state, after.stages, after.totals) == (order.state, order.stages, order.totals), case
        assert walk.stock(order) == stock
        assert walk.books(order) == {}
    assert wrong == []


def asked(walk: Walk, order: Order, case: Case) -> Any:
    """What a person hears."""
    try:
        return case.perform(walk, order)
    except DomainError as refused:
        return refused


def is_refusal(order: Order, case: Case, answer: Any) -> bool:
    """409 with the commands that the order takes. Where it takes this one, only not for goods like these, any 409."""
    if isinstance(answer, NotAllowed):
        told = answer.members
        return answer.status == 409 and (told["state"], told["allowed"]) == (order.state, sorted(order.allowed))
    return isinstance(answer, Conflict) and case.command in order.allowed


def test_an_old_pickup_code_does_not_complete_what_is_delivered_again_ful_05(walk: Walk) -> None:
    """Kept at the desk, not collected, sent out once more: whoever finds the first mail gets nothing for it."""
    order = walk.to(WAYS["own"], State.STORE_HANDLING)
    assert order is not None
    kept = next(case for case in CASES if case.name == "keep at the desk")
    kept.perform(walk, order)
    code = fulfilment.code_of(walk.begin(), walk.order(order)) or ""
    for name in ("fail", "take over", "deliver again"):
        next(case for case in CASES if case.name == name).perform(walk, order)
    with pytest.raises(NotAllowed):
        walk.do(lambda uow: fulfilment.collect(uow, order.id, code, CLERK))
    assert walk.order(order).state is State.OUT_FOR_DELIVERY


@pytest.mark.parametrize("name", ["own", "cash"])
def test_an_own_delivery_is_corrected_at_its_price_whatever_the_region_is_called_amb_24(walk: Walk, name: str) -> None:
    """It has no courier channel to be priced by."""
    order = walk.to(WAYS[name], State.RETURNED_TO_CUSTOMER)
    assert order is not None
    with pytest.raises(Conflict):
        walk.do(
            lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(ship_to=ELSEWHERE, channel="EXPRESS"))
        )
    named = replace(ELSEWHERE, region="Berlin")
    walk.do(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(ship_to=named)))
    corrected = walk.order(order)
    assert (corrected.state, corrected.totals, corrected.channel) == (State.UNDER_REVIEW, order.totals, order.channel)
    assert corrected.ship_to is not None
    assert corrected.ship_to.lines == ELSEWHERE.lines
