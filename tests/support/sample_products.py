"""Products for tests: complete enough to go on sale, and different where a test says so."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog.domain import CategoryName, Option, OptionValue, ProductDraft, VariantDraft
from chalicelib.core.money import Money

SIZE = Option("size", {"en": "Size"}, tuple(OptionValue(code, {"en": code.upper()}) for code in ("s", "m", "l")))


def variant(sku: str, cents: int = 1990, **changes: Any) -> VariantDraft:
    """A variant with prices in the EU and in Japan."""
    given: dict[str, Any] = {
        "prices": {"EU": Money(cents, "EUR"), "JP": Money(cents * 2, "JPY")},
        "declared": Money(cents // 2 + 1, "EUR"),
        "weight_g": 300,
        "length_mm": 200,
        "width_mm": 150,
        "height_mm": 50,
    }
    return VariantDraft(sku, **{**given, **changes})


def product(slug: str, *variants: VariantDraft, **changes: Any) -> ProductDraft:
    """A mug to be published, under home/kitchen, of the brand Nordlicht."""
    given: dict[str, Any] = {
        "title": {"en": f"Mug {slug}", "zh-CN": f"马克杯 {slug}"},
        "description": {"en": "<p>Holds tea.</p>"},
        "category_path": (CategoryName("home", {"en": "Home"}), CategoryName("kitchen", {"en": "Kitchen"})),
        "brand": "nordlicht",
        "brand_name": "Nordlicht",
        "variants": variants or (variant(f"{slug}-1"),),
        "hs_code": "691200",
        "origin": "CN",
        "publish": True,
    }
    return ProductDraft(slug, **{**given, **changes})


def many(slug: str, count: int, first: int = 0, **changes: Any) -> ProductDraft:
    """A product with so many variants, one per size number."""
    numbers = range(first, first + count)
    sizes = Option("size", {"en": "Size"}, tuple(OptionValue(f"n{number}", {"en": str(number)}) for number in numbers))
    variants = (variant(f"{slug}-{number}", options={"size": f"n{number}"}, **changes) for number in numbers)
    return product(slug, *variants, options=(sizes,))


def in_sizes(slug: str, cents: dict[str, int], **changes: Any) -> ProductDraft:
    """A product in several sizes, each with its price."""
    variants = (variant(f"{slug}-{size}", price, options={"size": size}) for size, price in cents.items())
    return product(slug, *variants, options=(SIZE,), **changes)
