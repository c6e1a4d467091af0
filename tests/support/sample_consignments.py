"""Orders of one recipient that go in one parcel, and what a store and a courier do with them (ORD-27)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from chalicelib.core.auth import Post, Principal
from chalicelib.core.clock import stamp
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain.consignment import Consignment
from chalicelib.fulfilment.service import HandedOver, together
from chalicelib.inventory.items import STOCK
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.shipments import Box
from chalicelib.tracking import service as tracking
from tests.support.sample_orders import CUSTOMER, a_line, an_order
from tests.support.sample_returns import do

Begin = Callable[..., UnitOfWork]
STORE = Principal("staff", "sam", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
SHOPPER = Principal("shopper", CUSTOMER.customer)
WAYBILL = "RR473124829CN"
HANDED = HandedOver("china-post", WAYBILL)
SAMPLES = Path(__file__).parents[2] / "events" / "webhooks" / "17track"


def place(begin: Begin, state: State = State.ROUTED, **changes: Any) -> Order:
    """An order for Berlin at the store in Rotterdam, its stock reserved."""
    order = an_order(state, **{"store": "RTM1", "lines": (a_line(),), **changes})
    uow = begin()
    uow.put(ORDER, order)
    for (sku, at), units in order.allocation.items():
        uow.count(STOCK.ref(sku, at), {"on_hand": 10, "reserved": units, "available": 10 - units})
    return uow.commit(order)


def merged(begin: Begin, *found: Order) -> Consignment:
    return do(begin, lambda uow: together.merge(uow, [order.id for order in found], STORE))


def ship(begin: Begin, consignment: Consignment) -> Consignment:
    return do(begin, lambda uow: together.ship(uow, consignment.id, HANDED, STORE))[0]


def sent(begin: Begin, *found: Order) -> Consignment:
    """Picked orders, packed in one box and handed over."""
    made = merged(begin, *found)
    do(begin, lambda uow: together.pack(uow, made.id, [Box(1500)], STORE))
    return ship(begin, made)


def states(begin: Begin, *found: Order) -> list[State]:
    return [begin().get(ORDER, order.id).state for order in found]


def report(begin: Begin, file: str, times: int = 1) -> None:
    """What 17TRACK says about the waybill."""
    body = json.loads((SAMPLES / f"{file}.json").read_text())
    message = {"provider": "17track", "received_at": stamp(begin().now + timedelta(days=30)), "body": json.dumps(body)}
    for _ in range(times):
        do(begin, lambda uow: tracking.apply(uow, message))
