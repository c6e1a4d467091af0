"""What payments mean for an order: opening one, being paid, being paid too late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import config
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict
from chalicelib.core.table import checked
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain import settings
from chalicelib.orders.domain.machine import Command, State, next_state
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.domain import MATCH_ATTEMPTS, Checkout, Opening, PaymentFact
from chalicelib.payments.items import PAYMENT

from .reading import find


class TooLateToPay(Conflict):
    """The time to pay is over; the order is about to be cancelled."""

    code, title = "too-late-to-pay", "The time to pay is over"


def open_payment(
    uow: UnitOfWork, order_id: str, principal: Principal, *, provider: str = "", embedded: bool = False
) -> Checkout:
    """Open the payment of one's order, or give the page that is open already (PAY-07).

    Whoever begins to pay just before the time is over gets some more, once: the stock does not go while a shopper
    types a card number (D8).

    Raises:
        NotFound: no such order, or not theirs.
        NotAllowed: the order does not wait for a payment.
        TooLateToPay: its time is over.
        AlreadyPaid, RuleRefused, Unavailable: as `payments.open` says.
    """
    order = find(uow, order_id, principal)
    next_state(order.state, Command.CONFIRM_PAYMENT, order.delivery_method)
    pay_by = order.deadlines["pay_by"]
    if uow.now >= pay_by:
        raise TooLateToPay("The time to pay for this order is over. Please order again.")
    grace_ends = _grace_ends(uow, order)
    if grace_ends > pay_by:
        pay_by = grace_ends
        uow.put(ORDER, replace(order, deadlines={**order.deadlines, "pay_by": to_second(pay_by)}))
    uow.require(ORDER, order.id)  # no page is opened for an order that is called off at the same moment
    return payments.open(
        uow,
        Opening(
            order_id=order.id,
            payment_id=order.payment_id,
            due=order.totals.total,
            method=order.payment_method,
            return_url=f"{config.public_url()}/orders/{order.id}",
            provider=provider,
            language=order.language,
            email=order.contact.email,
            description=order.id,
            expires_at=pay_by,
            embedded=embedded,
        ),
    )


def _grace_ends(uow: UnitOfWork, order: d.Order) -> datetime:
    """Until when somebody who begins to pay now may take; the order's own time can grow by this much at most."""
    grace = timedelta(minutes=uow.setting(settings.PAYING_TAKES, market=order.market))
    longest = order.placed_at + timedelta(minutes=uow.setting(settings.PAY_BY, market=order.market)) + grace
    return min(uow.now + grace, longest)


def settle(uow: UnitOfWork, message: Mapping[str, Any], attempt: int) -> None:
    """Take in what a provider reports, in any order and any number of times (PAY-07, PAY-09, A14).

    A report is bound to the order's own payment, amount and currency. Money for an order that is off goes back; money
    that belongs to no order, or names another payment than the order's, is kept apart as unmatched.

    Args:
        message: the body of a `payment-messages` message.
        attempt: how often it has been delivered, from 1.

    Raises:
        OrderNotVisible: the order may only not be there yet; the message comes back (A1).
        Unavailable: the provider had to be asked and does not answer.
    """
    for fact in payments.read(message):
        _settle(uow, fact, attempt)


def _settle(uow: UnitOfWork, fact: PaymentFact, attempt: int) -> None:
    if checked(fact.order_id, fact.payment_id):
        uow.load(ORDER.ref(fact.order_id), PAYMENT.ref(fact.order_id, fact.payment_id))
    order = uow.find(ORDER, fact.order_id)
    if order is None:
        expected = uow.find(PAYMENT, fact.order_id, fact.payment_id)
        if expected is None:
            payments.unknown(uow, fact, attempt)
        else:  # of a booking, which hears of its prepayment by event
            payments.fold(uow, fact.order_id, fact.payment_id, expected.due, fact)
        return
    if fact.payment_id != order.payment_id:
        payments.unknown(uow, fact, uow.setting(MATCH_ATTEMPTS), "not the payment of the order")
        return
    before = uow.find(PAYMENT, order.id, order.payment_id)
    wanted = order.state is not State.CANCELLED
    payment = payments.fold(uow, order.id, order.payment_id, order.totals.total, fact, wanted=wanted)
    if order.state is not State.AWAITING_PAYMENT:
        return
    if payment.is_paid:
        paid = order.move(Command.CONFIRM_PAYMENT, uow.now)
        uow.put(ORDER, paid, d.OrderPaid(order_id=order.id, payment_id=payment.id, amount=order.totals.total))
    elif payment != before:
        # A cancellation at the same moment must see this money, or this money the cancellation.
        uow.require(ORDER, order.id)
