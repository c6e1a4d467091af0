"""What orders do without being asked: review what is paid, take in news of payments, keep deadlines."""

from __future__ import annotations

from typing import Any

from chalicelib.core.events import Event
from chalicelib.core.triggers import Message, Triggers, deadline
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.shipping.domain.shipments import (
    ShipmentCustomsCleared,
    ShipmentException,
    ShipmentOutForDelivery,
    ShipmentReadyForPickup,
)

from . import service
from .domain import (
    Dispatch,
    DispatchHandoverFailed,
    Order,
    OrderCashAgreed,
    OrderHandoverFailed,
    OrderHeld,
    OrderPaid,
    OrderProblemRaised,
    OrderResubmitted,
    OrderReturnedToCustomer,
)
from .items import DISPATCH, ORDER
from .service import dispatching

triggers = Triggers(__name__)


@triggers.consumer("review-order", on=[OrderPaid, OrderCashAgreed, OrderResubmitted], grants=("table", "secrets"))
def review_order(uow: UnitOfWork, event: Event[OrderPaid | OrderCashAgreed | OrderResubmitted]) -> None:
    """Class a paid or corrected order as normal, abnormal or held (REV-01)."""
    service.review(uow, event.data.order_id)


@triggers.queue("payment-messages", grants=("table", "secrets"))
def record_payment(uow: UnitOfWork, message: Message) -> None:
    """Take in what a payment provider reports about orders (PAY-07, PAY-09)."""
    service.settle(uow, message.body, message.attempt)


@deadline(ORDER, "pay_by")
def expire_unpaid_order(uow: UnitOfWork, order: Order) -> None:
    """An order that was not paid in time gives its stock back."""
    service.expire(uow, order)


@deadline(ORDER, "answer_by")
def notice_unanswered_order(uow: UnitOfWork, order: Order) -> None:
    """The customer has not corrected a returned order: the order desk gets it."""
    service.miss_deadline(uow, order, "answer_by")


@deadline(ORDER, "decide_by")
def notice_undecided_order(uow: UnitOfWork, order: Order) -> None:
    """Nobody has decided in time: the order desk on a held order, the store on a failed hand-over (FUL-19, REV-10)."""
    service.miss_deadline(uow, order, "decide_by")


@deadline(ORDER, "accept_by")
def notice_unaccepted_order(uow: UnitOfWork, order: Order) -> None:
    """The store has not accepted an order (RTE-03, AMB-20)."""
    service.miss_deadline(uow, order, "accept_by")


@deadline(ORDER, "dispatch_by")
def notice_undispatched_order(uow: UnitOfWork, order: Order) -> None:
    """The goods should have left stock, or been packed for their window, and have not (FUL-12, FUL-07, AMB-11)."""
    service.miss_deadline(uow, order, "dispatch_by")


@deadline(DISPATCH, "accept_by")
def notice_unaccepted_dispatch(uow: UnitOfWork, part: Dispatch) -> None:
    """One of several places has not accepted its part of an order (RTE-03, AMB-20)."""
    dispatching.miss_deadline(uow, part, "accept_by")


@deadline(DISPATCH, "dispatch_by")
def notice_undispatched_dispatch(uow: UnitOfWork, part: Dispatch) -> None:
    """The dispatch day of one of several places is over and its goods are still there (FUL-12)."""
    dispatching.miss_deadline(uow, part, "dispatch_by")


@deadline(DISPATCH, "decide_by")
def notice_undecided_dispatch(uow: UnitOfWork, part: Dispatch) -> None:
    """One of several places has not decided on its part, whose hand-over had failed (FUL-19, REV-10)."""
    dispatching.miss_deadline(uow, part, "decide_by")


@deadline(DISPATCH, "escalate_by")
def escalate_an_unaccepted_dispatch(uow: UnitOfWork, part: Dispatch) -> None:
    """One of several places has not accepted its part, or decided on it, for too long: management (AMB-20, FUL-19)."""
    dispatching.escalate(uow, part)


@deadline(ORDER, "deliver_by")
def notice_undelivered_order(uow: UnitOfWork, order: Order) -> None:
    """The window or appointment of the store's own delivery is over (FUL-07, AMB-11)."""
    service.miss_deadline(uow, order, "deliver_by")


@deadline(ORDER, "deposit_back")
def return_held_deposit(uow: UnitOfWork, order: Order) -> None:
    """A deposit could not be given back when the order was completed, because its payment was in dispute (AMB-05)."""
    service.return_deposit(uow, order)


@deadline(ORDER, "contact_by")
def notice_uncontacted_customer(uow: UnitOfWork, order: Order) -> None:
    """The group that answers for an exception has not dealt with it in time (REV-08, REV-09, REV-10)."""
    service.exceed(uow, order)


@deadline(ORDER, "warn_by")
def warn_of_an_exception(uow: UnitOfWork, order: Order) -> None:
    """The time to deal with an exception is running out (REV-10)."""
    service.warn(uow, order)


@deadline(ORDER, "escalate_by")
def escalate_an_exception(uow: UnitOfWork, order: Order) -> None:
    """An exception stays unanswered after its time, an order undecided or unaccepted: management (REV-10, AMB-20)."""
    service.escalate(uow, order)


@triggers.consumer(
    "follow-parcels",
    on=[ShipmentException, ShipmentCustomsCleared, ShipmentOutForDelivery, ShipmentReadyForPickup],
)
def follow_parcels(uow: UnitOfWork, event: Event[Any]) -> None:
    """What happens to a parcel opens and ends its order's exceptions (REV-09, REV-10, LOG-18, LOG-19)."""
    service.follow_parcel(uow, event)


@triggers.consumer(
    "count-abnormal-orders",
    on=[OrderReturnedToCustomer, OrderHeld, OrderProblemRaised, OrderHandoverFailed, DispatchHandoverFailed],
)
def count_abnormal_orders(uow: UnitOfWork, event: Event[Any]) -> None:
    """Keep the monthly counts of why orders were abnormal (REV-11)."""
    service.count_abnormal(uow, event)
