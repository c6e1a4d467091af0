"""Review: normal, abnormal or held (REV-01, REV-02, REV-04, REV-07, REV-12, RSK-05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.money import Money
from chalicelib.orders.domain import Abnormal, Circumstances, Hold, Order, Outcome, review
from tests.support.sample_orders import BERLIN, PLACED, a_line, an_order


def usd(amount: int) -> Money:
    return Money(amount * 100, "USD")


def around(**changes: Any) -> Circumstances:
    values: dict[str, Any] = {
        "worth": usd(100), "customer_since": PLACED - timedelta(days=400), "address_faults": (),
        "new_customer_limit": usd(5000), "large_order_limit": usd(10_000), "new_customer_days": 30,
        "courier_takes_fresh": False, "least_address_width": 6,
    }  # fmt: skip
    return Circumstances(**{**values, **changes})


def codes(order: Order, circumstances: Circumstances) -> tuple[Outcome, list[str]]:
    verdict = review(order, circumstances, PLACED)
    return verdict.outcome, [reason.code for reason in verdict.reasons]


def test_an_ordinary_order_is_normal_rev_01() -> None:
    assert codes(an_order(), around()) == (Outcome.NORMAL, [])


def test_fresh_goods_by_courier_go_back_to_the_customer_rev_04() -> None:
    order = an_order(lines=(a_line(), a_line("2", "SALMON", 1, fresh=True)))
    verdict = review(order, around(), PLACED)
    assert verdict.outcome is Outcome.ABNORMAL
    assert [(reason.code, reason.note) for reason in verdict.reasons] == [(Abnormal.DELIVERY_METHOD, "SALMON")]
    assert codes(order, around(courier_takes_fresh=True)) == (Outcome.NORMAL, [])


def test_every_incomplete_field_of_the_address_is_named_rev_12() -> None:
    verdict = review(an_order(), around(address_faults=("city", "postal_code")), PLACED)
    assert verdict.outcome is Outcome.ABNORMAL
    assert [(reason.code, reason.note) for reason in verdict.reasons] == [
        (Abnormal.ADDRESS, "city"), (Abnormal.ADDRESS, "postal_code"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("x",), Outcome.ABNORMAL),
        (("- . ,", "??"), Outcome.ABNORMAL),
        (("Am Markt",), Outcome.NORMAL),
        (("長安街1号",), Outcome.NORMAL),
        (("街1",), Outcome.ABNORMAL),
    ],
)
def test_a_vague_address_is_abnormal_rev_12(lines: tuple[str, ...], outcome: Outcome) -> None:
    order = an_order(ship_to=replace(BERLIN, lines=lines))
    assert review(order, around(), PLACED).outcome is outcome


@pytest.mark.parametrize(
    ("worth", "registered_days_ago", "expected"),
    [
        (usd(5000), 1, []),
        (usd(5000) + Money(1, "USD"), 1, [Hold.NEW_CUSTOMER]),
        (usd(5001), 29, [Hold.NEW_CUSTOMER]),
        (usd(5001), 30, []),
        (usd(5001), None, [Hold.NEW_CUSTOMER]),
        (usd(10_000), 400, []),
        (usd(10_001), 400, [Hold.LARGE_ORDER]),
        (usd(10_001), 1, [Hold.LARGE_ORDER, Hold.NEW_CUSTOMER]),
    ],
)
def test_large_orders_and_big_ones_of_newcomers_are_held_rsk_05_rev_07(
    worth: Money, registered_days_ago: int | None, expected: list[Hold]
) -> None:
    since = None if registered_days_ago is None else PLACED - timedelta(days=registered_days_ago)
    outcome, found = codes(an_order(), around(worth=worth, customer_since=since))
    assert found == expected
    assert outcome is (Outcome.HELD if expected else Outcome.NORMAL)


def test_what_the_customer_must_correct_comes_before_what_staff_must_check_rev_03() -> None:
    outcome, found = codes(an_order(), around(worth=usd(20_000), address_faults=("city",)))
    assert (outcome, found) == (Outcome.ABNORMAL, [Abnormal.ADDRESS])
