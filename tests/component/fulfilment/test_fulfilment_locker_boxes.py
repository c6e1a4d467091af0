"""Every box of a locker that was asked for is collected from or released, once, whatever happens (FUL-06)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.core import aws, config, outbound, secrets
from chalicelib.core.errors import DomainError, NotAllowed, Unavailable, VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain.locker_boxes import BoxState
from chalicelib.fulfilment.items import LOCKER_BOX
from chalicelib.fulfilment.providers import SIMULATOR
from chalicelib.fulfilment.providers.base import BoxCall
from chalicelib.fulfilment.providers.inpost import InPost
from chalicelib.orders.domain import Order, State
from tests.support.faults import KINDS, Fault, Killed, injected, without_waiting
from tests.support.order_walk import CASES, LOCKER, WAYS, Walk
from tests.support.table import metered, short_way

Begin = Callable[..., UnitOfWork]
BY_NAME = {case.name: case.perform for case in CASES}


@pytest.fixture
def walk(begin: Begin, clock: Any) -> Iterator[Walk]:
    with short_way(), without_waiting(), time_machine.travel(clock.now, tick=False):
        walk = Walk(begin, clock)
        walk.open()
        yield walk


def a_packed(walk: Walk) -> Order:
    order = walk.to(WAYS["locker"], State.PACKED)
    assert order is not None
    return order


def put(walk: Walk, order: Order) -> Any:
    return BY_NAME["put into the locker"](walk, order)


def state_of(walk: Walk, order: Order) -> BoxState:
    return walk.begin().get(LOCKER_BOX, order.id).state


def test_a_box_whose_order_was_cancelled_meanwhile_is_released_ful_06(walk: Walk) -> None:
    """The vendor has given the box when the cancellation wins; no pickup was ever written."""
    order = a_packed(walk)
    with injected(None, interleave=lambda: BY_NAME["cancel"](walk, order), at=7), pytest.raises(NotAllowed):
        put(walk, order)
    assert walk.order(order).state is State.CANCELLED
    assert walk.boxes(order) == {f"{order.id}-1"}
    walk.settle_box(order)
    assert (walk.boxes(order), state_of(walk, order)) == (set(), BoxState.RELEASED)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_whatever_breaks_on_the_way_no_box_stays_behind_ful_06(walk: Walk, kind: str) -> None:
    order = a_packed(walk)
    with metered() as meter:
        put(walk, order)
    BY_NAME["scan the code"](walk, order)
    for call in range(1, len(meter.requests) + 1):
        order, fault = a_packed(walk), Fault(kind, call)
        try:
            with injected(fault):
                put(walk, order)
        except (Killed, DomainError, ClientError, ReadTimeoutError):
            """What the clerk hears, if anything; what matters is what is left behind."""
        assert fault.struck
        if walk.order(order).state is State.PACKED:
            BY_NAME["cancel"](walk, order)
        else:
            assert walk.boxes(order) == {f"{order.id}-1"}
            BY_NAME["scan the code"](walk, order)
        walk.settle_box(order)
        assert walk.boxes(order) == set(), (kind, call)


def test_a_second_try_gets_the_box_of_the_first_ful_06(walk: Walk) -> None:
    order = a_packed(walk)
    with injected(Fault("crash_before", 7)), pytest.raises(Killed):
        put(walk, order)
    assert walk.boxes(order) == {f"{order.id}-1"}
    put(walk, order)
    assert walk.boxes(order) == {f"{order.id}-1"}
    walk.settle_box(order)  # the deadline of the first try is not that of the second
    assert (walk.boxes(order), state_of(walk, order)) == ({f"{order.id}-1"}, BoxState.HELD)
    walk.open_box(order)  # with the code that the mail says
    BY_NAME["box emptied"](walk, order)
    assert (walk.order(order).state, state_of(walk, order)) == (State.COMPLETED, BoxState.COLLECTED)


def test_after_a_box_was_given_up_the_next_try_is_another_allocation_ful_06(walk: Walk) -> None:
    order = a_packed(walk)
    with injected(Fault("crash_before", 7)), pytest.raises(Killed):
        put(walk, order)
    walk.settle_box(order)
    put(walk, order)
    assert walk.boxes(order) == {f"{order.id}-2"}
    walk.do(lambda uow: service.locker_boxes.settle(uow, order.id))  # late news of the first
    assert walk.boxes(order) == {f"{order.id}-2"}


def test_a_box_given_up_is_released_by_the_next_try_when_the_news_is_late_ful_06(walk: Walk) -> None:
    order = a_packed(walk)
    with injected(Fault("crash_before", 7)), pytest.raises(Killed):
        put(walk, order)
    walk.do(lambda uow: service.locker_boxes.abandon(uow, uow.get(LOCKER_BOX, order.id)))
    assert state_of(walk, order) is BoxState.GIVEN_UP
    put(walk, order)
    assert walk.boxes(order) == {f"{order.id}-2"}


def test_a_code_scanned_at_the_desk_gives_the_box_back_e10(walk: Walk) -> None:
    order = a_packed(walk)
    put(walk, order)
    BY_NAME["scan the code"](walk, order)
    assert (walk.order(order).state, state_of(walk, order)) == (State.COMPLETED, BoxState.GIVEN_UP)
    for _ in range(2):  # the news comes twice
        walk.do(lambda uow: service.locker_boxes.settle(uow, order.id))
        assert (walk.boxes(order), state_of(walk, order)) == (set(), BoxState.RELEASED)


def test_a_vendor_that_does_not_answer_is_told_again_ful_06(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    order = a_packed(walk)
    put(walk, order)
    BY_NAME["scan the code"](walk, order)
    with monkeypatch.context() as out:

        def release(_locker: str, _key: str) -> None:
            raise Unavailable("no answer")

        out.setattr(SIMULATOR, "release", release)
        with pytest.raises(Unavailable):
            walk.do(lambda uow: service.locker_boxes.settle(uow, order.id))
    assert (walk.boxes(order), state_of(walk, order)) == ({f"{order.id}-1"}, BoxState.GIVEN_UP)
    walk.do(lambda uow: service.locker_boxes.settle(uow, order.id))
    assert (walk.boxes(order), state_of(walk, order)) == (set(), BoxState.RELEASED)


def test_another_clerk_who_was_first_is_seen_before_the_vendor_is_asked_ful_06(walk: Walk) -> None:
    order = a_packed(walk)
    late = walk.begin()
    put(walk, order)
    with pytest.raises(VersionConflict):
        service.locker_boxes.allocate(late, order.id, ("sandbox", LOCKER), lambda _box: pytest.fail("asked"))


def test_the_simulated_locker_frees_what_nobody_can_open_any_more_ful_06(walk: Walk) -> None:
    orders = []
    for _ in range(6):  # the medium and the large boxes
        orders.append(a_packed(walk))
        put(walk, orders[-1])
    walk.clock.forward(hours=49)
    with time_machine.travel(walk.clock.now, tick=False):
        order = a_packed(walk)
        put(walk, order)
    assert walk.boxes(order) == {f"{order.id}-1"}
    assert [walk.boxes(each) for each in orders] == [set()] * 6


# InPost: what is not paid can be cancelled, what is paid cannot


class ShipX:
    """The few calls of ShipX that a box needs, with its states."""

    def __init__(self) -> None:
        self.shipments: dict[int, dict[str, Any]] = {}
        self.calls: list[str] = []

    def request(
        self, method: str, url: str, *, headers: Any = None, body: bytes | None = None, attempts: int = 3
    ) -> Any:
        path = url.partition("/v1/")[2]
        self.calls.append(f"{method} {path.partition('?')[0]}")
        sent = json.loads(body) if body else {}
        if method == "GET":
            return self.answer(200, {"items": list(self.shipments.values())})
        if method == "POST" and path.endswith("/shipments"):
            assert sent["only_choice_of_offer"] is True
            number = len(self.shipments) + 1
            self.shipments[number] = {"id": number, "reference": sent["reference"], "status": "created"}
            return self.answer(201, self.shipments[number])
        shipment = self.shipments[int(path.split("/")[1])]
        if method == "POST":
            assert sent == {"offer_id": shipment["selected_offer"]["id"]}
            shipment["status"] = "confirmed"
            return self.answer(200, shipment)
        if shipment["status"] == "confirmed":
            return self.answer(400, {"status": 400, "error": "invalid_action"})
        shipment["status"] = "canceled"
        return outbound.Answer(204, {}, b"")

    @staticmethod
    def answer(status: int, body: Any) -> outbound.Answer:
        return outbound.Answer(status, {}, json.dumps(body).encode())


@pytest.fixture
def shipx(database: None, monkeypatch: pytest.MonkeyPatch) -> ShipX:
    keys = {"token": "t", "organization_id": "7", "webhook_secret": "s"}
    aws.client("secretsmanager").create_secret(Name=config.secret_name("inpost"), SecretString=json.dumps(keys))
    secrets.forget()
    fake = ShipX()
    monkeypatch.setattr(outbound, "request", fake.request)
    return fake


def a_call(key: str, clock: Any) -> BoxCall:
    return BoxCall(
        key=key, locker="BER01A", size="small", order_id="P1", code="", expires_at=clock.now + timedelta(hours=48),
        email="ada@example.com", phone="+4930901820",
    )  # fmt: skip


def test_a_shipment_of_inpost_is_paid_once_its_goods_are_in_the_box_ful_06(shipx: ShipX, clock: Any) -> None:
    inpost = InPost()
    assert inpost.allocate(a_call("P1-1", clock)) == inpost.allocate(a_call("P1-1", clock))
    with pytest.raises(Unavailable):  # ShipX works out its offer in its own time
        inpost.confirm("BER01A", "P1-1")
    shipx.shipments[1] |= {"status": "offer_selected", "selected_offer": {"id": 9}}
    for _ in range(2):
        inpost.confirm("BER01A", "P1-1")
    assert shipx.calls.count("POST shipments/1/buy") == 1
    assert shipx.shipments[1]["status"] == "confirmed"


def test_a_shipment_of_inpost_that_nobody_needs_is_cancelled_before_it_is_paid_ful_06(shipx: ShipX, clock: Any) -> None:
    inpost = InPost()
    inpost.release("BER01A", "P1-1")  # never made
    inpost.allocate(a_call("P1-1", clock))
    for _ in range(2):
        inpost.release("BER01A", "P1-1")
    assert shipx.shipments[1]["status"] == "canceled"
    assert inpost.allocate(a_call("P1-2", clock)).reference == "2"
    shipx.shipments[2]["status"] = "delivered"
    inpost.release("BER01A", "P1-2")  # InPost is done with it
    assert shipx.calls.count("DELETE shipments/2") == 0
