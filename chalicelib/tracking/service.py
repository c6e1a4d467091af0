"""The way of a courier's report: verified and queued, then folded into the parcel, and the order completed with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.core import config, observe, queues
from chalicelib.core.auth import Principal
from chalicelib.core.clock import read_time, stamp
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger.domain import revenue_id
from chalicelib.ledger.items import ENTRY
from chalicelib.orders import service as orders
from chalicelib.orders.domain import State
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.scans import Scan
from chalicelib.shipping.domain.shipments import Companion, Shipment
from chalicelib.shipping.items.shipments import SHIPMENT
from chalicelib.shipping.service import shipments

from .domain import Registration, Report, UnknownWaybill
from .providers import PROVIDERS, provider

QUEUE = "tracking-messages"


def receive(provider_name: str, headers: Mapping[str, str], raw: bytes, now: datetime, trace: str) -> None:
    """Take a webhook: verify the raw bytes, queue them, done. No table is touched (LOG-15).

    Raises:
        NotFound: no such tracking service.
        Forged: the signature is not right; nothing is queued.
        MissingSecret: the service is not configured; nothing is queued.
    """
    provider(provider_name).verify(headers, raw)
    message = {"provider": provider_name, "received_at": stamp(now), "body": raw.decode("utf-8", "replace")}
    queues.send(QUEUE, message, trace)


def apply(uow: UnitOfWork, message: Mapping[str, Any]) -> None:
    """Fold what a provider knows about a number into the parcel; complete the order when all its parcels have arrived.

    A parcel that holds several orders (ORD-27) advances each of them, all in one transaction.

    Three round trips: find the parcel, read it with its order and the parcels that left with it, write.

    Raises:
        Unreadable: the message is not in the provider's format.
        UnknownWaybill: no parcel has this number, yet.
    """
    name = message["provider"]
    push = provider(name).read(message["body"].encode())
    if push is None:
        return
    cards = shipments.with_waybill(push.waybill)
    if not cards:
        raise UnknownWaybill("No parcel of this shop has this waybill.")
    card = shipments.tracked(uow, cards, push.carriers)
    if card is None:  # an old parcel's number in its next life, or another carrier's: not ours any more (B22)
        observe.count("ForeignReports", provider=name)
        return
    records = card.together or (Companion(card.order_id, card.id),)
    family = [SHIPMENT.ref(one.order_id, one.shipment_id) for one in records]
    family += [SHIPMENT.ref(card.order_id, other) for other in card.siblings]
    # Completing an order books its revenue, which asks whether that has been done: read with the rest.
    numbers = dict.fromkeys(one.order_id for one in records)
    uow.load(*family, *(ref for one in numbers for ref in (ORDER.ref(one), ENTRY.ref(one, revenue_id(one)))))
    received_at = read_time(message["received_at"])
    scans = [_scan(uow, report, name, received_at) for report in push.reports]
    for one in records:
        after = shipments.fold(uow, uow.get(SHIPMENT, one.order_id, one.shipment_id), scans)
        if after.delivered:
            _complete(uow, after)


def _scan(uow: UnitOfWork, report: Report, source: str, received_at: datetime) -> Scan:
    return shipments.report(
        uow, status=report.status, mark=report.mark, stated=report.time or received_at.isoformat(),
        received_at=received_at, place=report.place, text=report.text, source=source, code=report.code,
        identity="" if report.time else f"untimed/{report.stated}/{report.identity}",
    )  # fmt: skip


def _complete(uow: UnitOfWork, arrived: Shipment) -> None:
    """Complete the order when this was the last of its parcels to arrive, else end the trouble that this one had.

    An order that has ended stays as it is, and so does one whose goods came back in this parcel and go on without it
    (E18). Of an order from several places, each part arrives by itself (RTE-07).
    """
    order = uow.get(ORDER, arrived.order_id)
    if arrived.came_back or order.state not in (State.PARTLY_SHIPPED, State.SHIPPED):
        return
    if order.is_split:
        orders.part_arrived(uow, order, arrived, "tracking")
    elif order.state is State.SHIPPED and _is_last(uow, arrived):
        orders.advance(uow, arrived.order_id, Command.COMPLETE, proof="tracking")
    else:
        orders.parcel_arrived(uow, order, arrived)


def _is_last(uow: UnitOfWork, arrived: Shipment) -> bool:
    """Whether all other parcels have arrived; two last ones may arrive at once, and each must see the other."""
    others = [uow.get(SHIPMENT, arrived.order_id, sibling) for sibling in arrived.siblings]
    for other in others:
        uow.require(SHIPMENT, other.order_id, other.id)
    return all(other.delivered for other in others)


def journey(uow: UnitOfWork, order_id: str, principal: Principal) -> list[Shipment]:
    """The parcels of the caller's own order (LOG-14).

    Raises:
        NotFound: no such order, or not the caller's.
    """
    orders.find(uow, order_id, principal)
    return shipments.of_order(uow, order_id)


def register(registration: Registration, postal: bool) -> None:
    """Have a parcel watched by the tracking services that are for it (FUL-13, LOG-17).

    Only where real parcels are sent; a service without a key is not used.

    Raises:
        Unavailable: a service does not answer; asking the others again does no harm.
    """
    if not config.is_production():
        return
    for service in PROVIDERS.values():
        if postal or not service.postal_only:
            service.register(registration)
