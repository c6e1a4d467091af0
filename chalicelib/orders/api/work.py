"""Work lists of every group: what waits, how much, and who has taken it up (ORD-17, REV-06, REV-10, REV-11)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.core import work
from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import Forbidden, NotAllowed
from chalicelib.core.http import Model, Page, Query, Request
from chalicelib.core.marks import Mark
from chalicelib.orders import service
from chalicelib.orders.domain import PLANS, State
from chalicelib.orders.items import ORDER, in_state
from chalicelib.orders.service.working import lists_of

from . import routes
from .views import StaffOrderView, WorkItem

WORKERS = staff(Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.AFTER_SALES, Post.STORE)
#: Whose work waits on any list of the house.
COUNTED = staff(
    Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.AFTER_SALES, Post.STORE, Post.FINANCE, Post.CASHIER, Post.PLANNING,
    Post.MERCHANT,
)  # fmt: skip
ANALYSTS = staff(Post.ORDER_DESK, Post.PLANNING, Post.CUSTOMER_SERVICE)


class ListQuery(Query):
    """Which part of a work list to show."""

    state: Annotated[State | Literal[""], Field(description="Only orders in this state.")] = ""
    mark: Annotated[Mark | Literal[""], Field(description="Only orders of this colour (ORD-17).")] = ""


def work_page(request: Request, work_list: str, query: ListQuery) -> Page[WorkItem]:
    """A page of any list that orders wait in: a group's, or a store's (ORD-17)."""
    page = request.page(
        ORDER, "gsi2", work_list, limit=query.limit, cursor=query.cursor,
        prefix=in_state(State(query.state)) if query.state else "",
        keep=(lambda card: card.mark == query.mark) if query.mark else None,
    )  # fmt: skip
    return Page(items=[WorkItem.of(card) for card in page.items], next=page.next)


class CountQuery(Model):
    """Which lists to count."""

    store: Annotated[
        str, StringConstraints(max_length=60), Field(description="Only this location's or merchant's lists.")
    ] = ""


class PartQuery(Model):
    """Whose part of an order."""

    store: Annotated[
        str, StringConstraints(max_length=60),
        Field(description="Of an order that leaves from several places: which one's part. Needed when several fit."),
    ] = ""  # fmt: skip


class TallyView(Model):
    """How much of a list is in a state."""

    list: Annotated[
        str,
        Field(description="A group or `store:<location>` of orders; `returns:<desk>` or `returns:<desk>:<location>`; "
                          "`bookings:escalations`, `bookings:refunds` or `bookings:merchant:<merchant>`."),
    ]  # fmt: skip
    state: str
    unhandled: int
    handled: int
    warned: Annotated[int, Field(description="The time limit of an exception is near (REV-10).")]
    overdue: int
    complete: Annotated[bool, Field(description="False: the list is longer than the thousand things counted.")]


class WorkView(Model):
    """What waits in your lists."""

    items: tuple[TallyView, ...]


class PlanView(Model):
    """How one kind of exception is handled (REV-10)."""

    problem: str
    level: str
    group: str
    within_minutes: int


class PlansView(Model):
    """Every kind of exception, the worst first."""

    items: tuple[PlanView, ...]


class CauseView(Model):
    """One cause of abnormal orders. Shares are percent of all cases of the month."""

    kind: Literal["returned", "held", "exception", "handover"]
    cause: str
    cases: int
    share: Decimal
    cumulative: Decimal
    vital: Annotated[bool, Field(description="Among the few causes that together make most cases.")]


class AbnormalOrdersView(Model):
    """The month's abnormal orders by cause, the most frequent first."""

    month: str
    cases: int
    causes: tuple[CauseView, ...]


class MonthQuery(Model):
    """A calendar month, UTC."""

    month: Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


@routes.get("/staff/work", access=COUNTED)
def count_work(request: Request, query: CountQuery) -> WorkView:
    """How much waits in your lists, by state: unhandled, taken up, overdue (ORD-17, REV-06).

    Those of your groups and desks, and of every store that you see; headquarters see all.
    """
    lists = [each for each in work.lists_of(request.principal) if query.store in ("", each.store)]
    return WorkView(
        items=tuple(
            TallyView(list=each.work_list, state=each.state, complete=each.complete, **each.marks)
            for each in work.count(lists)
        )
    )


@routes.get("/staff/work/{group}", access=WORKERS, errors=[Forbidden])
def list_group_work(request: Request, group: str, query: ListQuery) -> Page[WorkItem]:
    """The work list of one of your groups: `order_desk`, `customer_service`, `after_sales`, `management` (REV-06)."""
    lists = {each.name: each.pk for each in lists_of(request.principal) if not each.store}
    if group not in lists:
        raise Forbidden("This is not one of your groups.")
    return work_page(request, lists[group], query)


def _again(request: Request, order_id: str) -> StaffOrderView:
    """The answer to a repeated request: the order as it is now."""
    return StaffOrderView.seen_by(
        service.find_for_staff(request.uow, order_id, request.principal), request.language, request.principal
    )


@routes.post(
    "/staff/orders/{order_id}/claim", access=WORKERS, idempotent=_again,
    errors=[work.AlreadyClaimed, NotAllowed, Forbidden, service.WhichPlace],
)  # fmt: skip
def claim_order(request: Request, order_id: str, query: PartQuery) -> StaffOrderView:
    """Take an order up. When a colleague was faster, the answer is 409 and names them (ORD-17)."""
    order = service.find_for_staff(request.uow, order_id, request.principal)
    claimed = service.claim(request.uow, order, request.principal, query.store)
    return StaffOrderView.seen_by(claimed, request.language, request.principal)


@routes.post(
    "/staff/orders/{order_id}/unclaim", access=WORKERS, idempotent=_again,
    errors=[work.AlreadyClaimed, service.WhichPlace],
)  # fmt: skip
def unclaim_order(request: Request, order_id: str, query: PartQuery) -> StaffOrderView:
    """Give an order that you have taken up back to its list (ORD-17)."""
    order = service.find_for_staff(request.uow, order_id, request.principal)
    given = service.unclaim(request.uow, order, request.principal, query.store)
    return StaffOrderView.seen_by(given, request.language, request.principal)


@routes.get("/staff/exceptions", access=staff())
def list_plans(request: Request) -> PlansView:
    """Every kind of exception with its level, the group that answers for it, and its time limit (REV-10)."""
    return PlansView(
        items=tuple(
            PlanView(
                problem=problem.value, level=plan.level.value, group=plan.group.value,
                within_minutes=request.uow.setting(plan.within),
            )
            for problem, plan in PLANS.items()
        )
    )  # fmt: skip


@routes.get("/staff/reports/abnormal-orders", access=ANALYSTS)
def report_abnormal_orders(request: Request, query: MonthQuery) -> AbnormalOrdersView:
    """Why orders were abnormal in a month, the most frequent cause first, with cumulative shares (REV-11)."""
    causes = service.abnormal_orders(request.uow, query.month)
    return AbnormalOrdersView(
        month=query.month,
        cases=sum(cause.cases for cause in causes),
        causes=tuple(
            CauseView(
                kind=cause.kind, cause=cause.code, cases=cause.cases, share=cause.share,
                cumulative=cause.cumulative, vital=cause.vital,
            )
            for cause in causes
        ),
    )  # fmt: skip
