"""The parts of a return: its lines, what the inspection says, why it is refused or its refund blocked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import FieldError, Invalid, RuleRefused
from chalicelib.core.money import Money

from .machine import DESKS, Desk, State
from .policy import FAULTS, GoodsClass, Reason


class Condition(StrEnum):
    """How the goods look when they arrive."""

    UNOPENED = "unopened"
    LIKE_NEW = "like_new"
    USED = "used"
    DAMAGED = "damaged"


class Disposition(StrEnum):
    """What becomes of accepted goods."""

    RESTOCK = "restock"
    WRITE_OFF = "write_off"


#: Only these can be sold again.
SELLABLE: Final = frozenset({Condition.UNOPENED, Condition.LIKE_NEW})


class RejectReason(StrEnum):
    """Why a return ends without money; the customer is told which (RET-13)."""

    NOT_COVERED = "not_covered"
    NO_EVIDENCE = "no_evidence"
    NOT_ACCEPTED = "not_accepted"
    ALREADY_PAID_BACK = "already_paid_back"
    OTHER = "other"


class BlockReason(StrEnum):
    """Why a refund did not go through by itself."""

    REFUSED = "refused"
    FAILED = "failed"
    DISPUTED = "disputed"
    NOT_ENOUGH_CAPTURED = "not_enough_captured"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one order line on their way back.

    Args:
        line: the order line.
        accepted, rejected: units found by the inspection; what is missing of `quantity` never came.
        refund: what is paid back for this line, once settled.
    """

    line: str
    sku: str
    title: str
    quantity: int
    reason: Reason
    goods: GoodsClass = GoodsClass.STANDARD
    accepted: int = 0
    rejected: int = 0
    condition: Condition | None = None
    disposition: Disposition | None = None
    refund: Money | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """The variant that the customer wants in exchange for the units of a line (RET-03); often the same one."""

    line: str
    sku: str
    title: str


@dataclass(frozen=True, slots=True)
class InspectedLine:
    """What the inspection says about one line."""

    line: str
    accepted: int
    rejected: int
    condition: Condition
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Block:
    """A refund that did not go through. `final`: it is certain that no money left, so another way may be taken."""

    reason: BlockReason
    final: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """A workflow that waits for this return to leave `state`."""

    token: str
    state: State


def inspected(line: ReturnLine, found: InspectedLine) -> ReturnLine:
    if found.accepted < 0 or found.rejected < 0 or found.accepted + found.rejected > line.quantity:
        raise Invalid(FieldError("/lines", f"line {line.line} announced {line.quantity} units"))
    only_sealed = line.goods is GoodsClass.UNOPENED and line.reason not in FAULTS | {Reason.NOT_HANDED_OVER}
    if found.accepted and only_sealed and found.condition is not Condition.UNOPENED:
        raise RuleRefused("These goods are only taken back unopened.", rule="RET-07", line=line.line)
    sellable = found.condition in SELLABLE and line.goods is not GoodsClass.FRESH
    if found.accepted and found.disposition is Disposition.RESTOCK and not sellable:
        raise RuleRefused("These goods cannot be sold again.", rule="RET-07", line=line.line)
    return replace(
        line, accepted=found.accepted, rejected=found.rejected, condition=found.condition, disposition=found.disposition
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """When a return came into a state, or into another desk's hands, and whose it has been since (ORD-16)."""

    state: State
    at: datetime
    desk: Desk | None = None


def stages_of(times: Mapping[str, datetime]) -> tuple[Stage, ...]:
    """The stages of a return that was kept with one time for each state."""
    entered = sorted(times.items(), key=lambda pair: pair[1])
    return tuple(Stage(State(state), at, DESKS.get(State(state))) for state, at in entered)
