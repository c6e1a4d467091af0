"""What the API shows of carts and quotes, and takes about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from chalicelib.cart.domain import Cart, CartLine
from chalicelib.core.http import CurrencyField, Id, Model, MoneyField

Language = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"), Field(examples=["de", "zh-CN"])
]
Quantity = Annotated[int, Field(ge=1, le=1_000_000, description="Units; the shop's own limit per article is lower.")]
Part = Annotated[str, StringConstraints(max_length=120)]
MarketCode = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), Field(examples=["EU"])]


class NewLine(Model):
    """An article to put in."""

    sku: Id
    quantity: Quantity = 1


class OpenCart(Model):
    """A cart to open: for which market, and what is in it from the start."""

    market: MarketCode
    language: Language | None = None
    lines: Annotated[tuple[NewLine, ...], Field(max_length=100)] = ()
    buy_now: Annotated[bool, Field(description="A cart beside the stored one, for one purchase (CRT-07).")] = False


class MoveCart(Model):
    """Another market or language for the cart."""

    market: MarketCode | None = None
    language: Language | None = None


class ChangeLine(Model):
    """How many are wanted."""

    quantity: Quantity


class LineView(Model):
    """One article of a cart, at the price last seen."""

    id: Id
    sku: str
    product: str
    title: str
    image: str
    kind: str
    quantity: int
    unit_price: MoneyField
    amount: MoneyField
    added_at: datetime

    @classmethod
    def of(cls, line: CartLine) -> LineView:
        article = line.article
        return cls(
            id=line.id,
            sku=article.sku,
            product=article.product,
            title=article.title,
            image=article.image,
            kind=article.kind,
            quantity=line.quantity,
            unit_price=article.unit_price,
            amount=line.amount,
            added_at=line.added_at,
        )


class CartView(Model):
    """A cart. Its amounts are those last seen; a quote tells what everything costs."""

    id: Id
    state: Literal["open", "ordered", "merged"]
    market: str
    currency: CurrencyField
    language: str
    lines: tuple[LineView, ...]
    units: int
    subtotal: MoneyField
    buy_now: bool
    quoted_until: Annotated[datetime | None, Field(description="When the last quote expires.")] = None
    order_id: Annotated[str | None, Field(description="The order it became.")] = None
    merged_into: Annotated[str | None, Field(description="The cart that took its lines.")] = None

    @classmethod
    def of(cls, cart: Cart, **more: str | None) -> Self:
        return cls(
            id=cart.id,
            state=cart.state.value,
            market=cart.market,
            currency=cart.currency,
            language=cart.language,
            lines=tuple(map(LineView.of, cart.lines)),
            units=cart.units,
            subtotal=cart.subtotal,
            buy_now=cart.buy_now,
            quoted_until=cart.quote.expires_at if cart.quote else None,
            order_id=cart.order_id or None,
            merged_into=cart.merged_into or None,
            **more,
        )


class OpenedCart(CartView):
    """A cart that was just opened. A guest gets the secret that proves it is theirs: shown this once, never again."""

    guest_token: Annotated[str | None, Field(description="Send it as `Guest-Token` with every request.")] = None
