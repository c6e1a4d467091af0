"""The lines of an order with their exact shares of its amounts, and the amounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from chalicelib.core.money import Money

if TYPE_CHECKING:
    from chalicelib.cart.domain import Quote, QuotedLine


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One article of an order with its exact share of the order's amounts; the shares add up to the order's (M7).

    total = subtotal - discount + shipping + wrapping + duty + tax - tax_included

    Args:
        unit_price, subtotal: as shown, with tax inside where the market shows prices with tax.
        tax, tax_included: all tax of the line, and the part that shown prices and shipping contain.
        duty_at_door: what the recipient pays at delivery; not in `total` (DAP).
        tax_rate, duty_rate: as decimal texts, "0.19".
        tax_scheme: registration under which the tax is declared (TAX-14).
        location: where its stock is reserved; "" for what is not shipped.
        components: what a bundle holds (CAT-04), as lines inside the line: each with its exact part of the line's
            amounts and, as `unit_price`, what it costs alone. What they differ in is "" on the bundle's line.
        wrapping: its part of the gift wrap (ORD-10); None when nothing is wrapped.
    """

    id: str
    sku: str
    product: str
    title: str
    quantity: int
    unit_price: Money
    subtotal: Money
    discount: Money
    shipping: Money
    duty: Money
    tax: Money
    tax_included: Money
    total: Money
    duty_at_door: Money
    tax_rate: str
    tax_scheme: str
    duty_rate: str
    agreement: str
    hs_code: str
    origin: str
    weight_g: int
    location: str
    fresh: bool
    size_class: str
    kind: str
    return_rule: str
    components: tuple[OrderLine, ...] = ()
    wrapping: Money | None = None

    @property
    def fees(self) -> Money:
        """What is paid beside the goods: shipping and gift wrap. It comes back when the whole order does."""
        return self.shipping + self.wrapping if self.wrapping else self.shipping

    @property
    def parts(self) -> tuple[OrderLine, ...]:
        """What is picked, sent and declared for the line: what the bundle holds, else the line itself."""
        return self.components or (self,)

    @property
    def pieces(self) -> int:
        """Units of it; a bundle counts as the pieces that are sent for it (AMB-23)."""
        sent = sum(part.quantity for part in self.parts if part.kind == "physical")
        return sent or sum(part.quantity for part in self.parts)

    def on_shelf(self, units: int) -> dict[str, int]:
        """What so many units of the line are in stock: a bundle is what it holds."""
        return {part.sku: part.quantity // self.quantity * units for part in self.parts if part.kind == "physical"}

    @property
    def sent_from(self) -> frozenset[str]:
        """The places that its goods come from; none for what is not shipped."""
        return frozenset(part.location for part in self.parts if part.location)

    @property
    def by_itself(self) -> OrderLine:
        """A piece of a bundle as a line of its own: what the bundle has saved is its discount."""
        alone = self.unit_price * self.quantity
        saved = alone - (self.subtotal - self.discount)
        return self if saved.minor < 0 else replace(self, subtotal=alone, discount=saved)

    def served_from(self, location: str) -> OrderLine:
        """The line with everything that needs stock taken from one location."""
        inside = tuple(part.served_from(location) for part in self.components)
        stocked = any(part.location for part in self.parts)
        return replace(self, components=inside, location=location if stocked else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The order's amounts, all in its currency, each the sum of its lines; `total` also holds the deposit (BAL-05)."""

    subtotal: Money
    discount: Money
    shipping: Money
    duty: Money
    duty_at_door: Money
    tax: Money
    tax_included: Money
    deposit: Money
    total: Money
    wrapping: Money | None = None

    @property
    def fees(self) -> Money:
        """What is paid beside the goods: shipping and gift wrap (ORD-10)."""
        return self.shipping + self.wrapping if self.wrapping else self.shipping

    def of_lines(self, lines: Sequence[OrderLine]) -> Totals:
        """The amounts of some of the lines, with the whole deposit."""
        currency = self.total.currency

        def added(name: str) -> Money:
            return Money.sum((getattr(line, name) or Money.zero(currency) for line in lines), currency)

        return Totals(
            subtotal=added("subtotal"), discount=added("discount"), shipping=added("shipping"), duty=added("duty"),
            duty_at_door=added("duty_at_door"), tax=added("tax"), tax_included=added("tax_included"),
            deposit=self.deposit, total=added("total") + self.deposit, wrapping=unless_zero(added("wrapping")),
        )  # fmt: skip

    def with_deposit(self, deposit: Money) -> Totals:
        """The amounts with another deposit (BAL-05)."""
        return replace(self, deposit=deposit, total=self.total - self.deposit + deposit)

    @property
    def net(self) -> tuple[Money, Money]:
        """Goods, and shipping with gift wrap, without the tax that their shown prices contain."""
        goods = self.subtotal - self.discount
        in_goods, in_fees = self.tax_included.share([goods.minor, self.fees.minor])
        return goods - in_goods, self.fees - in_fees


def coming_from(lines: Iterable[OrderLine], places: Set[str]) -> tuple[OrderLine, ...]:
    """What of an order comes from some places: lines, and the pieces of bundles that others send the rest of."""
    found: list[OrderLine] = []
    for line in lines:
        if line.sent_from and line.sent_from <= places:
            found.append(line)
        else:
            found += [part.by_itself for part in line.components if part.location in places]
    return tuple(found)


def left_without(lines: Iterable[OrderLine], places: Set[str]) -> tuple[OrderLine, ...]:
    """What is left of an order without what comes from some places; with that (`coming_from`) it is all of it."""
    left: list[OrderLine] = []
    for line in lines:
        if not line.sent_from & places:
            left.append(line)
        elif not line.sent_from <= places:
            left += [part.by_itself for part in line.components if part.location not in places]
    return tuple(left)


def line_of(line_id: str, line: QuotedLine) -> OrderLine:
    """The line of an order that a quoted one becomes, with what a bundle holds inside."""
    inside = tuple(line_of(f"{line_id}.{place}", part) for place, part in enumerate(line.components, 1))
    names = {part.name for part in fields(OrderLine)} - {"id", "components", "wrapping"}
    copied = {name: getattr(line, name) for name in names}
    return OrderLine(id=line_id, components=inside, wrapping=unless_zero(line.wrapping), **copied)


def totals_of(quote: Quote) -> Totals:
    """The amounts of a confirmed quote."""
    return Totals(
        subtotal=quote.subtotal, discount=quote.discount, shipping=quote.shipping, duty=quote.duty,
        duty_at_door=quote.duty_at_door, tax=quote.tax, tax_included=quote.tax_included, deposit=quote.deposit,
        total=quote.total, wrapping=unless_zero(quote.wrapping),
    )  # fmt: skip


def unless_zero(amount: Money) -> Money | None:
    """An amount that most orders do not have; what is not there is kept as nothing, which costs no room."""
    return None if amount.is_zero else amount
