"""The store decides about a failed hand-over by what the goods are, over HTTP (E17, E18, RET-07)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from chalicelib import clockwork
from chalicelib.core.auth import Post
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.items import PICKUP
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from tests.support.http import Client
from tests.support.sample_handovers import (
    STORE,
    a_pickup,
    an_own_delivery,
    keep,
    packed,
    state_of,
    step,
)
from tests.support.sample_orders import a_line

pytestmark = pytest.mark.usefixtures("at_the_tests_time")

Begin = Callable[..., UnitOfWork]


@pytest.fixture
def store(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.STORE, scopes=[STORE])


def of_goods(make: Callable[..., Order], **kind: Any) -> Order:
    return make(lines=(a_line(location=STORE, **kind), a_line("2", "TEA-CUP-SET", 1, location=STORE)))


def failed(store: Client, begin: Begin, order: Order, cause: str = "refused") -> dict[str, Any]:
    """Out with the store's own delivery, not handed over, taken over: what the store may decide."""
    packed(store, begin, order)
    assert step(store, order, "assign", {"person": "rider-1"}).status == 200
    assert step(store, order, "send-out").status == 200
    assert step(store, order, "handover-failed", {"cause": cause}).status == 200
    taken = step(store, order, "take-over")
    assert taken.status == 200, taken.text
    assert store.get(f"/staff/orders/{order.id}/decisions").json["decisions"] == taken.json["decisions"]
    return {one["decision"]: one["reason"] or "open" for one in taken.json["decisions"]}


def test_fresh_goods_that_were_out_too_long_are_only_taken_back_ret_07(store: Client, begin: Begin, clock: Any) -> None:
    order = of_goods(an_own_delivery, fresh=True)
    assert failed(store, begin, order) == {
        "keep_at_desk": "open", "deliver_again": "open", "ship_again": "no_courier", "take_back": "open"
    }  # fmt: skip
    again = {"decision": "deliver_again", "person": "rider-2", "deliver_by": "2026-11-22T20:00:00Z"}
    late = step(store, order, "resolve", again)
    assert (late.status, late.json["errors"][0]["pointer"]) == (400, "/deliver_by")
    with time_machine.travel(clock.forward(hours=24), tick=False):
        for decision in ("keep_at_desk", "deliver_again"):
            refused = step(store, order, "resolve", {**again, "decision": decision}, key=f"late-{decision}")
            assert (refused.status, refused.json["reason"]) == (409, "fresh_too_long")
            assert refused.json["allowed"] == ["take_back"]
        assert state_of(begin, order) is State.STORE_HANDLING
        assert begin().find(PICKUP, order.id) is None
        assert step(store, order, "resolve", {"decision": "take_back"}).json["state"] == "taken_back"


def test_fresh_goods_wait_at_the_desk_only_as_long_as_they_keep_ret_07(store: Client, begin: Begin, clock: Any) -> None:
    order = of_goods(an_own_delivery, fresh=True)
    failed(store, begin, order)
    left = next(stage.at for stage in begin().get(ORDER, order.id).stages if stage.state is State.OUT_FOR_DELIVERY)
    clock.forward(hours=1)
    assert step(store, order, "resolve", {"decision": "keep_at_desk"}).json["state"] == "ready_desk"
    assert (begin().get(PICKUP, order.id).collect_by - left).total_seconds() == 24 * 3600
    assert clockwork.sweep(clock.forward(hours=23, seconds=1), float("inf")) == 1
    assert state_of(begin, order) is State.HANDOVER_FAILED


def test_goods_of_no_return_come_back_after_a_second_try_ret_07(store: Client, begin: Begin) -> None:
    order = of_goods(a_pickup, return_rule="none")
    packed(store, begin, order)
    step(store, order, "ready", {})
    for number, expected in enumerate(("final_sale", "")):
        assert step(store, order, "handover-failed", {"cause": "not_collected"}, key=f"f{number}").status == 200
        taken = step(store, order, "take-over", key=f"t{number}")
        assert [one["reason"] for one in taken.json["decisions"]] == ["", "no_address", "no_courier", expected]
        back = step(store, order, "resolve", {"decision": "take_back"}, key=f"b{number}")
        assert back.status == (409 if expected else 200)
        if expected:
            step(store, order, "resolve", {"decision": "keep_at_desk"}, key=f"k{number}")
    assert state_of(begin, order) is State.TAKEN_BACK


def test_whose_fault_it_was_is_asked_as_it_was_corrected_ful_20(
    store: Client, as_staff: Callable[..., Client], begin: Begin
) -> None:
    order = of_goods(an_own_delivery, return_rule="none")
    assert failed(store, begin, order)["take_back"] == "final_sale"
    service_desk = as_staff(Post.CUSTOMER_SERVICE)
    corrected = service_desk.post(
        f"/staff/orders/{order.id}/handover-cause",
        {"by_customer": False, "note": "he never rang"},
        key="whose-fault-1",
    )
    assert corrected.status == 200, corrected.text
    assert step(store, order, "resolve", {"decision": "take_back"}).json["state"] == "taken_back"


def test_damaged_goods_are_taken_back_and_nothing_else_ret_07(store: Client, begin: Begin) -> None:
    found = failed(store, begin, of_goods(an_own_delivery), "damaged")
    assert found == {
        "keep_at_desk": "damaged",
        "deliver_again": "damaged",
        "ship_again": "damaged",
        "take_back": "open",
    }


def test_there_is_nothing_to_decide_before_a_hand_over_has_failed_e17(
    store: Client, as_staff: Callable[..., Client], begin: Begin
) -> None:
    order = keep(begin, an_own_delivery(state=State.PACKED))
    assert store.get(f"/staff/orders/{order.id}/decisions").status == 409
    assert as_staff(Post.STORE, scopes=["SHA-S1"]).get(f"/staff/orders/{order.id}/decisions").status == 404
