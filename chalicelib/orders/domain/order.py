"""The order: what was agreed at checkout, copied, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from chalicelib.core.auth import Owner
from chalicelib.core.money import Money
from chalicelib.markets.domain import CASH_ON_DELIVERY, Address, Contact, InvoiceRequest
from chalicelib.shipping.domain.gift import GiftWrap
from chalicelib.shipping.domain.handover import Goods, Handover, Point

from .exceptions import ANSWER_WITHIN, CLOCKS, ESCALATE_BY, OUTLASTS, PLANS, WARN_BY, Problem
from .exchange import Exchange
from .lines import OrderLine, Totals, line_of, totals_of
from .machine import AT_DESK, GOODS_LEFT_STOCK, GROUP_OF, SPLIT, Command, Group, State, allowed, next_state
from .number import OrderClass
from .reasons import Hold, Reason
from .stages import Hand, Stage, StageTime, group_in, times

if TYPE_CHECKING:
    from chalicelib.cart.domain import Quote

#: The class that a way of delivery makes an order (ORD-05, ORD-06).
CLASS_OF_DELIVERY: Final[Mapping[str, OrderClass]] = {
    "pickup": OrderClass.SELF_PICKUP,
    "own_delivery": OrderClass.OWN_DELIVERY,
    "courier": OrderClass.COURIER,
    "": OrderClass.VIRTUAL,
}

#: The deadlines that outlive a change of state; the others end with the state they belonged to.
_STILL_DUE: Final[Mapping[State, frozenset[str]]] = {
    State.ROUTED: frozenset({"dispatch_by"}),
    State.ACCEPTED: frozenset({"dispatch_by"}),
    State.PICKING: frozenset({"dispatch_by"}),
    State.PACKED: frozenset({"dispatch_by"}),
    State.OUT_FOR_DELIVERY: frozenset({"deliver_by"}),
    State.STORE_HANDLING: frozenset({"decide_by", ESCALATE_BY}),
}


#: Hexadecimal digits of the quote's hash that an order keeps.
_HASH_KEPT: Final = 32


def to_second(moment: datetime) -> datetime:
    """The times of an order are kept to the second: nobody acts on less, and it is a third of their length."""
    return moment.replace(microsecond=0)


class CancelReason(StrEnum):
    """Why an order was cancelled."""

    CHANGED_MIND = "changed_mind"
    ORDERED_BY_MISTAKE = "ordered_by_mistake"
    TOO_SLOW = "too_slow"
    OTHER = "other"
    NOT_PAID = "not_paid"
    OUT_OF_STOCK = "out_of_stock"
    NOT_CORRECTED = "not_corrected"
    NOT_EXCHANGED = "not_exchanged"
    ORDERED_ANEW = "ordered_anew"
    FRAUD = "fraud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A goods order. Address and contact are copies: a later change of the address book does not reach them.

    Args:
        ship_to: None when nothing is shipped; then `delivery_method` and `channel` are "". Of a pickup, who picks up,
            at the store's address.
        country, region: where the buyer is, for tax.
        vat_number: of a business that owes the tax itself (TAX-15), or "".
        quote_hash: the first 128 bits of the accepted quote's hash (M1).
        submitted_at: when the customer submitted it last, at placement or with a correction (FUL-12).
        missed: deadlines of the present state that have passed.
        completed_by: what proved the receipt.
        deposit_keys: under which the customer was on deposit terms when it was placed or corrected (BAL-05).
        claimed_by: the member of staff who has taken it up, or "" (ORD-17).
        source: digest of the internet address it came from, or "" (RSK-03).
        exchange: of an exchange order, what it stands for.
        handover: what the customer chose for a pickup or own delivery; None when a courier brings the goods.
        request: fingerprint of the request that placed it, or "".
        gift: the whole order wrapped as a gift (ORD-10), or None.
        hands: where another group than the state's had it, from when (ORD-16).
        invoice: whom an invoice is made out to (ORD-09); None when none was asked for.
    """

    id: str
    order_class: OrderClass
    state: State
    owner: Owner
    market: str
    currency: str
    language: str
    lines: tuple[OrderLine, ...]
    totals: Totals
    prices_include_tax: bool
    duty_policy: str
    ship_to: Address | None
    contact: Contact
    country: str
    region: str
    vat_number: str
    delivery_method: str
    channel: str
    promise_days: tuple[int, int]
    arrives_from: date | None
    arrives_until: date | None
    payment_id: str
    payment_method: str
    quote_hash: str
    placed_at: datetime
    submitted_at: datetime
    stages: tuple[Stage, ...]
    deadlines: dict[str, datetime] = field(default_factory=dict)
    missed: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    problem: Problem | None = None
    store: str | None = None
    cancelled_for: CancelReason | None = None
    completed_by: str = ""
    handover: Handover | None = None
    deposit_keys: tuple[str, ...] = ()
    source: str = ""
    claimed_by: str = ""
    request: str = ""
    gift: GiftWrap | None = None
    invoice: InvoiceRequest | None = None
    exchange: Exchange | None = None
    hands: tuple[Hand, ...] = ()

    @property
    def goods(self) -> Goods:
        """What decides where the order can be picked up (FUL-02 to FUL-04)."""
        return Goods.of((part.quantity, part.fresh, part.size_class) for part in self.parts if part.kind == "physical")

    @property
    def pays_at_door(self) -> bool:
        """Cash or card when the goods are handed over (FUL-09)."""
        return self.payment_method == CASH_ON_DELIVERY

    @property
    def goods_left_stock(self) -> bool:
        """The goods are, or have been, in the hands of a locker, desk, delivery person or courier (AMB-21)."""
        return self.state in GOODS_LEFT_STOCK

    @property
    def group(self) -> Group:
        """Who has the next move (REV-06)."""
        if ESCALATE_BY in self.missed:
            return Group.MANAGEMENT
        if self.problem is not None:
            return PLANS[self.problem].group
        if "answer_by" in self.missed and self.state is State.RETURNED_TO_CUSTOMER:
            return Group.ORDER_DESK
        return GROUP_OF[self.state]

    @property
    def failed_handovers(self) -> int:
        """How often its hand-over has failed (FUL-19)."""
        return sum(stage.state is State.HANDOVER_FAILED for stage in self.stages)

    @property
    def allowed(self) -> tuple[Command, ...]:
        """The commands that the order takes now."""
        return allowed(self.state, self.way)

    @property
    def way(self) -> str:
        """Whose arrows of the chart it takes: its way of delivery's, or those of a kind of it that takes fewer."""
        if self.is_split:
            return SPLIT
        at_locker = self.handover is not None and self.handover.point == Point.LOCKER
        return AT_DESK if self.delivery_method == "pickup" and not at_locker else self.delivery_method

    @property
    def parts(self) -> tuple[OrderLine, ...]:
        """What is picked, sent and declared: its lines, and of bundles what they hold (CAT-04)."""
        return tuple(part for line in self.lines for part in line.parts)

    @property
    def units(self) -> int:
        """Pieces in the order (AMB-23)."""
        return sum(line.pieces for line in self.lines)

    @property
    def answers(self) -> tuple[Reason, ...]:
        """What the customer has answered in words when it was returned (REV-03)."""
        return tuple(reason for reason in self.reasons if reason.code == Hold.ANSWERED)

    @property
    def reviews(self) -> int:
        """How often it has come to be reviewed: once, and again after every correction (REV-03)."""
        return sum(stage.state is State.UNDER_REVIEW for stage in self.stages)

    @property
    def due(self) -> datetime:
        """The next deadline, or when the present state began."""
        return min(self.deadlines.values(), default=self.stages[-1].at)

    def reserved_at(self, place: str) -> dict[tuple[str, str], int]:
        """The part of the allocation that is at one place; all of it when none is named."""
        return {pair: units for pair, units in self.allocation.items() if place in ("", pair[1])}

    @property
    def allocation(self) -> dict[tuple[str, str], int]:
        """Units reserved for the order by SKU and location, each pair once."""
        demand: dict[tuple[str, str], int] = {}
        for part in self.parts:
            if part.location:
                place = (part.sku, part.location)
                demand[place] = demand.get(place, 0) + part.quantity
        return demand

    @property
    def locations(self) -> tuple[str, ...]:
        """Where its goods are reserved, or left from; several when the order is split."""
        return tuple(sorted({part.location for part in self.parts if part.location}))

    @property
    def is_split(self) -> bool:
        """Whether couriers bring its goods from several places, or did (RTE-07): there is a dispatch for each."""
        parted = len(self.locations) > 1 or any(stage.state is State.PARTLY_SHIPPED for stage in self.stages)
        return self.delivery_method == "courier" and parted

    @property
    def serving(self) -> tuple[str, ...]:
        """The stores or warehouses that work on it; none before it is routed."""
        if self.store is None:
            return ()
        return self.locations if self.is_split else (self.store,)

    @property
    def stage_times(self) -> tuple[StageTime, ...]:
        """Every stage with the moment it was entered and left, and who had it, oldest first (ORD-16)."""
        return times(self.stages, self.hands)

    def handed(self, at: datetime) -> Order:
        """The order with a note of who has it from now on, if that is not who had it before (ORD-16)."""
        if self.group is group_in(self.stages, self.hands):
            return self
        return replace(self, hands=(*self.hands, Hand(len(self.stages) - 1, self.group, to_second(at))))

    def move(self, command: Command, at: datetime, **deadlines: datetime) -> Order:
        """The order after a command; deadlines of the state it leaves end, the given ones begin.

        What stands in its way ends with it, too, unless it outlasts the step (REV-10).

        Raises:
            NotAllowed: not in this state; lists what is allowed.
        """
        state = next_state(self.state, command, self.way)
        still = _STILL_DUE.get(state, frozenset())
        # What is wrong is not over because the order takes a step: goods stay missing, a lost parcel stays lost.
        goes_on = self.problem is not None and state in OUTLASTS[self.problem]
        still |= CLOCKS if goes_on else frozenset()
        if state is State.PACKED and self.handover is not None and self.handover.hours:
            still = frozenset()  # it was to be packed by then; from now on the window counts (AMB-11)
        kept = {name: due for name, due in self.deadlines.items() if name in still}
        moved = replace(
            self,
            state=state,
            stages=(*self.stages, Stage(state, to_second(at))),
            deadlines=kept | {name: to_second(due) for name, due in deadlines.items()},
            missed=tuple(name for name in self.missed if name in still and name not in deadlines),
            problem=self.problem if goes_on else None,
        )
        return (moved if moved.group is self.group else replace(moved, claimed_by="")).handed(at)

    def miss(self, deadline: str, at: datetime) -> Order:
        """The order after a group has let a deadline pass: marked, no longer waited for (REV-10)."""
        left = {name: due for name, due in self.deadlines.items() if name != deadline}
        missed = replace(self, deadlines=left, missed=(*self.missed, deadline))
        return missed if missed.group is self.group else replace(missed, claimed_by="").handed(at)

    def appointed(self, handover: Handover, slot: tuple[datetime, datetime], day: date, at: datetime) -> Order:
        """The order with another appointment: it leaves when that begins and arrives before it ends (FUL-08).

        Of an appointment that has begun, the goods leave before it ends.

        Args:
            slot: when the appointment begins and ends.
            day: the appointment's, where the store is.
        """
        begins, ends = slot
        due = {name: moment for name, moment in self.deadlines.items() if name not in ("dispatch_by", "deliver_by")}
        if begins > at or self.state is not State.PACKED:
            due["dispatch_by"] = to_second(begins if begins > at else ends)
        if self.state is State.PACKED:
            due["deliver_by"] = to_second(ends)
        missed = tuple(name for name in self.missed if name not in ("dispatch_by", "deliver_by"))
        later = replace(self, handover=handover, arrives_from=day, arrives_until=day)
        return replace(later, deadlines=due, missed=missed)

    def raise_problem(self, problem: Problem, warn_by: datetime, answer_by: datetime, at: datetime) -> Order:
        """The order with something in its way, and a time by which its group has dealt with it (REV-08 to REV-10)."""
        quiet = self._quiet
        clocks = {WARN_BY: to_second(warn_by), ANSWER_WITHIN: to_second(answer_by)}
        return replace(quiet, problem=problem, deadlines=quiet.deadlines | clocks, claimed_by="").handed(at)

    def with_clocks_stopped(self, at: datetime) -> Order:
        """The order whose exception has been answered: nothing of it is waited for or overdue any more."""
        return self._quiet.handed(at)

    @property
    def _quiet(self) -> Order:
        return replace(
            self,
            deadlines={name: due for name, due in self.deadlines.items() if name not in CLOCKS},
            missed=tuple(name for name in self.missed if name not in CLOCKS),
        )

    def solved(self, at: datetime) -> Order:
        """The order without what stood in its way; whoever has the next move by its state goes on."""
        return replace(self._quiet, problem=None, claimed_by="").handed(at)

    def requoted(self, quote: Quote) -> Order:
        """The order with the lines, amounts, delivery and contact of another quote of the same goods (AMB-24)."""
        return replace(
            self, lines=tuple(line_of(line.id, line) for line in quote.lines), totals=totals_of(quote),
            duty_policy=quote.duty_policy, ship_to=quote.ship_to, country=quote.country, region=quote.region,
            vat_number=quote.vat_number, channel=quote.channel, promise_days=quote.promise,
            arrives_from=quote.arrives_from, arrives_until=quote.arrives_until, quote_hash=quote.hash[:_HASH_KEPT],
            gift=quote.gift_wrap, contact=quote.contact, handover=quote.handover,
        )  # fmt: skip

    def keeping(self, lines: tuple[OrderLine, ...]) -> Order:
        """The order with some of its lines only, and with what they cost; the deposit stays (ORD-14)."""
        return replace(self, lines=lines, totals=self.totals.of_lines(lines))

    def served_from(self, location: str) -> Order:
        """The order with everything that needs stock taken from one location."""
        return replace(self, lines=tuple(line.served_from(location) for line in self.lines))

    @classmethod
    def placed(
        cls,
        number: str,
        quote: Quote,
        *,
        owner: Owner,
        at: datetime,
        pay_by: datetime,
    ) -> Order:
        """The order that a confirmed quote becomes (ORD-04).

        What costs nothing needs no payment, and what is paid at the door waits for none (AMB-17).

        Raises:
            ValueError: the quote's lines do not add up to its total, which is a defect of the quote.
        """
        lines = tuple(line_of(str(position), line) for position, line in enumerate(quote.lines, 1))
        totals = totals_of(quote)
        if Money.sum((line.total for line in lines), quote.currency) + quote.deposit != quote.total:
            raise ValueError("the lines of the quote do not add up to its total")
        at_once = quote.total.is_zero or quote.payment_method == CASH_ON_DELIVERY
        state = State.UNDER_REVIEW if at_once else State.AWAITING_PAYMENT
        at, pay_by = to_second(at), to_second(pay_by)
        delivery_method = quote.delivery_method.value if quote.delivery_method else ""
        return cls(
            id=number,
            order_class=CLASS_OF_DELIVERY[delivery_method],
            state=state,
            owner=owner,
            market=quote.market,
            currency=quote.currency,
            language=quote.language,
            lines=lines,
            totals=totals,
            prices_include_tax=quote.prices_include_tax,
            duty_policy=quote.duty_policy,
            ship_to=quote.ship_to,
            contact=quote.contact,
            country=quote.country,
            region=quote.region,
            vat_number=quote.vat_number,
            delivery_method=delivery_method,
            channel=quote.channel,
            promise_days=quote.promise,
            arrives_from=quote.arrives_from,
            arrives_until=quote.arrives_until,
            payment_id=f"{number}-1",
            payment_method=quote.payment_method,
            quote_hash=quote.hash[:_HASH_KEPT],
            placed_at=at,
            submitted_at=at,
            stages=(Stage(state, at),),
            deadlines={"pay_by": pay_by} if state is State.AWAITING_PAYMENT else {},
            handover=quote.handover,
            gift=quote.gift_wrap,
            invoice=quote.invoice,
        )
