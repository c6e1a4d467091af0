"""What an article should cost in a market: its landed cost, the wanted margin, and what the market pays (PRC-13)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from chalicelib.core.money import Money


@dataclass(frozen=True, slots=True)
class CostBasis:
    """What goes into a list price, all amounts in the market's currency.

    Args:
        cost: of one unit, ex works.
        freight: of one unit into the destination.
        duty_rate: of cost and freight; 0.12 is 12 %.
        margin: wanted part of the net price, 0 to below 1.
        tax_rate: of the destination.
        prices_include_tax: whether the market shows prices with tax.
        market_price: what comparable articles are shown for there, or None when unknown.
    """

    cost: Money
    freight: Money
    duty_rate: Decimal
    margin: Decimal
    tax_rate: Decimal
    prices_include_tax: bool
    market_price: Money | None = None


@dataclass(frozen=True, slots=True)
class ListPrice:
    """A proposal.

    Args:
        duty: on one unit: part of the cost basis.
        landed_cost: cost, freight and duty.
        floor: the shown price that just earns the wanted margin.
        price: the proposal: the market's price when it earns the margin, else the floor.
        margin: part of the net price that is earned at `price`.
        above_market: the wanted margin cannot be earned at the market's price.
    """

    duty: Money
    landed_cost: Money
    floor: Money
    price: Money
    margin: Decimal
    above_market: bool


def list_price(basis: CostBasis) -> ListPrice:
    """Propose a list price: never below what earns the margin, and as high as the market pays (PRC-13).

    Raises:
        ValueError: the margin is not from 0 to below 1.
    """
    if not 0 <= basis.margin < 1:
        raise ValueError("the margin is a part of the price, from 0 to below 1")
    duty = (basis.cost + basis.freight).times(basis.duty_rate)
    landed = basis.cost + basis.freight + duty
    shown = 1 + basis.tax_rate if basis.prices_include_tax else Decimal(1)
    floor = landed.times(shown / (1 - basis.margin))
    price = floor if basis.market_price is None else max(floor, basis.market_price)
    net = price.times(1 / shown)
    margin = Decimal((net - landed).minor) / net.minor if net.minor else Decimal(0)
    above_market = basis.market_price is not None and floor > basis.market_price
    return ListPrice(duty, landed, floor, price, margin.quantize(Decimal("0.0001")), above_market)
