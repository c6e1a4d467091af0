"""Placing an order: one transaction, few round trips, no oversale, no second order (ORD-04, ORD-07, D1, D5, D7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.cart.domain import QuoteStale
from chalicelib.catalog.items import VARIANT
from chalicelib.core.errors import NotAllowed, NotFound
from chalicelib.core.money import Money
from chalicelib.inventory.domain import SoldOut
from chalicelib.orders import service as orders
from chalicelib.orders.domain import OrderClass, State, class_of, read_number
from chalicelib.orders.items import ORDER
from tests.support.faults import Fault, injected
from tests.support.table import metered


def test_a_confirmed_quote_becomes_an_order_ord_04(shop: Any, ann: Any) -> None:
    quote = shop.quoted()
    order = shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    kept = shop.order(order)
    assert kept == order
    assert read_number(order.id) == order.id
    assert class_of(order.id) is OrderClass.COURIER
    assert (order.state, order.totals.total, order.quote_hash) == (State.AWAITING_PAYMENT, quote.total, quote.hash[:32])
    assert Money.sum((line.total for line in order.lines), "EUR") == quote.total
    assert order.deadlines["pay_by"] > shop.now()
    assert shop.events(order) == ["order.placed"]


def test_placing_reserves_the_stock_at_once_ord_07(shop: Any) -> None:
    shop.placed()
    assert shop.level("POT") == (8, 2)
    assert shop.level("CUP") == (9, 1)


def test_placing_two_lines_takes_three_round_trips(shop: Any, ann: Any) -> None:
    quote = shop.quoted()
    with metered() as meter:
        shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    assert meter.round_trips <= 4, meter.calls
    assert meter.calls["TransactWriteItems"] == 1
    assert meter.actions == 5  # order, event, two counters, cart; the order is its own idempotency record


def test_the_last_unit_goes_to_one_of_two_shoppers_d1(shop: Any, ann: Any, bob: Any) -> None:
    first = shop.quoted(ann, lines=(("POT", 10),))
    second = shop.quoted(bob, lines=(("POT", 10),))

    def bob_is_faster() -> None:
        shop.do(lambda uow: orders.place(uow, second.cart_id, bob, second.hash))

    with injected(None, bob_is_faster, at=3), pytest.raises(SoldOut) as refused:
        shop.do(lambda uow: orders.place(uow, first.cart_id, ann, first.hash))
    assert refused.value.members["skus"] == ["POT"]
    assert shop.level("POT") == (0, 10)


def test_a_price_that_changed_is_shown_and_not_charged_d5(shop: Any, ann: Any) -> None:
    quote = shop.quoted()

    def dearer(uow: Any) -> None:
        pot = uow.get(VARIANT, "POT")
        uow.put(VARIANT, replace(pot, prices={"EU": Money.of("21.00", "EUR")}))

    shop.do(dearer)
    with pytest.raises(QuoteStale):
        shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    assert shop.level("POT") == (10, 0)


def test_a_cart_is_ordered_once_d7(shop: Any, ann: Any) -> None:
    quote = shop.quoted()
    shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    with pytest.raises(NotAllowed):
        shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    assert shop.level("POT") == (8, 2)


def test_somebody_elses_cart_cannot_be_ordered_z1(shop: Any, bob: Any) -> None:
    quote = shop.quoted()
    with pytest.raises(NotFound):
        shop.do(lambda uow: orders.place(uow, quote.cart_id, bob, quote.hash))


def test_virtual_goods_need_no_address_and_no_stock_cat_03(shop: Any) -> None:
    order = shop.placed(lines=(("CARD", 1),))
    assert (order.delivery_method, order.ship_to, order.allocation) == ("", None, {})
    assert class_of(order.id) is OrderClass.VIRTUAL


@pytest.mark.parametrize("kind", ["lost_answer", "server_error_after", "conflict", "timeout", "throttle"])
def test_a_troubled_commit_makes_one_order_c2(shop: Any, ann: Any, kind: str) -> None:
    quote = shop.quoted()
    fault = Fault(kind, 3)
    with injected(fault):
        order = shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    assert fault.struck
    assert shop.begin().get(ORDER, order.id).state is State.AWAITING_PAYMENT
    assert shop.level("POT") == (8, 2)
