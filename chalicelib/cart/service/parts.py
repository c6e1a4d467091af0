"""What the lines of a cart are made of: a bundle is priced as one, but taxed, declared and sent as what it holds.

A plain line is one part: itself. A bundle (CAT-04) has a part for each component; its price is shared over them by
what each costs alone, so that every part has a price for tax and customs and all of them add up to the bundle's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from chalicelib.cart.domain import CartLine, QuotedLine
from chalicelib.catalog.domain import Variant, split, strictest
from chalicelib.core.money import Money
from chalicelib.customs.domain import LineDuty
from chalicelib.markets.domain import pick_text
from chalicelib.pricing.domain import Adjustment, LineTotal, PriceLine, Share

#: The amounts of a line, each the sum of its parts'.
_AMOUNTS = ("subtotal", "discount", "shipping", "wrapping", "duty", "tax", "tax_included", "total", "duty_at_door")
#: What a line says of its goods; what its parts do not agree on is left empty.
_FACTS = ("tax_rate", "tax_scheme", "duty_rate", "agreement", "hs_code", "origin")


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one article that belong to one line.

    Args:
        id: of the line; of a bundle, with the component's place in it behind a dot.
        quantity: in the whole line.
        amount: the part of the line's price that falls on a component; None for a plain line.
    """

    id: str
    line: CartLine
    variant: Variant
    quantity: int
    amount: Money | None = None

    @property
    def sku(self) -> str:
        return self.variant.sku

    @property
    def sent(self) -> bool:
        """Whether it goes into a parcel."""
        return self.variant.kind == "physical"

    def priced(self, market: str, tax_rate: Decimal) -> PriceLine:
        """The part as it is priced: a component's share of the bundle's price is one sum, not a price times units."""
        if self.amount is not None:
            return PriceLine(self.id, 1, self.amount, tax_rate)
        return PriceLine(self.id, self.quantity, self.variant.prices[market], tax_rate)


def parts_of(line: CartLine, variants: Mapping[str, Variant], market: str) -> tuple[Part, ...]:
    """What a line is made of."""
    variant = variants[line.sku]
    if not variant.is_bundle:
        return (Part(line.id, line, variant, line.quantity),)
    amounts = split(variant.prices[market] * line.quantity, variant, variants, market)
    return tuple(
        Part(f"{line.id}.{place}", line, variants[component.sku], component.quantity * line.quantity, amount)
        for place, (component, amount) in enumerate(zip(variant.components, amounts, strict=True), 1)
    )


def spread(adjustments: Iterable[Adjustment], parts: Sequence[Part]) -> Iterator[Adjustment]:
    """Reductions of lines as reductions of their parts."""
    for each in adjustments:
        lines = tuple(part.id for part in parts if part.line.id in each.lines)
        yield replace(each, lines=lines) if each.lines else each


def quoted(
    part: Part, share: Share, amounts: LineTotal, duty: LineDuty,
    *, market: str, language: str, place: str, scheme: str,
) -> QuotedLine:  # fmt: skip
    """The part with its amounts, as it is published."""
    variant = part.variant
    return QuotedLine(
        id=part.id,
        sku=variant.sku,
        product=variant.product,
        title=pick_text(variant.title, language),
        image=variant.image,
        quantity=part.quantity,
        unit_price=variant.prices[market],
        subtotal=amounts.subtotal,
        discount=amounts.discount,
        shipping=amounts.shipping,
        wrapping=amounts.wrapping,
        duty=amounts.duty,
        tax=amounts.tax,
        tax_included=amounts.tax_included,
        total=amounts.total,
        duty_at_door=duty.duty - amounts.duty,
        tax_rate=f"{share.line.tax_rate:f}",
        tax_scheme=scheme,
        duty_rate=f"{duty.rate.rate:f}",
        agreement=duty.rate.agreement,
        hs_code=variant.hs_code,
        origin=variant.origin,
        weight_g=variant.weight_g,
        location=place,
        fresh=variant.fresh,
        size_class=str(variant.size_class),
        kind=str(variant.kind),
        return_rule=variant.return_rule,
    )


def together(line: CartLine, bundle: Variant, market: str, language: str, parts: tuple[QuotedLine, ...]) -> QuotedLine:
    """The line of a bundle with its quoted parts inside: one fresh or large part makes the whole so (AMB-22)."""
    currency = bundle.prices[market].currency
    sums: dict[str, Any] = {name: Money.sum((getattr(part, name) for part in parts), currency) for name in _AMOUNTS}
    facts: dict[str, Any] = {name: _agreed(getattr(part, name) for part in parts) for name in _FACTS}
    return QuotedLine(
        id=line.id,
        sku=bundle.sku,
        product=bundle.product,
        title=pick_text(bundle.title, language),
        image=bundle.image,
        quantity=line.quantity,
        unit_price=bundle.prices[market],
        location=_agreed(part.location for part in parts if part.kind == "physical"),
        weight_g=sum(part.weight_g * part.quantity for part in parts) // line.quantity,
        fresh=any(part.fresh for part in parts),
        size_class="large" if any(part.size_class == "large" for part in parts) else "small",
        kind="physical" if any(part.kind == "physical" for part in parts) else "virtual",
        return_rule=strictest(part.return_rule for part in parts),
        components=parts,
        **sums,
        **facts,
    )


def _agreed(values: Iterable[str]) -> str:
    different = set(values)
    return different.pop() if len(different) == 1 else ""
