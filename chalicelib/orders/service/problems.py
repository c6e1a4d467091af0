"""Exceptions of orders: raised, warned of, breached, escalated, solved; each has a group and a clock (REV-10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.core.errors import Conflict
from chalicelib.core.events import Event
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain.exceptions import (
    ANSWER_WITHIN,
    ESCALATE_AFTER,
    ESCALATE_BY,
    OF_PARCEL,
    OVER_WITH,
    PLANS,
    WARN_AT,
    WARN_BY,
    is_worse,
)
from chalicelib.orders.domain.machine import State
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import ORDER

#: States in which a parcel's troubles are the order's.
_WITH_THE_CARRIER = frozenset({State.PARTLY_SHIPPED, State.SHIPPED, State.OUT_FOR_DELIVERY})


def raise_problem(uow: UnitOfWork, order: d.Order, problem: d.Problem) -> d.Order:
    """Put an order on the list of the group that answers for what stands in its way; the clock starts (REV-10).

    A worse problem takes the place of a lesser one; a lesser one changes nothing.
    """
    if not is_worse(problem, order.problem):
        return order
    within = timedelta(minutes=uow.setting(PLANS[problem].within, market=order.market))
    answer_by = uow.now + within
    warn_by = uow.now + within * uow.setting(WARN_AT, market=order.market) / 100
    troubled = order.raise_problem(problem, warn_by, answer_by, uow.now)
    told = d.OrderProblemRaised(order_id=order.id, problem=problem, group=troubled.group, answer_by=answer_by)
    return uow.put(ORDER, troubled, told)


def follow_parcel(uow: UnitOfWork, event: Event[Any]) -> None:
    """Open, or end, an order's exception as its parcel has trouble, or moves on; each piece of news counts once."""
    order = uow.find(ORDER, event.data.order_id)
    if order is None or order.state not in _WITH_THE_CARRIER:
        return
    if order.problem is not None and order.problem in OVER_WITH.get(event.type, ()):
        solve(uow, order)
    elif event.type == "shipment.exception":
        problem = OF_PARCEL.get(event.data.problem)
        if problem is not None and is_worse(problem, order.problem):
            uow.once(event.id)
            raise_problem(uow, order, problem)


def solve(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Nothing stands in the order's way any more.

    Raises:
        Conflict: nothing did.
    """
    if order.problem is None:
        raise Conflict("The order has no problem.")
    return uow.put(ORDER, order.solved(uow.now), d.OrderProblemSolved(order_id=order.id, problem=order.problem))


def warn(uow: UnitOfWork, order: d.Order) -> d.Order:
    """The time limit of an exception is near: its group hears of it (REV-10)."""
    left = {name: due for name, due in order.deadlines.items() if name != WARN_BY}
    quiet = replace(order, deadlines=left)
    if order.problem is None or ANSWER_WITHIN not in left:
        return uow.put(ORDER, quiet)
    told = d.OrderProblemWarned(
        order_id=order.id, problem=order.problem, group=order.group, answer_by=left[ANSWER_WITHIN]
    )
    return uow.put(ORDER, quiet, told)


def exceed(uow: UnitOfWork, order: d.Order) -> d.Order:
    """The time limit of an exception is over: a breach; management gets it if it stays unanswered (REV-08, REV-10)."""
    late = order.miss(ANSWER_WITHIN, uow.now)
    if order.problem is not None:
        escalate_by = uow.now + timedelta(minutes=uow.setting(ESCALATE_AFTER, market=order.market))
        late = replace(late, deadlines={**late.deadlines, ESCALATE_BY: to_second(escalate_by)})
    told = d.OrderDeadlineMissed(order_id=order.id, deadline=ANSWER_WITHIN, group=late.group)
    return uow.put(ORDER, late, told)


def escalate(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Nobody has dealt with an exception for too long: it goes to management's list (REV-10)."""
    late = order.miss(ESCALATE_BY, uow.now)
    if order.problem is None:
        return uow.put(ORDER, late)
    told = d.OrderProblemEscalated(order_id=order.id, problem=order.problem, from_group=order.group)
    return uow.put(ORDER, late, told)
