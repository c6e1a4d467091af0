"""What a store's system reports about an order, signed as our messages to it are."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from chalicelib.core.auth import SIGNED
from chalicelib.core.cards import card_numbers
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import FieldError, IdempotencyMismatch, Invalid, NotAllowed
from chalicelib.core.events import Actor
from chalicelib.core.http import Id, Model, Moment, Request, problem
from chalicelib.core.http.decode import decode
from chalicelib.core.secrets import MissingSecret
from chalicelib.core.signatures import Forged
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.api.failures import Decided, FailureCause
from chalicelib.fulfilment.api.pickup import PaidBody
from chalicelib.fulfilment.api.steps import BoxBody, ParcelBody
from chalicelib.fulfilment.domain import AmountDiffers, Cause, CodeLocked, Decision, NotPaidYet, WrongCode
from chalicelib.fulfilment.domain.crush import FragileNotReleased
from chalicelib.fulfilment.domain.failures import DecisionNotOpen
from chalicelib.fulfilment.domain.roster import NotOnRoster
from chalicelib.fulfilment.providers.base import NoBoxFree
from chalicelib.fulfilment.service import HandedOver
from chalicelib.orders.domain import Refusal
from chalicelib.partners import service
from chalicelib.partners.domain import Reported, Step
from chalicelib.partners.service import Report
from chalicelib.shipping.domain.handover import Point, SlotFull
from chalicelib.shipping.service.shipments import WaybillInUse

from .door import routes

#: A report is one object. Bytes.
LARGEST: Final = 32 * 1024
#: What belongs to which status; everything else is refused, as it would be ignored.
_WITH: Final[dict[Step, set[str]]] = {
    Step.PACKED: {"boxes"},
    Step.SHIPPED: {"carrier", "waybill", "label", "parcels"},
    Step.READY: {"point"},
    Step.SENT_OUT: {"person", "due_from", "due_until"},
    Step.COLLECTED: {"code", "paid"},
    Step.DELIVERED: {"paid"},
    Step.HANDOVER_FAILED: {"cause", "by_customer"},
    Step.RESOLVED: {"decision", "person", "deliver_by", "carrier", "waybill", "label"},
    Step.REFUSED: {"reason", "note"},
}
#: What a status cannot be without.
_NEEDED: Final[dict[Step, str]] = {
    Step.PACKED: "boxes",
    Step.COLLECTED: "code",
    Step.HANDOVER_FAILED: "cause",
    Step.RESOLVED: "decision",
    Step.REFUSED: "reason",
}


class StatusReport(Model):
    """An order's status, with what belongs to it."""

    status: Step
    boxes: Annotated[list[BoxBody], Field(max_length=100)] = []
    carrier: Annotated[str, Field(max_length=20)] = ""
    waybill: Annotated[str, Field(max_length=50)] = ""
    label: Annotated[str, Field(max_length=200)] = ""
    parcels: Annotated[list[ParcelBody], Field(max_length=20)] = []
    point: Literal["locker", "desk"] | None = None
    person: Id | None = None
    due_from: Moment | None = None
    due_until: Moment | None = None
    code: Annotated[str, StringConstraints(max_length=40)] = ""
    paid: PaidBody | None = None
    cause: FailureCause | None = None
    by_customer: bool | None = None
    decision: Decided | None = None
    deliver_by: Moment | None = None
    reason: Refusal | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

    @model_validator(mode="after")
    def _what_belongs_to_the_status(self) -> Self:
        given = self.model_fields_set - {"status"} - _WITH.get(self.status, set())
        if given:
            raise ValueError(f"{', '.join(sorted(given))}: not with the status {self.status}")
        needed = _NEEDED.get(self.status)
        if needed is not None and not getattr(self, needed):
            raise ValueError(f"give {needed} with the status {self.status}")
        if self.status is Step.SHIPPED and bool(self.parcels) == bool(self.carrier and self.waybill):
            raise ValueError("give either carrier and waybill, or parcels")
        if self.status is Step.SENT_OUT and (self.due_from or self.due_until) and self.person is None:
            raise ValueError("give the person with an appointment")
        return self

    @property
    def report(self) -> Report:
        one = [HandedOver(self.carrier, self.waybill, label=self.label)] if self.carrier and self.waybill else []
        return Report(
            self.status,
            boxes=[entry.box for entry in self.boxes],
            parcels=[parcel.handed for parcel in self.parcels] or one,
            reason=self.reason or Refusal.OTHER,
            note=self.note,
            point=Point(self.point) if self.point else None,
            person=self.person or "",
            due_from=self.due_from,
            due_until=self.due_until,
            code=self.code,
            paid=self.paid.payment() if self.paid else None,
            cause=Cause(self.cause or Cause.OTHER),
            by_customer=self.by_customer,
            decision=Decision(self.decision or Decision.KEEP_AT_DESK),
            deliver_by=self.deliver_by,
        )


class ReportedView(Model):
    """Where the order stands now, and what may come next."""

    order_id: str
    state: Annotated[str, Field(description="`refused`: the order is the store's no longer.")]
    store: str | None
    allowed: list[str]

    @classmethod
    def of(cls, done: Reported) -> ReportedView:
        return cls(order_id=done.order_id, state=done.state, store=done.store, allowed=list(done.allowed))


@routes.post(
    "/partners/erp/{store}/orders/{order_id}/status", access=SIGNED, raw=True, commit=False, largest=LARGEST,
    errors=[
        Forged, MissingSecret, NotAllowed, IdempotencyMismatch, FragileNotReleased, WaybillInUse, SlotFull, NoBoxFree,
        NotPaidYet, AmountDiffers, WrongCode, CodeLocked, NotOnRoster, DecisionNotOpen,
    ],
)  # fmt: skip
def take_status(request: Request, store: Id, order_id: str) -> ReportedView:
    """Move an order on as its store's own system says (RTE-03, RTE-04).

    The body is JSON: `status` is `accepted`, `picking`, `packed` (with `boxes`), `shipped` (with `carrier` and
    `waybill`, or `parcels`), `ready` (for pickup), `collected` (with the customer's `code`), `sent_out` (with
    `person`), `delivered`, `handover_failed` (with `cause`), `taken_over`, `resolved` (with `decision`) or `refused`
    (with `reason`). What is paid at the door or the desk comes along as `paid`. It is signed as Standard Webhooks has
    it, with the endpoint's secret, and done once for each `webhook-id`: the same message gets the same answer.
    """
    sender = service.sender_of(request.uow, store, request.headers, request.raw_body)
    report = _read(request.raw_body).report
    begin = partial(_begin, request)
    return ReportedView.of(
        service.take(begin, sender, order_id, request.headers["webhook-id"], request.raw_body, report)
    )


def _begin(request: Request, actor: Actor) -> UnitOfWork:
    return UnitOfWork(utc_now(), actor, cause=request.uow.cause, trace=request.trace)


def _read(raw: bytes) -> StatusReport:
    """The body, as strictly read as any other.

    Raises:
        Invalid: names every wrong field.
    """
    document: Any = decode(raw, LARGEST)
    if cards := [*card_numbers(document)]:
        raise Invalid(*(FieldError(pointer, "must not hold a card number") for pointer in cards))
    try:
        return StatusReport.model_validate_json(raw)
    except ValidationError as error:
        raise problem.of_validation(error.errors(include_url=False)) from error  # type: ignore[arg-type]
