"""What ordering tells the other rooms. Ids only: whoever needs a name or an address reads the order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.events import event
from chalicelib.core.money import Money


@event("order.placed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced:
    """The customer has submitted the order; its stock is reserved (ORD-04, ORD-07)."""

    order_id: str
    order_class: str
    customer: str
    market: str
    total: Money
    pay_by: datetime | None


@event("order.paid")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaid:
    """The whole due amount has been captured; the order goes to review (PAY-07)."""

    order_id: str
    payment_id: str
    amount: Money


@event("order.exchange_opened")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExchangeOpened:
    """After-sales has agreed to an exchange: this order takes the place of goods that come back (RET-03, RET-04).

    `worth` is what was paid for them, which the order takes over; nothing is to be paid.
    """

    order_id: str
    exchange_of: str
    return_id: str
    worth: Money


@event("order.part_paid")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPartPaid:
    """A part of the due amount has been captured; the order waits for the rest (ORD-12)."""

    order_id: str
    payment_id: str
    amount: Money
    outstanding: Money


@event("order.cash_agreed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCashAgreed:
    """The customer pays at the door: the order goes to review without a payment (FUL-09, AMB-17)."""

    order_id: str
    amount: Money


@event("order.reviewed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReviewed:
    """The order is normal: it goes to its store (REV-01)."""

    order_id: str


@event("order.returned_to_customer")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReturnedToCustomer:
    """The order is abnormal; the customer corrects it or cancels (REV-03, REV-05)."""

    order_id: str
    reasons: tuple[str, ...]
    answer_by: datetime


@event("order.corrected")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCorrected:
    """A correction has changed what the order costs; the difference is settled before the review (AMB-24)."""

    order_id: str
    total_before: Money
    total: Money


@event("order.resubmitted")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResubmitted:
    """The customer has corrected a returned order; it is reviewed again (REV-03)."""

    order_id: str


@event("order.held")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeld:
    """A person has to look at the order before it goes on (REV-07); without reasons, at what the customer answered."""

    order_id: str
    reasons: tuple[str, ...]


@event("order.routed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRouted:
    """A store or warehouse is responsible for the order (RTE-01).

    `places` are those that each send a part of it, if there are several; `store` is the one that holds most (RTE-07).
    """

    order_id: str
    store: str
    dispatch_by: datetime | None
    places: tuple[str, ...] = ()


@event("order.accepted")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted:
    """The responsible store has taken the order on (RTE-03)."""

    order_id: str
    store: str | None


@event("order.picking_started")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPickingStarted:
    """The goods are being collected from the shelves."""

    order_id: str
    store: str | None


@event("order.packed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPacked:
    """The goods are packed and ready to be handed over."""

    order_id: str
    store: str | None


@event("order.ready_for_pickup")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReadyForPickup:
    """The goods wait for the customer in a locker or at the desk (FUL-02, FUL-04)."""

    order_id: str
    store: str | None
    place: str


@event("order.sent_out")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSentOut:
    """The store's own delivery is on its way to the customer (FUL-07)."""

    order_id: str
    store: str | None


@event("order.shipped")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShipped:
    """The courier has the goods (FUL-13)."""

    order_id: str
    store: str | None
    shipment_id: str
    carrier: str
    waybill: str


@event("order.partly_shipped")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPartlyShipped:
    """The courier has the goods of the first of several places; `store` is where they left from (RTE-07)."""

    order_id: str
    store: str


@event("order.rest_cancelled")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRestCancelled:
    """Of a partly shipped order, the lines that had not left stock are off (ORD-14); `lines` are their ids.

    `paid_back` is what goes back to the customer: to the balance account, or to where it came from.
    """

    order_id: str
    reason: str
    lines: tuple[str, ...]
    paid_back: Money | None
    to_balance: bool


@event("dispatch.routed")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchRouted:
    """A store or warehouse is responsible for a part of an order that comes from several places (RTE-07)."""

    order_id: str
    store: str
    channel: str
    dispatch_by: datetime


@event("dispatch.moved")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchMoved:
    """A store has accepted its part of an order, begun to pick it, or packed it."""

    order_id: str
    store: str
    state: str


@event("dispatch.changed")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchChanged:
    """A store has less to send than before: lines of its part were cancelled."""

    order_id: str
    store: str


@event("dispatch.shipped")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchShipped:
    """The courier has one place's part of an order; `last`: with it, all of the order has left."""

    order_id: str
    store: str
    shipment_id: str
    carrier: str
    waybill: str
    last: bool


@event("dispatch.cancelled")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchCancelled:
    """A store no longer has to do with an order: it was cancelled, or is served from elsewhere."""

    order_id: str
    store: str


@event("order.handover_failed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHandoverFailed:
    """Not collected, not received, refused or not signed for (FUL-19); cases caused by the customer count (FUL-20)."""

    order_id: str
    cause: str
    by_customer: bool


@event("order.cause_corrected")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCauseCorrected:
    """Staff have found that the hand-over failed for another cause than told (FUL-20); for the shop only.

    `attempt` counts the order's failed hand-overs from 1 on.
    """

    order_id: str
    by_customer: bool
    note: str
    attempt: int = 1


@event("order.taken_over")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTakenOver:
    """The store's customer service handles the failed hand-over (FUL-19)."""

    order_id: str
    store: str | None


@event("order.taken_back")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTakenBack:
    """The goods of a failed hand-over come back to the store."""

    order_id: str
    store: str | None


@event("order.completed")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted:
    """The customer has the goods (ORD-20, FUL-14); the review window opens (AMB-09)."""

    order_id: str
    proof: str


@event("order.invoice_asked")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInvoiceAsked:
    """An invoice was asked for, or whom it is made out to was corrected, after the order was placed (ORD-09)."""

    order_id: str


@event("order.invoice_due")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInvoiceDue:
    """A completed order's customer has asked for an invoice (ORD-08, ORD-09)."""

    order_id: str


@event("order.cancelled")
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """The order is off and its stock is free again (ORD-14).

    `paid_back` is what goes back to the customer: to the balance account, or to where it came from.
    """

    order_id: str
    reason: str
    paid_back: Money | None
    to_balance: bool
