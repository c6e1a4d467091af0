"""What happens to a part of an order that could not be handed over, while the rest goes its way (RTE-07, FUL-19)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.events import event


@event("dispatch.handover_failed")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchHandoverFailed:
    """One place's part of an order was refused, not signed for, or not collected (FUL-19).

    Parts that fail in the same round are one case of the customer's (FUL-20).
    """

    order_id: str
    store: str
    cause: str
    by_customer: bool


@event("dispatch.taken_over")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchTakenOver:
    """The store's customer service looks after a part that could not be handed over (FUL-19)."""

    order_id: str
    store: str


@event("dispatch.shipped_again")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchShippedAgain:
    """A courier has a part that could not be handed over once more, in a new parcel (E18, RET-07)."""

    order_id: str
    store: str
    shipment_id: str
    carrier: str
    waybill: str


@event("dispatch.ready_for_pickup")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchReadyForPickup:
    """A part that could not be handed over waits for the customer at its store's desk (E18, RET-07)."""

    order_id: str
    store: str


@event("dispatch.taken_back")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchTakenBack:
    """The goods of a part that could not be handed over are back at its store; the order goes on without them."""

    order_id: str
    store: str


@event("dispatch.completed")
@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchCompleted:
    """The customer has a part whose hand-over had failed: collected at the desk, or delivered after all."""

    order_id: str
    store: str
    proof: str
