"""List prices: landed cost, margin, and what the market pays."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.pricing.domain import CostBasis, list_price


def euro(text: str) -> Money:
    return Money.of(text, "EUR")


BASIS = CostBasis(
    cost=euro("9.00"), freight=euro("1.00"), duty_rate=Decimal("0.12"), margin=Decimal("0.30"),
    tax_rate=Decimal("0.19"), prices_include_tax=True,
)  # fmt: skip


def test_duty_is_part_of_the_cost_basis_prc_13() -> None:
    proposal = list_price(BASIS)
    # 10.00 + 12 % = 11.20; 11.20 / 0.70 = 16.00 net; with 19 % tax 19.04.
    assert (proposal.duty, proposal.landed_cost, proposal.price) == (euro("1.20"), euro("11.20"), euro("19.04"))
    assert proposal.margin == Decimal("0.3000")


def test_where_prices_exclude_tax_none_is_added() -> None:
    assert list_price(replace(BASIS, prices_include_tax=False)).price == euro("16.00")


def test_the_market_s_price_is_taken_when_it_earns_more_prc_13() -> None:
    proposal = list_price(replace(BASIS, market_price=euro("23.80")))
    assert (proposal.price, proposal.above_market) == (euro("23.80"), False)
    assert proposal.margin == Decimal("0.4400")  # 20.00 net - 11.20


def test_a_market_that_pays_too_little_is_pointed_out() -> None:
    proposal = list_price(replace(BASIS, market_price=euro("15.00")))
    assert (proposal.price, proposal.above_market) == (euro("19.04"), True)


@pytest.mark.parametrize("margin", ["1", "-0.1"])
def test_a_margin_is_a_part_of_the_price(margin: str) -> None:
    with pytest.raises(ValueError, match="margin"):
        list_price(replace(BASIS, margin=Decimal(margin)))


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 95), st.integers(0, 60))
def test_the_floor_never_sells_below_landed_cost(cost: int, freight: int, margin: int, duty: int) -> None:
    basis = replace(
        BASIS, cost=Money(cost, "EUR"), freight=Money(freight, "EUR"), margin=Decimal(margin) / 100,
        duty_rate=Decimal(duty) / 100,
    )  # fmt: skip
    proposal = list_price(basis)
    assert proposal.price.times(1 / Decimal("1.19")) >= proposal.landed_cost
