"""Which event makes which letter, and what the letter says: one row per event.

A row's function gets the order, the event's data and the unit of work, and answers with the facts for the template of
that name, or None when this event needs no letter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core import config
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service as fulfilment
from chalicelib.invoices import domain as invoices
from chalicelib.markets import service as markets
from chalicelib.orders import domain as orders
from chalicelib.orders.domain import Order
from chalicelib.orders.domain.exceptions import OF_PARCEL
from chalicelib.orders.items import ORDER
from chalicelib.payments import domain as payments
from chalicelib.returns import domain as returns
from chalicelib.returns.items import RETURN
from chalicelib.shipping.domain import shipments
from chalicelib.shipping.items.shipments import SHIPMENT

Facts = Mapping[str, Any]
Teller = Callable[[Order, Any, UnitOfWork], Facts | None]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter's template, what fills it, and where it goes."""

    template: str
    tell: Teller
    to: Callable[[Order], str] = lambda order: order.contact.email


def is_private(data: Any) -> bool:
    """Whether an event is no customer's business: money of no order goes back to whoever sent it without a letter.

    The order that its provider's message named may not exist, or be somebody else's (PAY-09, A10).
    """
    return isinstance(data, payments.RefundSucceeded) and data.reason == payments.RefundReason.UNMATCHED


def about(order: Order) -> Facts:
    """What every letter may name."""
    return {
        "name": order.ship_to.name if order.ship_to else "",
        "order": {
            "id": order.id,
            "placed_at": order.placed_at,
            "total": order.totals.total,
            "gift": {"price": order.gift.price, "message": order.gift.message} if order.gift else None,
            "lines": [{"title": n.title, "quantity": n.quantity, "total": n.total} for n in order.lines],
        },
    }


def _placed(_order: Order, data: orders.OrderPlaced, _uow: UnitOfWork) -> Facts:
    return {"pay_by": data.pay_by}


def _paid(_order: Order, data: orders.OrderPaid, _uow: UnitOfWork) -> Facts:
    return {"amount": data.amount}


def _part_paid(order: Order, data: orders.OrderPartPaid, _uow: UnitOfWork) -> Facts | None:
    """A part has come in (ORD-12); when the rest has, too, the letter about the whole says it all."""
    if order.state is not orders.State.AWAITING_PAYMENT:
        return None
    return {"amount": data.amount, "left": data.outstanding, "pay_by": order.deadlines.get("pay_by")}


def _payment_failed(order: Order, _data: payments.PaymentFailed, _uow: UnitOfWork) -> Facts | None:
    """An attempt that failed matters only while the order still waits for its money (NTF-02)."""
    if order.state is not orders.State.AWAITING_PAYMENT:
        return None
    return {"pay_by": order.deadlines.get("pay_by")}


def _returned_to_customer(order: Order, data: orders.OrderReturnedToCustomer, _uow: UnitOfWork) -> Facts:
    """Every reason, with what staff wrote to it while that is still the present review (NTF-03)."""
    notes = {reason.code: reason.note for reason in order.reasons}
    return {
        "reasons": [{"code": code, "note": notes.get(code, "")} for code in data.reasons],
        "answer_by": data.answer_by,
    }


def _ready(order: Order, data: orders.OrderReadyForPickup, uow: UnitOfWork) -> Facts | None:
    """Where the goods wait, with the code: this letter to the customer is the only place that says it (FUL-01)."""
    if order.state not in (orders.State.READY_LOCKER, orders.State.READY_DESK):
        return None
    waits = _waits(uow, order)
    return {"place": data.place, "to_pay": _at_door(order), **waits} if waits else None


def _part_ready(order: Order, data: orders.DispatchReadyForPickup, uow: UnitOfWork) -> Facts | None:
    """Where a part that could not be handed over waits, with its own code; nothing once it does not wait any more."""
    code = fulfilment.code_of(uow, order, data.store)
    waits = _waits(uow, order, data.store) if code else None
    return {"items": _items_at(order, data.store), **waits} if waits else None


def _waits(uow: UnitOfWork, order: Order, part: str = "") -> dict[str, Any] | None:
    """Where goods wait for their customer, until when, and the code that gives them out."""
    pickup = fulfilment.pickup_of(uow, order.id, part)
    if pickup is None:
        return None
    place = markets.location(pickup.store)
    town = " ".join(word for word in (place.postal_code, place.city, place.region) if word)
    return {
        "store": place.name,
        "address": [*place.lines, town],
        "box": pickup.box,
        "code": fulfilment.code_of(uow, order, part) or "",
        "collect_by": pickup.collect_by,
    }


def _items_at(order: Order, place: str) -> list[dict[str, Any]]:
    return [{"title": part.title, "quantity": part.quantity} for part in order.parts if part.location == place]


def _sent_out(order: Order, _data: orders.OrderSentOut, _uow: UnitOfWork) -> Facts | None:
    """On the way; a letter that comes after the delivery would only puzzle."""
    if order.state is not orders.State.OUT_FOR_DELIVERY:
        return None
    return {"deliver_by": order.deadlines.get("deliver_by"), "to_pay": _at_door(order)}


def _not_handed_over(_order: Order, data: orders.OrderHandoverFailed, _uow: UnitOfWork) -> Facts:
    return {"cause": data.cause}


def _part_not_handed_over(order: Order, data: orders.DispatchHandoverFailed, _uow: UnitOfWork) -> Facts:
    return {"cause": data.cause, "items": _items_at(order, data.store)}


def _part_shipped_again(order: Order, data: orders.DispatchShippedAgain, _uow: UnitOfWork) -> Facts:
    return {"carrier": data.carrier, "waybill": data.waybill, "items": _items_at(order, data.store)}


def _at_door(order: Order) -> Money | None:
    return order.totals.total if order.pays_at_door else None


def _completed(order: Order, _data: orders.OrderCompleted, _uow: UnitOfWork) -> Facts:
    return {"return_days": markets.market(order.market).return_days}


def _invoice(_order: Order, data: invoices.InvoiceIssued, _uow: UnitOfWork) -> Facts:
    where = f"{config.public_url()}/orders/{data.order_id}/invoice"
    return {"number": data.number, "corrects": data.corrects, "amount": data.total, "where": where}


def _invoiced_to(order: Order) -> str:
    return order.invoice.email if order.invoice else order.contact.email


def _cancelled(order: Order, data: orders.OrderCancelled, _uow: UnitOfWork) -> Facts | None:
    """Of an exchange order, its return tells what becomes of the money."""
    if order.exchange is not None:
        return None
    return {"reason": data.reason, "paid_back": data.paid_back}


def _parcel(order: Order, data: Any, uow: UnitOfWork) -> Facts | None:
    """A change of logistics status (LOG-15, LOG-16); shipment events all name carrier and waybill.

    A parcel that holds several orders makes one letter, which names them all; who reads another mail address gets a
    letter of their own (ORD-27).
    """
    shipment = uow.find(SHIPMENT, order.id, data.shipment_id)
    in_parcel = [one.order_id for one in shipment.together] if shipment else []
    uow.load(*(ORDER.ref(number) for number in in_parcel))
    readers = [n for n in in_parcel if uow.get(ORDER, n).contact.email.casefold() == order.contact.email.casefold()]
    if readers and readers[0] != order.id:
        return None
    return {"carrier": data.carrier, "waybill": data.waybill, "together": readers[1:]}


def _part_shipped(order: Order, data: orders.DispatchShipped, _uow: UnitOfWork) -> Facts | None:
    """One of several parts has left; with the last one the order's own letter goes out (RTE-07)."""
    if data.last:
        return None
    return {"carrier": data.carrier, "waybill": data.waybill, "items": _items_at(order, data.store)}


def _rest_cancelled(_order: Order, data: orders.OrderRestCancelled, _uow: UnitOfWork) -> Facts:
    return {"reason": data.reason, "paid_back": data.paid_back}


def _parcel_delivered(order: Order, data: shipments.ShipmentDelivered, uow: UnitOfWork) -> Facts | None:
    """The last parcel completes the order, and that letter says it all."""
    return None if order.state is orders.State.COMPLETED else _parcel(order, data, uow)


def _refunded(_order: Order, data: payments.RefundSucceeded, _uow: UnitOfWork) -> Facts | None:
    """The refund of a return is told by the return."""
    return None if data.reason == payments.RefundReason.RETURN else {"amount": data.amount}


# Returns: every step is told (RET-06, RET-13). The return itself knows titles, notes and deadlines.


def _return(data: Any, uow: UnitOfWork) -> tuple[returns.Return, dict[str, Any]]:
    thing = uow.get(RETURN, data.order_id, data.return_id)
    items = [{"title": n.title, "quantity": n.quantity, "accepted": n.accepted} for n in thing.lines]
    return thing, {"return_id": thing.id, "items": items}


def _return_plain(_order: Order, data: Any, uow: UnitOfWork) -> Facts:
    return _return(data, uow)[1]


def _return_requested(_order: Order, data: returns.ReturnRequested, uow: UnitOfWork) -> Facts | None:
    """A request that was decided meanwhile needs no promise of an answer."""
    thing, facts = _return(data, uow)
    return {**facts, "due": thing.due} if thing.state is returns.State.REQUESTED else None


def _return_kept(_order: Order, data: returns.ReturnApproved, uow: UnitOfWork) -> Facts | None:
    """Where the goods have to come back, the letter with the address says yes."""
    thing, facts = _return(data, uow)
    return {**facts, "amount": thing.refund} if thing.resolution is returns.Resolution.KEEP_GOODS else None


def _return_label(_order: Order, data: returns.ReturnLabelIssued, uow: UnitOfWork) -> Facts | None:
    thing, facts = _return(data, uow)
    if thing.state is not returns.State.AWAITING_PARCEL:
        return None
    place = markets.location(data.return_to)
    town = " ".join(part for part in (place.postal_code, place.city, place.region) if part)
    address = [place.name, *place.lines, town, place.country]
    return {**facts, "label": data.label, "address": address, "send_by": thing.due}


def _return_received(_order: Order, data: returns.ReturnReceived, uow: UnitOfWork) -> Facts | None:
    """Goods that never reached the customer were not sent by the customer either."""
    thing, facts = _return(data, uow)
    return None if returns.Reason.NOT_HANDED_OVER in thing.reasons else facts


def _return_inspected(_order: Order, data: returns.ReturnInspected, uow: UnitOfWork) -> Facts:
    thing, facts = _return(data, uow)
    prepared = thing.exchange_order if thing.state is returns.State.EXCHANGED and not thing.released_early else ""
    return {**facts, "amount": data.refund, "exchange_order": prepared}


def _return_rejected(_order: Order, data: returns.ReturnRejected, uow: UnitOfWork) -> Facts:
    thing, facts = _return(data, uow)
    return {**facts, "reason": data.reason, "note": thing.reject_note}


def _return_refunded(_order: Order, data: returns.ReturnRefunded, uow: UnitOfWork) -> Facts | None:
    """What was never paid for came back: nothing to tell about money."""
    if data.amount.is_zero:
        return None
    return {**_return(data, uow)[1], "amount": data.amount, "to": data.to}


def _exchange_opened(order: Order, data: orders.OrderExchangeOpened, _uow: UnitOfWork) -> Facts | None:
    """The number, what it holds, and that there is nothing to pay (RET-03)."""
    if order.state is orders.State.CANCELLED:
        return None
    waits = order.state is orders.State.AWAITING_RETURN
    return {"exchange_of": data.exchange_of, "return_id": data.return_id, "waits": waits}


def _exchange_called_off(_order: Order, data: returns.ReturnExchangeCalledOff, uow: UnitOfWork) -> Facts | None:
    """What follows for the money; where nothing follows, the letter about the return's end says why."""
    thing, facts = _return(data, uow)
    nothing_accepted = thing.was_inspected and not thing.accepted
    if nothing_accepted or thing.state in (returns.State.EXPIRED, returns.State.CANCELLED):
        return None
    reason = uow.get(ORDER, data.exchange_order).cancelled_for
    here = any(stage.state == "RECEIVED" for stage in thing.history)
    return {
        **facts, "exchange_order": data.exchange_order, "here": here,
        "sold_out": reason is orders.CancelReason.OUT_OF_STOCK,
    }  # fmt: skip


def _goods_owed(_order: Order, data: returns.ReturnGoodsOwed, uow: UnitOfWork) -> Facts | None:
    thing, facts = _return(data, uow)
    titles = {line.line: line.title for line in thing.lines}
    missing = [{"title": titles[units.line], "quantity": units.quantity} for units in data.missing]
    if thing.state is not returns.State.GOODS_OWED:
        return None
    return {**facts, "exchange_order": data.exchange_order, "missing": missing}


def _corrected(order: Order, data: orders.OrderCorrected, _uow: UnitOfWork) -> Facts:
    """What a correction has changed, and whether something is to be paid before the order goes on (AMB-24)."""
    more, waits = data.total - data.total_before, order.state is orders.State.AWAITING_PAYMENT
    return {
        "total": data.total, "total_before": data.total_before, "at_door": order.pays_at_door,
        "to_pay": more if waits and more.minor > 0 else None, "pay_by": order.deadlines.get("pay_by"),
        "paid_back": -more if more.minor < 0 and not order.pays_at_door else None,
    }  # fmt: skip


def _problem(order: Order, data: orders.OrderProblemRaised, _uow: UnitOfWork) -> Facts | None:
    """Goods that are missing (REV-08); what happens to a parcel is told by the letter about the parcel."""
    if data.problem != orders.Problem.OUT_OF_STOCK or order.problem is not orders.Problem.OUT_OF_STOCK:
        return None
    return {"answer_by": data.answer_by}


def _problem_solved(order: Order, data: orders.OrderProblemSolved, _uow: UnitOfWork) -> Facts | None:
    told = data.problem == orders.Problem.OUT_OF_STOCK and order.problem is None
    return {} if told and order.state is not orders.State.CANCELLED else None


def _parcel_problem(order: Order, data: shipments.ShipmentException, uow: UnitOfWork) -> Facts | None:
    """What is wrong, and how soon we deal with it (REV-09, REV-10)."""
    facts, problem = _parcel(order, data, uow), OF_PARCEL.get(data.problem)
    if facts is None:
        return None
    minutes = uow.setting(orders.PLANS[problem].within, order.market) if problem else 0
    return {**facts, "problem": problem.value if problem else "", "within": math.ceil(minutes / 60)}


LETTERS: Final[Mapping[type, Letter]] = {
    orders.OrderPlaced: Letter("order_placed", _placed),
    orders.OrderPaid: Letter("order_paid", _paid),
    orders.OrderPartPaid: Letter("order_part_paid", _part_paid),
    payments.PaymentFailed: Letter("payment_failed", _payment_failed),
    orders.OrderReturnedToCustomer: Letter("order_returned", _returned_to_customer),
    orders.OrderCorrected: Letter("order_corrected", _corrected),
    orders.OrderProblemRaised: Letter("order_out_of_stock", _problem),
    orders.OrderProblemSolved: Letter("order_in_stock_again", _problem_solved),
    orders.OrderReadyForPickup: Letter("order_ready", _ready),
    orders.OrderSentOut: Letter("order_sent_out", _sent_out),
    orders.OrderShipped: Letter("order_shipped", _parcel),
    orders.DispatchShipped: Letter("part_shipped", _part_shipped),
    orders.DispatchHandoverFailed: Letter("part_not_handed_over", _part_not_handed_over),
    orders.DispatchShippedAgain: Letter("part_shipped_again", _part_shipped_again),
    orders.DispatchReadyForPickup: Letter("part_ready", _part_ready),
    orders.OrderRestCancelled: Letter("rest_cancelled", _rest_cancelled),
    orders.OrderHandoverFailed: Letter("handover_failed", _not_handed_over),
    orders.OrderCompleted: Letter("order_completed", _completed),
    orders.OrderCancelled: Letter("order_cancelled", _cancelled),
    orders.OrderExchangeOpened: Letter("exchange_opened", _exchange_opened),
    invoices.InvoiceIssued: Letter("invoice_issued", _invoice, _invoiced_to),
    shipments.ShipmentInTransit: Letter("parcel_in_transit", _parcel),
    shipments.ShipmentCustomsCleared: Letter("parcel_customs_cleared", _parcel),
    shipments.ShipmentOutForDelivery: Letter("parcel_out_for_delivery", _parcel),
    shipments.ShipmentReadyForPickup: Letter("parcel_ready", _parcel),
    shipments.ShipmentDelivered: Letter("parcel_delivered", _parcel_delivered),
    shipments.ShipmentException: Letter("parcel_problem", _parcel_problem),
    payments.RefundSucceeded: Letter("refund_done", _refunded),
    returns.ReturnRequested: Letter("return_requested", _return_requested),
    returns.ReturnApproved: Letter("return_kept", _return_kept),
    returns.ReturnLabelIssued: Letter("return_label", _return_label),
    returns.ReturnReceived: Letter("return_received", _return_received),
    returns.ReturnInspected: Letter("return_inspected", _return_inspected),
    returns.ReturnRejected: Letter("return_rejected", _return_rejected),
    returns.ReturnRefunded: Letter("return_refunded", _return_refunded),
    returns.ReturnExpired: Letter("return_expired", _return_plain),
    returns.ReturnCancelled: Letter("return_cancelled", _return_plain),
    returns.ReturnExchangeCalledOff: Letter("exchange_called_off", _exchange_called_off),
    returns.ReturnGoodsOwed: Letter("exchange_goods_owed", _goods_owed),
}
