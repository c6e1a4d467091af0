"""What happened to a return. Ids and amounts only: what people wrote stays in the return."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.events import event
from chalicelib.core.money import Money


@dataclass(frozen=True, slots=True)
class ReturnedUnits:
    """Units of one order line."""

    line: str
    sku: str
    quantity: int


@event("return.requested")
@dataclass(frozen=True, slots=True)
class ReturnRequested:
    """A customer asks to send goods back; `estimate` is what they would be refunded with."""

    return_id: str
    order_id: str
    market: str
    estimate: Money
    lines: tuple[ReturnedUnits, ...]


@event("return.approved")
@dataclass(frozen=True, slots=True)
class ReturnApproved:
    """After-sales (or the low-value rule) agrees. `resolution`: `refund` or `keep_goods`."""

    return_id: str
    order_id: str
    resolution: str


@event("return.label_issued")
@dataclass(frozen=True, slots=True)
class ReturnLabelIssued:
    """The customer has been told where to send the parcel and who pays. `label`: `prepaid` or `own_cost`."""

    return_id: str
    order_id: str
    label: str
    return_to: str


@event("return.rejected")
@dataclass(frozen=True, slots=True)
class ReturnRejected:
    """The return ends without a refund, for a stated reason."""

    return_id: str
    order_id: str
    reason: str


@event("return.cancelled")
@dataclass(frozen=True, slots=True)
class ReturnCancelled:
    """The customer keeps the goods after all."""

    return_id: str
    order_id: str


@event("return.received")
@dataclass(frozen=True, slots=True)
class ReturnReceived:
    """The parcel has arrived at the location `at`."""

    return_id: str
    order_id: str
    at: str


@event("return.inspected")
@dataclass(frozen=True, slots=True)
class ReturnInspected:
    """The goods have been looked at; `accepted` will be refunded with `refund`."""

    return_id: str
    order_id: str
    accepted: tuple[ReturnedUnits, ...]
    refund: Money


@event("return.released")
@dataclass(frozen=True, slots=True)
class ReturnReleased:
    """The refund is on its way to the payment provider under `key`."""

    return_id: str
    order_id: str
    amount: Money
    key: str


@event("return.refund_blocked")
@dataclass(frozen=True, slots=True)
class ReturnRefundBlocked:
    """The refund did not go through by itself; finance decides. `reason` is a machine-readable word."""

    return_id: str
    order_id: str
    reason: str


@event("return.refunded")
@dataclass(frozen=True, slots=True)
class ReturnRefunded:
    """The customer has the money. `to`: `original` payment method or the customer's `balance`."""

    return_id: str
    order_id: str
    amount: Money
    to: str


@event("return.exchange_ordered")
@dataclass(frozen=True, slots=True)
class ReturnExchangeOrdered:
    """After-sales agrees to an exchange: `exchange_order` holds the goods that the customer gets (RET-03)."""

    return_id: str
    order_id: str
    exchange_order: str


@event("return.exchange_released")
@dataclass(frozen=True, slots=True)
class ReturnExchangeReleased:
    """The exchange order goes to its store; `worth` is the value that has moved to it (RET-04)."""

    return_id: str
    order_id: str
    exchange_order: str
    worth: Money


@event("return.exchanged")
@dataclass(frozen=True, slots=True)
class ReturnExchanged:
    """The return ends: other goods have taken the place of these."""

    return_id: str
    order_id: str
    exchange_order: str


@event("return.exchange_called_off")
@dataclass(frozen=True, slots=True)
class ReturnExchangeCalledOff:
    """There is no exchange order any more; what comes back is paid back."""

    return_id: str
    order_id: str
    exchange_order: str


@event("return.goods_owed")
@dataclass(frozen=True, slots=True)
class ReturnGoodsOwed:
    """The exchange order has gone out, and these units did not come back in order; after-sales sees to it."""

    return_id: str
    order_id: str
    exchange_order: str
    missing: tuple[ReturnedUnits, ...]


@event("return.expired")
@dataclass(frozen=True, slots=True)
class ReturnExpired:
    """The parcel was not sent in time."""

    return_id: str
    order_id: str


@event("return.overdue")
@dataclass(frozen=True, slots=True)
class ReturnOverdue:
    """A desk has let its time pass; the work stays on its list with a new one (RET-13)."""

    return_id: str
    order_id: str
    desk: str
