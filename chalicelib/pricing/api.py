"""Proposals for list prices, for the staff who set them (PRC-13)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.http import Model, MoneyField, Post, Request, Routes, staff
from chalicelib.markets import service as markets

from .domain import CostBasis, ListPrice, list_price

routes = Routes(__name__)

Rate = Annotated[
    str, StringConstraints(pattern=r"^[0-9](\.[0-9]{1,6})?$"), Field(description="0.12 is 12 %.", examples=["0.12"])
]


class AskListPrice(Model):
    """What an article costs, and what is wanted for it; all amounts in the market's currency."""

    market: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    cost: Annotated[MoneyField, Field(description="Of one unit, ex works.")]
    freight: Annotated[MoneyField, Field(description="Of one unit into the destination.")]
    duty_rate: Annotated[Rate, Field(description="As `GET /staff/duty-rates` tells it.")]
    tax_rate: Rate
    margin: Annotated[Rate, Field(description="Wanted part of the net price, below 1.")]
    market_price: Annotated[MoneyField | None, Field(description="What comparable articles are shown for.")] = None


class ListPriceView(Model):
    """A proposal and how it comes about."""

    duty: MoneyField
    landed_cost: Annotated[MoneyField, Field(description="Cost, freight and duty.")]
    floor: Annotated[MoneyField, Field(description="The shown price that just earns the wanted margin.")]
    price: Annotated[MoneyField, Field(description="The market's price when it earns the margin, else the floor.")]
    margin: Annotated[str, Field(description="Earned at `price`.")]
    above_market: bool

    @classmethod
    def of(cls, proposal: ListPrice) -> ListPriceView:
        return cls(
            duty=proposal.duty,
            landed_cost=proposal.landed_cost,
            floor=proposal.floor,
            price=proposal.price,
            margin=f"{proposal.margin:f}",
            above_market=proposal.above_market,
        )


@routes.post(
    "/staff/list-prices",
    access=staff(Post.PRODUCT_MANAGEMENT, Post.PLANNING, Post.PURCHASING, Post.FINANCE),
    commit=False,
)
def propose_list_price(request: Request, body: AskListPrice) -> ListPriceView:
    """Propose a list price from landed cost, wanted margin and what the market pays (PRC-13). Changes nothing."""
    market = markets.market(body.market)
    amounts = {"/cost": body.cost, "/freight": body.freight, "/market_price": body.market_price}
    errors = [
        FieldError(pointer, f"is in {market.currency} and not negative")
        for pointer, amount in amounts.items()
        if amount is not None and (amount.currency != market.currency or amount.minor < 0)
    ]
    if Decimal(body.margin) >= 1:
        errors.append(FieldError("/margin", "is below 1"))
    if errors:
        raise Invalid(*errors)
    basis = CostBasis(
        cost=body.cost,
        freight=body.freight,
        duty_rate=Decimal(body.duty_rate),
        margin=Decimal(body.margin),
        tax_rate=Decimal(body.tax_rate),
        prices_include_tax=market.prices_include_tax,
        market_price=body.market_price,
    )
    return ListPriceView.of(list_price(basis))
