"""Gift wrap from the quote to the books (ORD-10): kept, shown, corrected, given back with the whole order."""

from __future__ import annotations

from typing import Any

from chalicelib.cart import service as cart
from chalicelib.core.auth import Post, Principal
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.ledger import service as ledger
from chalicelib.markets.domain import Contact
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Correction, Order, Reason, State
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.returns.service.common import paid_lines
from tests.support.http import Client
from tests.support.sample_orders import BERLIN

PRICE = Money.of("4.90", "EUR")
STORE = Principal("staff", "sam", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))


def wrapped(shop: Any, principal: Any, message: str = "Für dich") -> Order:
    """An order of tea pots and cups, wrapped as a gift and paid."""
    made = shop.do(lambda uow: cart.create(uow, principal.owner, "EU", "de", (("POT", 2), ("CUP", 1)), buy_now=True))
    asked = cart.Asked(ship_to=BERLIN, contact=Contact("ann@example.com", "de"), country="DE", gift_message=message)
    quote = shop.do(lambda uow: cart.quote(uow, made.id, principal, asked))
    order = shop.do(lambda uow: orders.place(uow, made.id, principal, quote.hash))
    paid: Order = shop.pay(order)
    return paid


def completed(shop: Any, order: Order) -> Order:
    shop.do(lambda uow: orders.review(uow, order.id))
    shop.do(lambda uow: orders.route_to(uow, uow.get(ORDER, order.id), "RTM1", None))
    for command in (Command.ACCEPT, Command.PICK, Command.PACK):
        shop.do(lambda uow, command=command: orders.advance(uow, order.id, command))
    facts = {"shipment_id": "s1", "carrier": "ups", "waybill": "1Z999AA10123456784"}
    shop.do(lambda uow: orders.advance(uow, order.id, Command.SHIP, **facts))
    done: Order = shop.do(lambda uow: orders.advance(uow, order.id, Command.COMPLETE, proof="customer"))
    return done


def test_the_order_keeps_the_wrap_and_its_lines_bear_it_ord_10(shop: Any, ann: Any) -> None:
    order = wrapped(shop, ann)
    assert order.gift is not None and (order.gift.message, order.gift.price) == ("Für dich", PRICE)
    assert Money.sum((line.wrapping for line in order.lines if line.wrapping), "EUR") == order.totals.wrapping == PRICE
    assert Money.sum((line.total for line in order.lines), "EUR") == order.totals.total


def test_an_order_that_is_not_wrapped_keeps_nothing_of_it(shop: Any, ann: Any) -> None:
    order = shop.placed(ann)
    assert (order.gift, order.totals.wrapping, {line.wrapping for line in order.lines}) == (None, None, {None})


def test_the_customer_the_desk_and_the_store_see_the_wrap(shop: Any, ann: Any) -> None:
    order = wrapped(shop, ann)
    seen = Client(ann).get(f"/orders/{order.id}").json
    assert seen["gift_wrap"] == {"message": "Für dich", "price": {"amount": "4.90", "currency": "EUR"}}
    assert seen["totals"]["wrapping"] == {"amount": "4.90", "currency": "EUR"}
    desk = Client(Principal("staff", "dora", posts=frozenset({Post.ORDER_DESK})))
    assert desk.get(f"/staff/orders/{order.id}").json["gift_wrap"] == seen["gift_wrap"]
    shop.do(lambda uow: orders.review(uow, order.id))
    shop.do(lambda uow: orders.route_to(uow, uow.get(ORDER, order.id), "RTM1", None))
    for step in ("accept", "pick"):
        answer = Client(STORE).post(f"/staff/orders/{order.id}/{step}", key=f"{step}-{order.id}")
        assert answer.json["gift_wrap"] == {"message": "Für dich"}, answer.text


def test_completion_books_wrap_and_shipping_as_fees_and_the_books_balance(shop: Any, ann: Any) -> None:
    order = completed(shop, wrapped(shop, ann))
    books = ledger.trial_balance_of(shop.begin(), order.id)
    assert books.difference == {} and books.balance("customer_funds", "EUR").is_zero
    goods, fees = order.totals.net
    assert books.balance("shipping_income", "EUR") == -fees
    assert books.balance("sales", "EUR") == -goods
    assert fees + goods + order.totals.tax == order.totals.total


def test_wrap_comes_back_like_shipping_when_the_whole_order_does(shop: Any, ann: Any) -> None:
    order = completed(shop, wrapped(shop, ann))
    lines = paid_lines(order)
    fees = Money.sum((line.shipping for line in lines.values()), "EUR")
    assert fees == order.totals.shipping + PRICE
    assert fees + Money.sum((line.goods for line in lines.values()), "EUR") == order.totals.total


def test_a_cancelled_order_gives_the_wrap_back_too_ord_15(shop: Any, ann: Any) -> None:
    order = wrapped(shop, ann)
    shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.CHANGED_MIND))
    assert ledger.balance(shop.begin(), ann.id, "EUR") == order.totals.total


def test_a_correction_keeps_the_wrap_at_its_agreed_price_amb_24(shop: Any, ann: Any, monkeypatch: Any) -> None:
    order = wrapped(shop, ann)
    shop.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), (Reason("other"),)))
    read = Setting.read
    dearer = {"shipping.gift_wrap_price": 990, "shipping.gift_wrap_offered": False}
    monkeypatch.setattr(Setting, "read", lambda setting, values: read(setting, {**values, **dearer}))
    try:
        shop.do(
            lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(ship_to=BERLIN, channel="EXPRESS"))
        )
        raise AssertionError("express costs more")
    except orders.PriceWouldChange as told:
        total = Money.of(told.members["total"]["amount"], "EUR")
    again = shop.do(
        lambda uow: orders.resubmit(
            uow, uow.get(ORDER, order.id), Correction(ship_to=BERLIN, channel="EXPRESS", accepted=total)
        )
    )
    assert (again.state, again.gift, again.totals.wrapping) == (State.AWAITING_PAYMENT, order.gift, PRICE)
    assert Money.sum((line.total for line in again.lines), "EUR") == total
