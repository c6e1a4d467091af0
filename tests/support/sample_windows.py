"""Orders of one shirt that the Berlin store brings, placed by way of cart and quote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.cart.domain import DeliveryMethod
from chalicelib.core.auth import Principal
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.markets.domain import CASH_ON_DELIVERY
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order
from chalicelib.orders.items import ORDER
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.handover import Handover

from .sample_carts import BERLIN, a_cart, quoted

Begin = Callable[..., UnitOfWork]
ANN = Principal("shopper", "ann", "ann@example.com")


def agreed(begin: Begin, chosen: Handover, method: str = "card", who: Principal = ANN) -> tuple[str, str]:
    """Cart and hash of a quote that a shopper has accepted."""
    bought = a_cart(begin(), ("SHIRT-M", 1), owner=who.owner)
    made = quoted(
        begin(), bought, BERLIN, who, delivery_method=DeliveryMethod.OWN_DELIVERY, handover=chosen,
        payment_method=method,
    )  # fmt: skip
    return bought.id, made.hash


def place(begin: Begin, chosen: Handover, method: str = "card", who: Principal = ANN) -> Order:
    """An order of one shirt, brought by the store."""
    cart, accepted = agreed(begin, chosen, method, who)
    return run(lambda uow: orders.place(uow, cart, who, accepted), begin)


def routed(begin: Begin, chosen: Handover) -> Order:
    """The same, paid at the door, reviewed and with its store."""
    order = place(begin, chosen, CASH_ON_DELIVERY)
    run(lambda uow: orders.review(uow, order.id), begin)
    run(lambda uow: routing.route(uow, order.id), begin)
    return begin().get(ORDER, order.id)


def taken(begin: Begin, ref: Ref) -> int:
    """How many places of a window or appointment are taken."""
    return -(begin().counter(ref) or {}).get("left", 0)


def shoppers(count: int) -> list[Any]:
    """So many shoppers."""
    return [Principal("shopper", f"s{number}") for number in range(count)]
