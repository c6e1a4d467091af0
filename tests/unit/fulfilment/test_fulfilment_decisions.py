"""What may become of goods that could not be handed over, by what they are and why they came back (RET-07, FUL-19)."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from chalicelib.fulfilment.domain import BY_CUSTOMER, Cause, Decision
from chalicelib.fulfilment.domain.failures import DecisionNotOpen, Failure, Option, Why, check_open, options
from chalicelib.orders.domain import Order, Stage, State
from tests.support.sample_handovers import a_pickup, an_own_delivery
from tests.support.sample_orders import PLACED, a_line, an_order

LEFT = PLACED + timedelta(hours=3)
GOODS = {
    "standard": {},
    "unopened": {"return_rule": "unopened"},
    "none": {"return_rule": "none"},
    "fresh": {"fresh": True},
    "fresh none": {"fresh": True, "return_rule": "none"},
}
MAKERS = {"desk": a_pickup, "own": an_own_delivery, "courier": an_order}


def a_failed(way: str = "own", goods: str = "standard") -> Order:
    lines = (a_line(), a_line("2", "OTHER", 1, **GOODS[goods]))  # one such piece makes the whole order so (AMB-22)
    stages = (Stage(State.PACKED, PLACED), Stage(State.OUT_FOR_DELIVERY, LEFT))
    return MAKERS[way](state=State.STORE_HANDLING, lines=lines, stages=stages)


def asked(
    order: Order, cause: Cause = Cause.REFUSED, *, by_customer: bool = True, times: int = 1, hours: int = 2,
    has_desk: bool = True, near: bool = True,
) -> dict[Decision, Option]:  # fmt: skip
    found = options(
        order, Failure(cause, by_customer, times), LEFT + timedelta(hours=hours), has_desk=has_desk, near=near,
        fresh_keeps=timedelta(hours=24), tries=2,
    )  # fmt: skip
    return {option.decision: option for option in found}


def shown(found: dict[Decision, Option]) -> tuple[str, ...]:
    """Keep at the desk, deliver again, ship again, take back: "yes", or why not."""
    return tuple(found[decision].why_not or "yes" for decision in Decision)


YES, SPOILT, FINAL, DAMAGED, OWN = "yes", Why.FRESH_TOO_LONG, Why.FINAL_SALE, Why.DAMAGED, Why.NO_COURIER


@pytest.mark.parametrize(
    ("goods", "given", "expected"),
    [
        ("standard", {}, (YES, YES, OWN, YES)),
        ("unopened", {}, (YES, YES, OWN, YES)),
        # what is never taken back is offered once more, when the customer is at fault
        ("none", {}, (YES, YES, OWN, FINAL)),
        ("none", {"times": 2}, (YES, YES, OWN, YES)),
        ("none", {"cause": Cause.SHOP_LATE, "by_customer": False}, (YES, YES, OWN, YES)),
        # fresh goods: as long as they keep
        ("fresh", {"hours": 23}, (YES, YES, OWN, YES)),
        ("fresh", {"hours": 24}, (SPOILT, SPOILT, SPOILT, YES)),
        ("fresh none", {"hours": 1}, (YES, YES, OWN, FINAL)),
        ("fresh none", {"hours": 24}, (SPOILT, SPOILT, SPOILT, YES)),
        # damaged goods are nobody's
        ("standard", {"cause": Cause.DAMAGED, "by_customer": False}, (DAMAGED, DAMAGED, DAMAGED, YES)),
        ("none", {"cause": Cause.DAMAGED, "by_customer": True}, (DAMAGED, DAMAGED, DAMAGED, YES)),
    ],
)
def test_the_goods_and_the_cause_say_what_is_open_ret_07(
    goods: str, given: dict[str, object], expected: object
) -> None:
    assert shown(asked(a_failed(goods=goods), **given)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("way", "has_desk", "near", "expected"),
    [
        ("desk", True, True, (YES, Why.NO_ADDRESS, OWN, YES)),
        ("own", True, True, (YES, YES, OWN, YES)),
        ("courier", True, True, (YES, YES, YES, YES)),
        ("courier", False, False, (Why.NO_DESK, Why.TOO_FAR, YES, YES)),  # Shenzhen's warehouse, a buyer in Germany
    ],
)
def test_where_the_goods_are_and_how_they_went_say_it_too_e18(
    way: str, has_desk: bool, near: bool, expected: object
) -> None:
    assert shown(asked(a_failed(way), has_desk=has_desk, near=near)) == expected


def test_no_courier_takes_fresh_goods_once_more_ret_07() -> None:
    assert shown(asked(a_failed("courier", "fresh"))) == (YES, YES, SPOILT, YES)


def test_fresh_goods_say_by_when_they_must_be_with_their_customer_ret_07() -> None:
    found = asked(a_failed(goods="fresh"))
    until = LEFT + timedelta(hours=24)
    assert [found[decision].until for decision in Decision] == [until, until, None, None]
    assert {option.until for option in asked(a_failed()).values()} == {None}


def test_one_decision_is_always_open_ret_07() -> None:
    cases = product(MAKERS, GOODS, Cause, (True, False), (1, 2, 3), (1, 24, 90), (True, False))
    for way, goods, cause, by_customer, times, hours, has_desk in cases:
        found = asked(
            a_failed(way, goods), cause, by_customer=by_customer, times=times, hours=hours, has_desk=has_desk
        )  # fmt: skip
        assert any(option.why_not is None for option in found.values())


def test_what_is_not_open_is_refused_with_what_is_e18() -> None:
    found = tuple(asked(a_failed("desk", "none")).values())
    assert check_open(found, Decision.KEEP_AT_DESK).until is None
    with pytest.raises(DecisionNotOpen) as refused:
        check_open(found, Decision.TAKE_BACK)
    assert refused.value.status == 409
    assert refused.value.members == {"reason": "final_sale", "allowed": ["keep_at_desk"]}


def test_every_cause_is_somebodys_fault_ful_20() -> None:
    assert {cause for cause in Cause if cause not in BY_CUSTOMER} == {Cause.DAMAGED, Cause.SHOP_LATE, Cause.OTHER}
