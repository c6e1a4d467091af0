"""An exchange order: the original's terms, other goods, and the value of the goods that come back for them.

Nothing is paid for it and nothing is recalculated: an exchange moves value and makes none. Each line takes over exactly
what was paid for the units it replaces, duty and tax as they were, so that a later return of the exchange pays back
what the customer has paid, and its completion is booked as every order's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from chalicelib.core.money import Money
from chalicelib.markets.domain import pick_text
from chalicelib.shipping.domain.handover import HOURS, Handover

from .exchange import Exchange, Worth
from .lines import OrderLine, Totals
from .machine import State
from .number import OrderClass
from .order import Order, to_second
from .stages import Stage

if TYPE_CHECKING:
    from chalicelib.catalog.domain import Variant

#: The payment method of what was paid with goods.
BY_EXCHANGE: Final = "exchange"
#: What an exchange order has from the order it is for.
_INHERITED: Final = (
    "owner", "market", "currency", "language", "prices_include_tax", "duty_policy", "ship_to", "contact", "country",
    "region", "vat_number", "delivery_method", "channel", "promise_days", "payment_id",
)  # fmt: skip


def exchange_order(number: str, original: Order, lines: tuple[OrderLine, ...], return_id: str, at: datetime) -> Order:
    """The order that replaces goods of another one; it waits for them (machine G, RET-04).

    Address, contact, way of delivery and channel are the original's. An appointment is over: own delivery comes within
    the longest window.
    """
    at = to_second(at)
    paid_under = original.exchange.paid_under if original.exchange else original.id
    return Order(
        **{name: getattr(original, name) for name in _INHERITED},
        id=number, order_class=OrderClass.EXCHANGE, state=State.AWAITING_RETURN, lines=lines, totals=_totals(lines),
        arrives_from=None, arrives_until=None, payment_method=BY_EXCHANGE, quote_hash="", placed_at=at, submitted_at=at,
        stages=(Stage(State.AWAITING_RETURN, at),), handover=_again(original.handover),
        exchange=Exchange(original.id, return_id, paid_under),
    )  # fmt: skip


def exchange_line(old: OrderLine, variant: Variant, units: int, worth: Worth, location: str, order: Order) -> OrderLine:
    """A line with so many units of a variant in place of units of an old line; it keeps the old line's id."""
    line = replace(
        old, wrapping=None, components=(), sku=variant.sku, product=variant.product, quantity=units, location=location,
        title=old.title if variant.sku == old.sku else pick_text(variant.title, order.language),
        hs_code=variant.hs_code, origin=variant.origin, weight_g=variant.weight_g, fresh=variant.fresh,
        size_class=str(variant.size_class), kind=str(variant.kind), return_rule=variant.return_rule,
        duty=_part(old.duty, units, old.quantity), duty_at_door=_part(old.duty_at_door, units, old.quantity),
    )  # fmt: skip
    return _valued(line, units, worth, included=order.prices_include_tax)


def with_worth(order: Order, units: Mapping[str, int], worth: Mapping[str, Worth]) -> Order:
    """An exchange order with only the units that were accepted, at what they are worth; other lines fall away."""
    lines = tuple(
        _valued(
            replace(
                line, duty=_part(line.duty, units[line.id], line.quantity),
                duty_at_door=_part(line.duty_at_door, units[line.id], line.quantity),
            ),
            units[line.id], worth[line.id], included=order.prices_include_tax,
        )
        for line in order.lines if units.get(line.id)
    )  # fmt: skip
    return replace(order, lines=lines, totals=_totals(lines))


def _valued(line: OrderLine, units: int, worth: Worth, *, included: bool) -> OrderLine:
    """A line whose amounts add up to what it is worth; what does not divide by its units is a discount of cents."""
    zero = Money.zero(worth.goods.currency)
    duty = max(zero, min(line.duty, worth.goods - worth.tax))
    net = worth.goods - duty - (zero if included else worth.tax)
    unit_price = Money(-(-net.minor // units), net.currency)
    subtotal = unit_price * units
    return replace(
        line, quantity=units, unit_price=unit_price, subtotal=subtotal, discount=subtotal - net,
        shipping=worth.shipping, duty=duty, tax=worth.tax, tax_included=worth.tax if included else zero,
        total=worth.total,
    )  # fmt: skip


def _part(amount: Money, units: int, of: int) -> Money:
    return amount.times(Decimal(units) / of)


def _again(handover: Handover | None) -> Handover | None:
    if handover is None or handover.point:
        return handover
    return Handover(store=handover.store, hours=handover.hours or max(HOURS))


def _totals(lines: tuple[OrderLine, ...]) -> Totals:
    currency = lines[0].total.currency
    sums = {
        name: Money.sum((getattr(line, name) for line in lines), currency)
        for name in (
            "subtotal", "discount", "shipping", "duty", "duty_at_door", "tax", "tax_included", "total",
        )
    }  # fmt: skip
    return Totals(**sums, deposit=Money.zero(currency))
