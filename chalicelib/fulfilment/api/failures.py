"""Hand-overs that failed, and what the store's customer service does about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.http import Id, Model, Moment, Request
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import Cause, Decision
from chalicelib.fulfilment.domain.consignment import CannotGoTogether
from chalicelib.fulfilment.domain.failures import WHY_TEXTS, DecisionNotOpen, Option
from chalicelib.fulfilment.domain.roster import NotOnRoster
from chalicelib.fulfilment.service import HandedOver
from chalicelib.orders.domain import Dispatch, Order
from chalicelib.orders.service import WhichPlace
from chalicelib.shipping.service.shipments import WaybillInUse

from .door import STORE, STORE_AND_DESK, routes
from .steps import StepView

FailureCause = Literal[
    "not_collected", "not_received", "refused", "not_signed", "wrong_address", "damaged", "shop_late", "other"
]
Decided = Literal["keep_at_desk", "deliver_again", "ship_again", "take_back"]


class FailDispatch(Model):
    """Why the customer does not have a part of an order (FUL-19)."""

    cause: FailureCause
    by_customer: Annotated[
        bool | None, Field(description="Whose fault, when the cause does not say it right (FUL-20).")
    ] = None


class FailHandover(FailDispatch):
    """Why the customer does not have the goods (FUL-19)."""

    others: Annotated[
        list[Id],
        Field(max_length=7, description="Own deliveries that failed at the same door with it; one visit counts once."),
    ] = []


class ResolveHandover(Model):
    """What becomes of the goods (RET-07)."""

    decision: Decided
    person: Annotated[Id | None, Field(description="Who delivers again.")] = None
    carrier: Annotated[str, Field(max_length=20, description="Of the new parcel, for ship_again.")] = ""
    waybill: Annotated[str, Field(max_length=50, description="Its own number, not the old parcel's.")] = ""
    label: Annotated[str, Field(max_length=200, description="Where the copy of the label is kept.")] = ""
    deliver_by: Annotated[Moment | None, Field(description="By when, for a new delivery.")] = None


class OptionView(Model):
    """One decision, and whether it is open for these goods (RET-07)."""

    decision: Decision
    open: bool
    reason: Annotated[str, Field(description="Why it is not open: damaged, fresh_too_long, no_desk, …; else empty.")]
    text: str
    until: Annotated[datetime | None, Field(description="By when fresh goods must be with their customer.")]

    @classmethod
    def of(cls, option: Option) -> OptionView:
        why = option.why_not
        return cls(
            decision=option.decision, open=why is None, reason=why.value if why else "",
            text=WHY_TEXTS[why] if why else "", until=option.until,
        )  # fmt: skip


class HandlingView(StepView):
    """A failed hand-over, and what may become of the goods."""

    decisions: list[OptionView]

    @classmethod
    def with_options(cls, order: Order | Dispatch, options: tuple[Option, ...]) -> HandlingView:
        return cls(**StepView.of(order).model_dump(), decisions=[OptionView.of(option) for option in options])


@routes.post(
    "/staff/orders/{order_id}/handover-failed", access=STORE, idempotent=True, errors=[CannotGoTogether, WhichPlace]
)
def fail_handover(request: Request, order_id: str, body: FailHandover) -> StepView:
    """Note that goods were not collected, not received, refused or not signed for (FUL-19, FUL-20).

    Of an order that leaves from several places it is the caller's own part.
    """
    return _failed(request, order_id, body, others=body.others)


@routes.post("/staff/orders/{order_id}/take-over", access=STORE_AND_DESK, idempotent=True, errors=[WhichPlace])
def take_over_order(request: Request, order_id: str) -> HandlingView:
    """The store's customer service looks after a failed hand-over, and sees what it may decide (FUL-19, RET-07)."""
    return _taken_over(request, order_id)


@routes.get("/staff/orders/{order_id}/decisions", access=STORE_AND_DESK, errors=[WhichPlace])
def get_decisions(request: Request, order_id: str) -> HandlingView:
    """See what may become of goods whose hand-over has failed, and why not what not (RET-07)."""
    return HandlingView.with_options(*service.options(request.uow, order_id, request.principal))


@routes.post(
    "/staff/orders/{order_id}/resolve", access=STORE_AND_DESK, idempotent=True,
    errors=[DecisionNotOpen, WaybillInUse, NotOnRoster, WhichPlace],
)  # fmt: skip
def resolve_handover(request: Request, order_id: str, body: ResolveHandover) -> StepView:
    """Keep the goods at the desk, bring them again (by the shop's people or by courier) or take them back (RET-07)."""
    return _resolved(request, order_id, body)


# The same for one place's part of an order, for whoever works for several of them (RTE-07).


@routes.post("/staff/orders/{order_id}/dispatches/{store}/handover-failed", access=STORE, idempotent=True)
def fail_dispatch(request: Request, order_id: str, store: Id, body: FailDispatch) -> StepView:
    """Note that a place's part of an order did not reach the customer; the rest goes its way (FUL-19, RTE-07)."""
    return _failed(request, order_id, body, store=store)


@routes.post("/staff/orders/{order_id}/dispatches/{store}/take-over", access=STORE_AND_DESK, idempotent=True)
def take_over_dispatch(request: Request, order_id: str, store: Id) -> HandlingView:
    """The store's customer service looks after a part that could not be handed over (FUL-19, RTE-07)."""
    return _taken_over(request, order_id, store)


@routes.get("/staff/orders/{order_id}/dispatches/{store}/decisions", access=STORE_AND_DESK)
def get_dispatch_decisions(request: Request, order_id: str, store: Id) -> HandlingView:
    """See what may become of a part whose hand-over has failed, and why not what not (RET-07, RTE-07)."""
    return HandlingView.with_options(*service.options(request.uow, order_id, request.principal, store))


@routes.post(
    "/staff/orders/{order_id}/dispatches/{store}/resolve", access=STORE_AND_DESK, idempotent=True,
    errors=[DecisionNotOpen, WaybillInUse],
)  # fmt: skip
def resolve_dispatch(request: Request, order_id: str, store: Id, body: ResolveHandover) -> StepView:
    """Send a part by courier again, keep it at the place's desk, or take it back: the order goes on without it, and
    what it cost comes back to the customer by the part's return (RET-07, RTE-07)."""
    return _resolved(request, order_id, body, store)


def _failed(
    request: Request, order_id: str, body: FailDispatch, *, others: Sequence[str] = (), store: str = ""
) -> StepView:
    failed = service.fail(
        request.uow, order_id, request.principal, Cause(body.cause), by_customer=body.by_customer, others=others,
        store=store,
    )  # fmt: skip
    return StepView.of(failed)


def _taken_over(request: Request, order_id: str, store: str = "") -> HandlingView:
    service.take_over(request.uow, order_id, request.principal, store)
    return HandlingView.with_options(*service.options(request.uow, order_id, request.principal, store))


def _resolved(request: Request, order_id: str, body: ResolveHandover, store: str = "") -> StepView:
    parcel = HandedOver(body.carrier, body.waybill, label=body.label) if body.carrier and body.waybill else None
    moved = service.resolve(
        request.uow, order_id, request.principal, Decision(body.decision), person=body.person or "",
        deliver_by=body.deliver_by, parcel=parcel, store=store,
    )  # fmt: skip
    return StepView.of(moved)
