"""The return itself: its lines, its machine, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.auth import Owner
from chalicelib.core.errors import FieldError, Invalid, NotAllowed, RuleRefused
from chalicelib.core.money import Money

from .machine import ALLOWED, CLOSED, DEADLINES, DESKS, STEPS, Command, Desk, State, Step, allowed_in
from .policy import FAULTS, GoodsClass, Label, Reason, Resolution, Terms
from .tally import Settlement


class Condition(StrEnum):
    """How the goods look when they arrive."""

    UNOPENED = "unopened"
    LIKE_NEW = "like_new"
    USED = "used"
    DAMAGED = "damaged"


class Disposition(StrEnum):
    """What becomes of accepted goods."""

    RESTOCK = "restock"
    WRITE_OFF = "write_off"


#: Only these can be sold again.
SELLABLE: Final = frozenset({Condition.UNOPENED, Condition.LIKE_NEW})


class RejectReason(StrEnum):
    """Why a return ends without money; the customer is told which (RET-13)."""

    NOT_COVERED = "not_covered"
    NO_EVIDENCE = "no_evidence"
    NOT_ACCEPTED = "not_accepted"
    ALREADY_PAID_BACK = "already_paid_back"
    OTHER = "other"


class BlockReason(StrEnum):
    """Why a refund did not go through by itself."""

    REFUSED = "refused"
    FAILED = "failed"
    DISPUTED = "disputed"
    NOT_ENOUGH_CAPTURED = "not_enough_captured"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one order line on their way back.

    Args:
        line: the order line.
        accepted, rejected: units found by the inspection; what is missing of `quantity` never came.
        refund: what is paid back for this line, once settled.
    """

    line: str
    sku: str
    title: str
    quantity: int
    reason: Reason
    goods: GoodsClass = GoodsClass.STANDARD
    accepted: int = 0
    rejected: int = 0
    condition: Condition | None = None
    disposition: Disposition | None = None
    refund: Money | None = None


@dataclass(frozen=True, slots=True)
class InspectedLine:
    """What the inspection says about one line."""

    line: str
    accepted: int
    rejected: int
    condition: Condition
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Block:
    """A refund that did not go through. `final`: it is certain that no money left, so another way may be taken."""

    reason: BlockReason
    final: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """A workflow that waits for this return to leave `state`."""

    token: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Goods on their way back (RET-02, RET-03); the id is its number, of class R (ORD-06).

    Args:
        owner: who may see it; the owner of the order.
        store: the responsible store, whose finance desk pays back (RET-05).
        return_to: the location the parcel goes to.
        estimate: what the request would be refunded with, shipping not counted.
        payment_id: the payment that is refunded by its original method (AMB-04).
        note: the customer's own words; never leaves this item.
        attempt: how many refunds have been tried under a key of their own.
    """

    id: str
    order_id: str
    owner: Owner
    market: str
    store: str
    return_to: str
    payment_id: str
    lines: tuple[ReturnLine, ...]
    estimate: Money
    requested_at: datetime
    state: State = State.REQUESTED
    stage_times: dict[str, datetime] = field(default_factory=dict)
    deadlines: dict[str, datetime] = field(default_factory=dict)
    note: str = ""
    resolution: Resolution = Resolution.REFUND
    label: Label | None = None
    waybill: str = ""
    reject_reason: RejectReason | None = None
    reject_note: str = ""
    shipping_refund: Money | None = None
    tax_in_refund: Money | None = None
    attempt: int = 0
    block: Block | None = None
    refunded_to: str = ""
    wait: Wait | None = None

    @classmethod
    def request(
        cls,
        *,
        id: str,
        order_id: str,
        owner: Owner,
        market: str,
        store: str,
        return_to: str,
        payment_id: str,
        lines: tuple[ReturnLine, ...],
        estimate: Money,
        note: str,
        at: datetime,
        terms: Terms,
    ) -> Return:
        """A new request, waiting for after-sales."""
        new = cls(
            id=id, order_id=order_id, owner=owner, market=market, store=store, return_to=return_to,
            payment_id=payment_id, lines=lines, estimate=estimate, requested_at=at, note=note,
        )  # fmt: skip
        return new._enter(State.REQUESTED, at, terms)

    # What it says about itself

    @property
    def is_closed(self) -> bool:
        return self.state in CLOSED

    @property
    def reasons(self) -> frozenset[Reason]:
        return frozenset(line.reason for line in self.lines)

    @property
    def units(self) -> dict[str, int]:
        """Requested units per order line."""
        return {line.line: line.quantity for line in self.lines}

    @property
    def accepted(self) -> dict[str, int]:
        return {line.line: line.accepted for line in self.lines if line.accepted}

    @property
    def missing(self) -> dict[str, int]:
        """Units that were announced and never came."""
        return {n.line: left for n in self.lines if (left := n.quantity - n.accepted - n.rejected)}

    @property
    def restockable(self) -> dict[str, int]:
        """Accepted units per order line that can be sold again."""
        return {n.line: n.accepted for n in self.lines if n.accepted and n.disposition is Disposition.RESTOCK}

    @property
    def refund(self) -> Money | None:
        """What goes back to the customer, once the inspection (or the waiver) has settled it."""
        if self.shipping_refund is None:
            return None
        goods = Money.sum((line.refund for line in self.lines if line.refund), self.estimate.currency)
        return goods + self.shipping_refund

    @property
    def refund_key(self) -> str:
        """The key of the present refund attempt: the same for every retry, another only after a final failure."""
        return self.id if self.attempt <= 1 else f"{self.id}.{self.attempt}"

    @property
    def desk(self) -> Desk | None:
        """Whose work it is."""
        return DESKS.get(self.state)

    @property
    def due(self) -> datetime | None:
        """When the present wait ends."""
        return min(self.deadlines.values(), default=None)

    def step(self, terms: Terms) -> Step:
        """What the workflow has to do or to wait for; a refund above the limit waits for finance (RET-05)."""
        if self.state is State.INSPECTED and not self.refunds_by_itself(terms):
            return Step.RELEASE
        return STEPS[self.state]

    def approves_by_itself(self, terms: Terms) -> bool:
        """Whether the request is worth so little that nobody needs to look at it."""
        return self.state is State.REQUESTED and self.estimate.minor <= terms.auto_approve

    def refunds_by_itself(self, terms: Terms) -> bool:
        """Whether the refund needs no release by finance."""
        return self.refund is not None and self.refund.minor <= terms.auto_refund

    # What can be done to it

    def approve(self, resolution: Resolution, at: datetime, terms: Terms) -> Return:
        """After-sales agrees (RET-03)."""
        return replace(self._move(Command.APPROVE, at, terms), resolution=resolution)

    def reject(self, reason: RejectReason, note: str, at: datetime, terms: Terms) -> Return:
        """End it without money, for a reason that the customer is told.

        Raises:
            RuleRefused: a refund may still be under way.
        """
        moved = self._move(Command.REJECT, at, terms)
        self._require_no_refund_under_way()
        return replace(moved, reject_reason=reason, reject_note=note)

    def cancel(self, at: datetime, terms: Terms) -> Return:
        """The customer keeps the goods after all, before the parcel has arrived."""
        return self._move(Command.CANCEL, at, terms)

    def expire(self, at: datetime, terms: Terms) -> Return:
        """The parcel was not sent in time."""
        return self._move(Command.EXPIRE, at, terms)

    def issue_label(self, label: Label, at: datetime, terms: Terms) -> Return:
        """Say where the parcel goes and who pays for it (RET-08). The time to send it goes on running."""
        moved = self._move(Command.ISSUE_LABEL, at, terms)
        return replace(moved, label=label, deadlines=self.deadlines or moved.deadlines)

    def waive(self, settled: Settlement, at: datetime, terms: Terms) -> Return:
        """The goods stay with the customer: no parcel, no inspection, a partial refund (RET-08)."""
        if self.resolution is not Resolution.KEEP_GOODS:
            raise RuleRefused("These goods have to come back.", rule="RET-08")
        return self._move(Command.WAIVE, at, terms)._settled(settled)

    def receive(self, waybill: str, at: datetime, terms: Terms) -> Return:
        """The parcel is here."""
        return replace(self._move(Command.RECEIVE, at, terms), waybill=waybill)

    def inspect(self, found: tuple[InspectedLine, ...], at: datetime, terms: Terms) -> Return:
        """Say line by line what came, in which condition, and what becomes of it.

        Raises:
            Invalid: not every line exactly once, or more than announced.
            RuleRefused: goods to be sold again that cannot be.
        """
        by_line = {line.line: line for line in found}
        if len(by_line) != len(found) or set(by_line) != set(self.units):
            raise Invalid(FieldError("/lines", "name every line of the return exactly once"))
        moved = self._move(Command.INSPECT, at, terms)
        return replace(moved, lines=tuple(_inspected(line, by_line[line.line]) for line in self.lines))

    def settle(self, settled: Settlement) -> Return:
        """Note what the accepted units are worth."""
        return self._settled(settled)

    def release(self, at: datetime, terms: Terms) -> Return:
        """Send the refund to the provider; again under a new key only when it is certain that the last one failed."""
        again = self.block is not None and self.block.final and self.attempt > 0
        attempt = self.attempt + 1 if again or self.attempt == 0 else self.attempt
        return replace(self._move(Command.RELEASE, at, terms), attempt=attempt, block=None)

    def block_refund(self, block: Block, at: datetime, terms: Terms) -> Return:
        """The refund did not go through; finance decides what follows."""
        return replace(self._move(Command.BLOCK, at, terms), block=block, refunded_to="")

    def confirm(self, at: datetime, terms: Terms) -> Return:
        """The provider has paid back.

        Raises:
            RuleRefused: straight from the inspection, although there is something to pay.
        """
        if self.state is State.INSPECTED and not (self.refund is not None and self.refund.is_zero and self.accepted):
            raise RuleRefused("The refund has to be paid first.", rule="RET-05")
        return replace(self._move(Command.CONFIRM, at, terms), block=None, refunded_to="original")

    def credit(self, at: datetime, terms: Terms) -> Return:
        """Finance pays to the customer's balance what the original method does not take.

        Raises:
            RuleRefused: a refund may still be under way, or the customer has the money by a dispute.
        """
        moved = self._move(Command.CREDIT, at, terms)
        self._require_no_refund_under_way()
        if self.block is not None and self.block.reason is BlockReason.DISPUTED:
            raise RuleRefused("The payment is disputed: the money goes back that way.", rule="RET-05")
        return replace(moved, block=None, refunded_to="balance")

    def remind(self, at: datetime, terms: Terms) -> Return:
        """A desk has let its time pass: it gets another, and the work stays on its list."""
        return self._enter(self.state, at, terms)

    def waiting(self, token: str) -> Return:
        """Remember the workflow that waits for the present state to pass."""
        return replace(self, wait=Wait(token, self.state))

    def _require_no_refund_under_way(self) -> None:
        if self.block is not None and not self.block.final:
            raise RuleRefused("The provider has not said yet whether it paid back.", rule="RET-05")

    def _settled(self, settled: Settlement) -> Return:
        lines = tuple(replace(line, refund=settled.lines.get(line.line)) for line in self.lines)
        return replace(self, lines=lines, shipping_refund=settled.shipping, tax_in_refund=settled.tax)

    def _move(self, command: Command, at: datetime, terms: Terms) -> Return:
        to = ALLOWED.get((self.state, command))
        if to is None:
            raise NotAllowed("return", self.state.value, command.value, allowed_in(self.state))
        return self._enter(to, at, terms)

    def _enter(self, state: State, at: datetime, terms: Terms) -> Return:
        within = terms.within.get(state)
        deadlines = {DEADLINES[state]: at + within} if within is not None and state in DEADLINES else {}
        times: Mapping[str, datetime] = {**self.stage_times, state.value: at}
        return replace(self, state=state, stage_times=dict(times), deadlines=deadlines)


def _inspected(line: ReturnLine, found: InspectedLine) -> ReturnLine:
    if found.accepted < 0 or found.rejected < 0 or found.accepted + found.rejected > line.quantity:
        raise Invalid(FieldError("/lines", f"line {line.line} announced {line.quantity} units"))
    only_sealed = line.goods is GoodsClass.UNOPENED and line.reason not in FAULTS | {Reason.NOT_HANDED_OVER}
    if found.accepted and only_sealed and found.condition is not Condition.UNOPENED:
        raise RuleRefused("These goods are only taken back unopened.", rule="RET-07", line=line.line)
    sellable = found.condition in SELLABLE and line.goods is not GoodsClass.FRESH
    if found.accepted and found.disposition is Disposition.RESTOCK and not sellable:
        raise RuleRefused("These goods cannot be sold again.", rule="RET-07", line=line.line)
    return replace(
        line, accepted=found.accepted, rejected=found.rejected, condition=found.condition, disposition=found.disposition
    )
