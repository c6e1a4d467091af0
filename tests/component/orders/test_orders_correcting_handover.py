"""Correcting what a store hands over: store, point, window, appointment and person, settled first (REV-03, AMB-24)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.cart.domain import DeliveryMethod
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Invalid, NotAllowed, RuleRefused, VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory.domain import SoldOut
from chalicelib.inventory.items import STOCK
from chalicelib.markets.profiles import LOCATIONS
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Correction, Order, OtherWay, Reason, State
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import FactKind, PaymentFact, to_message
from chalicelib.shipping.domain.handover import SLOT_CAPACITY, WINDOW_CAPACITY, Handover, SlotFull
from chalicelib.shipping.items.slots import slot_ref, window_ref
from tests.support.sample_carts import BERLIN, SHIRT, a_cart, put_on_sale, quoted
from tests.support.sample_handovers import STORE
from tests.support.values import set_values

Begin = Callable[..., UnitOfWork]
ANN = Principal("shopper", "ann", "ann@example.com")
OTHER_STORE = "BER-S2"
NINE, ELEVEN = (datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (9, 11))
PICKER = replace(BERLIN, lines=(), city="", postal_code="", country="")
LOCKER, WINDOW = Handover(store=STORE, point="locker"), Handover(store=STORE, hours=2)
APPOINTMENT = Handover(store=STORE, slot_from=NINE)


@pytest.fixture(autouse=True)
def on_sale(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shirt in two stores of Berlin."""
    monkeypatch.setitem(LOCATIONS, OTHER_STORE, replace(LOCATIONS[STORE], id=OTHER_STORE, lines=("Kurfürstendamm 1",)))
    put_on_sale(begin(), SHIRT, stock={("SHIRT-M", STORE): 5, ("SHIRT-M", OTHER_STORE): 5})


def returned(begin: Begin, chosen: Handover) -> Order:
    """A paid order of two shirts that staff have a question about."""
    bought = a_cart(begin(), ("SHIRT-M", 2), owner=ANN.owner)
    method = DeliveryMethod.PICKUP if chosen.point else DeliveryMethod.OWN_DELIVERY
    address = PICKER if chosen.point else BERLIN
    made = quoted(begin(), bought, address, ANN, delivery_method=method, handover=chosen, payment_method="card")
    order = run(lambda uow: orders.place(uow, bought.id, ANN, made.hash), begin)
    pay(begin, order, order.totals.total)
    again(begin, order)
    return begin().get(ORDER, order.id)


def again(begin: Begin, order: Order) -> None:
    run(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), (Reason("other", "?"),)), begin)


def pay(begin: Begin, order: Order, amount: Money) -> None:
    fact = PaymentFact(
        provider="sandbox", kind=FactKind.CAPTURED, order_id=order.id, payment_id=order.payment_id,
        reference=f"cap-{amount}", amount=amount, occurred_at=begin().now, event_id=f"event-{amount}",
    )  # fmt: skip
    run(lambda uow: orders.settle(uow, to_message("sandbox", [fact]), 1), begin)


def correct(begin: Begin, order: Order, **wanted: Any) -> Order:
    return run(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(**wanted)), begin)


def at_its_price(begin: Begin, order: Order, **wanted: Any) -> Order:
    """Corrected with the total that the refusal tells."""
    with pytest.raises(orders.PriceWouldChange) as told:
        correct(begin, order, **wanted)
    total = Money.of(told.value.members["total"]["amount"], "EUR")
    return correct(begin, order, accepted=total, **wanted)


def taken(begin: Begin, slot: datetime) -> int:
    return -(begin().counter(slot_ref(STORE, slot)) or {}).get("left", 0)


def reserved(begin: Begin, place: str) -> int:
    return (begin().counter(STOCK.ref("SHIRT-M", place)) or {})["reserved"]


def test_a_faster_window_is_paid_before_the_second_review_amb_24(begin: Begin) -> None:
    order = returned(begin, WINDOW)
    waiting = at_its_price(begin, order, hours=1)
    assert (waiting.state, waiting.totals.shipping.text) == (State.AWAITING_PAYMENT, "9.90")
    pay(begin, order, waiting.totals.total - order.totals.total)
    after = begin().get(ORDER, order.id)
    assert (after.state, after.handover.time) == (State.UNDER_REVIEW, replace(WINDOW, hours=1).time)
    assert after.id[0] == order.id[0]


def test_the_order_that_fills_an_hour_may_choose_another_window_that_ends_in_it_ful_07(
    begin: Begin, clock: Any
) -> None:
    order = returned(begin, WINDOW)
    noon = window_ref(STORE, datetime(2026, 11, 21, 12, tzinfo=UTC))
    run(lambda uow: uow.count(noon, {"left": 1 - WINDOW_CAPACITY.default}), begin)  # others have all other places
    clock.forward(hours=1)
    faster = at_its_price(begin, order, hours=1)  # two hours at half past nine and one at half past ten end alike
    assert (faster.handover.hours, faster.handover.booked) == (1, order.handover.booked)
    assert begin().counter(noon) == {"left": -WINDOW_CAPACITY.default}
    run(lambda uow: orders.call_off(uow, uow.get(ORDER, order.id), CancelReason.CHANGED_MIND), begin)
    assert begin().counter(noon) == {"left": 1 - WINDOW_CAPACITY.default}


def test_another_appointment_is_booked_and_the_old_one_given_back_ful_07(begin: Begin) -> None:
    order = returned(begin, APPOINTMENT)
    assert (taken(begin, NINE), taken(begin, ELEVEN)) == (1, 0)
    after = correct(begin, order, slot_from=ELEVEN)
    assert (after.state, after.totals) == (State.UNDER_REVIEW, order.totals)
    assert (after.handover.slot_from, after.handover.slot_until) == (ELEVEN, ELEVEN.replace(hour=13))
    assert (taken(begin, NINE), taken(begin, ELEVEN)) == (0, 1)
    with pytest.raises(NotAllowed):
        correct(begin, order, slot_from=NINE)
    again(begin, order)
    assert at_its_price(begin, order, hours=2).state is State.AWAITING_PAYMENT
    assert taken(begin, ELEVEN) == 0


def test_an_appointment_that_is_full_changes_nothing_ful_07(begin: Begin) -> None:
    order = returned(begin, APPOINTMENT)
    uow = begin()
    uow.count(slot_ref(STORE, ELEVEN), {"left": -SLOT_CAPACITY.default}, first=True)
    uow.commit(None)
    with pytest.raises((SlotFull, RuleRefused)):
        correct(begin, order, slot_from=ELEVEN)
    assert (begin().get(ORDER, order.id), taken(begin, NINE)) == (order, 1)


def test_an_appointment_that_has_begun_meanwhile_is_chosen_anew_ful_07(begin: Begin, clock: Any) -> None:
    order = returned(begin, APPOINTMENT)
    clock.forward(hours=24)
    with pytest.raises(RuleRefused) as refused:
        correct(begin, order, note="yes, both")
    assert refused.value.members["rule"] == "FUL-07"
    after = correct(begin, order, note="yes, both", slot_from=datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert after.state is State.UNDER_REVIEW


def test_two_corrections_at_once_book_one_appointment_ful_07(begin: Begin) -> None:
    order = returned(begin, APPOINTMENT)
    first, second = begin(), begin()
    for uow, slot in ((first, ELEVEN), (second, ELEVEN.replace(hour=13))):
        orders.resubmit(uow, uow.get(ORDER, order.id), Correction(slot_from=slot))
    first.commit(None)
    with pytest.raises(NotAllowed):
        run(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(slot_from=NINE)), begin)
    with pytest.raises(VersionConflict):
        second.commit(None)
    assert [taken(begin, slot) for slot in (NINE, ELEVEN, ELEVEN.replace(hour=13))] == [0, 1, 0]


def test_the_goods_move_to_the_store_where_they_are_picked_up_rev_03(begin: Begin) -> None:
    order = returned(begin, Handover(store=STORE, point="desk"))
    after = correct(begin, order, store=OTHER_STORE)
    assert (after.state, after.totals, after.handover.store) == (State.UNDER_REVIEW, order.totals, OTHER_STORE)
    assert after.ship_to.lines == ("Kurfürstendamm 1",)
    assert after.allocation == {("SHIRT-M", OTHER_STORE): 2}
    assert (reserved(begin, STORE), reserved(begin, OTHER_STORE)) == (0, 2)
    assert run(lambda uow: orders.review(uow, order.id), begin).state is State.REVIEWED


def test_a_store_that_has_not_enough_or_does_not_exist_changes_nothing_rev_03(begin: Begin) -> None:
    others = [returned(begin, Handover(store=OTHER_STORE, point="desk")) for _ in range(2)]
    order = returned(begin, Handover(store=STORE, point="desk"))
    with pytest.raises((SoldOut, RuleRefused)):
        correct(begin, order, store=OTHER_STORE)
    with pytest.raises(Invalid) as refused:
        correct(begin, order, store="SHA-S1")
    assert refused.value.members["errors"][0]["pointer"] == "/pickup/store"
    assert begin().get(ORDER, order.id) == order
    assert (reserved(begin, STORE), reserved(begin, OTHER_STORE)) == (2, 2 * len(others))


def test_the_point_is_changed_both_ways_if_the_goods_are_for_it_rev_04(begin: Begin) -> None:
    order = returned(begin, LOCKER)
    assert correct(begin, order, point="desk").handover.point == "desk"
    again(begin, order)
    assert correct(begin, order, point="locker").handover.point == "locker"
    again(begin, order)
    correct(begin, order, point="desk")
    again(begin, order)
    set_values(begin(), {"shipping.locker_most_pieces": 1})
    with pytest.raises(RuleRefused) as refused:
        correct(begin, order, point="locker")
    assert refused.value.members["rule"] == "FUL-02"


def test_an_answer_keeps_the_locker_rev_03(begin: Begin) -> None:
    order = returned(begin, LOCKER)
    after = correct(begin, order, note="blue, please")
    assert (after.state, after.handover, after.totals) == (State.UNDER_REVIEW, order.handover, order.totals)


def test_who_comes_and_how_they_are_reached_is_corrected_rev_03(begin: Begin) -> None:
    order = returned(begin, LOCKER)
    person = {"picker": "Bob Byron", "picker_phone": "030 555555"}
    after = correct(begin, order, **person, phone="030 555556", email="b@example.com")
    assert (after.ship_to.name, after.ship_to.phone) == ("Bob Byron", "+4930555555")
    assert (after.contact.email, after.contact.phone) == ("b@example.com", "+4930555556")
    again(begin, order)
    with pytest.raises(Invalid) as refused:
        correct(begin, order, picker="", phone="call me", email="nobody")
    assert [error["pointer"] for error in refused.value.members["errors"]] == [
        "/pickup/name", "/contact/email", "/contact/phone",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "wanted", "correctable"),
    [
        (LOCKER, {"ship_to": BERLIN}, ["pickup"]),
        (LOCKER, {"hours": 1}, ["pickup"]),
        (WINDOW, {"point": "desk"}, ["ship_to", "own_delivery"]),
        (WINDOW, {"channel": "EXPRESS"}, ["ship_to", "own_delivery"]),
    ],
)
def test_another_way_of_delivery_is_another_order_ord_05(
    begin: Begin, chosen: Handover, wanted: dict[str, Any], correctable: list[str]
) -> None:
    order = returned(begin, chosen)
    with pytest.raises(OtherWay) as refused:
        correct(begin, order, **wanted)
    assert refused.value.members["correctable"] == [*correctable, "contact", "note"]


def test_goods_that_were_taken_off_sale_are_still_delivered_otherwise_amb_24(begin: Begin) -> None:
    order = returned(begin, APPOINTMENT)
    put_on_sale_again = replace(SHIRT, prices={})
    put_on_sale(begin(), put_on_sale_again)
    after = correct(begin, order, slot_from=ELEVEN)
    assert after.lines[0].unit_price == order.lines[0].unit_price
