"""Shipments: a parcel on its way to the customer, from the waybill to the door (FUL-13, FUL-16, LOG-14 to LOG-17).

A shipment's state is a function of the *set* of reports about it, never of their order: the status is the highest one
reached, each node of the journey keeps its earliest and latest time, and every report is kept once. So the couriers may
send what they have as often and in whatever order they like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Protocol

from chalicelib.core.events import event
from chalicelib.core.settings import Setting

from .scans import BACKWARD, SMOOTH, Mark, Scan, Status, merged
from .waybills import CARRIERS, carries

SCANS_KEPT: Final = Setting(
    "shipping.scans_kept", 40, unit="scans", rule="LOG-14", own=True,
    doc="How many of the newest scans of a parcel are kept beside the first scan of each key node.",
)  # fmt: skip
CLOCK_SKEW: Final = Setting(
    "shipping.clock_skew_minutes", 15, unit="minutes", rule="LOG-15", own=True,
    doc="A scan further in the future than this is flagged: the courier's clock is wrong.",
)  # fmt: skip
SCAN_BEFORE: Final = Setting(
    "shipping.scan_before_waybill_hours", 72, unit="hours", rule="FUL-13", own=True,
    doc="A scan may be this much older than the entry of its waybill; an older one is an earlier user's of the number.",
)  # fmt: skip
TRACKED_FOR: Final = Setting(
    "shipping.tracked_days", 180, unit="days", rule="FUL-16", own=True,
    doc="A parcel is tracked this long; a later scan belongs to a later user of the number.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """What of which order line is inside."""

    sku: str
    quantity: int
    line: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """One packed box: grams and millimetres; `size` is the name of the shop's box it is, "" for any other."""

    weight_g: int
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    size: str = ""


@dataclass(frozen=True, slots=True)
class WeightProof:
    """What the scale showed, when and to whom, and where the label's copy is: claim evidence for the post (LOG-20)."""

    weight_g: int
    weighed_at: datetime
    weighed_by: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A key node of the journey: when it was first and last reported."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Companion:
    """One order's record of a parcel that holds several orders."""

    order_id: str
    shipment_id: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel under one waybill.

    Args:
        carrier, waybill: checked (`waybills.checked`).
        channel: the shipping channel that the customer chose (POST, LINE, EXPRESS).
        store: the store or warehouse that sent it. destination: ISO 3166-1 alpha-2.
        siblings: ids of the parcels that left with it for the same order; the order is delivered when all are.
        left_on: the day it left, of a waybill that was entered later (FUL-15).
        together: the records of one parcel that holds several orders (ORD-27), the leading one first; () for one.
        nodes: every status and mark that was ever reported.
        came_back: its goods are at the shop again and go on without it: what is reported of it is no news.
        scans: the reports, in the carrier's order of time; see `fold` for which are kept.
    """

    id: str
    order_id: str
    carrier: str
    waybill: str
    store: str
    created_at: datetime
    channel: str = ""
    destination: str = ""
    lines: tuple[ShipmentLine, ...] = ()
    boxes: tuple[Box, ...] = ()
    weight_g: int = 0
    proof: WeightProof | None = None
    siblings: tuple[str, ...] = ()
    status: Status = Status.CREATED
    nodes: dict[str, Node] = field(default_factory=dict)
    scans: tuple[Scan, ...] = ()
    left_on: date | None = None
    together: tuple[Companion, ...] = ()
    came_back: bool = False

    @property
    def leads(self) -> bool:
        """Whether it stands for the parcel itself: the only record of it, or the first of several."""
        return not self.together or self.together[0].shipment_id == self.id

    @property
    def left_at(self) -> datetime:
        """When the parcel left: when its waybill was entered, or the start of an earlier day that was named."""
        if self.left_on is None:
            return self.created_at
        return min(self.created_at, datetime.combine(self.left_on, time(), UTC))

    @property
    def postal(self) -> bool:
        return CARRIERS[self.carrier].postal

    @property
    def moved_at(self) -> datetime | None:
        """The last time the parcel was seen to get on; None before that."""
        return max((node.last for name, node in self.nodes.items() if name in _PROGRESS), default=None)

    @property
    def open_problems(self) -> frozenset[Mark]:
        """Problems since which the parcel has not been seen to get on. What goes back or is cancelled stays open."""
        moved, delivered = self.moved_at, self.delivered
        return frozenset(
            mark
            for mark in Mark
            if mark not in SMOOTH and mark in self.nodes
            and (mark in BACKWARD or (not delivered and (moved is None or self.nodes[mark].last >= moved)))
        )  # fmt: skip

    @property
    def delivered(self) -> bool:
        """Delivered to the customer; a parcel on its way back is delivered to the sender and does not count."""
        node = self.nodes.get(Status.DELIVERED)
        return node is not None and not any(
            mark in self.nodes and self.nodes[mark].first <= node.first for mark in BACKWARD
        )

    @property
    def delivered_at(self) -> datetime | None:
        return self.nodes[Status.DELIVERED].first if self.delivered else None

    @property
    def customs(self) -> Mark | None:
        """Where customs stand by the latest report: started, held, cleared, or None."""
        reached = [mark for mark in _CUSTOMS if mark in self.nodes]
        return max(reached, key=lambda mark: (self.nodes[mark].last, _CUSTOMS.index(mark)), default=None)


@dataclass(frozen=True, slots=True)
class WaybillClaim:
    """Whose parcel travels under a carrier's number, and until when the number is that parcel's (LOG-14)."""

    carrier: str
    waybill: str
    order_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TransitTime:
    """How long a channel's parcels took to a destination in one month (LOG-12)."""

    channel: str
    month: str
    destination: str
    parcels: int
    hours: int

    @property
    def average_days(self) -> Decimal:
        """Days from leaving the shop to the customer's door, to a tenth."""
        return (Decimal(self.hours) / (24 * self.parcels)).quantize(Decimal("0.1"), ROUND_HALF_UP)


_PROGRESS: Final = frozenset({*Status, Mark.CUSTOMS_CLEARED} - {Status.CREATED, Status.INFO_RECEIVED})
_CUSTOMS: Final = (Mark.CUSTOMS_STARTED, Mark.CUSTOMS_HELD, Mark.CUSTOMS_CLEARED)


class Numbered(Protocol):
    """Whatever carries a carrier's number: a shipment or its card."""

    @property
    def carrier(self) -> str: ...
    @property
    def waybill(self) -> str: ...


def concerns(shipment: Numbered, carriers: frozenset[str]) -> bool:
    """Whether a report that names these carriers may be about this parcel (B22)."""
    return carries(shipment.carrier, shipment.waybill, carriers)


def is_open(shipment_created_at: datetime, now: datetime, tracked: timedelta) -> bool:
    """Whether reports about a waybill of this age are still this parcel's (B22: couriers use numbers again)."""
    return now <= shipment_created_at + tracked


def fold(shipment: Shipment, scans: Iterable[Scan], *, kept: int, before: timedelta, tracked: timedelta) -> Shipment:
    """The shipment with these reports added: equal for every order, grouping and repetition of the reports (T4, E2).

    Reports from before the parcel left (less `before`) or after `tracked` are of another parcel with the same
    number and are left out (B22).

    Of the reports, the first of every node and the `kept` newest stay in the list; what the others said is in `nodes`.
    """
    since, until = shipment.left_at - before, shipment.created_at + tracked
    fresh = [scan for scan in scans if since <= scan.occurred_at <= until]
    known = {scan.key: scan for scan in shipment.scans}
    nodes = dict(shipment.nodes)
    for scan in fresh:
        heard = known[scan.key] = merged(known[scan.key], scan) if scan.key in known else scan
        for name in _names(heard):
            node = nodes.get(name, Node(heard.occurred_at, heard.occurred_at))
            nodes[name] = Node(min(node.first, heard.occurred_at), max(node.last, heard.occurred_at))
    status = max((Status(name) for name in nodes if name in _STATUSES), key=lambda s: s.rank, default=shipment.status)
    return replace(
        shipment,
        status=status,
        nodes=dict(sorted(nodes.items())),
        scans=_pruned(known.values(), kept),
    )


_STATUSES: Final = frozenset(Status)


def _names(scan: Scan) -> list[str]:
    return [str(name) for name in (scan.status, scan.mark) if name is not None]


def _pruned(scans: Iterable[Scan], kept: int) -> tuple[Scan, ...]:
    ordered = sorted(scans, key=lambda scan: scan.order)
    firsts: dict[str, Scan] = {}
    for scan in ordered:
        for name in _names(scan):
            firsts.setdefault(name, scan)
    stay = {scan.key for scan in firsts.values()} | {scan.key for scan in ordered[-kept:]}
    return tuple(scan for scan in ordered if scan.key in stay)


# What the house is told. All shipment events name the order, the parcel and its waybill.


@event("shipment.created")
@dataclass(frozen=True, slots=True)
class ShipmentCreated:
    """The parcel left the shop under this waybill."""

    order_id: str
    shipment_id: str
    carrier: str
    waybill: str
    channel: str
    destination: str
    postal: bool


@dataclass(frozen=True, slots=True)
class _Reached:
    order_id: str
    shipment_id: str
    carrier: str
    waybill: str
    at: datetime


@event("shipment.in_transit")
@dataclass(frozen=True, slots=True)
class ShipmentInTransit(_Reached):
    """The carrier has the parcel."""


@event("shipment.customs_cleared")
@dataclass(frozen=True, slots=True)
class ShipmentCustomsCleared(_Reached):
    """The parcel has cleared customs (LOG-16)."""


@event("shipment.out_for_delivery")
@dataclass(frozen=True, slots=True)
class ShipmentOutForDelivery(_Reached):
    """The last mile has begun (LOG-16)."""


@event("shipment.ready_for_pickup")
@dataclass(frozen=True, slots=True)
class ShipmentReadyForPickup(_Reached):
    """The parcel waits for the customer at a pickup point (LOG-16)."""


@event("shipment.delivered")
@dataclass(frozen=True, slots=True)
class ShipmentDelivered(_Reached):
    """The customer has the parcel."""


@event("shipment.exception")
@dataclass(frozen=True, slots=True)
class ShipmentException(_Reached):
    """Something went wrong with the parcel; `problem` is the word for it (`scans.Mark`)."""

    problem: str


_NEWS: Final[Mapping[Status, type[_Reached]]] = {
    Status.IN_TRANSIT: ShipmentInTransit,
    Status.OUT_FOR_DELIVERY: ShipmentOutForDelivery,
    Status.READY_FOR_PICKUP: ShipmentReadyForPickup,
    Status.DELIVERED: ShipmentDelivered,
}


def news(before: Shipment, after: Shipment) -> list[_Reached]:
    """What the customer should hear of: key nodes that were reached now and not overtaken in the same moment (LOG-16).

    A report that comes late, after a higher status is known, is no news; nor is anything on a parcel's way back but the
    fact that it goes back. Of a parcel whose goods came back and go on without it, nothing is news any more.
    """

    if after.came_back:
        return []
    about = (after.order_id, after.id, after.carrier, after.waybill)
    found: list[_Reached] = []
    homeward = any(mark in after.nodes for mark in BACKWARD)
    if after.delivered and not before.delivered:
        found.append(ShipmentDelivered(*about, after.nodes[Status.DELIVERED].first))
    elif not homeward and after.status.rank > before.status.rank and after.status in _NEWS:
        found.append(_NEWS[after.status](*about, after.nodes[after.status].first))
    cleared = after.customs is Mark.CUSTOMS_CLEARED and before.customs is not Mark.CUSTOMS_CLEARED
    if cleared and not homeward and after.status.rank <= Status.IN_TRANSIT.rank:
        found.append(ShipmentCustomsCleared(*about, after.nodes[Mark.CUSTOMS_CLEARED].last))
    found += [
        ShipmentException(*about, after.nodes[mark].last, mark.value)
        for mark in sorted(after.open_problems - before.open_problems)
    ]
    return found
