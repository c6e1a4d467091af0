"""Bodies and answers of returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.http import Id, Model, MoneyField, Query
from chalicelib.core.marks import Mark
from chalicelib.markets import service as markets
from chalicelib.returns.domain import (
    Condition,
    Desk,
    Disposition,
    Label,
    Reason,
    RejectReason,
    Resolution,
    Return,
    ReturnLine,
    State,
    allowed_in,
)
from chalicelib.returns.items import ReturnCard

Units = Annotated[int, Field(ge=1, le=9_999)]


class ReturnAddress(Model):
    """Where the parcel goes."""

    name: str
    lines: Sequence[str]
    city: str
    region: str
    postal_code: str
    country: str


class WantedLine(Model):
    """Units of one line of the order."""

    line: Id
    quantity: Units
    reason: Reason


class RequestReturn(Model):
    """What comes back, and why."""

    lines: Annotated[list[WantedLine], Field(min_length=1, max_length=100)]
    note: Annotated[str, Field(max_length=1000, description="What the customer wants to add.")] = ""


class WantedExchange(WantedLine):
    """Units of one line of the order, and what is wanted for them."""

    sku: Annotated[Id | None, Field(description="Another variant of the product; without it the same again.")] = None


class RequestExchange(Model):
    """What comes back, why, and what is wanted for it. Thirty lines at most: they move in one transaction."""

    lines: Annotated[list[WantedExchange], Field(min_length=1, max_length=30)]
    note: Annotated[str, Field(max_length=1000, description="What the customer wants to add.")] = ""


class ReplacementView(Model):
    """What the customer gets for the units of a line."""

    line: str
    sku: str
    title: str


class ReturnLineView(Model):
    """One line of a return. `accepted` and `rejected` are known after the inspection, `refund` once settled."""

    line: str
    sku: str
    title: str
    quantity: int
    reason: Reason
    accepted: int
    rejected: int
    refund: MoneyField | None

    @classmethod
    def of(cls, line: ReturnLine) -> ReturnLineView:
        return cls(
            line=line.line, sku=line.sku, title=line.title, quantity=line.quantity, reason=line.reason,
            accepted=line.accepted, rejected=line.rejected, refund=line.refund,
        )  # fmt: skip


class StageView(Model):
    """A state that a return was in."""

    state: State
    entered_at: datetime
    left_at: datetime | None


class StaffStageView(StageView):
    """A state that a return was in, or the part of it in which one desk had it."""

    desk: Desk | None


def staff_stages_of(thing: Return) -> list[StaffStageView]:
    """Every stage with the desk that had it."""
    ends = [*(stage.at for stage in thing.history[1:]), None]
    return [
        StaffStageView(state=stage.state, desk=stage.desk, entered_at=stage.at, left_at=end)
        for stage, end in zip(thing.history, ends, strict=True)
    ]


def stages_of(thing: Return) -> list[StageView]:
    """Every state as the customer sees it: whose desk it was on is not theirs to know."""
    found = [stage for n, stage in enumerate(thing.history) if n == 0 or stage.state is not thing.history[n - 1].state]
    ends = [*(stage.at for stage in found[1:]), None]
    return [
        StageView(state=stage.state, entered_at=stage.at, left_at=end) for stage, end in zip(found, ends, strict=True)
    ]


class ReturnView(Model):
    """A return as its customer sees it; `id` is its number, to be written on the parcel."""

    id: str
    order_id: str
    state: State
    allowed: Sequence[str]
    lines: Sequence[ReturnLineView]
    resolution: Resolution
    label: Label | None
    return_to: ReturnAddress | None
    estimate: MoneyField
    shipping_refund: MoneyField | None
    refund: MoneyField | None
    refunded_to: str
    rejected_for: RejectReason | None
    rejected_because: str
    note: str
    replacements: Annotated[Sequence[ReplacementView], Field(description="Empty when no exchange was asked for.")]
    exchange_order: Annotated[str, Field(description="The number of the exchange order, once there is one.")]
    requested_at: datetime
    due: datetime | None
    stages: Annotated[Sequence[StageView], Field(description="Oldest first (ORD-16).")]

    @classmethod
    def of(cls, thing: Return) -> ReturnView:
        return cls(
            id=thing.id, order_id=thing.order_id, state=thing.state,
            allowed=["cancel"] if "cancel" in allowed_in(thing.state) else [],
            lines=[ReturnLineView.of(line) for line in thing.lines], resolution=thing.resolution, label=thing.label,
            return_to=address_of(thing.return_to) if thing.label is not None else None, estimate=thing.estimate,
            shipping_refund=None if thing.is_exchange else thing.shipping_refund,
            refund=None if thing.is_exchange else thing.refund, refunded_to=thing.refunded_to,
            replacements=replacements_of(thing), exchange_order=thing.exchange_order,
            rejected_for=thing.reject_reason, rejected_because=thing.reject_note, note=thing.note,
            requested_at=thing.requested_at, due=thing.due, stages=stages_of(thing),
        )  # fmt: skip


def replacements_of(thing: Return) -> list[ReplacementView]:
    return [ReplacementView(line=one.line, sku=one.sku, title=one.title) for one in thing.replacements]


class ReturnList(Model):
    """The returns of one order, oldest first."""

    items: Sequence[ReturnView]


class StaffReturnLineView(ReturnLineView):
    """A line with what the inspection noted."""

    goods: str
    condition: Condition | None
    disposition: Disposition | None

    @classmethod
    def of(cls, line: ReturnLine) -> StaffReturnLineView:
        seen = ReturnLineView.of(line).model_dump()
        return cls(**seen, goods=line.goods.value, condition=line.condition, disposition=line.disposition)


class StaffReturnView(Model):
    """A return as staff see it."""

    id: str
    order_id: str
    state: State
    allowed: Sequence[str]
    desk: Desk | None
    market: str
    store: str
    return_to: str
    lines: Sequence[StaffReturnLineView]
    resolution: Resolution
    label: Label | None
    waybill: str
    note: str
    estimate: MoneyField
    shipping_refund: MoneyField | None
    refund: MoneyField | None
    refunded_to: str
    refund_key: str
    blocked_for: str
    block_is_final: bool
    rejected_for: RejectReason | None
    rejected_because: str
    replacements: Sequence[ReplacementView]
    exchange_order: str
    owed: Annotated[dict[str, int], Field(description="Units by line that were exchanged and did not come back.")]
    escalated: bool
    claimed_by: Annotated[str, Field(description="Who has taken it up; empty: nobody.")]
    mark: Mark
    requested_at: datetime
    due: datetime | None
    stages: Annotated[Sequence[StaffStageView], Field(description="Oldest first (ORD-16).")]

    @classmethod
    def of(cls, thing: Return) -> StaffReturnView:
        return cls(
            id=thing.id, order_id=thing.order_id, state=thing.state, allowed=allowed_in(thing.state), desk=thing.desk,
            market=thing.market, store=thing.store, return_to=thing.return_to,
            lines=[StaffReturnLineView.of(line) for line in thing.lines], resolution=thing.resolution,
            label=thing.label, waybill=thing.waybill, note=thing.note, estimate=thing.estimate,
            shipping_refund=thing.shipping_refund, refund=thing.refund, refunded_to=thing.refunded_to,
            refund_key=thing.refund_key if thing.attempt else "",
            blocked_for=thing.block.reason.value if thing.block else "",
            block_is_final=thing.block is not None and thing.block.final, rejected_for=thing.reject_reason,
            rejected_because=thing.reject_note, replacements=replacements_of(thing),
            exchange_order=thing.exchange_order, owed=thing.owed, escalated=thing.escalated,
            claimed_by=thing.claimed_by, mark=thing.mark,
            requested_at=thing.requested_at, due=thing.due, stages=staff_stages_of(thing),
        )  # fmt: skip


class ReturnCardView(Model):
    """A return on a work list."""

    id: str
    order_id: str
    state: State
    store: str
    return_to: str
    units: int
    estimate: MoneyField
    refund: MoneyField | None
    requested_at: datetime
    due: datetime | None
    mark: Annotated[Mark, Field(description="The colour it gets (ORD-17).")]
    claimed_by: str

    @classmethod
    def of(cls, card: ReturnCard) -> ReturnCardView:
        return cls(
            id=card.id, order_id=card.order_id, state=card.state, store=card.store, return_to=card.return_to,
            units=card.units, estimate=card.estimate, refund=card.refund, requested_at=card.requested_at, due=card.due,
            mark=card.mark, claimed_by=card.claimed_by,
        )  # fmt: skip


class PolicyView(Model):
    """The return policy of a market (RET-01)."""

    market: str
    return_within_days: int
    faulty_fresh_goods_within_hours: int
    send_within_days: int
    decided_within_hours: int
    inspected_within_hours: int
    label: Label
    label_for_faults: Label
    resolution: Resolution
    shipping_refunded_with_whole_order: bool
    not_returnable: Sequence[str]
    only_unopened: Sequence[str]
    reasons: Sequence[Reason]
    faults: Sequence[Reason]


def address_of(location_id: str) -> ReturnAddress:
    place = markets.location(location_id)
    return ReturnAddress(
        name=place.name, lines=list(place.lines), city=place.city, region=place.region, postal_code=place.postal_code,
        country=place.country,
    )  # fmt: skip


class WorkListQuery(Query):
    """Which desk's list; a store's staff see their own store's."""

    desk: Desk = Desk.AFTER_SALES
    store: Annotated[str, Field(max_length=32, description="Location id; needed for every desk of a store.")] = ""
    mark: Annotated[Mark | Literal[""], Field(description="Only returns of this colour (ORD-17).")] = ""


class ApproveReturn(Model):
    """`resolution` decides whether the goods come back; without it the market's own way applies (RET-08)."""

    resolution: Resolution | None = None


class RejectReturn(Model):
    """Why there is no money; the customer is told both."""

    reason: RejectReason
    note: Annotated[str, Field(max_length=1000)] = ""


class WriteOffGoods(Model):
    """Why the shop does not wait any longer for goods that were exchanged; for the shop."""

    note: Annotated[str, Field(min_length=1, max_length=1000)]


class ReceiveReturn(Model):
    """The parcel's waybill, when it has one."""

    waybill: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9-]*$")] = ""


class InspectedLineBody(Model):
    """What came of one line; units that are neither accepted nor rejected never came."""

    line: Id
    accepted: Annotated[int, Field(ge=0, le=9_999)]
    rejected: Annotated[int, Field(ge=0, le=9_999)] = 0
    condition: Condition
    disposition: Disposition


class InspectReturn(Model):
    """Every line of the return, once."""

    lines: Annotated[list[InspectedLineBody], Field(min_length=1, max_length=100)]
