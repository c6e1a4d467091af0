"""Exceptions of orders: raised, warned of, breached, escalated, solved; each has a group and a clock (REV-10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core import observe
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed
from chalicelib.core.events import Event
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain.exceptions import (
    ANSWER_WITHIN,
    COMES_UP_IN,
    ESCALATE_AFTER,
    ESCALATE_BY,
    OF_PARCEL,
    OVER_WITH,
    PLANS,
    TO_MANAGEMENT,
    WARN_AT,
    WARN_BY,
    WITH_THE_CARRIER,
    is_worse,
)
from chalicelib.orders.domain.machine import State
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import DISPATCH, ORDER
from chalicelib.shipping.domain.scans import Mark
from chalicelib.shipping.domain.shipments import Shipment, ShipmentException
from chalicelib.shipping.items.shipments import SHIPMENT
from chalicelib.shipping.service import shipments

from . import shortages

#: Where goods can be missing, of an order from several places also after some have left.
_CAN_BE_MISSING: Final = COMES_UP_IN[d.Problem.OUT_OF_STOCK] | {State.PARTLY_SHIPPED}


class KnownAlready(Conflict):
    """The same, or something worse, stands in the order's way already; `problem` names it."""

    code, title = "problem-known", "This is known already"


def report_problem(
    uow: UnitOfWork,
    order: d.Order,
    problem: d.Problem,
    note: str = "",
    *,
    place: str = "",
    missing: Mapping[str, int] | None = None,
) -> d.Order:
    """Staff have found what stands in an order's way: an empty shelf, customs, a delay (REV-08 to REV-10).

    Args:
        place: the store that has not found goods; "" takes the order's own.
        missing: units by SKU that it has not found; None: none of the order's goods there. Only with `OUT_OF_STOCK`.

    Raises:
        NotAllowed: this cannot stand in the way of an order in this state.
        KnownAlready: the clock of this, or of something worse, is running.
        Invalid: so many units are not reserved there, or are not what this problem is about.
    """
    is_short = problem is d.Problem.OUT_OF_STOCK
    if missing is not None and not (is_short and order.store):
        raise Invalid(FieldError("/missing", "is only for goods that a store has not found"))
    if order.state not in (_CAN_BE_MISSING if is_short and order.is_split else COMES_UP_IN[problem]):
        raise NotAllowed("order", order.state, "raise_problem", order.allowed)
    adds = is_short and order.problem is problem and missing is not None
    if not is_worse(problem, order.problem) and not adds:
        raise KnownAlready(
            f"The order has the problem {order.problem} already.", problem=order.problem, allowed=sorted(order.allowed)
        )
    if is_short and order.store:
        shortages.note(uow, order, place or order.store, missing)
    return raise_problem(uow, order, problem, note)


def raise_problem(uow: UnitOfWork, order: d.Order, problem: d.Problem, note: str = "") -> d.Order:
    """Put an order on the list of the group that answers for what stands in its way; the clock starts (REV-10).

    A worse problem takes the place of a lesser one; a lesser one changes nothing.
    """
    if not is_worse(problem, order.problem):
        return order
    within = timedelta(minutes=uow.setting(PLANS[problem].within, market=order.market))
    answer_by = uow.now + within
    warn_by = uow.now + within * uow.setting(WARN_AT, market=order.market) / 100
    troubled = order.raise_problem(problem, warn_by, answer_by, uow.now)
    told = d.OrderProblemRaised(
        order_id=order.id, problem=problem, group=troubled.group, answer_by=answer_by, note=note
    )
    return uow.put(ORDER, troubled, told)


def follow_parcel(uow: UnitOfWork, event: Event[Any]) -> None:
    """Open, or end, an order's exception as its parcel has trouble, or moves on; each piece of news counts once.

    News come late and in any order, and an order has several parcels: what counts is how its parcels are now.
    """
    order = uow.find(ORDER, event.data.order_id)
    if order is None or order.state not in WITH_THE_CARRIER:
        return
    if order.problem is not None and order.problem in OVER_WITH.get(event.type, ()):
        if _is_over(uow, order, event.data):
            solve(uow, order)
    elif event.type == "shipment.exception":
        problem = OF_PARCEL.get(event.data.problem)
        if problem is not None and is_worse(problem, order.problem) and _is_open(uow, event.data):
            uow.once(event.id)
            raise_problem(uow, order, problem)


def parcel_arrived(uow: UnitOfWork, order: d.Order, arrived: Shipment) -> None:
    """One of several parcels has arrived: a trouble that it had is over, unless another one has it, too (REV-10)."""
    had = {OF_PARCEL.get(name) for name in arrived.nodes}
    if order.problem is not None and order.problem in had and not any(_open_marks(uow, order)):
        solve(uow, order)


def parcels_failed(uow: UnitOfWork, order: d.Order, failed: Iterable[Shipment]) -> None:
    """Parcels could not be handed over, and their store has them to decide on: what was wrong with them is over as an
    exception, unless another one has it, too (FUL-19, REV-10)."""
    gone = {parcel.id: parcel for parcel in failed}
    had = {OF_PARCEL.get(name) for parcel in gone.values() for name in parcel.nodes}
    now = uow.get(ORDER, order.id)
    if now.problem is not None and now.problem in had and all(each.id in gone for each, _ in _open_marks(uow, now)):
        solve(uow, now)


def _open_marks(uow: UnitOfWork, order: d.Order) -> Iterator[tuple[Shipment, Mark]]:
    """What couriers have reported that stands in the order's way, and is not over."""
    for parcel in shipments.under_way(uow, order.id):
        for mark in parcel.open_problems:
            if OF_PARCEL.get(mark) is order.problem:
                yield parcel, mark


def _is_over(uow: UnitOfWork, order: d.Order, progress: Any) -> bool:
    """Whether no parcel has the trouble that stands in the order's way: none of the others, and this one not since."""
    return all(
        parcel.id == progress.shipment_id and parcel.nodes[mark].last <= progress.at
        for parcel, mark in _open_marks(uow, order)
    )


def _is_open(uow: UnitOfWork, trouble: ShipmentException) -> bool:
    """Whether the parcel has not got over its trouble before the news of it came, and is not its store's case."""
    parcel = uow.get(SHIPMENT, trouble.order_id, trouble.shipment_id)
    is_split = uow.get(ORDER, trouble.order_id).is_split
    part = uow.find(DISPATCH, trouble.order_id, parcel.store) if is_split else None
    is_carried = part is None or part.state is State.SHIPPED
    return is_carried and not parcel.came_back and trouble.problem in parcel.open_problems


def solve(uow: UnitOfWork, order: d.Order) -> d.Order:
    """What stood in the order's way is gone. One that has no store is routed again by that news (REV-08, RTE-01).

    Goods that are still missing somewhere are the next thing in its way. One whose store has let it wait for too long
    waits for management again: the exception had its own clock.

    Raises:
        NotAllowed: nothing stood in its way.
    """
    if order.problem is None:
        raise NotAllowed("order", order.state, "solve_problem", order.allowed)
    clocks = {name: at for late in order.missed for name, at in escalation(uow, order.market, late).items()}
    solved = order.solved(uow.now)
    solved = replace(solved, deadlines={**solved.deadlines, **clocks})
    uow.put(ORDER, solved, d.OrderProblemSolved(order_id=order.id, problem=order.problem))
    if order.problem is d.Problem.OUT_OF_STOCK:
        shortages.forget(uow, order)
    elif order.state in _CAN_BE_MISSING and shortages.of_order(uow, order).units:
        return raise_problem(uow, solved, d.Problem.OUT_OF_STOCK)
    return solved


def ended(uow: UnitOfWork, before: d.Order, after: d.Order) -> tuple[d.OrderProblemSolved, ...]:
    """What is told when a step of the order has ended what stood in its way (REV-10)."""
    if before.problem is None or after.problem is not None:
        return ()
    if before.problem is d.Problem.OUT_OF_STOCK:
        shortages.forget(uow, before)
    return (d.OrderProblemSolved(order_id=before.id, problem=before.problem),)


def all_found_at(uow: UnitOfWork, order: d.Order, place: str) -> None:
    """One of several places has packed its part: nothing is missing there (RTE-07)."""
    if order.problem is not None and shortages.found_at(uow, order, place) and order.problem is d.Problem.OUT_OF_STOCK:
        solve(uow, order)


def warn(uow: UnitOfWork, order: d.Order) -> d.Order:
    """The time limit of an exception is near: its group hears of it (REV-10)."""
    left = {name: due for name, due in order.deadlines.items() if name != WARN_BY}
    if order.problem is None or ANSWER_WITHIN not in left:
        return uow.put(ORDER, replace(order, deadlines=left))
    told = d.OrderProblemWarned(
        order_id=order.id, problem=order.problem, group=order.group, answer_by=left[ANSWER_WITHIN]
    )
    observe.count("ExceptionsWarned", problem=order.problem)
    return uow.put(ORDER, order.miss(WARN_BY, uow.now), told)


def exceed(uow: UnitOfWork, order: d.Order) -> d.Order:
    """The time limit of an exception is over: a breach; management gets it if it stays unanswered (REV-08, REV-10)."""
    late = order.miss(ANSWER_WITHIN, uow.now)
    late = replace(late, missed=tuple(name for name in late.missed if name != WARN_BY))
    observe.count("OrdersOverdue", deadline=ANSWER_WITHIN)
    if order.problem is not None:
        escalate_by = uow.now + timedelta(minutes=uow.setting(ESCALATE_AFTER, market=order.market))
        late = replace(late, deadlines={**late.deadlines, ESCALATE_BY: to_second(escalate_by)})
    told = d.OrderDeadlineMissed(order_id=order.id, deadline=ANSWER_WITHIN, group=late.group)
    return uow.put(ORDER, late, told)


def escalate(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Nobody has dealt with an exception, or with the order at all, for long: management has it (REV-10, AMB-20)."""
    late = order.miss(ESCALATE_BY, uow.now)
    observe.count("OrdersEscalated")
    told: d.OrderProblemEscalated | d.OrderEscalated
    if order.problem is not None:
        told = d.OrderProblemEscalated(order_id=order.id, problem=order.problem, from_group=order.group)
    else:
        missed = next((name for name in order.missed if name in TO_MANAGEMENT), "")
        told = d.OrderEscalated(order_id=order.id, deadline=missed, from_group=order.group)
    return uow.put(ORDER, late, told)


def escalation(uow: UnitOfWork, market: str, missed: str) -> dict[str, datetime]:
    """The clock that begins when a deadline has been missed; none for what somebody is at work on."""
    if missed not in TO_MANAGEMENT:
        return {}
    return {ESCALATE_BY: to_second(uow.now + timedelta(minutes=uow.setting(ESCALATE_AFTER, market=market)))}
