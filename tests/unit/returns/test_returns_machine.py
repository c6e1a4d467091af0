"""The return's machine: every (state, command) pair, and the rules that stand on its arrows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.auth import Owner
from chalicelib.core.errors import Invalid, NotAllowed, RuleRefused
from chalicelib.core.money import Money
from chalicelib.returns.domain import (
    ALLOWED,
    CLOSED,
    DEADLINES,
    Block,
    BlockReason,
    Command,
    Condition,
    Disposition,
    GoodsClass,
    InspectedLine,
    Label,
    Reason,
    RejectReason,
    Resolution,
    Return,
    ReturnLine,
    Settlement,
    State,
    Step,
    Terms,
)

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TERMS = Terms(within=dict.fromkeys(DEADLINES, timedelta(hours=48)), auto_approve=5_000, auto_refund=20_000)
ZERO = Money.zero("EUR")
SETTLED = Settlement({"1": Money(2_000, "EUR")}, ZERO, ZERO)
FOUND = (InspectedLine("1", 2, 0, Condition.LIKE_NEW, Disposition.RESTOCK),)


def a_return(state: State = State.REQUESTED, **changes: object) -> Return:
    line = ReturnLine("1", "MUG-1", "Mug", 2, Reason.CHANGED_MIND)
    new = Return.request(
        id="R000000000001", order_id="C000000000001", owner=Owner(customer="cust"), market="EU", store="RTM1",
        return_to="RTM1", payment_id="C000000000001-1", lines=(line,), estimate=Money(2_000, "EUR"), note="", at=NOW,
        terms=TERMS,
    )  # fmt: skip
    return replace(new, state=state, **changes)  # type: ignore[arg-type]


def confirmed(thing: Return) -> Return:
    free = replace(thing, shipping_refund=ZERO, lines=(replace(thing.lines[0], accepted=2, refund=ZERO),))
    return (free if thing.state is State.INSPECTED else thing).confirm(NOW, TERMS)


DO: dict[Command, Callable[[Return], Return]] = {
    Command.APPROVE: lambda thing: thing.approve(Resolution.REFUND, NOW, TERMS),
    Command.REJECT: lambda thing: thing.reject(RejectReason.NOT_COVERED, "", NOW, TERMS),
    Command.CANCEL: lambda thing: thing.cancel(NOW, TERMS),
    Command.EXPIRE: lambda thing: thing.expire(NOW, TERMS),
    Command.ISSUE_LABEL: lambda thing: thing.issue_label(Label.PREPAID, NOW, TERMS),
    Command.WAIVE: lambda thing: replace(thing, resolution=Resolution.KEEP_GOODS).waive(SETTLED, NOW, TERMS),
    Command.RECEIVE: lambda thing: thing.receive("1Z", NOW, TERMS),
    Command.INSPECT: lambda thing: thing.inspect(FOUND, NOW, TERMS),
    Command.RELEASE: lambda thing: thing.release(NOW, TERMS),
    Command.BLOCK: lambda thing: thing.block_refund(Block(BlockReason.FAILED, final=True), NOW, TERMS),
    Command.CONFIRM: confirmed,
    Command.CREDIT: lambda thing: thing.credit(NOW, TERMS),
    Command.EXCHANGE: lambda thing: thing.exchange(NOW, TERMS),
    Command.OWE: lambda thing: thing.owe(NOW, TERMS),
    Command.SETTLE: lambda thing: thing.write_off("lost", NOW, TERMS),
    Command.REFUND_INSTEAD: lambda thing: thing.refund_instead(NOW, TERMS),
}


@pytest.mark.parametrize("command", list(Command))
@pytest.mark.parametrize("state", list(State))
def test_every_pair_of_state_and_command_does_what_the_table_says(state: State, command: Command) -> None:
    thing = a_return(state)
    if (state, command) in ALLOWED:
        moved = DO[command](thing)
        assert moved.state is ALLOWED[state, command]
        assert (moved.stages[-1].state, moved.stages[-1].at) == (moved.state, NOW)
    else:
        with pytest.raises(NotAllowed) as refused:
            DO[command](thing)
        assert command.value not in refused.value.members["allowed"]


@pytest.mark.parametrize("state", [s for s in State if s not in CLOSED])
def test_every_open_state_has_a_deadline_and_every_closed_one_has_none(state: State) -> None:
    assert a_return()._enter(state, NOW, TERMS).due == NOW + timedelta(hours=48)
    for closed in CLOSED:
        assert a_return()._enter(closed, NOW, TERMS).deadlines == {}


def test_issuing_the_label_does_not_prolong_the_time_to_send_the_parcel() -> None:
    approved = a_return().approve(Resolution.REFUND, NOW, TERMS)
    labelled = approved.issue_label(Label.PREPAID, NOW + timedelta(hours=5), TERMS)
    assert labelled.deadlines == approved.deadlines == {"send_by": NOW + timedelta(hours=48)}


def test_inspection_names_every_line_exactly_once_and_never_more_than_announced_m10() -> None:
    received = a_return(State.RECEIVED)
    for wrong in ((), FOUND + FOUND, (replace(FOUND[0], line="2"),), (replace(FOUND[0], rejected=1),)):
        with pytest.raises(Invalid):
            received.inspect(wrong, NOW, TERMS)
    with pytest.raises(Invalid):
        received.inspect((replace(FOUND[0], accepted=-1),), NOW, TERMS)


def test_units_that_never_came_are_neither_accepted_nor_rejected() -> None:
    inspected = a_return(State.RECEIVED).inspect((replace(FOUND[0], accepted=1),), NOW, TERMS)
    assert inspected.accepted == {"1": 1}
    assert inspected.missing == {"1": 1}
    assert inspected.restockable == {"1": 1}


@pytest.mark.parametrize("condition", [Condition.USED, Condition.DAMAGED])
def test_used_or_damaged_goods_are_not_sold_again_ret07(condition: Condition) -> None:
    with pytest.raises(RuleRefused):
        a_return(State.RECEIVED).inspect((replace(FOUND[0], condition=condition),), NOW, TERMS)
    found = (replace(FOUND[0], condition=condition, disposition=Disposition.WRITE_OFF),)
    assert a_return(State.RECEIVED).inspect(found, NOW, TERMS).restockable == {}


def test_fresh_goods_are_never_sold_again_ret07() -> None:
    thing = a_return(State.RECEIVED)
    thing = replace(thing, lines=(replace(thing.lines[0], goods=GoodsClass.FRESH, reason=Reason.DAMAGED),))
    with pytest.raises(RuleRefused):
        thing.inspect(FOUND, NOW, TERMS)


def test_sealed_goods_are_only_accepted_unopened_unless_faulty_ret07() -> None:
    thing = a_return(State.RECEIVED)
    sealed = replace(thing, lines=(replace(thing.lines[0], goods=GoodsClass.UNOPENED),))
    with pytest.raises(RuleRefused):
        sealed.inspect(FOUND, NOW, TERMS)
    assert sealed.inspect((replace(FOUND[0], condition=Condition.UNOPENED),), NOW, TERMS).accepted == {"1": 2}
    assert sealed.inspect((replace(FOUND[0], accepted=0, rejected=2),), NOW, TERMS).accepted == {}
    faulty = replace(sealed, lines=(replace(sealed.lines[0], reason=Reason.DEFECTIVE),))
    assert faulty.inspect(FOUND, NOW, TERMS).accepted == {"1": 2}


def test_a_refund_attempt_keeps_its_key_until_it_is_certain_that_it_failed_e3() -> None:
    refunding = a_return(State.INSPECTED).release(NOW, TERMS)
    assert refunding.refund_key == "R000000000001"
    silent = refunding.block_refund(Block(BlockReason.NO_ANSWER, final=False), NOW, TERMS)
    assert silent.release(NOW, TERMS).refund_key == "R000000000001"
    failed = refunding.block_refund(Block(BlockReason.FAILED, final=True), NOW, TERMS)
    again = failed.release(NOW, TERMS)
    assert again.refund_key == "R000000000001.2"
    assert again.block is None


def test_a_refund_that_was_refused_before_it_was_sent_begins_with_the_first_key() -> None:
    blocked = a_return(State.INSPECTED).block_refund(Block(BlockReason.DISPUTED, final=True), NOW, TERMS)
    assert blocked.release(NOW, TERMS).refund_key == "R000000000001"


def test_nothing_is_paid_another_way_while_the_provider_may_still_pay_e1() -> None:
    silent = a_return(State.REFUNDING).block_refund(Block(BlockReason.NO_ANSWER, final=False), NOW, TERMS)
    with pytest.raises(RuleRefused):
        silent.credit(NOW, TERMS)
    with pytest.raises(RuleRefused):
        silent.reject(RejectReason.ALREADY_PAID_BACK, "", NOW, TERMS)
    assert silent.confirm(NOW, TERMS).refunded_to == "original"


def test_a_disputed_payment_is_not_paid_back_a_second_time_to_the_balance_e7() -> None:
    disputed = a_return(State.INSPECTED).block_refund(Block(BlockReason.DISPUTED, final=True), NOW, TERMS)
    with pytest.raises(RuleRefused):
        disputed.credit(NOW, TERMS)
    assert disputed.reject(RejectReason.ALREADY_PAID_BACK, "", NOW, TERMS).state is State.REJECTED


def test_a_failed_refund_can_go_to_the_balance() -> None:
    failed = a_return(State.REFUNDING).block_refund(Block(BlockReason.FAILED, final=True), NOW, TERMS)
    assert failed.credit(NOW, TERMS).refunded_to == "balance"


def test_a_refund_is_not_confirmed_before_it_was_sent() -> None:
    inspected = a_return(State.RECEIVED).inspect(FOUND, NOW, TERMS).settle(SETTLED)
    with pytest.raises(RuleRefused):
        inspected.confirm(NOW, TERMS)


def test_goods_stay_with_the_customer_only_when_that_was_agreed_ret08() -> None:
    with pytest.raises(RuleRefused):
        a_return(State.APPROVED).waive(SETTLED, NOW, TERMS)


def test_the_workflow_step_follows_from_the_state_and_the_refund_limit_ret05() -> None:
    assert a_return().step(TERMS) is Step.DECISION
    inspected = a_return(State.RECEIVED).inspect(FOUND, NOW, TERMS)
    assert inspected.settle(SETTLED).step(TERMS) is Step.REFUND
    dear = Settlement({"1": Money(20_001, "EUR")}, ZERO, ZERO)
    assert inspected.settle(dear).step(TERMS) is Step.RELEASE
    assert all(a_return(state).step(TERMS) is Step.DONE for state in CLOSED)


def test_only_small_requests_are_approved_by_themselves() -> None:
    assert a_return().approves_by_itself(TERMS)
    assert not a_return(estimate=Money(5_001, "EUR")).approves_by_itself(TERMS)
    assert not a_return(State.APPROVED).approves_by_itself(TERMS)
