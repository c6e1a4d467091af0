"""How the catalogue is kept.

| item | pk | sk | gsi1 | gsi2 |
| --- | --- | --- | --- | --- |
| product | `PRODUCT#<slug>` | `PRODUCT` | `PRODUCTS#<status>` / slug | `HOLDING` / slug, only with bundles |
| listing | `PRODUCT#<slug>` | `LISTING#<market>#<slot>` | `LIST#<market>#<facet>` / price | the same / publication |
| variant | `SKU#<sku>` | `VARIANT` | | |
| category | `CATEGORY#<slug>` | `CATEGORY` | `CATEGORIES` / path | |
| brand | `BRAND#<slug>` | `BRAND` | `BRANDS` / slug | |
| option | `OPTION#<code>` | `OPTION` | `OPTIONS` / code | |
| import | `IMPORT#<id>` | `IMPORT` | `IMPORTS` / start | |
| renaming | `RENAMING#<id>` | `RENAMING` | | |
| outcome | `IMPORT#<id>` | `OUTCOME#<key>` | `IMPORT#<id>` / line, only with something to say | |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.money import Money
from chalicelib.core.table import Index, Key, Kind

from .domain import (
    Brand,
    Category,
    Import,
    Listing,
    Option,
    Outcome,
    Product,
    Renaming,
    Status,
    Texts,
    Variant,
    component_skus,
)


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product in the lists of staff, and in the list of those whose bundles hold others.

    Args:
        holds: the SKUs its bundles are made of.
    """

    slug: str
    title: Texts
    status: str
    kind: str
    category: str
    brand: str
    variants: int
    holds: tuple[str, ...] = ()

    @classmethod
    def of(cls, product: Product) -> ProductCard:
        return cls(
            product.slug,
            product.title,
            product.status,
            product.kind,
            product.category,
            product.brand,
            len(product.variants),
            component_skus(variant for variant in product.variants if variant.status is not Status.ARCHIVED),
        )


@dataclass(frozen=True, slots=True)
class ListingCard:
    """A product in a list of the storefront."""

    product: str
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

    @classmethod
    def of(cls, row: Listing) -> ListingCard:
        return cls(
            row.product, row.title, row.image, row.brand, row.brand_name, row.category, row.kind, row.fresh,
            row.variants, row.price, row.highest, row.compare_at, row.published_at, row.categories, row.bundle,
        )  # fmt: skip


#: Partition of the products with bundles in gsi2: where one looks for who holds a SKU.
HOLDING: Final = "HOLDING"


def products_list(status: str) -> str:
    """Partition of all products in a state in gsi1."""
    return f"PRODUCTS#{status}"


def list_key(market: str, facet: str) -> str:
    """Partition of a list in both of its indexes."""
    return f"LIST#{market}#{facet}"


PRODUCT: Final = Kind(
    "product", Product,
    key=lambda slug: Key(f"PRODUCT#{slug}", "PRODUCT"),
    of=lambda product: Key(f"PRODUCT#{product.slug}", "PRODUCT"),
    index=lambda product: Index(
        gsi1=(products_list(product.status), product.slug),
        gsi2=(HOLDING, product.slug) if any(variant.is_bundle for variant in product.variants) else None,
    ),
    card=ProductCard.of, card_type=ProductCard,
)  # fmt: skip

VARIANT: Final = Kind(
    "variant", Variant,
    key=lambda sku: Key(f"SKU#{sku}", "VARIANT"),
    of=lambda variant: Key(f"SKU#{variant.sku}", "VARIANT"),
)  # fmt: skip

LISTING: Final = Kind(
    "listing", Listing,
    key=lambda slug, market, slot: Key(f"PRODUCT#{slug}", f"LISTING#{market}#{slot}"),
    of=lambda row: Key(f"PRODUCT#{row.product}", f"LISTING#{row.market}#{row.slot}"),
    index=lambda row: Index(
        gsi1=(list_key(row.market, row.facet), f"{row.price.minor:013d}#{row.product}"),
        gsi2=(list_key(row.market, row.facet), f"{stamp(row.published_at)}#{row.product}"),
    ),
    card=ListingCard.of, card_type=ListingCard,
)  # fmt: skip

CATEGORY: Final = Kind(
    "category", Category,
    key=lambda slug: Key(f"CATEGORY#{slug}", "CATEGORY"),
    of=lambda category: Key(f"CATEGORY#{category.slug}", "CATEGORY"),
    index=lambda category: Index(gsi1=("CATEGORIES", "/".join(category.path))),
    card=lambda category: category, card_type=Category,
)  # fmt: skip

BRAND: Final = Kind(
    "brand", Brand,
    key=lambda slug: Key(f"BRAND#{slug}", "BRAND"),
    of=lambda brand: Key(f"BRAND#{brand.slug}", "BRAND"),
    index=lambda brand: Index(gsi1=("BRANDS", brand.slug)),
    card=lambda brand: Brand(brand.slug, brand.name, logo=brand.logo, country=brand.country), card_type=Brand,
)  # fmt: skip

OPTION: Final = Kind(
    "option", Option,
    key=lambda code: Key(f"OPTION#{code}", "OPTION"),
    of=lambda option: Key(f"OPTION#{option.code}", "OPTION"),
    index=lambda option: Index(gsi1=("OPTIONS", option.code)),
    card=lambda option: option, card_type=Option,
)  # fmt: skip

IMPORT: Final = Kind(
    "import", Import,
    key=lambda import_id: Key(f"IMPORT#{import_id}", "IMPORT"),
    of=lambda started: Key(f"IMPORT#{started.id}", "IMPORT"),
    index=lambda started: Index(gsi1=("IMPORTS", f"{stamp(started.started_at)}#{started.id}")),
    card=lambda started: started, card_type=Import,
)  # fmt: skip

RENAMING: Final = Kind(
    "renaming", Renaming,
    key=lambda renaming_id: Key(f"RENAMING#{renaming_id}", "RENAMING"),
    of=lambda renaming: Key(f"RENAMING#{renaming.id}", "RENAMING"),
    index=lambda renaming: Index(expires=renaming.expires_at),
)  # fmt: skip

OUTCOME: Final = Kind(
    "outcome", Outcome,
    key=lambda import_id, key: Key(f"IMPORT#{import_id}", f"OUTCOME#{key}"),
    of=lambda outcome: Key(f"IMPORT#{outcome.import_id}", f"OUTCOME#{outcome.key}"),
    index=lambda outcome: Index(
        gsi1=(f"IMPORT#{outcome.import_id}", f"{outcome.line:09d}") if outcome.errors or outcome.notes else None
    ),
    card=lambda outcome: outcome, card_type=Outcome,
)  # fmt: skip
