"""What merchants do with their bookings: confirm, report the visit or the no-show, remark (F3, F5…F8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.bookings import domain as d
from chalicelib.bookings.domain import settings
from chalicelib.bookings.items import BOOKING, ESCALATION, RUN, Escalation
from chalicelib.core.auth import Principal
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Account, Entry, merchant_payable
from chalicelib.payments import service as payments
from chalicelib.payments.items import PAYMENT

from .booking import lapse
from .reading import find_for_merchant


def confirm(uow: UnitOfWork, booking_id: str, principal: Principal, reply: str) -> d.Booking:
    """The merchant accepts a booking and replies (F3, ALY-05).

    Raises:
        NotFound: no such booking, or another merchant's.
        NotAllowed: not in this state.
        TooLate: the time for it is over, and the booking ends by itself (AMB-20).
    """
    booking = find_for_merchant(uow, booking_id, principal)
    within = timedelta(hours=uow.setting(settings.REPORT_BY, booking.market))
    confirmed = booking.confirm(reply, uow.now, within)
    _settle_escalation(uow, confirmed)
    return uow.put(BOOKING, confirmed, d.BookingConfirmed(booking_id=booking.id, merchant_id=booking.merchant))


def consume(uow: UnitOfWork, booking_id: str, principal: Principal, actual: Money, remarks: str = "") -> d.Booking:
    """The customer came: actual amount, and the remarks if they are given at once (F5, F6, ALY-06…08).

    What was prepaid and not consumed goes to the customer's balance (AMB-07), the rest of the prepayment is owed to the
    merchant; the customer's run of no-shows begins anew.

    Raises:
        NotFound, NotAllowed: as `confirm`.
        TooEarly: the appointment is still to come.
        Invalid: not an amount of the booking's currency.
        RefundBlocked: part of the prepayment is to be given back while the customer's bank contests it.
    """
    booking = find_for_merchant(uow, booking_id, principal)
    remark_by = uow.now + timedelta(hours=uow.setting(settings.REMARK_BY, booking.market))
    to_balance = uow.setting(settings.SHORTFALL_TO_BALANCE, booking.market)
    early = timedelta(minutes=uow.setting(settings.CONSUME_EARLY, booking.market))
    consumed = booking.consume(actual, uow.now, remark_by, return_shortfall=to_balance, early=early)
    consumed = replace(consumed, returned=_settle(uow, consumed))
    run = uow.find(RUN, booking.customer) or d.NoShowRun(booking.customer)
    kept = run.keep(booking.starts_at, booking.id)
    if kept != run:
        uow.put(RUN, kept)
    zero = Money.zero(booking.currency)
    told: list[object] = [
        d.BookingConsumed(
            booking_id=booking.id, merchant_id=booking.merchant, actual=actual, prepaid=booking.prepaid,
            excess=consumed.excess or zero, returned=consumed.returned or zero,
        )
    ]  # fmt: skip
    if remarks:
        consumed = consumed.remark(remarks, uow.now)
        told.append(d.BookingCompleted(booking_id=booking.id, merchant_id=booking.merchant))
    _settle_escalation(uow, consumed)
    return uow.put(BOOKING, consumed, *told)


def remark(uow: UnitOfWork, booking_id: str, principal: Principal, remarks: str) -> d.Booking:
    """The merchant fills in the remarks by final status and amount (F6, ALY-08).

    Raises:
        NotFound, NotAllowed: as `confirm`.
    """
    completed = find_for_merchant(uow, booking_id, principal).remark(remarks, uow.now)
    _settle_escalation(uow, completed)
    return uow.put(
        BOOKING, completed, d.BookingCompleted(booking_id=completed.id, merchant_id=completed.merchant)
    )  # fmt: skip


def report_no_show(uow: UnitOfWork, booking_id: str, principal: Principal, *, customers_cause: bool) -> d.Booking:
    """The merchant says that the customer did not come.

    Raises:
        NotFound, NotAllowed: as `confirm`.
        TooEarly: the customer may still come.
    """
    return miss(uow, find_for_merchant(uow, booking_id, principal), customers_cause=customers_cause)


def miss(uow: UnitOfWork, booking: d.Booking, *, customers_cause: bool) -> d.Booking:
    """The customer did not come (F7…F9); said by the merchant, or in its place by staff when it says nothing.

    Only a cause that lies with the customer counts (BAL-04).

    Raises:
        NotAllowed: not in this state.
        TooEarly: the customer may still come.
    """
    refund_days = uow.setting(settings.REFUND_DAYS, booking.market)
    missed = booking.miss(
        customers_cause=customers_cause, at=uow.now,
        not_before=timedelta(minutes=uow.setting(settings.NO_SHOW_AFTER, booking.market)), refund_days=refund_days,
    )  # fmt: skip
    run = uow.find(RUN, booking.customer) or d.NoShowRun(booking.customer)
    counted = run.miss(booking.starts_at, booking.id) if missed.customers_cause else run
    if counted != run:
        uow.put(RUN, counted)
    is_owed = missed.state is d.State.REFUND_DUE
    told: list[object] = [
        d.BookingMissed(
            booking_id=booking.id, merchant_id=booking.merchant, customers_cause=missed.customers_cause,
            run=counted.length, refund_due=missed.prepayment if is_owed else None,
            refund_by=missed.refund_by(refund_days) if is_owed else None,
        )
    ]  # fmt: skip
    if not is_owed:
        told.append(d.BookingClosed(booking_id=booking.id, merchant_id=booking.merchant, refunded=None))
    _settle_escalation(uow, missed)
    return uow.put(BOOKING, missed, *told)


def excuse(uow: UnitOfWork, booking: d.Booking, reason: str) -> d.Booking:
    """A no-show does not count after all; the customer's run is as if it had never been reported (BAL-04).

    Raises:
        NotAllowed: no no-show was reported.
        Conflict: it does not count already.
    """
    excused = booking.excuse(reason, uow.now)
    run = uow.find(RUN, booking.customer) or d.NoShowRun(booking.customer)
    counted = run.excuse(booking.starts_at, booking.id)
    if counted != run:
        uow.put(RUN, counted)
    told = d.BookingExcused(booking_id=booking.id, merchant_id=booking.merchant, run=counted.length)
    return uow.put(BOOKING, excused, told)


def miss_answer(uow: UnitOfWork, booking: d.Booking) -> d.Booking:
    """The merchant has not answered in time: staff see it; where there is no time left to confirm it ends (AMB-20)."""
    return lapse(uow, booking) if uow.now >= booking.confirm_by else miss_deadline(uow, booking, "answer_by")


def miss_deadline(uow: UnitOfWork, booking: d.Booking, name: str) -> d.Booking:
    """The merchant has not done what it had to in time: staff see it until it has (AMB-20)."""
    if uow.find(ESCALATION, booking.id) is None:
        uow.put(ESCALATION, Escalation(booking.id, booking.merchant, name, uow.now))
    told = d.BookingDeadlineMissed(booking_id=booking.id, merchant_id=booking.merchant, deadline=name)
    return uow.put(BOOKING, booking.miss_deadline(name), told)


def _settle_escalation(uow: UnitOfWork, booking: d.Booking) -> None:
    escalation = uow.find(ESCALATION, booking.id)
    if escalation is not None and not set(booking.missed) - {"refund_by"}:
        uow.remove(ESCALATION, escalation)


def _settle(uow: UnitOfWork, booking: d.Booking) -> Money:
    """Divide the prepayment: the shortfall to the customer's balance, the rest to the merchant; what was returned.

    What was paid beyond it (twice, with a refund that failed) is the customer's and stays where it is.
    """
    nothing = Money.zero(booking.currency)
    if booking.prepayment is None:
        return nothing
    payment = uow.get(PAYMENT, booking.id, booking.payment_id)
    held, wanted = min(payment.held, booking.prepaid), booking.returned or nothing
    returned = min(wanted, held) if payment.is_disputed else min(wanted, held, payment.refundable)
    if not returned.is_zero:
        payments.credit_to_balance(
            uow, payment, booking.customer, returned, kind="booking-shortfall", source=Account.CUSTOMER_FUNDS
        )
    earned = held - returned
    if not earned.is_zero:
        amounts = {Account.CUSTOMER_FUNDS: earned, merchant_payable(booking.merchant): -earned}
        ledger.post(uow, Entry.of(f"settlement-{booking.id}", booking.id, "booking-settlement", uow.now, amounts))
    return returned
