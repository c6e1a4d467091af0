"""Codes, boxes and money at the door, without a table."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money
from chalicelib.core.signatures import Forged
from chalicelib.fulfilment.domain import (
    AmountDiffers,
    CodeLocked,
    DoorPayment,
    NotPaidYet,
    PaidWith,
    Pickup,
    check_paid,
    code_from,
    keyed_digest,
    new_nonce,
    size_for,
    typed_code,
)
from chalicelib.fulfilment.providers.base import BoxEvent, BoxNews
from chalicelib.fulfilment.providers.inpost import EVENTS, check_signature, read_news, sign
from chalicelib.shipping.domain.shipments import Box

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
KEY, OLD = "k" * 32, "o" * 32
DUE = Money(6_500, "EUR")


def a_pickup(key: str = KEY) -> Pickup:
    nonce = new_nonce()
    digest = keyed_digest(code_from(nonce, "P1", key), "P1", key)
    return Pickup(
        order_id="P1", store="BER-S1", place="desk", nonce=nonce, digest=digest, ready_at=NOW,
        collect_by=NOW + timedelta(hours=48),
    )  # fmt: skip


def test_a_code_is_ten_characters_of_fifty_random_bits_ful_01() -> None:
    codes = {a_pickup().code([KEY]) for _ in range(500)}
    assert len(codes) == 500
    assert all(code and len(code) == 10 and not set(code) & set("ILOU") for code in codes)


def test_a_code_of_one_order_is_not_that_of_another() -> None:
    nonce = new_nonce()
    assert code_from(nonce, "P1", KEY) != code_from(nonce, "P2", KEY)


@given(st.text(max_size=12))
def test_only_the_code_is_taken(text: str) -> None:
    pickup = a_pickup()
    assert pickup.takes(text, [KEY], 5) is (typed_code(text) == pickup.code([KEY]))


def test_a_code_outlives_the_change_of_the_key() -> None:
    pickup = a_pickup(OLD)
    code = pickup.code([KEY, OLD])
    assert code is not None
    assert pickup.takes(code, [KEY, OLD], 5)
    assert pickup.code([KEY]) is None


def test_a_locked_code_is_not_even_compared() -> None:
    pickup = replace(a_pickup(), wrong=5)
    with pytest.raises(CodeLocked):
        pickup.takes(pickup.code([KEY]) or "", [KEY], 5)


def test_a_vendors_own_code_is_not_ours() -> None:
    pickup = replace(a_pickup(), nonce="", digest="")
    assert pickup.code([KEY]) is None
    assert not pickup.takes("", [KEY], 5)


@pytest.mark.parametrize(
    ("boxes", "size"),
    [
        ([(640, 380, 80)], "small"),
        ([(80, 640, 380)], "small"),
        ([(640, 380, 81)], "medium"),
        ([(300, 200, 100), (300, 200, 90)], "medium"),
        ([(300, 200, 200), (300, 200, 200)], "large"),
        ([(641, 380, 80)], None),
        ([(400, 400, 200), (400, 400, 250)], None),
        ([(0, 0, 0)], "large"),
        ([(0, 0, 0), (100, 100, 100)], None),
    ],
)
def test_the_smallest_box_that_holds_the_goods_is_asked_for_ful_06(
    boxes: list[tuple[int, int, int]], size: str | None
) -> None:
    assert size_for([Box(500, *sides) for sides in boxes]) == size


def test_exactly_what_is_due_is_taken_ful_09() -> None:
    paid = DoorPayment(PaidWith.CASH, DUE)
    assert check_paid(DUE, paid) is paid
    assert check_paid(Money.zero("EUR"), None) is None
    with pytest.raises(NotPaidYet):
        check_paid(DUE, None)
    for wrong in (Money(6_499, "EUR"), Money(6_501, "EUR"), Money(6_500, "USD")):
        with pytest.raises(AmountDiffers):
            check_paid(DUE, DoorPayment(PaidWith.CASH, wrong))
    with pytest.raises(AmountDiffers):
        check_paid(Money.zero("EUR"), paid)


# InPost's format, by its documentation


def news(status: str, event: str = "shipment_status_changed") -> bytes:
    return json.dumps({
        "event_ts": "2020-03-20 15:08:42 +0100", "event": event, "organization_id": 1,
        "payload": {"shipment_id": 49, "status": status, "tracking_number": "602677439331630337653846"},
    }).encode()  # fmt: skip


@pytest.mark.parametrize(("status", "event"), EVENTS.items())
def test_inposts_statuses_of_a_box_are_understood(status: str, event: BoxEvent) -> None:
    assert read_news(news(status)) == BoxNews("49", event)


def test_news_of_the_way_and_of_other_things_change_nothing() -> None:
    assert read_news(news("sent_from_sorting_center")) is None
    assert read_news(news("delivered", "shipment_confirmed")) is None


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"event": "shipment_status_changed"}', b"\xff"])
def test_what_is_not_shipx_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        read_news(raw)


def test_inposts_signature_is_over_time_and_body() -> None:
    raw, said = news("delivered"), "2026-11-21T09:29:00.000Z"
    given_ = base64.b64encode(hmac.new(KEY.encode(), said.encode() + b"." + raw, hashlib.sha256).digest()).decode()
    check_signature({"x-inpost-timestamp": said, "x-inpost-signature": given_}, raw, [OLD, KEY], NOW)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_message_of_another_time_is_forged(seconds: int) -> None:
    raw = news("delivered")
    with pytest.raises(Forged):
        check_signature(sign(raw, KEY, NOW + timedelta(seconds=seconds)), raw, [KEY], NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"x-inpost-timestamp": "now", "x-inpost-signature": "é"},
        {"x-inpost-timestamp": "0001-01-01T00:00:00+14:00", "x-inpost-signature": "x"},
    ],
)  # fmt: skip
def test_a_message_without_time_or_signature_is_forged(headers: dict[str, str]) -> None:
    with pytest.raises(Forged):
        check_signature(headers, b"{}", [KEY], NOW)
