"""A booking: what a customer has with a merchant at a time, and what each of the two has done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.core.errors import Conflict, FieldError, Invalid, RuleRefused
from chalicelib.core.marks import Mark, mark_of
from chalicelib.core.money import Money
from chalicelib.markets.domain import Contact
from chalicelib.markets.domain.calendar import working_days

from .machine import UNHANDLED, Command, State, next_state
from .offering import Offering, slot_id
from .recruitment import Merchant


class BookingBlocked(RuleRefused):
    """Too many consecutive no-shows, and less on the balance account than the guarantee (F1, BAL-03)."""

    code, title = "booking-blocked", "A guarantee balance is needed to book"


class TooEarly(Conflict):
    """What is reported cannot have happened yet."""

    code, title = "too-early", "Not yet"


class TooLate(Conflict):
    """The appointment has begun, or the time for what is wanted is over."""

    code, title = "too-late", "The appointment has begun"


class CancelReason(StrEnum):
    """Why a booking is off. None of them is a no-show (ALY-11)."""

    CUSTOMER = "customer"
    NOT_PAID = "not_paid"
    UNANSWERED = "unanswered"
    MERCHANT = "merchant"
    OTHER = "other"


#: The deadlines that a command settles.
SETTLES: Final[Mapping[Command, frozenset[str]]] = {
    Command.CONFIRM_PAYMENT: frozenset({"pay_by"}),
    Command.EXPIRE: frozenset({"pay_by"}),
    Command.LAPSE: frozenset({"answer_by", "confirm_by", "refund_by"}),
    Command.CANCEL: frozenset({"pay_by", "answer_by", "confirm_by", "report_by", "refund_by"}),
    Command.CONFIRM: frozenset({"answer_by", "confirm_by"}),
    Command.CONSUME: frozenset({"report_by", "refund_by"}),
    Command.REMARK: frozenset({"remark_by"}),
    Command.REPORT_NO_SHOW: frozenset({"report_by"}),
    Command.CLOSE: frozenset({"refund_by"}),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """When a booking came into a state."""

    state: State
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One appointment of one customer.

    Args:
        id: its number, of class alliance.
        name: under which the merchant expects the customer.
        title: of the service when it was booked.
        currency: of every amount in it.
        prepayment: None when nothing is paid in advance.
        reply: what the merchant has answered (ALY-05).
        actual: consumed, as the merchant has entered it; `excess` of it was paid to the merchant directly (ALY-07).
        returned: of the prepayment, what went to the balance because less was consumed (AMB-07).
        refunded: of the prepayment of a missed appointment, what went to the balance (ALY-09).
        excused: why a no-show does not count after all (BAL-04).
        missed: deadlines that have passed unmet.
        claimed_by: the member of staff who has taken its refund up, or "" (ORD-17).
    """

    id: str
    merchant: str
    service: str
    customer: str
    contact: Contact
    name: str
    title: dict[str, str]
    market: str
    country: str
    time_zone: str
    currency: str
    starts_at: datetime
    ends_at: datetime
    prepayment: Money | None
    payment_method: str
    state: State
    booked_at: datetime
    stages: tuple[Stage, ...] = ()
    deadlines: dict[str, datetime] = field(default_factory=dict)
    missed: tuple[str, ...] = ()
    reply: str = ""
    actual: Money | None = None
    excess: Money | None = None
    returned: Money | None = None
    remarks: str = ""
    refunded: Money | None = None
    customers_cause: bool = False
    excused: str = ""
    cancelled_for: CancelReason | None = None
    claimed_by: str = ""

    @classmethod
    def placed(
        cls, number: str, merchant: Merchant, offering: Offering, starts_at: datetime, *,
        currency: str, customer: str, contact: Contact, name: str, payment_method: str, at: datetime, pay_by: datetime,
    ) -> Booking:  # fmt: skip
        """A booking that waits for its prepayment, or for the merchant when there is none (F2).

        Raises:
            TooLate: the appointment has begun.
        """
        if at >= starts_at:
            raise TooLate("This appointment has begun. Please choose another one.")
        waits = offering.prepayment is not None
        state = State.AWAITING_PAYMENT if waits else State.BOOKED
        return cls(
            id=number, merchant=merchant.id, service=offering.id, customer=customer, contact=contact, name=name,
            title=offering.title, market=merchant.market, country=merchant.country, time_zone=merchant.time_zone,
            currency=currency, starts_at=starts_at, ends_at=offering.ends(starts_at), prepayment=offering.prepayment,
            payment_method=payment_method if waits else "", state=state, booked_at=at, stages=(Stage(state, at),),
            deadlines={"pay_by": min(pay_by, starts_at)} if waits else {},
        )  # fmt: skip

    @property
    def slot(self) -> str:
        return slot_id(self.starts_at)

    @property
    def payment_id(self) -> str:
        """The id of its only payment."""
        return f"{self.id}-1"

    @property
    def prepaid(self) -> Money:
        """What is paid in advance, zero when nothing is."""
        return self.prepayment or Money.zero(self.currency)

    @property
    def mark(self) -> Mark:
        """Its colour in a work list (ORD-17); a confirmed appointment waits for its time."""
        return mark_of(late=bool(self.missed), claimed_by=self.claimed_by, waits=self.state in UNHANDLED)

    @property
    def due(self) -> datetime:
        """What is next: the earliest deadline, else the appointment."""
        return min(self.deadlines.values(), default=self.starts_at)

    @property
    def confirm_by(self) -> datetime:
        """Until when the merchant can confirm it: until the appointment begins, unless it was told an earlier time."""
        return self.deadlines.get("confirm_by", self.starts_at)

    @property
    def is_refund_overdue(self) -> bool:
        """Whether its prepayment should be consumed or back by now, and is neither (ALY-09)."""
        return "refund_by" in self.missed

    def received(self, at: datetime, answer_within: timedelta, confirm_before: timedelta, refund_days: int) -> Booking:
        """The merchant gets it and is to answer within `answer_within`, before staff are told; it can do so until
        `confirm_before` the appointment, and until it begins when that is over already (ALY-05, AMB-20).

        From the appointment on, so many working days later, its prepayment is consumed or back, whether the merchant
        says anything or not (ALY-09).
        """
        last = self.starts_at - confirm_before
        confirm_by = last if at < last else self.starts_at
        deadlines = {**self.deadlines, "answer_by": min(at + answer_within, confirm_by), "confirm_by": confirm_by}
        if self.prepayment is not None:
            deadlines["refund_by"] = self.refund_by(refund_days)
        return replace(self, deadlines=deadlines)

    def confirm(self, reply: str, at: datetime, report_within: timedelta) -> Booking:
        """The merchant accepts and replies (F3, ALY-05); afterwards it says whether the customer came.

        Raises:
            NotAllowed: not in this state.
            TooLate: the time for it is over, and the booking ends by itself (AMB-20).
        """
        confirmed = self.move(Command.CONFIRM, at, report_by=self.ends_at + report_within)
        if at >= self.confirm_by:
            raise TooLate("The time to confirm is over.", until=self.confirm_by.isoformat(), rule="AMB-20")
        return replace(confirmed, reply=reply)

    def lapse(self, at: datetime) -> Booking:
        """The merchant has let the time to confirm pass: the booking is off, and it is no no-show (ALY-09, AMB-20).

        Raises:
            NotAllowed: not in this state.
            TooEarly: the merchant can still confirm.
        """
        lapsed = self.move(Command.LAPSE, at)
        if at < self.confirm_by:
            raise TooEarly("The merchant can still confirm.", not_before=self.confirm_by.isoformat(), rule="AMB-20")
        return replace(lapsed, cancelled_for=CancelReason.UNANSWERED)

    def cancel(self, reason: CancelReason, at: datetime) -> Booking:
        """The booking is off (F4).

        Raises:
            NotAllowed: not in this state.
            TooLate: the customer can cancel a confirmed appointment only before it begins.
        """
        cancelled = self.move(Command.EXPIRE if reason is CancelReason.NOT_PAID else Command.CANCEL, at)
        began = self.state is State.MERCHANT_CONFIRMED and at >= self.starts_at
        if began and reason is CancelReason.CUSTOMER:
            raise TooLate("The appointment has begun and can no longer be cancelled.")
        return replace(cancelled, cancelled_for=reason)

    def consume(
        self, actual: Money, at: datetime, remark_by: datetime, *, return_shortfall: bool, early: timedelta
    ) -> Booking:
        """The customer came; the merchant enters the actual amount (F5, ALY-06, ALY-07).

        What is above the prepayment is paid to the merchant directly; what is below it goes to the balance if
        `return_shortfall` (AMB-07). Who comes early is served up to `early` before the appointment.

        Raises:
            NotAllowed: not in this state.
            TooEarly: the appointment is still to come.
            Invalid: another currency, or a negative amount.
        """
        consumed = self.move(Command.CONSUME, at, remark_by=remark_by)
        if at < self.starts_at - early:
            raise TooEarly(
                "The appointment is still to come.", not_before=(self.starts_at - early).isoformat(), rule="ALY-06"
            )
        if actual.currency != self.currency or actual.minor < 0:
            raise Invalid(FieldError("/actual", f"must be an amount in {self.currency}, not negative"))
        zero, difference = Money.zero(self.currency), actual - self.prepaid
        excess = max(zero, difference)
        returned = -difference if difference < zero and return_shortfall else zero
        return replace(consumed, actual=actual, excess=excess, returned=returned)

    def remark(self, remarks: str, at: datetime) -> Booking:
        """The merchant fills in the remarks by final status and amount (F6, ALY-08)."""
        return replace(self.move(Command.REMARK, at), remarks=remarks)

    def miss(self, *, customers_cause: bool, at: datetime, not_before: timedelta, refund_days: int) -> Booking:
        """The customer did not come (F7); a prepayment is due back within so many working days (F8), else it is over.

        Raises:
            NotAllowed: not in this state.
            TooEarly: the customer may still come.
        """
        missed = self.move(Command.REPORT_NO_SHOW, at)
        if at < self.starts_at + not_before:
            raise TooEarly(
                "The customer may still come.", not_before=(self.starts_at + not_before).isoformat(), rule="ALY-10"
            )
        missed = replace(missed, customers_cause=customers_cause)
        if self.prepaid.is_zero:
            return missed.move(Command.CLOSE, at)
        due = {} if self.is_refund_overdue else {"refund_by": self.refund_by(refund_days)}
        return missed.move(Command.OWE_REFUND, at, **due)

    def refund_by(self, days: int) -> datetime:
        """The end of the last working day, in the merchant's country, on which the prepayment may come back (ALY-09).

        Day one is the working day after the missed appointment (AMB-13).
        """
        zone = ZoneInfo(self.time_zone)
        last = working_days(self.starts_at.astimezone(zone).date(), days, self.country)
        return datetime.combine(last + timedelta(days=1), time(), zone)

    def close(self, refunded: Money, at: datetime) -> Booking:
        """The prepayment of the missed appointment is on the balance account (F9)."""
        return replace(self.move(Command.CLOSE, at), refunded=refunded)

    def excuse(self, reason: str, at: datetime) -> Booking:
        """The no-show does not count after all (BAL-04).

        Raises:
            NotAllowed: no no-show has been reported.
            Conflict: it does not count already.
        """
        next_state(self.state, Command.EXCUSE)
        if not self.customers_cause:
            raise Conflict("This no-show does not count already.")
        return replace(self, customers_cause=False, excused=reason)

    def miss_deadline(self, name: str) -> Booking:
        """A deadline has passed unmet; it is remembered instead."""
        left = {other: due for other, due in self.deadlines.items() if other != name}
        return replace(self, deadlines=left, missed=(*self.missed, name))

    def move(self, command: Command, at: datetime, **deadlines: datetime) -> Booking:
        """The booking after a command: state, stage, and the deadlines that it settles and sets.

        Raises:
            NotAllowed: not in this state.
        """
        state = next_state(self.state, command)
        settled = SETTLES.get(command, frozenset())
        left = {name: due for name, due in self.deadlines.items() if name not in settled}
        return replace(
            self, state=state, stages=(*self.stages, Stage(state, at)), deadlines={**left, **deadlines},
            missed=tuple(name for name in self.missed if name not in settled), claimed_by="",
        )  # fmt: skip
