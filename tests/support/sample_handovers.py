"""Orders that a Berlin store hands over itself, with their stock, and the way to bring them to any point of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.core import aws, config, secrets
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain.roster import Roster
from chalicelib.fulfilment.items import PICKUP
from chalicelib.fulfilment.items.roster import ROSTER
from chalicelib.inventory.items import STOCK
from chalicelib.markets.domain import CASH_ON_DELIVERY
from chalicelib.orders.domain import Order, OrderClass, State
from chalicelib.orders.domain.number import new_number
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.handover import Handover

from .http import Client
from .sample_orders import a_line, an_order

STORE = "BER-S1"
SANDBOX_KEY = "w" * 32
BOXES = {"boxes": [{"weight_g": 900, "length_mm": 300, "width_mm": 200, "height_mm": 150}]}
Begin = Callable[..., UnitOfWork]


def put_secrets() -> None:
    """What signs codes and the simulated locker's messages."""
    for name, fields in {"signing": {"key": "k" * 32}, "sandbox": {"webhook_secret": SANDBOX_KEY}}.items():
        aws.client("secretsmanager").create_secret(Name=config.secret_name(name), SecretString=json.dumps(fields))
    secrets.forget()


def a_pickup(point: str = "desk", *, state: State = State.ROUTED, **changes: Any) -> Order:
    """Three small pieces to be picked up in Berlin, paid online."""
    number = new_number(OrderClass.SELF_PICKUP)
    given = {
        "id": number, "order_class": OrderClass.SELF_PICKUP, "delivery_method": "pickup", "channel": "",
        "payment_id": f"{number}-1", "store": STORE, "handover": Handover(store=STORE, point=point),
        "lines": (a_line(location=STORE), a_line("2", "TEA-CUP-SET", 1, location=STORE)),
    }  # fmt: skip
    return an_order(state, **{**given, **changes})


def an_own_delivery(*, cash: bool = False, state: State = State.ROUTED, hours: int = 2, **changes: Any) -> Order:
    """The same goods, brought by the store within so many hours of packing."""
    number = new_number(OrderClass.OWN_DELIVERY)
    given = {
        "id": number, "order_class": OrderClass.OWN_DELIVERY, "delivery_method": "own_delivery",
        "payment_id": f"{number}-1", "handover": Handover(store=STORE, hours=hours),
        "payment_method": CASH_ON_DELIVERY if cash else "card",
    }  # fmt: skip
    return a_pickup(state=state, **{**given, **changes})


def put_roster(uow: UnitOfWork, store: str = STORE) -> None:
    """A store's delivery people."""
    if uow.find(ROSTER, store) is None:
        uow.put(ROSTER, Roster(store, tuple(f"rider-{number}" for number in range(1, 10))))


def keep(begin: Begin, order: Order) -> Order:
    """An order with its stock reserved."""
    uow = begin()
    put_roster(uow)
    uow.put(ORDER, order)
    for (sku, location), units in order.allocation.items():
        uow.count(STOCK.ref(sku, location), {"on_hand": 10, "reserved": units, "available": 10 - units})
    uow.commit(None)
    return order


def step(client: Client, order: Order, name: str, body: Any = None, key: str = "") -> Any:
    return client.post(f"/staff/orders/{order.id}/{name}", body, key=f"{name}-{order.id}-{key}")


def packed(client: Client, begin: Begin, order: Order) -> Order:
    """The order accepted, picked and packed."""
    keep(begin, order)
    for name, body in (("accept", None), ("pick", None), ("pack", BOXES)):
        answer = step(client, order, name, body)
        assert answer.status == 200, answer.text
    return order


def code_of(begin: Begin, order: Order) -> str:
    """The code that the customer's mail says."""
    uow = begin()
    code = service.code_of(uow, uow.get(ORDER, order.id))
    assert code is not None
    return code


def state_of(begin: Begin, order: Order) -> State:
    return begin().get(ORDER, order.id).state


def wrong_tries(begin: Begin, order: Order) -> int:
    return begin().get(PICKUP, order.id).wrong


def do(begin: Begin, command: Callable[[UnitOfWork], Any]) -> Any:
    return run(command, begin)


def on_hand(begin: Begin, sku: str = "TEA-POT-BLUE") -> tuple[int, int]:
    counts = begin().counter(STOCK.ref(sku, STORE)) or {}
    return counts["on_hand"], counts["reserved"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
