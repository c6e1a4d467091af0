"""Recognising a customer (BAL-06, AMB-08) and the additive risk score (RSK-01…RSK-03, RSK-05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.money import Money
from chalicelib.risk.domain import WEIGHTS, Buyer, Code, Evidence, Scale, assess, identities, window_rate
from tests.support.sample_orders import BERLIN

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ERIKA = Buyer(address=BERLIN, country="DE")
OTHER_PHONE = replace(BERLIN, phone="+4930555555")


def known(one: Buyer, other: Buyer, *, match_all: bool) -> bool:
    return bool({*identities(one, match_all=match_all)} & {*identities(other, match_all=match_all)})


@pytest.mark.parametrize(
    ("other", "any_", "all_"),
    [
        (replace(ERIKA, customer="second-account"), True, True),
        (Buyer(address=OTHER_PHONE), True, False),
        (Buyer(phone="030 901820", country="DE"), True, False),
        (Buyer(phone="+49 (30) 90 18 20"), True, False),
        (Buyer(address=replace(BERLIN, name="mustermann, ERIKA", lines=("INVALIDENSTR. 117",))), True, False),
        (Buyer(address=replace(OTHER_PHONE, name="mustermann, ERIKA", city="BERLIN-MITTE")), True, False),
        (Buyer(address=replace(OTHER_PHONE, name="Max Mustermann")), False, False),
        (Buyer(address=replace(OTHER_PHONE, lines=("Invalidenstraße 118",))), False, False),
        (Buyer(address=OTHER_PHONE, at_store=True), False, False),
        (Buyer(phone="no number"), False, False),
    ],
    ids=[
        "second account", "same name and address", "same phone", "same phone, written abroad",
        "same phone, street shortened",
        "same name and address, written otherwise",
        "same address, other name", "same name, other house", "picked up: the address is the store's", "nothing known",
    ],
)  # fmt: skip
def test_a_customer_is_recognised_by_phone_or_by_name_and_address_bal_06_amb_08(
    other: Buyer, any_: bool, all_: bool
) -> None:
    assert known(ERIKA, other, match_all=False) is any_
    assert known(ERIKA, other, match_all=True) is all_


def test_who_picks_up_is_recognised_by_phone_and_name_where_all_must_match_bal_06() -> None:
    """The address is the store's."""
    erika = replace(ERIKA, at_store=True)
    elsewhere = replace(BERLIN, name="MUSTERMANN, Erika", lines=("Market 1",), postal_code="20095")
    assert known(erika, Buyer(address=elsewhere, at_store=True), match_all=True)
    for other in (replace(BERLIN, name="Max"), OTHER_PHONE, replace(BERLIN, name="", lines=())):
        assert not known(erika, Buyer(address=other, at_store=True), match_all=True)
    assert not known(erika, ERIKA, match_all=True)


def test_the_same_account_is_the_same_customer_wherever_it_lives_bal_06() -> None:
    there = Buyer("ann", address=replace(OTHER_PHONE, name="A", lines=("B 1",)))
    assert known(replace(ERIKA, customer="ann"), there, match_all=True)


def usd(amount: int) -> Money:
    return Money(amount * 100, "USD")


SCALE = Scale(
    new_customer_limit=usd(5000), large_order_limit=usd(10_000), new_customer_days=30, many_orders=10,
    weights={code: weight.default for code, weight in WEIGHTS.items()}, hold_from=60,
)  # fmt: skip


@pytest.mark.parametrize(
    ("evidence", "codes", "held", "fraud"),
    [
        ({}, [], False, False),
        ({"blacklisted": True}, [Code.BLACKLISTED], True, True),
        ({"orders_of_source": 9, "vague_address": True}, [Code.VAGUE_ADDRESS], False, False),
        ({"orders_of_source": 10}, [Code.MANY_ORDERS], False, False),
        ({"orders_of_source": 10, "vague_address": True}, [Code.MANY_ORDERS, Code.VAGUE_ADDRESS], True, True),
        ({"worth": usd(5000), "customer_since": None}, [], False, False),
        ({"worth": usd(5001), "customer_since": None}, [Code.NEW_CUSTOMER], True, False),
        ({"worth": usd(5001), "customer_since": NOW - timedelta(days=29)}, [Code.NEW_CUSTOMER], True, False),
        ({"worth": usd(5001), "customer_since": NOW - timedelta(days=30)}, [], False, False),
        ({"worth": usd(10_001), "customer_since": None}, [Code.LARGE_ORDER, Code.NEW_CUSTOMER], True, False),
    ],
)
def test_the_score_adds_up_what_is_suspicious_rsk_01(
    evidence: dict[str, Any], codes: list[Code], held: bool, fraud: bool
) -> None:
    known = {"worth": usd(100), "customer_since": NOW - timedelta(days=400), **evidence}
    found = assess(Evidence(**known), SCALE, NOW)
    assert [signal.code for signal in found.signals] == codes
    assert (found.held, found.is_fraud) == (held, fraud)
    assert found.score == sum(SCALE.weights[code] for code in codes)


def test_a_signal_without_points_says_nothing_rsk_01() -> None:
    scale = replace(SCALE, weights={**SCALE.weights, Code.LARGE_ORDER: 0})
    assert assess(Evidence(worth=usd(20_000), customer_since=NOW - timedelta(days=99)), scale, NOW).signals == ()


@pytest.mark.parametrize(("minute", "expected"), [(0, 3 + 8), (30, 3 + 4), (59, 3)])
def test_the_window_of_an_address_moves_with_time_rsk_03(minute: int, expected: int) -> None:
    at = datetime(2026, 11, 21, 9, minute, tzinfo=UTC)
    assert window_rate(at, timedelta(hours=1), 3, 8) == expected
