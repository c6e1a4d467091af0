"""A courier's push is verified, queued and answered, nothing else; a forged one is not queued (LOG-15)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.core import aws, secrets
from chalicelib.core.clock import read_time
from tests.support.http import Client
from tests.support.table import metered

RAW = (Path(__file__).parents[3] / "events" / "webhooks" / "17track" / "delivered.json").read_bytes()
PUSH = (Path(__file__).parents[3] / "events" / "webhooks" / "aftership" / "delivered.json").read_bytes()


@pytest.fixture
def queue(database: None) -> Iterator[str]:
    url = aws.client("sqs").create_queue(QueueName="tracking-messages")["QueueUrl"]
    os.environ["QUEUE_URL_TRACKING_MESSAGES"] = url
    secrets.forget()
    yield url
    secrets.forget()


@pytest.fixture
def keys(queue: str) -> None:
    for name, fields in (("17track", {"api_key": "k17"}), ("aftership", {"api_key": "ka", "webhook_secret": "s"})):
        aws.client("secretsmanager").create_secret(Name=f"caravan/test/{name}", SecretString=json.dumps(fields))


def sign_17track(raw: bytes, key: str = "k17") -> dict[str, str]:
    return {"sign": hashlib.sha256(raw + b"/" + key.encode()).hexdigest()}


def sign_aftership(raw: bytes, key: str = "s") -> dict[str, str]:
    return {"aftership-hmac-sha256": base64.b64encode(hmac.digest(key.encode(), raw, hashlib.sha256)).decode()}


def queued(url: str) -> list[dict[str, str]]:
    found = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
    return [json.loads(message["Body"]) for message in found]


@pytest.mark.parametrize(
    ("name", "raw", "headers"), [("17track", RAW, sign_17track(RAW)), ("aftership", PUSH, sign_aftership(PUSH))]
)
def test_a_signed_push_is_queued_as_it_came(
    guest: Client, queue: str, keys: None, name: str, raw: bytes, headers: dict[str, str]
) -> None:
    answer = guest.post(f"/webhooks/couriers/{name}", raw=raw, headers=headers)
    assert answer.status == 200, answer.text
    (message,) = queued(queue)
    assert (message["provider"], message["body"]) == (name, raw.decode())
    assert read_time(message["received_at"])


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("17track", {}),
        ("17track", {"sign": ""}),
        ("17track", {"sign": "0" * 64}),
        ("17track", sign_17track(RAW, "other")),
        ("17track", sign_17track(RAW + b" ")),
        ("17track", sign_aftership(RAW, "k17")),
        ("aftership", {}),
        ("aftership", sign_aftership(RAW, "other")),
        ("aftership", sign_17track(RAW, "s")),
    ],
)
def test_a_forged_push_is_refused_and_the_queue_stays_empty(
    guest: Client, queue: str, keys: None, name: str, headers: dict[str, str]
) -> None:
    answer = guest.post(f"/webhooks/couriers/{name}", raw=RAW, headers=headers)
    assert answer.status == 401
    assert answer.json["type"].endswith("forged-message")
    assert queued(queue) == []


def test_without_a_key_nothing_is_let_through(guest: Client, queue: str) -> None:
    answer = guest.post("/webhooks/couriers/17track", raw=RAW, headers={"sign": hashlib.sha256(RAW + b"/").hexdigest()})
    assert answer.status == 503
    assert queued(queue) == []


def test_a_service_nobody_knows_does_not_exist(guest: Client, queue: str, keys: None) -> None:
    assert guest.post("/webhooks/couriers/fedex", raw=RAW, headers=sign_17track(RAW)).status == 404


def test_a_push_touches_no_table_and_calls_the_queue_once(guest: Client, queue: str, keys: None) -> None:
    guest.post("/webhooks/couriers/17track", raw=RAW, headers=sign_17track(RAW))  # the key is read once and kept
    queued(queue)
    calls: list[str] = []
    aws.client("sqs").meta.events.register(
        "provide-client-params.sqs.*", lambda model, **_: calls.append(model.name), unique_id="count"
    )
    with metered() as meter:
        guest.post("/webhooks/couriers/17track", raw=RAW, headers=sign_17track(RAW))
    aws.client("sqs").meta.events.unregister("provide-client-params.sqs.*", unique_id="count")
    assert meter.round_trips == 0
    assert calls == ["SendMessage"]
