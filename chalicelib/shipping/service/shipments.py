"""What is done with shipments: made when goods leave, found by waybill, told what couriers report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.core import table
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.ids import is_id
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.shipping.domain import shipments as rules
from chalicelib.shipping.domain.scans import Mark, Scan, Status, scan
from chalicelib.shipping.domain.shipments import (
    Box,
    Companion,
    Shipment,
    ShipmentCreated,
    ShipmentLine,
    TransitTime,
    WaybillClaim,
    WeightProof,
)
from chalicelib.shipping.domain.waybills import CARRIERS, checked, normal
from chalicelib.shipping.items.shipments import (
    SHIPMENT,
    SHIPMENTS,
    TRANSIT,
    TRANSITS,
    WAYBILL,
    ShipmentCard,
    waybill_list,
)

#: Whose word of an arrival says nothing about when it was: the slip's and the customer's.
PEOPLE = frozenset({"slip", "customer"})
#: How many parcels of one number are looked at; a number is used again after months, not days.
_SAME_NUMBER = 10


class WaybillInUse(Conflict):
    """Another parcel travels under this number now (LOG-14)."""

    code, title = "waybill-in-use", "The waybill belongs to another parcel"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel as it is handed to the carrier; `left_on` is the day it left, if that was not today."""

    carrier: str
    waybill: str
    boxes: tuple[Box, ...]
    lines: tuple[ShipmentLine, ...] = ()
    proof: WeightProof | None = None
    pointer: str = ""
    left_on: date | None = None


def create(
    uow: UnitOfWork, *, order_id: str, store: str, channel: str, destination: str, parcels: Sequence[Parcel]
) -> tuple[Shipment, ...]:
    """Make the shipments of goods that leave together for one order (FUL-13, FUL-16).

    Raises:
        Invalid: unknown carrier, a waybill with a typing error, or one waybill twice.
        WaybillInUse: another parcel of this shop is on its way under the same number.
    """
    numbers = [checked(parcel.carrier, parcel.waybill, parcel.pointer) for parcel in parcels]
    for position, number in enumerate(numbers):
        if number in numbers[:position]:
            raise Invalid(FieldError(f"{parcels[position].pointer}/waybill", "the same waybill twice"))
        _claim(uow, parcels[position].carrier, number, order_id)
    ids = [uow.new_id() for _ in parcels]
    made = []
    for shipment_id, number, parcel in zip(ids, numbers, parcels, strict=True):
        shipment = Shipment(
            id=shipment_id, order_id=order_id, carrier=parcel.carrier, waybill=number, store=store, created_at=uow.now,
            channel=channel, destination=destination, lines=parcel.lines, boxes=parcel.boxes,
            weight_g=sum(box.weight_g for box in parcel.boxes), proof=parcel.proof,
            siblings=tuple(other for other in ids if other != shipment_id), left_on=parcel.left_on,
        )  # fmt: skip
        told = ShipmentCreated(
            order_id, shipment_id, parcel.carrier, number, channel, destination, CARRIERS[parcel.carrier].postal
        )
        made.append(uow.put(SHIPMENT, shipment, told))
    return tuple(made)


def create_together(
    uow: UnitOfWork, *, contents: Mapping[str, tuple[ShipmentLine, ...]], store: str, channel: str, destination: str,
    parcel: Parcel,
) -> tuple[Shipment, ...]:  # fmt: skip
    """Make the records of one parcel that holds several orders (ORD-27): one for each, so that each has its timeline.

    Boxes, weight and the copy of the label are the leading one's.

    Args:
        contents: what of it belongs to which order; the first leads.

    Raises:
        Invalid, WaybillInUse: as `create`.
    """
    number = checked(parcel.carrier, parcel.waybill, parcel.pointer)
    _claim(uow, parcel.carrier, number, next(iter(contents)))
    together = tuple(Companion(order_id, uow.new_id()) for order_id in contents)
    made = []
    for companion in together:
        leads = companion is together[0]
        shipment = Shipment(
            id=companion.shipment_id, order_id=companion.order_id, carrier=parcel.carrier, waybill=number, store=store,
            created_at=uow.now, channel=channel, destination=destination, lines=contents[companion.order_id],
            boxes=parcel.boxes if leads else (), weight_g=sum(box.weight_g for box in parcel.boxes) if leads else 0,
            proof=parcel.proof if leads else None, left_on=parcel.left_on,
            together=together if len(together) > 1 else (),
        )  # fmt: skip
        postal = CARRIERS[parcel.carrier].postal
        told = ShipmentCreated(
            shipment.order_id, shipment.id, parcel.carrier, number, channel, destination, postal
        )  # fmt: skip
        made.append(uow.put(SHIPMENT, shipment, told))
    return tuple(made)


def claims(numbers: Iterable[tuple[str, str]]) -> list[Ref]:
    """What `create` will read for these carriers and waybills, to be fetched along with something else."""
    return [WAYBILL.ref(code, normal(number)) for code, number in numbers if is_id(code) and is_id(normal(number))]


def _claim(uow: UnitOfWork, carrier: str, number: str, order_id: str) -> None:
    """Let an order have a number. The index knows every parcel but those of this moment, the claim knows those."""
    card = tracked(uow, with_waybill(number), frozenset({carrier}))
    claim = uow.find(WAYBILL, carrier, number)
    span = timedelta(days=uow.setting(rules.TRACKED_FOR))
    claimed = claim is not None and claim.order_id != order_id and uow.now <= claim.until
    if claimed or (card is not None and card.order_id != order_id):
        raise WaybillInUse("Another parcel is on its way under this waybill. Check the number.", waybill=number)
    uow.put(WAYBILL, WaybillClaim(carrier, number, order_id, uow.now + span))


def with_waybill(waybill: str) -> list[ShipmentCard]:
    """The parcels that have or had this number, the newest first: couriers use numbers again.

    One read of an index, so a parcel made a moment ago may not be found yet.
    """
    return list(table.page(SHIPMENT, "gsi1", waybill_list(waybill), limit=_SAME_NUMBER, newest_first=True).items)


def tracked(uow: UnitOfWork, cards: Iterable[ShipmentCard], carriers: frozenset[str]) -> ShipmentCard | None:
    """The newest of these parcels that a report of these carriers may be about and that is still tracked (B22)."""
    span = timedelta(days=uow.setting(rules.TRACKED_FOR))
    matching = (card for card in cards if rules.concerns(card, carriers))
    return next((card for card in matching if rules.is_open(card.created_at, uow.now, span)), None)


def of_order(uow: UnitOfWork, order_id: str) -> list[Shipment]:
    """All parcels of an order, oldest first."""
    return uow.part(SHIPMENT, order_id, prefix=SHIPMENTS)


def under_way(uow: UnitOfWork, order_id: str) -> list[Shipment]:
    """The parcels of an order that bring its goods, oldest first: all but those that came back."""
    return [shipment for shipment in of_order(uow, order_id) if not shipment.came_back]


def note_came_back(uow: UnitOfWork, order_id: str, store: str = "") -> list[Shipment]:
    """The goods of all parcels of an order, or of those from one place, are at the shop again and go on without them
    (E18)."""
    own = [shipment for shipment in of_order(uow, order_id) if store in ("", shipment.store)]
    return [uow.put(SHIPMENT, replace(shipment, came_back=True)) for shipment in own]


def fold(uow: UnitOfWork, shipment: Shipment, scans: Iterable[Scan]) -> Shipment:
    """Add reports to a parcel and tell what is new; reports that say nothing new write nothing (LOG-15, LOG-16)."""
    after = rules.fold(
        shipment, scans, kept=uow.setting(rules.SCANS_KEPT), before=timedelta(hours=uow.setting(rules.SCAN_BEFORE)),
        tracked=timedelta(days=uow.setting(rules.TRACKED_FOR)),
    )  # fmt: skip
    if after != shipment:
        uow.put(SHIPMENT, after, *rules.news(shipment, after))
    by_carrier = bool(after.scans) and after.scans[-1].source not in PEOPLE
    if by_carrier and after.leads and not after.came_back and after.delivered_at is not None and not shipment.delivered:
        _note_transit(uow, after, after.delivered_at)
    return after


def _note_transit(uow: UnitOfWork, shipment: Shipment, delivered_at: datetime) -> None:
    """Add a parcel that has just arrived to its channel's transit times (LOG-12)."""
    if shipment.channel and shipment.destination:
        hours = max(0, round((delivered_at - shipment.left_at) / timedelta(hours=1)))
        place = TRANSIT.ref(shipment.channel, f"{delivered_at:%Y-%m}", shipment.destination)
        uow.count(place, {"parcels": 1, "hours": hours})


def transit_times(uow: UnitOfWork, channel: str) -> list[TransitTime]:
    """A channel's transit times by month and destination, the newest month first: one query (LOG-12)."""
    found = []
    for key, counts in uow.counters(TRANSIT, channel, prefix=TRANSITS).items():
        _, month, destination = key.sk.split("#")
        found.append(TransitTime(channel, month, destination, counts["parcels"], counts["hours"]))
    return sorted(found, key=lambda times: (times.month, times.destination), reverse=True)


def report(
    uow: UnitOfWork,
    *,
    status: Status | None,
    mark: Mark | None,
    stated: str,
    received_at: datetime,
    place: str = "",
    text: str = "",
    source: str = "",
    code: str = "",
    identity: str = "",
) -> Scan:
    """One report in the shop's words, held against the shop's clock (B21).

    Raises:
        ValueError: `stated` is not a time.
    """  # fmt: skip
    skew = timedelta(minutes=uow.setting(rules.CLOCK_SKEW))
    return scan(
        status=status, mark=mark, stated=stated, received_at=received_at, skew=skew, place=place, text=text,
        source=source, code=code, identity=identity,
    )  # fmt: skip


def confirm_delivery(uow: UnitOfWork, shipments: Iterable[Shipment], source: str, text: str) -> None:
    """Note that parcels have arrived, on the word of the courier's slip or of the customer (FUL-14, ORD-20)."""
    for shipment in shipments:
        if not shipment.delivered:
            arrived = report(
                uow, status=Status.DELIVERED, mark=None, stated=uow.now.isoformat(), received_at=uow.now, text=text,
                source=source, code="delivered", identity=shipment.id,
            )  # fmt: skip
            fold(uow, shipment, [arrived])
