"""From lines to totals, in two steps, because customs needs the net values of the first to say what the second adds.

    shares = share(lines, "EUR", prices_include_tax=True, charges=[...], adjustments=(...))
    totals = total(shares, "EUR", levies={...})

What holds for every line and for the whole:

    total = subtotal - discount + shipping + wrapping + duty + tax - tax_included

`tax_included` is the tax that the shown prices (goods, shipping and gift wrap) contain; it is zero where prices exclude
tax, and it is taken off without being charged where the buyer owes the tax himself (reverse charge). Tax is worked out
once per rate on the sum of the lines and then shared out by largest remainder: rounding happens once per published
amount, and tax is always gross minus net.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.money import LIMIT, Money


class TaxTreatment(StrEnum):
    """What becomes of the sales tax of a line."""

    #: The shop collects it.
    COLLECTED = "collected"
    #: The buyer owes it himself: it is taken off the shown price (TAX-15).
    REVERSE_CHARGE = "reverse_charge"
    #: The destination asks for none on this parcel; the shown price stays what it is.
    EXEMPT = "exempt"


class Target(StrEnum):
    """What an adjustment lowers."""

    LINES = "lines"
    SHIPPING = "shipping"


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line to be priced.

    Args:
        id: of the line.
        unit_price: as shown in the market (with tax or without, as the market shows it).
        tax_rate: of the destination for this kind of goods; 0.19 is 19 %.
    """

    id: str
    quantity: int
    unit_price: Money
    tax_rate: Decimal


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A reduction that a promotion, coupon or certificate brings; they apply in the order given.

    Exactly one of `amount` and `rate` is set. A reduction never takes more than what is left of its target.

    Args:
        code: names it on the receipt.
        amount: a fixed sum, shared over its lines by what is left of each.
        rate: a part of what earlier adjustments have left; 0.10 is ten per cent.
        lines: ids of the lines it is for; empty means all.
    """

    code: str
    amount: Money | None = None
    rate: Decimal | None = None
    lines: tuple[str, ...] = ()
    target: Target = Target.LINES

    def __post_init__(self) -> None:
        if (self.amount is None) == (self.rate is None):
            raise ValueError("an adjustment has either an amount or a rate")


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee and the lines it is for: the shipping price of one parcel from one place, or the gift wrap (ORD-10)."""

    amount: Money
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """What falls on one line before duty.

    Args:
        goods_tax: tax on the goods after discount: contained in them, or to be added, as the market shows prices.
        shipping_tax, wrapping_tax: the same for the line's part of shipping and of the gift wrap.
        prices_include_tax: whether `subtotal`, `discount`, `shipping` and `wrapping` contain tax.
    """

    line: PriceLine
    subtotal: Money
    discount: Money
    shipping: Money
    wrapping: Money
    goods_tax: Money
    shipping_tax: Money
    wrapping_tax: Money
    prices_include_tax: bool

    @property
    def net_goods(self) -> Money:
        """Price of the goods without tax, after discount, packing included: their customs value before freight."""
        goods = self.subtotal - self.discount + self.wrapping
        return goods - self.goods_tax - self.wrapping_tax if self.prices_include_tax else goods

    @property
    def net_shipping(self) -> Money:
        """The line's part of the freight without tax."""
        return self.shipping - self.shipping_tax if self.prices_include_tax else self.shipping


@dataclass(frozen=True, slots=True)
class Levy:
    """What the border adds to a line.

    Args:
        duty: charged now; zero when nothing is due or the recipient pays at the door.
        duty_is_taxed: whether the destination taxes the duty itself.
    """

    duty: Money
    duty_is_taxed: bool
    treatment: TaxTreatment = TaxTreatment.COLLECTED


@dataclass(frozen=True, slots=True)
class LineTotal:
    """All published amounts of one line; see the module for how they add up."""

    id: str
    subtotal: Money
    discount: Money
    shipping: Money
    wrapping: Money
    duty: Money
    tax: Money
    tax_included: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """All published amounts of the whole; each is the sum of its lines, and `total` adds the deposit."""

    lines: tuple[LineTotal, ...]
    subtotal: Money
    discount: Money
    shipping: Money
    wrapping: Money
    duty: Money
    tax: Money
    tax_included: Money
    deposit: Money
    total: Money


_NO_TAX: Final = Decimal(0)


def share(
    lines: Sequence[PriceLine],
    currency: str,
    *,
    prices_include_tax: bool,
    charges: Sequence[Charge] = (),
    adjustments: Iterable[Adjustment] = (),
    wrap: Charge | None = None,
) -> tuple[Share, ...]:
    """Spread reductions, shipping, gift wrap and tax over the lines; every sum is kept to the last minor unit.

    Args:
        charges: shipping prices.
        wrap: the gift wrap and the lines that are wrapped (ORD-10); no reduction applies to it. It is taxed like what
            is wrapped, as shipping is like what is sent.
    """
    adjustments = tuple(adjustments)
    subtotals = {line.id: line.unit_price * line.quantity for line in lines}
    discounts = _discounts(subtotals, [a for a in adjustments if a.target is Target.LINES], currency)
    left = {line_id: subtotals[line_id] - discounts[line_id] for line_id in subtotals}
    shipping = _shipping(left, charges, [a for a in adjustments if a.target is Target.SHIPPING], currency)
    wrapping = _shipping(left, [wrap] if wrap else [], (), currency)
    shown = {line.id: left[line.id] + shipping[line.id] + wrapping[line.id] for line in lines}
    taxes = _taxes(lines, shown, prices_include_tax, currency)
    shares = []
    for line in lines:
        parts = [left[line.id].minor, shipping[line.id].minor, wrapping[line.id].minor]
        goods_tax, shipping_tax, wrapping_tax = taxes[line.id].share(parts)
        shares.append(
            Share(
                line,
                subtotals[line.id],
                discounts[line.id],
                shipping[line.id],
                wrapping[line.id],
                goods_tax,
                shipping_tax,
                wrapping_tax,
                prices_include_tax,
            )
        )
    return tuple(shares)


def total(
    shares: Sequence[Share],
    currency: str,
    *,
    levies: Mapping[str, Levy] | None = None,
    deposit: Money | None = None,
) -> Totals:
    """Add duty and tax, and sum up.

    Args:
        levies: what the border adds, by line id; lines without one stay inside their customs territory.
        deposit: guarantee money held on top, never part of a line.

    Raises:
        LimitExceeded: the order is worth more than one amount may hold.
    """
    zero = Money.zero(currency)
    nothing = Levy(zero, duty_is_taxed=False)
    by_line = {each.line.id: (levies or {}).get(each.line.id, nothing) for each in shares}
    duty_taxes = _duty_taxes(shares, by_line, currency)
    lines = []
    for each in shares:
        levy = by_line[each.line.id]
        worked_out = each.goods_tax + each.shipping_tax + each.wrapping_tax
        shown = each.subtotal - each.discount + each.shipping + each.wrapping
        collected = levy.treatment is TaxTreatment.COLLECTED
        tax = worked_out + duty_taxes[each.line.id] if collected else zero
        contained = each.prices_include_tax and levy.treatment is not TaxTreatment.EXEMPT
        tax_included = worked_out if contained else zero
        lines.append(
            LineTotal(
                each.line.id,
                each.subtotal,
                each.discount,
                each.shipping,
                each.wrapping,
                levy.duty,
                tax,
                tax_included,
                total=shown + levy.duty + tax - tax_included,
            )
        )
    return _sum_up(tuple(lines), zero if deposit is None else deposit, currency)


def _sum_up(lines: tuple[LineTotal, ...], deposit: Money, currency: str) -> Totals:
    def of(name: str) -> Money:
        return Money.sum((getattr(line, name) for line in lines), currency)

    whole = Totals(
        lines,
        of("subtotal"),
        of("discount"),
        of("shipping"),
        of("wrapping"),
        of("duty"),
        of("tax"),
        of("tax_included"),
        deposit,
        total=of("total") + deposit,
    )
    if max(whole.total.minor, whole.subtotal.minor) > LIMIT:
        raise LimitExceeded("The order is worth more than the shop can take at once.")
    return whole


def _discounts(
    subtotals: Mapping[str, Money],
    adjustments: Iterable[Adjustment],
    currency: str,
) -> dict[str, Money]:
    """What each line is reduced by, adjustment after adjustment, never below nothing."""
    left = dict(subtotals)
    for adjustment in adjustments:
        targets = [line_id for line_id in left if not adjustment.lines or line_id in adjustment.lines]
        if not targets:
            continue
        base = Money.sum((left[line_id] for line_id in targets), currency)
        parts = _reduction(adjustment, base).share([left[line_id].minor for line_id in targets])
        for line_id, part in zip(targets, parts, strict=True):
            left[line_id] -= part
    return {line_id: subtotals[line_id] - rest for line_id, rest in left.items()}


def _reduction(adjustment: Adjustment, base: Money) -> Money:
    wanted = adjustment.amount if adjustment.amount is not None else base.times(adjustment.rate or _NO_TAX)
    return max(Money.zero(base.currency), min(wanted, base))


def _shipping(
    left: Mapping[str, Money],
    charges: Sequence[Charge],
    adjustments: Iterable[Adjustment],
    currency: str,
) -> dict[str, Money]:
    """Each line's part of the fees it is among, by what the line costs."""
    prices = [charge.amount for charge in charges]
    for adjustment in adjustments:
        if prices:
            reduction = _reduction(adjustment, Money.sum(prices, currency))
            parts = reduction.share([price.minor for price in prices])
            prices = [price - part for price, part in zip(prices, parts, strict=True)]
    shipping = {line_id: Money.zero(currency) for line_id in left}
    for charge, price in zip(charges, prices, strict=True):
        parts = price.share([left[line_id].minor for line_id in charge.lines])
        for line_id, part in zip(charge.lines, parts, strict=True):
            shipping[line_id] += part
    return shipping


def _taxes(
    lines: Sequence[PriceLine],
    amounts: Mapping[str, Money],
    prices_include_tax: bool,
    currency: str,
) -> dict[str, Money]:
    """Tax in (or on) each amount: worked out once per rate, then shared over the lines of that rate."""
    taxes = {line.id: Money.zero(currency) for line in lines}
    for rate in {line.tax_rate for line in lines}:
        ids = [line.id for line in lines if line.tax_rate == rate]
        base = Money.sum((amounts[line_id] for line_id in ids), currency)
        tax = base - base.times(1 / (1 + rate)) if prices_include_tax else base.times(rate)
        parts = tax.share([amounts[line_id].minor for line_id in ids])
        taxes.update(zip(ids, parts, strict=True))
    return taxes


def _duty_taxes(shares: Sequence[Share], levies: Mapping[str, Levy], currency: str) -> dict[str, Money]:
    """Tax on duty that is charged now, where the destination taxes it."""
    lines, duties = [], {}
    for each in shares:
        levy = levies[each.line.id]
        taxed = levy.duty_is_taxed and levy.treatment is TaxTreatment.COLLECTED
        lines.append(each.line if taxed else replace(each.line, tax_rate=_NO_TAX))
        duties[each.line.id] = levy.duty
    return _taxes(lines, duties, prices_include_tax=False, currency=currency)
