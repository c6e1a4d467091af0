"""Of an order that leaves from several places, each store's system hears of its own part (RTE-04, RTE-07)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog.domain import Component
from chalicelib.catalog.items import VARIANT
from chalicelib.core.clock import utc_now
from chalicelib.inventory import service as inventory
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, State
from chalicelib.orders.items import ORDER
from chalicelib.partners import service
from chalicelib.routing import service as routing
from tests.component.orders.conftest import ANN, Shop
from tests.support.faults import Fault, Killed, injected
from tests.support.sample_handovers import put_secrets
from tests.support.sample_partners import Port, public_names, signed
from tests.support.sample_splits import RTM, SZX, deliver, in_china, part, routed, send, step, stock_lamps

RTM_HOST, SZX_HOST = "rtm.example.com", "szx.example.com"
STEPS_OF_A_PART = ["dispatch.routed", *["dispatch.moved"] * 3, "dispatch.shipped"]


@pytest.fixture
def shop(begin: Any, clock: Any) -> Shop:
    put_secrets()
    shop = Shop(begin, lambda: clock.now)
    shop.open()
    stocked: Shop = stock_lamps(shop)
    return stocked


@pytest.fixture
def port(shop: Shop, begin: Any, clock: Any) -> Iterator[Port]:
    """Both stores have a system of their own."""
    with public_names():
        port = Port(begin, clock)
        port.connect(RTM_HOST, name="rtm", store="RTM1")
        port.connect(SZX_HOST, name="szx", store="SZX1")
        yield port


def goods(port: Port, host: str, kind: str) -> list[tuple[str, int]]:
    """What the last message of a type says there is to send."""
    told = [one for one in port.got if one.host == host and one.body["type"] == kind][-1]
    return [(line["sku"], line["quantity"]) for line in told.body["data"]["order"]["lines"]]


def test_each_store_hears_of_its_own_goods_and_its_own_steps_in_order(port: Port, shop: Shop) -> None:
    order = routed(shop)
    port.settle()
    assert (goods(port, RTM_HOST, "dispatch.routed"), goods(port, SZX_HOST, "dispatch.routed")) == (
        [("POT", 2)], [("LAMP", 1)],
    )  # fmt: skip
    for who, place in ((RTM, "RTM1"), (SZX, "SZX1")):
        send(shop, order, who)
        deliver(shop, order, place)
    port.settle()
    assert shop.order(order).state is State.COMPLETED
    for host in (RTM_HOST, SZX_HOST):
        assert port.heard(host) == [*STEPS_OF_A_PART, "completed"]
    stores = {one.body["data"].get("store") for one in port.got if one.host == SZX_HOST}
    assert stores == {"SZX1", None}, "nothing of the other place's part"


def test_what_a_store_is_to_send_says_by_which_channel_and_until_when(port: Port, shop: Shop) -> None:
    order = routed(shop)
    port.settle()
    for host, store in ((RTM_HOST, "RTM1"), (SZX_HOST, "SZX1")):
        (told,) = [one for one in port.got if one.host == host]
        mine = part(shop, order, store)
        brought = told.body["data"]["order"]
        assert (brought["store"], brought["channel"]) == (store, mine.channel)
        assert set(brought["deadlines"]) == set(mine.deadlines)
        assert brought["to_collect"]["minor"] == 0


def test_a_system_that_reports_moves_its_own_part_and_hears_so(port: Port, shop: Shop, guest: Any) -> None:
    order = routed(shop)
    raw = json.dumps({"status": "accepted"}).encode()
    headers = signed(port.secret("szx", "SZX1"), "msg-1", raw, utc_now())
    answer = guest.request("POST", f"/partners/erp/SZX1/orders/{order.id}/status", raw=raw, headers=headers)
    assert (answer.status, answer.json["state"]) == (200, "accepted")
    port.settle()
    assert (part(shop, order, "SZX1").state, part(shop, order, "RTM1").state) == (State.ACCEPTED, State.ROUTED)
    assert port.heard(SZX_HOST) == ["dispatch.routed", "dispatch.moved"]
    assert port.heard(RTM_HOST) == ["dispatch.routed"]


def test_a_cancelled_order_is_taken_from_every_place(port: Port, shop: Shop) -> None:
    order = routed(shop)
    shop.do(lambda uow: orders.cancel(uow, order.id, ANN, CancelReason.CHANGED_MIND))
    port.settle()
    for host in (RTM_HOST, SZX_HOST):
        assert port.heard(host) == ["dispatch.routed", "dispatch.cancelled"]


def test_what_is_left_of_an_order_changes_the_parts_that_lose_goods_only(port: Port, shop: Shop) -> None:
    order = routed(shop, lines=(("POT", 2), ("LAMP", 1)))
    send(shop, order, RTM)
    shop.do(lambda uow: orders.cancel(uow, order.id, ANN, CancelReason.TOO_SLOW))
    port.settle()
    assert port.heard(SZX_HOST) == ["dispatch.routed", "dispatch.cancelled"]
    assert port.heard(RTM_HOST) == STEPS_OF_A_PART
    deliver(shop, order, "RTM1")
    port.settle()
    assert port.heard(RTM_HOST)[-1] == "completed"
    assert "completed" not in port.heard(SZX_HOST), "it has nothing to do with the order any more"


def test_a_part_that_keeps_a_piece_of_a_bundle_hears_what_is_left_to_send(port: Port, shop: Shop) -> None:
    def assemble(uow: Any) -> None:
        bare = replace(uow.get(VARIANT, "POT"), hs_code="", origin="", weight_g=0)
        held = (Component("POT"), Component("LAMP"))
        uow.put(VARIANT, replace(bare, sku="DUO", title={"en": "DUO"}, components=held))

    shop.do(assemble)
    order = routed(shop, lines=(("DUO", 1), ("LAMP", 2)))
    send(shop, order, RTM)
    shop.do(lambda uow: orders.cancel(uow, order.id, ANN, CancelReason.TOO_SLOW))
    port.settle()
    assert port.heard(SZX_HOST) == ["dispatch.routed", "dispatch.changed"]
    assert port.heard(RTM_HOST) == STEPS_OF_A_PART, "its part is as it was"
    assert goods(port, SZX_HOST, "dispatch.changed") == [("LAMP", 1)]
    send(shop, order, SZX)
    port.settle()
    assert port.heard(SZX_HOST)[2:] == STEPS_OF_A_PART[1:]


def test_a_late_message_of_a_part_that_is_off_brings_no_address(port: Port, shop: Shop) -> None:
    port.answers[SZX_HOST] = 500
    order = routed(shop)
    port.settle()
    shop.do(lambda uow: orders.cancel(uow, order.id, ANN, CancelReason.CHANGED_MIND))
    port.answers.clear()
    port.pass_time(hours=2)
    first = next(one for one in reversed(port.got) if one.host == SZX_HOST and one.type == "dispatch.routed")
    assert "order" not in first.body["data"]
    assert order.ship_to is not None and order.ship_to.name not in first.raw.decode()
    assert port.heard(SZX_HOST)[-1] == "dispatch.cancelled"


def test_an_order_that_is_gathered_in_one_place_is_a_whole_again(port: Port, shop: Shop) -> None:
    port.connect("sha.example.com", name="sha", store="SHA-S1")
    order = in_china(shop)
    shop.do(lambda uow: routing.route(uow, order.id))
    shop.do(lambda uow: inventory.receive(uow, {("POT", "SHA-S1"): 2}, "delivery"))
    shop.do(lambda uow: routing.route_again(uow, uow.get(ORDER, order.id)))
    port.settle()
    assert port.heard(SZX_HOST) == ["dispatch.routed", "dispatch.cancelled"]
    assert port.heard("sha.example.com") == ["dispatch.routed", "dispatch.cancelled", "routed"]
    assert sorted(goods(port, "sha.example.com", "order.routed")) == [("CUP", 1), ("POT", 2)]


@pytest.mark.parametrize("call", range(1, 10))
@pytest.mark.parametrize("kind", ["crash_before", "crash_after"])
def test_a_crash_while_messages_are_made_loses_and_doubles_none(port: Port, shop: Shop, kind: str, call: int) -> None:
    order = routed(shop)
    step(shop, order, SZX, "accept")
    with injected(Fault(kind, call)), contextlib.suppress(Killed):
        service.queue(port.begin, order.id)
    service.queue(port.begin, order.id)
    port.settle()
    assert port.heard(SZX_HOST) == ["dispatch.routed", "dispatch.moved"]
    assert port.heard(RTM_HOST) == ["dispatch.routed"]
