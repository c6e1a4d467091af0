"""A quote of what has been ordered already: other delivery, the agreed prices of the goods (AMB-24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.cart.domain import QUOTE_MINUTES, Article, Cart, CartLine, Quote
from chalicelib.catalog.domain import Component
from chalicelib.core.auth import Owner
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets
from chalicelib.pricing.domain import Adjustment

from .asking import Asked, check_terms, sent
from .basis import Basis
from .calculation import calculate
from .quoting import _load, _places


@dataclass(frozen=True, slots=True)
class Agreed:
    """A line as it was ordered: its goods keep their price and discount.

    Args:
        components: of a bundle, what the line holds, each with what it cost alone; the bundle's price is shared over
            them as it was (CAT-04).
    """

    id: str
    sku: str
    quantity: int
    unit_price: Money
    discount: Money
    components: tuple[AgreedPart, ...] = ()


@dataclass(frozen=True, slots=True)
class AgreedPart:
    """Units of an article in one line of a bundle, and the price of one."""

    sku: str
    quantity: int
    unit_price: Money


def requote(
    uow: UnitOfWork,
    lines: Sequence[Agreed],
    asked: Asked,
    *,
    owner: Owner,
    market: str,
    language: str,
    reserved: Mapping[tuple[str, str], int],
    deposit: Money,
    wrap: Money | None = None,
) -> Quote:
    """What an order costs when it is delivered as asked now. One round trip; one more when bundles are in it.

    Args:
        reserved: units that the order holds itself, by SKU and location; they count as available.
        wrap: what gift wrap was agreed to cost; None when nothing is wrapped.

    Raises:
        Invalid: address or choices; every wrong field is named.
        SoldOut, RuleRefused: as for a quote.
    """
    profile = markets.market(market)
    bought = tuple(CartLine(line.id, _article(line), line.quantity, uow.now) for line in lines)
    cart = Cart("reordered", owner, market, profile.currency, language, uow.now, bought)
    prices = {line.sku: line.unit_price for line in lines}
    prices |= {part.sku: part.unit_price for line in lines for part in line.components}
    variants = {
        sku: replace(variant, prices={**variant.prices, market: prices[sku]})
        for sku, variant in _load(
            uow, cart, asked.handover, (), offers_all=False, sold={line.sku: _held(line) for line in lines}
        ).items()
    }
    terms = check_terms(uow, cart, asked, variants, wrap)
    stock = inventory.available(uow, sent(variants), _places(profile, terms.handover, offers_all=False))
    discounts = [Adjustment("agreed", amount=each.discount, lines=(each.id,)) for each in lines]
    basis = Basis(
        cart=cart,
        terms=terms,
        market=profile,
        variants=variants,
        exchange=markets.exchange_rates(uow),
        stock={place: units + reserved.get(place, 0) for place, units in stock.items()},
        expires_at=uow.now + timedelta(minutes=uow.setting(QUOTE_MINUTES, market)),
        adjustments=tuple(each for each in discounts if each.amount is not None and not each.amount.is_zero),
        offers_all=False,
        deposit=deposit,
        wrap_price=wrap,
    )
    return calculate(uow, basis)


def _held(line: Agreed) -> tuple[Component, ...]:
    return tuple(Component(part.sku, part.quantity // line.quantity) for part in line.components)


def _article(line: Agreed) -> Article:
    return Article(line.sku, "", "", "", "", line.unit_price)
