"""Lockers' news from the queue, and goods that nobody collects."""

from __future__ import annotations

from chalicelib.core.triggers import Message, Triggers, deadline
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import Order
from chalicelib.orders.items import ORDER

from . import service
from .domain import Cause

triggers = Triggers(__name__)


@triggers.queue(service.QUEUE, grants=("table", "secrets"))
def record_locker_news(uow: UnitOfWork, message: Message) -> None:
    """Complete or fail the order whose box a locker reports (FUL-05, FUL-06)."""
    service.apply(uow, message.body)


@deadline(ORDER, "collect_by")
def notice_uncollected_order(uow: UnitOfWork, order: Order) -> None:
    """Nobody has collected the goods in time: the store's customer service looks after them (FUL-19)."""
    service.fail_order(uow, order, Cause.NOT_COLLECTED)
