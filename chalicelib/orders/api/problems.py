"""What stands in an order's way: whoever finds it says so, the group that answers for it ends it (REV-08 to REV-10)."""

from __future__ import annotations

from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import Forbidden, NotAllowed
from chalicelib.core.http import Request
from chalicelib.orders import service
from chalicelib.orders.domain import Problem

from . import routes
from .bodies import ReportProblem
from .views import StaffOrderView
from .work import WORKERS

#: Who comes across what is wrong: at the shelf, at the desk, on the telephone.
FINDERS = staff(Post.STORE, Post.ORDER_DESK, Post.CUSTOMER_SERVICE)


def _again(request: Request, order_id: str) -> StaffOrderView:
    """The answer to a repeated request: the order as it is now."""
    return StaffOrderView.seen_by(
        service.find_for_staff(request.uow, order_id, request.principal), request.language, request.principal
    )


@routes.post(
    "/staff/orders/{order_id}/problem", access=FINDERS, idempotent=_again,
    errors=[NotAllowed, service.KnownAlready, service.WhichPlace],
)  # fmt: skip
def report_problem(request: Request, order_id: str, body: ReportProblem) -> StaffOrderView:
    """Say what stands in an order's way: goods that are not there, customs, a delay (REV-08, REV-09, REV-10).

    The clock starts, and the order is on the list of the group that answers for it (`GET /staff/exceptions`). Missing
    goods come up until the order is packed; it stays with its store, which may go on if they turn up. They are on sale
    again only when somebody has counted them. What happens to parcels is told for couriers that do not tell it
    themselves.
    """
    order = service.find_for_staff(request.uow, order_id, request.principal)
    problem = Problem(body.problem)
    is_short = problem is Problem.OUT_OF_STOCK
    place = service.place_of(order, request.principal, body.store) if is_short else ""
    missing = None if body.missing is None else {each.sku: each.quantity for each in body.missing}
    told = service.report_problem(
        request.uow, order, problem, body.note, place=place, missing=missing
    )  # fmt: skip
    return StaffOrderView.seen_by(told, request.language, request.principal)


@routes.post(
    "/staff/orders/{order_id}/contacted", access=WORKERS, idempotent=_again, errors=[NotAllowed, Forbidden]
)  # fmt: skip
def mark_contacted(request: Request, order_id: str) -> StaffOrderView:
    """The customer has been contacted about the order's problem, or the papers are filed: its clock stops (REV-08).

    For the group that answers for the problem; after an escalation that is management.
    """
    order = service.find_for_staff(request.uow, order_id, request.principal)
    return StaffOrderView.seen_by(
        service.contacted(request.uow, order, request.principal), request.language, request.principal
    )


@routes.post("/staff/orders/{order_id}/solved", access=WORKERS, idempotent=_again, errors=[NotAllowed, Forbidden])
def solve_problem(request: Request, order_id: str) -> StaffOrderView:
    """What stood in the order's way is gone; its clock stops (REV-10). An order without a store is routed again.

    For the group that answers for the problem; after an escalation that is management.
    """
    order = service.find_for_staff(request.uow, order_id, request.principal)
    return StaffOrderView.seen_by(
        service.settle_problem(request.uow, order, request.principal), request.language, request.principal
    )
