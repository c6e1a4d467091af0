"""How long which desk had a return (ORD-16)."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from chalicelib.returns.domain import (
    Block,
    BlockReason,
    Condition,
    Desk,
    Disposition,
    InspectedLine,
    Resolution,
    Return,
    Settlement,
    State,
)

from .test_returns_machine import NOW, TERMS, ZERO, a_return

S = State
FAILED = Block(BlockReason.NO_ANSWER, final=True)


def at(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def blocked_twice() -> Return:
    found = (InspectedLine("1", 2, 0, Condition.LIKE_NEW, Disposition.RESTOCK),)
    thing = a_return().approve(Resolution.REFUND, at(1), TERMS).receive("", at(2), TERMS).inspect(found, at(3), TERMS)
    thing = thing.settle(Settlement({"1": thing.estimate}, ZERO, ZERO)).release(at(4), TERMS)
    thing = thing.block_refund(FAILED, at(5), TERMS).release(at(6), TERMS)
    return thing.block_refund(FAILED, at(7), TERMS)


def test_a_state_entered_twice_keeps_both_its_times_ord_16() -> None:
    assert [(stage.state, stage.at) for stage in blocked_twice().history] == [
        (S.REQUESTED, at(0)), (S.APPROVED, at(1)), (S.RECEIVED, at(2)), (S.INSPECTED, at(3)), (S.REFUNDING, at(4)),
        (S.REFUND_BLOCKED, at(5)), (S.REFUNDING, at(6)), (S.REFUND_BLOCKED, at(7)),
    ]  # fmt: skip


def test_what_goes_to_management_is_its_time_from_then_on_and_a_reminder_is_no_stage_ord_16() -> None:
    owed = a_return(S.AWAITING_PARCEL, resolution=Resolution.EXCHANGE).owe(at(1), TERMS).remind(at(2), TERMS)
    late = owed.escalate(at(3), TERMS)
    assert [(stage.state, stage.desk, stage.at) for stage in late.history[1:]] == [
        (S.GOODS_OWED, Desk.AFTER_SALES, at(1)), (S.GOODS_OWED, Desk.MANAGEMENT, at(3)),
    ]  # fmt: skip
    here = late.receive("", at(4), TERMS)
    assert (here.history[-1].desk, here.escalated, here.late) == (Desk.INSPECTION, False, False)


def test_a_return_kept_with_one_time_for_each_state_loads_and_goes_on_ord_16() -> None:
    kept = msgspec.json.decode(msgspec.json.encode(a_return(S.APPROVED)))
    for name in ("stages", "claimed_by", "late"):
        del kept[name]
    kept["stage_times"] = {"APPROVED": "2026-11-21T10:00:00Z", "REQUESTED": "2026-11-21T09:00:00Z"}
    thing = msgspec.json.decode(msgspec.json.encode(kept), type=Return)
    assert [(stage.state, stage.at) for stage in thing.history] == [(S.REQUESTED, at(0)), (S.APPROVED, at(1))]
    gone_on = thing.receive("", at(5), TERMS)
    assert [stage.state for stage in gone_on.stages] == [S.REQUESTED, S.APPROVED, S.RECEIVED]
    assert gone_on.stage_times == {}
