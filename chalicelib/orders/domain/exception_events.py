"""What ordering tells of what goes wrong: exceptions and their clocks, stores that cannot serve, deadlines missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.events import event


@event("order.refused_by_store")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRefusedByStore:
    """The responsible store does not take the order on; another one is looked for (RTE-01, RTE-03)."""

    order_id: str
    store: str
    reason: str
    note: str


@event("order.withdrawn")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWithdrawn:
    """The store has the order no longer, and so far no other has: the order desk decides (REV-08)."""

    order_id: str
    store: str


@event("order.goods_missing")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGoodsMissing:
    """A store has not found what is reserved for the order with it; `units` by SKU (REV-08)."""

    order_id: str
    store: str
    units: dict[str, int]


@event("order.problem_raised")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProblemRaised:
    """Something stands in the order's way; the named group answers by then (REV-08, REV-10).

    `note` is what whoever found it wrote, if a person did.
    """

    order_id: str
    problem: str
    group: str
    answer_by: datetime
    note: str = ""


@event("order.problem_warned")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProblemWarned:
    """The time to deal with an exception is running out; the named group hears of it before it is over (REV-10)."""

    order_id: str
    problem: str
    group: str
    answer_by: datetime


@event("order.problem_escalated")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProblemEscalated:
    """Nobody dealt with an exception in time, nor for a while after: management has it now (REV-10)."""

    order_id: str
    problem: str
    from_group: str


@event("order.problem_solved")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProblemSolved:
    """Nothing stands in the order's way any more."""

    order_id: str
    problem: str


@event("order.problem_answered")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProblemAnswered:
    """The customer has been contacted about the problem (REV-08)."""

    order_id: str
    problem: str


@event("order.deadline_missed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDeadlineMissed:
    """A group has not acted in time; the order is marked overdue in the work lists (REV-10).

    `store` names the place whose part of an order it is about, if several work on it.
    """

    order_id: str
    deadline: str
    group: str
    store: str = ""


@event("order.escalated")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEscalated:
    """Nobody has decided on an order, or accepted it, in time nor for a while after: management has it now (AMB-20).

    `deadline` is the one that was missed; `store` as in `order.deadline_missed`.
    """

    order_id: str
    deadline: str
    from_group: str
    store: str = ""
