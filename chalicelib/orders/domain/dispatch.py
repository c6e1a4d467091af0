"""Dispatches: what of an order leaves from one of several places, and how far its store is with it (RTE-07).

Only an order whose goods couriers bring from several places has them; every other order is worked on as a whole. The
customer sees one state: that of the dispatch that is the least far, until the first leaves; from then on the order
is partly shipped, until the last has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chalicelib.core.errors import NotAllowed
from chalicelib.core.money import Money
from chalicelib.shipping.domain.gift import GiftWrap

from .card import OrderCard
from .exceptions import ESCALATE_BY
from .lines import OrderLine
from .machine import FOLLOWING, Command, State
from .order import Order, to_second
from .stages import Stage

S, C = State, Command

#: Every pair that is not listed is refused.
ALLOWED: Final[Mapping[tuple[State, Command], State]] = {
    (S.ROUTED, C.ACCEPT): S.ACCEPTED,
    (S.ACCEPTED, C.PICK): S.PICKING,
    (S.PICKING, C.PACK): S.PACKED,
    (S.PACKED, C.SHIP): S.SHIPPED,
    # refused, not signed for (FUL-19): its own store decides (RET-07), while the other parts go their way
    (S.SHIPPED, C.FAIL_HANDOVER): S.HANDOVER_FAILED,
    (S.HANDOVER_FAILED, C.TAKE_OVER): S.STORE_HANDLING,
    (S.STORE_HANDLING, C.SHIP_AGAIN): S.SHIPPED,
    (S.STORE_HANDLING, C.OFFER_AT_DESK): S.READY_DESK,
    (S.STORE_HANDLING, C.TAKE_BACK): S.TAKEN_BACK,
    (S.READY_DESK, C.COMPLETE): S.COMPLETED,
    (S.READY_DESK, C.FAIL_HANDOVER): S.HANDOVER_FAILED,
    # the courier has handed it over after all
    (S.HANDOVER_FAILED, C.COLLECT_LATE): S.COMPLETED,
    (S.STORE_HANDLING, C.COLLECT_LATE): S.COMPLETED,
    **{(state, C.CANCEL): S.CANCELLED for state in (S.ROUTED, S.ACCEPTED, S.PICKING, S.PACKED)},
}

#: States in which a dispatch's goods are still in stock, the least far first.
BEFORE_LEAVING: Final = (S.ROUTED, S.ACCEPTED, S.PICKING, S.PACKED)
#: States in which goods that could not be handed over wait for their store, or at it.
WAITING_AGAIN: Final = frozenset({S.HANDOVER_FAILED, S.STORE_HANDLING, S.READY_DESK})
#: States of an order in which its parts are on their way, or in their stores' hands again.
UNDER_WAY: Final = frozenset({S.PARTLY_SHIPPED, S.SHIPPED})
#: The deadlines that outlive a step.
_STILL_DUE: Final[Mapping[State, frozenset[str]]] = {
    **dict.fromkeys(BEFORE_LEAVING, frozenset({"dispatch_by"})),
    S.STORE_HANDLING: frozenset({"decide_by", ESCALATE_BY}),
}
#: What makes an order follow its dispatches into a state.
_FOLLOWS_BY: Final[Mapping[State, Command]] = {S.ACCEPTED: C.ACCEPT, S.PICKING: C.PICK, S.PACKED: C.PACK}


@dataclass(frozen=True, slots=True)
class DispatchLine:
    """Units of an order's line, or of what a bundle holds, that leave with a dispatch.

    Args:
        line: id of the part in the order.
    """

    line: str
    sku: str
    title: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What of an order leaves from one place.

    Args:
        store: the location that sends it; an order has one dispatch per location.
        state: routed, accepted, picking, packed, shipped or cancelled; of one that could not be handed over also
            handover_failed, store_handling, ready_desk, completed (of what then reached its customer) or taken_back.
        channel: that its parcels travel by: the order's, or LOCAL where the place is in the destination's territory.
        total: its lines' part of the order's total.
        deadlines: `accept_by`, `dispatch_by`, `decide_by`, `collect_by`.
        missed: those that have passed while they counted.
        claimed_by: the member of staff who has taken it up, or "" (ORD-17).
        gift: how the order is wrapped as a gift (ORD-10), or None.
        goods: when it was taken back, its lines with their exact shares of the order's amounts: what its return is
            worth. The order itself goes on without them.
    """

    order_id: str
    store: str
    state: State
    lines: tuple[DispatchLine, ...]
    channel: str
    total: Money
    country: str
    placed_at: datetime
    stages: tuple[Stage, ...]
    deadlines: dict[str, datetime] = field(default_factory=dict)
    missed: tuple[str, ...] = ()
    claimed_by: str = ""
    gift: GiftWrap | None = None
    goods: tuple[OrderLine, ...] = ()

    @classmethod
    def of(cls, order: Order, store: str, channel: str, at: datetime, deadlines: Mapping[str, datetime]) -> Dispatch:
        """The part of a routed order that leaves from one of its places."""
        parts = [part for part in order.parts if part.location == store]
        return cls(
            order_id=order.id,
            store=store,
            state=State.ROUTED,
            lines=tuple(DispatchLine(part.id, part.sku, part.title, part.quantity) for part in parts),
            channel=channel,
            total=Money.sum((part.total for part in parts), order.currency),
            country=order.country,
            placed_at=order.placed_at,
            stages=(Stage(State.ROUTED, to_second(at)),),
            deadlines={name: to_second(due) for name, due in deadlines.items()},
            gift=order.gift,
        )

    @property
    def id(self) -> str:
        """The order's number, under which stores know it."""
        return self.order_id

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def has_left(self) -> bool:
        """Whether its goods have left stock, wherever they are now."""
        return self.state is not State.CANCELLED and self.state not in BEFORE_LEAVING

    @property
    def is_open(self) -> bool:
        """Whether its store still has to send it."""
        return self.state in BEFORE_LEAVING

    @property
    def is_listed(self) -> bool:
        """Whether it is on its store's list of work."""
        return self.is_open or self.state in WAITING_AGAIN

    @property
    def failed_handovers(self) -> int:
        """How often its hand-over has failed (FUL-19)."""
        return sum(stage.state is State.HANDOVER_FAILED for stage in self.stages)

    @property
    def is_escalated(self) -> bool:
        """Whether nobody has accepted it, or decided on it, for so long that management has it (AMB-20, FUL-19)."""
        return ESCALATE_BY in self.missed

    @property
    def due(self) -> datetime:
        """The next deadline, or when the present state began."""
        return min(self.deadlines.values(), default=self.stages[-1].at)

    @property
    def allowed(self) -> tuple[Command, ...]:
        """What the store can do with it; cancelling is the order's, and a late arrival nobody's."""
        follows = FOLLOWING | {Command.CANCEL}
        return tuple(c for state, c in ALLOWED if state is self.state and c not in follows)

    def move(self, command: Command, at: datetime, **deadlines: datetime) -> Dispatch:
        """The dispatch after a command; deadlines of the state it leaves end, the given ones begin.

        Raises:
            NotAllowed: not in this state; lists what is allowed.
        """
        state = ALLOWED.get((self.state, command))
        if state is None:
            raise NotAllowed("dispatch", self.state, command, self.allowed)
        still = _STILL_DUE.get(state, frozenset())
        kept = {name: due for name, due in self.deadlines.items() if name in still}
        return replace(
            self,
            state=state,
            stages=(*self.stages, Stage(state, to_second(at))),
            deadlines=kept | {name: to_second(due) for name, due in deadlines.items()},
            missed=tuple(name for name in self.missed if name in still and name not in deadlines),
            claimed_by="" if state is State.HANDOVER_FAILED else self.claimed_by,
        )

    def miss(self, deadline: str) -> Dispatch:
        """The dispatch after its store has let a deadline pass."""
        left = {name: due for name, due in self.deadlines.items() if name != deadline}
        return replace(self, deadlines=left, missed=(*self.missed, deadline))

    def without(self, order: Order) -> Dispatch:
        """The dispatch with what is left of it in an order that has lost lines."""
        now = Dispatch.of(order, self.store, self.channel, self.placed_at, {})
        return replace(self, lines=now.lines, total=now.total)

    @property
    def card(self) -> OrderCard:
        """What the store's work list shows: the order's row, with this part of it only (RTE-03)."""
        return OrderCard(
            id=self.order_id, state=self.state, placed_at=self.placed_at, total=self.total, units=self.units,
            title=self.lines[0].title[:40] if self.lines else "", country=self.country, store=self.store,
            due=self.due, missed=self.missed, claimed_by=self.claimed_by,
        )  # fmt: skip


def following(order: State, dispatches: Iterable[Dispatch]) -> Command | None:
    """What the order's state has to do to follow its dispatches; None when nothing changes for it.

    Args:
        dispatches: all of the order, after the step that one of them has made.
    """
    living = [each for each in dispatches if each.state is not State.CANCELLED]
    if all(each.has_left for each in living):
        return Command.SHIP
    if any(each.has_left for each in living):
        return Command.SHIP_PART if order is not State.PARTLY_SHIPPED else None
    least = min((each.state for each in living), key=BEFORE_LEAVING.index)
    return _FOLLOWS_BY[least] if least is not order else None
