"""The desks of staff (RET-03, RET-05, RTE-06)."""

from __future__ import annotations

from chalicelib.core.errors import Conflict, FieldError, Forbidden, Invalid
from chalicelib.core.http import Page, Post, Request, staff
from chalicelib.core.work import AlreadyClaimed
from chalicelib.inventory.domain import SoldOut
from chalicelib.markets import service as markets
from chalicelib.markets.domain import pick_text
from chalicelib.orders.api.views import StaffHappeningView, StaffTimelineView
from chalicelib.orders.domain import texts as words
from chalicelib.returns import service
from chalicelib.returns.domain import InspectedLine
from chalicelib.returns.items import RETURN, work_list

from .door import routes
from .models import (
    ApproveReturn,
    InspectReturn,
    ReceiveReturn,
    RejectReturn,
    ReturnCardView,
    StaffReturnView,
    WorkListQuery,
    WriteOffGoods,
)

_DESK_STAFF = staff(Post.AFTER_SALES, Post.CUSTOMER_SERVICE, Post.STORE, Post.FINANCE, Post.CASHIER)


def _staff_again(request: Request, return_id: str) -> StaffReturnView:
    return StaffReturnView.of(service.for_staff(request.uow, return_id, request.principal))


@routes.get("/staff/returns", access=_DESK_STAFF)
def list_returns_to_handle(request: Request, query: WorkListQuery) -> Page[ReturnCardView]:
    """The returns that wait for a desk, the most urgent first (RET-03, RET-05, RTE-06).

    A store's staff see their own store's desks only (ROL-03).
    """
    place = ""
    if not query.desk.is_central:
        place = query.store or request.principal.store
        if not place:
            raise Invalid(FieldError("query.store", "is needed for this desk"))
    if not request.principal.works_for(place):
        return Page(items=[])
    if place:
        markets.location(place)
    found = request.page(
        RETURN, "gsi2", work_list(query.desk, place), limit=query.limit, cursor=query.cursor,
        keep=(lambda card: card.mark == query.mark) if query.mark else None,
    )  # fmt: skip
    return Page(items=[ReturnCardView.of(card) for card in found.items], next=found.next)


@routes.get("/staff/returns/{return_id}", access=_DESK_STAFF)
def show_return_to_staff(request: Request, return_id: str) -> StaffReturnView:
    """One return with everything that its desks need."""
    return StaffReturnView.of(service.for_staff(request.uow, return_id, request.principal))


@routes.get("/staff/returns/{return_id}/timeline", access=_DESK_STAFF)
def show_return_timeline_to_staff(request: Request, return_id: str) -> StaffTimelineView:
    """Every event of a return with who caused it, oldest first (ORD-26)."""
    found = service.timeline(request.uow, service.for_staff(request.uow, return_id, request.principal))
    return StaffTimelineView(
        items=tuple(
            StaffHappeningView(
                at=one.at, type=one.type, text=pick_text(words.of_happening(one.type), request.language),
                actor=str(one.actor), data=one.data,
            )
            for one in found
        )
    )  # fmt: skip


@routes.post(
    "/staff/returns/{return_id}/claim", access=_DESK_STAFF, idempotent=_staff_again,
    errors=[AlreadyClaimed, Conflict, Forbidden],
)  # fmt: skip
def claim_return(request: Request, return_id: str) -> StaffReturnView:
    """Take a return up. When a colleague was faster, the answer is 409 and names them (ORD-17)."""
    return StaffReturnView.of(service.claim(request.uow, return_id, request.principal))


@routes.post("/staff/returns/{return_id}/unclaim", access=_DESK_STAFF, idempotent=_staff_again, errors=[AlreadyClaimed])
def unclaim_return(request: Request, return_id: str) -> StaffReturnView:
    """Give a return that you have taken up back to its desk's list (ORD-17)."""
    return StaffReturnView.of(service.unclaim(request.uow, return_id, request.principal))


@routes.post(
    "/staff/returns/{return_id}/approve", access=staff(Post.AFTER_SALES), idempotent=_staff_again, errors=[SoldOut]
)
def approve_return(request: Request, return_id: str, body: ApproveReturn) -> StaffReturnView:
    """After-sales agrees: a return order or an exchange order comes of it (RET-03). When the goods of an exchange are
    sold out, the answer is 409 and a refund can be approved instead."""
    return StaffReturnView.of(service.approve(request.uow, return_id, request.principal, body.resolution))


@routes.post("/staff/returns/{return_id}/write-off", access=staff(Post.AFTER_SALES), idempotent=_staff_again)
def write_off_goods_owed(request: Request, return_id: str, body: WriteOffGoods) -> StaffReturnView:
    """Wait no longer for goods that were exchanged and did not come back in order (RET-06)."""
    return StaffReturnView.of(service.write_off(request.uow, return_id, request.principal, body.note))


@routes.post("/staff/returns/{return_id}/reject", access=staff(Post.AFTER_SALES, Post.FINANCE), idempotent=_staff_again)
def reject_return(request: Request, return_id: str, body: RejectReturn) -> StaffReturnView:
    """End a return without money: after-sales before the parcel, finance after it."""
    return StaffReturnView.of(service.reject(request.uow, return_id, request.principal, body.reason, body.note))


@routes.post("/staff/returns/{return_id}/receive", access=staff(Post.STORE, Post.AFTER_SALES), idempotent=_staff_again)
def receive_return(request: Request, return_id: str, body: ReceiveReturn) -> StaffReturnView:
    """The parcel has arrived."""
    return StaffReturnView.of(service.receive(request.uow, return_id, request.principal, body.waybill))


@routes.post("/staff/returns/{return_id}/inspect", access=staff(Post.STORE, Post.AFTER_SALES), idempotent=_staff_again)
def inspect_return(request: Request, return_id: str, body: InspectReturn) -> StaffReturnView:
    """Say line by line what came; accepted units that can be sold again go back to stock."""
    found = [
        InspectedLine(line.line, line.accepted, line.rejected, line.condition, line.disposition) for line in body.lines
    ]
    return StaffReturnView.of(service.inspect(request.uow, return_id, request.principal, found))


@routes.post("/staff/returns/{return_id}/release", access=staff(Post.FINANCE, Post.CASHIER), idempotent=_staff_again)
def release_refund(request: Request, return_id: str) -> StaffReturnView:
    """Pay back by the original method; again after a failure (RET-05, AMB-04)."""
    return StaffReturnView.of(service.release(request.uow, return_id, request.principal))


@routes.post("/staff/returns/{return_id}/credit", access=staff(Post.FINANCE, Post.CASHIER), idempotent=_staff_again)
def credit_refund(request: Request, return_id: str) -> StaffReturnView:
    """Pay to the customer's balance what the original method does not take."""
    return StaffReturnView.of(service.credit(request.uow, return_id, request.principal))
