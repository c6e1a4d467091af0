"""Calling an order off: stock back on sale, money back to the customer, both by themselves (ORD-14, ORD-15)."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import Command, State
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.items import PAYMENT
from chalicelib.risk import service as risk
from chalicelib.shipping.service import windows

from . import dispatching, problems, shortages
from .reading import find


def cancel(uow: UnitOfWork, order_id: str, principal: Principal, reason: d.CancelReason) -> d.Order:
    """Cancel one's own order whose goods have not left stock (ORD-14).

    Raises:
        NotFound: no such order, or not theirs.
        NotAllowed: the goods have left stock, or the order is off already.
    """
    return call_off(uow, find(uow, order_id, principal), reason)


def expire(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Cancel an order that was not paid in time; one that has been paid meanwhile stays as it is (B17)."""
    if order.state is not State.AWAITING_PAYMENT:
        return order
    return call_off(uow, order, d.CancelReason.NOT_PAID, Command.EXPIRE)


def call_off(uow: UnitOfWork, order: d.Order, reason: d.CancelReason, command: Command = Command.CANCEL) -> d.Order:
    """Cancel an order: release its stock and give back what was paid.

    A registered customer gets it on the balance account (ORD-15), a guest where it came from (AMB-04). Of an order that
    is partly shipped, what has not left stock is cancelled, and the rest goes on (ORD-14, RTE-07).

    Raises:
        NotAllowed: the goods have left stock, or the order is off already.
    """
    if order.state is State.PARTLY_SHIPPED and command is Command.CANCEL:
        return _call_off_rest(uow, order, reason)
    cancelled = replace(order.move(command, uow.now), cancelled_for=reason)
    dispatching.close(uow, order)
    if order.allocation:
        shortages.give_back(uow, order, order.allocation, shortages.of_order(uow, order))
    if order.handover is not None:
        windows.free(uow, order.handover)
    if order.state is State.AWAITING_PAYMENT and not order.reviews:
        risk.let_go(uow, order.source, sum(order.allocation.values()), order.placed_at)
    paid_back = _give_back(uow, order)
    told = d.OrderCancelled(
        order_id=order.id,
        reason=reason,
        paid_back=paid_back,
        to_balance=paid_back is not None and bool(order.owner.customer),
    )
    return uow.put(ORDER, cancelled, told, *problems.ended(uow, order, cancelled))


def _call_off_rest(uow: UnitOfWork, order: d.Order, reason: d.CancelReason) -> d.Order:
    """Take the lines that have not left stock off an order, with their part of its amounts.

    A bundle of which a piece has left stays whole: it has a price for all of it only (CAT-04).

    Raises:
        NotAllowed: there is nothing left to cancel, or the order is an exchange, which has no price of its own.
    """
    left = {place for place, part in dispatching.of_order(uow, order).items() if part.has_left}
    kept = tuple(line for line in order.lines if not _in_stock(line, left))
    off = [line for line in order.lines if _in_stock(line, left)]
    if not off or order.exchange is not None or Command.CANCEL_REST not in order.allowed:
        allowed = tuple(each for each in order.allowed if each is not Command.CANCEL_REST)
        raise NotAllowed("order", order.state, Command.CANCEL, allowed)
    rest = order.keeping(kept)
    still = rest.allocation
    freed = {pair: units - still.get(pair, 0) for pair, units in order.allocation.items()}
    missing = shortages.of_order(uow, order)
    shortages.give_back(uow, order, {pair: units for pair, units in freed.items() if units}, missing)
    if order.problem is d.Problem.OUT_OF_STOCK and not shortages.of_order(uow, order).units:
        rest = rest.solved(uow.now)
    before = uow.find(PAYMENT, order.id, order.payment_id)
    after = payments.change_due(uow, order.id, order.payment_id, rest.totals.total, customer=order.owner.customer)
    back = before.refundable - after.refundable if before and after else None
    told = d.OrderRestCancelled(
        order_id=order.id,
        reason=reason,
        lines=tuple(line.id for line in off),
        paid_back=None if back is None or back.is_zero else back,
        to_balance=bool(order.owner.customer),
    )
    uow.put(ORDER, rest, told, *problems.ended(uow, order, rest))
    return dispatching.lose_lines(uow, order, rest)


def _in_stock(line: d.OrderLine, left: set[str]) -> bool:
    """Whether a line is goods of which nothing has left stock."""
    places = {part.location for part in line.parts if part.location}
    return bool(places) and not places & left


def _give_back(uow: UnitOfWork, order: d.Order) -> Money | None:
    """Close the order's payment; what goes back, if anything."""
    payment = uow.find(PAYMENT, order.id, order.payment_id)
    if payment is None:
        # Money that arrives at the same moment must see the cancellation, or the cancellation this money.
        uow.require(PAYMENT, order.id, order.payment_id)
        return None
    paid = payment.refundable
    payments.close(uow, order.id, order.payment_id, customer=order.owner.customer)
    return None if paid.is_zero else paid
