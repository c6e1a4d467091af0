"""Another appointment for the store's own delivery, agreed between staff and customer (FUL-08)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chalicelib.core.errors import NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import PLANNABLE
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import ORDER
from chalicelib.shipping.service import windows


def change_appointment(uow: UnitOfWork, order: d.Order, begins: datetime, ends: datetime) -> d.Order:
    """Bring an order at another time: it is counted there and no more where it was, and its clocks follow.

    Naming the time that it has changes nothing.

    Raises:
        NotAllowed: not an own delivery, or its goods have left.
        SlotFull: no place is left then; tells which times are free.
    """
    if order.handover is None or order.handover.point or order.state not in PLANNABLE:
        raise NotAllowed("order", order.state, "assign", order.allowed)
    begins, ends = (to_second(moment.astimezone(UTC)) for moment in (begins, ends))
    if (begins, ends) == (order.handover.slot_from, order.handover.slot_until):
        return order
    booked = windows.rebook(uow, order.handover, begins, ends, order.market)
    zone = ZoneInfo(markets.location(order.handover.store).time_zone)
    appointed = order.appointed(booked, (begins, ends), begins.astimezone(zone).date(), uow.now)
    told = d.OrderAppointmentChanged(order_id=order.id, store=order.store, due_from=begins, due_until=ends)
    return uow.put(ORDER, appointed, told)
