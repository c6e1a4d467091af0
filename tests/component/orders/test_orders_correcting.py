"""Correcting a returned order that then costs something else: recalculated and settled first (REV-03, AMB-24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clockwork import sweep
from chalicelib.core.errors import NotAllowed
from chalicelib.core.money import Money
from chalicelib.inventory import service as inventory
from chalicelib.ledger import service as ledger
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Correction, Order, Reason, State
from chalicelib.orders.items import ORDER
from tests.support.sample_orders import BERLIN

# Shipping is dearer by express; the value added tax of Hungary is higher, but shown prices contain it.
BUDAPEST = replace(BERLIN, city="Budapest", postal_code="1051", country="HU", phone="+3613731111")


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


def returned(shop: Any, principal: Any) -> Order:
    order = shop.pay(shop.placed(principal))
    reasons = (Reason("address_incomplete", "lines"),)
    shop.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), reasons))
    result: Order = shop.order(order)
    return result


def correct(shop: Any, order: Order, ship_to: Any = BERLIN, **wanted: Any) -> Order:
    result: Order = shop.do(
        lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(ship_to=ship_to, **wanted))
    )
    return result


def new_total(shop: Any, order: Order, ship_to: Any = BERLIN, **wanted: Any) -> Money:
    """The total that the customer is told when the price would change."""
    with pytest.raises(orders.PriceWouldChange) as told:
        correct(shop, order, ship_to, **wanted)
    total = told.value.members["total"]
    assert eur(total["amount"]) - order.totals.total == eur(told.value.members["difference"]["amount"])
    return eur(total["amount"])


def test_the_same_price_is_reviewed_again_at_once_rev_03(shop: Any, ann: Any) -> None:
    order = returned(shop, ann)
    again = correct(shop, order, replace(BERLIN, lines=("Invalidenstraße 118",)))
    assert (again.state, again.totals) == (State.UNDER_REVIEW, order.totals)


def test_what_becomes_dearer_is_paid_before_the_second_review_amb_24(shop: Any, ann: Any) -> None:
    order = returned(shop, ann)
    total = new_total(shop, order, channel="EXPRESS")
    assert total > order.totals.total
    waiting = correct(shop, order, channel="EXPRESS", accepted=total)
    assert (waiting.state, waiting.totals.total, waiting.channel) == (State.AWAITING_PAYMENT, total, "EXPRESS")
    assert waiting.totals.subtotal == order.totals.subtotal
    assert Money.sum((line.total for line in waiting.lines), "EUR") == total
    missing = total - order.totals.total
    assert shop.payment(order).outstanding == missing
    with pytest.raises(NotAllowed):
        correct(shop, order, accepted=total)
    shop.report(shop.fact(order, amount=missing, reference="cap-2"))
    paid = shop.order(order)
    assert paid.state is State.UNDER_REVIEW
    assert [name for name in shop.events(order) if name.startswith("order.")][-2:] == ["order.corrected", "order.paid"]
    assert shop.payment(order).refunds == ()
    assert shop.do(lambda uow: orders.review(uow, order.id)).state is State.REVIEWED


def test_a_difference_that_is_not_paid_ends_the_order_and_gives_everything_back_amb_24(
    shop: Any, ann: Any, clock: Any
) -> None:
    order = returned(shop, ann)
    correct(shop, order, channel="EXPRESS", accepted=new_total(shop, order, channel="EXPRESS"))
    clock.now += timedelta(hours=48, seconds=2)
    sweep(clock.now, float("inf"))
    assert shop.order(order).state is State.CANCELLED
    assert ledger.balance(shop.begin(), ann.id, "EUR") == order.totals.total
    assert shop.level("POT") == (10, 0)


def cheaper(shop: Any, principal: Any) -> tuple[Order, Money]:
    """An order sent dear, corrected to be sent cheaply."""
    order = returned(shop, principal)
    total = new_total(shop, order, channel="EXPRESS")
    correct(shop, order, channel="EXPRESS", accepted=total)
    shop.report(shop.fact(order, amount=total - order.totals.total, reference="cap-2"))
    shop.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), (Reason("other"),)))
    dear = shop.order(order)
    less = new_total(shop, dear, channel="LOCAL")
    again = correct(shop, dear, channel="LOCAL", accepted=less)
    assert (again.state, again.totals.total) == (State.UNDER_REVIEW, less)
    return dear, dear.totals.total - less


def test_what_becomes_cheaper_goes_to_the_balance_amb_24(shop: Any, ann: Any) -> None:
    order, saved = cheaper(shop, ann)
    assert saved.minor > 0
    assert ledger.balance(shop.begin(), ann.id, "EUR") == saved
    payment = shop.payment(order)
    assert (payment.refunds, payment.outstanding.minor, payment.is_paid) == ((), 0, True)
    shop.do(lambda uow: orders.call_off(uow, uow.get(ORDER, order.id), "other"))
    assert ledger.balance(shop.begin(), ann.id, "EUR") == payment.captured
    assert shop.payment(order).refunds == ()


def test_what_becomes_cheaper_goes_back_to_a_guest_as_it_came_amb_24(shop: Any, anonymous: Any) -> None:
    order, saved = cheaper(shop, anonymous)
    refunds = shop.payment(order).refunds
    assert Money.sum((refund.amount for refund in refunds), "EUR") == saved


def test_another_total_than_the_present_one_is_not_accepted_amb_24(shop: Any, ann: Any) -> None:
    order = returned(shop, ann)
    total = new_total(shop, order, channel="EXPRESS")
    assert new_total(shop, order, channel="EXPRESS", accepted=total - eur("0.01")) == total
    assert shop.order(order).state is State.RETURNED_TO_CUSTOMER


def test_another_country_is_recalculated_with_the_agreed_prices_and_the_orders_own_stock_amb_24(
    shop: Any, ann: Any
) -> None:
    shop.do(lambda uow: inventory.adjust(uow, "POT", "RTM1", "write_off", 8, "broken"))
    order = returned(shop, ann)  # holds the last two pots
    assert shop.level("POT") == (0, 2)
    try:
        again = correct(shop, order, BUDAPEST)
    except orders.PriceWouldChange as told:
        again = correct(shop, order, BUDAPEST, accepted=eur(told.members["total"]["amount"]))
    assert (again.country, {line.tax_rate for line in again.lines}) == ("HU", {"0.27"})
    assert [line.unit_price for line in again.lines] == [line.unit_price for line in order.lines]
    assert shop.level("POT") == (0, 2)
