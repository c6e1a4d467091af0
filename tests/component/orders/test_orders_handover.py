"""Orders that a store hands over itself: placed, paid at the door, reviewed, routed, and their appointments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.cart.domain import DeliveryMethod
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, RuleRefused, VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.markets.domain import CASH_ON_DELIVERY
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Abnormal, CancelReason, Correction, OrderClass, State, class_of
from chalicelib.orders.items import ORDER
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.handover import SLOT_CAPACITY, Handover, SlotFull
from chalicelib.shipping.items.slots import slot_ref
from tests.support.sample_carts import BERLIN, SHIRT, a_cart, put_on_sale, quoted
from tests.support.sample_handovers import STORE, a_pickup, keep, state_of
from tests.support.sample_orders import a_line
from tests.support.sample_windows import ANN, place
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]
SLOT = datetime(2026, 11, 22, 9, tzinfo=UTC)
WINDOW, APPOINTMENT = Handover(store=STORE, hours=2), Handover(store=STORE, slot_from=SLOT)


@pytest.fixture(autouse=True)
def on_sale(begin: Begin) -> None:
    put_on_sale(begin(), SHIRT, stock={("SHIRT-M", "RTM1"): 50, ("SHIRT-M", STORE): 40})


def taken(begin: Begin) -> int:
    return -(begin().counter(slot_ref(STORE, SLOT)) or {}).get("left", 0)


def test_an_order_that_is_paid_at_the_door_is_reviewed_on_submission_amb_17(begin: Begin) -> None:
    order = place(begin, WINDOW, CASH_ON_DELIVERY)
    assert (order.state, order.deadlines, class_of(order.id)) == (State.UNDER_REVIEW, {}, OrderClass.OWN_DELIVERY)
    uow = begin()
    told = [happening.type for happening in orders.timeline(uow, uow.get(ORDER, order.id))]
    assert told == ["order.placed", "order.cash_agreed"]
    run(lambda uow: orders.review(uow, order.id), begin)
    run(lambda uow: routing.route(uow, order.id), begin)
    routed = begin().get(ORDER, order.id)
    assert (routed.state, routed.store) == (State.ROUTED, STORE)


def test_an_own_delivery_that_is_paid_online_waits_for_its_payment(begin: Begin) -> None:
    order = place(begin, WINDOW)
    assert (order.state, list(order.deadlines)) == (State.AWAITING_PAYMENT, ["pay_by"])


def test_goods_for_an_appointment_leave_when_it_begins_ful_07(begin: Begin) -> None:
    order = place(begin, APPOINTMENT, CASH_ON_DELIVERY)
    assert order.handover.slot_until == SLOT.replace(hour=11)
    run(lambda uow: orders.review(uow, order.id), begin)
    run(lambda uow: routing.route(uow, order.id), begin)
    assert begin().get(ORDER, order.id).deadlines["dispatch_by"] == SLOT


def test_an_appointment_is_never_overbooked_ful_07(begin: Begin) -> None:
    for number in range(SLOT_CAPACITY.default):
        place(begin, APPOINTMENT, who=Principal("shopper", f"s{number}"))
    assert taken(begin) == SLOT_CAPACITY.default
    with pytest.raises(SlotFull):
        place(begin, APPOINTMENT)
    assert taken(begin) == SLOT_CAPACITY.default


def test_two_orders_for_the_last_place_at_once_one_gets_it_ful_07(begin: Begin) -> None:
    for number in range(SLOT_CAPACITY.default - 1):
        place(begin, APPOINTMENT, who=Principal("shopper", f"s{number}"))
    commands, units = [], []
    for name in ("ann", "ben"):
        who = Principal("shopper", name)
        bought = a_cart(begin(), ("SHIRT-M", 1), owner=who.owner)
        made = quoted(begin(), bought, BERLIN, who, delivery_method=DeliveryMethod.OWN_DELIVERY, handover=APPOINTMENT)
        commands.append((bought.id, who, made.hash))
        units.append(begin())
    for uow, (cart_id, who, accepted) in zip(units, commands, strict=True):
        orders.place(uow, cart_id, who, accepted)
    units[0].commit(None)
    with pytest.raises(VersionConflict):  # and so is run again
        units[1].commit(None)
    with pytest.raises(SlotFull):
        run(lambda uow: orders.place(uow, *commands[1]), begin)
    assert taken(begin) == SLOT_CAPACITY.default


def test_the_first_two_orders_of_an_appointment_at_once_both_get_it(begin: Begin) -> None:
    bought = [a_cart(begin(), ("SHIRT-M", 1), owner=Principal("shopper", name).owner) for name in ("ann", "ben")]
    units = []
    for basket, name in zip(bought, ("ann", "ben"), strict=True):
        who = Principal("shopper", name)
        made = quoted(begin(), basket, BERLIN, who, delivery_method=DeliveryMethod.OWN_DELIVERY, handover=APPOINTMENT)
        uow = begin()
        orders.place(uow, basket.id, who, made.hash)
        units.append((uow, basket.id, who, made.hash))
    units[0][0].commit(None)
    with pytest.raises(Conflict):
        units[1][0].commit(None)
    run(lambda uow: orders.place(uow, *units[1][1:]), begin)
    assert taken(begin) == 2


def test_a_cancelled_order_gives_its_appointment_back_once_ord_14(begin: Begin) -> None:
    order = place(begin, APPOINTMENT)
    run(lambda uow: orders.cancel(uow, order.id, ANN, CancelReason.CHANGED_MIND), begin)
    assert taken(begin) == 0


def test_placing_costs_no_more_round_trips_with_an_appointment(begin: Begin) -> None:
    bought = a_cart(begin(), ("SHIRT-M", 1), owner=ANN.owner)
    made = quoted(begin(), bought, BERLIN, ANN, delivery_method=DeliveryMethod.OWN_DELIVERY, handover=APPOINTMENT)
    with metered() as meter:
        run(lambda uow: orders.place(uow, bought.id, ANN, made.hash), begin)
    assert meter.round_trips <= 3


def test_a_locker_order_that_is_not_for_a_locker_goes_back_and_is_corrected_to_the_desk_rev_04(begin: Begin) -> None:
    """The shop has lowered what a locker takes since the order was quoted (AMB-01)."""
    order = keep(begin, a_pickup("locker", state=State.UNDER_REVIEW, store=None, lines=(a_line(quantity=6),)))
    run(lambda uow: orders.review(uow, order.id), begin)
    returned = begin().get(ORDER, order.id)
    assert (returned.state, [(r.code, r.note) for r in returned.reasons]) == (
        State.RETURNED_TO_CUSTOMER, [(Abnormal.DELIVERY_METHOD, "too_many_pieces")],
    )  # fmt: skip
    run(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(point="desk")), begin)
    run(lambda uow: orders.review(uow, order.id), begin)
    assert state_of(begin, order) is State.REVIEWED


def test_the_address_of_an_own_delivery_is_corrected_within_the_stores_area_rev_03(begin: Begin) -> None:
    order = place(begin, WINDOW, CASH_ON_DELIVERY)

    def returned(uow: UnitOfWork) -> Any:
        return orders.return_to_customer(uow, uow.get(ORDER, order.id), ())

    run(returned, begin)
    far, near = (Correction(ship_to=replace(BERLIN, postal_code=code)) for code in ("04109", "10178"))
    with pytest.raises(RuleRefused) as refused:
        run(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), far), begin)
    assert refused.value.members["reason"] == "outside_area"
    again = run(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), near), begin)
    assert (again.state, again.totals) == (State.UNDER_REVIEW, order.totals)
