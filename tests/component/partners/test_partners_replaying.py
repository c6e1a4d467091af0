"""What was not taken is sent again when staff ask for it, and who comes late hears the story (RTE-04)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.orders.domain.machine import Command
from chalicelib.partners import domain as d
from chalicelib.partners import service
from tests.support.sample_handovers import STORE
from tests.support.sample_partners import Port, advance


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
