"""Rows of product lists: which lists a product stands in, and where in each (CAT-02, CAT-07, CAT-12).

A list is a *facet* in a market: everything, one kind of goods, a brand, or a category. A product has one row per facet
and market where it is sold, sorted by publication time and by its lowest price there. The rows are a pure function of
the product, so they are written by the transaction that writes the product. Filters that are combined sift the smallest
list that holds them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.money import Money

from .product import Product, Status, Texts


@dataclass(frozen=True, slots=True)
class Listing:
    """One row of one list.

    Args:
        slot: which of the product's facets this row stands for (`category.2`, `brand` …). It is the row's identity,
            so that a product which changes its category overwrites its rows instead of leaving old ones behind.
        facet: the list it stands in now.
        bundle: whether a variant listed is a bundle (CAT-04).
        price: the lowest price of a variant on sale in the market; `compare_at` that variant's former price.
    """

    product: str
    market: str
    slot: str
    facet: str
    title: Texts
    image: str
    brand: str
    brand_name: str
    category: str
    kind: str
    fresh: bool
    variants: int
    price: Money
    highest: Money
    compare_at: Money | None
    published_at: datetime
    categories: tuple[str, ...] = ()
    bundle: bool = False

    @property
    def id(self) -> tuple[str, str, str]:
        return self.product, self.market, self.slot


def facet(category: str = "", brand: str = "", kind: str = "", bundle: str = "") -> str:
    """The list to look into for a filter: the shortest; a brand has fewer products than a category, that than a kind.

    Args:
        bundle: anything but "" looks for bundles only.
    """
    if bundle:
        return "BUNDLES"
    if brand:
        return f"BRAND#{brand}"
    if category:
        return f"CATEGORY#{category}"
    return f"KIND#{kind}" if kind else "ALL"


def sifts(category: str = "", brand: str = "", kind: str = "", bundle: str = "") -> bool:
    """Whether the list of a filter holds products that the filter does not want."""
    return sum(map(bool, (category, brand, kind, bundle))) > 1


def slots(product: Product, *, bundle: bool) -> Iterator[tuple[str, str]]:
    """The product's rows in one market, as (slot, facet).

    Args:
        bundle: whether one of its variants listed there is a bundle.
    """
    yield "all", facet()
    yield "kind", facet(kind=product.kind)
    if product.brand:
        yield "brand", facet(brand=product.brand)
    if bundle:
        yield "bundle", facet(bundle="yes")
    for level, category in enumerate(product.category_path, start=1):
        yield f"category.{level}", facet(category)


def listings(product: Product) -> dict[tuple[str, str, str], Listing]:
    """All rows of a product; none unless it is active, none where all it sells are bundles that lack something."""
    if product.status is not Status.ACTIVE or product.published_at is None:
        return {}
    rows = {}
    for market in product.markets():
        listed = product.listed(market)
        if not listed:
            continue
        cheapest = min(listed, key=lambda variant: variant.prices[market])
        bundle = any(variant.is_bundle for variant in listed)
        for slot, name in slots(product, bundle=bundle):
            row = Listing(
                product=product.slug, market=market, slot=slot, facet=name,
                title=product.title, image=cheapest.image,
                brand=product.brand, brand_name=product.brand_name, category=product.category, kind=product.kind,
                fresh=any(variant.fresh for variant in listed), variants=len(listed),
                price=cheapest.prices[market], highest=max(variant.prices[market] for variant in listed),
                compare_at=cheapest.compare_at.get(market), published_at=product.published_at,
                categories=product.category_path, bundle=bundle,
            )  # fmt: skip
            rows[row.id] = row
    return rows
