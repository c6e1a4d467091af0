"""What bookings do without being asked: take in prepayments, give them back, keep deadlines."""

from __future__ import annotations

from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers, deadline
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import OrderClass
from chalicelib.payments.domain import DisputeClosed, PaymentCaptured

from . import service
from .domain import REGISTRATION_CLOSES, Booking, BookingMissed, Merchant
from .items import BOOKING, MERCHANT

triggers = Triggers(__name__)


def _is_booking(number: str) -> bool:
    return number.startswith(OrderClass.ALLIANCE.letter)


@triggers.consumer("take-in-prepayment", on=[PaymentCaptured])
def take_in_prepayment(uow: UnitOfWork, event: Event[PaymentCaptured]) -> None:
    """A booking whose prepayment is in goes to its merchant (ALY-04); payments of goods are no business of ours."""
    if _is_booking(event.data.order_id):
        service.take_in_payment(uow, event.data.order_id)


@triggers.consumer("return-prepayment", on=[BookingMissed, DisputeClosed])
def return_prepayment(uow: UnitOfWork, event: Event[BookingMissed | DisputeClosed]) -> None:
    """The prepayment of a missed appointment goes back, at once or when the bank has decided (ALY-09)."""
    number = event.data.booking_id if isinstance(event.data, BookingMissed) else event.data.order_id
    if _is_booking(number):
        service.return_prepayment(uow, number)


@deadline(MERCHANT, REGISTRATION_CLOSES)
def close_registration(uow: UnitOfWork, merchant: Merchant) -> None:
    """The closing date has come: who has registered is screened (ALY-02)."""
    service.close_registration(uow, merchant)


@deadline(BOOKING, "pay_by")
def expire_unpaid_booking(uow: UnitOfWork, booking: Booking) -> None:
    """A booking that was not prepaid in time gives its place back."""
    service.expire(uow, booking)


@deadline(BOOKING, "answer_by")
def notice_unanswered_booking(uow: UnitOfWork, booking: Booking) -> None:
    """The merchant has not confirmed in time: staff are told (AMB-20)."""
    service.miss_answer(uow, booking)


@deadline(BOOKING, "confirm_by")
def end_unconfirmed_booking(uow: UnitOfWork, booking: Booking) -> None:
    """The merchant can no longer confirm: the customer is free and has the prepayment back (ALY-09, AMB-20)."""
    service.lapse(uow, booking)


@deadline(BOOKING, "report_by")
def notice_unreported_booking(uow: UnitOfWork, booking: Booking) -> None:
    """The merchant has not said whether the customer came (AMB-20)."""
    service.miss_deadline(uow, booking, "report_by")


@deadline(BOOKING, "remark_by")
def notice_unremarked_booking(uow: UnitOfWork, booking: Booking) -> None:
    """The merchant has not filled in the remarks (AMB-20)."""
    service.miss_deadline(uow, booking, "remark_by")


@deadline(BOOKING, "refund_by")
def notice_overdue_refund(uow: UnitOfWork, booking: Booking) -> None:
    """Three working days are over and the prepayment is neither consumed nor back (ALY-09)."""
    service.refund_overdue(uow, booking)
