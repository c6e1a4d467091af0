"""Sets made of the example products: two or three that are used together, a little cheaper than one by one (CAT-04)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Final

from chalicelib.catalog.domain import CategoryName, Component, ProductDraft, Specification, VariantDraft, slugify
from chalicelib.core.money import Money

from .generate import price_in

#: What a set costs of what its articles cost together.
REDUCED_TO: Final = Decimal("0.88")
#: Of articles below this price a set holds two.
CHEAP: Final = Money(10_00, "EUR")
LARGEST: Final = 3
SETS_OF_A_SHELF: Final = 2
_TOP: Final = CategoryName("sets", {"en": "Sets", "zh-CN": "套装"})


def bundles(catalogue: Iterable[ProductDraft]) -> Iterator[ProductDraft]:
    """Up to two sets for every shelf, of one product of each kind that lies there."""
    for _, on_shelf in groupby(catalogue, key=lambda draft: draft.category_path[1].slug):
        firsts = list({draft.category_path[-1].slug: draft for draft in reversed(list(on_shelf))}.values())
        groups = [tuple(firsts[start : start + LARGEST]) for start in range(0, len(firsts), LARGEST)]
        yield from (_bundle(group) for group in groups[:SETS_OF_A_SHELF] if len(group) > 1)


def _bundle(held: tuple[ProductDraft, ...]) -> ProductDraft:
    names = [{"en": each.title["en"].split(",")[0], "zh-CN": each.title["zh-CN"].rsplit(" ", 2)[0]} for each in held]
    first = held[0]
    department = first.category_path[0]
    title = {
        "en": f"Set: {' + '.join(name['en'].lower() for name in names)}",
        "zh-CN": f"套装：{'＋'.join(name['zh-CN'] for name in names)}",
    }
    counts = [_units(each) for each in held]
    contents = Specification(
        {"en": "Contents", "zh-CN": "内含"},
        {tag: "; ".join(f"{n} × {name[tag]}" for n, name in zip(counts, names, strict=True)) for tag in title},
    )
    slug = slugify(title["en"])
    return ProductDraft(
        slug=slug, title=title,
        description={
            "en": f"<p>Goes well together, and costs less than one by one.</p><p>{contents.value['en']}</p>",
            "zh-CN": f"<p>组合购买更优惠。</p><p>{contents.value['zh-CN']}</p>",
        },
        specifications=(contents,), kind=first.kind,
        category_path=(_TOP, CategoryName(f"{department.slug}-sets", {
            "en": f"{department.title['en']}: sets", "zh-CN": f"{department.title['zh-CN']}套装",
        })),
        product_type="set", tags=("set",), variants=(_variant(slug, held, counts),),
        media=tuple(each.media[0] for each in held), publish=True,
    )  # fmt: skip


def _variant(slug: str, held: tuple[ProductDraft, ...], counts: list[int]) -> VariantDraft:
    alone = {
        market: Money.sum((each.variants[0].prices[market] * n for each, n in zip(held, counts, strict=True)), currency)
        for market, currency in _markets(held).items()
    }
    euros = Decimal(alone["EU"].text) * REDUCED_TO
    prices = {market: min(price_in(euros, market), together) for market, together in alone.items()}
    return VariantDraft(
        sku=f"SET-{hashlib.sha256(slug.encode()).hexdigest()[:8].upper()}", prices=prices,
        compare_at={market: together for market, together in alone.items() if together > prices[market]},
        components=tuple(Component(each.variants[0].sku, n) for each, n in zip(held, counts, strict=True)),
    )  # fmt: skip


def _markets(held: tuple[ProductDraft, ...]) -> dict[str, str]:
    """The markets where everything is sold, with their currencies."""
    first = held[0].variants[0].prices
    everywhere = [market for market in first if all(market in each.variants[0].prices for each in held)]
    return {market: first[market].currency for market in everywhere}


def _units(draft: ProductDraft) -> int:
    return 2 if draft.variants[0].prices["EU"] < CHEAP else 1
