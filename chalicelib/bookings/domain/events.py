"""What the merchant alliance tells the other rooms. Ids only: whoever needs a name or an address reads the thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.events import event
from chalicelib.core.money import Money


@event("merchant.invited")
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantInvited:
    """A merchant has been invited to join the alliance (ALY-01)."""

    merchant_id: str
    closes_at: datetime


@event("merchant.registered")
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantRegistered:
    """An invited merchant has registered in time (ALY-01)."""

    merchant_id: str


@event("merchant.screening_started")
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantScreeningStarted:
    """Registration has closed; the merchant is to be screened (ALY-02)."""

    merchant_id: str


@event("merchant.qualified")
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantQualified:
    """The merchant has passed screening and is asked for its documents (ALY-02)."""

    merchant_id: str


@event("merchant.rejected")
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantRejected:
    """The merchant was screened out (ALY-02)."""

    merchant_id: str
    reason: str


@event("merchant.documents_submitted")
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantDocumentsSubmitted:
    """The merchant has attended the meeting and handed everything in (ALY-02)."""

    merchant_id: str
    documents: tuple[str, ...]


@event("merchant.activated")
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantActivated:
    """The merchant's simple permission is open: it can be booked and confirms its bookings (ALY-03)."""

    merchant_id: str


@event("merchant.service_changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantServiceChanged:
    """A bookable service, or the places of its slots, are other than before (ALY-04)."""

    merchant_id: str
    service_id: str
    slots: int


@event("booking.placed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingPlaced:
    """A customer has taken a place; a prepayment may still be due (ALY-04)."""

    booking_id: str
    merchant_id: str
    service_id: str
    customer: str
    starts_at: datetime
    prepayment: Money | None
    pay_by: datetime | None


@event("booking.received")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingReceived:
    """Nothing is due any more: the merchant is asked to confirm by `answer_by` (ALY-05)."""

    booking_id: str
    merchant_id: str
    answer_by: datetime


@event("booking.confirmed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingConfirmed:
    """The merchant has confirmed (ALY-05)."""

    booking_id: str
    merchant_id: str


@event("booking.cancelled")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCancelled:
    """The booking is off and its place is free; what was prepaid is on the balance account (ALY-11, ORD-15)."""

    booking_id: str
    merchant_id: str
    reason: str
    was_received: bool
    paid_back: Money | None


@event("booking.lapsed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingLapsed:
    """The merchant has not confirmed in time: the booking is off and its place is free, and what was prepaid is on the
    balance account (ALY-09, AMB-20)."""

    booking_id: str
    merchant_id: str
    paid_back: Money | None


@event("booking.consumed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingConsumed:
    """The customer came (ALY-06). `excess` is paid to the merchant directly, `returned` is on the balance (AMB-07)."""

    booking_id: str
    merchant_id: str
    actual: Money
    prepaid: Money
    excess: Money
    returned: Money


@event("booking.completed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCompleted:
    """The merchant has filled in the remarks (ALY-08)."""

    booking_id: str
    merchant_id: str


@event("booking.missed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMissed:
    """The customer did not come (ALY-10). `run` is the customer's run of no-shows from now on."""

    booking_id: str
    merchant_id: str
    customers_cause: bool
    run: int
    refund_due: Money | None
    refund_by: datetime | None


@event("booking.closed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingClosed:
    """A missed appointment is settled; its prepayment, if any, is on the balance account (ALY-09)."""

    booking_id: str
    merchant_id: str
    refunded: Money | None


@event("booking.excused")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingExcused:
    """A no-show does not count after all: the cause did not lie with the customer (BAL-04)."""

    booking_id: str
    merchant_id: str
    run: int


@event("booking.deadline_missed")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingDeadlineMissed:
    """The merchant has not done what it had to in time; staff look after it (AMB-20)."""

    booking_id: str
    merchant_id: str
    deadline: str


@event("booking.refund_overdue")
@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRefundOverdue:
    """The prepayment of a missed appointment is not back in time: finance must act (ALY-09)."""

    booking_id: str
    merchant_id: str
    amount: Money
    refund_by: datetime
