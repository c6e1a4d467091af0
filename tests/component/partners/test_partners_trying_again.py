"""What a store's system does not take comes again, and one that answers nobody delays nobody (RTE-04)."""

from __future__ import annotations

from functools import partial

import pytest

from chalicelib.core.egress import Reply
from chalicelib.orders.domain.machine import Command
from chalicelib.partners import domain as d
from chalicelib.partners import service
from chalicelib.partners.items import HEALTH
from tests.support.faults import injected, without_waiting
from tests.support.sample_handovers import STORE
from tests.support.sample_partners import Port, advance


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
