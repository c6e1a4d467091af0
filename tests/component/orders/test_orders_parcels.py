"""What happens to one of an order's parcels, in any order, and what is in the order's way (REV-09, REV-10, LOG-15)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.events import SYSTEM, Aggregate, Event
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, Problem, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.scans import Mark, Status
from chalicelib.shipping.domain.shipments import Shipment
from chalicelib.shipping.service import shipments
from chalicelib.tracking import service as tracking
from tests.support.sample_orders import an_order


def sent(shop: Any, *names: str) -> Order:
    """An order on its way in these parcels."""
    order = an_order(State.SHIPPED, store="RTM1")

    def keep(uow: Any) -> None:
        uow.put(ORDER, order)
        for name in names:
            others = tuple(other for other in names if other != name)
            parcel = Shipment(name, order.id, "dhl", f"W{name}", "RTM1", uow.now, siblings=others)
            uow.put(shipments.SHIPMENT, parcel)

    shop.do(keep)
    return order


def happens(
    shop: Any, clock: Any, order: Order, parcel: str, *, status: Status | None = None, mark: Mark | None = None
) -> list[Any]:
    """A courier reports something of a parcel; the news of it, in the order in which it was told."""
    at = clock.forward(minutes=10)

    def fold(uow: Any) -> tuple[Shipment, Shipment]:
        before = uow.get(shipments.SHIPMENT, order.id, parcel)
        scan = shipments.report(
            uow, status=status, mark=mark, stated=at.isoformat(), received_at=at, source="17track", code=f"{mark}"
        )
        after = shipments.fold(uow, before, [scan])
        if after.delivered:
            tracking._complete(uow, after)
        return before, after

    return list(shipments.rules.news(*shop.do(fold)))


def hear(shop: Any, order: Order, news: list[Any]) -> Problem | None:
    for number, data in enumerate(news):
        name = {
            "ShipmentException": "exception", "ShipmentCustomsCleared": "customs_cleared",
            "ShipmentOutForDelivery": "out_for_delivery", "ShipmentInTransit": "in_transit",
        }[type(data).__name__]  # fmt: skip
        event = Event(
            id=f"{data.shipment_id}-{name}-{data.at}-{number}", type=f"shipment.{name}", schema=1,
            aggregate=Aggregate("shipment", data.shipment_id), sequence=number, occurred_at=data.at, actor=SYSTEM,
            cause="", trace="", data=data,
        )  # fmt: skip
        shop.do(lambda uow, event=event: orders.follow_parcel(uow, event))
    found: Problem | None = shop.order(order).problem
    return found


def test_a_parcel_that_gets_on_does_not_end_the_trouble_of_another_rev_09(shop: Any, clock: Any) -> None:
    order = sent(shop, "a", "b")
    assert hear(shop, order, happens(shop, clock, order, "a", mark=Mark.CUSTOMS_HELD)) is Problem.CUSTOMS
    clocks = shop.order(order).deadlines
    assert hear(shop, order, happens(shop, clock, order, "b", mark=Mark.CUSTOMS_CLEARED)) is Problem.CUSTOMS
    assert hear(shop, order, happens(shop, clock, order, "b", status=Status.OUT_FOR_DELIVERY)) is Problem.CUSTOMS
    assert shop.order(order).deadlines == clocks
    assert hear(shop, order, happens(shop, clock, order, "a", mark=Mark.CUSTOMS_CLEARED)) is None


def test_news_of_a_trouble_that_is_over_begins_nothing_when_it_comes_late_log_15(shop: Any, clock: Any) -> None:
    order = sent(shop, "a")
    held = happens(shop, clock, order, "a", mark=Mark.CUSTOMS_HELD)
    cleared = happens(shop, clock, order, "a", mark=Mark.CUSTOMS_CLEARED)
    assert hear(shop, order, cleared) is None
    assert hear(shop, order, held) is None
    assert "order.problem_raised" not in shop.events(order)


def test_news_of_progress_that_comes_late_does_not_end_what_has_come_up_since_rev_09(shop: Any, clock: Any) -> None:
    order = sent(shop, "a")
    assert hear(shop, order, happens(shop, clock, order, "a", mark=Mark.CUSTOMS_HELD)) is Problem.CUSTOMS
    cleared = happens(shop, clock, order, "a", mark=Mark.CUSTOMS_CLEARED)
    again = happens(shop, clock, order, "a", mark=Mark.CUSTOMS_HELD)
    assert hear(shop, order, again) is Problem.CUSTOMS
    assert hear(shop, order, cleared) is Problem.CUSTOMS


@pytest.mark.parametrize("state", [State.SHIPPED, State.PARTLY_SHIPPED])
def test_a_parcel_that_has_arrived_is_late_no_more_although_another_is_under_way_rev_10(
    shop: Any, clock: Any, state: State
) -> None:
    order = sent(shop, "a", "b", "c")
    shop.do(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, order.id), state=state)))
    for name in "ab":
        assert hear(shop, order, happens(shop, clock, order, name, mark=Mark.DELAYED)) is Problem.DELAY
    for name, left in (("a", Problem.DELAY), ("b", None)):  # of c nothing is heard
        happens(shop, clock, order, name, status=Status.DELIVERED)
        now = shop.order(order)
        assert (now.problem, now.state) == (left, state), name
    assert shop.events(order).count("order.problem_solved") == 1


def test_a_trouble_that_a_person_has_told_does_not_end_with_another_parcels_arrival_rev_10(
    shop: Any, clock: Any
) -> None:
    order = sent(shop, "a", "b")
    shop.do(lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.DAMAGED))
    happens(shop, clock, order, "a", status=Status.DELIVERED)
    assert shop.order(order).problem is Problem.DAMAGED


@pytest.mark.parametrize("mark", [Mark.CUSTOMS_HELD, Mark.FAILED_ATTEMPT, Mark.DELAYED])
def test_a_courier_that_tells_days_and_no_hours_ends_its_trouble_too_rev_09(shop: Any, clock: Any, mark: Mark) -> None:
    order = sent(shop, "a")
    assert hear(shop, order, happens(shop, clock, order, "a", mark=mark)) is not None
    clock.forward(minutes=-10)  # the same moment, by its word
    assert hear(shop, order, happens(shop, clock, order, "a", status=Status.OUT_FOR_DELIVERY)) is None
