"""What can be printed of an order, and when (ORD-22)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.core.settings import Setting
from chalicelib.markets.domain import Location
from chalicelib.orders.domain import Order, State
from chalicelib.shipping.domain.shipments import Box, Shipment

MOST_ORDERS: Final = Setting(
    "fulfilment.orders_printed_at_once", 50, unit="orders", rule="ORD-22", own=True,
    doc="How many orders one file of documents may hold.",
)  # fmt: skip


class DocumentKind(StrEnum):
    """A document of an order."""

    CONFIRMATION = "confirmation"
    DELIVERY_NOTE = "delivery-note"
    PICK_LIST = "pick-list"
    LABEL = "label"


_AT_STORE: Final = frozenset({State.ROUTED, State.ACCEPTED, State.PICKING})
_PACKED: Final = frozenset(
    {
        State.PACKED, State.READY_LOCKER, State.READY_DESK, State.OUT_FOR_DELIVERY, State.SHIPPED,
        State.HANDOVER_FAILED, State.STORE_HANDLING, State.COMPLETED,
    }
)  # fmt: skip

#: The states in which a document says something true: nothing is picked twice, nothing that was cancelled gets a label.
PRINTED_IN: Final[Mapping[DocumentKind, frozenset[State]]] = {
    DocumentKind.CONFIRMATION: frozenset(State),
    DocumentKind.PICK_LIST: _AT_STORE,
    DocumentKind.DELIVERY_NOTE: (_AT_STORE - {State.ROUTED}) | _PACKED,
    DocumentKind.LABEL: _PACKED - {State.COMPLETED},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """An order with what is printed beside it.

    Args:
        store: where its goods leave from; None when nothing is shipped.
        boxes: as they were packed; none before. shipments: its parcels, once they have left.
        fragile: something in it breaks.
    """

    order: Order
    store: Location | None = None
    boxes: tuple[Box, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    fragile: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """So many units of a SKU for one order."""

    order_id: str
    units: int


@dataclass(frozen=True, slots=True)
class PickLine:
    """What is fetched from one place: a SKU with its units for each order."""

    category: str
    sku: str
    title: str
    picks: tuple[Pick, ...]

    @property
    def units(self) -> int:
        return sum(pick.units for pick in self.picks)


def pick_lines(orders: Iterable[Order], categories: Mapping[str, str]) -> list[PickLine]:
    """Everything that these orders need, by category and SKU, so that every shelf is visited once (ORD-18).

    Args:
        categories: the category of a SKU; what has none comes last.
    """
    titles: dict[str, str] = {}
    found: dict[str, dict[str, int]] = {}
    for order in orders:
        for part in order.parts:
            if part.kind == "physical":
                titles.setdefault(part.sku, part.title)
                units = found.setdefault(part.sku, {})
                units[order.id] = units.get(order.id, 0) + part.quantity
    lines = [
        PickLine(categories.get(sku, ""), sku, titles[sku], tuple(Pick(*pick) for pick in units.items()))
        for sku, units in found.items()
    ]
    return sorted(lines, key=lambda line: (not line.category, line.category, line.sku))
