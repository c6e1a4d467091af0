"""A store's system is told all about its orders: in order, at least once, and nobody waits for anybody (RTE-04)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.core import egress
from chalicelib.core.clock import utc_now
from chalicelib.core.egress import Reply
from chalicelib.markets.domain import Address
from chalicelib.orders import service as orders
from chalicelib.orders.domain import State
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.partners import domain as d
from chalicelib.partners import service
from chalicelib.partners.items import HEALTH, LANE
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, PaymentFact
from tests.support.faults import Fault, Killed, injected, without_waiting
from tests.support.sample_handovers import STORE, a_pickup, an_own_delivery, put_secrets
from tests.support.sample_partners import Port, public_names, verified


@pytest.fixture
def port(begin: Any, clock: Any) -> Iterator[Port]:
    put_secrets()
    with public_names():
        yield Port(begin, clock)


def advance(port: Port, order_id: str, *commands: Command) -> None:
    for command in commands:
        port.clock.forward(seconds=1)
        port.move(lambda uow, command=command: orders.advance(uow, order_id, command))


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


def test_a_message_that_was_not_taken_comes_again_with_its_id_and_holds_up_only_its_own_order(port: Port) -> None:
    port.connect()
    bad, good = port.routed(), port.routed()
    advance(port, bad.id, Command.ACCEPT)
    port.answers["erp.example.com"] = lambda got: 500 if got.body["data"]["order_id"] == bad.id else 200
    port.settle()
    mine = [one for one in port.got if one.body["data"]["order_id"] == bad.id]
    assert [one.type for one in mine] == ["routed"]  # the second waits for the first
    assert [one.type for one in port.got if one.body["data"]["order_id"] == good.id] == ["routed"]
    port.answers.clear()
    port.got.clear()
    port.pass_time(minutes=2)
    assert [one.type for one in port.got] == ["routed", "accepted"]
    assert port.got[0].id == mine[0].id
    assert set(port.states()) == {"delivered"}


def test_every_attempt_is_logged_with_status_and_time_and_no_more_than_the_beginning_of_the_answer(port: Port) -> None:
    port.connect()
    port.answers["erp.example.com"] = Reply(500, "", "x\x00\n" + "y" * 5000)
    port.routed()
    port.settle()
    port.answers["erp.example.com"] = "timeout"
    port.pass_time(minutes=2)
    (one,) = port.deliveries()
    first, second = one.attempts
    assert (first.status, second.status, second.note) == (500, 0, "timeout")
    assert len(first.note) <= 200 and first.note.isprintable()
    assert second.at > first.at
    secret = port.secret()
    for wire in [str(one), *(str(event) for event in port.events())]:
        assert secret not in wire and secret.removeprefix("whsec_") not in wire


def test_after_a_day_of_tries_a_message_has_failed_and_the_next_of_its_order_is_tried(
    port: Port, capsys: pytest.CaptureFixture[str]
) -> None:
    port.connect()
    order = port.routed()
    advance(port, order.id, Command.ACCEPT)
    poison = f"ORDER#{order.id}/EVENT#ORDER#000001"
    port.answers["erp.example.com"] = lambda got: 400 if got.id == poison else 200
    port.settle()
    for number in range(34):
        port.pass_time(hours=1)
        if number % 6 == 0:
            port.routed()
            port.settle()  # others succeed, so that the endpoint is well
    mine = [one for one in port.deliveries() if one.order_id == order.id]
    assert [(one.state.value, one.failed_for) for one in mine] == [("failed", "tries_used_up"), ("delivered", None)]
    assert len(mine[0].attempts) == 10
    assert port.endpoint().disabled is None
    assert '"WebhooksFailed":1' in capsys.readouterr().out


def test_410_disables_the_endpoint_and_raises_an_alarm(port: Port, capsys: pytest.CaptureFixture[str]) -> None:
    port.connect()
    order = port.routed()
    advance(port, order.id, Command.ACCEPT)
    port.answers["erp.example.com"] = 410
    port.settle()
    assert port.endpoint().disabled is d.Disabled.GONE
    assert port.states() == ["failed", "failed"]
    assert len(port.asked) == 1
    assert '"EndpointsDisabled":1' in capsys.readouterr().out
    told = [one.data for one in port.events() if one.type == "endpoint.disabled"]
    assert [(one.store, one.endpoint, one.reason) for one in told] == [(STORE, "erp", "gone")]


def test_an_endpoint_that_fails_for_a_day_raises_an_alarm_early_and_is_disabled_then(
    port: Port, capsys: pytest.CaptureFixture[str]
) -> None:
    port.connect()
    port.answers["erp.example.com"] = "connect"
    port.routed()
    port.settle()
    for _ in range(5):
        port.pass_time(minutes=10)
    assert capsys.readouterr().out.count('"EndpointsFailing":1') == 1
    assert port.endpoint().disabled is None
    for _ in range(9):
        port.pass_time(hours=3)
        port.routed()
        port.settle()
    assert port.endpoint().disabled is d.Disabled.FAILING
    assert capsys.readouterr().out.count('"EndpointsDisabled":1') == 1
    asked = len(port.asked)
    port.pass_time(hours=12)  # what waited fails when its time comes
    assert set(port.states()) == {"failed"}
    port.routed()
    port.settle()
    assert len(port.asked) == asked  # nobody is asked any more
    assert port.states()[-1] == "failed"


def test_an_endpoint_that_answers_again_is_well_at_once(port: Port) -> None:
    port.connect()
    port.answers["erp.example.com"] = 503
    for _ in range(8):
        port.routed()
    port.settle()
    assert port.begin().find(HEALTH, STORE, "erp") is not None
    port.answers.clear()
    for _ in range(15):
        port.pass_time(minutes=5)
    assert set(port.states()) == {"delivered"}
    assert port.begin().find(HEALTH, STORE, "erp") is None


def test_a_dead_endpoint_is_hardly_asked_and_delays_nobody(port: Port) -> None:
    """Of many messages to a dead system a handful are tried; the others wait in the table and cost no time."""
    port.connect("dead.example.com", store="SHA-S1")
    port.connect()
    port.answers["dead.example.com"] = "timeout"
    for number in range(24):
        port.routed(store="SHA-S1")
        if number % 4 == 0:
            port.routed()
    port.settle()
    assert port.heard() == ["routed"] * 6
    assert port.asked.count("dead.example.com") <= 6
    for _ in range(10):
        port.pass_time(minutes=3)
    assert port.asked.count("dead.example.com") <= 16
    assert "failed" not in port.states(store="SHA-S1")


def test_of_many_functions_at_once_one_tries_a_paused_endpoint(port: Port) -> None:
    port.connect()
    port.answers["erp.example.com"] = "timeout"
    for _ in range(12):
        port.routed()
    port.settle()
    port.clock.forward(minutes=20)
    asked = len(port.asked)
    due = [one for one in port.deliveries() if one.is_waiting]
    requests = [
        d.WebhookRequested(store=one.store, endpoint=one.endpoint, delivery_id=one.id, turn=one.turn) for one in due
    ]
    inner = partial(service.deliver, port.begin, requests[1], port.post)
    with injected(None, inner, 2), without_waiting():  # between its reading and its claim
        service.deliver(port.begin, requests[0], port.post)
    for request in requests[2:]:
        service.deliver(port.begin, request, port.post)
    assert len(port.asked) == asked + 1


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


def test_a_day_of_silence_is_made_up_for_by_a_replay_of_all_that_failed(port: Port) -> None:
    port.connect()
    port.answers["erp.example.com"] = 410
    first = port.routed()
    advance(port, first.id, Command.ACCEPT, Command.PICK)
    port.settle()
    since = port.clock.now - timedelta(minutes=1)
    numbers = [port.routed().id for _ in range(45)]
    port.settle()
    assert set(port.states()) == {"failed"} and len(port.states()) == 48
    port.answers.clear()
    port.got.clear()
    with pytest.raises(service.EndpointIsDisabled):
        port.move(lambda uow: service.replay_failed(uow, STORE, "erp", since))
    port.connect()
    port.clock.forward(seconds=1)
    port.move(lambda uow: service.replay_failed(uow, STORE, "erp", since))
    port.settle()
    assert set(port.states()) == {"delivered"}
    assert [one.type for one in port.got if one.body["data"]["order_id"] == first.id] == [
        "routed", "accepted", "picking_started",
    ]  # fmt: skip
    assert {one.body["data"]["order_id"] for one in port.got} == {first.id, *numbers}
    assert len(port.got) == 48


def test_a_replay_looks_only_at_what_failed_since(port: Port) -> None:
    port.connect()
    port.answers["erp.example.com"] = 410
    port.routed()
    port.settle()
    port.clock.forward(hours=1)
    since = port.clock.now
    port.routed()
    port.settle()
    port.answers.clear()
    port.connect()
    port.clock.forward(seconds=1)
    port.move(lambda uow: service.replay_failed(uow, STORE, "erp", since))
    port.settle()
    assert sorted(port.states()) == ["delivered", "failed"]


def test_a_delivered_message_is_sent_once_more_under_its_id_when_it_is_replayed(port: Port) -> None:
    port.connect()
    port.routed()
    port.settle()
    (one,) = port.deliveries()
    port.clock.forward(minutes=1)
    port.move(lambda uow: service.replay(uow, STORE, "erp", one.id))
    with pytest.raises(d.StillWaiting):
        port.move(lambda uow: service.replay(uow, STORE, "erp", one.id))
    port.settle()
    assert [two.id for two in port.got] == [one.event_id] * 2
    (after,) = port.deliveries()
    assert (after.replays, len(after.attempts), after.state.value) == (1, 2, "delivered")


def test_while_an_endpoint_is_shut_what_happens_is_kept_for_a_replay(port: Port) -> None:
    port.connect()
    port.connect(enabled=False)
    assert port.endpoint().disabled is d.Disabled.BY_STAFF
    port.routed()
    port.settle()
    assert (port.states(), port.asked) == (["failed"], [])
    port.connect()
    (one,) = port.deliveries()
    port.move(lambda uow: service.replay(uow, STORE, "erp", one.id))
    port.settle()
    assert port.heard() == ["routed"]


def test_a_system_that_is_connected_late_hears_the_story_of_an_order_with_its_next_step(port: Port) -> None:
    order = port.routed()
    port.settle()
    port.connect()
    advance(port, order.id, Command.ACCEPT)
    port.settle()
    assert port.heard() == ["routed", "accepted"]
