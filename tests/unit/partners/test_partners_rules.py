"""What a store's system hears, in which order, how often it is tried, and when nobody tries any more (RTE-04)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import events
from chalicelib.core.events import type_of
from chalicelib.partners import domain as d
from chalicelib.partners.domain import delivery as deliveries
from chalicelib.partners.domain import settings
from chalicelib.partners.triggers import TOLD
from chalicelib.shipping.domain.gift import GiftWrap
from tests.support.sample_handovers import a_pickup
from tests.support.sample_orders import eur

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WAITS = d.waits(settings.RETRY_AFTER.default)


def told(*names: str) -> list[d.Told]:
    """`routed:A` is the event that makes store A responsible."""
    found = []
    for number, name in enumerate(names, 1):
        kind, _, store = name.partition(":")
        data = {"order_id": "C1", "store": store} if store else {"order_id": "C1"}
        found.append(d.Told(f"e{number}", f"order.{kind}", number, NOW, data))
    return found


def heard(store: str, *names: str) -> list[str]:
    return [message.type.removeprefix("order.") for message in d.messages_to(store, told(*names))]


def test_a_store_hears_what_happens_from_the_moment_it_is_responsible() -> None:
    happened = (
        "placed",
        "paid",
        "reviewed",
        "routed:A",
        "accepted",
        "picking_started",
        "packed",
        "shipped",
        "completed",
    )
    assert heard("A", *happened) == ["routed", "accepted", "picking_started", "packed", "shipped", "completed"]
    assert heard("B", *happened) == []


def test_a_store_that_is_no_longer_responsible_hears_that_and_nothing_more() -> None:
    happened = ("routed:A", "refused_by_store", "routed:B", "accepted", "cancelled")
    assert heard("A", *happened) == ["routed", "rerouted"]
    assert heard("B", *happened) == ["routed", "accepted", "cancelled"]
    gone = d.messages_to("A", told(*happened))[-1]
    assert gone.data == {"order_id": "C1"}  # not where it went


def test_an_order_that_comes_back_to_a_store_is_told_again() -> None:
    assert heard("A", "routed:A", "routed:B", "routed:A", "accepted") == ["routed", "rerouted", "routed", "accepted"]
    assert d.stores_in(told("routed:A", "routed:B", "routed:A")) == ("A", "B")


@given(st.permutations(range(5)))
def test_messages_follow_the_events_however_they_were_found(order: list[int]) -> None:
    happened = told("routed:A", "accepted", "packed", "shipped", "completed")
    assert [m.sequence for m in d.messages_to("A", [happened[i] for i in order])] == [1, 2, 3, 4, 5]


def parts_told(*names: str) -> list[d.Told]:
    """`split:A+B` routes an order to several places; `moved:A` is a dispatch's event."""
    found = []
    for number, name in enumerate(names, 1):
        kind, _, stores = name.partition(":")
        data: dict[str, Any] = {"order_id": "C1", "store": stores.split("+")[0]}
        if kind == "split":
            kind, data["places"] = "order.routed", stores.split("+")
        elif "." not in kind:
            kind = f"dispatch.{kind}"
        found.append(d.Told(f"e{number}", kind, number, NOW, data))
    return found


def test_of_a_part_a_store_hears_what_happens_to_it_and_what_concerns_all_rte_07() -> None:
    told = parts_told(
        "split:A+B", "routed:A", "routed:B", "moved:A", "order.accepted:A", "order.corrected", "cancelled:B",
        "shipped:A", "order.shipped:A", "order.completed",
    )  # fmt: skip
    heard = {store: [(m.sequence, m.type) for m in d.messages_to(store, told)] for store in "ABC"}
    assert heard == {
        "A": [(2, "dispatch.routed"), (4, "dispatch.moved"), (6, "order.corrected"), (8, "dispatch.shipped"),
              (10, "order.completed")],
        "B": [(3, "dispatch.routed"), (6, "order.corrected"), (7, "dispatch.cancelled")],
        "C": [],
    }  # fmt: skip
    assert d.stores_in(told) == ("A", "B")


def test_a_whole_that_becomes_parts_is_taken_from_its_store_and_parts_that_become_a_whole_from_theirs() -> None:
    told = parts_told(
        "order.routed:A", "split:A+B", "routed:A", "routed:B", "cancelled:A", "cancelled:B", "order.routed:B"
    )
    assert [m.type for m in d.messages_to("A", told)] == [
        "order.routed", "order.rerouted", "dispatch.routed", "dispatch.cancelled",
    ]  # fmt: skip
    assert [m.type for m in d.messages_to("B", told)] == ["dispatch.routed", "dispatch.cancelled", "order.routed"]


def test_every_type_of_message_is_an_event_that_the_room_listens_to_or_its_own() -> None:
    listened = {type_of(one).name for one in TOLD}
    assert listened == {one.value for one in d.MessageType} - {"order.rerouted"} | {"order.withdrawn"}
    assert "order.rerouted" not in events.REGISTRY


def test_a_message_about_a_routed_order_brings_what_the_store_needs_and_no_more() -> None:
    order = a_pickup()
    brought = d.snapshot(order, eur("0.00"))
    body = d.payload("order.routed", NOW, {"order_id": order.id, "store": "BER-S1"}, brought)
    assert body["type"] == "order.routed" and body["timestamp"] == "2026-11-21T09:30:00.000Z"
    assert [(line["sku"], line["quantity"], line["location"]) for line in brought["lines"]] == [
        ("TEA-POT-BLUE", 2, "BER-S1"), ("TEA-CUP-SET", 1, "BER-S1"),
    ]  # fmt: skip
    assert brought["ship_to"]["name"] == "Erika Mustermann"
    assert brought["to_collect"] == {"minor": 0, "currency": "EUR"}
    assert "erika@example.com" not in str(body)  # the shop writes to its customers itself
    assert brought["gift"] is None
    wrapped = d.snapshot(a_pickup(gift=GiftWrap("For you", eur("4.90"))), eur("0.00"))
    assert wrapped["gift"] == {"message": "For you"}
    assert "order" not in d.payload("order.accepted", NOW, {"order_id": order.id}, brought)["data"]
    assert "order" not in d.payload("order.routed", NOW, {"order_id": order.id})["data"]


# Tries


def a_delivery(**changes: Any) -> d.Delivery:
    given: dict[str, Any] = {
        "store": "A", "endpoint": "erp", "id": "C1-000001", "order_id": "C1", "sequence": 1, "event_id": "e1",
        "type": "order.routed", "occurred_at": NOW, "data": {}, "created_at": NOW,
        "keep_until": NOW + timedelta(days=30), "turn": 1,
    }  # fmt: skip
    return d.Delivery(**{**given, **changes})


def answer(status: int, at: datetime = NOW) -> d.Attempt:
    return d.Attempt(at, status, 12)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_takes_a_message(status: int) -> None:
    done = a_delivery().tried(answer(status), WAITS, timedelta())
    assert (done.state, done.deadlines) == (d.DeliveryState.DELIVERED, {})


@pytest.mark.parametrize("status", [0, 100, 301, 302, 307, 308, 400, 401, 404, 409, 429, 500, 503])
def test_every_other_answer_is_followed_by_another_try_later(status: int) -> None:
    waiting = a_delivery().tried(answer(status), WAITS, timedelta())
    assert waiting.is_waiting
    assert NOW + timedelta(minutes=1) <= waiting.deadlines["send"] <= NOW + timedelta(minutes=1.1)


def test_tries_grow_apart_over_about_a_day_and_then_end() -> None:
    one, at, gaps = a_delivery(), NOW, []
    while one.is_waiting:
        one = one.tried(answer(500, at), WAITS, timedelta())
        if one.is_waiting:
            gaps.append(one.deadlines["send"] - at)
            at = one.deadlines["send"]
    assert one.state is d.DeliveryState.FAILED and one.failed_for is d.Failed.TRIES_USED_UP
    assert one.deadlines == {} and len(one.attempts) == len(WAITS) + 1
    assert gaps[:-1] == sorted(gaps[:-1])
    assert timedelta(hours=22) < at - NOW < timedelta(hours=28)


def test_410_ends_it_at_once() -> None:
    assert a_delivery().tried(answer(410), WAITS, timedelta()).failed_for is d.Failed.ENDPOINT_GONE


def test_a_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    later = a_delivery().tried(answer(503), WAITS, d.wish_of("3600")).deadlines["send"]
    assert later >= NOW + timedelta(hours=1)
    later = a_delivery().tried(answer(503), WAITS, d.wish_of("999999")).deadlines["send"]
    assert later <= NOW + deliveries.LONGEST_WISH * 1.1


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "٣", "9" * 30])
def test_a_wish_that_is_no_number_of_seconds_is_none(text: str) -> None:
    assert d.wish_of(text) == timedelta()


def test_a_schedule_is_read_as_it_is_written_and_nonsense_is_passed_over() -> None:
    assert d.waits("1 5  15") == (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
    assert d.waits("1 x -5 2.5 9999999 7") == (timedelta(minutes=1), timedelta(minutes=7))
    assert d.waits("") == ()


def test_messages_that_failed_together_come_back_apart() -> None:
    dues = {a_delivery(id=f"C{i}-000001").tried(answer(500), WAITS, timedelta()).deadlines["send"] for i in range(50)}
    assert len(dues) > 40


def test_only_a_message_that_has_ended_is_replayed_with_all_its_tries() -> None:
    later = NOW + timedelta(days=60)
    with pytest.raises(d.StillWaiting):
        a_delivery().replayed(later)
    failed = a_delivery(tries=10, attempts=(answer(500),)).given_up(d.Failed.TRIES_USED_UP)
    again = failed.replayed(later)
    assert (again.is_waiting, again.tries, again.replays, again.failed_for) == (True, 0, 1, None)
    assert again.attempts == failed.attempts and again.event_id == failed.event_id and again.keep_until == later


def test_the_log_of_attempts_is_bounded() -> None:
    one = a_delivery()
    for _ in range(100):
        one = replace(one, tries=0).tried(answer(500), WAITS, timedelta())
    assert len(one.attempts) == deliveries.ATTEMPTS


def test_a_replayed_message_takes_its_place_behind_what_is_being_sent() -> None:
    lane = d.Lane(store="A", endpoint="erp", order_id="C1", pending=("C1-000003", "C1-000005"))
    assert lane.with_replay("C1-000001").pending == ("C1-000003", "C1-000001", "C1-000005")
    assert lane.with_replay("C1-000003").pending == lane.pending
    assert replace(lane, pending=()).with_replay("C1-000001").pending == ("C1-000001",)


# Health and secrets


def test_an_endpoint_that_goes_on_failing_is_tried_more_and_more_seldom_once_an_hour_at_least() -> None:
    health = d.Health(store="A", endpoint="erp", failing_since=NOW, failures=0, probe_at=NOW)
    pauses = []
    for _ in range(20):
        health = replace(health.failed(NOW, 5, timedelta(seconds=30)))
        pauses.append(health.probe_at - NOW)
    assert pauses[:5] == [timedelta()] * 4 + [timedelta(seconds=30)]
    assert pauses[5:8] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(pauses) == timedelta(hours=1)
    assert not d.Health(store="A", endpoint="erp", failing_since=NOW, failures=4, probe_at=NOW).is_paused(5)


def an_endpoint(**changes: Any) -> d.Endpoint:
    given: dict[str, Any] = {
        "store": "A", "name": "erp", "url": "https://erp.example.com/", "events": ("order.routed",),
        "registered_at": NOW,
    }  # fmt: skip
    return d.Endpoint(**{**given, **changes})


def test_two_secrets_count_for_a_while_after_a_rotation() -> None:
    rotated = an_endpoint().rotated(NOW, timedelta(hours=24))
    assert rotated.secrets_at(NOW) == ("erp/A/erp/2", "erp/A/erp/1")
    assert rotated.secrets_at(NOW + timedelta(hours=24)) == ("erp/A/erp/2",)


def test_a_second_rotation_waits_for_the_first_unless_a_secret_has_leaked() -> None:
    rotated = an_endpoint().rotated(NOW, timedelta(hours=24))
    with pytest.raises(d.RotationUnderWay):
        rotated.rotated(NOW + timedelta(hours=23), timedelta(hours=24))
    assert rotated.rotated(NOW + timedelta(hours=24), timedelta(hours=24)).secret == 3
    assert rotated.rotated(NOW, timedelta()).secrets_at(NOW) == ("erp/A/erp/3",)


def test_only_staff_shut_the_door_to_reports() -> None:
    assert an_endpoint().may_report()
    assert an_endpoint(disabled=d.Disabled.GONE).may_report()
    assert not an_endpoint(disabled=d.Disabled.BY_STAFF).may_report()
