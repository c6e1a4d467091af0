"""What the group that answers for an exception does about it: the customer is contacted, or it is over (REV-10)."""

from __future__ import annotations

from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.items import ORDER

from . import problems
from .working import check_group


def contacted(uow: UnitOfWork, order: d.Order, principal: Principal) -> d.Order:
    """The customer has been contacted, or the papers are filed: the clock stops, the problem stays (REV-08, REV-09).

    Raises:
        NotAllowed: nothing stands in the order's way.
        Forbidden: another group answers for it.
    """
    if order.problem is None:
        raise NotAllowed("order", order.state, "mark_contacted", order.allowed)
    check_group(order, principal)
    told = d.OrderProblemAnswered(order_id=order.id, problem=order.problem)
    return uow.put(ORDER, order.with_clocks_stopped(uow.now), told)


def settle_problem(uow: UnitOfWork, order: d.Order, principal: Principal) -> d.Order:
    """What stood in the order's way is gone; one without a store is routed again by that news (REV-08, REV-10).

    Raises:
        NotAllowed: nothing stands in the order's way.
        Forbidden: another group answers for it.
    """
    if order.problem is not None:
        check_group(order, principal)
    return problems.solve(uow, order)
