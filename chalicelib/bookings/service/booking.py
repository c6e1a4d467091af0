"""What customers do: book a place and call it off (F1, F2, F4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.bookings import domain as d
from chalicelib.bookings.domain import settings
from chalicelib.bookings.items import BOOKING, ESCALATION, RUN, SLOT
from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid, NotFound
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Contact, Market
from chalicelib.orders.domain import OrderClass, new_number
from chalicelib.payments import service as payments
from chalicelib.payments.domain import TOP_UP_LEAST
from chalicelib.payments.items import PAYMENT

from .offerings import bookable
from .reading import find

_GUARANTEE_IN = "CNY"


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a customer asks for. `slot` is the slot's id, `payment_method` is used when something is prepaid."""

    service: str
    slot: str
    contact: Contact
    name: str
    payment_method: str = ""


def book(uow: UnitOfWork, request: BookingRequest, principal: Principal) -> d.Booking:
    """Take a place (ALY-04). With a prepayment the booking waits for it until `pay_by`; else the merchant gets it.

    Raises:
        NotFound: the service is not on offer, or has no such slot.
        Invalid: the merchant's market does not know this payment method.
        BookingBlocked: too many no-shows and too little on the balance account (BAL-03).
        TooLate: the appointment has begun.
        SlotFull: no place is left; from the commit when somebody else was faster.
    """
    starts_at = d.slot_start(request.slot)
    merchant, offering = bookable(uow, request.service)
    place = SLOT.ref(offering.id, request.slot)
    uow.load(RUN.ref(principal.id), place)
    counts = uow.counter(place)
    if counts is None or not counts["capacity"]:
        raise NotFound("slot", request.slot)
    full = d.SlotFull("No place is left at this time. Please choose another one.")
    if counts["free"] < 1:
        raise full
    market = markets.market(merchant.market)
    _check_guarantee(uow, principal.id, market)
    method = request.payment_method or market.payment_methods[0]
    if method not in market.payment_methods:
        raise Invalid(FieldError("/payment_method", f"must be one of {', '.join(market.payment_methods)}"))
    booking = d.Booking.placed(
        new_number(OrderClass.ALLIANCE), merchant, offering, starts_at, currency=market.currency,
        customer=principal.id, contact=request.contact, name=request.name, payment_method=method, at=uow.now,
        pay_by=uow.now + timedelta(minutes=uow.setting(settings.PAY_BY, market.code)),
    )  # fmt: skip
    uow.count(place, {"free": -1}, at_least={"free": 1}, otherwise=full)
    told = d.BookingPlaced(
        booking_id=booking.id, merchant_id=merchant.id, service_id=offering.id, customer=booking.customer,
        starts_at=starts_at, prepayment=booking.prepayment, pay_by=booking.deadlines.get("pay_by"),
    )  # fmt: skip
    uow.put(BOOKING, booking, told)
    if booking.prepayment is None:
        return hand_to_merchant(uow, booking)
    payments.expect(uow, booking.id, booking.payment_id, booking.prepayment)
    return booking


def hand_to_merchant(uow: UnitOfWork, booking: d.Booking) -> d.Booking:
    """Nothing is due any more: the merchant is asked to confirm (ALY-05)."""
    within = timedelta(hours=uow.setting(settings.ANSWER_BY, booking.market))
    before = timedelta(minutes=uow.setting(settings.CONFIRM_BY, booking.market))
    received = booking.received(uow.now, within, before, uow.setting(settings.REFUND_DAYS, booking.market))
    told = d.BookingReceived(
        booking_id=booking.id, merchant_id=booking.merchant, answer_by=received.deadlines["answer_by"]
    )
    return uow.put(BOOKING, received, told)


def take_up(uow: UnitOfWork, paid: d.Booking) -> d.Booking:
    """The prepayment is there: the merchant gets the booking (ALY-04). When that turns out only once the appointment
    has begun, nobody can be asked any more, and the customer has the money back."""
    if uow.now >= paid.starts_at:
        return call_off(uow, paid, d.CancelReason.NOT_PAID)
    return hand_to_merchant(uow, paid.move(d.Command.CONFIRM_PAYMENT, uow.now))


def cancel(uow: UnitOfWork, booking_id: str, principal: Principal) -> d.Booking:
    """Cancel one's own booking; a prepayment goes to the balance account, and it is no no-show (F4, ALY-11, ORD-15).

    Raises:
        NotFound: no such booking, or not theirs.
        NotAllowed: not in this state.
        TooLate: the appointment has begun.
    """
    return call_off(uow, find(uow, booking_id, principal), d.CancelReason.CUSTOMER)


def expire(uow: UnitOfWork, booking: d.Booking) -> d.Booking:
    """The prepayment did not come in time; one that is in and not yet noticed books the place after all (B17)."""
    payment = uow.find(PAYMENT, booking.id, booking.payment_id)
    if payment is not None and payment.is_paid:
        return take_up(uow, booking)
    return call_off(uow, booking, d.CancelReason.NOT_PAID)


def lapse(uow: UnitOfWork, booking: d.Booking) -> d.Booking:
    """The merchant has let its time to confirm pass: the booking ends as if it had been called off, without anybody's
    hand (ALY-09, AMB-20). Whether somebody came all the same is between the two: nothing is prepaid any more.

    Raises:
        NotAllowed: not in this state.
        TooEarly: the merchant can still confirm.
    """
    lapsed = booking.lapse(uow.now)
    paid_back = _end(uow, booking)
    told = d.BookingLapsed(booking_id=booking.id, merchant_id=booking.merchant, paid_back=paid_back)
    return uow.put(BOOKING, lapsed, told)


def call_off(uow: UnitOfWork, booking: d.Booking, reason: d.CancelReason) -> d.Booking:
    """Cancel a booking: its place is free again and what was prepaid is the customer's.

    Raises:
        NotAllowed: not in this state.
        TooLate: the customer may not cancel any more.
    """
    cancelled = booking.cancel(reason, uow.now)
    paid_back = _end(uow, booking)
    told = d.BookingCancelled(
        booking_id=booking.id, merchant_id=booking.merchant, reason=reason,
        was_received=booking.state is not d.State.AWAITING_PAYMENT, paid_back=paid_back,
    )  # fmt: skip
    return uow.put(BOOKING, cancelled, told)


def _end(uow: UnitOfWork, booking: d.Booking) -> Money | None:
    """A booking is off: its place is free, nobody looks after it any more, and the customer has the money back."""
    uow.count(SLOT.ref(booking.service, booking.slot), {"free": 1})
    escalation = uow.find(ESCALATION, booking.id)
    if escalation is not None:
        uow.remove(ESCALATION, escalation)
    return _give_back(uow, booking)


def _give_back(uow: UnitOfWork, booking: d.Booking) -> Money | None:
    """Close the payment: what is in it goes to the balance, what still comes goes back where it came from."""
    if booking.prepayment is None:
        return None
    payment = uow.get(PAYMENT, booking.id, booking.payment_id)
    paid = payment.refundable
    payments.close(uow, booking.id, booking.payment_id, customer=booking.customer)
    return None if paid.is_zero else paid


def _check_guarantee(uow: UnitOfWork, customer: str, market: Market) -> None:
    """Let a customer book unless the run of no-shows needs a balance that is not there (F1, BAL-03).

    The refusal says how much is lacking, and where and with what amount of the merchant's market it can be paid in.
    A no-show that is reported at this very moment comes before this booking or after it, never beside it.
    """
    run = uow.find(RUN, customer)
    uow.require(RUN, customer)
    if run is None or not run.is_gated(uow.setting(settings.NO_SHOW_LIMIT)):
        return
    needed = Money.of(str(uow.setting(settings.GUARANTEE)), _GUARANTEE_IN)
    rates = markets.exchange_rates(uow)
    known = [b for b in ledger.statement(uow, customer).balances if b.currency in rates.currencies]
    held = Money.sum((rates.convert(balance, _GUARANTEE_IN) for balance in known), _GUARANTEE_IN)
    if held < needed:
        lacking = needed - held
        least = Money(uow.setting(TOP_UP_LEAST, market.code), market.currency)
        pay_in = max(rates.at_least(lacking, market.currency), least)
        raise d.BookingBlocked(
            f"After {run.length} missed appointments in a row, booking needs {needed} on your balance account. "
            f"{lacking} is lacking: please top up.",
            rule="BAL-03", needed=_shown(needed), balance=_shown(held), lacking=_shown(lacking), no_shows=run.length,
            top_up={"path": "/me/balance/payments", "market": market.code, "amount": _shown(pay_in)},
        )  # fmt: skip


def _shown(amount: Money) -> dict[str, str]:
    """An amount in a problem document."""
    return {"amount": amount.text, "currency": amount.currency}
