"""Making goods ready for pickup, and handing them over against the code."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.core.errors import RuleRefused
from chalicelib.core.http import Id, Model, MoneyField, Request
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import (
    AmountDiffers,
    CodeLocked,
    DoorPayment,
    NotPaidYet,
    PaidWith,
    Pickup,
    WrongCode,
)
from chalicelib.fulfilment.providers.base import NoBoxFree
from chalicelib.orders.domain import Dispatch, Order
from chalicelib.shipping.domain.handover import Point

from .door import STORE, routes
from .steps import StepView

Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class MakeReady(Model):
    """Where the goods wait, if not where the customer chose: the desk in place of the locker, not the other way."""

    point: Literal["locker", "desk"] | None = None


class PaidBody(Model):
    """What the customer gave at the door or the desk."""

    paid_with: Literal["cash", "card"]
    amount: MoneyField
    slip: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9-]{0,40}$"), Field(description="Number of the card slip.")
    ] = ""

    def payment(self) -> DoorPayment:
        return DoorPayment(PaidWith(self.paid_with), self.amount, self.slip)


class ShownCode(Model):
    """The code that the customer shows, typed or scanned."""

    code: Code
    paid: Annotated[PaidBody | None, Field(description="Of an order that is paid when it is handed over.")] = None


class PickupView(StepView):
    """Where the goods wait. The code is told to nobody but the customer."""

    place: Point
    box: Annotated[str, Field(description="The locker's box to put the goods in; empty at the desk.")]
    collect_by: datetime
    wrong_tries: int
    late: Annotated[bool, Field(description="The locker reported the pickup after it had counted as failed.")]

    @classmethod
    def with_pickup(cls, order: Order | Dispatch, pickup: Pickup) -> PickupView:
        return cls(
            **StepView.of(order).model_dump(), place=Point(pickup.place), box=pickup.box, collect_by=pickup.collect_by,
            wrong_tries=pickup.wrong, late=pickup.late,
        )  # fmt: skip


def _shown(request: Request, moved: Order | Dispatch) -> PickupView:
    place = moved.store if isinstance(moved, Dispatch) else ""
    pickup = service.pickup_of(request.uow, moved.id, place)
    if pickup is None:
        raise RuleRefused("Nothing waits for this order's customer.", rule="FUL-01")
    return PickupView.with_pickup(moved, pickup)


@routes.post("/staff/orders/{order_id}/ready", access=STORE, idempotent=True, errors=[NoBoxFree, RuleRefused])
def make_order_ready(request: Request, order_id: str, body: MakeReady) -> PickupView:
    """Put packed goods into the locker or at the desk; the customer is mailed the code (FUL-01 to FUL-06)."""
    point = Point(body.point) if body.point else None
    return _shown(request, service.make_ready(request.uow, order_id, request.principal, point))


@routes.get("/staff/orders/{order_id}/pickup", access=STORE)
def get_pickup(request: Request, order_id: str) -> PickupView:
    """See where an order, or one's own part of it, waits for its customer, and until when."""
    return _shown(request, service.waiting(request.uow, order_id, request.principal))


@routes.post(
    "/staff/orders/{order_id}/pickup", access=STORE, idempotent=True,
    errors=[WrongCode, CodeLocked, NotPaidYet, AmountDiffers],
)  # fmt: skip
def hand_out_order(request: Request, order_id: str, body: ShownCode) -> StepView:
    """Scan the customer's code and hand the goods over: that confirms receipt and completes the order (FUL-05)."""
    return _handed_out(request, order_id, body)


@routes.post("/staff/orders/{order_id}/pickup-code", access=STORE, idempotent=True)
def issue_pickup_code(request: Request, order_id: str) -> PickupView:
    """Mail the customer a new code in place of one that was lost or locked."""
    return _shown(request, service.issue_code(request.uow, order_id, request.principal))


# The same for one place's part of an order that could not be handed over, and is kept at its desk (RTE-07, RET-07).


@routes.get("/staff/orders/{order_id}/dispatches/{store}/pickup", access=STORE)
def get_dispatch_pickup(request: Request, order_id: str, store: Id) -> PickupView:
    """See until when a part of an order waits for its customer."""
    return _shown(request, service.waiting(request.uow, order_id, request.principal, store))


@routes.post(
    "/staff/orders/{order_id}/dispatches/{store}/pickup", access=STORE, idempotent=True, errors=[WrongCode, CodeLocked]
)
def hand_out_dispatch(request: Request, order_id: str, store: Id, body: ShownCode) -> StepView:
    """Scan the customer's code and hand a part of an order over; the last part completes the order (FUL-05, RTE-07)."""
    return _handed_out(request, order_id, body, store)


@routes.post("/staff/orders/{order_id}/dispatches/{store}/pickup-code", access=STORE, idempotent=True)
def issue_dispatch_code(request: Request, order_id: str, store: Id) -> PickupView:
    """Mail the customer a new code for a part of an order that waits at the desk."""
    return _shown(request, service.issue_code(request.uow, order_id, request.principal, store))


def _handed_out(request: Request, order_id: str, body: ShownCode, store: str = "") -> StepView:
    paid = body.paid.payment() if body.paid else None
    message = request.mark.id + request.mark.fingerprint if request.mark else ""
    return StepView.of(service.collect(request.uow, order_id, body.code, request.principal, paid, message, store))
