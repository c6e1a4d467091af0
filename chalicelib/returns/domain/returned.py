"""The return itself: its lines, its machine, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.core.auth import Owner
from chalicelib.core.errors import FieldError, Invalid, NotAllowed, RuleRefused
from chalicelib.core.marks import Mark, mark_of
from chalicelib.core.money import Money

from .machine import ALLOWED, CLOSED, DESKS, STEPS, UNHANDLED, Command, Desk, State, Step, allowed_in
from .parts import (
    Block,
    BlockReason,
    Disposition,
    InspectedLine,
    RejectReason,
    Replacement,
    ReturnLine,
    Stage,
    Wait,
    inspected,
    stages_of,
)
from .policy import Label, Reason, Resolution, Terms
from .tally import Settlement


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
        replacements: what the customer asked for in exchange, line by line; () for a plain return.
        exchange_order: the number of the exchange order, once after-sales has agreed.
        payment_order: under which order the payment is kept, if not under `order_id`: of goods that were exchanged.
        value_moved: what was paid for the goods belongs to the exchange order.
        released_early: the exchange order went out before the goods were inspected; all units are settled.
        escalated: management has it.
        claimed_by: the member of staff who has taken it up, or "" (ORD-17).
        stages: every state it has been in, and whose it was then; oldest first (ORD-16).
        stage_times: of a return that was kept before there were `stages`, each state once.
        late: the desk that has it has let its time pass.
        by_bank: of what was never handed over, what the bank has given back in the shop's place.
        part: the place whose part of an order came back by itself (FUL-19, RTE-07); "" for what a customer sends back
            and for orders of one place.
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
    replacements: tuple[Replacement, ...] = ()
    exchange_order: str = ""
    payment_order: str = ""
    value_moved: bool = False
    released_early: bool = False
    escalated: bool = False
    claimed_by: str = ""
    late: bool = False
    by_bank: Money | None = None
    stages: tuple[Stage, ...] = ()
    part: str = ""

    @classmethod
    def request(
        cls, *, id: str, order_id: str, owner: Owner, market: str, store: str, return_to: str, payment_id: str,
        lines: tuple[ReturnLine, ...], estimate: Money, note: str, at: datetime, terms: Terms,
        replacements: tuple[Replacement, ...] = (), payment_order: str = "", part: str = "",
    ) -> Return:  # fmt: skip
        """A new request, waiting for after-sales."""
        new = cls(
            id=id, order_id=order_id, owner=owner, market=market, store=store, return_to=return_to,
            payment_id=payment_id, lines=lines, estimate=estimate, requested_at=at, note=note,
            replacements=replacements, payment_order=payment_order, part=part,
            resolution=Resolution.EXCHANGE if replacements else Resolution.REFUND,
        )  # fmt: skip
        return new._enter(State.REQUESTED, at, terms)

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
        return goods + self.shipping_refund - (self.by_bank or Money.zero(goods.currency))

    @property
    def is_exchange(self) -> bool:
        """Whether other goods take these goods' place; not when the exchange was called off."""
        return self.resolution is Resolution.EXCHANGE

    @property
    def was_inspected(self) -> bool:
        return any(line.condition is not None for line in self.lines)

    @property
    def owed(self) -> dict[str, int]:
        """Units whose value had moved before they were inspected, and that have not come back in order."""
        return {n.line: left for n in self.lines if (left := n.quantity - n.accepted)} if self.released_early else {}

    @property
    def paid_under(self) -> str:
        """The order that was paid in money for these goods."""
        return self.payment_order or self.order_id

    @property
    def refund_key(self) -> str:
        """The key of the present refund attempt: the same for every retry, another only after a final failure."""
        return self.id if self.attempt <= 1 else f"{self.id}.{self.attempt}"

    @property
    def desk(self) -> Desk | None:
        """Whose work it is."""
        return Desk.MANAGEMENT if self.escalated else DESKS.get(self.state)

    @property
    def history(self) -> tuple[Stage, ...]:
        """Every stage of it, oldest first (ORD-16)."""
        return self.stages or stages_of(self.stage_times)

    @property
    def mark(self) -> Mark:
        """Its colour in a work list (ORD-17); a parcel that is under way waits for nobody in the house."""
        return mark_of(late=self.late, claimed_by=self.claimed_by, waits=self.state in UNHANDLED)

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
        return self.state is State.REQUESTED and not self.is_exchange and self.estimate.minor <= terms.auto_approve

    def refunds_by_itself(self, terms: Terms) -> bool:
        """Whether the refund needs no release by finance."""
        return self.refund is not None and self.refund.minor <= terms.auto_refund

    def approve(self, resolution: Resolution, at: datetime, terms: Terms) -> Return:
        """After-sales agrees (RET-03).

        Raises:
            RuleRefused: an exchange that nobody has asked for.
        """
        if resolution is Resolution.EXCHANGE and not self.replacements:
            raise RuleRefused("The customer has not asked for an exchange.", rule="RET-03")
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
        """The customer keeps the goods after all, before the parcel has arrived.

        Raises:
            RuleRefused: their value has moved to an exchange order.
        """
        moved = self._move(Command.CANCEL, at, terms)
        if self.shipping_refund is not None:
            raise RuleRefused("What was paid for these goods has moved to the exchange order.", rule="RET-04")
        return moved

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
        """The parcel is here.

        Raises:
            RuleRefused: it has been here, and not everything in it was accepted.
        """
        moved = replace(self, escalated=False)._move(Command.RECEIVE, at, terms)
        if self.was_inspected:
            raise RuleRefused("The goods of this return have been inspected.", rule="RET-04")
        return replace(moved, waybill=waybill)

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
        return replace(moved, lines=tuple(inspected(line, by_line[line.line]) for line in self.lines))

    def settle(self, settled: Settlement, *, early: bool = False) -> Return:
        """Note what the accepted units are worth; `early`, all units, before they are here."""
        return replace(self._settled(settled), released_early=early)

    def ordered(self, exchange_order: str) -> Return:
        """Note the exchange order that was made for it."""
        return replace(self, exchange_order=exchange_order)

    def move_value(self) -> Return:
        """Note that what was paid for the settled units belongs to the exchange order from now on."""
        return replace(self, value_moved=True)

    def exchange(self, at: datetime, terms: Terms) -> Return:
        """The goods came back and their value is the exchange order's."""
        return self._move(Command.EXCHANGE, at, terms)

    def owe(self, at: datetime, terms: Terms) -> Return:
        """The exchange order is out and goods are missing."""
        return self._move(Command.OWE, at, terms)

    def write_off(self, note: str, at: datetime, terms: Terms) -> Return:
        """After-sales ends the wait for goods that are missing, with the reason."""
        return replace(replace(self, escalated=False)._move(Command.SETTLE, at, terms), reject_note=note)

    def escalate(self, at: datetime, terms: Terms) -> Return:
        """Nobody has settled it in time: management gets it."""
        return replace(self, escalated=True, late=True, claimed_by="")._enter(self.state, at, terms)

    def without_exchange(self, at: datetime, terms: Terms) -> Return:
        """There is no exchange order (any more): what comes back is paid back (RET-04).

        Where that had been settled already, the money is due now; where nothing has come by now, it has expired.
        """
        plain = replace(self, resolution=Resolution.REFUND, value_moved=False, escalated=False)
        if self.state is State.EXCHANGED or (self.state is State.GOODS_OWED and self.was_inspected):
            return plain.refund_instead(at, terms)
        return plain.expire(at, terms) if self.state is State.GOODS_OWED else plain

    def refund_instead(self, at: datetime, terms: Terms) -> Return:
        """Pay back what was accepted in place of exchanging it."""
        return self._move(Command.REFUND_INSTEAD, at, terms).reduced()

    def reduced(self) -> Return:
        """With the money of the accepted units only, where all had been settled when the exchange order went out."""
        if not self.owed:
            return replace(self, released_early=False)
        parts = {
            n.line: Money.sum(n.refund.share([1] * n.quantity)[: n.accepted], n.refund.currency)
            for n in self.lines if n.refund is not None
        }  # fmt: skip
        before = Money.sum((n.refund for n in self.lines if n.refund is not None), self.estimate.currency)
        after = Money.sum(parts.values(), before.currency)
        tax = self.tax_in_refund or Money.zero(before.currency)
        if not before.is_zero:
            tax = tax.times(Decimal(after.minor) / before.minor)
        settled = Settlement(parts, Money.zero(before.currency), min(tax, after))
        return replace(self, released_early=False)._settled(settled)

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
        return replace(self, deadlines=terms.deadlines(self.state, at), late=True)

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
        moved = replace(self._enter(to, at, terms), late=False)
        return moved if moved.desk is self.desk else replace(moved, claimed_by="")

    def _enter(self, state: State, at: datetime, terms: Terms) -> Return:
        moved = replace(self, state=state, deadlines=terms.deadlines(state, at), stage_times={})
        return replace(moved, stages=(*self.history, Stage(state, at, moved.desk)))
