"""The prepayment of a booking: opened like an order's, heard of by event (ALY-04)."""

from __future__ import annotations

from chalicelib.bookings import domain as d
from chalicelib.bookings.items import BOOKING
from chalicelib.core.auth import Principal
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Checkout
from chalicelib.payments.items import PAYMENT

from .booking import take_up
from .reading import find


def open_payment(
    uow: UnitOfWork, booking_id: str, principal: Principal, *, provider: str = "", embedded: bool = False
) -> Checkout:
    """Open the prepayment of one's booking, or give the page that is open already (PAY-07).

    Raises:
        NotFound: no such booking, or not theirs.
        NotAllowed: it does not wait for a payment.
        TooLate: its time is over.
        AlreadyPaid, RuleRefused, Unavailable: as `payments.open` says.
    """
    booking = find(uow, booking_id, principal)
    d.next_state(booking.state, d.Command.CONFIRM_PAYMENT)
    pay_by = booking.deadlines["pay_by"]
    if uow.now >= pay_by:
        raise d.TooLate("The time to pay for this booking is over. Please book again.")
    return payments.open_whole(
        uow, booking.id, booking.payment_id, booking.prepaid, page="bookings", method=booking.payment_method,
        contact=booking.contact, market=booking.market, pay_by=pay_by, provider=provider, embedded=embedded,
    )  # fmt: skip


def take_in_payment(uow: UnitOfWork, booking_id: str) -> None:
    """Money has come in for a booking: once all is paid, the merchant gets it. Anything else changes nothing.

    A cancellation at the same moment closes the payment first, and then the money goes back by itself (A14).
    """
    booking = uow.find(BOOKING, booking_id)
    if booking is None or booking.state is not d.State.AWAITING_PAYMENT:
        return
    payment = uow.get(PAYMENT, booking.id, booking.payment_id)
    if payment.is_paid:
        uow.require(PAYMENT, booking.id, booking.payment_id)
        take_up(uow, booking)
