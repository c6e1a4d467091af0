"""Consignments, and which order belongs to which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.table import Index, Key, Kind
from chalicelib.fulfilment.domain.consignment import Consignment, ConsignmentState, Membership


@dataclass(frozen=True, slots=True)
class ConsignmentCard:
    """What a store's list shows of a consignment."""

    id: str
    orders: tuple[str, ...]
    channel: str
    made_at: datetime
    packed: bool

    @classmethod
    def of(cls, consignment: Consignment) -> ConsignmentCard:
        return cls(
            consignment.id, consignment.orders, consignment.channel, consignment.made_at, bool(consignment.boxes)
        )


def together_list(store: str) -> str:
    """A store's open consignments, the oldest first."""
    return f"WORK#TOGETHER#{store}"


CONSIGNMENT: Final = Kind(
    "consignment",
    Consignment,
    key=lambda consignment_id: Key(f"CONSIGNMENT#{consignment_id}", "CONSIGNMENT"),
    of=lambda consignment: Key(f"CONSIGNMENT#{consignment.id}", "CONSIGNMENT"),
    index=lambda consignment: Index(
        gsi2=(together_list(consignment.store), f"{stamp(consignment.made_at)}#{consignment.id}")
        if consignment.state is ConsignmentState.OPEN
        else None
    ),
    card=ConsignmentCard.of,
    card_type=ConsignmentCard,
)

MEMBERSHIP: Final = Kind(
    "membership",
    Membership,
    key=lambda order_id: Key(f"ORDER#{order_id}", "TOGETHER"),
    of=lambda membership: Key(f"ORDER#{membership.order_id}", "TOGETHER"),
)
