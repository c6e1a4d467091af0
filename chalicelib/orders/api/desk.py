"""The order desk: work lists, review decisions, problems (REV-01…REV-08, ORD-17, ORD-25)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.http import Page, Query, Request
from chalicelib.markets.domain import pick_text
from chalicelib.markets.models import InvoiceBody
from chalicelib.orders import service
from chalicelib.orders.domain import CancelReason, Reason, State
from chalicelib.orders.domain import texts as words
from chalicelib.orders.items import DESK_LIST, ORDER, in_state

from . import routes
from .bodies import CorrectCause, ReturnOrder, StaffCancelOrder
from .views import StaffHappeningView, StaffOrderView, StaffTimelineView, WorkItem

DESK = staff(Post.ORDER_DESK)
CAUSES = staff(Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.STORE)
ASKED = staff(Post.ORDER_DESK, Post.CUSTOMER_SERVICE)
READERS = staff(Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.AFTER_SALES, Post.FINANCE, Post.CASHIER, Post.STORE)


class WorkQuery(Query):
    """Which part of the order desk's work list to show."""

    state: Annotated[
        Literal[
            "under_review", "returned_to_customer", "on_hold", "reviewed", "routed", "accepted", "picking", "packed", ""
        ],
        Field(description="Only orders in this state (ORD-17); a store's states show its orders with a problem."),
    ] = ""


@routes.get("/staff/orders", access=DESK)
def list_work(request: Request, query: WorkQuery) -> Page[WorkItem]:
    """The order desk's work list, by state and then by what is due first (REV-01, REV-06)."""
    page = request.page(
        ORDER, "gsi2", DESK_LIST, limit=query.limit, cursor=query.cursor,
        prefix=in_state(State(query.state)) if query.state else "",
    )  # fmt: skip
    return Page(items=[WorkItem.of(card) for card in page.items], next=page.next)


@routes.get("/staff/orders/{order_id}", access=READERS)
def get_staff_order(request: Request, order_id: str) -> StaffOrderView:
    """One order with stages, deadlines and the commands it takes; a store's staff see their store's only (ORD-25)."""
    order = service.find_for_staff(request.uow, order_id, request.principal)
    request.set_etag(request.uow.version(ORDER, order))
    return StaffOrderView.seen_by(order, request.language, request.principal)


@routes.get("/staff/orders/{order_id}/timeline", access=READERS)
def get_staff_timeline(request: Request, order_id: str) -> StaffTimelineView:
    """Every event of the order, its payment, parcels and returns, with who caused it (ORD-26).

    A store's staff see nothing of what another store did with it (RTE-03).
    """
    order = service.find_for_staff(request.uow, order_id, request.principal)
    return StaffTimelineView(
        items=tuple(
            StaffHappeningView(
                at=item.at, type=item.type, text=pick_text(words.of_happening(item.type), request.language),
                actor=str(item.actor), data=item.data,
            )
            for item in service.timeline(request.uow, order) if item.is_for(request.principal)
        )
    )  # fmt: skip


def _again(request: Request, order_id: str) -> StaffOrderView:
    """The answer to a repeated request: the order as it is now."""
    return StaffOrderView.seen_by(
        service.find_for_staff(request.uow, order_id, request.principal), request.language, request.principal
    )


@routes.post("/staff/orders/{order_id}/release", access=DESK, idempotent=_again, errors=[NotAllowed])
def release_order(request: Request, order_id: str) -> StaffOrderView:
    """Let a held or returned order go on to its store (REV-07)."""
    order = service.find_for_staff(request.uow, order_id, request.principal)
    return StaffOrderView.seen_by(service.release(request.uow, order), request.language, request.principal)


@routes.post("/staff/orders/{order_id}/return", access=DESK, idempotent=_again, errors=[NotAllowed])
def return_order(request: Request, order_id: str, body: ReturnOrder) -> StaffOrderView:
    """Give an order back to the customer with the reasons (REV-02, REV-03)."""
    order = service.find_for_staff(request.uow, order_id, request.principal)
    reasons = tuple(Reason(code, body.note) for code in dict.fromkeys(body.reasons))
    return StaffOrderView.seen_by(
        service.return_to_customer(request.uow, order, reasons), request.language, request.principal
    )


@routes.post("/staff/orders/{order_id}/cancel", access=DESK, idempotent=_again, errors=[NotAllowed])
def cancel_staff_order(request: Request, order_id: str, body: StaffCancelOrder) -> StaffOrderView:
    """Cancel an order whose goods have not left stock; what was paid goes back by itself (ORD-15)."""
    order = service.find_for_staff(request.uow, order_id, request.principal)
    return StaffOrderView.seen_by(
        service.call_off(request.uow, order, CancelReason(body.reason)), request.language, request.principal
    )


@routes.post("/staff/orders/{order_id}/handover-cause", access=CAUSES, idempotent=_again, errors=[Conflict])
def correct_handover_cause(request: Request, order_id: str, body: CorrectCause) -> StaffOrderView:
    """Say who was the cause of a failed hand-over after all; the customer's terms follow from it (BAL-05, FUL-20)."""
    order = service.find_for_staff(request.uow, order_id, request.principal)
    corrected = service.correct_cause(
        request.uow, order, by_customer=body.by_customer, note=body.note, attempt=body.attempt
    )
    return StaffOrderView.seen_by(corrected, request.language, request.principal)


@routes.put("/staff/orders/{order_id}/invoice", access=ASKED, errors=[NotAllowed, service.InvoiceIssued])
def ask_for_invoice_of_customer(request: Request, order_id: str, body: InvoiceBody) -> StaffOrderView:
    """Note that the customer wants an invoice, or to whom it is made out, until it is issued (ORD-09)."""
    order = service.find_for_staff(request.uow, order_id, request.principal)
    return StaffOrderView.seen_by(
        service.ask_invoice(request.uow, order, body.request()), request.language, request.principal
    )
