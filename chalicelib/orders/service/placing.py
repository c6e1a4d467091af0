"""Placing an order: the confirmed quote, the reserved stock, the number and the ordered cart in one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.cart import service as cart
from chalicelib.cart.items import CART
from chalicelib.core.auth import Principal
from chalicelib.core.once import AlreadyDone, IdempotencyRecord, Mark
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.orders import domain as d
from chalicelib.orders.domain import settings
from chalicelib.orders.domain.order import CLASS_OF_DELIVERY
from chalicelib.orders.items import ORDER
from chalicelib.shipping.service import windows

from . import deposits

#: The classes that a client can place.
_CLASSES: Final = tuple(dict.fromkeys(CLASS_OF_DELIVERY.values()))


def _numbers(mark: Mark) -> list[str]:
    """The numbers that the order of a request can have, one for each class."""
    return [d.number_of(order_class, mark.id) for order_class in _CLASSES]


def placed_before(uow: UnitOfWork, mark: Mark) -> IdempotencyRecord | None:
    """What a request placed when it came before.

    Its number is drawn from the request's mark, whatever its class: the order is its own record, and lasts as long.
    """
    numbers = _numbers(mark)
    uow.load(*map(ORDER.ref, numbers))
    order = next((order for number in numbers if (order := uow.find(ORDER, number))), None)
    return IdempotencyRecord(mark.id, order.request, order.id, datetime.max.replace(tzinfo=UTC)) if order else None


def place(
    uow: UnitOfWork, cart_id: str, principal: Principal, quote_hash: str, source: str = "", mark: Mark | None = None
) -> d.Order:
    """Turn a cart and the quote its owner has confirmed into an order (ORD-01, ORD-04, ORD-07).

    Stock is reserved where the quote took it from, and the window or appointment with it. The order waits for its
    payment until `pay_by`; one that costs nothing, or is paid at the door, goes to review at once.

    Args:
        quote_hash: of the quote that the shopper saw and confirmed: address, payment method and coupons included.
        source: digest of the internet address it comes from (`risk.source_of`), or "".
        mark: of the request; without one the order's number is drawn by chance.

    Raises:
        AlreadyDone: this request has placed an order before.
        NotFound: no such cart, or somebody else's.
        QuoteStale: price, stock or delivery are not as confirmed; carries the new quote.
        SoldOut, SlotFull: from the commit, when somebody else was faster.
    """
    if mark is not None:
        uow.load(CART.ref(cart_id), *map(ORDER.ref, _numbers(mark)))  # together: one round trip
        if record := placed_before(uow, mark):
            raise AlreadyDone(record)
    bought, quote = cart.checkout(uow, cart_id, principal, quote_hash)
    order_class = CLASS_OF_DELIVERY[quote.delivery_method or ""]
    order = d.Order.placed(
        d.number_of(order_class, mark.id) if mark else d.new_number(order_class),
        quote,
        owner=bought.owner,
        at=uow.now,
        pay_by=uow.now + timedelta(minutes=uow.setting(settings.PAY_BY, market=quote.market)),
    )
    order = replace(
        order,
        source=source,
        request=mark.fingerprint if mark else "",
        deposit_keys=deposits.keys_on_deposit(uow, order),
    )
    if order.allocation:
        inventory.reserve(uow, order.allocation, order.id)
    if order.handover is not None:
        order = replace(order, handover=windows.book(uow, order.handover, order.market))
    cart.mark_ordered(uow, bought, order.id)
    told: list[object] = [
        d.OrderPlaced(
            order_id=order.id, order_class=order.order_class, customer=order.owner.customer, market=order.market,
            total=order.totals.total, pay_by=order.deadlines.get("pay_by"),
        )
    ]  # fmt: skip
    if order.totals.total.is_zero:
        told.append(d.OrderPaid(order_id=order.id, payment_id=order.payment_id, amount=order.totals.total))
    elif order.pays_at_door:
        told.append(d.OrderCashAgreed(order_id=order.id, amount=order.totals.total))
    return uow.put(ORDER, order, *told)
