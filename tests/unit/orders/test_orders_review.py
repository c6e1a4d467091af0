"""Review: normal, abnormal or held (REV-01, REV-02, REV-04, REV-07, REV-12, RSK-05)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.orders.domain import Abnormal, Circumstances, Hold, Order, Outcome, review
from chalicelib.risk.domain import Assessment, Code, Signal
from chalicelib.shipping.domain.handover import MethodRules
from tests.support.sample_orders import BERLIN, a_line, an_order


def around(**changes: Any) -> Circumstances:
    values: dict[str, Any] = {"address_faults": (), "least_address_width": 6}
    return Circumstances(**{**values, **changes})


def risky(*codes: Code, held: bool = True) -> Assessment:
    return Assessment(tuple(Signal(code, 60) for code in codes), held)


def codes(order: Order, circumstances: Circumstances) -> tuple[Outcome, list[str]]:
    verdict = review(order, circumstances)
    return verdict.outcome, [reason.code for reason in verdict.reasons]


def test_an_ordinary_order_is_normal_rev_01() -> None:
    assert codes(an_order(), around()) == (Outcome.NORMAL, [])


def test_fresh_goods_by_courier_go_back_to_the_customer_rev_04() -> None:
    order = an_order(lines=(a_line(), a_line("2", "SALMON", 1, fresh=True)))
    verdict = review(order, around())
    assert verdict.outcome is Outcome.ABNORMAL
    assert [(reason.code, reason.note) for reason in verdict.reasons] == [(Abnormal.DELIVERY_METHOD, "SALMON")]
    assert codes(order, around(rules=MethodRules(courier_takes_fresh=True))) == (Outcome.NORMAL, [])


def test_every_incomplete_field_of_the_address_is_named_rev_12() -> None:
    verdict = review(an_order(), around(address_faults=("city", "postal_code")))
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
    assert review(order, around()).outcome is outcome


def test_what_is_risky_is_held_with_its_reasons_and_points_rsk_01_rev_07() -> None:
    verdict = review(an_order(), around(risk=risky(Code.LARGE_ORDER, Code.NEW_CUSTOMER)))
    assert verdict.outcome is Outcome.HELD
    assert [(reason.code, reason.note) for reason in verdict.reasons] == [
        (Hold.LARGE_ORDER, "60"), (Hold.NEW_CUSTOMER, "60"),
    ]  # fmt: skip


def test_what_is_a_little_suspicious_goes_on_rsk_01() -> None:
    assert codes(an_order(), around(risk=risky(Code.VAGUE_ADDRESS, held=False))) == (Outcome.NORMAL, [])


def test_every_signal_of_the_score_is_a_reason_to_hold_rsk_01() -> None:
    assert {code.value for code in Code} <= {hold.value for hold in Hold}


def test_what_the_customer_must_correct_comes_before_what_staff_must_check_rev_03() -> None:
    outcome, found = codes(an_order(), around(risk=risky(Code.LARGE_ORDER), address_faults=("city",)))
    assert (outcome, found) == (Outcome.ABNORMAL, [Abnormal.ADDRESS])


@pytest.mark.parametrize("code", [Code.BLACKLISTED, Code.MANY_ORDERS])
def test_what_smells_of_fraud_is_held_before_the_customer_is_told_what_to_correct_rsk_03(code: Code) -> None:
    outcome, found = codes(an_order(), around(risk=risky(code, Code.VAGUE_ADDRESS), address_faults=("city",)))
    assert (outcome, found) == (Outcome.HELD, [Hold(code.value), Hold.VAGUE_ADDRESS])
