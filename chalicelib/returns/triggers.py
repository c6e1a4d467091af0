"""Returns without a caller: the workflow's steps, the events that wake it, the provider's answer, and the clock."""

from __future__ import annotations

from typing import Any

from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers, deadline
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import DispatchTakenBack, OrderCancelled, OrderClass, OrderTakenBack
from chalicelib.payments.domain import DisputeClosed, RefundFailed, RefundSucceeded
from chalicelib.payments.items import PAYMENT

from . import service, workflow
from .domain import (
    Return,
    ReturnApproved,
    ReturnCancelled,
    ReturnExchangeCalledOff,
    ReturnExchanged,
    ReturnExpired,
    ReturnGoodsOwed,
    ReturnInspected,
    ReturnReceived,
    ReturnRefundBlocked,
    ReturnRefunded,
    ReturnRejected,
    ReturnReleased,
    ReturnRequested,
    Step,
)
from .items import RETURN

triggers = Triggers(__name__)


@triggers.consumer("start-return", on=[ReturnRequested], grants=("workflow:return",))
def start_return(_: UnitOfWork, event: Event[ReturnRequested]) -> None:
    """Start the workflow of a new return; started already is as good."""
    workflow.start(event.data.order_id, event.data.return_id)


@triggers.consumer(
    "advance-return",
    on=[
        ReturnApproved, ReturnRejected, ReturnCancelled, ReturnReceived, ReturnInspected, ReturnReleased,
        ReturnRefundBlocked, ReturnRefunded, ReturnExpired, ReturnExchanged, ReturnExchangeCalledOff, ReturnGoodsOwed,
    ],
    grants=("table", "workflow:return"),
)  # fmt: skip
def advance_return(uow: UnitOfWork, event: Event[Any]) -> None:
    """Wake the workflow of a return that has left the state it waited for.

    Where nobody waits any more although there is work left (the execution had ended or failed), another is started.
    """
    thing = uow.get(RETURN, event.data.order_id, event.data.return_id)
    waits = thing.wait is not None and thing.wait.state is not thing.state
    reopened = isinstance(event.data, ReturnExchangeCalledOff) and not (waits or thing.wait)
    if not (waits or reopened) or (waits and thing.wait is not None and workflow.wake(thing.wait.token)):
        return
    if not thing.is_closed and not workflow.is_running(thing.id):
        workflow.start(thing.order_id, thing.id, run=uow.version(RETURN, thing))


@triggers.consumer("settle-return", on=[RefundSucceeded, RefundFailed, DisputeClosed])
def settle_return(uow: UnitOfWork, event: Event[Any]) -> None:
    """Take in what the provider says about the refund of a return, or the bank about the payment; money that belongs to
    no order has none (PAY-09)."""
    payment = uow.find(PAYMENT, event.data.order_id, event.data.payment_id)
    if payment is None:
        return
    for thing in service.of_payment(uow, payment):
        note = service.note_verdict if isinstance(event.data, DisputeClosed) else service.note_result
        note(uow, payment, thing)


@triggers.consumer("take-back-order", on=[OrderTakenBack, DispatchTakenBack])
def take_back_order(uow: UnitOfWork, event: Event[OrderTakenBack | DispatchTakenBack]) -> None:
    """Goods that could not be handed over are at the store again: make their return (FUL-19, RTE-07)."""
    if isinstance(event.data, DispatchTakenBack):
        service.take_back_part(uow, event.data.order_id, event.data.store)
    else:
        service.take_back(uow, event.data.order_id)


@triggers.consumer("follow-exchange", on=[OrderCancelled])
def follow_exchange(uow: UnitOfWork, event: Event[OrderCancelled]) -> None:
    """An exchange order was cancelled: its return is one for money from now on (RET-04, RET-05)."""
    if event.data.order_id.startswith(OrderClass.EXCHANGE.letter):
        service.follow(uow, event.data.order_id)


@triggers.task("returns-look")
def look(uow: UnitOfWork, payload: dict[str, Any]) -> dict[str, Any]:
    """Where the return stands: the next step, and the seconds until its deadline."""
    position = service.position(uow, payload["order_id"], payload["return_id"])
    return {"step": position.step.value, "seconds": position.seconds}


@triggers.task("returns-wait", grants=("table", "workflow:return"))
def wait(uow: UnitOfWork, payload: dict[str, Any]) -> None:
    """Keep the workflow's token until the step has passed; has it passed already, wake the workflow at once."""
    step = Step(payload["step"])
    if service.wait_for(uow, payload["order_id"], payload["return_id"], step, payload["token"]) is None:
        workflow.wake(payload["token"])


@triggers.task("returns-label")
def label(uow: UnitOfWork, payload: dict[str, Any]) -> None:
    """Tell the customer where the parcel goes and who pays (RET-08)."""
    service.issue_label(uow, _loaded(uow, payload))


@triggers.task("returns-refund")
def refund(uow: UnitOfWork, payload: dict[str, Any]) -> None:
    """Pay back what needs no release by finance; by key and state, so that a repeated task pays once (B23)."""
    service.refund_by_rule(uow, _loaded(uow, payload))


@triggers.task("returns-overdue")
def overdue(uow: UnitOfWork, payload: dict[str, Any]) -> None:
    """Nobody acted in time."""
    service.overdue(uow, _loaded(uow, payload))


@deadline(RETURN, "decide_by")
@deadline(RETURN, "send_by")
@deadline(RETURN, "inspect_by")
@deadline(RETURN, "release_by")
@deadline(RETURN, "refund_by")
@deadline(RETURN, "resolve_by")
@deadline(RETURN, "settle_by")
def let_time_pass(uow: UnitOfWork, thing: Return) -> None:
    """The clock asks the same as the workflow: whichever comes first acts, the other finds nothing to do."""
    service.overdue(uow, thing)


def _loaded(uow: UnitOfWork, payload: dict[str, Any]) -> Return:
    return uow.get(RETURN, payload["order_id"], payload["return_id"])
