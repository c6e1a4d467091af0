"""Connecting a store's system and the replay screen, over the API (RTE-03, RTE-04)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, egress, secrets, table
from chalicelib.core.auth import Post
from chalicelib.core.clock import utc_now
from chalicelib.partners import service
from tests.support.sample_handovers import STORE, put_secrets
from tests.support.sample_partners import ALL, Port, public_names
from tests.support.table import metered

PLACE = f"/staff/stores/{STORE}/endpoints"
GOOD = {"url": "https://erp.example.com/hook", "events": ["order.routed", "order.cancelled"]}


@pytest.fixture
def port(begin: Any, clock: Any) -> Iterator[Port]:
    put_secrets()
    clock.now = utc_now()
    with public_names():
        yield Port(begin, clock)


@pytest.fixture
def admin(as_staff: Any) -> Any:
    return as_staff(Post.ADMIN)


@pytest.fixture
def clerk(as_staff: Any) -> Any:
    return as_staff(Post.STORE, scopes=[STORE])


def kept_secrets() -> list[str]:
    listed = aws.client("secretsmanager").list_secrets(MaxResults=100)["SecretList"]
    return sorted(one["Name"].removeprefix("caravan/test/") for one in listed if "/erp/" in one["Name"])


def test_the_administrator_connects_a_system_and_reads_its_secret(port: Port, admin: Any, clerk: Any) -> None:
    made = admin.request("PUT", f"{PLACE}/erp", GOOD)
    assert made.status == 200, made.text
    assert made.json["enabled"] and made.json["health"] is None and made.json["events"] == GOOD["events"]
    secret = admin.get(f"{PLACE}/erp/secret").json["secret"]
    assert secret.startswith("whsec_") and len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert kept_secrets() == [f"erp/{STORE}/erp/1"]
    listed = clerk.get(PLACE)
    assert [one["name"] for one in listed.json["items"]] == ["erp"]
    assert secret not in listed.text + clerk.get(f"{PLACE}/erp").text
    assert clerk.get(f"{PLACE}/erp/secret").status == clerk.request("PUT", f"{PLACE}/erp", GOOD).status == 403


def test_connecting_twice_is_connecting_once_and_keeps_the_secret(port: Port, admin: Any) -> None:
    admin.request("PUT", f"{PLACE}/erp", GOOD)
    secret = admin.get(f"{PLACE}/erp/secret").json["secret"]
    admin.request("PUT", f"{PLACE}/erp", {**GOOD, "url": "https://new.example.com/"})
    assert admin.get(f"{PLACE}/erp").json["url"] == "https://new.example.com/"
    assert admin.get(f"{PLACE}/erp/secret").json["secret"] == secret


def test_a_change_that_knows_an_old_version_is_refused(port: Port, admin: Any) -> None:
    first = admin.request("PUT", f"{PLACE}/erp", GOOD).headers["ETag"]
    assert admin.request("PUT", f"{PLACE}/erp", GOOD, headers={"If-Match": first}).status == 200
    assert admin.request("PUT", f"{PLACE}/erp", GOOD, headers={"If-Match": first}).status == 412


@pytest.mark.parametrize("url", [
    "http://erp.example.com/", "https://127.0.0.1/", "https://169.254.169.254/latest/", "https://localhost/",
    "https://a@erp.example.com/", "https://erp.internal/", "ftp://erp.example.com", "http://127.0.0.1:8080/",
])  # fmt: skip
def test_an_address_that_leads_inside_is_refused_by_name(port: Port, admin: Any, url: str) -> None:
    answer = admin.request("PUT", f"{PLACE}/erp", {**GOOD, "url": url})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/url")
    assert admin.get(f"{PLACE}/erp").status == 404
    assert kept_secrets() == []


@pytest.mark.parametrize("found", [["10.0.0.5"], ["93.184.216.34", "::1"], []])
def test_a_name_that_stands_for_an_address_inside_is_refused(
    port: Port, admin: Any, monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    monkeypatch.setattr(egress, "addresses_of", lambda *_: found)
    answer = admin.request("PUT", f"{PLACE}/erp", GOOD)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/url")


def test_this_machine_is_a_receiver_on_the_local_stage_and_there_only_when_it_is_set(
    port: Port, admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {**GOOD, "url": "http://127.0.0.1:9/hook"}
    monkeypatch.setenv("STAGE", "local")
    assert admin.request("PUT", f"{PLACE}/erp", here).status == 400
    assert admin.request("PUT", "/staff/settings/partners.loopback_receivers", {"value": True}).status == 200
    assert admin.request("PUT", f"{PLACE}/erp", here).status == 200
    for stage in ("test", "staging", "production"):
        monkeypatch.setenv("STAGE", stage)
        assert admin.request("PUT", f"{PLACE}/other", here).status == 400, stage


@pytest.mark.parametrize(("place", "body"), [
    (f"{PLACE}/erp", {**GOOD, "events": []}), (f"{PLACE}/erp", {**GOOD, "events": ["order.paid"]}),
    (f"{PLACE}/erp", {"events": ["order.routed"]}), (f"{PLACE}/erp", {**GOOD, "secret": "mine"}),
    (f"{PLACE}/ERP", GOOD), (f"{PLACE}/a.b", GOOD), (f"{PLACE}/" + "a" * 40, GOOD), (f"{PLACE}/-", GOOD),
])  # fmt: skip
def test_what_is_not_an_endpoint_is_refused(port: Port, admin: Any, place: str, body: Any) -> None:
    answer = admin.request("PUT", place, body)
    assert answer.status == 400 and answer.json["errors"], answer.text


def test_a_store_has_so_many_endpoints_and_no_more(port: Port, admin: Any) -> None:
    statuses = [admin.request("PUT", f"{PLACE}/erp-{number}", GOOD).status for number in range(6)]
    assert statuses == [200] * 5 + [422]
    assert admin.request("PUT", "/staff/stores/NOWHERE/endpoints/erp", GOOD).status == 404


def test_a_rotation_is_done_once_however_often_it_is_asked_for(port: Port, admin: Any) -> None:
    admin.request("PUT", f"{PLACE}/erp", GOOD)
    old = admin.get(f"{PLACE}/erp/secret").json["secret"]
    first = admin.post(f"{PLACE}/erp/secret", {}, key="rotate-1")
    again = admin.post(f"{PLACE}/erp/secret", {}, key="rotate-1")
    assert first.json == again.json and first.json["secret"] != old
    assert admin.post(f"{PLACE}/erp/secret", {}, key="rotate-2").status == 409
    leaked = admin.post(f"{PLACE}/erp/secret", {"at_once": True}, key="rotate-3").json
    assert leaked["secret"] not in (old, first.json["secret"]) and leaked["former_secret_until"] is None
    assert kept_secrets() == [f"erp/{STORE}/erp/2", f"erp/{STORE}/erp/3"]  # the first is gone


def test_a_secret_that_a_crash_left_behind_is_the_next_one(port: Port, admin: Any) -> None:
    admin.request("PUT", f"{PLACE}/erp", GOOD)
    secrets.make(f"erp/{STORE}/erp/2", {"key": "whsec_bGVmdCBiZWhpbmQ="})
    rotated = admin.post(f"{PLACE}/erp/secret", {}, key="rotate-1").json
    assert rotated["secret"] == "whsec_bGVmdCBiZWhpbmQ=" == admin.get(f"{PLACE}/erp/secret").json["secret"]


def test_no_secret_is_kept_in_the_table(port: Port, admin: Any) -> None:
    admin.request("PUT", f"{PLACE}/erp", GOOD)
    secret = admin.post(f"{PLACE}/erp/secret", {}, key="rotate-1").json["secret"]
    items = aws.client("dynamodb").scan(TableName="caravan-test")["Items"]
    bodies = [table.kind_of(one["type"]["S"])._inflate(one["body"]["B"]) for one in map(dict, items) if "body" in one]
    assert bodies and not any(secret.encode() in body for body in bodies)


# The replay screen


def failing(port: Port, count: int = 3) -> list[str]:
    port.connect(events=ALL)
    port.answers["erp.example.com"] = 410
    ids = []
    for _ in range(count):
        ids.append(port.routed().id)
        port.settle()
        port.clock.forward(minutes=1)
    port.answers.clear()
    port.connect(events=ALL)
    return ids


def test_messages_are_listed_by_state_and_time_the_newest_first(port: Port, clerk: Any) -> None:
    ids = failing(port)
    port.routed()
    port.settle()
    place = f"{PLACE}/erp/deliveries"
    everything = clerk.get(place).json["items"]
    assert [one["state"] for one in everything] == ["delivered", "failed", "failed", "failed"]
    failed = clerk.get(place, query={"state": "failed", "limit": 2})
    assert [one["order_id"] for one in failed.json["items"]] == ids[:0:-1]
    rest = clerk.get(place, query={"state": "failed", "limit": 2, "cursor": failed.json["next"]}).json["items"]
    assert [one["order_id"] for one in rest] == ids[:1]
    since = (port.clock.now - timedelta(seconds=90)).isoformat()
    assert len(clerk.get(place, query={"since": since}).json["items"]) == 2
    assert len(clerk.get(place, query={"until": since}).json["items"]) == 2
    assert clerk.get(place, query={"since": "yesterday"}).status == 400
    assert clerk.get(place, query={"state": "lost"}).status == 400


def test_one_message_shows_its_attempts_and_no_address(port: Port, clerk: Any) -> None:
    failing(port, 1)
    (listed,) = clerk.get(f"{PLACE}/erp/deliveries").json["items"]
    shown = clerk.get(f"{PLACE}/erp/deliveries/{listed['id']}")
    assert [(one["status"], one["note"]) for one in shown.json["attempts"]] == [(410, "said the receiver")]
    assert shown.json["webhook_id"] == f"ORDER#{listed['order_id']}/EVENT#ORDER#000001"
    assert "Mustermann" not in shown.text


def test_a_replay_is_asked_for_once_and_done(port: Port, clerk: Any) -> None:
    failing(port, 2)
    one, _ = clerk.get(f"{PLACE}/erp/deliveries").json["items"]
    place = f"{PLACE}/erp/deliveries/{one['id']}/replay"
    first, again = (clerk.post(place, key="replay-1") for _ in range(2))
    assert first.json == again.json and first.json["state"] == "waiting"
    assert clerk.post(place, key="replay-2").status == 409
    asked = clerk.post(f"{PLACE}/erp/replays", {"since": "2026-01-01T00:00:00Z"}, key="replays-1")
    assert asked.status == 202, asked.text
    port.clock.now = utc_now() + timedelta(minutes=9)
    port.settle()
    assert port.states() == ["delivered", "delivered"]
    assert len(port.got) == 3  # the first disabled the endpoint, and both were replayed once


def test_a_disabled_endpoint_is_not_replayed_to(port: Port, clerk: Any, admin: Any) -> None:
    failing(port, 1)
    admin.request("PUT", f"{PLACE}/erp", {**GOOD, "enabled": False})
    (one,) = clerk.get(f"{PLACE}/erp/deliveries").json["items"]
    assert clerk.post(f"{PLACE}/erp/deliveries/{one['id']}/replay", key="replay-1").status == 409
    assert clerk.post(f"{PLACE}/erp/replays", {"since": "2026-01-01T00:00:00Z"}, key="replays-1").status == 409


def test_a_store_sees_nothing_of_another_stores_system(port: Port, as_staff: Any) -> None:
    failing(port, 1)
    (delivery,) = port.deliveries()
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])
    for path in (PLACE, f"{PLACE}/erp", f"{PLACE}/erp/deliveries", f"{PLACE}/erp/deliveries/{delivery.id}"):
        assert stranger.get(path).status == 404
    assert stranger.post(f"{PLACE}/erp/deliveries/{delivery.id}/replay", key="replay-1").status == 404
    assert stranger.post(f"{PLACE}/erp/replays", {"since": "2026-01-01T00:00:00Z"}, key="replays-1").status == 404
    assert json.dumps(port.states()) == '["failed"]'


def test_where_no_store_has_a_system_an_event_costs_one_read(port: Port) -> None:
    order = port.routed()
    with metered() as meter:
        service.queue(port.begin, order.id)
    assert meter.calls == {"GetItem": 1}
    port.connect()
    port.settle()
    assert port.heard() == ["routed"], "whoever is connected later hears the story of an order with its next event"
