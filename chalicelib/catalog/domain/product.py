"""What a product is: one thing a shopper can find, sold as one or more variants (CAT-03, CAT-05)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.core.errors import FieldError, NotAllowed
from chalicelib.core.money import Money

#: A text in every language it exists in, by BCP 47 tag (CAT-14).
Texts = dict[str, str]

#: One transaction holds a product with its variants and all its rows in lists; these two keep it under 100 actions.
MAX_VARIANTS = 50
MAX_CATEGORY_DEPTH = 3
MAX_OPTIONS = 3
MAX_MEDIA = 30


class GoodsKind(StrEnum):
    """Physical goods are picked and shipped; virtual ones are delivered without a parcel (CAT-03)."""

    PHYSICAL = "physical"
    VIRTUAL = "virtual"


class SizeClass(StrEnum):
    """Large goods do not fit a pickup locker (CAT-15)."""

    SMALL = "small"
    LARGE = "large"


class Status(StrEnum):
    """Only what is active is listed and sold."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Command(StrEnum):
    """What staff may do with a product as a whole."""

    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    ARCHIVE = "archive"


#: (state, command) → state; every other pair is refused.
ALLOWED: Mapping[tuple[Status, Command], Status] = {
    (Status.DRAFT, Command.PUBLISH): Status.ACTIVE,
    (Status.DRAFT, Command.ARCHIVE): Status.ARCHIVED,
    (Status.ACTIVE, Command.WITHDRAW): Status.DRAFT,
    (Status.ACTIVE, Command.ARCHIVE): Status.ARCHIVED,
    (Status.ARCHIVED, Command.PUBLISH): Status.ACTIVE,
    (Status.ARCHIVED, Command.WITHDRAW): Status.DRAFT,
}


def text_in(texts: Mapping[str, str], language: str) -> str:
    """The text in a language, or the nearest there is: same primary language, then English, then any."""
    if language in texts:
        return texts[language]
    primary = language.split("-", maxsplit=1)[0]
    for tag, text in texts.items():
        if tag.split("-")[0] == primary:
            return text
    return texts.get("en") or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a film of the product (CAT-09).

    Args:
        url: a path of the shop, an https address or a `data:image/` address.
        large: the rendition for zooming (CAT-10).
        alt: what it shows, per language, for those who do not see it.
    """

    url: str
    kind: str = "image"
    alt: Texts = field(default_factory=dict)
    large: str = ""


@dataclass(frozen=True, slots=True)
class Specification:
    """One row of the table of specifications: what is measured, and the value (CAT-09, CAT-14)."""

    name: Texts
    value: Texts


@dataclass(frozen=True, slots=True)
class OptionValue:
    """One choice of an option: `red`, in every language."""

    code: str
    title: Texts


@dataclass(frozen=True, slots=True)
class Option:
    """A specification option such as colour, maintained by staff; a product uses some of its values (CAT-05)."""

    code: str
    title: Texts
    values: tuple[OptionValue, ...]

    def value(self, code: str) -> OptionValue | None:
        return next((value for value in self.values if value.code == code), None)

    def only(self, codes: set[str]) -> Option:
        """This option with just the values that a product uses, in the maintained order."""
        return replace(self, values=tuple(value for value in self.values if value.code in codes))

    def extended(self, other: Option) -> Option:
        """This option and whatever `other` has that it lacks; existing titles stay."""
        known = {value.code for value in self.values}
        return replace(self, values=self.values + tuple(value for value in other.values if value.code not in known))


@dataclass(frozen=True, slots=True)
class UnitMeasure:
    """What the unit price refers to: 250 ml in the pack, priced per 100 ml."""

    total: Decimal
    unit: str
    base: Decimal
    base_unit: str


def measure_errors(measure: UnitMeasure | None, pointer: str) -> list[FieldError]:
    """What is wrong with a measure: a price per nothing, or of nothing, is none."""
    errors = []
    for name, number in (("total", measure.total), ("base", measure.base)) if measure else ():
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -6 or not 0 < number <= 10**9:
            errors.append(FieldError(f"{pointer}/{name}", "must be above 0 and at most 1000000000, to 6 decimals"))
    for name, unit in (("unit", measure.unit), ("base_unit", measure.base_unit)) if measure else ():
        if not 1 <= len(unit) <= 20:
            errors.append(FieldError(f"{pointer}/{name}", "must have 1 to 20 characters"))
    return errors


@dataclass(frozen=True, slots=True)
class Component:
    """What one unit of a bundle holds of another SKU (CAT-04)."""

    sku: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Variant:
    """One sellable unit (SKU), with everything that selling, routing and customs need to know about it.

    Args:
        product: slug of the product it belongs to.
        title: product title and chosen options, per language.
        options: option code → value code; the buyer chooses them (CAT-05).
        image: a picture of its own, or the first one of its product.
        prices: market code → price there; no entry means not sold there. `compare_at` is the former price.
        hs_code: Harmonized System code, 6 to 10 digits; `origin` ISO 3166-1 alpha-2; `declared` value for customs
            (CAT-16).
        weight_g: packed weight in grams; lengths in millimetres, packed (CAT-16).
        fresh: chilled goods, never into a locker (CAT-15).
        tax_category: `standard`, `reduced_food`, `books`, `exempt` … as the tax tables know it.
        return_rule: `standard`, `unopened` or `none`.
        components: what a bundle holds; empty for everything else. A bundle has prices and a title of its own, but no
            stock and no customs data: those are its components'.
        fragile: leaves only in packaging that has passed its compression tests (FUL-18).
        lacking: of a bundle, the markets in which something that it holds was not on sale when that was last looked at;
            lists leave it out there. Whoever sells asks the components themselves.
        retired: taken out of its product by itself; it stays archived whatever becomes of the product.
    """

    sku: str
    product: str
    title: Texts
    options: dict[str, str]
    image: str
    prices: dict[str, Money]
    compare_at: dict[str, Money]
    status: Status
    kind: GoodsKind
    hs_code: str
    origin: str
    declared: Money | None
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    fresh: bool
    size_class: SizeClass
    tax_category: str
    barcode: str
    brand: str
    category: str
    return_rule: str
    unit_measure: UnitMeasure | None = None
    components: tuple[Component, ...] = ()
    fragile: bool = False
    lacking: tuple[str, ...] = ()
    retired: bool = False

    @property
    def is_bundle(self) -> bool:
        """Whether it is sold as one and made of several (CAT-04)."""
        return bool(self.components)

    def price(self, market: str) -> Money | None:
        """The price in a market, or None when it is not sold there now."""
        return self.prices.get(market) if self.status is Status.ACTIVE else None


@dataclass(frozen=True, slots=True)
class Product:
    """A product page: texts, media, specifications and the variants to choose from.

    Args:
        slug: its id and its address.
        category: the category it hangs in; `category_path` names the categories from the root to it (CAT-02).
        brand: slug of the brand, empty without one; `brand_name` as shown (CAT-07).
        product_type: the template of attributes it follows (CAT-06), free text.
        seller: empty when the shop itself sells it, else the seller's id (CAT-21).
        options: the options its variants differ by, with the titles of the values in use.
        published_at: when it was (last) put on sale; lists sort by it (CAT-12).
    """

    slug: str
    title: Texts
    description: Texts
    specifications: tuple[Specification, ...]
    kind: GoodsKind
    category: str
    category_path: tuple[str, ...]
    brand: str
    brand_name: str
    product_type: str
    tags: tuple[str, ...]
    options: tuple[Option, ...]
    variants: tuple[Variant, ...]
    media: tuple[Media, ...]
    status: Status
    published_at: datetime | None
    seller: str = ""
    seo_title: Texts = field(default_factory=dict)
    seo_description: Texts = field(default_factory=dict)

    def markets(self) -> list[str]:
        """The markets where at least one variant is on sale now."""
        return sorted({market for variant in self.variants for market in variant.prices if variant.price(market)})

    def on_sale(self, market: str) -> Iterator[Variant]:
        """The variants sold in a market now."""
        return (variant for variant in self.variants if variant.price(market) is not None)

    def listed(self, market: str) -> list[Variant]:
        """The variants that lists of a market show: those on sale, bundles only while they are complete (CAT-04)."""
        return [variant for variant in self.on_sale(market) if market not in variant.lacking]

    def has_retired(self, variant: Variant) -> bool:
        """Whether a variant was taken out by itself; some were before that was noted on them."""
        return variant.retired or (variant.status is Status.ARCHIVED and self.status is not Status.ARCHIVED)

    def decide(self, command: Command) -> Status:
        """The state a command leads to.

        Raises:
            NotAllowed: the product's state has no such arrow.
        """
        try:
            return ALLOWED[self.status, command]
        except KeyError:
            allowed = [possible for state, possible in ALLOWED if state is self.status]
            raise NotAllowed("product", self.status, command, allowed) from None

    def turned(self, status: Status, now: datetime) -> Product:
        """This product in another state, its variants with it; a variant archived on its own stays archived."""
        variants = tuple(
            replace(variant, status=Status.ARCHIVED, retired=True) if self.has_retired(variant)
            else replace(variant, status=status)
            for variant in self.variants
        )  # fmt: skip
        published = now if status is Status.ACTIVE and self.status is not Status.ACTIVE else self.published_at
        return replace(self, status=status, variants=variants, published_at=published)
