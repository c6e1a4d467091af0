"""Ordering the same goods again, also instead of an order that was returned (REV-05)."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.cart import service as cart
from chalicelib.cart.domain import Cart
from chalicelib.catalog import service as catalog
from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed, RuleRefused
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import Command

from .cancelling import call_off
from .reading import find


@dataclass(frozen=True, slots=True)
class Refilled:
    """The cart with an order's goods.

    Args:
        left_out: SKUs that are no longer on sale.
    """

    cart: Cart
    left_out: tuple[str, ...]


def reorder(uow: UnitOfWork, order_id: str, principal: Principal, *, instead: bool) -> tuple[d.Order, Refilled]:
    """Put the goods of one's order into a cart of its own, at present prices.

    Args:
        instead: cancel the order, which was returned, in the same transaction: its goods are on sale again for the
            cart, and what was paid goes back, to the balance account of a registered customer (ORD-15). So goods come
            to be delivered in another way, under a number of the other class (ORD-05).

    Raises:
        NotFound: no such order, or not theirs.
        NotAllowed: it is to be replaced, and has not been returned.
        RuleRefused: nothing of it is on sale any more, or not all of an order that is to be replaced.
        LimitExceeded: more than a cart takes now.
    """
    order = find(uow, order_id, principal)
    if instead and Command.RESUBMIT not in order.allowed:
        raise NotAllowed("order", order.state, "replace", order.allowed)
    on_sale = {
        sku for sku, variant in catalog.variants(uow, [line.sku for line in order.lines]).items()
        if variant.price(order.market) is not None
    }  # fmt: skip
    gone = tuple(line.sku for line in order.lines if line.sku not in on_sale)
    if gone and (instead or not on_sale):
        raise RuleRefused("Some articles are no longer on sale.", rule="CAT-01", skus=list(gone), market=order.market)
    wanted = [(line.sku, line.quantity) for line in order.lines if line.sku in on_sale]
    made = cart.create(uow, order.owner, order.market, order.language, wanted, buy_now=True)
    if instead:
        order = call_off(uow, order, d.CancelReason.ORDERED_ANEW)
    return order, Refilled(made, gone)
