"""Windows of own delivery: promised with the packing time, counted by clock hour, never oversold (FUL-07, AMB-11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.cart.domain import DeliveryMethod
from chalicelib.cart.items import CART
from chalicelib.core.errors import Unavailable
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.markets.domain import CASH_ON_DELIVERY
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason
from chalicelib.orders.items import ORDER
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.handover import PACK_PICKUP, PACK_WINDOW, WINDOW_CAPACITY, Handover, SlotFull
from chalicelib.shipping.items.slots import slot_ref, window_ref
from chalicelib.shipping.service import windows
from tests.support.faults import Fault, Killed, injected, without_waiting
from tests.support.sample_carts import BERLIN, SHIRT, a_cart, put_on_sale, quoted
from tests.support.sample_handovers import STORE
from tests.support.sample_windows import ANN, agreed, place, routed, shoppers, taken
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]
ONE_HOUR, TWO_HOURS = Handover(store=STORE, hours=1), Handover(store=STORE, hours=2)
#: It is 9:30 UTC: with 30 minutes of packing, one hour is over at 11:00.
COUNTED = window_ref(STORE, datetime(2026, 11, 21, 11, tzinfo=UTC))
APPOINTMENT = Handover(store=STORE, slot_from=datetime(2026, 11, 22, 9, tzinfo=UTC))


@pytest.fixture(autouse=True)
def on_sale(begin: Begin) -> None:
    put_on_sale(begin(), SHIRT, stock={("SHIRT-M", "RTM1"): 50, ("SHIRT-M", STORE): 40})


def fill(begin: Begin, ref: Any, but: int = 0) -> None:
    uow = begin()
    uow.count(ref, {"left": but - WINDOW_CAPACITY.default}, first=True)
    uow.commit(None)


def test_the_promise_of_a_window_has_the_packing_time_in_it_amb_11(begin: Begin, clock: Any) -> None:
    made = quoted(begin(), a_cart(begin(), ("SHIRT-M", 1)), BERLIN)
    promised = {(o.point, o.hours): o.promised_by for o in made.handovers if o.slot_from is None}
    packing = timedelta(minutes=PACK_WINDOW.default)
    assert promised["", 2] == clock.now + packing + timedelta(hours=2)
    assert promised["desk", 0] == clock.now + timedelta(minutes=PACK_PICKUP.default)
    order = place(begin, TWO_HOURS)
    assert order.handover is not None and order.handover.promised_by == promised["", 2]


def test_a_pickup_that_cannot_be_packed_today_is_promised_for_tomorrow_amb_11(begin: Begin, clock: Any) -> None:
    clock.now = clock.now.replace(hour=19)  # 20:00 in Berlin, two hours before closing
    made = quoted(
        begin(), a_cart(begin(), ("SHIRT-M", 1)), BERLIN, delivery_method=DeliveryMethod.PICKUP,
        handover=Handover(store=STORE, point="desk"),
    )  # fmt: skip
    assert (made.arrives_from, made.arrives_until) == ((clock.now + timedelta(days=1)).date(),) * 2


def test_an_order_for_a_window_is_accepted_and_packed_by_a_clock_of_its_own_ful_07(begin: Begin, clock: Any) -> None:
    order = routed(begin, ONE_HOUR)
    due = {name: (at - clock.now).seconds // 60 for name, at in order.deadlines.items()}
    assert due == {"accept_by": 10, "dispatch_by": 30}


def test_an_order_for_an_appointment_is_accepted_before_it_begins_ful_07(begin: Begin, clock: Any) -> None:
    order = routed(begin, APPOINTMENT)
    assert order.deadlines == {"accept_by": clock.now + timedelta(hours=1), "dispatch_by": APPOINTMENT.slot_from}
    clock.now = datetime(2026, 11, 22, 8, 40, tzinfo=UTC)
    run(lambda uow: orders.route_to(uow, uow.get(ORDER, order.id), STORE, APPOINTMENT.slot_from), begin)
    assert begin().get(ORDER, order.id).deadlines["accept_by"] == APPOINTMENT.slot_from


def test_no_more_orders_are_promised_for_one_hour_than_a_store_can_bring_ful_07(begin: Begin) -> None:
    for who in shoppers(WINDOW_CAPACITY.default):
        place(begin, ONE_HOUR, who=who)
    assert taken(begin, COUNTED) == WINDOW_CAPACITY.default
    with pytest.raises(SlotFull) as full:
        place(begin, ONE_HOUR)
    assert {"hours": 2} in full.value.members["free"] and {"hours": 1} not in full.value.members["free"]
    assert {"slot": "2026-11-22T09:00:00.000Z"} in full.value.members["free"]
    assert taken(begin, COUNTED) == WINDOW_CAPACITY.default


def test_windows_are_counted_by_the_hour_in_which_they_end_ful_07(begin: Begin, clock: Any) -> None:
    place(begin, TWO_HOURS)  # until 12:00
    clock.forward(minutes=60)
    place(begin, ONE_HOUR)  # until 12:00, too
    assert taken(begin, window_ref(STORE, datetime(2026, 11, 21, 12, tzinfo=UTC))) == 2


@pytest.mark.parametrize("chosen", [ONE_HOUR, APPOINTMENT], ids=["window", "appointment"])
def test_a_time_that_fills_up_after_the_quote_is_refused_at_the_order_with_what_is_free(
    begin: Begin, chosen: Handover
) -> None:
    cart, accepted = agreed(begin, chosen)
    fill(begin, COUNTED if chosen.hours else slot_ref(STORE, chosen.slot_from))  # type: ignore[arg-type]
    with pytest.raises(SlotFull) as full:
        run(lambda uow: orders.place(uow, cart, ANN, accepted), begin)
    assert {"hours": 3} in full.value.members["free"]


@pytest.mark.parametrize("chosen", [ONE_HOUR, APPOINTMENT], ids=["window", "appointment"])
@pytest.mark.parametrize("at", range(1, 6))
def test_two_orders_for_the_last_place_at_any_moment_one_gets_it(begin: Begin, chosen: Handover, at: int) -> None:
    ref = COUNTED if chosen.hours else slot_ref(STORE, chosen.slot_from)  # type: ignore[arg-type]
    fill(begin, ref, but=1)
    ann, ben = agreed(begin, chosen), agreed(begin, chosen, who=shoppers(1)[0])
    won: list[str] = []

    def meanwhile() -> None:
        run(lambda uow: orders.place(uow, ben[0], shoppers(1)[0], ben[1]), begin)
        won.append("ben")

    with injected(None, meanwhile, at), without_waiting():
        try:
            run(lambda uow: orders.place(uow, ann[0], ANN, ann[1]), begin)
            won.append("ann")
        except SlotFull:
            pass
    assert len(won) == 1 and taken(begin, ref) == WINDOW_CAPACITY.default


@pytest.mark.parametrize("kind", ["crash_before", "crash_after", "lost_answer"])
@pytest.mark.parametrize("call", range(1, 4))
def test_a_place_is_taken_once_however_placing_is_disturbed(begin: Begin, kind: str, call: int) -> None:
    cart, accepted = agreed(begin, ONE_HOUR)
    with injected(Fault(kind, call)), without_waiting():
        try:
            run(lambda uow: orders.place(uow, cart, ANN, accepted), begin)
        except Killed:
            assert kind.startswith("crash")
        except Unavailable:
            assert kind == "lost_answer"
    assert taken(begin, COUNTED) == int(bool(begin().get(CART, cart).order_id))


def test_a_cancelled_order_gives_its_window_back_once_ord_14(begin: Begin, clock: Any) -> None:
    order = place(begin, ONE_HOUR)
    assert taken(begin, COUNTED) == 1
    clock.forward(minutes=20)  # by now the same window would end in another hour
    run(lambda uow: orders.cancel(uow, order.id, ANN, CancelReason.CHANGED_MIND), begin)
    assert taken(begin, COUNTED) == 0


def counted(begin: Begin) -> dict[int, int]:
    """Places taken by the hour of the day (UTC)."""
    hours = {hour: taken(begin, window_ref(STORE, datetime(2026, 11, 21, hour, tzinfo=UTC))) for hour in range(10, 21)}
    return {hour: places for hour, places in hours.items() if places}


def test_an_order_that_was_with_the_desk_is_counted_in_the_hour_in_which_it_is_brought_ful_07(
    begin: Begin, clock: Any
) -> None:
    order = place(begin, ONE_HOUR, CASH_ON_DELIVERY)
    run(lambda uow: orders.review(uow, order.id), begin)
    assert counted(begin) == {11: 1}
    clock.forward(hours=4)  # 13:30: packed by 14:00, brought by 15:00
    for _ in range(2):  # the news of the review may come twice
        run(lambda uow: routing.route(uow, order.id), begin)
    assert counted(begin) == {15: 1}
    kept = begin().get(ORDER, order.id).handover
    assert kept is not None and kept.promised_by == datetime(2026, 11, 21, 15, tzinfo=UTC)
    run(lambda uow: orders.cancel(uow, order.id, ANN, CancelReason.CHANGED_MIND), begin)
    assert counted(begin) == {}


def test_an_order_that_comes_into_a_full_hour_is_brought_and_nobody_else_is_promised_it_ful_07(
    begin: Begin, clock: Any
) -> None:
    order = place(begin, ONE_HOUR, CASH_ON_DELIVERY)
    run(lambda uow: orders.review(uow, order.id), begin)
    later = window_ref(STORE, datetime(2026, 11, 21, 15, tzinfo=UTC))
    fill(begin, later)
    clock.forward(hours=4)
    run(lambda uow: routing.route(uow, order.id), begin)
    assert taken(begin, later) == WINDOW_CAPACITY.default + 1
    with pytest.raises(SlotFull):
        place(begin, ONE_HOUR)
    run(lambda uow: orders.cancel(uow, order.id, ANN, CancelReason.CHANGED_MIND), begin)
    with pytest.raises(SlotFull):
        place(begin, ONE_HOUR)


def test_an_appointment_stays_what_it_is_however_late_its_order_is_routed_ful_07(begin: Begin, clock: Any) -> None:
    order = place(begin, APPOINTMENT, CASH_ON_DELIVERY)
    run(lambda uow: orders.review(uow, order.id), begin)
    clock.forward(hours=4)
    run(lambda uow: routing.route(uow, order.id), begin)
    assert begin().get(ORDER, order.id).handover == order.handover


def test_a_window_of_an_order_that_was_never_counted_frees_nothing(begin: Begin) -> None:
    windows.free(uow := begin(), ONE_HOUR)
    uow.commit(None)
    assert begin().counter(COUNTED) is None


@pytest.mark.parametrize("address", [BERLIN, None], ids=["own delivery", "courier elsewhere"])
def test_a_quote_shows_what_is_full_in_the_read_that_it_makes_anyway_ful_07(begin: Begin, address: Any) -> None:
    fill(begin, COUNTED)
    fill(begin, slot_ref(STORE, APPOINTMENT.slot_from))  # type: ignore[arg-type]
    cart = a_cart(begin(), ("SHIRT-M", 1))
    with metered() as meter:
        made = quoted(begin(), cart, address or replace(BERLIN, postal_code="04109"))
    assert meter.round_trips <= 3
    refused = {(o.hours, o.slot_from) for o in made.handovers if o.refused == "full"}
    assert refused == ({(1, None), (0, APPOINTMENT.slot_from)} if address else set())
    if address:
        assert {o.text for o in made.handovers if o.refused == "full"} == {"All deliveries of this time are taken."}
        assert all(o.price is None for o in made.handovers if o.refused)


def test_placing_costs_no_more_round_trips_with_a_window(begin: Begin) -> None:
    cart, accepted = agreed(begin, ONE_HOUR)
    with metered() as meter:
        run(lambda uow: orders.place(uow, cart, ANN, accepted), begin)
    assert meter.round_trips <= 3
