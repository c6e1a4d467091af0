"""A bundle comes back by whole units: its part of the money, and to the shelf what it holds (CAT-04, E5, M7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory.service import levels
from chalicelib.orders.domain import OrderLine
from chalicelib.returns.domain import NotReturnable, Reason
from tests.support.sample_orders import a_line, eur
from tests.support.sample_returns import ask, completed_order, send_back

Begin = Callable[..., UnitOfWork]


def tea_set(**changes_of_cups: Any) -> OrderLine:
    """Three sets for 100.00, each of a pot and two cups."""
    pot = a_line("1.1", "POT", 3, subtotal=eur("60.01"), shipping=eur("0.00"), total=eur("60.01"))
    cups = a_line("1.2", "CUP", 6, subtotal=eur("39.99"), shipping=eur("0.00"), total=eur("39.99"), **changes_of_cups)
    return a_line(
        "1", "SET", 3, unit_price=eur("33.33"), subtotal=eur("100.00"), shipping=eur("0.00"), total=eur("100.00"),
        components=(pot, cups),
    )  # fmt: skip


def test_units_of_a_bundle_bring_back_its_part_of_the_money_and_its_pieces_e5(begin: Begin) -> None:
    order = completed_order(begin, lines=(tea_set(), a_line("2", "POT", 1)))
    back = send_back(begin, ask(begin, order, {"1": 2, "2": 1}))
    assert back.lines[0].refund == eur("66.67")
    levels_now = {sku: levels(begin(), sku).get("RTM1") for sku in ("POT", "CUP", "SET")}
    assert levels_now["POT"] is not None
    assert (levels_now["POT"].available, levels_now["CUP"].available, levels_now["SET"]) == (3, 4, None)


def test_all_returns_of_a_bundle_together_are_exactly_what_was_paid_m7(begin: Begin) -> None:
    order = completed_order(begin, lines=(tea_set(),))
    refunds = [send_back(begin, ask(begin, order, {"1": 1})).lines[0].refund for _ in range(3)]
    assert Money.sum((part for part in refunds if part), "EUR") == eur("100.00")


@pytest.mark.parametrize(
    ("cups", "reason", "returnable"),
    [
        ({"return_rule": "none"}, Reason.DAMAGED, False),
        ({"kind": "virtual", "location": ""}, Reason.DAMAGED, False),
        ({"fresh": True}, Reason.CHANGED_MIND, False),
        ({"return_rule": "unopened"}, Reason.CHANGED_MIND, True),
    ],
)
def test_the_strictest_piece_decides_whether_the_bundle_may_come_back_ret_07(
    begin: Begin, cups: dict[str, Any], reason: Reason, returnable: bool
) -> None:
    order = completed_order(begin, lines=(tea_set(**cups),))
    if returnable:
        assert ask(begin, order, {"1": 1}, reason)
        return
    with pytest.raises(NotReturnable):
        ask(begin, order, {"1": 1}, reason)
