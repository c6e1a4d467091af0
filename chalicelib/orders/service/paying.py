"""What payments mean for an order: opening one, being paid, being paid too late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import config
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, FieldError, Invalid, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.table import checked
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.orders import domain as d
from chalicelib.orders.domain import settings
from chalicelib.orders.domain.machine import Command, State, next_state
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.domain import MATCH_ATTEMPTS, Checkout, Opening, Payment, PaymentFact
from chalicelib.payments.items import PAYMENT
from chalicelib.payments.providers.balance import BALANCE

from .reading import find


class TooLateToPay(Conflict):
    """The time to pay is over; the order is about to be cancelled."""

    code, title = "too-late-to-pay", "The time to pay is over"


def open_payment(
    uow: UnitOfWork, order_id: str, principal: Principal, *, provider: str = "", embedded: bool = False,
    amount: Money | None = None, method: str = "",
) -> Checkout:  # fmt: skip
    """Open the payment of one's order, or of a part of it, or give the page that is open already (PAY-07, ORD-12).

    Whoever begins to pay just before the time is over gets some more, once: the stock does not go while a shopper
    types a card number (D8).

    Args:
        amount: a part of what is left; None is all of it.
        method: another one of the market's than was chosen at the quote.

    Raises:
        NotFound: no such order, or not theirs.
        NotAllowed: the order does not wait for a payment.
        TooLateToPay: its time is over.
        Invalid: no such method, or no such amount.
        AlreadyPaid, RuleRefused, Unavailable: as `payments.open` says.
    """
    order, pay_by = _waiting(uow, order_id, principal)
    methods = markets.market(order.market).payment_methods
    if method and method not in methods:
        raise Invalid(FieldError("/method", f"is one of {', '.join(methods)}"))
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
            method=method or order.payment_method,
            return_url=f"{config.public_url()}/orders/{order.id}",
            provider=provider,
            language=order.language,
            email=order.contact.email,
            description=order.id,
            expires_at=pay_by,
            embedded=embedded,
            amount=amount,
            market=order.market,
        ),
    )


def pay_from_balance(
    uow: UnitOfWork, order_id: str, principal: Principal, amount: Money | None = None
) -> tuple[d.Order, Payment]:
    """Pay one's order, or a part of it, from the balance account (ORD-12, BAL-01).

    Args:
        amount: None is as much as the account and the smallest part allow.

    Raises:
        NotFound, NotAllowed, TooLateToPay: as `open_payment`.
        RuleRefused: a guest has no balance account.
        AlreadyPaid, Invalid, PartRefused, InsufficientBalance: as `payments.pay_from_balance` says.
    """
    order, pay_by = _waiting(uow, order_id, principal)
    if not order.owner.customer:
        raise RuleRefused("A guest has no balance account.", rule="BAL-01")
    before = uow.find(PAYMENT, order.id, order.payment_id)
    opening = Opening(
        order.id, order.payment_id, order.totals.total, BALANCE, "", expires_at=pay_by, amount=amount,
        market=order.market,
    )  # fmt: skip
    payment = payments.pay_from_balance(uow, opening, order.owner.customer)
    return _take_up(uow, order, before, payment), payment


def _waiting(uow: UnitOfWork, order_id: str, principal: Principal) -> tuple[d.Order, datetime]:
    """One's order that waits for a payment, and until when.

    Raises:
        NotFound, NotAllowed, TooLateToPay: as `open_payment`.
    """
    order = find(uow, order_id, principal)
    next_state(order.state, Command.CONFIRM_PAYMENT, order.way)
    pay_by = order.deadlines["pay_by"]
    if uow.now >= pay_by:
        raise TooLateToPay("The time to pay for this order is over. Please order again.")
    return order, pay_by


def payment_of(uow: UnitOfWork, order: d.Order) -> Payment:
    """How the payment of an order stands; one of which nothing was heard is open in full."""
    known = uow.find(PAYMENT, order.id, order.payment_id)
    return known or Payment(order.payment_id, order.id, order.totals.total, order.placed_at)


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
        if payments.take_in(uow, fact) is None:
            payments.unknown(uow, fact, attempt)
        return
    if fact.payment_id != order.payment_id:
        payments.unknown(uow, fact, uow.setting(MATCH_ATTEMPTS), "not the payment of the order")
        return
    before = uow.find(PAYMENT, order.id, order.payment_id)
    wanted = order.state is not State.CANCELLED
    payment = payments.fold(uow, order.id, order.payment_id, order.totals.total, fact, wanted=wanted)
    if order.state is State.AWAITING_PAYMENT:
        _take_up(uow, order, before, payment)


def _take_up(uow: UnitOfWork, order: d.Order, before: Payment | None, payment: Payment) -> d.Order:
    """What the news of a payment means for the order that waits for it: all of it is there, or not yet."""
    if payment.is_paid:
        paid = order.move(Command.CONFIRM_PAYMENT, uow.now)
        told = d.OrderPaid(order_id=order.id, payment_id=payment.id, amount=order.totals.total)
        return uow.put(ORDER, paid, told)
    gained = payment.captured - (before.captured if before else Money.zero(order.currency))
    if not gained.is_zero:
        told_part = d.OrderPartPaid(
            order_id=order.id, payment_id=payment.id, amount=gained, outstanding=payment.outstanding
        )
        return uow.put(ORDER, order, told_part)
    if payment != before:
        # A cancellation at the same moment must see this money, or this money the cancellation.
        uow.require(ORDER, order.id)
    return order
