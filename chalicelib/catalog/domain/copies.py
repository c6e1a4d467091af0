"""What a product has taken over from others: the name of its brand, the titles of its options, what its bundles hold.

A product page and a list are one read each because of these copies. They follow what they were taken from: a new name
goes through the products portion by portion (`Renaming`), and every change of a product is followed by another look at
it and at the bundles that hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from .bundle import completed
from .draft import variant_title
from .product import Option, Product, Status, Variant

#: The lists of all products, in the order in which a new name goes through them.
LISTS: Final = tuple(Status)


@dataclass(frozen=True, slots=True)
class Renaming:
    """The way of a new name through the products.

    Args:
        id: follows from the event that told the name.
        brand: the brand whose products are looked at; "" for all products.
        lists: the lists of products that are not through yet.
        start: where the first of them goes on; nothing at its beginning.
        step: portions that are done; who wants to do another one names it, so that it is done once.
        changed: products that were brought up to date.
        expires_at: from when on it may be cleaned away.
    """

    id: str
    brand: str
    expires_at: datetime
    lists: tuple[Status, ...] = LISTS
    start: dict[str, str] = field(default_factory=dict)
    step: int = 0
    changed: int = 0

    @property
    def done(self) -> bool:
        """Whether all lists are through."""
        return not self.lists

    def moved(self, rest: Mapping[str, str] | None, changed: int) -> Renaming:
        """After a portion.

        Args:
            rest: where the list goes on; None at its end.
            changed: how many products of the portion were brought up to date.
        """
        lists = self.lists if rest else self.lists[1:]
        return replace(self, lists=lists, start=dict(rest or {}), step=self.step + 1, changed=self.changed + changed)


def up_to_date(
    product: Product, brand_name: str, options: Mapping[str, Option], parts: Mapping[str, Variant]
) -> Product:
    """A product with what others are called now, and what its bundles hold now (CAT-04, CAT-05, CAT-07).

    Args:
        options: the maintained options by code; one that is not among them stays as it is.
        parts: what its bundles are made of, by SKU.
    """
    used = tuple(_only_used(option, options.get(option.code)) for option in product.options)
    variants = tuple(_retitled(product, variant, used) for variant in product.variants)
    return completed(replace(product, brand_name=brand_name, options=used, variants=variants), parts)


def _only_used(kept: Option, maintained: Option | None) -> Option:
    return maintained.only({value.code for value in kept.values}) if maintained else kept


def _retitled(product: Product, variant: Variant, options: tuple[Option, ...]) -> Variant:
    """A former variant, whose choices the product no longer offers, keeps its title."""
    offered = {option.code: {value.code for value in option.values} for option in options}
    known = variant.options.keys() == offered.keys() and all(
        value in offered[code] for code, value in variant.options.items()
    )
    return replace(variant, title=variant_title(product.title, variant.options, options)) if known else variant
