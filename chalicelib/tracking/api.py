"""The customer's view of a parcel, and the couriers' webhooks."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from chalicelib.core.clock import utc_now
from chalicelib.core.http import SHOPPER, SIGNED, Id, Model, Page, Post, Request, Response, Routes, staff
from chalicelib.core.secrets import MissingSecret
from chalicelib.core.signatures import Forged
from chalicelib.shipping.domain.scans import Scan, Status
from chalicelib.shipping.domain.shipments import Shipment
from chalicelib.shipping.domain.waybills import CARRIERS
from chalicelib.shipping.service import shipments

from . import service, texts

routes = Routes(__name__)

#: A push carries a parcel's whole journey; a long one is larger than any other request.
LARGEST = 512 * 1024


class NodeView(Model):
    """A key node of the journey."""

    name: str
    text: dict[str, str] = Field(description="In English (`en`) and Simplified Chinese (`zh-Hans`).")
    at: datetime


class ScanView(Model):
    """A carrier's report in the carrier's own words."""

    at: datetime
    stated: str = Field(description="The time as the carrier gave it; without an offset it is local to the place.")
    local_time: bool = Field(description="The carrier gave no offset: `at` is good for the order only.")
    place: str
    text: str


class ShipmentView(Model):
    """A parcel and its journey."""

    id: str
    carrier: str
    carrier_name: str
    waybill: str
    status: Status
    status_text: dict[str, str] = Field(description="In English (`en`) and Simplified Chinese (`zh-Hans`).")
    problems: list[NodeView] = Field(description="Problems that are not overcome yet.")
    nodes: list[NodeView] = Field(description="Key nodes in the order of time.")
    scans: list[ScanView] = Field(description="The newest first.")
    sent_at: datetime
    delivered_at: datetime | None
    weight_g: int

    @classmethod
    def of(cls, shipment: Shipment) -> ShipmentView:
        nodes = sorted(shipment.nodes.items(), key=lambda pair: (pair[1].first, pair[0]))
        return cls(
            id=shipment.id, carrier=shipment.carrier, carrier_name=CARRIERS[shipment.carrier].name,
            waybill=shipment.waybill, status=shipment.status, status_text=texts.STATUS[shipment.status],
            problems=[
                NodeView(name=mark, text=texts.MARK[mark], at=shipment.nodes[mark].last)
                for mark in sorted(shipment.open_problems)
            ],
            nodes=[NodeView(name=name, text=texts.of(name), at=node.first) for name, node in nodes],
            scans=_told_once(shipment), sent_at=shipment.created_at, delivered_at=shipment.delivered_at,
            weight_g=shipment.weight_g,
        )  # fmt: skip


class TransitTimeView(Model):
    """How long a channel's parcels took to a destination in one month."""

    month: str = Field(description="Of delivery, as 2026-11.")
    destination: str = Field(description="ISO 3166-1 alpha-2.")
    parcels: int
    average_days: str = Field(description="From leaving the shop to the customer's door, to a tenth of a day.")


def _told_once(shipment: Shipment) -> list[ScanView]:
    """The reports, newest first; one that was sent again under another word of the provider is shown once."""
    seen: dict[tuple[str, str, str], Scan] = {}
    for scan in shipment.scans:
        seen.setdefault((scan.stated, scan.place, scan.text), scan)
    return [
        ScanView(at=scan.occurred_at, stated=scan.stated, local_time=scan.local, place=scan.place, text=scan.text)
        for scan in reversed(seen.values())
    ]


@routes.get("/orders/{order_id}/shipments", access=SHOPPER)
def list_shipments(request: Request, order_id: str) -> Page[ShipmentView]:
    """See where the parcels of an order are (LOG-14, FUL-16)."""
    parcels = service.journey(request.uow, order_id, request.principal)
    return Page[ShipmentView](items=[ShipmentView.of(parcel) for parcel in parcels])


@routes.get(
    "/staff/channels/{channel}/transit-times", access=staff(Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.PLANNING)
)
def list_transit_times(request: Request, channel: Id) -> Page[TransitTimeView]:
    """See how long a channel's parcels take, by month and destination (LOG-12)."""
    times = shipments.transit_times(request.uow, channel)
    return Page[TransitTimeView](
        items=[
            TransitTimeView(
                month=row.month, destination=row.destination, parcels=row.parcels, average_days=str(row.average_days)
            )
            for row in times
        ]
    )


@routes.post(
    "/webhooks/couriers/{provider}", access=SIGNED, raw=True, commit=False, largest=LARGEST,
    errors=[Forged, MissingSecret],
)  # fmt: skip
def take_courier_message(request: Request, provider: str) -> Response:
    """Take a tracking service's push: verify it, queue it, answer (LOG-15)."""
    service.receive(provider, request.headers, request.raw_body, utc_now(), request.trace)
    return Response("ok", headers={"Content-Type": "text/plain"})
