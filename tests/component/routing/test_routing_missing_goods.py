"""Goods that a store does not find, stores that refuse: clock, another store, stock (REV-08, RTE-01, RTE-03)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.catalog.domain import Component
from chalicelib.catalog.items import VARIANT
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Invalid, NotAllowed, NotFound
from chalicelib.core.triggers import REGISTRY
from chalicelib.inventory import service as inventory
from chalicelib.inventory.items import STOCK
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, OrderProblemSolved, Problem, Refusal, State
from chalicelib.orders.items import ORDER, SHORTAGE
from chalicelib.routing import service as routing
from tests.component.orders.test_orders_work import told
from tests.support.faults import injected, without_waiting
from tests.support.http import Client
from tests.support.sample_handovers import a_pickup
from tests.support.sample_orders import a_line, an_order
from tests.support.sample_splits import RTM, SZX, in_china, listed, part, send, step
from tests.support.sample_splits import routed as split_and_routed

AsStaff = Callable[..., Client]
SHA = Principal("staff", "shu", posts=frozenset({Post.STORE}), scopes=frozenset({"SHA-S1"}))
STEPS = {State.ROUTED: 0, State.ACCEPTED: 1, State.PICKING: 2, State.PACKED: 3}


@pytest.fixture(autouse=True)
def _same_time_at_the_door(monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    monkeypatch.setattr("chalicelib.core.http.routes.utc_now", lambda: clock.now)


def an_order_in_shanghai(shop: Any, state: State = State.PICKING, there: int = 2) -> Order:
    """Two pots, reserved at the store in Shanghai, which has come so far with them; and so many in Shenzhen."""
    lines = (a_line(sku="POT", location="SHA-S1"),)
    order = an_order(State.REVIEWED, lines=lines, market="CN", country="CN", ship_to=None)
    stock = {("POT", "SHA-S1"): 2} | ({("POT", "SZX1"): there} if there else {})

    def open_shop(uow: Any) -> None:
        uow.put(ORDER, order)
        inventory.receive(uow, stock, "opening")

    shop.do(open_shop)
    shop.do(lambda uow: inventory.reserve(uow, order.allocation, order.id))
    shop.do(lambda uow: orders.route_to(uow, uow.get(ORDER, order.id), "SHA-S1", None))
    for name in ("accept", "pick", "pack")[: STEPS[state]]:
        step(shop, order, SHA, name)
    result: Order = shop.order(order)
    assert (result.state, result.store) == (state, "SHA-S1")
    return result


def counts(shop: Any, sku: str, place: str) -> dict[str, int]:
    found = shop.begin().counter(STOCK.ref(sku, place)) or {}
    return {name: units for name, units in found.items() if units}


def again(shop: Any, order: Order, away_from: str = "") -> Order:
    result: Order = shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id), away_from))
    return result


# An empty shelf


@pytest.mark.parametrize("state", [State.ROUTED, State.ACCEPTED, State.PICKING])
def test_a_store_that_finds_the_shelf_empty_starts_the_two_hours_rev_08(
    shop: Any, as_staff: AsStaff, clock: Any, state: State
) -> None:
    order = an_order_in_shanghai(shop, state)
    store = as_staff(Post.STORE, scopes=["SHA-S1"])
    said = {"problem": "out_of_stock", "note": "shelf empty", "missing": [{"sku": "POT", "quantity": 1}]}
    answer = store.post(f"/staff/orders/{order.id}/problem", said, key="shelf-empty")
    assert (answer.status, answer.json["problem"], answer.json["group"]) == (200, "out_of_stock", "order_desk")
    assert answer.json["state"] == state
    now = shop.order(order)
    assert now.deadlines["contact_by"] == clock.now + timedelta(hours=2)
    assert as_staff(Post.ORDER_DESK).get("/staff/orders").json["items"][0]["id"] == order.id
    assert store.post(f"/staff/orders/{order.id}/problem", said, key="shelf-empty").status == 200  # once
    assert shop.events(order).count("order.problem_raised") == 1
    worse = store.post(f"/staff/orders/{order.id}/problem", {"problem": "out_of_stock"}, key="again-empty")
    assert (worse.status, worse.json["problem"]) == (409, "out_of_stock")
    assert "route" in worse.json["allowed"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"problem": "out_of_stock", "missing": [{"sku": "POT", "quantity": 3}]}, 400),
        ({"problem": "out_of_stock", "missing": [{"sku": "CUP", "quantity": 1}]}, 400),
        ({"problem": "out_of_stock", "missing": [{"sku": "POT", "quantity": 1}] * 2}, 400),
        ({"problem": "hungry"}, 400),
        ({"problem": "customs"}, 409),
        ({"problem": "delay"}, 409),
    ],
)
def test_what_cannot_be_so_is_refused_and_changes_nothing_rev_08(
    shop: Any, as_staff: AsStaff, body: dict[str, Any], status: int
) -> None:
    order = an_order_in_shanghai(shop)
    answer = as_staff(Post.STORE, scopes=["SHA-S1"]).post(f"/staff/orders/{order.id}/problem", body, key="nonsense")
    assert answer.status == status, answer.text
    if status == 409:
        assert answer.json["allowed"] == sorted(shop.order(order).allowed)
    assert (shop.order(order), shop.begin().find(SHORTAGE, order.id)) == (order, None)


#: Where nothing is missing of an order from one place; a partly shipped one comes from several.
NOT_MISSING = set(State) - set(STEPS) - {State.PARTLY_SHIPPED} | {State.PACKED}


@pytest.mark.parametrize("state", sorted(NOT_MISSING))
def test_goods_are_missing_only_between_review_and_packing_rev_08(shop: Any, state: State) -> None:
    order = an_order(state, store="RTM1")
    shop.do(lambda uow: uow.put(ORDER, order))
    report = lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK)  # noqa: E731
    if state is State.REVIEWED:
        assert shop.do(report).problem is Problem.OUT_OF_STOCK
        return
    with pytest.raises(NotAllowed) as refused:
        shop.do(report)
    assert refused.value.members["allowed"] == sorted(order.allowed)


def test_the_desk_gives_it_to_another_store_and_no_unit_is_lost_or_sold_twice_rev_08(
    shop: Any, as_staff: AsStaff
) -> None:
    order = an_order_in_shanghai(shop)
    said = {"problem": "out_of_stock", "missing": [{"sku": "POT", "quantity": 1}]}
    as_staff(Post.STORE, scopes=["SHA-S1"]).post(f"/staff/orders/{order.id}/problem", said, key="shelf-empty")
    desk = as_staff(Post.ORDER_DESK)
    assert desk.post(f"/staff/orders/{order.id}/contacted", key="contacted-1").status == 200
    answer = desk.post(f"/staff/orders/{order.id}/route", {}, key="route-away")
    assert (answer.json["state"], answer.json["store"], answer.json["problem"]) == ("routed", "SZX1", None)
    assert (listed("SHA-S1"), listed("SZX1")) == ([], [order.id])
    # The pot that was picked goes back on sale; the one that was not found waits until somebody has counted.
    assert counts(shop, "POT", "SHA-S1") == {"on_hand": 2, "available": 1, "blocked": 1}
    assert counts(shop, "POT", "SZX1") == {"on_hand": 2, "reserved": 2}
    assert shop.begin().find(SHORTAGE, order.id) is None
    assert shop.events(order)[-3:] == ["order.problem_answered", "order.routed", "order.problem_solved"]
    with pytest.raises(NotFound):
        step(shop, order, SHA, "pack")
    for name in ("accept", "pick", "pack", "ship"):
        step(shop, order, SZX, name)
    assert counts(shop, "POT", "SZX1") == {}


@pytest.mark.parametrize("state", [State.ACCEPTED, State.PICKING])
def test_an_accepted_order_leaves_a_store_that_cannot_serve_it_rte_01(shop: Any, state: State) -> None:
    moved = again(shop, an_order_in_shanghai(shop, state))
    assert (moved.state, moved.store, moved.missed) == (State.ROUTED, "SZX1", ())
    assert counts(shop, "POT", "SHA-S1") == {"on_hand": 2, "available": 2}


def test_a_packed_order_is_not_given_to_another_store_rte_01(shop: Any) -> None:
    order = an_order_in_shanghai(shop, State.PACKED)
    with pytest.raises(NotAllowed) as refused:
        again(shop, order)
    assert refused.value.members["allowed"] == ["cancel", "ship"]
    assert shop.order(order) == order


def test_what_nobody_can_serve_leaves_its_store_for_the_desk_and_comes_back_when_solved_rev_08(
    shop: Any, as_staff: AsStaff, clock: Any
) -> None:
    """It was lost: 200, reviewed, on no list, and nobody heard of it."""
    order = an_order_in_shanghai(shop, there=0)
    gone = again(shop, order)
    assert (gone.state, gone.store, gone.problem) == (State.REVIEWED, None, Problem.OUT_OF_STOCK)
    assert (listed("SHA-S1"), shop.events(order)[-2:]) == ([], ["order.withdrawn", "order.problem_raised"])
    store = as_staff(Post.STORE, scopes=["SHA-S1"])
    assert store.post(f"/staff/orders/{order.id}/accept", key="too-late-1").status == 404  # not its own any more
    assert counts(shop, "POT", "SHA-S1") == {"on_hand": 2, "reserved": 2}
    solved = as_staff(Post.ORDER_DESK).post(f"/staff/orders/{order.id}/solved", key="solved-123")
    assert (solved.status, solved.json["problem"]) == (200, None)
    assert "order.problem_solved" in REGISTRY["route-order"].on
    news = told(OrderProblemSolved(order_id=order.id, problem="out_of_stock"), "order.problem_solved", 9, clock.now)
    for _ in range(2):
        shop.do(lambda uow: REGISTRY["route-order"].function(uow, news))
    back = shop.order(order)
    assert (back.state, back.store) == (State.ROUTED, "SHA-S1")
    assert shop.events(order).count("order.routed") == 2


def test_while_it_is_missing_there_nobody_asks_that_store_again_rev_08(shop: Any) -> None:
    order = an_order_in_shanghai(shop, there=0)
    shop.do(lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK))
    away = again(shop, order)
    assert (away.state, away.problem) == (State.REVIEWED, Problem.OUT_OF_STOCK)
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 5}, "delivery"))
    assert again(shop, order).state is State.REVIEWED
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SZX1"): 5}, "delivery"))
    assert again(shop, order).store == "SZX1"
    assert counts(shop, "POT", "SHA-S1") == {"on_hand": 7, "available": 5, "blocked": 2}


def test_cancelled_for_want_of_goods_the_missing_ones_are_not_sold_again_rev_08(shop: Any) -> None:
    order = an_order_in_shanghai(shop, there=0)
    missing = {"POT": 1}
    shop.do(
        lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK, missing=missing)
    )  # fmt: skip
    off = shop.do(lambda uow: orders.call_off(uow, uow.get(ORDER, order.id), CancelReason.OUT_OF_STOCK))
    assert (off.state, off.problem) == (State.CANCELLED, None)
    assert counts(shop, "POT", "SHA-S1") == {"on_hand": 2, "available": 1, "blocked": 1}
    assert shop.begin().find(SHORTAGE, order.id) is None
    assert shop.events(order)[-2:] == ["order.cancelled", "order.problem_solved"]


def test_goods_that_turn_up_are_packed_and_the_customer_hears_the_end_rev_08(shop: Any) -> None:
    order = an_order_in_shanghai(shop, State.ACCEPTED)
    shop.do(lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK))
    picking = step(shop, order, SHA, "pick")
    assert (picking.problem, "contact_by" in picking.deadlines) == (Problem.OUT_OF_STOCK, True)
    packed = step(shop, order, SHA, "pack")
    assert (packed.problem, set(packed.deadlines) & {"contact_by", "warn_by"}) == (None, set())
    assert shop.events(order)[-2:] == ["order.packed", "order.problem_solved"]
    assert shop.begin().find(SHORTAGE, order.id) is None
    assert counts(shop, "POT", "SHA-S1") == {"on_hand": 2, "reserved": 2}


@pytest.mark.parametrize("winner", ["pack", "route"])
def test_a_store_that_packs_and_a_desk_that_gives_it_away_never_both_succeed_rev_08(shop: Any, winner: str) -> None:
    order = an_order_in_shanghai(shop)
    moves: dict[str, Callable[[], Any]] = {
        "pack": lambda: step(shop, order, SHA, "pack"), "route": lambda: again(shop, order),
    }  # fmt: skip
    loser = next(name for name in moves if name != winner)
    with without_waiting(), injected(None, interleave=moves[winner], at=2), pytest.raises((NotAllowed, NotFound)):
        moves[loser]()
    now = shop.order(order)
    assert (now.state, now.store) == ((State.PACKED, "SHA-S1") if winner == "pack" else (State.ROUTED, "SZX1"))
    held = [counts(shop, "POT", place).get("reserved", 0) for place in ("SHA-S1", "SZX1")]
    assert held == ([2, 0] if winner == "pack" else [0, 2])


# A store's own refusal


def test_a_store_without_a_system_of_its_own_refuses_over_http_rte_03(shop: Any, as_staff: AsStaff) -> None:
    order = an_order_in_shanghai(shop, State.ROUTED)
    store = as_staff(Post.STORE, scopes=["SHA-S1"])
    body = {"reason": "damaged", "note": "Water in the cellar."}
    for _ in range(2):
        answer = store.post(f"/staff/orders/{order.id}/refuse", body, key="refused-1")
        assert (answer.status, answer.json) == (200, {"id": order.id, "store": "SHA-S1"})
    assert (shop.order(order).store, shop.order(order).problem) == ("SZX1", None)
    assert counts(shop, "POT", "SHA-S1") == {"on_hand": 2, "blocked": 2}
    assert shop.events(order).count("order.refused_by_store") == 1
    assert store.post(f"/staff/orders/{order.id}/refuse", body, key="refused-2").status == 404
    other = as_staff(Post.STORE, scopes=["SZX1"])
    assert other.post(f"/staff/orders/{order.id}/refuse", {"reason": "bored"}, key="refused-3").status == 400
    assert other.post(f"/staff/orders/{order.id}/refuse", {"reason": "closed"}, key="refused-4").status == 200
    back = shop.order(order)
    assert (back.problem, back.store) == (Problem.OUT_OF_STOCK, None)


def test_the_next_store_reads_nothing_of_what_the_one_before_did_and_wrote_rte_03(shop: Any, as_staff: AsStaff) -> None:
    order = an_order_in_shanghai(shop, State.ROUTED)
    said = {"reason": "damaged", "note": "Water in the cellar."}
    store = as_staff(Post.STORE, scopes=["SHA-S1"])
    assert store.post(f"/staff/orders/{order.id}/refuse", said, key="refused-9").status == 200
    told = {
        who: as_staff(*posts, scopes=scopes).get(f"/staff/orders/{order.id}/timeline")
        for who, posts, scopes in (("next", (Post.STORE,), ["SZX1"]), ("desk", (Post.ORDER_DESK,), []))
    }  # fmt: skip
    assert "SHA-S1" not in told["next"].text and "cellar" not in told["next"].text
    assert [one["type"] for one in told["next"].json["items"]] == ["order.routed"]
    assert "Water in the cellar." in told["desk"].text


def test_stores_that_all_refuse_leave_it_to_the_desk_and_do_not_pass_it_to_and_fro_rte_03(shop: Any) -> None:
    order = an_order_in_shanghai(shop, State.ROUTED)

    def refuse(store: str) -> tuple[str | None, State, Problem | None]:
        shop.do(lambda uow: routing.refuse(uow, uow.get(ORDER, order.id), store, Refusal.CLOSED))
        now = shop.order(order)
        return now.store, now.state, now.problem

    assert refuse("SHA-S1") == ("SZX1", State.ROUTED, None)
    assert refuse("SZX1") == (None, State.REVIEWED, Problem.OUT_OF_STOCK)
    shop.do(lambda uow: orders.solve(uow, uow.get(ORDER, order.id)))  # the desk has talked to them: both are asked anew
    shop.do(lambda uow: routing.route(uow, order.id))
    first = shop.order(order).store
    assert first in ("SHA-S1", "SZX1")
    assert refuse(first)[0] == ({"SHA-S1", "SZX1"} - {first}).pop()


@pytest.mark.parametrize("state", [State.ACCEPTED, State.PICKING, State.PACKED])
def test_what_was_accepted_is_not_refused_any_more_rte_03(shop: Any, as_staff: AsStaff, state: State) -> None:
    order = an_order_in_shanghai(shop, state)
    store = as_staff(Post.STORE, scopes=["SHA-S1"])
    answer = store.post(f"/staff/orders/{order.id}/refuse", {"reason": "closed"}, key="refused-1")
    assert (answer.status, answer.json["allowed"]) == (409, sorted(order.allowed))
    assert shop.order(order) == order


def test_a_pickup_is_nobody_elses_and_waits_for_the_desk_rev_08_amb_06(shop: Any) -> None:
    order = a_pickup(state=State.ROUTED)
    shop.do(lambda uow: uow.put(ORDER, order))
    gone = shop.do(lambda uow: routing.refuse(uow, uow.get(ORDER, order.id), "BER-S1", Refusal.CLOSED))
    assert (gone.state, gone.store, gone.problem) == (State.REVIEWED, None, Problem.OUT_OF_STOCK)


# Several places


def test_one_of_several_places_reports_its_own_shortage_and_the_rest_goes_on_rte_07(split_shop: Any) -> None:
    order = split_and_routed(split_shop)
    for who in (RTM, SZX):
        step(split_shop, order, who, "accept")
    missing = {"LAMP": 1}
    for place, error in (("RTM1", Invalid), ("SZX1", None)):
        report = lambda uow, place=place: orders.report_problem(  # noqa: E731
            uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK, place=place, missing=missing
        )
        if error:
            with pytest.raises(error):
                split_shop.do(report)
        else:
            split_shop.do(report)
    for name in ("pick", "pack", "ship"):
        step(split_shop, order, RTM, name)
    half = split_shop.order(order)
    assert (half.state, half.problem) == (State.PARTLY_SHIPPED, Problem.OUT_OF_STOCK)
    rest = split_shop.do(lambda uow: orders.call_off(uow, uow.get(ORDER, order.id), CancelReason.OUT_OF_STOCK))
    assert (rest.state, rest.problem, [line.sku for line in rest.lines]) == (State.SHIPPED, None, ["POT"])
    assert counts(split_shop, "LAMP", "SZX1") == {"on_hand": 10, "available": 9, "blocked": 1}
    assert split_shop.events(order).count("order.problem_solved") == 1


def test_what_is_missing_of_a_bundle_that_stays_is_missing_after_the_rest_is_cancelled_rev_08(split_shop: Any) -> None:
    def assemble(uow: Any) -> None:
        bare = replace(uow.get(VARIANT, "POT"), hs_code="", origin="", weight_g=0)
        uow.put(VARIANT, replace(bare, sku="DUO", components=(Component("POT"), Component("LAMP"))))

    split_shop.do(assemble)
    order = split_and_routed(split_shop, lines=(("DUO", 1), ("LAMP", 2)))
    send(split_shop, order, RTM)  # the pot of the bundle has left
    split_shop.do(
        lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK, place="SZX1")
    )  # fmt: skip
    rest = split_shop.do(lambda uow: orders.call_off(uow, uow.get(ORDER, order.id), CancelReason.TOO_SLOW))
    assert (rest.problem, "contact_by" in rest.deadlines) == (Problem.OUT_OF_STOCK, True)
    assert split_shop.begin().get(SHORTAGE, order.id).units == {"SZX1": {"LAMP": 1}}
    assert counts(split_shop, "LAMP", "SZX1") == {"on_hand": 10, "available": 7, "blocked": 2, "reserved": 1}
    for name in ("accept", "pick", "pack"):
        step(split_shop, order, SZX, name)
    assert (split_shop.order(order).problem, split_shop.begin().find(SHORTAGE, order.id)) == (None, None)


def test_a_part_that_is_packed_after_all_ends_its_shortage_rte_07(split_shop: Any) -> None:
    order = split_and_routed(split_shop)
    split_shop.do(
        lambda uow: orders.report_problem(uow, uow.get(ORDER, order.id), Problem.OUT_OF_STOCK, place="SZX1")
    )  # fmt: skip
    for name in ("accept", "pick", "pack"):
        assert split_shop.order(order).problem is Problem.OUT_OF_STOCK
        step(split_shop, order, SZX, name)
    assert split_shop.order(order).problem is None
    assert split_shop.begin().find(SHORTAGE, order.id) is None
    assert split_shop.events(order).count("order.problem_solved") == 1


def test_the_desk_takes_accepted_parts_to_one_place_until_one_is_packed_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: routing.route(uow, order.id))
    for who in (SZX, SHA):
        step(shop, order, who, "accept")
    step(shop, order, SZX, "pick")
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 2}, "delivery"))
    with pytest.raises(Invalid):
        again(shop, order)
    moved = again(shop, order, "SZX1")
    assert (moved.state, moved.store, moved.is_split) == (State.ROUTED, "SHA-S1", False)
    assert (part(shop, order, "SZX1").state, listed("SZX1"), listed("SHA-S1")) == (State.CANCELLED, [], [order.id])
    assert counts(shop, "POT", "SZX1") == {"on_hand": 5, "available": 5}
    other = in_china(shop)
    shop.do(lambda uow: routing.route(uow, other.id))
    for name in ("accept", "pick", "pack"):
        step(shop, other, SZX, name)
    with pytest.raises(NotAllowed, match="while the dispatch is packed"):
        again(shop, other, "SHA-S1")


def test_a_place_does_not_refuse_what_another_has_accepted_rte_07(shop: Any) -> None:
    order = in_china(shop)
    shop.do(lambda uow: routing.route(uow, order.id))
    step(shop, order, SZX, "accept")
    with pytest.raises(NotAllowed, match="is accepted"):
        shop.do(lambda uow: routing.refuse(uow, uow.get(ORDER, order.id), "SHA-S1", Refusal.CLOSED))
    assert part(shop, order, "SHA-S1").state is State.ROUTED
