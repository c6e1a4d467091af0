"""How shipments are kept: inside their order's partition, found by waybill through gsi1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.table import CounterKind, Index, Key, Kind
from chalicelib.shipping.domain.scans import Status
from chalicelib.shipping.domain.shipments import Companion, Shipment, WaybillClaim


@dataclass(frozen=True, slots=True)
class ShipmentCard:
    """What a waybill leads to: enough to fetch the parcel, its order and the parcels that left with it in one read."""

    id: str
    order_id: str
    carrier: str
    waybill: str
    store: str
    created_at: datetime
    status: Status
    siblings: tuple[str, ...] = ()
    together: tuple[Companion, ...] = ()

    @classmethod
    def of(cls, shipment: Shipment) -> ShipmentCard:
        return cls(
            shipment.id, shipment.order_id, shipment.carrier, shipment.waybill, shipment.store, shipment.created_at,
            shipment.status, shipment.siblings, shipment.together,
        )  # fmt: skip


def waybill_list(waybill: str) -> str:
    """All parcels that ever had this number, oldest first: couriers use numbers again."""
    return f"WAYBILL#{waybill}"


SHIPMENTS: Final = "SHIPMENT#"

SHIPMENT: Final = Kind(
    "shipment",
    Shipment,
    key=lambda order_id, shipment_id: Key(f"ORDER#{order_id}", f"{SHIPMENTS}{shipment_id}"),
    of=lambda shipment: Key(f"ORDER#{shipment.order_id}", f"{SHIPMENTS}{shipment.id}"),
    index=lambda shipment: Index(
        gsi1=(waybill_list(shipment.waybill), f"{SHIPMENTS}{stamp(shipment.created_at)}#{shipment.id}")
    ),
    card=ShipmentCard.of,
    card_type=ShipmentCard,
)

#: One per number and carrier, so that two orders cannot take the same number at the same moment.
WAYBILL: Final = Kind(
    "waybill",
    WaybillClaim,
    key=lambda carrier, waybill: Key(waybill_list(waybill), f"CLAIM#{carrier}"),
    of=lambda claim: Key(waybill_list(claim.waybill), f"CLAIM#{claim.carrier}"),
    index=lambda claim: Index(expires=claim.until),
)

TRANSITS: Final = "TRANSIT#"

#: How long a channel's parcels took, by month of delivery and destination: `parcels`, and their `hours` (LOG-12).
TRANSIT: Final = CounterKind(
    "transit",
    key=lambda channel, month, destination: Key(f"CHANNEL#{channel}", f"{TRANSITS}{month}#{destination}"),
)
