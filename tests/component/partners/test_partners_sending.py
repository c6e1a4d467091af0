"""A store's system is told all about its orders: in order, at least once, and nobody waits for anybody (RTE-04)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chalicelib.core import egress
from chalicelib.core.clock import utc_now
from chalicelib.markets.domain import Address
from chalicelib.orders import service as orders
from chalicelib.orders.domain import State
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.partners import domain as d
from chalicelib.partners import service
from chalicelib.partners.items import LANE
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, PaymentFact
from tests.support.faults import Fault, Killed, injected, without_waiting
from tests.support.sample_handovers import STORE, a_pickup, an_own_delivery
from tests.support.sample_partners import Port, advance, verified


def test_the_whole_way_of_an_order_is_told_in_order_and_signed(port: Port) -> None:
    port.connect()
    order = port.routed()
    advance(port, order.id, Command.ACCEPT, Command.PICK, Command.PACK)
    port.settle()
    assert port.heard() == ["routed", "accepted", "picking_started", "packed"]
    assert port.states() == ["delivered"] * 4
    first = port.got[0]
    assert first.id == f"ORDER#{order.id}/EVENT#ORDER#000001"
    assert first.body["data"]["order"]["ship_to"]["name"] == order.ship_to.name
    assert port.begin().get(LANE, STORE, "erp", order.id).pending == ()


def test_a_message_is_signed_so_that_the_library_of_the_scheme_believes_it(port: Port) -> None:
    port.clock.now = utc_now()
    port.connect()
    port.routed()
    port.settle()
    assert verified(port.got[0], port.secret())["type"] == "order.routed"


def test_news_that_come_late_twice_and_in_any_order_are_told_once_and_in_order(port: Port) -> None:
    port.connect()
    order = port.routed()
    advance(port, order.id, Command.ACCEPT, Command.PICK)
    news = [one for one in port.events() if one.type.startswith("order.")]
    for event in [*reversed(news), *news]:
        port.hand_on(event)
    port.settle()
    assert port.heard() == ["routed", "accepted", "picking_started"]
    assert len({one.id for one in port.got}) == 3


def test_two_functions_that_read_the_same_log_at_once_make_each_message_once(port: Port) -> None:
    port.connect()
    order = port.routed()
    for at in range(1, 7):
        advance(port, order.id, *([Command.ACCEPT] if at == 1 else []))
        with injected(None, partial(service.queue, port.begin, order.id), at), without_waiting():
            service.queue(port.begin, order.id)
    port.settle()
    assert port.heard() == ["routed", "accepted"]


def test_a_store_hears_what_is_still_to_be_collected_at_the_door_ful_09(port: Port) -> None:
    port.connect()
    prepaid, owing, paid = a_pickup(), an_own_delivery(cash=True), an_own_delivery(cash=True)
    payment = PaymentFact(
        "cash", FactKind.CAPTURED, paid.id, paid.payment_id, "c1", paid.totals.total, port.clock.now, "e"
    )
    port.move(lambda uow: payments.fold(uow, paid.id, paid.payment_id, paid.totals.total, payment))
    for order in (prepaid, owing, paid):
        port.routed(replace(order, state=State.REVIEWED, store=None))
    port.settle()
    told = {one.body["data"]["order_id"]: one.body["data"]["order"]["to_collect"]["minor"] for one in port.got}
    assert told == {prepaid.id: 0, owing.id: owing.totals.total.minor, paid.id: 0}


def test_only_what_was_subscribed_is_told(port: Port) -> None:
    port.connect(events=("order.routed", "order.cancelled"))
    order = port.routed()
    advance(port, order.id, Command.ACCEPT)
    port.settle()
    port.move(lambda uow: orders.call_off(uow, uow.get(ORDER, order.id), "out_of_stock"))
    port.settle()
    assert port.heard() == ["routed", "cancelled"]


def test_a_system_hears_nothing_of_other_stores_orders(port: Port) -> None:
    port.connect()
    port.connect("other.example.com", store="SHA-S1")
    port.routed()
    port.settle()
    assert port.heard("other.example.com") == []
    assert port.heard() == ["routed"]


def test_a_store_that_lost_an_order_hears_so_and_gets_no_address_any_more(port: Port) -> None:
    port.answers["erp.example.com"] = 500
    port.connect()
    order = port.routed()
    port.settle()
    port.move(lambda uow: orders.route_to(uow, uow.get(ORDER, order.id), "SHA-S1", None))
    port.answers.clear()
    port.pass_time(hours=2)
    assert port.heard()[-2:] == ["routed", "rerouted"]
    late = port.got[-2]
    assert "order" not in late.body["data"]
    assert isinstance(order.ship_to, Address) and order.ship_to.name not in late.raw.decode()


def test_one_request_that_is_delivered_twice_at_once_is_written_down_once(port: Port) -> None:
    port.connect()
    port.routed()
    port.hand_on(next(one for one in port.events() if one.type == "order.routed"))
    (wanted,) = [one.data for one in port.events() if one.type == "webhook.requested"]

    def twice(got: Any) -> int:
        if len(port.asked) == 1:
            service.deliver(port.begin, wanted, port.post)
        return 200

    port.answers["erp.example.com"] = twice
    service.deliver(port.begin, wanted, port.post)
    (one,) = port.deliveries()
    assert [two.id for two in port.got] == [one.event_id] * 2
    assert len(one.attempts) == 1 and one.state is d.DeliveryState.DELIVERED


def test_an_old_request_is_not_acted_on(port: Port) -> None:
    port.connect()
    port.routed()
    port.settle()
    for event in [one for one in port.events() if one.type == "webhook.requested"]:
        port.hand_on(event)
    assert len(port.asked) == 1


def test_a_request_that_was_lost_is_made_again(port: Port) -> None:
    port.connect()
    port.routed()
    port.hand_on(next(one for one in port.events() if one.type == "order.routed"))
    port._done |= {one.id for one in port.events()}  # the bus has lost the request
    port.pass_time(minutes=14)
    assert port.asked == []
    port.pass_time(minutes=2)
    assert port.heard() == ["routed"]


@pytest.mark.parametrize("call", range(1, 8))
@pytest.mark.parametrize("kind", ["crash_before", "crash_after"])
def test_a_crash_at_any_call_loses_no_message_and_leaves_the_order_of_things(port: Port, kind: str, call: int) -> None:
    port.connect()
    order = port.routed()
    advance(port, order.id, Command.ACCEPT)
    service.queue(port.begin, order.id)
    (wanted,) = [one.data for one in port.events() if one.type == "webhook.requested"]
    fault = Fault(kind, call)
    with injected(fault):
        try:
            service.deliver(port.begin, wanted, port.post)
        except Killed:
            assert fault.struck
    service.deliver(port.begin, wanted, port.post)  # the queue brings it again
    port.settle()
    distinct = list(dict.fromkeys(one.type for one in port.got))
    assert distinct == ["routed", "accepted"]
    assert set(port.states()) == {"delivered"}


@pytest.mark.parametrize("call", range(1, 9))
@pytest.mark.parametrize("kind", ["crash_before", "crash_after"])
def test_a_crash_while_messages_are_made_loses_and_doubles_none(port: Port, kind: str, call: int) -> None:
    port.connect()
    order = port.routed()
    advance(port, order.id, Command.ACCEPT, Command.PICK)
    with injected(Fault(kind, call)), contextlib.suppress(Killed):
        service.queue(port.begin, order.id)
    service.queue(port.begin, order.id)
    port.settle()
    assert port.heard() == ["routed", "accepted", "picking_started"]


def test_an_address_that_leads_inside_by_now_is_not_sent_to(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name was public when it was registered; the real sender looks at every message again."""
    port.connect()
    port.routed()
    port.hand_on(next(one for one in port.events() if one.type == "order.routed"))
    (wanted,) = [one.data for one in port.events() if one.type == "webhook.requested"]
    monkeypatch.setattr(egress, "addresses_of", lambda *_: ["169.254.169.254"])
    monkeypatch.setattr(egress.socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    service.deliver(port.begin, wanted)
    (one,) = port.deliveries()
    assert [(a.status, a.note) for a in one.attempts] == [(0, "refused-address")]
    assert one.is_waiting


def test_both_secrets_sign_while_a_rotation_is_under_way(port: Port) -> None:
    port.clock.now = utc_now()
    port.connect()
    old = port.secret()
    port.move(lambda uow: service.rotate(uow, STORE, "erp", at_once=False))
    new = port.secret()
    assert old != new
    port.routed()
    port.settle()
    assert verified(port.got[0], old) == verified(port.got[0], new)
