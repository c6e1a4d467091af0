"""Rows of machine E that are more than a step: how an order begins (E1), what guards a step (E8 to E13), what follows
(E18), and what people ask for in vain, each with its rule.

E21, the review within 48 hours, belongs to a room that does not exist yet (LOY-02, LOY-03).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from chalicelib.core.errors import Conflict, DomainError, NotAllowed, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import DoorPayment, PaidWith
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State
from chalicelib.orders.service import deposits
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service as returns
from chalicelib.returns.items import RETURN
from chalicelib.risk import service as risk
from chalicelib.shipping.domain.handover import Point
from tests.support.faults import without_waiting
from tests.support.order_walk import ANN, CASES, CLERK, PICKUP_AT, STORE, WAYS, Walk
from tests.support.sample_carts import BERLIN, SAUSAGE, a_cart, put_on_sale, quoted
from tests.support.table import metered, short_way

S = State


@pytest.fixture
def walk(begin: Callable[..., UnitOfWork], clock: Any) -> Iterator[Walk]:
    with short_way(), without_waiting(), time_machine.travel(clock.now, tick=False):
        walk = Walk(begin, clock)
        walk.open()
        yield walk


@pytest.mark.parametrize(
    ("way", "letter"),
    [("courier", "C"), ("locker", "P"), ("desk", "P"), ("own", "D"), ("cash", "D"), ("virtual", "V")],
)
def test_e1_the_number_tells_the_class_ord_05_ord_06(walk: Walk, way: str, letter: str) -> None:
    order = walk.placed(WAYS[way])
    assert order.id[0] == letter == order.order_class.letter
    assert order.stages[0].at == order.placed_at


@pytest.mark.parametrize("way", sorted(WAYS))
def test_e1_on_deposit_terms_whatever_is_handed_over_carries_the_deposit_bal_05(walk: Walk, way: str) -> None:
    before = walk.placed(WAYS[way])
    keys = deposits.buyer_keys(walk.begin(), before)
    for number in range(5):
        walk.do(lambda uow, number=number: risk.failed(
            uow, f"F{number}", keys, uow.now, time_zone="Europe/Berlin", by_customer=True
        ))  # fmt: skip
    order = walk.placed(WAYS[way])
    assert before.totals.deposit.is_zero
    assert order.totals.deposit.is_zero is (way == "virtual")
    assert order.totals.total == before.totals.total + order.totals.deposit
    assert walk.order(order).totals == order.totals


@pytest.mark.parametrize(
    ("lines", "point", "rule"),
    [
        ((("SHIRT-M", 6),), Point.LOCKER, "FUL-02"),
        ((("SHIRT-M", 1), ("SAUSAGE-1", 1)), Point.LOCKER, "FUL-04"),
        ((("SHIRT-M", 1), ("SAUSAGE-1", 1)), None, "AMB-02"),
    ],
    ids=["six pieces in a locker", "fresh goods in a locker", "fresh goods by courier"],
)  # fmt: skip
def test_e1_a_way_that_does_not_suit_the_goods_is_refused_before_there_is_an_order_rev_04(
    walk: Walk, lines: tuple[tuple[str, int], ...], point: Point | None, rule: str
) -> None:
    put_on_sale(walk.begin(), SAUSAGE, stock={("SAUSAGE-1", STORE): 5, ("SAUSAGE-1", "RTM1"): 5})
    bought = a_cart(walk.begin(), *lines, owner=ANN.owner)
    asked = {"country": "DE", "payment_method": "card", **(PICKUP_AT[point] if point else {})}
    with pytest.raises(RuleRefused) as refused:
        quoted(walk.begin(), bought, BERLIN, ANN, **asked)
    assert refused.value.members["rule"] == rule


def perform(walk: Walk, name: str, order: Order) -> Any:
    return next(case for case in CASES if case.name == name).perform(walk, order)


def brought(walk: Walk, way: str, state: State) -> Order:
    order = walk.to(WAYS[way], state)
    assert order is not None
    return order


def test_e9_six_pieces_are_kept_at_the_desk_and_the_code_gives_them_out_ful_03_ful_05(walk: Walk) -> None:
    bought = a_cart(walk.begin(), ("SHIRT-M", 6), owner=ANN.owner)
    asked = {"country": "DE", "payment_method": "card", **PICKUP_AT[Point.DESK]}
    quote = quoted(walk.begin(), bought, BERLIN, ANN, **asked)
    order: Order = walk.do(lambda uow: orders.place(uow, bought.id, ANN, quote.hash))
    for name in ("pay", "review", "route", "accept", "pick", "pack"):
        perform(walk, name, order)
    with pytest.raises(Conflict):
        perform(walk, "put into the locker", order)
    perform(walk, "put at the desk", order)
    assert walk.order(order).state is S.READY_DESK
    perform(walk, "scan the code", order)
    assert walk.order(order).state is S.COMPLETED


def test_e12_cash_comes_before_the_goods_and_is_what_is_due_ful_09(walk: Walk) -> None:
    order = brought(walk, "cash", S.OUT_FOR_DELIVERY)
    short = DoorPayment(PaidWith.CASH, order.totals.total - Money(1, order.currency))
    for paid in (None, short):
        with pytest.raises(DomainError) as refused:
            walk.do(lambda uow, paid=paid: fulfilment.hand_over(uow, order.id, CLERK, paid))
        assert refused.value.status in {409, 422}
        assert walk.order(order) == order
    perform(walk, "hand over", order)
    payment = walk.begin().get(PAYMENT, order.id, order.payment_id)
    assert (walk.order(order).state, payment.outstanding.minor) == (S.COMPLETED, 0)


def test_e13_what_is_paid_is_handed_over_without_a_coin_ful_10(walk: Walk) -> None:
    order = brought(walk, "own", S.OUT_FOR_DELIVERY)
    before = walk.begin().get(PAYMENT, order.id, order.payment_id)
    with pytest.raises(DomainError):
        walk.do(lambda uow: fulfilment.hand_over(uow, order.id, CLERK, DoorPayment(PaidWith.CASH, order.totals.total)))
    walk.do(lambda uow: fulfilment.hand_over(uow, order.id, CLERK))
    assert walk.order(order).state is S.COMPLETED
    assert walk.begin().get(PAYMENT, order.id, order.payment_id).captures == before.captures


def test_e18_goods_that_come_back_are_a_return_order_of_their_own_ret_07_ret_02(walk: Walk) -> None:
    order = brought(walk, "courier", S.TAKEN_BACK)
    made = walk.do(lambda uow: returns.take_back(uow, order.id))
    assert made.id.startswith("R")
    assert made.order_id == order.id
    assert walk.do(lambda uow: returns.take_back(uow, order.id)) is None
    assert [each.id for each in walk.begin().part(RETURN, order.id, prefix="RETURN#")] == [made.id]


#: What people ask for where the chart has no arrow: the way, the state, what they ask, and the rule that says no.
ILLEGAL = [
    ("ORD-14", "courier", S.SHIPPED, "cancel"),
    ("ORD-14", "locker", S.READY_LOCKER, "cancel"),
    ("ORD-14", "own", S.OUT_FOR_DELIVERY, "cancel"),
    ("ORD-14", "courier", S.COMPLETED, "cancel"),
    ("REV-03", "courier", S.ROUTED, "correct the address"),
    ("REV-02", "courier", S.ROUTED, "return"),
    ("RTE-03", "courier", S.REVIEWED, "accept"),
    ("FUL-07", "own", S.PICKING, "send out"),
    ("FUL-06", "desk", S.PACKED, "put into the locker"),
    ("FUL-02", "courier", S.PACKED, "put into the locker"),
    ("FUL-08", "courier", S.PACKED, "send out"),
    ("FUL-12", "own", S.PACKED, "ship"),
    ("FUL-05", "locker", S.PACKED, "scan the code"),
    ("FUL-09", "cash", S.PACKED, "hand over"),
    ("FUL-14", "courier", S.PACKED, "enter the slip"),
    ("ORD-20", "courier", S.PACKED, "confirm receipt"),
    ("FUL-19", "courier", S.PACKED, "fail"),
    ("FUL-19", "courier", S.COMPLETED, "fail"),
    ("FUL-19", "desk", S.READY_DESK, "take over"),
    ("RET-07", "courier", S.HANDOVER_FAILED, "take back"),
    ("RET-07", "courier", S.COMPLETED, "take back"),
]


@pytest.mark.parametrize(
    ("way", "state", "asks"), [pytest.param(*row[1:], id="-".join((row[0], row[1], row[2], row[3]))) for row in ILLEGAL]
)
def test_e_has_no_such_arrow(walk: Walk, way: str, state: State, asks: str) -> None:
    order = brought(walk, way, state)
    with metered() as meter, pytest.raises(NotAllowed) as refused:
        perform(walk, asks, order)
    assert refused.value.status == 409
    assert refused.value.members["allowed"] == sorted(order.allowed)
    assert set(meter.calls) <= {"GetItem", "BatchGetItem", "Query"}
    assert walk.order(order) == order
