"""Making goods ready for pickup, and handing them over against the code."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.core.errors import RuleRefused
from chalicelib.core.http import Model, MoneyField, Request
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
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order
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
    def with_pickup(cls, order: Order, pickup: Pickup) -> PickupView:
        return cls(
            **StepView.of(order).model_dump(), place=Point(pickup.place), box=pickup.box, collect_by=pickup.collect_by,
            wrong_tries=pickup.wrong, late=pickup.late,
        )  # fmt: skip


def _shown(request: Request, order: Order) -> PickupView:
    pickup = service.pickup_of(request.uow, order)
    if pickup is None:
        raise RuleRefused("Nothing waits for this order's customer.", rule="FUL-01")
    return PickupView.with_pickup(order, pickup)


@routes.post("/staff/orders/{order_id}/ready", access=STORE, idempotent=True, errors=[NoBoxFree, RuleRefused])
def make_order_ready(request: Request, order_id: str, body: MakeReady) -> PickupView:
    """Put packed goods into the locker or at the desk; the customer is mailed the code (FUL-01 to FUL-06)."""
    point = Point(body.point) if body.point else None
    return _shown(request, service.make_ready(request.uow, order_id, request.principal, point))


@routes.get("/staff/orders/{order_id}/pickup", access=STORE)
def get_pickup(request: Request, order_id: str) -> PickupView:
    """See where an order waits for its customer, and until when."""
    return _shown(request, orders.find_for_staff(request.uow, order_id, request.principal))


@routes.post(
    "/staff/orders/{order_id}/pickup", access=STORE, idempotent=True,
    errors=[WrongCode, CodeLocked, NotPaidYet, AmountDiffers],
)  # fmt: skip
def hand_out_order(request: Request, order_id: str, body: ShownCode) -> StepView:
    """Scan the customer's code and hand the goods over: that confirms receipt and completes the order (FUL-05)."""
    paid = body.paid.payment() if body.paid else None
    message = request.mark.id + request.mark.fingerprint if request.mark else ""
    return StepView.of(service.collect(request.uow, order_id, body.code, request.principal, paid, message))


@routes.post("/staff/orders/{order_id}/pickup-code", access=STORE, idempotent=True)
def issue_pickup_code(request: Request, order_id: str) -> PickupView:
    """Mail the customer a new code in place of one that was lost or locked."""
    return _shown(request, service.issue_code(request.uow, order_id, request.principal))
