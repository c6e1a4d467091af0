"""The states of a return, what may be done in each, and who has to do it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a return stands (flow chart, machine G)."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    AWAITING_PARCEL = "AWAITING_PARCEL"
    RECEIVED = "RECEIVED"
    INSPECTED = "INSPECTED"
    REFUNDING = "REFUNDING"
    REFUND_BLOCKED = "REFUND_BLOCKED"
    REFUNDED = "REFUNDED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    EXCHANGED = "EXCHANGED"
    GOODS_OWED = "GOODS_OWED"


class Command(StrEnum):
    """What can be done to a return."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    EXPIRE = "expire"
    ISSUE_LABEL = "issue_label"
    WAIVE = "waive"
    RECEIVE = "receive"
    INSPECT = "inspect"
    RELEASE = "release"
    BLOCK = "block"
    CONFIRM = "confirm"
    CREDIT = "credit"
    EXCHANGE = "exchange"
    OWE = "owe"
    SETTLE = "settle"
    REFUND_INSTEAD = "refund_instead"


#: Every pair that is not listed is refused.
ALLOWED: Final[Mapping[tuple[State, Command], State]] = {
    (State.REQUESTED, Command.APPROVE): State.APPROVED,
    (State.REQUESTED, Command.REJECT): State.REJECTED,
    (State.REQUESTED, Command.CANCEL): State.CANCELLED,
    (State.APPROVED, Command.ISSUE_LABEL): State.AWAITING_PARCEL,
    (State.APPROVED, Command.WAIVE): State.INSPECTED,
    (State.APPROVED, Command.RECEIVE): State.RECEIVED,
    (State.APPROVED, Command.CANCEL): State.CANCELLED,
    (State.APPROVED, Command.EXPIRE): State.EXPIRED,
    (State.AWAITING_PARCEL, Command.RECEIVE): State.RECEIVED,
    (State.AWAITING_PARCEL, Command.CANCEL): State.CANCELLED,
    (State.AWAITING_PARCEL, Command.EXPIRE): State.EXPIRED,
    # A parcel that arrives late is there all the same.
    (State.EXPIRED, Command.RECEIVE): State.RECEIVED,
    (State.RECEIVED, Command.INSPECT): State.INSPECTED,
    (State.INSPECTED, Command.RELEASE): State.REFUNDING,
    (State.INSPECTED, Command.CONFIRM): State.REFUNDED,
    (State.INSPECTED, Command.BLOCK): State.REFUND_BLOCKED,
    (State.INSPECTED, Command.REJECT): State.REJECTED,
    (State.REFUNDING, Command.CONFIRM): State.REFUNDED,
    (State.REFUNDING, Command.BLOCK): State.REFUND_BLOCKED,
    (State.REFUND_BLOCKED, Command.RELEASE): State.REFUNDING,
    (State.REFUND_BLOCKED, Command.BLOCK): State.REFUND_BLOCKED,
    (State.REFUND_BLOCKED, Command.CONFIRM): State.REFUNDED,
    (State.REFUND_BLOCKED, Command.CREDIT): State.REFUNDED,
    (State.REFUND_BLOCKED, Command.REJECT): State.REJECTED,
    # The goods are here, or given up, and their value is the exchange order's (RET-04).
    (State.INSPECTED, Command.EXCHANGE): State.EXCHANGED,
    # The exchange order has gone out and the old goods did not come (back in order): after-sales sees to it.
    (State.APPROVED, Command.OWE): State.GOODS_OWED,
    (State.AWAITING_PARCEL, Command.OWE): State.GOODS_OWED,
    (State.INSPECTED, Command.OWE): State.GOODS_OWED,
    (State.GOODS_OWED, Command.RECEIVE): State.RECEIVED,
    (State.GOODS_OWED, Command.SETTLE): State.EXCHANGED,
    # The exchange order was cancelled: what came back is paid back, what did not come is not.
    (State.EXCHANGED, Command.REFUND_INSTEAD): State.INSPECTED,
    (State.GOODS_OWED, Command.REFUND_INSTEAD): State.INSPECTED,
    (State.GOODS_OWED, Command.EXPIRE): State.EXPIRED,
    # Providers can take a refund back days later (an expired card).
    (State.REFUNDED, Command.BLOCK): State.REFUND_BLOCKED,
}

#: Nothing more happens by itself in these.
CLOSED: Final = frozenset({State.REFUNDED, State.REJECTED, State.CANCELLED, State.EXPIRED, State.EXCHANGED})


def allowed_in(state: State) -> list[str]:
    """The commands that a state takes."""
    return sorted(command.value for (at, command) in ALLOWED if at is state)


class Desk(StrEnum):
    """Who a return waits for (RET-03, RET-05, RTE-06)."""

    AFTER_SALES = "after_sales"
    RECEIVING = "receiving"
    INSPECTION = "inspection"
    FINANCE = "finance"
    MANAGEMENT = "management"

    @property
    def is_central(self) -> bool:
        """One for the house; the others are one per store (ROL-03)."""
        return self in (Desk.AFTER_SALES, Desk.MANAGEMENT)


#: The work list a return is on in each state; a state that is not listed waits for nobody in the house.
DESKS: Final[Mapping[State, Desk]] = {
    State.REQUESTED: Desk.AFTER_SALES,
    State.APPROVED: Desk.RECEIVING,
    State.AWAITING_PARCEL: Desk.RECEIVING,
    State.RECEIVED: Desk.INSPECTION,
    State.INSPECTED: Desk.FINANCE,
    State.REFUND_BLOCKED: Desk.FINANCE,
    State.GOODS_OWED: Desk.AFTER_SALES,
}

#: A desk has work with it that nobody has taken up yet (ORD-17).
UNHANDLED: Final = frozenset({State.REQUESTED, State.RECEIVED, State.INSPECTED, State.REFUND_BLOCKED, State.GOODS_OWED})

#: The one deadline of each state that waits.
DEADLINES: Final[Mapping[State, str]] = {
    State.REQUESTED: "decide_by",
    State.APPROVED: "send_by",
    State.AWAITING_PARCEL: "send_by",
    State.RECEIVED: "inspect_by",
    State.INSPECTED: "release_by",
    State.REFUNDING: "refund_by",
    State.REFUND_BLOCKED: "resolve_by",
    State.GOODS_OWED: "settle_by",
}


class Step(StrEnum):
    """What the workflow does next: wait for somebody, or do something itself."""

    DECISION = "decision"
    LABEL = "label"
    PARCEL = "parcel"
    INSPECTION = "inspection"
    RELEASE = "release"
    REFUND = "refund"
    RESULT = "result"
    DONE = "done"


#: The step of each state; what INSPECTED leads to depends on the amount, see `Return.step`.
STEPS: Final[Mapping[State, Step]] = {
    State.REQUESTED: Step.DECISION,
    State.APPROVED: Step.LABEL,
    State.AWAITING_PARCEL: Step.PARCEL,
    State.RECEIVED: Step.INSPECTION,
    State.INSPECTED: Step.REFUND,
    State.REFUNDING: Step.RESULT,
    State.REFUND_BLOCKED: Step.RELEASE,
    # No step of the workflow: people and the clock; what comes then starts it again.
    State.GOODS_OWED: Step.DONE,
    **dict.fromkeys(CLOSED, Step.DONE),
}
