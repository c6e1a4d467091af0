"""The merchant's simple permission: see its own bookings, confirm them, say how they ended (ALY-03, ROL-04)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.bookings import service
from chalicelib.bookings.domain import TooEarly, TooLate
from chalicelib.bookings.items import BOOKING, merchant_list
from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import NotAllowed, NotFound
from chalicelib.core.http import Page, Request
from chalicelib.payments.domain import RefundBlocked

from .door import routes
from .models import BookingView, BookingWorkItem, ConfirmBooking, ConsumeBooking, MarkQuery, RemarkBooking, ReportNoShow
from .timelines import BookingTimeline

MERCHANTS = staff(Post.MERCHANT)


class BookingWork(MarkQuery):
    """Which part of the work list to show."""

    state: Literal["booked", "merchant_confirmed", "consumed", ""] = ""
    merchant: Annotated[
        str, StringConstraints(max_length=60), Field(description="Needed by who works for several merchants.")
    ] = ""


def _again(request: Request, booking_id: str) -> BookingView:
    """The answer to a repeated request: the booking as it is now."""
    return BookingView.of(service.find_for_merchant(request.uow, booking_id, request.principal), request.language)


@routes.get("/merchant/bookings", access=MERCHANTS)
def list_merchant_bookings(request: Request, query: BookingWork) -> Page[BookingWorkItem]:
    """Your bookings that wait for you, by state and then by appointment (ALY-05, ORD-17)."""
    merchant = query.merchant or request.principal.store
    if not merchant or not request.principal.works_for(merchant):
        raise NotFound("merchant", merchant)
    page = request.page(
        BOOKING, "gsi2", merchant_list(merchant), limit=query.limit, cursor=query.cursor,
        prefix=f"{query.state}#" if query.state else "", keep=query.keep,
    )  # fmt: skip
    return Page(items=[BookingWorkItem.of(card, request.language) for card in page.items], next=page.next)


@routes.get("/merchant/bookings/{booking_id}", access=MERCHANTS)
def get_merchant_booking(request: Request, booking_id: str) -> BookingView:
    """One of your bookings; another merchant's is not there."""
    return _again(request, booking_id)


@routes.get("/merchant/bookings/{booking_id}/timeline", access=MERCHANTS)
def get_merchant_timeline(request: Request, booking_id: str) -> BookingTimeline:
    """What happened to one of your bookings (ORD-26)."""
    booking = service.find_for_merchant(request.uow, booking_id, request.principal)
    return BookingTimeline.of(service.timeline_for_merchant(request.uow, booking), request.language)


@routes.post(
    "/merchant/bookings/{booking_id}/confirm", access=MERCHANTS, idempotent=_again, errors=[NotAllowed, TooLate]
)  # fmt: skip
def confirm_booking(request: Request, booking_id: str, body: ConfirmBooking) -> BookingView:
    """Accept a booking and reply to the customer (ALY-05), until `confirm_by`; then it ends by itself (AMB-20)."""
    booking = service.confirm(request.uow, booking_id, request.principal, body.reply)
    return BookingView.of(booking, request.language)


@routes.post(
    "/merchant/bookings/{booking_id}/consume", access=MERCHANTS, idempotent=_again,
    errors=[NotAllowed, TooEarly, RefundBlocked],
)  # fmt: skip
def consume_booking(request: Request, booking_id: str, body: ConsumeBooking) -> BookingView:
    """The customer came: enter the actual amount, and the remarks (ALY-06, ALY-08).

    What is above the prepayment the customer pays to you directly (ALY-07).
    """
    booking = service.consume(request.uow, booking_id, request.principal, body.actual, body.remarks)
    return BookingView.of(booking, request.language)


@routes.post("/merchant/bookings/{booking_id}/remarks", access=MERCHANTS, idempotent=_again, errors=[NotAllowed])
def remark_booking(request: Request, booking_id: str, body: RemarkBooking) -> BookingView:
    """Fill in the remarks by final status and amount (ALY-08)."""
    booking = service.remark(request.uow, booking_id, request.principal, body.remarks)
    return BookingView.of(booking, request.language)


@routes.post(
    "/merchant/bookings/{booking_id}/no-show", access=MERCHANTS, idempotent=_again, errors=[NotAllowed, TooEarly]
)
def report_no_show(request: Request, booking_id: str, body: ReportNoShow) -> BookingView:
    """The customer did not come (ALY-10); a prepayment goes back within three working days (ALY-09)."""
    booking = service.report_no_show(
        request.uow, booking_id, request.principal, customers_cause=body.cause == "customer"
    )
    return BookingView.of(booking, request.language)
