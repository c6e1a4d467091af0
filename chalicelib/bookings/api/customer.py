"""What customers do with their own bookings. Guests have no balance account, so bookings need a sign-in (BAL-03)."""

from __future__ import annotations

from chalicelib.bookings import service
from chalicelib.bookings.domain import BookingBlocked, SlotFull, TooLate
from chalicelib.bookings.items import BOOKING, customer_list
from chalicelib.core.auth import SIGNED_IN
from chalicelib.core.errors import NotAllowed, RuleRefused
from chalicelib.core.http import Page, Query, Request
from chalicelib.markets.domain import Contact, check_contact
from chalicelib.payments.domain import AlreadyPaid
from chalicelib.payments.models import CheckoutView

from .door import routes
from .models import BookingSummary, BookingView, PayBooking, PlaceBooking
from .timelines import BookingTimeline


def _again(request: Request, booking_id: str) -> BookingView:
    """The answer to a repeated request: the booking as it is now."""
    return BookingView.of(service.find(request.uow, booking_id, request.principal), request.language)


@routes.post("/bookings", access=SIGNED_IN, status=201, idempotent=_again, errors=[BookingBlocked, SlotFull, TooLate])
def place_booking(request: Request, body: PlaceBooking) -> BookingView:
    """Take a place with a merchant (ALY-04).

    With a prepayment the place is kept until `pay_by`; open the payment at `/bookings/{id}/payment`. After two missed
    appointments in a row booking needs CNY 50 on the balance account (BAL-03).
    """
    contact = check_contact(Contact(body.contact.email, body.contact.language or request.language, body.contact.phone))
    asked = service.BookingRequest(body.service, body.slot, contact, body.name, body.payment_method)
    return BookingView.of(service.book(request.uow, asked, request.principal), request.language)


@routes.get("/bookings", access=SIGNED_IN)
def list_bookings(request: Request, query: Query) -> Page[BookingSummary]:
    """Your bookings, newest first."""
    page = request.page(
        BOOKING, "gsi1", customer_list(request.principal.id), limit=query.limit, cursor=query.cursor,
        newest_first=True, prefix="BOOKING#",
    )  # fmt: skip
    return Page(items=[BookingSummary.of(card, request.language) for card in page.items], next=page.next)


@routes.get("/bookings/{booking_id}", access=SIGNED_IN)
def get_booking(request: Request, booking_id: str) -> BookingView:
    """One of your bookings."""
    return _again(request, booking_id)


@routes.get("/bookings/{booking_id}/timeline", access=SIGNED_IN)
def get_booking_timeline(request: Request, booking_id: str) -> BookingTimeline:
    """What happened to one of your bookings, its payment included (ORD-26)."""
    booking = service.find(request.uow, booking_id, request.principal)
    return BookingTimeline.of(service.timeline(request.uow, booking), request.language)


@routes.post("/bookings/{booking_id}/cancel", access=SIGNED_IN, idempotent=_again, errors=[NotAllowed, TooLate])
def cancel_booking(request: Request, booking_id: str) -> BookingView:
    """Cancel a booking: no no-show, and a prepayment goes to your balance account (ALY-11, ORD-15)."""
    return BookingView.of(service.cancel(request.uow, booking_id, request.principal), request.language)


@routes.post("/bookings/{booking_id}/payment", access=SIGNED_IN, errors=[NotAllowed, TooLate, AlreadyPaid, RuleRefused])
def pay_booking(request: Request, booking_id: str, body: PayBooking) -> CheckoutView:
    """Open the prepayment of your booking, or get the page that is open already. Repeating it opens nothing twice."""
    checkout = service.open_payment(
        request.uow, booking_id, request.principal, provider=body.provider or "", embedded=body.embedded
    )
    return CheckoutView.of(checkout)
