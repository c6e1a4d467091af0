"""A part of an order from several places, arrow by arrow: every one through its use case, and a refusal for every other
(machine E for parts: RTE-07, E6 to E18)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, DomainError, NotAllowed
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import Decision, Receipt, WrongCode
from chalicelib.fulfilment.triggers import notice_uncollected_dispatch
from chalicelib.notifications.letters import LETTERS
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, State
from chalicelib.orders.domain.dispatch import ALLOWED
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import DISPATCH
from chalicelib.routing import service as routing
from tests.component.orders.conftest import Shop, ann, shop
from tests.support.faults import without_waiting
from tests.support.sample_handovers import put_secrets
from tests.support.sample_orders import CUSTOMER
from tests.support.sample_returns import happened
from tests.support.sample_splits import (
    books,
    deliver,
    fail,
    in_china,
    parcels,
    part,
    resolve,
    send,
    step,
    take_over,
)
from tests.support.table import metered, short_way
from tests.support.turns import changes, orders_of, together

__all__ = ["ann", "shop"]

S, C = State, Command
#: The place whose part is walked, which has a desk, and the other one.
HERE, THERE = "SHA-S1", "SZX1"
CLERK = Principal("staff", "han", posts=frozenset({Post.STORE}), scopes=frozenset({HERE}))
OTHER = Principal("staff", "sue", posts=frozenset({Post.STORE}), scopes=frozenset({THERE}))
OWNER = Principal("shopper", CUSTOMER.customer)
READS: Final = {"GetItem", "BatchGetItem", "Query"}
Do = Callable[[Shop, Order], Any]


@dataclass(frozen=True)
class Case:
    """A use case, the arrow that it is, and who asks for it: a person, or news that come by themselves."""

    name: str
    rule: str
    command: Command
    do: Do
    asked: bool = True


def decides(decision: Decision) -> Do:
    return lambda shop, order: resolve(shop, order, CLERK, decision)


def scan(shop: Shop, order: Order) -> Any:
    code = fulfilment.code_of(shop.begin(), shop.order(order), HERE) or "0000000000"
    return shop.do(lambda uow: fulfilment.collect(uow, order.id, code, CLERK))


def arrive(shop: Shop, order: Order) -> None:
    """The courier's news of the first parcel, whatever has become of it."""
    if HERE in parcels(shop, order):
        deliver(shop, order, HERE)


def does(name: str) -> Do:
    return lambda shop, order: step(shop, order, CLERK, name)


CASES: Final = (
    Case("accept", "RTE-03", C.ACCEPT, does("accept")),
    Case("pick", "ORD-21", C.PICK, does("pick")),
    Case("pack", "ORD-21", C.PACK, does("pack")),
    Case("ship", "FUL-13", C.SHIP, does("ship")),
    Case("fail", "FUL-19", C.FAIL_HANDOVER, lambda shop, order: fail(shop, order, CLERK)),
    Case("take over", "FUL-19", C.TAKE_OVER, lambda shop, order: take_over(shop, order, CLERK)),
    Case("ship again", "RET-07", C.SHIP_AGAIN, decides(Decision.SHIP_AGAIN)),
    Case("keep at the desk", "RET-07", C.OFFER_AT_DESK, decides(Decision.KEEP_AT_DESK)),
    Case("deliver again", "RET-07", C.SEND_OUT_AGAIN, decides(Decision.DELIVER_AGAIN)),
    Case("take back", "RET-07", C.TAKE_BACK, decides(Decision.TAKE_BACK)),
    Case("scan the code", "FUL-05", C.COMPLETE, scan),
    Case("arrive after all", "FUL-16", C.COLLECT_LATE, arrive, asked=False),
    Case("cancel", "ORD-14", C.CANCEL, lambda shop, order: shop.do(
        lambda uow: orders.cancel(uow, order.id, OWNER, CancelReason.TOO_SLOW)
    )),
)  # fmt: skip
BY_NAME: Final = {case.name: case for case in CASES}
#: How a part comes into each state.
WAY_TO: Final = {
    S.ROUTED: (), S.ACCEPTED: ("accept",), S.PICKING: ("accept", "pick"), S.PACKED: ("accept", "pick", "pack"),
    S.SHIPPED: (*(sent := ("accept", "pick", "pack", "ship")),), S.HANDOVER_FAILED: (*sent, "fail"),
    S.STORE_HANDLING: (*sent, "fail", "take over"), S.READY_DESK: (*sent, "fail", "take over", "keep at the desk"),
    S.COMPLETED: (*sent, "fail", "take over", "keep at the desk", "scan the code"),
    S.TAKEN_BACK: (*sent, "fail", "take over", "take back"),
}  # fmt: skip


@pytest.fixture
def here(shop: Shop) -> Iterator[Shop]:
    with short_way(), without_waiting():
        put_secrets()
        yield shop


def brought(shop: Shop, state: State) -> Order:
    """A paid order whose other part is on its way, and this one in a state."""
    order = in_china(shop)
    shop.report(shop.fact(order))
    shop.do(lambda uow: routing.route(uow, order.id))
    send(shop, order, OTHER)
    for name in WAY_TO[state]:
        BY_NAME[name].do(shop, order)
    assert part(shop, order, HERE).state is state
    return shop.order(order)


LEGAL = [
    pytest.param(case, before, id=f"{case.rule}-{before}-{case.name}")
    for case in CASES
    for before in State
    if (before, case.command) in ALLOWED
]


@pytest.mark.parametrize(("case", "before"), LEGAL)
def test_an_arrow_of_a_part_is_taken_by_its_use_case(here: Shop, case: Case, before: State) -> None:
    order = brought(here, before)
    reserved = here.level("POT", THERE)
    case.do(here, order)
    moved = part(here, order, HERE)
    assert moved.state is ALLOWED[before, case.command]
    assert moved.stages[-1].state is moved.state
    assert here.level("POT", THERE) == reserved
    left = moved.state not in (S.ACCEPTED, S.PICKING, S.PACKED, S.CANCELLED)
    assert here.level("CUP", HERE) == ((5, 0) if moved.state is S.CANCELLED else (4, 0) if left else (4, 1))
    assert books(here, order)["customer_funds"] == -(
        order.totals.total.minor if moved.state is not S.CANCELLED else here.order(order).totals.total.minor
    )
    assert here.order(order).state is (
        S.SHIPPED if left or moved.state is S.CANCELLED else S.PARTLY_SHIPPED
    )  # the other part is on its way, so nothing ends


def test_the_use_cases_take_every_arrow_of_parts() -> None:
    assert {(before, case.command) for case in CASES for before in State if (before, case.command) in ALLOWED} == set(
        ALLOWED
    )


@pytest.mark.parametrize("state", sorted(WAY_TO), ids=str)
def test_every_other_use_case_of_a_part_is_refused_and_writes_nothing_ord_21(here: Shop, state: State) -> None:
    order, wrong = brought(here, state), []
    before = part(here, order, HERE)
    for case in CASES:
        if (state, case.command) in ALLOWED:
            continue
        with metered() as meter:
            answer = asked(here, order, case)
        if case.asked and not (is_refusal(answer, case) and set(meter.calls) <= READS):
            wrong.append((case.name, answer, dict(meter.calls)))
        assert part(here, order, HERE) == before or state is S.SHIPPED
        assert here.order(order).stages == order.stages
    assert wrong == []


def asked(shop: Shop, order: Order, case: Case) -> Any:
    try:
        return case.do(shop, order)
    except DomainError as refused:
        return refused


def is_refusal(answer: Any, case: Case) -> bool:
    """409 that says what is allowed: of the part, of the order, or for goods like these."""
    return isinstance(answer, Conflict) and case.command not in answer.members["allowed"] and answer.status == 409


# Kept at the desk


def test_the_last_part_that_is_collected_completes_the_order_ful_05(here: Shop) -> None:
    order = brought(here, S.READY_DESK)
    (told,) = happened(order.id, "dispatch.ready_for_pickup")
    letter = LETTERS[type(told.data)].tell(here.order(order), told.data, here.begin()) or {}
    assert letter["code"] == fulfilment.code_of(here.begin(), order, HERE)
    assert [item["quantity"] for item in letter["items"]] == [1]
    deliver(here, order, THERE)
    assert here.order(order).state is S.SHIPPED
    scan(here, order)
    done = here.order(order)
    assert (done.state, done.completed_by, done.totals) == (S.COMPLETED, "pickup_code", order.totals)
    assert LETTERS[type(told.data)].tell(done, told.data, here.begin()) is None  # a late letter would puzzle
    assert "customer_funds" not in books(here, order)


def test_a_part_that_nobody_collects_fails_again_and_its_code_is_no_more_ful_19(here: Shop) -> None:
    order = brought(here, S.READY_DESK)
    code = fulfilment.code_of(here.begin(), order, HERE) or ""
    late = part(here, order, HERE)
    here.do(lambda uow: notice_uncollected_dispatch(uow, uow.get(DISPATCH, order.id, HERE)))
    failed = part(here, order, HERE)
    assert ("collect_by" in late.deadlines, failed.state, failed.failed_handovers) == (True, S.HANDOVER_FAILED, 2)
    with pytest.raises(NotAllowed):
        here.do(lambda uow: fulfilment.collect(uow, order.id, code, CLERK))


def test_a_wrong_code_counts_and_a_new_one_takes_its_place_ful_01(here: Shop) -> None:
    order = brought(here, S.READY_DESK)
    old = fulfilment.code_of(here.begin(), order, HERE) or ""
    with pytest.raises(WrongCode) as refused:
        here.do(lambda uow: fulfilment.collect(uow, order.id, "wrong", CLERK))
    assert refused.value.members["tries_left"] == 4
    here.do(lambda uow: fulfilment.issue_code(uow, order.id, CLERK))
    with pytest.raises(WrongCode):
        here.do(lambda uow: fulfilment.collect(uow, order.id, old, CLERK))
    scan(here, order)
    assert part(here, order, HERE).state is S.COMPLETED


def test_a_part_that_arrives_after_all_counts_as_handed_over_ful_16(here: Shop) -> None:
    order = brought(here, S.STORE_HANDLING)
    arrive(here, order)
    with pytest.raises(NotAllowed):
        resolve(here, order, CLERK, Decision.TAKE_BACK)
    deliver(here, order, THERE)
    assert (here.order(order).state, here.order(order).lines) == (S.COMPLETED, order.lines)


def test_the_receipt_of_a_part_that_failed_is_not_entered_ful_14(here: Shop) -> None:
    order = brought(here, S.HANDOVER_FAILED)
    with pytest.raises(NotAllowed):
        here.do(lambda uow: fulfilment.enter_slip(uow, order.id, Receipt("S-1", "Li", here.now()), CLERK))


# Two at the same moment


@dataclass(frozen=True)
class Race:
    """Two who want the part of an order whose other part has arrived, and where both may end."""

    rule: str
    start: State
    one: str
    other: str
    ends: frozenset[tuple[State, State]]

    def __str__(self) -> str:
        return f"{self.rule}-{self.one}-against-{self.other}"


RACES = (
    Race("FUL-16", S.STORE_HANDLING, "take back", "arrive after all", frozenset(
        {(S.TAKEN_BACK, S.COMPLETED), (S.COMPLETED, S.COMPLETED)}
    )),
    Race("FUL-19", S.SHIPPED, "fail", "arrive after all", frozenset(
        {(S.COMPLETED, S.COMPLETED), (S.SHIPPED, S.COMPLETED)}
    )),
)  # fmt: skip


@pytest.mark.parametrize("race", RACES, ids=str)
def test_of_two_who_want_a_part_at_once_one_wins_in_every_order_of_their_calls(here: Shop, race: Race) -> None:
    calls, ends = [calls_of(here, race, name) for name in (race.one, race.other)], set()
    for turns in orders_of(*calls):
        if changes(turns) > 2:  # each whole between any two calls of the other
            continue
        order = brought(here, race.start)
        deliver(here, order, THERE)
        one, other = (lambda name=name, order=order: BY_NAME[name].do(here, order) for name in (race.one, race.other))
        answers = together(one, other, turns)
        assert all(isinstance(answer, Conflict) for answer in answers if isinstance(answer, Exception)), answers
        after, now = part(here, order, HERE), here.order(order)
        ends.add((after.state, now.state))
        assert (after.state, now.state) in race.ends, turns
        assert here.events(order).count("order.completed") == (now.state is S.COMPLETED), turns
        sold = {line.sku for line in now.lines}
        assert sold == ({"POT"} if after.state is S.TAKEN_BACK else {"POT", "CUP"}), turns
        funds = books(here, order).get("customer_funds", 0)
        kept = order.totals.total - now.totals.total if now.state is S.COMPLETED else order.totals.total
        assert funds == -kept.minor, turns
    assert ends == race.ends


def calls_of(shop: Shop, race: Race, name: str) -> list[str]:
    order = brought(shop, race.start)
    deliver(shop, order, THERE)
    with metered() as meter:
        BY_NAME[name].do(shop, order)
    return [operation for operation, _ in meter.requests]
