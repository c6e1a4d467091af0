"""What customers and merchants are told about bookings: one row per event, with a letter for either or both of them.

A row's function gets the booking, the event's data and the unit of work, and answers with the facts for the template,
or None when this event needs no letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.bookings import domain as bookings
from chalicelib.bookings.domain import Booking, Merchant
from chalicelib.bookings.domain import settings as numbers
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import pick_text
from chalicelib.payments import domain as payments

Facts = Mapping[str, Any]
Teller = Callable[[Booking, Any, UnitOfWork], Facts | None]


@dataclass(frozen=True, slots=True)
class BookingLetter:
    """A letter's template, what fills it, and whether the merchant gets it instead of the customer."""

    template: str
    tell: Teller
    to_merchant: bool = False


def about_booking(booking: Booking, merchant: Merchant, language: str) -> Facts:
    """What every letter about a booking may name."""
    return {
        "booking": {
            "id": booking.id,
            "title": pick_text(booking.title, language),
            "merchant": pick_text(merchant.name, language),
            "guest": booking.name,
            "starts_at": booking.starts_at,
        },
    }


def _nothing_more(_booking: Booking, _data: Any, _uow: UnitOfWork) -> Facts:
    return {}


def _placed(_booking: Booking, data: bookings.BookingPlaced, _uow: UnitOfWork) -> Facts | None:
    """Without a prepayment the merchant has the booking at once, and that letter says it all."""
    return None if data.prepayment is None else {"prepayment": data.prepayment, "pay_by": data.pay_by}


def _received(booking: Booking, data: bookings.BookingReceived, _uow: UnitOfWork) -> Facts:
    return {"answer_by": data.answer_by, "confirm_by": booking.confirm_by, "prepayment": booking.prepayment}


def _confirmed(booking: Booking, _data: Any, _uow: UnitOfWork) -> Facts:
    return {"reply": booking.reply}


def _cancelled(_booking: Booking, data: bookings.BookingCancelled, _uow: UnitOfWork) -> Facts:
    return {"reason": data.reason, "paid_back": data.paid_back}


def _cancelled_for_merchant(_booking: Booking, data: bookings.BookingCancelled, _uow: UnitOfWork) -> Facts | None:
    """A merchant that has never heard of the booking need not hear that it is off."""
    return {} if data.was_received else None


def _lapsed(_booking: Booking, data: bookings.BookingLapsed, _uow: UnitOfWork) -> Facts:
    return {"paid_back": data.paid_back}


def _consumed(_booking: Booking, data: bookings.BookingConsumed, _uow: UnitOfWork) -> Facts:
    def unless_none(amount: Money) -> Money | None:
        return None if amount.is_zero else amount

    excess = None if data.prepaid.is_zero else unless_none(data.excess)
    return {"actual": data.actual, "prepaid": data.prepaid, "excess": excess, "returned": unless_none(data.returned)}


def _missed(_booking: Booking, data: bookings.BookingMissed, uow: UnitOfWork) -> Facts:
    return {
        "counts": data.customers_cause and data.run > 0, "run": data.run, "limit": uow.setting(numbers.NO_SHOW_LIMIT),
        "guarantee": uow.setting(numbers.GUARANTEE), "refund_due": data.refund_due, "refund_by": data.refund_by,
    }  # fmt: skip


def _closed(_booking: Booking, data: bookings.BookingClosed, _uow: UnitOfWork) -> Facts | None:
    return None if data.refunded is None or data.refunded.is_zero else {"refunded": data.refunded}


def _excused(_booking: Booking, data: bookings.BookingExcused, _uow: UnitOfWork) -> Facts:
    return {"run": data.run}


def _deadline_missed(booking: Booking, data: bookings.BookingDeadlineMissed, _uow: UnitOfWork) -> Facts:
    return {"deadline": data.deadline, "confirm_by": booking.confirm_by}


def _money_back(_booking: Booking, data: payments.RefundSucceeded, _uow: UnitOfWork) -> Facts:
    return {"amount": data.amount}


BOOKING_LETTERS: Final[Mapping[type, tuple[BookingLetter, ...]]] = {
    bookings.BookingPlaced: (BookingLetter("bookings/placed", _placed),),
    bookings.BookingReceived: (
        BookingLetter("bookings/received", _nothing_more),
        BookingLetter("bookings/merchant_asked", _received, to_merchant=True),
    ),
    bookings.BookingConfirmed: (BookingLetter("bookings/confirmed", _confirmed),),
    bookings.BookingCancelled: (
        BookingLetter("bookings/cancelled", _cancelled),
        BookingLetter("bookings/merchant_cancelled", _cancelled_for_merchant, to_merchant=True),
    ),
    bookings.BookingLapsed: (
        BookingLetter("bookings/lapsed", _lapsed),
        BookingLetter("bookings/merchant_lapsed", _lapsed, to_merchant=True),
    ),
    bookings.BookingConsumed: (BookingLetter("bookings/consumed", _consumed),),
    bookings.BookingMissed: (BookingLetter("bookings/missed", _missed),),
    bookings.BookingClosed: (BookingLetter("bookings/refunded", _closed),),
    bookings.BookingExcused: (BookingLetter("bookings/excused", _excused),),
    bookings.BookingDeadlineMissed: (BookingLetter("bookings/merchant_reminder", _deadline_missed, to_merchant=True),),
    payments.RefundSucceeded: (BookingLetter("bookings/money_back", _money_back),),
}
"""Refunds of a booking come by the payment's own event; other news of its payment makes no letter."""
