"""Hand-overs that failed, and what the store's customer service does about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from chalicelib.core.http import Id, Model, Request
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain import Cause, Decision

from .door import STORE, STORE_AND_DESK, routes
from .steps import StepView


class FailHandover(Model):
    """Why the customer does not have the goods (FUL-19)."""

    cause: Literal[
        "not_collected", "not_received", "refused", "not_signed", "wrong_address", "damaged", "shop_late", "other"
    ]
    by_customer: Annotated[
        bool | None, Field(description="Whose fault, when the cause does not say it right (FUL-20).")
    ] = None


class ResolveHandover(Model):
    """What becomes of the goods (RET-07)."""

    decision: Literal["keep_at_desk", "deliver_again", "take_back"]
    person: Annotated[Id | None, Field(description="Who delivers again.")] = None
    deliver_by: Annotated[AwareDatetime | None, Field(strict=False, description="By when, for a new delivery.")] = None


@routes.post("/staff/orders/{order_id}/handover-failed", access=STORE, idempotent=True)
def fail_handover(request: Request, order_id: str, body: FailHandover) -> StepView:
    """Note that goods were not collected, not received, refused or not signed for (FUL-19, FUL-20)."""
    order = service.fail(request.uow, order_id, request.principal, Cause(body.cause), by_customer=body.by_customer)
    return StepView.of(order)


@routes.post("/staff/orders/{order_id}/take-over", access=STORE_AND_DESK, idempotent=True)
def take_over_order(request: Request, order_id: str) -> StepView:
    """The store's customer service looks after a failed hand-over (FUL-19)."""
    return StepView.of(service.take_over(request.uow, order_id, request.principal))


@routes.post("/staff/orders/{order_id}/resolve", access=STORE_AND_DESK, idempotent=True)
def resolve_handover(request: Request, order_id: str, body: ResolveHandover) -> StepView:
    """Keep the goods at the desk, deliver them again or take them back (RET-07)."""
    order = service.resolve(
        request.uow, order_id, request.principal, Decision(body.decision), person=body.person or "",
        deliver_by=body.deliver_by,
    )  # fmt: skip
    return StepView.of(order)
