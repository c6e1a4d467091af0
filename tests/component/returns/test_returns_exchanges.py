"""Exchange orders: asked for, agreed to, released, completed, and everything that can go wrong on the way (RET-04)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.core.errors import Invalid, NotAllowed, NotFound, RuleRefused, Unavailable, VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory.domain import SoldOut
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, OrderClass, class_of, read_number
from chalicelib.orders.domain import State as OrderState
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import FactKind
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service
from chalicelib.returns.domain import (
    Desk,
    Resolution,
    Return,
    State,
    TooManyReturned,
)
from chalicelib.returns.items import RETURN, RETURN_TALLY
from chalicelib.routing import service as routing
from tests.support.faults import KINDS, Fault, Killed, injected, request_tokens, without_waiting
from tests.support.sample_exchanges import (
    CANCELLED,
    agreed,
    ask_exchange,
    books,
    cancel,
    complete,
    delivered,
    exchange_of,
    found,
    let_time_pass,
    mugs,
    parcel,
    stock,
    stocked,
)
from tests.support.sample_orders import eur
from tests.support.sample_returns import (
    AFTER_SALES,
    OWNER,
    STORE,
    ask,
    deliver,
    do,
    happened,
    provider_says,
    read,
    send_back,
)

Begin = Callable[..., UnitOfWork]


@pytest.fixture
def order(begin: Begin) -> Order:
    stocked(begin)
    return delivered(begin)


# The way that was meant


def test_an_exchange_becomes_an_order_of_its_own_class_linked_both_ways_ret03_ord05(begin: Begin, order: Order) -> None:
    thing = agreed(begin, order)
    exchange = exchange_of(begin, thing)
    assert class_of(read_number(exchange.id)) is exchange.order_class is OrderClass.EXCHANGE
    assert class_of(read_number(thing.id)) is OrderClass.RETURN
    assert exchange.exchange is not None
    assert (exchange.exchange.of, exchange.exchange.return_id) == (order.id, thing.id)
    assert [made.exchange_order for made in begin().part(RETURN, order.id, prefix="RETURN#")] == [exchange.id]
    assert exchange.state is OrderState.AWAITING_RETURN
    assert stock(begin, "mug-m") == (8, 2)
    line = exchange.lines[0]
    assert (line.sku, line.quantity, line.total) == ("mug-m", 2, eur("40.00"))
    assert begin().find(PAYMENT, exchange.id, exchange.payment_id) is None
    assert (exchange.ship_to, exchange.contact, exchange.channel) == (order.ship_to, order.contact, order.channel)


def test_the_store_gets_it_when_the_old_goods_were_accepted_and_handles_it_like_any_order_ret04(
    begin: Begin, order: Order
) -> None:
    thing = send_back(begin, agreed(begin, order))
    assert thing.state is State.EXCHANGED
    assert stock(begin, "mug-s") == (12, 0)
    released = exchange_of(begin, thing)
    assert released.state is OrderState.REVIEWED
    done = complete(begin, released)
    assert done.state is OrderState.COMPLETED
    assert done.store == "RTM1"
    assert stock(begin, "mug-m") == (8, 0)


def test_what_was_paid_moves_from_the_old_sale_to_the_new_one_and_no_further(begin: Begin, order: Order) -> None:
    before = books(begin, order.id)
    thing = send_back(begin, agreed(begin, order))
    assert books(begin, thing.exchange_order) == {
        "customer_funds": eur("-42.50"), "sales_returns": eur("33.21"), "tax_payable": eur("6.79"),
        "shipping_income": eur("2.50"),
    }  # fmt: skip
    complete(begin, exchange_of(begin, thing))
    after = books(begin, order.id, thing.exchange_order)
    assert "customer_funds" not in after
    assert after["receivable:sandbox"] == before["receivable:sandbox"]
    assert after["tax_payable"] == before["tax_payable"]
    income = ("sales", "sales_returns", "shipping_income")
    zero = eur("0.00")
    assert sum(after.get(a, zero).minor for a in income) == sum(before.get(a, zero).minor for a in income)
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    assert payment.refunds == ()


def test_a_later_return_of_the_exchange_refunds_what_was_once_paid_by_the_method_it_was_paid_with(
    begin: Begin, order: Order
) -> None:
    thing = send_back(begin, agreed(begin, order))
    exchange = complete(begin, exchange_of(begin, thing))
    back = send_back(begin, ask(begin, exchange, {"1": 2}))
    assert back.refund == eur("42.50")
    do(begin, lambda uow: service.refund_by_rule(uow, uow.get(RETURN, exchange.id, back.id)))
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    assert [(one.request, one.amount) for one in payment.refunds] == [(back.id, eur("42.50"))]
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, ["settle-return"], times=2)
    assert read(begin, back).state is State.REFUNDED
    with pytest.raises(TooManyReturned):
        ask(begin, order, {"1": 1})


def test_an_exchange_can_be_exchanged_again_and_the_payment_is_still_found(begin: Begin, order: Order) -> None:
    first = send_back(begin, agreed(begin, order))
    exchange = complete(begin, exchange_of(begin, first))
    second = send_back(begin, agreed(begin, exchange, sku="mug-s"))
    again = complete(begin, exchange_of(begin, second))
    assert again.exchange is not None
    assert (again.exchange.of, again.exchange.paid_under) == (exchange.id, order.id)
    back = send_back(begin, ask(begin, again, {"1": 2}))
    do(begin, lambda uow: service.refund_by_rule(uow, uow.get(RETURN, again.id, back.id)))
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    assert [one.amount for one in payment.refunds] == [eur("42.50")]


def test_cents_that_do_not_divide_stay_together_through_exchange_and_return(begin: Begin) -> None:
    stocked(begin)
    odd = mugs(quantity=3, subtotal=eur("60.00"), discount=eur("0.01"), total=eur("62.49"), shipping=eur("2.50"))
    order = delivered(begin, odd)
    thing = send_back(begin, agreed(begin, order, {"1": 2}))
    line = exchange_of(begin, thing).lines[0]
    assert line.unit_price * line.quantity == line.subtotal
    assert line.subtotal - line.discount + line.shipping + line.duty + line.tax - line.tax_included == line.total
    rest = send_back(begin, ask(begin, order, {"1": 1}))
    assert rest.refund is not None
    assert line.total + rest.refund == eur("59.99")
    assert rest.shipping_refund == eur("0.00"), "the customer keeps what was exchanged"


# What is refused


def test_only_variants_of_the_product_at_the_same_price_are_exchanged_amb24(begin: Begin, order: Order) -> None:
    with pytest.raises(orders.NotExchangeable) as dearer:
        ask_exchange(begin, order, {"1": 1}, {"1": "mug-l"})
    assert dearer.value.members["price"] == {"amount": "25.00", "currency": "EUR"}
    for sku in ("mug-xxl", "TEA-POT-BLUE"):
        with pytest.raises(Invalid):
            ask_exchange(begin, order, {"1": 1}, {"1": sku})
    assert begin().find(RETURN_TALLY, order.id) is None


def test_the_same_variant_can_be_had_again_for_a_broken_one_log24(begin: Begin, order: Order) -> None:
    thing = agreed(begin, order, {"1": 1}, sku="mug-s")
    assert exchange_of(begin, thing).lines[0].title == "Mug, S"
    assert stock(begin, "mug-s") == (9, 1)


def test_a_stranger_finds_no_order_to_exchange(begin: Begin, order: Order) -> None:
    uow = begin()
    uow.commit(uow.put(ORDER, replace(uow.get(ORDER, order.id), owner=replace(order.owner, customer="somebody"))))
    with pytest.raises(NotFound):
        ask_exchange(begin, order, {"1": 1}, {})


def test_an_exchange_is_agreed_to_by_a_person_and_never_by_silence_ret03(
    begin: Begin, order: Order, clock: Any
) -> None:
    thing = ask_exchange(begin, order, {"1": 1}, {})
    assert thing.state is State.REQUESTED
    clock.forward(hours=49)
    late = let_time_pass(begin, thing)
    assert (late.state, late.desk) == (State.REQUESTED, Desk.AFTER_SALES)
    assert [event.type for event in happened(order.id, "return.")][-1] == "return.overdue"


def test_an_exchange_that_nobody_asked_for_is_not_approved(begin: Begin, order: Order) -> None:
    plain = ask(begin, order, {"1": 2})
    uow = begin()
    uow.commit(uow.put(RETURN, replace(uow.get(RETURN, order.id, plain.id), state=State.REQUESTED)))
    with pytest.raises(RuleRefused):
        do(begin, lambda uow: service.approve(uow, plain.id, AFTER_SALES, Resolution.EXCHANGE))


def test_when_the_goods_are_sold_out_a_refund_is_offered_instead_ret03(begin: Begin) -> None:
    stocked(begin, units=1)
    order = delivered(begin)
    thing = ask_exchange(begin, order, {"1": 2}, {"1": "mug-m"})
    with pytest.raises(SoldOut):
        do(begin, lambda uow: service.approve(uow, thing.id, AFTER_SALES))
    assert read(begin, thing).state is State.REQUESTED
    instead = do(begin, lambda uow: service.approve(uow, thing.id, AFTER_SALES, Resolution.REFUND))
    back = send_back(begin, instead)
    assert (back.state, back.refund, back.exchange_order) == (State.INSPECTED, eur("42.50"), "")


# What goes wrong


def test_goods_that_fail_the_inspection_are_not_exchanged_and_the_new_ones_go_back_on_sale(
    begin: Begin, order: Order
) -> None:
    thing = send_back(begin, agreed(begin, order), {})
    assert (thing.state, thing.resolution) == (State.INSPECTED, Resolution.REFUND)
    assert exchange_of(begin, thing).state is OrderState.CANCELLED
    assert stock(begin, "mug-m") == (10, 0)
    rejected = do(begin, lambda uow: service.refund_by_rule(uow, uow.get(RETURN, order.id, thing.id)))
    assert rejected.state is State.REJECTED
    assert books(begin, order.id)["receivable:sandbox"] == eur("42.50")
    deliver(begin, thing.exchange_order, [CANCELLED], times=2)
    assert read(begin, thing).state is State.REJECTED


def test_only_what_was_accepted_is_exchanged(begin: Begin, order: Order) -> None:
    thing = send_back(begin, agreed(begin, order), {"1": 1})
    exchange = exchange_of(begin, thing)
    assert (thing.state, exchange.units, exchange.totals.total) == (State.EXCHANGED, 1, eur("20.00"))
    assert stock(begin, "mug-m") == (9, 1)
    complete(begin, exchange)
    assert "customer_funds" not in books(begin, order.id, exchange.id)


def test_a_parcel_that_never_comes_ends_the_exchange_and_frees_both_ret06(
    begin: Begin, order: Order, clock: Any
) -> None:
    thing = agreed(begin, order)
    clock.forward(days=15)
    expired = let_time_pass(begin, thing)
    assert expired.state is State.EXPIRED
    assert exchange_of(begin, thing).state is OrderState.CANCELLED
    assert stock(begin, "mug-m") == (10, 0)
    assert begin().get(RETURN_TALLY, order.id).of("1").claimed == 0
    late = send_back(begin, replace(expired, state=State.EXPIRED))
    assert (late.state, late.refund) == (State.INSPECTED, eur("42.50")), "late goods are paid back"


def test_who_keeps_the_goods_after_all_gets_no_others(begin: Begin, order: Order) -> None:
    thing = agreed(begin, order)
    do(begin, lambda uow: service.cancel(uow, thing.id, OWNER))
    deliver(begin, thing.exchange_order, [CANCELLED], times=2)
    assert read(begin, thing).state is State.CANCELLED
    assert exchange_of(begin, thing).state is OrderState.CANCELLED
    assert stock(begin, "mug-m") == (10, 0)
    assert agreed(begin, order).state is State.AWAITING_PARCEL, "the units can be exchanged later"


def test_a_cancelled_exchange_order_turns_its_return_into_one_for_money_ret05(begin: Begin, order: Order) -> None:
    thing = agreed(begin, order)
    cancel(begin, thing)
    now = read(begin, thing)
    assert (now.state, now.resolution) == (State.AWAITING_PARCEL, Resolution.REFUND)
    assert send_back(begin, now).refund == eur("42.50")
    assert begin().get(RETURN_TALLY, order.id).of("1").came_back == 2


def test_cancelled_after_the_goods_came_back_the_money_is_paid_back_once(begin: Begin, order: Order) -> None:
    thing = send_back(begin, agreed(begin, order))
    do(begin, lambda uow: routing.route(uow, thing.exchange_order))
    cancel(begin, thing)
    now = read(begin, thing)
    assert (now.state, now.refund) == (State.INSPECTED, eur("42.50"))
    assert books(begin, thing.exchange_order) == {}
    assert stock(begin, "mug-m") == (10, 0)
    do(begin, lambda uow: service.refund_by_rule(uow, uow.get(RETURN, order.id, thing.id)))
    deliver(begin, thing.exchange_order, [CANCELLED])
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    assert [one.amount for one in payment.refunds] == [eur("42.50")]
    assert begin().get(RETURN_TALLY, order.id).of("1").came_back == 2


def test_news_of_a_cancellation_that_comes_after_the_parcel_is_not_waited_for(begin: Begin, order: Order) -> None:
    thing = agreed(begin, order)
    do(begin, lambda uow: orders.cancel(uow, thing.exchange_order, OWNER, CancelReason.CHANGED_MIND))
    back = send_back(begin, thing)
    assert (back.state, back.refund) == (State.INSPECTED, eur("42.50"))
    deliver(begin, thing.exchange_order, [CANCELLED], times=2)
    assert read(begin, thing) == back


def test_the_order_desk_does_not_release_an_exchange_past_its_return_rev07(begin: Begin, order: Order) -> None:
    exchange = exchange_of(begin, agreed(begin, order))
    with pytest.raises(NotAllowed):
        do(begin, lambda uow: orders.release(uow, exchange))


# Under fire


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_at_any_call_makes_one_exchange_order_and_moves_its_value_once(begin: Begin, kind: str) -> None:
    stocked(begin, units=200)
    struck = 0
    with request_tokens(), without_waiting():
        for call in range(1, 7):
            order = delivered(begin)
            thing = ask_exchange(begin, order, {"1": 2}, {"1": "mug-m"})
            _through(
                begin, lambda thing=thing: _approve(begin, thing), lambda s: s is State.REQUESTED, thing, kind, call
            )
            do(begin, lambda uow, thing=thing: service.receive(uow, thing.id, STORE))
            struck += _through(
                begin, lambda thing=thing: _inspect(begin, thing), lambda s: s is State.RECEIVED, thing, kind, call
            )
            now = read(begin, thing)
            assert now.state is State.EXCHANGED
            assert books(begin, now.exchange_order)["customer_funds"] == eur("-42.50")
            told = [event.type for event in happened(order.id, "return.")]
            assert told.count("return.exchange_ordered") == told.count("return.exchange_released") == 1
            assert stock(begin, "mug-m")[1] == 2 * call
    assert struck >= 4


def _approve(begin: Begin, thing: Return) -> Return:
    return do(begin, lambda uow: service.approve(uow, thing.id, AFTER_SALES))


def _inspect(begin: Begin, thing: Return) -> Return:
    return do(begin, lambda uow: service.inspect(uow, thing.id, STORE, found(thing, 2)))


def _through(
    begin: Begin, command: Callable[[], Any], still: Callable[[State], bool], thing: Return, kind: str, call: int
) -> bool:
    fault = Fault(kind, call)
    with suppress(Killed, Unavailable, ClientError, BotoCoreError, PynamoDBException), injected(fault):
        command()
    if still(read(begin, thing).state):
        command()
    return fault.struck


def test_a_cancellation_at_the_same_moment_as_the_inspection_pays_once_or_exchanges_once(
    begin: Begin, order: Order
) -> None:
    thing = agreed(begin, order)
    parcel(begin, thing)
    inspecting = begin()
    service.inspect(inspecting, thing.id, STORE, found(thing, 2))
    do(begin, lambda uow: orders.cancel(uow, thing.exchange_order, OWNER, CancelReason.CHANGED_MIND))
    with pytest.raises(VersionConflict):
        inspecting.commit(None)
    back = _inspect(begin, thing)
    assert (back.state, back.resolution, back.refund) == (State.INSPECTED, Resolution.REFUND, eur("42.50"))
    deliver(begin, thing.exchange_order, [CANCELLED], times=2)
    assert read(begin, thing) == back
    assert books(begin, order.id)["receivable:sandbox"] == eur("42.50")
