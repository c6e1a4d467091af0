"""Calling an order off: stock back on sale, money back to the customer, both by themselves (ORD-14, ORD-15)."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core.auth import Principal
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import Command, State
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.items import PAYMENT
from chalicelib.shipping.service import handover as handovers

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

    A registered customer gets it on the balance account (ORD-15), a guest where it came from (AMB-04).

    Raises:
        NotAllowed: the goods have left stock, or the order is off already.
    """
    cancelled = replace(order.move(command, uow.now), cancelled_for=reason)
    if order.allocation:
        inventory.release(uow, order.allocation, order.id)
    if order.handover is not None:
        handovers.free_slot(uow, order.handover)
    paid_back = _give_back(uow, order)
    told = d.OrderCancelled(
        order_id=order.id,
        reason=reason,
        paid_back=paid_back,
        to_balance=paid_back is not None and bool(order.owner.customer),
    )
    return uow.put(ORDER, cancelled, told)


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
