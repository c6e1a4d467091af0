"""How orders are kept: `ORDER#<number>`, by customer (gsi1), on the work list of whoever has the next move (gsi2)."""

from __future__ import annotations

from typing import Final

from ..core.clock import stamp
from ..core.table import Index, Key, Kind
from .domain import Order, OrderCard, State

_DESK_STATES: Final = frozenset({State.UNDER_REVIEW, State.RETURNED_TO_CUSTOMER, State.ON_HOLD, State.REVIEWED})
_STORE_STATES: Final = frozenset(
    {
        State.ROUTED, State.ACCEPTED, State.PICKING, State.PACKED, State.READY_LOCKER, State.READY_DESK,
        State.OUT_FOR_DELIVERY, State.HANDOVER_FAILED, State.STORE_HANDLING,
    }
)  # fmt: skip

#: The order group's work list (REV-01): under review, returned, held, without a store, and those with a problem.
DESK_LIST: Final = "WORK#ORDER_DESK"


def store_list(store: str) -> str:
    """A store's work list: its orders from routed until they have left it (RTE-01, ORD-17)."""
    return f"WORK#STORE#{store}"


def customer_list(customer: str) -> str:
    """A customer's orders, in order of placement."""
    return f"CUSTOMER#{customer}"


def in_state(state: State) -> str:
    """The part of a work list that is in one state; inside it, what is due first comes first (ORD-17)."""
    return f"{state}#"


def _index(order: Order) -> Index:
    customer, work = order.owner.customer, None
    if order.state in _DESK_STATES or order.problem is not None:
        work = DESK_LIST
    elif order.state in _STORE_STATES and order.store is not None:
        work = store_list(order.store)
    return Index(
        gsi1=(customer_list(customer), f"ORDER#{stamp(order.placed_at)}#{order.id}") if customer else None,
        gsi2=(work, f"{in_state(order.state)}{stamp(order.due)}#{order.id}") if work else None,
        due=order.deadlines,
    )


ORDER: Final = Kind(
    "order",
    Order,
    key=lambda order_id: Key(f"ORDER#{order_id}", "ORDER"),
    of=lambda order: Key(f"ORDER#{order.id}", "ORDER"),
    index=_index,
    card=OrderCard.of,
    card_type=OrderCard,
)
