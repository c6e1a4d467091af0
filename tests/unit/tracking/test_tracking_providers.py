"""What couriers' pushes say: the samples under `events/webhooks` are in the services' own formats."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core import secrets
from chalicelib.core.signatures import Forged
from chalicelib.shipping.domain.scans import Mark, Status
from chalicelib.tracking.domain import Push, Unreadable
from chalicelib.tracking.providers import PROVIDERS, provider
from chalicelib.tracking.providers.seventeen_track import SeventeenTrack

SAMPLES = Path(__file__).parents[3] / "events" / "webhooks"
REAL = (
    b'{"event":"TRACKING_UPDATED","data":{"number":"1Z2617V10397725789","carrier":100002,"param":null,"tag":"O-1",'
    b'"track_info":{"latest_status":{"status":"Delivered","sub_status":"Delivered_Other","sub_status_descr":null},'
    b'"latest_event":{"time_iso":"2022-04-04T16:35:22-07:00","time_utc":"2022-04-04T23:35:22Z","description":"DELIVERED"'
    b',"location":"GASQUET, CA, US","stage":"Delivered"},"tracking":{"providers_hash":-595601716,"providers":['
    b'{"provider":{"key":100002,"name":"UPS","alias":"UPS","homepage":"http://www.ups.com/"},"latest_sync_status":"Success",'
    b'"events":[{"time_iso":"2022-04-04T16:35:22-07:00","time_utc":"2022-04-04T23:35:22Z","description":"DELIVERED",'
    b'"location":"GASQUET, CA, US","stage":"Delivered"}]}]}}}}'
)


def sample(name: str, file: str) -> Push | None:
    return PROVIDERS[name].read((SAMPLES / name / f"{file}.json").read_bytes())


@pytest.mark.parametrize(
    ("name", "file", "reports", "says"),
    [
        ("17track", "info_received", 1, (Status.INFO_RECEIVED, None)),
        ("17track", "in_transit", 2, (Status.IN_TRANSIT, None)),
        ("17track", "customs_started", 3, (Status.IN_TRANSIT, Mark.CUSTOMS_STARTED)),
        ("17track", "customs_cleared", 8, (Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED)),
        ("17track", "customs_needs_papers", 8, (Status.IN_TRANSIT, Mark.CUSTOMS_HELD)),
        ("17track", "out_for_delivery", 9, (Status.OUT_FOR_DELIVERY, None)),
        ("17track", "available_for_pickup", 10, (Status.READY_FOR_PICKUP, None)),
        ("17track", "delivery_failure", 10, (None, Mark.FAILED_ATTEMPT)),
        ("17track", "delivered", 10, (Status.DELIVERED, None)),
        ("17track", "exception_returning", 10, (None, Mark.RETURNING)),
        ("17track", "exception_lost", 6, (None, Mark.LOST)),
        ("17track", "expired", 6, (None, Mark.NO_NEWS)),
        ("aftership", "info_received", 1, (Status.INFO_RECEIVED, None)),
        ("aftership", "in_transit", 2, (Status.IN_TRANSIT, None)),
        ("aftership", "customs_cleared", 4, (Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED)),
        ("aftership", "out_for_delivery", 5, (Status.OUT_FOR_DELIVERY, None)),
        ("aftership", "available_for_pickup", 6, (Status.READY_FOR_PICKUP, None)),
        ("aftership", "attempt_fail", 6, (None, Mark.FAILED_ATTEMPT)),
        ("aftership", "delivered", 6, (Status.DELIVERED, None)),
        ("aftership", "exception_returning", 6, (None, Mark.RETURNING)),
        ("aftership", "expired", 3, (None, Mark.NO_NEWS)),
    ],
)
def test_a_push_tells_the_whole_journey(name: str, file: str, reports: int, says: tuple[Any, Any]) -> None:
    push = sample(name, file)
    assert push is not None
    assert push.waybill == "RR473124829CN"
    assert "china-post" in push.carriers
    assert len(push.reports) == reports
    assert says in {(report.status, report.mark) for report in push.reports}


@pytest.mark.parametrize(("name", "file"), [("17track", "not_found"), ("aftership", "pending")])
def test_nothing_known_yet_says_nothing(name: str, file: str) -> None:
    push = sample(name, file)
    assert push is not None
    assert push.reports == ()


def test_17track_giving_up_a_number_is_no_journey() -> None:
    assert sample("17track", "stopped") is None


def test_an_event_of_aftership_about_something_else_is_let_pass() -> None:
    assert PROVIDERS["aftership"].read(b'{"event":"return_update","msg":{"rma":1}}') is None


def test_the_newest_event_of_17track_takes_its_word_from_the_main_status_when_it_has_none_itself() -> None:
    push = PROVIDERS["17track"].read(REAL)
    assert push is not None
    (report,) = push.reports
    assert (report.code, report.status) == ("Delivered_Other", Status.DELIVERED)
    assert (report.stated, report.place) == ("2022-04-04T16:35:22-07:00", "GASQUET, CA, US")
    assert (push.waybill, push.carriers) == ("1Z2617V10397725789", frozenset({"ups"}))


def test_an_event_with_nothing_but_a_raw_time_keeps_it_as_given() -> None:
    message = json.loads(REAL)
    info = message["data"]["track_info"]
    event = info["tracking"]["providers"][0]["events"][0]
    event.update(time_iso=None, time_utc=None, time_raw={"date": "2022-04-04", "time": "16:35:22", "timezone": None})
    info["latest_event"] = dict(event)
    push = PROVIDERS["17track"].read(json.dumps(message).encode())
    assert push is not None
    assert push.reports[0].stated == "2022-04-04T16:35:22"


def test_an_event_without_any_time_is_known_by_what_it_says() -> None:
    message = json.loads(REAL)
    info = message["data"]["track_info"]
    info["tracking"]["providers"][0]["events"], info["latest_event"] = [], None
    info["latest_status"] = {"status": "Expired", "sub_status": "Expired_Other"}
    push = PROVIDERS["17track"].read(json.dumps(message).encode())
    assert push is not None
    (report,) = push.reports
    assert (report.mark, report.stated, bool(report.identity)) == (Mark.NO_NEWS, "", True)


@pytest.mark.parametrize("name", ["17track", "aftership"])
@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"nonsense", b'{"event":5}'])
def test_a_message_in_another_format_is_a_fault_and_not_ignored(name: str, raw: bytes) -> None:
    with pytest.raises(Unreadable):
        PROVIDERS[name].read(raw)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("17track", b'{"event":"TRACKING_UPDATED"}'),
        ("17track", b'{"event":"TRACKING_UPDATED","data":{}}'),
        ("aftership", b'{"event":"tracking_update","msg":{"tag":"Delivered"}}'),
    ],
)
def test_an_update_without_a_number_is_a_fault_and_not_ignored(name: str, raw: bytes) -> None:
    with pytest.raises(Unreadable):
        PROVIDERS[name].read(raw)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("17track", "api_key"): ("new-key", "old-key"), ("aftership", "webhook_secret"): ("new-key", "old-key")}
    monkeypatch.setattr(secrets, "candidates", lambda name, field: kept[name, field])


def signed(name: str, raw: bytes, key: str) -> dict[str, str]:
    if name == "17track":
        return {"sign": hashlib.sha256(raw + b"/" + key.encode()).hexdigest()}
    return {"aftership-hmac-sha256": base64.b64encode(hmac.digest(key.encode(), raw, hashlib.sha256)).decode()}


@pytest.mark.parametrize("name", ["17track", "aftership"])
@pytest.mark.parametrize("key", ["new-key", "old-key"])
def test_a_signature_by_the_present_or_the_previous_key_is_taken(keys: None, name: str, key: str) -> None:
    raw = '{"event":"…"}'.encode()
    provider(name).verify(signed(name, raw, key), raw)


@pytest.mark.parametrize("name", ["17track", "aftership"])
def test_any_other_signature_is_refused(keys: None, name: str) -> None:
    raw = b'{"event":"x"}'
    (header,) = signed(name, raw, "new-key")
    for headers in ({}, {header: ""}, {header: "ü"}, signed(name, raw, "wrong"), signed(name, raw + b" ", "new-key")):
        with pytest.raises(Forged):
            provider(name).verify(headers, raw)


def test_17track_signs_with_plain_sha256_and_not_with_an_hmac(keys: None) -> None:
    raw = b'{"event":"x"}'
    wrong = hmac.digest(b"new-key", raw, hashlib.sha256).hex()
    with pytest.raises(Forged):
        SeventeenTrack().verify({"sign": wrong}, raw)
