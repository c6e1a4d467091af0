"""The prepayment of a missed appointment: back on the customer's balance within three working days (F8, F9, ALY-09)."""

from __future__ import annotations

from chalicelib.bookings import domain as d
from chalicelib.bookings.items import BOOKING
from chalicelib.core import observe
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.payments import service as payments
from chalicelib.payments.items import PAYMENT

from .booking import lapse


def return_prepayment(uow: UnitOfWork, booking_id: str) -> d.Booking | None:
    """Put the prepayment of a missed appointment on the balance account, once (BAL-02).

    While the customer's bank contests the payment nothing is given back: the bank's verdict is waited for, and finance
    hears of it when the time is over. Money that the bank or finance has given back already is not given again, and
    what comes in after that goes back where it came from.

    Returns:
        The booking, or None when no booking has this number.
    """
    booking = uow.find(BOOKING, booking_id)
    if booking is None or booking.state is not d.State.REFUND_DUE:
        return booking
    payment = uow.get(PAYMENT, booking.id, booking.payment_id)
    if payment.is_disputed:
        uow.require(PAYMENT, booking.id, booking.payment_id)
        return booking
    amount = payment.refundable
    payments.close(uow, booking.id, booking.payment_id, customer=booking.customer, kind="no-show-refund")
    told = d.BookingClosed(booking_id=booking.id, merchant_id=booking.merchant, refunded=amount)
    return uow.put(BOOKING, booking.close(amount, uow.now), told)


def refund_overdue(uow: UnitOfWork, booking: d.Booking) -> d.Booking:
    """Three working days after the appointment its prepayment is neither consumed nor back: finance is told (ALY-09).

    The merchant may not even have said how it ended. What it has never confirmed ends here at the latest.
    """
    if booking.state is d.State.BOOKED:
        return lapse(uow, booking)
    observe.count("BookingRefundsOverdue")
    told = d.BookingRefundOverdue(
        booking_id=booking.id, merchant_id=booking.merchant, amount=booking.prepaid,
        refund_by=booking.deadlines["refund_by"],
    )  # fmt: skip
    return uow.put(BOOKING, booking.miss_deadline("refund_by"), told)
