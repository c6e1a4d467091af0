"""What a store's system reports about an order, signed as our messages to it are."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from chalicelib.core.auth import SIGNED
from chalicelib.core.cards import card_numbers
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import FieldError, IdempotencyMismatch, Invalid, NotAllowed
from chalicelib.core.events import Actor
from chalicelib.core.http import Id, Model, Request, problem
from chalicelib.core.http.decode import decode
from chalicelib.core.secrets import MissingSecret
from chalicelib.core.signatures import Forged
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.api.steps import BoxBody, ParcelBody
from chalicelib.fulfilment.domain.crush import FragileNotReleased
from chalicelib.fulfilment.service import HandedOver
from chalicelib.orders.domain import Refusal
from chalicelib.partners import service
from chalicelib.partners.domain import Reported, Step
from chalicelib.partners.service import Report
from chalicelib.shipping.service.shipments import WaybillInUse

from .door import routes

#: A report is one object. Bytes.
LARGEST: Final = 32 * 1024
#: What belongs to which status; everything else is refused, as it would be ignored.
_WITH: Final[dict[Step, set[str]]] = {
    Step.PACKED: {"boxes"},
    Step.SHIPPED: {"carrier", "waybill", "label", "parcels"},
    Step.REFUSED: {"reason", "note"},
}


class StatusReport(Model):
    """An order's status, with what belongs to it."""

    status: Step
    boxes: Annotated[list[BoxBody], Field(max_length=100)] = []
    carrier: Annotated[str, Field(max_length=20)] = ""
    waybill: Annotated[str, Field(max_length=50)] = ""
    label: Annotated[str, Field(max_length=200)] = ""
    parcels: Annotated[list[ParcelBody], Field(max_length=20)] = []
    reason: Refusal | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

    @model_validator(mode="after")
    def _what_belongs_to_the_status(self) -> Self:
        given = self.model_fields_set - {"status"} - _WITH.get(self.status, set())
        if given:
            raise ValueError(f"{', '.join(sorted(given))}: not with the status {self.status}")
        if self.status is Step.PACKED and not self.boxes:
            raise ValueError("give the boxes with their weights")
        if self.status is Step.SHIPPED and bool(self.parcels) == bool(self.carrier and self.waybill):
            raise ValueError("give either carrier and waybill, or parcels")
        if self.status is Step.REFUSED and self.reason is None:
            raise ValueError("give a reason")
        return self

    @property
    def report(self) -> Report:
        one = [HandedOver(self.carrier, self.waybill, label=self.label)] if self.waybill else []
        parcels = [parcel.handed for parcel in self.parcels] or one
        boxes = [entry.box for entry in self.boxes]
        return Report(self.status, boxes, parcels, self.reason or Refusal.OTHER, self.note)


class ReportedView(Model):
    """Where the order stands now, and what may come next."""

    order_id: str
    state: str
    store: str | None
    allowed: list[str]

    @classmethod
    def of(cls, done: Reported) -> ReportedView:
        return cls(order_id=done.order_id, state=done.state, store=done.store, allowed=list(done.allowed))


@routes.post(
    "/partners/erp/{store}/orders/{order_id}/status", access=SIGNED, raw=True, commit=False, largest=LARGEST,
    errors=[Forged, MissingSecret, NotAllowed, IdempotencyMismatch, FragileNotReleased, WaybillInUse],
)  # fmt: skip
def take_status(request: Request, store: Id, order_id: str) -> ReportedView:
    """Move an order on as its store's own system says (RTE-03, RTE-04).

    The body is JSON: `status` is `accepted`, `picking`, `packed` (with `boxes`), `shipped` (with `carrier` and
    `waybill`, or `parcels`) or `refused` (with `reason`). It is signed as Standard Webhooks has it, with the endpoint's
    secret, and done once for each `webhook-id`: the same message gets the same answer.
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
