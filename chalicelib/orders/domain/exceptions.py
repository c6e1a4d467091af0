"""What can stand in the way of an order that was normal: who answers for it, how soon, and who hears of a breach.

One row per kind (REV-10). The clock starts when the exception is raised; a warning goes out before the time is over,
the breach is marked, and what is still unanswered a while later goes to management.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.core.settings import Setting
from chalicelib.shipping.domain.scans import Mark

from .machine import Group, State
from .settings import CONTACT_BY


class Problem(StrEnum):
    """What may stand in the way of an order; the worse come first."""

    LOST = "lost"
    DAMAGED = "damaged"
    OUT_OF_STOCK = "out_of_stock"
    CUSTOMS = "customs"
    COMING_BACK = "coming_back"
    DELIVERY = "delivery"
    DELAY = "delay"


class Level(StrEnum):
    """How urgent an exception is."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class Plan:
    """How one kind of exception is handled.

    Args:
        group: who answers for it. within: minutes in which the customer is contacted or the papers are filed.
    """

    level: Level
    group: Group
    within: Setting[int]


def _within(problem: Problem, hours: int, rule: str, doc: str, *, own: bool = True) -> Setting[int]:
    return Setting(f"orders.{problem}_answer_minutes", hours * 60, unit="minutes", rule=rule, own=own, doc=doc)


PLANS: Final[Mapping[Problem, Plan]] = {
    Problem.LOST: Plan(
        Level.CRITICAL, Group.AFTER_SALES,
        _within(Problem.LOST, 48, "LOG-19", "How soon a claim for a lost parcel is filed.", own=False),
    ),
    Problem.DAMAGED: Plan(
        Level.CRITICAL, Group.AFTER_SALES,
        _within(Problem.DAMAGED, 24, "REV-10", "How soon the customer of a damaged parcel is contacted."),
    ),
    Problem.OUT_OF_STOCK: Plan(Level.HIGH, Group.ORDER_DESK, CONTACT_BY),
    Problem.CUSTOMS: Plan(
        Level.HIGH, Group.ORDER_DESK,
        _within(Problem.CUSTOMS, 24, "REV-09", "How soon the papers that customs asks for are submitted.", own=False),
    ),
    Problem.COMING_BACK: Plan(
        Level.HIGH, Group.CUSTOMER_SERVICE,
        _within(Problem.COMING_BACK, 24, "REV-10", "How soon the customer of a parcel on its way back is contacted."),
    ),
    Problem.DELIVERY: Plan(
        Level.NORMAL, Group.CUSTOMER_SERVICE,
        _within(Problem.DELIVERY, 24, "REV-10", "How soon the customer of an undelivered parcel is contacted."),
    ),
    Problem.DELAY: Plan(
        Level.NORMAL, Group.CUSTOMER_SERVICE,
        _within(Problem.DELAY, 48, "REV-10", "How soon the customer of a delayed parcel is contacted."),
    ),
}  # fmt: skip

WARN_AT: Final = Setting(
    "orders.exception_warning_percent", 75, unit="percent of the time limit", rule="REV-10", own=True,
    doc="When the group that answers for an exception is warned that its time is running out.",
)  # fmt: skip
ESCALATE_AFTER: Final = Setting(
    "orders.exception_escalation_minutes", 60, unit="minutes after the breach", rule="REV-10", own=True,
    doc="When an exception that nobody answered, or an order that nobody decided on or accepted, goes to management.",
)  # fmt: skip

#: The clocks of an exception: the warning, the time limit, the escalation.
WARN_BY: Final = "warn_by"
ANSWER_WITHIN: Final = "contact_by"
ESCALATE_BY: Final = "escalate_by"
CLOCKS: Final = frozenset({WARN_BY, ANSWER_WITHIN, ESCALATE_BY})
#: Deadlines after which an order that still waits goes to management: nobody works on it (REV-10, AMB-20).
TO_MANAGEMENT: Final = frozenset({"decide_by", "accept_by"})

#: The exception that news of a parcel opens; what is not named here is none.
OF_PARCEL: Final[Mapping[str, Problem]] = {
    Mark.LOST: Problem.LOST,
    Mark.DAMAGED: Problem.DAMAGED,
    Mark.CUSTOMS_HELD: Problem.CUSTOMS,
    Mark.REFUSED: Problem.COMING_BACK,
    Mark.NOT_COLLECTED: Problem.COMING_BACK,
    Mark.RETURNING: Problem.COMING_BACK,
    Mark.RETURNED: Problem.COMING_BACK,
    Mark.CANCELLED: Problem.COMING_BACK,
    Mark.FAILED_ATTEMPT: Problem.DELIVERY,
    Mark.WRONG_ADDRESS: Problem.DELIVERY,
    Mark.HELD_FOR_PAYMENT: Problem.DELIVERY,
    Mark.PROBLEM: Problem.DELIVERY,
    Mark.DELAYED: Problem.DELAY,
    Mark.NO_NEWS: Problem.DELAY,
}
#: Exceptions that are over when the parcel moves on, by the event that shows it.
OVER_WITH: Final[Mapping[str, frozenset[Problem]]] = {
    "shipment.customs_cleared": frozenset({Problem.CUSTOMS, Problem.DELAY}),
    "shipment.out_for_delivery": frozenset({Problem.CUSTOMS, Problem.DELAY, Problem.DELIVERY}),
    "shipment.ready_for_pickup": frozenset({Problem.CUSTOMS, Problem.DELAY, Problem.DELIVERY}),
}

_WITH_STORE: Final = frozenset({State.REVIEWED, State.ROUTED, State.ACCEPTED, State.PICKING})
#: States in which a parcel's troubles are the order's.
WITH_THE_CARRIER: Final = frozenset({State.PARTLY_SHIPPED, State.SHIPPED, State.OUT_FOR_DELIVERY})
#: Where each exception can come up: goods are missing until they are packed, parcels have trouble on their way.
COMES_UP_IN: Final[Mapping[Problem, frozenset[State]]] = {
    **dict.fromkeys(Problem, WITH_THE_CARRIER),
    Problem.OUT_OF_STOCK: _WITH_STORE,
}
#: The states into which an open exception goes along with its order; any other state ends it.
OUTLASTS: Final[Mapping[Problem, frozenset[State]]] = {
    **dict.fromkeys(Problem, frozenset({State.PARTLY_SHIPPED, State.SHIPPED})),
    Problem.OUT_OF_STOCK: frozenset({State.REVIEWED, State.ACCEPTED, State.PICKING, State.PARTLY_SHIPPED}),
}


def is_worse(one: Problem, other: Problem | None) -> bool:
    """Whether an exception takes the place of another that is open already."""
    order = list(Problem)
    return other is None or order.index(one) < order.index(other)
