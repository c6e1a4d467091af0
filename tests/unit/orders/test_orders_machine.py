"""Machine E, pair by pair: every (state, command) is a row of the chart or is refused with what is allowed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import NotAllowed
from chalicelib.orders.domain import ALLOWED, FINAL, GOODS_LEFT_STOCK, GROUP_OF, Command, Group, State, next_state
from chalicelib.orders.domain.machine import FOLLOWING
from tests.support.sample_orders import PLACED, an_order

METHODS = ("courier", "pickup", "pickup_at_desk", "own_delivery", "split", "")
#: Nothing is shipped; a pickup whose customer has chosen the desk (E8, E9).
WORDS = {"nothing": "", "desk": "pickup_at_desk"}

#: The chart, written out once more by hand: rule, command, from, to, ways of delivery.
CHART = """
    PAY-07 confirm_payment     awaiting_payment      under_review          any
    PAY-08 expire              awaiting_payment      cancelled             any
    REV-01 approve             under_review          reviewed              any
    REV-03 return_to_customer  under_review          returned_to_customer  any
    REV-07 hold                under_review          on_hold               any
    REV-03 resubmit            returned_to_customer  under_review          any
    AMB-24 await_difference    returned_to_customer  awaiting_payment      any
    REV-07 release             returned_to_customer  reviewed              any
    REV-07 release             on_hold               reviewed              any
    REV-03 return_to_customer  on_hold               returned_to_customer  any
    RTE-01 route               reviewed              routed                courier pickup desk own_delivery split
    RTE-01 route               routed                routed                any
    REV-08 route               accepted              routed                any
    REV-08 route               picking               routed                any
    REV-08 withdraw            routed                reviewed              any
    REV-08 withdraw            accepted              reviewed              any
    REV-08 withdraw            picking               reviewed              any
    ORD-19 complete            reviewed              completed             nothing
    RTE-03 accept              routed                accepted              any
    ORD-21 pick                accepted              picking               any
    ORD-21 pack                picking               packed                any
    FUL-02 put_in_locker       packed                ready_locker          pickup
    FUL-04 put_at_desk         packed                ready_desk            pickup desk
    FUL-07 send_out            packed                out_for_delivery      own_delivery
    FUL-13 ship                packed                shipped               courier
    RTE-07 ship_part           routed                partly_shipped        split
    RTE-07 ship_part           accepted              partly_shipped        split
    RTE-07 ship_part           picking               partly_shipped        split
    RTE-07 ship_part           packed                partly_shipped        split
    RTE-07 ship                partly_shipped        shipped               split
    ORD-14 cancel_rest         partly_shipped        partly_shipped        split
    FUL-05 complete            ready_locker          completed             any
    FUL-05 complete            ready_desk            completed             any
    FUL-09 complete            out_for_delivery      completed             any
    FUL-14 complete            shipped               completed             any
    FUL-19 fail_handover       ready_locker          handover_failed       any
    FUL-19 fail_handover       ready_desk            handover_failed       any
    FUL-19 fail_handover       out_for_delivery      handover_failed       any
    FUL-19 fail_handover       shipped               handover_failed       courier
    RTE-07 end_taken_back      shipped               taken_back            split
    FUL-19 take_over           handover_failed       store_handling        any
    RET-07 offer_at_desk       store_handling        ready_desk            any
    RET-07 send_out_again      store_handling        out_for_delivery      own_delivery courier split
    RET-07 ship_again          store_handling        shipped               courier
    RET-07 take_back           store_handling        taken_back            any
    FUL-05 collect_late        handover_failed       completed             pickup
    FUL-05 collect_late        store_handling        completed             pickup
    ORD-14 cancel              awaiting_payment      cancelled             any
    RET-04 release_exchange    awaiting_return       reviewed              any
    ORD-14 cancel              awaiting_return       cancelled             any
    ORD-14 cancel              under_review          cancelled             any
    REV-05 cancel              returned_to_customer  cancelled             any
    ORD-14 cancel              on_hold               cancelled             any
    ORD-14 cancel              reviewed              cancelled             any
    ORD-14 cancel              routed                cancelled             any
    ORD-14 cancel              accepted              cancelled             any
    ORD-14 cancel              picking               cancelled             any
    AMB-21 cancel              packed                cancelled             any
"""


def _chart() -> Iterator[tuple[str, State, Command, str, State]]:
    for row in filter(None, map(str.split, CHART.splitlines())):
        rule, command, before, after, *methods = row
        for method in METHODS if methods == ["any"] else [WORDS.get(method, method) for method in methods]:
            yield rule, State(before), Command(command), method, State(after)


LEGAL = {(before, command, method): (rule, after) for rule, before, command, method, after in _chart()}
PAIRS = [(state, command, method) for state in State for command in Command for method in METHODS]


@pytest.mark.parametrize(
    ("state", "command", "method"), [pair for pair in PAIRS if pair in LEGAL],
    ids=str,
)  # fmt: skip
def test_the_chart_allows_it(state: State, command: Command, method: str) -> None:
    assert next_state(state, command, method) is LEGAL[state, command, method][1]


def test_every_other_pair_is_refused_with_what_is_allowed_ord_21() -> None:
    for state, command, method in PAIRS:
        if (state, command, method) in LEGAL:
            continue
        with pytest.raises(NotAllowed) as refused:
            next_state(state, command, method)
        expected = sorted(c for (s, c, m) in LEGAL if s is state and m == method and c not in FOLLOWING)
        assert refused.value.members["allowed"] == expected
        assert refused.value.members["state"] == state


def test_the_table_holds_nothing_beyond_the_chart() -> None:
    assert set(ALLOWED) == {(state, command) for state, command, _ in LEGAL}


def test_final_states_absorb_every_command() -> None:
    assert {State.COMPLETED, State.CANCELLED, State.TAKEN_BACK} == FINAL


def test_goods_that_left_stock_cannot_be_cancelled_amb_21() -> None:
    cancellable = {state for state, command in ALLOWED if command is Command.CANCEL}
    assert not cancellable & GOODS_LEFT_STOCK
    assert cancellable | GOODS_LEFT_STOCK | {State.CANCELLED} == set(State)


def test_every_state_names_the_group_with_the_next_move_rev_06() -> None:
    assert set(GROUP_OF) == set(State)
    assert {state for state, group in GROUP_OF.items() if group is Group.ORDER_DESK} == {
        State.UNDER_REVIEW, State.ON_HOLD, State.REVIEWED,
    }  # fmt: skip


@given(st.lists(st.sampled_from(list(Command)), max_size=25))
def test_stage_times_tell_the_whole_life_without_gaps_ord_16(commands: list[Command]) -> None:
    order, now = an_order(State.AWAITING_PAYMENT), PLACED + timedelta(hours=1)
    moves = 0
    for command in commands:
        now += timedelta(minutes=1)
        if command in order.allowed:
            order = order.move(command, now)
            moves += 1
    times = order.stage_times
    assert len(times) == 2 + moves
    assert all(one.left_at == other.entered_at for one, other in itertools.pairwise(times))
    assert times[-1].left_at is None
    assert times[-1].state is order.state


def test_a_state_takes_its_deadlines_with_it_when_it_ends_rev_10() -> None:
    at = PLACED + timedelta(hours=1)
    held = an_order().move(Command.HOLD, at, decide_by=at)
    assert held.deadlines == {"decide_by": at}
    assert held.move(Command.RELEASE, at).deadlines == {}


def test_the_dispatch_day_counts_until_the_goods_are_gone_ful_12() -> None:
    at = PLACED + timedelta(hours=1)
    order = an_order(State.REVIEWED).move(Command.ROUTE, at, accept_by=at, dispatch_by=at)
    for command in (Command.ACCEPT, Command.PICK, Command.PACK):
        order = order.move(command, at)
        assert order.deadlines == {"dispatch_by": at}
    assert order.move(Command.SHIP, at).deadlines == {}


def test_a_missed_deadline_marks_the_order_until_the_state_ends_rev_10() -> None:
    at = PLACED + timedelta(hours=1)
    late = an_order().move(Command.HOLD, at, decide_by=at).miss("decide_by", at)
    assert (late.missed, late.deadlines) == (("decide_by",), {})
    assert late.move(Command.RELEASE, at).missed == ()
