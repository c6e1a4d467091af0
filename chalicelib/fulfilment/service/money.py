"""Money at the door or the desk: recorded by staff, booked in the hand-over's own transaction (FUL-09)."""

from __future__ import annotations

from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain import DoorPayment, check_paid
from chalicelib.orders.domain import Order
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, PaymentFact
from chalicelib.payments.items import PAYMENT


def due_at_hand_over(uow: UnitOfWork, order: Order) -> Money:
    """What is still to be paid: nothing for an order that was paid online (FUL-10)."""
    if not order.pays_at_door:
        return Money.zero(order.currency)
    payment = uow.find(PAYMENT, order.id, order.payment_id)
    return order.totals.total - (payment.captured if payment else Money.zero(order.currency))


def take(uow: UnitOfWork, order: Order, paid: DoorPayment | None) -> None:
    """Book what the customer gave. The same order is paid under the same reference, so it is booked once.

    Raises:
        NotPaidYet: money is due and none was taken.
        AmountDiffers: not what is due.
    """
    given = check_paid(due_at_hand_over(uow, order), paid)
    if given is None:
        return
    reference = f"{given.paid_with}-{order.id}" + (f"-{given.slip}" if given.slip else "")
    fact = PaymentFact(
        "cash", FactKind.CAPTURED, order.id, order.payment_id, reference, given.amount, uow.now, f"staff-{reference}"
    )
    payments.fold(uow, order.id, order.payment_id, order.totals.total, fact)
