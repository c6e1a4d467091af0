"""Paid, cancelled, expired, in every order: no money without an order, none lost (A1, A2, A10, A14, B17, D8, D14)."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed, NotFound
from chalicelib.core.money import Money
from chalicelib.core.table import page
from chalicelib.ledger import service as ledger
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import FactKind, RefundReason
from chalicelib.payments.items import FINANCE, UNMATCHED
from chalicelib.payments.service.facts import OrderNotVisible
from tests.support.faults import Fault, injected
from tests.support.table import metered


def cancelled(shop: Any, order: Order, by: Principal) -> Order:
    result: Order = shop.do(lambda uow: orders.cancel(uow, order.id, by, CancelReason.CHANGED_MIND))
    return result


def expired(shop: Any, order: Order) -> Order:
    result: Order = shop.do(lambda uow: orders.expire(uow, uow.get(ORDER, order.id)))
    return result


def balance(shop: Any, customer: str) -> Money:
    return ledger.balance(shop.begin(), customer, "EUR")


def books_are_even(shop: Any, order: Order) -> bool:
    return ledger.trial_balance_of(shop.begin(), order.id).difference == {}


def test_a_captured_payment_sends_the_order_to_review_pay_07(shop: Any) -> None:
    order = shop.pay(shop.placed())
    assert (order.state, order.deadlines) == (State.UNDER_REVIEW, {})
    assert shop.events(order)[-2:] in (["payment.captured", "order.paid"], ["order.paid", "payment.captured"])


def test_taking_in_a_payment_takes_two_round_trips(shop: Any) -> None:
    order = shop.placed()
    with metered() as meter:
        shop.report(shop.fact(order))
    assert meter.round_trips <= 3, meter.calls


def test_the_same_report_twice_pays_once_a2(shop: Any) -> None:
    order = shop.placed()
    fact = shop.fact(order)
    for _ in range(3):
        shop.report(fact)
    assert shop.payment(order).captured == order.totals.total
    assert shop.events(order).count("order.paid") == 1


def test_a_report_that_comes_before_the_order_comes_back_a1(shop: Any) -> None:
    order = shop.placed()
    early = shop.fact(order, order_id="C0000000000000", payment_id="C0000000000000-1")
    with pytest.raises(OrderNotVisible):
        shop.report(early, attempt=1)


def test_money_that_belongs_to_no_order_is_kept_apart_pay_09(shop: Any) -> None:
    order = shop.placed()
    shop.report(shop.fact(order, order_id="C0000000000000", payment_id="C0000000000000-1"), attempt=99)
    assert shop.order(order).state is State.AWAITING_PAYMENT
    (kept,) = page(UNMATCHED, "gsi2", FINANCE, limit=10).items
    assert (kept.captured, kept.unmatched) == (order.totals.total, True)


@pytest.mark.parametrize(
    "amount", [Money.of("0.01", "EUR"), Money.of("64.99", "EUR"), Money.of("100000", "JPY"), Money.of("999.00", "USD")]
)
def test_too_little_or_another_currency_does_not_pay_a10(shop: Any, amount: Money) -> None:
    order = shop.placed()
    shop.report(shop.fact(order, amount=amount))
    assert shop.order(order).state is State.AWAITING_PAYMENT
    refunds = shop.payment(order).refunds
    assert [refund.amount for refund in refunds] == ([amount] if amount.currency != "EUR" else [])


def test_money_for_another_payment_does_not_pay_a10(shop: Any) -> None:
    one, other = shop.placed(), shop.placed()
    shop.report(shop.fact(one, payment_id=other.payment_id))
    assert shop.order(one).state is State.AWAITING_PAYMENT
    assert shop.order(other).state is State.AWAITING_PAYMENT


def test_paying_twice_gives_the_second_back_a15(shop: Any) -> None:
    order = shop.placed()
    shop.report(shop.fact(order), shop.fact(order, reference="cap-2"))
    payment = shop.payment(order)
    assert shop.order(order).state is State.UNDER_REVIEW
    assert [(refund.amount, refund.reason) for refund in payment.refunds] == [
        (order.totals.total, RefundReason.OVERPAID)
    ]


def test_reports_lead_to_the_same_end_in_every_order_e2(shop: Any) -> None:
    ends = set()
    kinds = [FactKind.PROCESSING, FactKind.FAILED, FactKind.AUTHORISED, FactKind.CAPTURED]
    for sequence in permutations(kinds):
        order = shop.placed(lines=(("CARD", 1),))
        facts = {
            kind: shop.fact(order, kind, reference="cap-1" if kind is FactKind.CAPTURED else "try") for kind in kinds
        }
        for kind in sequence:
            shop.report(facts[kind], facts[kind])
        ends.add((shop.order(order).state, shop.payment(order).captured, shop.events(order).count("order.paid")))
    assert len(ends) == 1


def test_a_customers_cancellation_is_confirmed_and_paid_to_the_balance_ord_14_ord_15(shop: Any, ann: Any) -> None:
    order = shop.pay(shop.placed())
    assert cancelled(shop, order, ann).state is State.CANCELLED
    assert shop.level("POT") == (10, 0)
    assert balance(shop, ann.id) == order.totals.total
    assert shop.payment(order).refunds == ()
    assert books_are_even(shop, order)


def test_a_guest_gets_it_back_where_it_came_from_amb_04(shop: Any, anonymous: Any) -> None:
    order = shop.pay(shop.placed(anonymous))
    cancelled(shop, order, anonymous)
    assert [refund.amount for refund in shop.payment(order).refunds] == [order.totals.total]
    assert "refund.requested" in shop.events(order)


def test_cancelling_twice_is_refused_and_pays_once_e1(shop: Any, ann: Any) -> None:
    order = shop.pay(shop.placed())
    cancelled(shop, order, ann)
    with pytest.raises(NotAllowed) as refused:
        cancelled(shop, order, ann)
    assert refused.value.members["allowed"] == []
    assert balance(shop, ann.id) == order.totals.total
    assert shop.level("POT") == (10, 0)


def test_goods_that_left_stock_are_not_cancelled_ord_14(shop: Any, ann: Any) -> None:
    order = shop.pay(shop.placed())

    def ship(uow: Any) -> None:
        orders.review(uow, order.id)
        orders.route_to(uow, uow.get(ORDER, order.id), "RTM1", None)
        for command in (Command.ACCEPT, Command.PICK, Command.PACK):
            orders.advance(uow, order.id, command)
        orders.advance(uow, order.id, Command.SHIP, shipment_id="s", carrier="dhl", waybill="1")

    shop.do(ship)
    with pytest.raises(NotAllowed):
        cancelled(shop, order, ann)
    assert shop.level("POT") == (8, 2)


def test_an_unpaid_order_gives_its_stock_back_pay_08(shop: Any, clock: Any) -> None:
    order = shop.placed()
    clock.forward(minutes=31)
    assert expired(shop, order).state is State.CANCELLED
    assert shop.level("POT") == (10, 0)


def test_a_timer_after_the_payment_changes_nothing_b17(shop: Any, clock: Any) -> None:
    order = shop.pay(shop.placed())
    clock.forward(minutes=31)
    assert expired(shop, order).state is State.UNDER_REVIEW
    assert shop.level("POT") == (8, 2)


@pytest.mark.parametrize("by_customer", [True, False])
def test_money_that_comes_after_the_end_goes_back_by_itself_a14(shop: Any, ann: Any, by_customer: bool) -> None:
    order = shop.placed()
    if by_customer:
        cancelled(shop, order, ann)
    else:
        expired(shop, order)
    shop.report(shop.fact(order))
    payment = shop.payment(order)
    assert shop.order(order).state is State.CANCELLED
    assert [(refund.amount, refund.reason) for refund in payment.refunds] == [(order.totals.total, RefundReason.LATE)]
    assert not payment.is_paid
    assert balance(shop, ann.id).is_zero
    assert books_are_even(shop, order)


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("partly", [True, False])
def test_a_payment_in_the_middle_of_a_cancellation_is_never_lost_d14(
    shop: Any, ann: Any, call: int, partly: bool
) -> None:
    order = shop.placed()
    amount = Money.of("1.00", "EUR") if partly else order.totals.total
    with injected(None, lambda: shop.report(shop.fact(order, amount=amount)), at=call + 1):
        cancelled(shop, order, ann)
    assert shop.order(order).state is State.CANCELLED
    assert balance(shop, ann.id) == amount
    assert shop.level("POT") == (10, 0)


@pytest.mark.parametrize("call", [1, 2])
@pytest.mark.parametrize("partly", [True, False])
def test_a_cancellation_in_the_middle_of_a_payment_gives_it_back_d14(
    shop: Any, ann: Any, call: int, partly: bool
) -> None:
    order = shop.placed()
    amount = Money.of("1.00", "EUR") if partly else order.totals.total
    with injected(None, lambda: cancelled(shop, order, ann), at=call):
        shop.report(shop.fact(order, amount=amount))
    assert shop.order(order).state is State.CANCELLED
    assert [refund.amount for refund in shop.payment(order).refunds] == [amount]
    assert shop.level("POT") == (10, 0)


@pytest.mark.parametrize("kind", ["lost_answer", "server_error_after", "conflict"])
def test_a_troubled_cancellation_pays_once_c2(shop: Any, ann: Any, kind: str) -> None:
    order = shop.pay(shop.placed())
    fault = Fault(kind, 4)
    with injected(fault):
        cancelled(shop, order, ann)
    assert fault.struck
    assert balance(shop, ann.id) == order.totals.total
    assert shop.level("POT") == (10, 0)


def test_nobody_cancels_somebody_elses_order_z1(shop: Any, bob: Any) -> None:
    order = shop.placed()
    with pytest.raises(NotFound):
        cancelled(shop, order, bob)
    assert shop.order(order).state is State.AWAITING_PAYMENT
