"""Lockers' news from the queue and what lockers are told, files of slips, and goods that nobody collects."""

from __future__ import annotations

import time
from typing import Final

from chalicelib.core.clock import utc_now
from chalicelib.core.events import Event
from chalicelib.core.triggers import Message, Triggers, deadline
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import Dispatch, Order, OrderCancelled
from chalicelib.orders.items import DISPATCH, ORDER

from . import service
from .domain import Cause
from .domain.locker_boxes import BoxGivenUp, BoxHeld, LockerBox
from .domain.slip_files import SlipsPaused, SlipsUploaded
from .items import DELIVERY, LOCKER_BOX
from .items.consignment import MEMBERSHIP

triggers = Triggers(__name__)

#: Seconds of one run over a file of slips, well below the function's time; what is left is another run's.
_RUN: Final = 45.0


@triggers.queue(service.QUEUE, grants=("table", "secrets"))
def record_locker_news(uow: UnitOfWork, message: Message) -> None:
    """Complete or fail the order whose box a locker reports (FUL-05, FUL-06)."""
    service.apply(uow, message.body)


@triggers.consumer("import-slips", on=[SlipsUploaded, SlipsPaused], batch_size=1, timeout=90)
def import_slips(uow: UnitOfWork, event: Event[SlipsUploaded] | Event[SlipsPaused]) -> None:
    """Work through the rows of a file of slips, each in a transaction of its own (FUL-14, FUL-15)."""
    until = time.monotonic() + _RUN
    service.work_through(
        lambda: UnitOfWork(utc_now(), uow.actor, uow.cause, uow.trace),
        event.data.file_id,
        enough=lambda: time.monotonic() > until,
    )
    service.pause(uow, event.data.file_id)


@triggers.consumer("drop-cancelled-order", on=[OrderCancelled])
def drop_cancelled_order(uow: UnitOfWork, event: Event[OrderCancelled]) -> None:
    """A cancelled order does not travel with others any more (ORD-27), and nobody drives to its customer (FUL-11)."""
    number = event.data.order_id
    uow.load(MEMBERSHIP.ref(number), DELIVERY.ref(number))
    service.together.leave(uow, number)
    service.drop_delivery(uow, number)


@triggers.consumer("settle-locker-box", on=[BoxHeld, BoxGivenUp], grants=("table", "secrets"))
def settle_locker_box(uow: UnitOfWork, event: Event[BoxHeld] | Event[BoxGivenUp]) -> None:
    """Tell a locker's vendor that a box is wanted for good, or free (FUL-06)."""
    service.locker_boxes.settle(uow, event.data.order_id)


@deadline(LOCKER_BOX, "settle_by")
def abandon_locker_box(uow: UnitOfWork, box: LockerBox) -> None:
    """A box was asked for, and the goods of no order came into it (FUL-06)."""
    service.locker_boxes.abandon(uow, box)


@deadline(ORDER, "collect_by")
def notice_uncollected_order(uow: UnitOfWork, order: Order) -> None:
    """Nobody has collected the goods in time: the store's customer service looks after them (FUL-19)."""
    service.fail_order(uow, order, Cause.NOT_COLLECTED)


@deadline(DISPATCH, "collect_by")
def notice_uncollected_dispatch(uow: UnitOfWork, part: Dispatch) -> None:
    """Nobody has collected a part of an order that was kept at a desk (FUL-19)."""
    service.fail_part(uow, uow.get(ORDER, part.order_id), part.store, Cause.NOT_COLLECTED)
