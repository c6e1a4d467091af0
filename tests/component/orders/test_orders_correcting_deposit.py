"""A correction does not escape the deposit, and brings none that was not due when the order was placed (BAL-05)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.cart import service as cart
from chalicelib.core.money import Money
from chalicelib.ledger import service as ledger
from chalicelib.markets.domain import Contact
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Command, Correction, Order, Reason, State
from chalicelib.orders.items import ORDER
from chalicelib.orders.service import deposits
from chalicelib.risk import service as risk
from tests.support.sample_orders import BERLIN, GUEST, an_order

DEPOSIT = Money.of("2.42", "EUR")  # CNY 20 at 8.25 for a euro
#: The same person under a phone nobody knows, at an address that says too little.
VAGUE = replace(BERLIN, phone="+493055555501", lines=("Hof 3",))


def fail(shop: Any, number: int = 5, **changes: Any) -> None:
    """So many orders to the same person are not handed over."""
    facts = {"cause": "refused", "by_customer": True}
    for _ in range(number):
        order = an_order(State.SHIPPED, store="RTM1", **changes)
        shop.do(lambda uow, order=order: uow.put(ORDER, order))
        shop.do(lambda uow, order=order: orders.advance(uow, order.id, Command.FAIL_HANDOVER, **facts))


def returned(shop: Any, principal: Any, ship_to: Any = VAGUE) -> Order:
    made = shop.do(lambda uow: cart.create(uow, principal.owner, "EU", "de", (("CUP", 1),), buy_now=True))
    asked = cart.Asked(ship_to=ship_to, contact=Contact("x@example.com", "de"), country="DE", payment_method="card")
    quote = shop.do(lambda uow: cart.quote(uow, made.id, principal, asked))
    order = shop.pay(shop.do(lambda uow: orders.place(uow, quote.cart_id, principal, quote.hash)))
    shop.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), (Reason("address_incomplete"),)))
    result: Order = shop.order(order)
    return result


def correct(shop: Any, order: Order, **wanted: Any) -> Order:
    result: Order = shop.do(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(**wanted)))
    return result


def test_the_address_on_deposit_terms_that_comes_with_the_correction_brings_the_deposit_bal_05(
    shop: Any, anonymous: Any
) -> None:
    fail(shop)
    order = returned(shop, anonymous)
    assert (order.totals.deposit.is_zero, order.deposit_keys) == (True, ())
    home = replace(BERLIN, phone=VAGUE.phone)
    with pytest.raises(orders.PriceWouldChange) as told:
        correct(shop, order, ship_to=home)
    assert told.value.members["difference"] == {"amount": "2.42", "currency": "EUR"}
    waiting = correct(shop, order, ship_to=home, accepted=order.totals.total + DEPOSIT)
    assert (waiting.state, waiting.totals.deposit) == (State.AWAITING_PAYMENT, DEPOSIT)
    assert waiting.totals.total == Money.sum((line.total for line in waiting.lines), "EUR") + DEPOSIT
    shop.report(shop.fact(order, amount=DEPOSIT, reference="cap-2"))
    assert shop.order(order).state is State.UNDER_REVIEW
    shop.do(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, order.id), state=State.SHIPPED, store="RTM1")))
    shop.do(lambda uow: orders.advance(uow, order.id, Command.COMPLETE, proof="tracking"))
    (key,) = waiting.deposit_keys
    ((standing, terms),) = risk.standings(shop.begin(), [key])
    assert (terms.on_deposit, standing.completion(order.id) is not None) == (True, True)
    assert Money.sum((refund.amount for refund in shop.payment(order).refunds), "EUR") == DEPOSIT


def test_a_phone_on_deposit_terms_that_comes_with_the_correction_does_too_bal_06(shop: Any, anonymous: Any) -> None:
    fail(shop)
    order = returned(shop, anonymous, replace(VAGUE, lines=("Somewhere Else 7",)))
    with pytest.raises(orders.PriceWouldChange):
        correct(shop, order, phone=BERLIN.phone)
    assert correct(shop, order, phone="+493055555502").totals == order.totals


def test_with_another_channel_both_differences_are_one_amb_24(shop: Any, ann: Any) -> None:
    fail(shop, owner=GUEST)
    order = returned(shop, ann)
    with pytest.raises(orders.PriceWouldChange) as told:
        correct(shop, order, ship_to=BERLIN, channel="EXPRESS")
    total = Money.of(told.value.members["total"]["amount"], "EUR")
    waiting = correct(shop, order, ship_to=BERLIN, channel="EXPRESS", accepted=total)
    assert waiting.totals.deposit == DEPOSIT
    assert waiting.totals.total - DEPOSIT == Money.sum((line.total for line in waiting.lines), "EUR") == total - DEPOSIT


def test_a_deposit_that_was_for_another_person_goes_back_with_the_correction_bal_06(shop: Any, ann: Any) -> None:
    """The order was placed with a neighbour's address and phone by mistake."""
    fail(shop, owner=GUEST)
    order = returned(shop, ann, BERLIN)
    assert order.totals.deposit == DEPOSIT
    own = replace(BERLIN, name="Ann Other", phone="+493055555503", lines=("Torstraße 1",))
    after = correct(shop, order, ship_to=own, accepted=order.totals.total - DEPOSIT)
    assert (after.state, after.totals.deposit.is_zero, after.deposit_keys) == (State.UNDER_REVIEW, True, ())
    assert ledger.balance(shop.begin(), ann.id, "EUR") == DEPOSIT


def test_what_happens_after_an_order_was_placed_brings_it_no_deposit_bal_05(shop: Any, ann: Any) -> None:
    """Every later order: this one was before the fifth failure."""
    order = returned(shop, ann, BERLIN)
    fail(shop, owner=GUEST)
    assert risk.on_deposit(shop.begin(), deposits.match_keys(shop.begin(), order))
    after = correct(shop, order, ship_to=replace(BERLIN, lines=(*BERLIN.lines, "3. Stock")))
    assert (after.state, after.totals, after.deposit_keys) == (State.UNDER_REVIEW, order.totals, ())
