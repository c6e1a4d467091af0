"""Recruitment's desk, what merchants have left undone, and finance's list of prepayments to give back."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.bookings import service
from chalicelib.bookings.domain import CancelReason, Document, SlotTaken, Standing, TooEarly
from chalicelib.bookings.items import (
    BOOKING,
    ESCALATION,
    ESCALATIONS_LIST,
    MERCHANT,
    REFUNDS_LIST,
    merchant_list,
    merchants_in,
)
from chalicelib.bookings.service import working
from chalicelib.core.auth import Post, staff, staff_of_the_house
from chalicelib.core.errors import Conflict, Forbidden, NotAllowed, RuleRefused
from chalicelib.core.http import Page, Query, Request
from chalicelib.core.ids import require_id
from chalicelib.core.work import AlreadyClaimed

from .door import routes
from .models import (
    BookingView,
    BookingWorkItem,
    CallOffBooking,
    ClaimView,
    EscalationView,
    ExcuseBooking,
    InviteMerchant,
    MarkQuery,
    OfferService,
    OpenSlots,
    ReportNoShow,
    ScreenMerchant,
    ServiceView,
    SlotList,
    SlotView,
    StaffMerchantCard,
    StaffMerchantView,
    SubmitDocuments,
)
from .timelines import StaffBookingTimeline

RECRUITMENT = staff(Post.PLANNING)
CARE = staff_of_the_house(*working.CARE)
READERS = staff_of_the_house(Post.PLANNING, Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.FINANCE, Post.CASHIER)

WORKERS = staff_of_the_house(*working.CARE, *working.REFUNDS)


class MerchantQuery(Query):
    """Which merchants to show."""

    standing: Annotated[Standing, Field(strict=False)] = Standing.ACTIVE


def _merchant(request: Request, merchant_id: str) -> StaffMerchantView:
    """The answer to a repeated request: the merchant as it is now."""
    return StaffMerchantView.of(request.uow.get(MERCHANT, merchant_id))


def _booking(request: Request, booking_id: str) -> BookingView:
    """The answer to a repeated request: the booking as it is now."""
    return BookingView.of(service.find_for_staff(request.uow, booking_id), request.language)


@routes.post("/staff/merchants", access=RECRUITMENT, status=201, idempotent=_merchant, errors=[Conflict, RuleRefused])
def invite_merchant(request: Request, body: InviteMerchant) -> StaffMerchantView:
    """Invite a merchant to register until the closing date (ALY-01, ALY-12)."""
    merchant = service.invite(
        request.uow, body.id, name=dict(body.name), market=body.market, country=body.country, time_zone=body.time_zone,
        email=body.email, language=body.language, closes_at=body.closes_at, campaign=body.campaign,
    )  # fmt: skip
    return StaffMerchantView.of(merchant)


@routes.get("/staff/merchants", access=CARE)
def list_staff_merchants(request: Request, query: MerchantQuery) -> Page[StaffMerchantCard]:
    """Merchants of one standing (ALY-01, ALY-02)."""
    page = request.page(MERCHANT, "gsi1", merchants_in(query.standing), limit=query.limit, cursor=query.cursor)
    return Page(items=[StaffMerchantCard.of(card) for card in page.items], next=page.next)


@routes.get("/staff/merchants/{merchant_id}", access=CARE)
def get_staff_merchant(request: Request, merchant_id: str) -> StaffMerchantView:
    """One merchant, with its way into the alliance."""
    return _merchant(request, merchant_id)


@routes.post(
    "/staff/merchants/{merchant_id}/register", access=RECRUITMENT, idempotent=_merchant,
    errors=[NotAllowed, RuleRefused],
)  # fmt: skip
def register_merchant(request: Request, merchant_id: str) -> StaffMerchantView:
    """An invited merchant has registered, before the closing date (ALY-01)."""
    return StaffMerchantView.of(service.register(request.uow, merchant_id))


@routes.post(
    "/staff/merchants/{merchant_id}/invitation", access=RECRUITMENT, idempotent=_merchant,
    errors=[NotAllowed, RuleRefused],
)  # fmt: skip
def invite_merchant_again(request: Request, merchant_id: str) -> StaffMerchantView:
    """Send a new invitation in place of one that was lost; the old one's secret is good for nothing (ALY-01)."""
    return StaffMerchantView.of(service.invite_again(request.uow, merchant_id))


@routes.post("/staff/merchants/{merchant_id}/screen", access=RECRUITMENT, idempotent=_merchant, errors=[NotAllowed])
def screen_merchant(request: Request, merchant_id: str, body: ScreenMerchant) -> StaffMerchantView:
    """Qualify a merchant, or reject it with the reason (ALY-02)."""
    return StaffMerchantView.of(service.screen(request.uow, merchant_id, rejected_for=body.rejected_for))


@routes.post(
    "/staff/merchants/{merchant_id}/documents", access=RECRUITMENT, idempotent=_merchant,
    errors=[NotAllowed, RuleRefused],
)  # fmt: skip
def submit_merchant_documents(request: Request, merchant_id: str, body: SubmitDocuments) -> StaffMerchantView:
    """A qualified merchant has attended the meeting and handed its documents in (ALY-02)."""
    papers = [Document(paper.kind, paper.reference) for paper in body.documents]
    merchant = service.submit_documents(request.uow, merchant_id, papers, attended=body.attended_meeting)
    return StaffMerchantView.of(merchant)


@routes.post("/staff/merchants/{merchant_id}/activate", access=RECRUITMENT, idempotent=_merchant, errors=[NotAllowed])
def activate_merchant(request: Request, merchant_id: str) -> StaffMerchantView:
    """Open a merchant's simple permission: its staff, in the group `merchant:<id>`, confirm its bookings (ALY-03)."""
    return StaffMerchantView.of(service.activate(request.uow, merchant_id))


@routes.put("/staff/services/{service_id}", access=RECRUITMENT, errors=[Conflict])
def put_service(request: Request, service_id: str, body: OfferService) -> ServiceView:
    """Put a merchant's service on offer, or change it (ALY-04)."""
    offering = body.offering(require_id(service_id, "service"))
    return ServiceView.of(service.offer(request.uow, offering), request.language)


@routes.put("/staff/services/{service_id}/slots", access=RECRUITMENT, errors=[SlotTaken])
def put_slots(request: Request, service_id: str, body: OpenSlots) -> SlotList:
    """Say how many places the named slots have; never fewer than are booked (ALY-04)."""
    capacities = {slot.starts_at: slot.capacity for slot in body.slots}
    return SlotList(items=[SlotView.of(slot) for slot in service.open_slots(request.uow, service_id, capacities)])


@routes.get("/staff/merchants/{merchant_id}/bookings", access=CARE)
def list_bookings_of_merchant(request: Request, merchant_id: str, query: MarkQuery) -> Page[BookingWorkItem]:
    """What waits for a merchant, by state and then by appointment (ORD-17)."""
    merchant = request.uow.get(MERCHANT, merchant_id)
    page = request.page(
        BOOKING, "gsi2", merchant_list(merchant.id), limit=query.limit, cursor=query.cursor, keep=query.keep
    )
    return Page(items=[BookingWorkItem.of(card, request.language) for card in page.items], next=page.next)


@routes.get("/staff/bookings/escalations", access=CARE)
def list_escalations(request: Request, query: MarkQuery) -> Page[EscalationView]:
    """What merchants have not done in time, oldest first (AMB-20, ORD-17)."""
    page = request.page(ESCALATION, "gsi2", ESCALATIONS_LIST, limit=query.limit, cursor=query.cursor, keep=query.keep)
    names = EscalationView.model_fields
    items = [EscalationView(**{name: getattr(card, name) for name in names}) for card in page.items]
    return Page(items=items, next=page.next)


@routes.get("/staff/bookings/refunds", access=staff(Post.FINANCE))
def list_refunds_due(request: Request, query: MarkQuery) -> Page[BookingWorkItem]:
    """Prepayments that are due back, and those whose time is over without a word of the merchant (ALY-09)."""
    page = request.page(BOOKING, "gsi2", REFUNDS_LIST, limit=query.limit, cursor=query.cursor, keep=query.keep)
    return Page(items=[BookingWorkItem.of(card, request.language) for card in page.items], next=page.next)


@routes.get("/staff/bookings/{booking_id}", access=READERS)
def get_staff_booking(request: Request, booking_id: str) -> BookingView:
    """One booking."""
    return _booking(request, booking_id)


def _claimed(request: Request, booking_id: str) -> ClaimView:
    """The answer to a repeated request: who has it now."""
    return ClaimView(id=booking_id, claimed_by=working.claimed_by(request.uow, booking_id))


@routes.post(
    "/staff/bookings/{booking_id}/claim", access=WORKERS, idempotent=_claimed,
    errors=[AlreadyClaimed, Conflict, Forbidden],
)  # fmt: skip
def claim_booking(request: Request, booking_id: str) -> ClaimView:
    """Take up what waits for staff with a booking: its refund, or what its merchant has left undone (ORD-17).

    When a colleague was faster, the answer is 409 and names them.
    """
    return ClaimView(id=booking_id, claimed_by=working.claim(request.uow, booking_id, request.principal))


@routes.post(
    "/staff/bookings/{booking_id}/unclaim", access=WORKERS, idempotent=_claimed,
    errors=[AlreadyClaimed, Conflict, Forbidden],
)  # fmt: skip
def unclaim_booking(request: Request, booking_id: str) -> ClaimView:
    """Give back to its list what you have taken up (ORD-17)."""
    return ClaimView(id=booking_id, claimed_by=working.unclaim(request.uow, booking_id, request.principal))


@routes.get("/staff/bookings/{booking_id}/timeline", access=READERS)
def get_staff_booking_timeline(request: Request, booking_id: str) -> StaffBookingTimeline:
    """Every event of a booking and its payment, with who caused it (ORD-26)."""
    booking = service.find_for_staff(request.uow, booking_id)
    return StaffBookingTimeline.of(service.timeline_for_staff(request.uow, booking), request.language)


@routes.post("/staff/bookings/{booking_id}/refund", access=staff(Post.FINANCE), idempotent=_booking)
def return_prepayment_now(request: Request, booking_id: str) -> BookingView:
    """Give the prepayment of a missed appointment back now, if the bank does not contest it (ALY-09)."""
    booking = service.find_for_staff(request.uow, booking_id)
    return BookingView.of(service.return_prepayment(request.uow, booking.id) or booking, request.language)


@routes.post("/staff/bookings/{booking_id}/cancel", access=CARE, idempotent=_booking, errors=[NotAllowed])
def call_booking_off(request: Request, booking_id: str, body: CallOffBooking) -> BookingView:
    """Call a booking off that its merchant cannot keep; no no-show, a prepayment goes to the balance (AMB-20)."""
    booking = service.find_for_staff(request.uow, booking_id)
    return BookingView.of(service.call_off(request.uow, booking, CancelReason(body.reason)), request.language)


@routes.post(
    "/staff/bookings/{booking_id}/no-show", access=CARE, idempotent=_booking, errors=[NotAllowed, TooEarly]
)  # fmt: skip
def report_no_show_for_merchant(request: Request, booking_id: str, body: ReportNoShow) -> BookingView:
    """Report in the merchant's place, which says nothing, that the customer did not come (ALY-09, ALY-10).

    A booking that its merchant never confirmed has ended by itself (AMB-20).
    """
    booking = service.find_for_staff(request.uow, booking_id)
    return BookingView.of(
        service.miss(request.uow, booking, customers_cause=body.cause == "customer"), request.language
    )


@routes.post("/staff/bookings/{booking_id}/excuse", access=CARE, idempotent=_booking, errors=[NotAllowed, Conflict])
def excuse_no_show(request: Request, booking_id: str, body: ExcuseBooking) -> BookingView:
    """A reported no-show does not count: the cause did not lie with the customer (BAL-04)."""
    booking = service.find_for_staff(request.uow, booking_id)
    return BookingView.of(service.excuse(request.uow, booking, body.reason), request.language)
