"""Which own deliveries are one stop of a round: one recipient, one address, one time (ORD-27, FUL-11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.auth import Owner
from chalicelib.fulfilment.domain import Delivery, Position
from chalicelib.fulfilment.domain.consignment import CannotGoTogether
from chalicelib.fulfilment.domain.stops import Brought, check_one_stop, check_one_visit, position_of_stop, stops
from chalicelib.orders.domain import Order
from chalicelib.shipping.domain.handover import Handover
from tests.support.sample_handovers import STORE, an_own_delivery
from tests.support.sample_orders import BERLIN, GUEST, PLACED

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HERE = Position(52.5, 13.4)


def at(hour: float) -> datetime:
    return NOW.replace(hour=0) + timedelta(hours=hour)


def appointed(begins: float, ends: float, **changes: Any) -> Order:
    chosen = Handover(store=STORE, slot_from=at(begins), slot_until=at(ends))
    return an_own_delivery(handover=chosen, **changes)


def delivery(order: Order, begins: float | None, ends: float, person: str = "rider-1") -> Delivery:
    return Delivery(
        order_id=order.id, store=STORE, person=person, due_from=None if begins is None else at(begins),
        due_until=at(ends), position=HERE, assigned_by="sam", assigned_at=NOW,
    )  # fmt: skip


def given_to(order: Order, begins: float | None, ends: float, person: str = "rider-1") -> Brought:
    return Brought(order, delivery(order, begins, ends, person))


def why(brought: list[Brought], check: Any = None) -> str:
    with pytest.raises(CannotGoTogether) as refused:
        (check or (lambda them: check_one_stop(them, NOW)))(brought)
    return str(refused.value.members["why"])


def test_orders_of_one_recipient_at_one_time_are_one_stop_the_oldest_first() -> None:
    later = given_to(an_own_delivery(placed_at=PLACED + timedelta(minutes=5)), None, 14)
    first = given_to(an_own_delivery(placed_at=PLACED), None, 13)
    assert stops([later, first], NOW) == [(first, later)]


@pytest.mark.parametrize(
    ("changes", "other"),
    [
        ({"ship_to": replace(BERLIN, lines=("Kantstraße 1",))}, "another street"),
        ({"ship_to": replace(BERLIN, name="Max Mustermann")}, "another name"),
        ({"store": "MUC-S1"}, "another store"),
        ({"currency": "CNY"}, "money that does not add up"),
        ({"owner": Owner(customer="somebody")}, "another account, phone and address of mail"),
        ({"ship_to": None}, "no address"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_differs_is_a_stop_of_its_own(changes: dict[str, Any], other: str) -> None:
    mine = an_own_delivery()
    if "owner" in changes:
        stranger = {"contact": replace(mine.contact, email="max@example.org", phone=""), "owner": GUEST}
        changes = {**stranger, "ship_to": replace(BERLIN, phone="+4930111111")}
    both = [given_to(mine, None, 14), given_to(replace(an_own_delivery(), **changes), None, 14)]
    assert len(stops(both, NOW)) == 2
    assert why(both) == "recipient"


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ((None, 14), (13, 15), True),  # a window takes along the appointment that begins before it ends
        ((None, 13), (13, 15), False),
        ((13, 15), (15, 17), False),
        ((9, 11), (11, 13), True),
        ((13, 16), (15, 17), True),
        ((None, 11), (None, 18), True),
        ((None, 11), (11.5, 13), True),  # what is late is due at once, and the other may come now
        ((9, 11), (17, 19), False),
    ],
)
def test_a_time_must_suit_them_all_ful_07(one: Any, other: Any, together: bool) -> None:
    both = [given_to(an_own_delivery(), *one), given_to(an_own_delivery(), *other)]
    assert len(stops(both, NOW)) == (1 if together else 2)
    if not together:
        assert why(both) == "time"


def test_a_chain_of_appointments_is_not_one_visit() -> None:
    morning, noon, evening = ((9, 14), (13, 17), (16, 19))
    brought = [given_to(an_own_delivery(), *span) for span in (evening, morning, noon)]
    assert [len(stop) for stop in stops(brought, NOW)] in ([2, 1], [1, 2])
    assert why(brought) == "time"


def test_what_nobody_has_been_chosen_for_is_judged_by_what_was_promised() -> None:
    assert len(stops([Brought(appointed(14, 16), None), given_to(an_own_delivery(), 15, 17)], NOW)) == 1
    assert len(stops([Brought(appointed(18, 19), None), Brought(an_own_delivery(hours=3), None)], NOW)) == 2
    packed = an_own_delivery(hours=3, deadlines={"deliver_by": at(19)})
    assert len(stops([Brought(appointed(18, 19), None), Brought(packed, None)], NOW)) == 1


def test_a_visit_was_one_persons_and_two_to_eight_orders_are_one() -> None:
    orders = [an_own_delivery() for _ in range(9)]
    check_one_visit([given_to(order, None, 13) for order in orders[:8]])
    check_one_visit([given_to(orders[0], 9, 11), given_to(orders[1], 17, 19)])  # they were at the door, early or late
    assert why([given_to(orders[0], None, 13), given_to(orders[1], None, 13, "rider-2")], check_one_visit) == "person"
    assert why([given_to(order, None, 13) for order in orders], check_one_visit) == "number"
    assert why([given_to(orders[0], None, 13)], check_one_visit) == "number"


def test_a_stop_is_where_any_of_its_orders_is_known_to_be_exactly() -> None:
    exact = Position(52.51234, 13.41234)
    one, other = delivery(an_own_delivery(), None, 13), replace(delivery(an_own_delivery(), None, 13), position=exact)
    assert position_of_stop([one, other], HERE) == position_of_stop([other, one], HERE) == exact
    assert position_of_stop([one, one], HERE) == HERE


hours = st.floats(8, 20).map(lambda hour: round(hour * 4) / 4)
spans = st.tuples(st.none() | hours, hours).map(lambda pair: pair if (pair[0] or 0) < pair[1] else (None, pair[1]))


@given(st.lists(st.tuples(spans, st.sampled_from(["a", "b"])), max_size=7))
def test_every_order_is_in_one_stop_and_somebody_can_come_for_all_of_it(given_spans: Any) -> None:
    brought = [
        given_to(an_own_delivery(ship_to=replace(BERLIN, name=name)), *span) for span, name in given_spans
    ]  # fmt: skip
    found = stops(brought, NOW)
    assert sorted(one.order.id for stop in found for one in stop) == sorted(one.order.id for one in brought)
    for stop in found:
        assert len({one.order.ship_to for one in stop}) == 1
        if len(stop) > 1:
            check_one_stop(stop, NOW)
            assert max(one.span(NOW)[0] for one in stop) < min(one.span(NOW)[1] for one in stop)
    for name in "ab":  # no two stops of one recipient could be one
        mine = [stop for stop in found if stop[0].order.ship_to and stop[0].order.ship_to.name == name]
        ends = sorted(min(one.span(NOW)[1] for one in stop) for stop in mine)
        begins = sorted(max(one.span(NOW)[0] for one in stop) for stop in mine)
        assert all(begin >= end for begin, end in zip(begins[1:], ends, strict=False))
