"""From paid to the responsible store: review, the order desk, correction, routing, missing goods (REV, RTE)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.clockwork import sweep
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Invalid, NotAllowed
from chalicelib.core.money import Money
from chalicelib.core.table import page
from chalicelib.customers.domain import Customer
from chalicelib.customers.items import CUSTOMER
from chalicelib.inventory import service as inventory
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, Correction, Order, Problem, Reason, State
from chalicelib.orders.items import DESK_LIST, ORDER, in_state, store_list
from chalicelib.routing import service as routing
from tests.support.sample_orders import BERLIN, a_line, an_order

PAT = Principal("staff", "pat", posts=frozenset({Post.ORDER_DESK}))


def reviewed(shop: Any, order: Order) -> Order:
    result: Order = shop.do(lambda uow: orders.review(uow, order.id))
    return result


def routed(shop: Any, order: Order) -> Order:
    result: Order = shop.do(lambda uow: routing.route(uow, order.id))
    return result


def keep(shop: Any, order: Order) -> Order:
    shop.do(lambda uow: uow.put(ORDER, order))
    return order


def on_desk(state: State) -> list[str]:
    return [card.id for card in page(ORDER, "gsi2", DESK_LIST, limit=50, prefix=in_state(state)).items]


def test_a_normal_order_reaches_its_store_rev_01_rte_01(shop: Any) -> None:
    order = shop.pay(shop.placed())
    assert reviewed(shop, order).state is State.REVIEWED
    order = routed(shop, order)
    assert (order.state, order.store) == (State.ROUTED, "RTM1")
    assert set(order.deadlines) == {"accept_by", "dispatch_by"}
    assert [card.id for card in page(ORDER, "gsi2", store_list("RTM1"), limit=5).items] == [order.id]
    assert on_desk(State.UNDER_REVIEW) == on_desk(State.REVIEWED) == on_desk(State.ROUTED) == []
    assert shop.events(order)[-2:] == ["order.reviewed", "order.routed"]


def test_the_news_of_payment_and_review_may_come_twice_e1(shop: Any) -> None:
    order = shop.pay(shop.placed())
    for _ in range(2):
        reviewed(shop, order)
    for _ in range(2):
        routed(shop, order)
    reviewed(shop, order)
    assert shop.events(order).count("order.reviewed") == shop.events(order).count("order.routed") == 1
    assert shop.level("POT") == (8, 2)


def test_a_vague_address_goes_back_to_the_customer_and_is_reviewed_again_rev_03(shop: Any) -> None:
    order = keep(shop, an_order(ship_to=replace(BERLIN, lines=("x",))))
    order = reviewed(shop, order)
    assert (order.state, [reason.code for reason in order.reasons]) == (
        State.RETURNED_TO_CUSTOMER,
        ["address_incomplete"],
    )
    assert on_desk(State.RETURNED_TO_CUSTOMER) == [order.id]
    order = shop.do(lambda uow: orders.resubmit(uow, uow.get(ORDER, order.id), Correction(ship_to=BERLIN)))
    assert (order.state, order.reasons, order.ship_to.lines) == (State.UNDER_REVIEW, (), BERLIN.lines)
    assert reviewed(shop, order).state is State.REVIEWED
    assert [stage.state for stage in order.stages].count(State.UNDER_REVIEW) == 2


def test_a_correction_must_be_an_address_of_its_country_rev_03(shop: Any) -> None:
    order = keep(shop, an_order(State.RETURNED_TO_CUSTOMER))
    with pytest.raises(Invalid):
        shop.do(
            lambda uow: orders.resubmit(
                uow, uow.get(ORDER, order.id), Correction(ship_to=replace(BERLIN, postal_code="nowhere"))
            )
        )


def test_a_returned_order_can_be_cancelled_instead_rev_05(shop: Any, ann: Any) -> None:
    order = shop.pay(shop.placed())
    shop.do(lambda uow: orders.return_to_customer(uow, uow.get(ORDER, order.id), (Reason("other", "?"),)))
    order = shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
    assert order.state is State.CANCELLED


@pytest.mark.parametrize(
    ("registered_days_ago", "state"), [(400, State.REVIEWED), (1, State.ON_HOLD), (None, State.ON_HOLD)]
)
def test_big_orders_of_newcomers_wait_for_a_person_rsk_05(
    shop: Any, clock: Any, registered_days_ago: int | None, state: State
) -> None:
    dear = a_line(total=Money.of("6000.00", "EUR"))
    base = an_order(lines=(dear,))
    order = keep(shop, base)
    if registered_days_ago is not None:
        since = clock.now - timedelta(days=registered_days_ago)
        shop.do(lambda uow: uow.put(CUSTOMER, Customer(id=order.owner.customer, registered_at=since)))
    held = reviewed(shop, order)
    assert held.state is state
    if state is State.ON_HOLD:
        assert on_desk(State.ON_HOLD) == [order.id]
        released = shop.do(lambda uow: orders.release(uow, uow.get(ORDER, order.id)))
        assert released.state is State.REVIEWED
        assert shop.events(order)[-2:] == ["order.held", "order.reviewed"]


def test_nobody_releases_an_order_that_is_not_held_rev_07(shop: Any) -> None:
    order = keep(shop, an_order(State.ROUTED, store="RTM1"))
    with pytest.raises(NotAllowed):
        shop.do(lambda uow: orders.release(uow, uow.get(ORDER, order.id)))


def test_the_reservation_moves_to_the_nearest_location_in_one_transaction_rte_08(shop: Any) -> None:
    shanghai = replace(
        BERLIN, city="上海市", region="上海市", postal_code="200031", country="CN", lines=("淮海中路1号",)
    )
    lines = (a_line(sku="POT", location="SZX1"), a_line("2", "CUP", 1, location="SZX1"))
    order = keep(shop, an_order(State.REVIEWED, lines=lines, market="CN", country="CN", ship_to=shanghai))

    def stock(uow: Any) -> None:
        inventory.receive(uow, {("POT", "SZX1"): 5, ("CUP", "SZX1"): 5}, "opening")
        inventory.receive(uow, {("POT", "SHA-S1"): 2, ("CUP", "SHA-S1"): 1}, "opening")

    shop.do(stock)
    shop.do(lambda uow: inventory.reserve(uow, order.allocation, order.id))
    order = routed(shop, order)
    assert order.store == "SHA-S1"
    assert {line.location for line in order.lines} == {"SHA-S1"}
    assert (shop.level("POT", "SZX1"), shop.level("POT", "SHA-S1")) == ((5, 0), (0, 2))
    assert (shop.level("CUP", "SZX1"), shop.level("CUP", "SHA-S1")) == ((5, 0), (0, 1))


def test_the_nearer_location_without_everything_is_passed_over_amb_06(shop: Any) -> None:
    lines = (a_line(sku="POT", location="SZX1"),)
    order = keep(shop, an_order(State.REVIEWED, lines=lines, market="CN", country="CN", ship_to=None))
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SZX1"): 2, ("POT", "SHA-S1"): 1}, "opening"))
    shop.do(lambda uow: inventory.reserve(uow, order.allocation, order.id))
    assert routed(shop, order).store == "SZX1"


def test_goods_that_no_location_has_go_to_the_order_desk_with_two_hours_rev_08(shop: Any, clock: Any) -> None:
    lines = (a_line(sku="POT", location="LAX1"),)  # a location that does not send to this market (any more)
    order = keep(shop, an_order(State.REVIEWED, lines=lines))
    troubled = routed(shop, order)
    assert (troubled.state, troubled.problem) == (State.REVIEWED, Problem.OUT_OF_STOCK)
    assert troubled.deadlines == {
        "warn_by": clock.now + timedelta(minutes=90), "contact_by": clock.now + timedelta(hours=2),
    }  # fmt: skip
    assert on_desk(State.REVIEWED) == [order.id]
    assert shop.events(order) == ["order.problem_raised"]
    contacted = shop.do(lambda uow: orders.contacted(uow, uow.get(ORDER, order.id), PAT))
    assert (contacted.deadlines, contacted.problem) == ({}, Problem.OUT_OF_STOCK)


def test_a_customer_who_was_not_contacted_in_time_is_marked_overdue_rev_10(shop: Any, clock: Any) -> None:
    order = keep(shop, an_order(State.REVIEWED, lines=(a_line(sku="POT", location="LAX1"),)))
    routed(shop, order)
    late = clock.forward(hours=2, seconds=1)
    sweep(late, until=float("inf"))
    order = shop.order(order)
    assert (order.missed, set(order.deadlines)) == (("contact_by",), {"escalate_by"})
    (card,) = page(ORDER, "gsi2", DESK_LIST, limit=5).items
    assert card.mark == "overdue"
    assert shop.events(order)[-1] == "order.deadline_missed"


def test_staff_route_an_order_away_from_a_store_that_cannot_serve_it_rte_01(shop: Any) -> None:
    order = shop.pay(shop.placed())
    reviewed(shop, order)
    routed(shop, order)
    away = shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id), "RTM1"))
    assert away.problem is Problem.OUT_OF_STOCK
    back = shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    assert (back.store, back.problem, back.state) == ("RTM1", None, State.ROUTED)


def test_virtual_goods_are_completed_without_a_store_cat_03(shop: Any) -> None:
    order = shop.pay(shop.placed(lines=(("CARD", 1),)))
    reviewed(shop, order)
    assert routed(shop, order).state is State.COMPLETED


def test_completion_books_the_revenue_once(shop: Any) -> None:
    from chalicelib.ledger import service as ledger

    order = keep(shop, an_order(State.SHIPPED, store="RTM1"))
    shop.do(lambda uow: orders.advance(uow, order.id, Command.COMPLETE, proof="tracking"))
    entries = ledger.entries_of(shop.begin(), order.id)
    assert [entry.kind for entry in entries] == ["revenue"]
    assert shop.order(order).completed_by == "tracking"
    amounts = {posting.account: posting.amount.minor for posting in entries[0].postings}
    assert amounts["customer_funds"] == order.totals.total.minor
    assert amounts["tax_payable"] == -order.totals.tax.minor


def test_every_deadline_that_passes_is_told_and_kept_no_longer_rev_10(shop: Any, clock: Any) -> None:
    waits = {
        "answer_by": State.RETURNED_TO_CUSTOMER,
        "decide_by": State.ON_HOLD,
        "accept_by": State.ROUTED,
        "dispatch_by": State.PACKED,
    }
    kept = {
        name: keep(shop, an_order(state, store="RTM1", deadlines={name: clock.now + timedelta(minutes=1)}))
        for name, state in waits.items()
    }
    sweep(clock.forward(minutes=2), until=float("inf"))
    for name, order in kept.items():
        now = shop.order(order)
        next_clock = {"escalate_by"} if name in ("decide_by", "accept_by") else set()
        assert (now.missed, set(now.deadlines), now.state) == ((name,), next_clock, waits[name])


def test_the_sweep_expires_what_was_not_paid_pay_08(shop: Any, clock: Any) -> None:
    order = shop.placed()
    sweep(clock.forward(minutes=29), until=float("inf"))
    assert shop.order(order).state is State.AWAITING_PAYMENT
    sweep(clock.forward(minutes=1), until=float("inf"))
    assert shop.order(order).state is State.CANCELLED
    assert shop.level("POT") == (10, 0)


def test_only_an_order_with_a_problem_is_talked_about_rev_08(shop: Any) -> None:
    order = keep(shop, an_order())
    with pytest.raises(NotAllowed) as refused:
        shop.do(lambda uow: orders.contacted(uow, uow.get(ORDER, order.id), PAT))
    assert refused.value.members["allowed"] == sorted(order.allowed)
