"""Moving an order along: the one place where a command becomes a state and the event that tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core import observe
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Revenue
from chalicelib.orders import domain as d
from chalicelib.orders.domain import settings
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.shipping.service import windows

from . import deposits, problems

#: What each step of store, carrier and customer is told by. Payment and review have use cases of their own.
TOLD_BY: Final[Mapping[Command, type]] = {
    Command.ACCEPT: d.OrderAccepted,
    Command.PICK: d.OrderPickingStarted,
    Command.PACK: d.OrderPacked,
    Command.PUT_IN_LOCKER: d.OrderReadyForPickup,
    Command.PUT_AT_DESK: d.OrderReadyForPickup,
    Command.SEND_OUT: d.OrderSentOut,
    Command.SHIP_PART: d.OrderPartlyShipped,
    Command.SHIP: d.OrderShipped,
    Command.COMPLETE: d.OrderCompleted,
    Command.FAIL_HANDOVER: d.OrderHandoverFailed,
    Command.TAKE_OVER: d.OrderTakenOver,
    Command.OFFER_AT_DESK: d.OrderReadyForPickup,
    Command.SEND_OUT_AGAIN: d.OrderSentOut,
    Command.SHIP_AGAIN: d.OrderShipped,
    Command.TAKE_BACK: d.OrderTakenBack,
    Command.END_TAKEN_BACK: d.OrderTakenBack,
    Command.COLLECT_LATE: d.OrderCompleted,
}
_PLACES: Final[Mapping[Command, str]] = {
    Command.PUT_IN_LOCKER: "locker",
    Command.PUT_AT_DESK: "desk",
    Command.OFFER_AT_DESK: "desk",
}


def advance(
    uow: UnitOfWork, order_id: str, command: Command, *, due: Mapping[str, datetime] | None = None, **facts: Any
) -> d.Order:
    """Do the next step of fulfilment with an order.

    Args:
        due: the deadlines that begin with the new state: `deliver_by`, `collect_by`.
        facts: what the step's event says besides order and store: `SHIP` and `SHIP_AGAIN` take `shipment_id`,
            `carrier`, `waybill`; `COMPLETE` and `COLLECT_LATE` take `proof`; `FAIL_HANDOVER` takes `cause` and
            `by_customer`.

    Raises:
        NotFound: no such order.
        NotAllowed: not in this state, or not for this way of delivery; lists what is allowed.
    """
    order = uow.get(ORDER, order_id)
    clocks = {"decide_by": decide_by(uow, order)} if command is Command.FAIL_HANDOVER else {}
    moved = order.move(command, uow.now, **clocks, **(due or {}))
    if moved.state is d.State.COMPLETED:
        moved = replace(moved, completed_by=str(facts["proof"]))
        _recognise_revenue(uow, order)
        moved = deposits.after_completion(uow, moved)
    if moved.state is d.State.TAKEN_BACK:
        moved = deposits.after_end(uow, moved)
    if command is Command.FAIL_HANDOVER:
        deposits.after_failure(uow, order, by_customer=bool(facts["by_customer"]))
    known = {"order_id": order.id, "store": order.store, "place": _PLACES.get(command, ""), **facts}
    told_by = TOLD_BY[command]
    told = [told_by(**{field.name: known[field.name] for field in fields(told_by)})]
    if moved.state is d.State.COMPLETED and order.invoice is not None:
        told.append(d.OrderInvoiceDue(order_id=order.id))
    return uow.put(ORDER, moved, *told, *problems.ended(uow, order, moved))


def decide_by(uow: UnitOfWork, order: d.Order) -> datetime:
    """By when a store has decided about goods that came back, from the failed hand-over on (FUL-19, REV-10)."""
    within = settings.DECIDE_FRESH if any(part.fresh for part in order.parts) else settings.DECIDE_HANDOVER
    return uow.now + timedelta(hours=uow.setting(within, market=order.market))


def call_again(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Tell the customer once more that the goods wait at the desk, under a new code; the order stays as it is."""
    told = d.OrderReadyForPickup(order_id=order.id, store=order.store, place="desk")
    return uow.put(ORDER, order, told)


def _recognise_revenue(uow: UnitOfWork, order: d.Order) -> None:
    """What the customer paid is the shop's, and the state's, once the customer has the goods."""
    if order.totals.total.is_zero:
        return
    goods, shipping = order.totals.net
    duty, tax, deposit = order.totals.duty, order.totals.tax, order.totals.deposit
    ledger.recognise(uow, Revenue(order.id, goods, shipping, duty, tax, deposit))


def route_to(uow: UnitOfWork, order: d.Order, store: str, dispatch_by: datetime | None) -> d.Order:
    """Make a location responsible for an order; lines and stock have been moved by the caller (RTE-01).

    Args:
        dispatch_by: by when the goods should have left stock.

    Raises:
        NotAllowed: the order is not waiting for a store.
    """
    deadlines = {"accept_by": _accept_by(uow, order, store)}
    if dispatch_by is not None:
        deadlines["dispatch_by"] = dispatch_by
    handover = windows.recount(uow, order.handover, order.market) if order.handover else None
    routed = replace(order, store=store, handover=handover).move(Command.ROUTE, uow.now, **deadlines)
    told = d.OrderRouted(order_id=order.id, store=store, dispatch_by=dispatch_by)
    return uow.put(ORDER, routed, told, *problems.ended(uow, order, routed))


def withdraw(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Take an order from the store that cannot serve it; it has none until it is routed again (RTE-01, REV-08).

    Raises:
        NotAllowed: no store has it, or its store has packed it.
    """
    gone = replace(order.move(Command.WITHDRAW, uow.now), store=None)
    told = d.OrderWithdrawn(order_id=order.id, store=order.store or "")
    return uow.put(ORDER, gone, told, *problems.ended(uow, order, gone))


def _accept_by(uow: UnitOfWork, order: d.Order, store: str) -> datetime:
    """By when the store has accepted an order: for what it hands over itself, before that cannot be kept any more."""
    if order.handover is None:
        return uow.now + timedelta(hours=uow.setting(settings.ACCEPT_BY, market=order.market))
    within = settings.ACCEPT_WINDOW if order.handover.hours else settings.ACCEPT_HANDOVER
    accept_by = windows.open_after(uow, store, uow.setting(within, market=order.market))
    begins = order.handover.slot_from
    return min(accept_by, begins) if begins is not None and begins > uow.now else accept_by


def miss_deadline(uow: UnitOfWork, order: d.Order, deadline: str) -> d.Order:
    """Mark an order whose group did not act in time, and tell the shop (REV-10).

    What still waits for a decision, or for its store, some time later goes to management (AMB-20).
    """
    late = order.miss(deadline, uow.now)
    if order.problem is None:
        late = replace(late, deadlines={**late.deadlines, **problems.escalation(uow, order.market, deadline)})
    if late.group is not d.Group.CUSTOMER and deadline != "answer_by":
        observe.count("OrdersOverdue", deadline=deadline)
    return uow.put(ORDER, late, d.OrderDeadlineMissed(order_id=order.id, deadline=deadline, group=late.group))
