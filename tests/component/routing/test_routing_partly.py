"""Orders from several places that are cancelled in part, and races and crashes on their way (RTE-07, ORD-14)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import DomainError, NotAllowed, NotFound
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.service import HandedOver
from chalicelib.inventory import service as inventory
from chalicelib.ledger import service as ledger
from chalicelib.ledger.items import BALANCE
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.orders.service import dispatching
from tests.support.faults import KINDS, Fault, Killed, injected, without_waiting
from tests.support.sample_orders import a_line, an_order
from tests.support.sample_splits import (
    RTM,
    STEPS,
    SZX,
    deliver,
    listed,
    parcels,
    part,
    routed,
    send,
    step,
)
from tests.support.world import waybill

# Cancelling


@pytest.mark.parametrize("steps", [(), ("accept",), ("accept", "pick", "pack")])
def test_before_anything_has_left_a_cancellation_releases_everything_ord_14(
    split_shop: Any, ann: Any, steps: tuple[str, ...]
) -> None:
    order = routed(split_shop)
    for name in steps:
        step(split_shop, order, SZX, name)
    cancelled = split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.CHANGED_MIND))
    assert cancelled.state is State.CANCELLED
    assert (split_shop.level("POT"), split_shop.level("LAMP", "SZX1")) == ((10, 0), (10, 0))
    assert (listed("RTM1"), listed("SZX1")) == ([], [])
    assert split_shop.begin().counter(ledger_balance(ann))["available"] == order.totals.total.minor
    with pytest.raises(NotAllowed):
        step(split_shop, order, RTM, "accept")


def ledger_balance(ann: Any) -> Any:
    return BALANCE.ref(ann.id, "EUR")


def test_after_the_first_has_left_only_what_is_still_in_stock_is_cancelled_ord_14(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    rest = split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    lamp = next(line for line in order.lines if line.sku == "LAMP")
    assert (rest.state, [line.sku for line in rest.lines]) == (State.SHIPPED, ["POT"])
    assert rest.totals.total == order.totals.total - lamp.total
    assert split_shop.begin().counter(ledger_balance(ann))["available"] == lamp.total.minor
    assert (split_shop.level("POT"), split_shop.level("LAMP", "SZX1")) == ((8, 0), (10, 0))
    assert (listed("SZX1"), part(split_shop, order, "SZX1").state) == ([], State.CANCELLED)
    assert "order.rest_cancelled" in split_shop.events(order)
    with pytest.raises(NotAllowed):
        split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    with pytest.raises((NotAllowed, NotFound)):
        step(split_shop, order, SZX, "accept")
    deliver(split_shop, order, "RTM1")
    assert split_shop.order(order).state is State.COMPLETED
    (revenue,) = [entry for entry in ledger.entries_of(split_shop.begin(), order.id) if entry.kind == "revenue"]
    taken = next(each.amount for each in revenue.postings if each.account == "customer_funds")
    assert taken == rest.totals.total


def test_what_is_cancelled_after_the_rest_has_arrived_completes_the_order_ord_14(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    send(split_shop, order, RTM)
    deliver(split_shop, order, "RTM1")
    done = split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    assert (done.state, done.completed_by) == (State.COMPLETED, "tracking")


def test_a_cancellation_and_a_parcel_that_leaves_never_both_succeed_ord_14(split_shop: Any, ann: Any) -> None:
    """Whichever is first: nothing is released that has left, and nothing leaves that was released."""
    for call in range(1, 7):
        order = routed(split_shop, lines=(("POT", 1), ("LAMP", 1)))
        for who in (RTM, SZX):
            for name in ("accept", "pick", "pack"):
                step(split_shop, order, who, name)
        before = (split_shop.level("POT"), split_shop.level("LAMP", "SZX1"))
        cancelled: list[bool] = []

        def cancel(order: Order = order, cancelled: list[bool] = cancelled) -> None:
            try:
                split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
                cancelled.append(True)
            except NotAllowed:
                cancelled.append(False)

        with injected(None, interleave=cancel, at=call):
            try:
                step(split_shop, order, RTM, "ship")
            except (NotAllowed, NotFound):
                assert cancelled == [True]
        now = split_shop.order(order)
        (pots, pots_held), (lamps, lamps_held) = split_shop.level("POT"), split_shop.level("LAMP", "SZX1")
        if now.state is State.CANCELLED:
            assert (pots, lamps) == (before[0][0] + 1, before[1][0] + 1)
            assert parcels(split_shop, order) == {}
        else:
            assert pots == before[0][0]
            assert [each.store for each in parcels(split_shop, order).values()] == ["RTM1"]
            if now.state is State.PARTLY_SHIPPED:
                split_shop.do(lambda uow, order=order: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
        assert (pots_held, lamps_held) <= (before[0][1], before[1][1])
        assert split_shop.level("LAMP", "SZX1")[1] == 0


def test_a_cancellation_that_a_parcel_overtakes_cancels_what_is_left_ord_14(split_shop: Any, ann: Any) -> None:
    for call in range(1, 5):
        order = routed(split_shop, lines=(("POT", 1), ("LAMP", 1)))
        for name in STEPS[:3]:
            step(split_shop, order, RTM, name)
        with injected(None, interleave=lambda order=order: step(split_shop, order, RTM, "ship"), at=call):
            split_shop.do(lambda uow, order=order: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
        now = split_shop.order(order)
        if parcels(split_shop, order):
            assert (now.state, [line.sku for line in now.lines]) == (State.SHIPPED, ["POT"])
        else:
            assert now.state is State.CANCELLED
        assert split_shop.level("LAMP", "SZX1") == (10, 0)
        assert split_shop.level("POT")[1] == 0


# Races and crashes


@pytest.mark.parametrize("name", STEPS)
def test_two_places_that_do_the_same_step_at_once_leave_no_order_behind_rte_07(split_shop: Any, name: str) -> None:
    """Each is the last but for the other: without seeing one another neither would move the order."""
    states = {"accept": State.ACCEPTED, "pick": State.PICKING, "pack": State.PACKED, "ship": State.SHIPPED}
    for call in range(1, 6):
        order = routed(split_shop, lines=(("POT", 1), ("LAMP", 1)))
        for earlier in STEPS[: STEPS.index(name)]:
            for who in (RTM, SZX):
                step(split_shop, order, who, earlier)
        with injected(None, interleave=lambda order=order: step(split_shop, order, SZX, name), at=call):
            step(split_shop, order, RTM, name)
        if part(split_shop, order, "SZX1").state is not states[name]:
            step(split_shop, order, SZX, name)  # there were fewer calls than that
        assert split_shop.order(order).state is states[name]
        assert split_shop.events(order).count("order.shipped") == (name == "ship")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_at_any_call_of_shipping_ships_once_or_not_at_all_rte_07(split_shop: Any, kind: str) -> None:
    struck = 0
    for call in range(1, 9):
        order = routed(split_shop, lines=(("POT", 1), ("LAMP", 1)))
        for name in STEPS[:3]:
            step(split_shop, order, RTM, name)
        before = split_shop.level("POT")
        fault, number = Fault(kind, call), waybill()

        def ship(order: Order = order, number: str = number) -> None:
            split_shop.do(lambda uow: fulfilment.ship(uow, order.id, [HandedOver("china-post", number)], RTM))

        with without_waiting():
            try:
                with injected(fault):
                    ship()
            except (Killed, DomainError, ClientError, HTTPClientError):
                if part(split_shop, order, "RTM1").state is State.PACKED:
                    ship()
        struck += fault.struck
        assert part(split_shop, order, "RTM1").state is State.SHIPPED
        assert split_shop.order(order).state is State.PARTLY_SHIPPED
        assert split_shop.level("POT") == (before[0], before[1] - 1)
        assert len(parcels(split_shop, order)) == 1
        assert split_shop.events(order).count("order.partly_shipped") == 1
    assert struck >= 3


def test_a_part_is_worked_on_by_its_place_whatever_the_order_was_meant_for() -> None:
    order = an_order(State.ROUTED, store="RTM1")
    assert (order.is_split, order.serving, order.reserved_at("RTM1")) == (False, ("RTM1",), order.allocation)
    assert dispatching.place_of(order, RTM) == ""
    with pytest.raises(NotFound):
        dispatching.place_of(order, RTM, "SZX1")


def test_three_places_follow_the_same_rules_rte_07(shop: Any) -> None:
    lines = tuple(
        a_line(str(number), sku, 1, location=place)
        for number, (sku, place) in enumerate([("POT", "SZX1"), ("CUP", "SHA-S1"), ("LAMP", "RTM1")], 1)
    )
    order = an_order(State.REVIEWED, lines=lines)
    plans = {place: orders.Plan("LINE", shop.now() + timedelta(days=1)) for place in order.locations}
    shop.do(lambda uow: uow.put(ORDER, order))
    stock = {(line.sku, line.location): 1 for line in lines}
    shop.do(lambda uow: inventory.receive(uow, stock, "opening"))
    shop.do(lambda uow: inventory.reserve(uow, stock, order.id))
    shop.do(lambda uow: orders.split(uow, uow.get(ORDER, order.id), "SZX1", plans))
    seen = []
    for place in ("RTM1", "SHA-S1", "SZX1"):
        who = Principal("staff", place, posts=frozenset({Post.STORE}), scopes=frozenset({place}))
        send(shop, order, who)
        seen.append(shop.order(order).state.value)
    assert seen == ["partly_shipped", "partly_shipped", "shipped"]
    assert shop.events(order).count("order.partly_shipped") == 1
    assert Command.COMPLETE in shop.order(order).allowed


def test_what_was_paid_twice_goes_back_once_whatever_is_cancelled_later_ord_15(split_shop: Any, ann: Any) -> None:
    order = routed(split_shop)
    split_shop.report(split_shop.fact(order, reference="cap-2", amount=order.totals.total))
    send(split_shop, order, RTM)
    lamp = next(line for line in order.lines if line.sku == "LAMP")
    split_shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.TOO_SLOW))
    payment = split_shop.payment(order)
    assert (payment.to_balance, payment.refundable) == (lamp.total.minor, order.totals.total - lamp.total)
    assert split_shop.begin().counter(ledger_balance(ann))["available"] == lamp.total.minor
