"""News of lockers: verified, queued, and applied to the order whose goods are in the box (E10, E16, FUL-05, FUL-06)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib.core import observe, queues, table
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain import Cause
from chalicelib.fulfilment.items import LOCKER_BOX, PICKUP, box_list
from chalicelib.fulfilment.providers import vendor
from chalicelib.fulfilment.providers.base import BoxEvent, UnknownBox
from chalicelib.orders import service as orders
from chalicelib.orders.domain import State
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER

from . import locker_boxes
from .failures import fail_order

QUEUE: Final = "locker-messages"


def receive(vendor_name: str, headers: Mapping[str, str], raw: bytes, now: datetime, trace: str) -> None:
    """Take a webhook: verify the raw bytes, queue what they say, done. No table is touched.

    Raises:
        NotFound: no such vendor.
        Forged: the signature is not right, or not of this moment; nothing is queued.
        MissingSecret: the vendor is not configured; nothing is queued.
        Invalid: verified, and yet not in the vendor's format.
    """
    sender = vendor(vendor_name)
    sender.verify(headers, raw, now)
    news = sender.read(raw)
    if news is not None:
        queues.send(QUEUE, {"vendor": vendor_name, "reference": news.reference, "event": news.event.value}, trace)


def apply(uow: UnitOfWork, message: Mapping[str, Any]) -> None:
    """Complete the order whose box was emptied by its customer, or fail the one whose time is up.

    News of an order that has moved on changes nothing. A pickup that is reported after the order has failed completes
    it after all, and is marked: the goods are with their customer, whatever was about to be decided about them. The
    failure stays a failure (BAL-05).

    Raises:
        UnknownBox: no order has this box, yet.
    """
    found = table.page(PICKUP, "gsi1", box_list(message["vendor"], message["reference"]), limit=1).items
    if not found:
        raise UnknownBox("No order has this box.")
    number = found[0].order_id
    uow.load(ORDER.ref(number), PICKUP.ref(number), LOCKER_BOX.ref(number))
    order, pickup = uow.get(ORDER, number), uow.get(PICKUP, number)
    if pickup.reference != message["reference"]:
        return
    event = BoxEvent(message["event"])
    if event is BoxEvent.COLLECTED and order.state is State.READY_LOCKER:
        locker_boxes.collected(uow, pickup)
        uow.put(PICKUP, pickup)
        orders.advance(uow, order.id, Command.COMPLETE, proof="locker")
    elif event is BoxEvent.COLLECTED and order.state in (State.HANDOVER_FAILED, State.STORE_HANDLING):
        observe.count("LatePickups", vendor=pickup.vendor)
        locker_boxes.collected(uow, pickup)
        uow.put(PICKUP, replace(pickup, late=True))
        orders.advance(uow, order.id, Command.COLLECT_LATE, proof="locker")
    elif event is BoxEvent.EXPIRED and order.state is State.READY_LOCKER:
        fail_order(uow, order, Cause.NOT_COLLECTED)
