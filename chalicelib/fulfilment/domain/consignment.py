"""Orders of one recipient that travel in one parcel: which may, and the consignment they are merged into (ORD-27)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.settings import Setting
from chalicelib.orders.domain import Order, State
from chalicelib.shipping.domain.shipments import Box

from .recipients import connected, place_of

MOST_TOGETHER: Final = Setting(
    "fulfilment.most_orders_together", 5, unit="orders", rule="ORD-27", own=True,
    doc="How many orders of one recipient travel in one parcel at most; more than eight are never merged.",
)  # fmt: skip
LOOKED_AT: Final = Setting(
    "fulfilment.orders_looked_at_for_merging", 200, unit="orders", rule="ORD-27", own=True,
    doc="How many of a store's open orders are compared when it asks which of them can go together.",
)  # fmt: skip
#: Whatever the setting says: one transaction moves a consignment, and holds a hundred actions.
NEVER_MORE: Final = 8
MOST_PLACES: Final = 50
#: From the moment a store is responsible until the goods leave it.
MERGEABLE: Final = (State.PACKED, State.PICKING, State.ACCEPTED, State.ROUTED)


class CannotGoTogether(Conflict):
    """These orders do not travel in one parcel; `why` is a machine-readable word."""

    code, title = "cannot-go-together", "These orders cannot go together"


class ConsignmentState(StrEnum):
    """Where a consignment stands; its orders have states of their own."""

    OPEN = "open"
    SENT = "sent"
    PARTED = "parted"


class Command(StrEnum):
    """What can be done with a consignment."""

    PACK = "pack"
    TAKE_OUT = "take_out"
    SHIP = "ship"
    PART = "part"


#: Every pair that is not listed is refused.
ALLOWED: Final[Mapping[tuple[ConsignmentState, Command], ConsignmentState]] = {
    (ConsignmentState.OPEN, Command.PACK): ConsignmentState.OPEN,
    (ConsignmentState.OPEN, Command.TAKE_OUT): ConsignmentState.OPEN,
    (ConsignmentState.OPEN, Command.SHIP): ConsignmentState.SENT,
    (ConsignmentState.OPEN, Command.PART): ConsignmentState.PARTED,
}


def next_state(state: ConsignmentState, command: Command) -> ConsignmentState:
    """Where a command leads.

    Raises:
        NotAllowed: not in this state; lists what is allowed.
    """
    to = ALLOWED.get((state, command))
    if to is None:
        raise NotAllowed("consignment", state, command, [c for s, c in ALLOWED if s is state])
    return to


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """Orders that are packed and shipped together under one waybill. Each keeps its number, state and times.

    Args:
        orders: their numbers, the first leads: its parcel holds boxes and weight.
        made_by: the member of staff, or the customer.
        boxes: what they were packed in together; () as long as each is in boxes of its own.
    """

    id: str
    store: str
    channel: str
    orders: tuple[str, ...]
    made_by: str
    made_at: datetime
    state: ConsignmentState = ConsignmentState.OPEN
    boxes: tuple[Box, ...] = ()
    packed_by: str = ""
    packed_at: datetime | None = None
    carrier: str = ""
    waybill: str = ""

    def pack(self, boxes: Sequence[Box], by: str, at: datetime) -> Consignment:
        """Everything is in these boxes now."""
        return replace(self._move(Command.PACK), boxes=tuple(boxes), packed_by=by, packed_at=at)

    def without(self, order_id: str) -> Consignment:
        """One order less; what is left alone is no consignment, unless it lies in boxes packed together."""
        left = replace(self._move(Command.TAKE_OUT), orders=tuple(one for one in self.orders if one != order_id))
        return left if len(left.orders) > 1 or (left.orders and self.boxes) else left.part()

    def part(self) -> Consignment:
        """Each order goes its own way."""
        return self._move(Command.PART)

    def sent(self, orders: Iterable[str], carrier: str, waybill: str) -> Consignment:
        """These have left under one waybill."""
        return replace(self._move(Command.SHIP), orders=tuple(orders), carrier=carrier, waybill=waybill)

    def _move(self, command: Command) -> Consignment:
        return replace(self, state=next_state(self.state, command))


@dataclass(frozen=True, slots=True)
class Membership:
    """The consignment that an order belongs to; kept with the order, so that it is in one at most."""

    order_id: str
    consignment_id: str


def is_mergeable(order: Order) -> bool:
    """Whether a courier will take it from a store and has not yet."""
    by_courier = order.delivery_method == "courier" and not order.is_split
    return order.state in MERGEABLE and by_courier and order.store is not None


def groups(orders: Iterable[Order]) -> list[tuple[Order, ...]]:
    """The orders that have recipient, address, store and channel in common, the oldest first; loners are left out.

    The recipient is the same by account, phone or mail address, with the same name at the same address (BAL-06): any
    chain of these connects.
    """
    routes: dict[tuple[str, ...], list[Order]] = {}
    for order in orders:
        if is_mergeable(order) and (place := place_of(order)):
            route = (place, order.store or "", order.channel, order.duty_policy, order.market)
            routes.setdefault(route, []).append(order)
    found = [group for same in routes.values() for group in connected(same)]
    in_order = [tuple(sorted(group, key=lambda order: (order.placed_at, order.id))) for group in found]
    return [group for group in in_order if len(group) > 1]


def check_together(orders: Sequence[Order]) -> None:
    """Let orders through that may travel in one parcel, customs aside.

    Raises:
        CannotGoTogether: says why not.
    """
    if not 1 < len(orders) <= NEVER_MORE:
        raise CannotGoTogether(f"Two to {NEVER_MORE} orders go together.", why="number")
    if not all(is_mergeable(order) for order in orders):
        raise CannotGoTogether(
            "All must be with their store, to be sent by courier, and not yet sent.", why="state",
            orders=[order.id for order in orders if not is_mergeable(order)],
        )  # fmt: skip
    if [len(group) for group in groups(orders)] != [len(orders)]:
        raise CannotGoTogether("Recipient, address, store or channel are not the same.", why="recipient")
    if len({place for order in orders for place in order.allocation}) > MOST_PLACES:
        raise CannotGoTogether("These are too many different articles for one transaction.", why="articles")
