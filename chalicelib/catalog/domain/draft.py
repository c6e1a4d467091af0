"""What somebody hands in as a product, the rules it must keep, and the product that comes out.

The same draft is the body of the staff routes, a line of our JSON Lines files and the outcome of reading a CSV file.
All that is wrong with it is said at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.core.errors import FieldError, Invalid, RuleRefused
from chalicelib.core.ids import is_id
from chalicelib.core.money import LIMIT, Money

from .bundle import MAX_BUNDLES, component_errors, unsellable
from .product import (
    MAX_CATEGORY_DEPTH,
    MAX_MEDIA,
    MAX_OPTIONS,
    MAX_VARIANTS,
    Component,
    GoodsKind,
    Media,
    Option,
    Product,
    SizeClass,
    Specification,
    Status,
    Texts,
    UnitMeasure,
    Variant,
    measure_errors,
    text_in,
)
from .taxonomy import COUNTRY, Category, is_picture, slug_errors, texts_errors

RETURN_RULES: Final = ("standard", "unopened", "none")
TAX_CATEGORIES: Final = ("standard", "reduced_food", "books", "children", "medical", "digital", "exempt")
_HS_CODE: Final = re.compile(r"(?:0[1-9]|[1-9][0-9])[0-9]{4}(?:[0-9]{2}){0,2}")
#: Beyond these a number is a typing error: one tonne, five metres.
HEAVIEST_G: Final = 1_000_000
LONGEST_MM: Final = 5_000
_NOTHING: Final[Mapping[str, Variant]] = {}


@dataclass(frozen=True, slots=True)
class CategoryName:
    """A category on the way from the root, with its titles in case it does not exist yet."""

    slug: str
    title: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """A variant as handed in. What is left empty is taken from the product.

    Args:
        options: option code → value code.
        stock: location → units, opening stock that an import declares.
        components: what a bundle holds (CAT-04); then stock, customs data and weight are those of the components.
    """

    sku: str
    options: dict[str, str] = field(default_factory=dict)
    prices: dict[str, Money] = field(default_factory=dict)
    compare_at: dict[str, Money] = field(default_factory=dict)
    declared: Money | None = None
    hs_code: str = ""
    origin: str = ""
    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    barcode: str = ""
    image: str = ""
    tax_category: str = ""
    archived: bool = False
    unit_measure: UnitMeasure | None = None
    stock: dict[str, int] = field(default_factory=dict)
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product as handed in.

    Args:
        category: slug of the category it hangs in. Imports give the whole `category_path` instead, so that categories
            which do not exist yet can be made.
        options: the options it uses. Staff name maintained ones; imports also give titles, so that new ones can be
        made. publish: put it on sale at once, if it is complete enough for that.
    """

    slug: str
    title: Texts
    description: Texts = field(default_factory=dict)
    specifications: tuple[Specification, ...] = ()
    kind: GoodsKind = GoodsKind.PHYSICAL
    category: str = ""
    category_path: tuple[CategoryName, ...] = ()
    brand: str = ""
    brand_name: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    variants: tuple[VariantDraft, ...] = ()
    media: tuple[Media, ...] = ()
    hs_code: str = ""
    origin: str = ""
    fresh: bool = False
    size_class: SizeClass = SizeClass.SMALL
    tax_category: str = "standard"
    return_rule: str = "standard"
    seller: str = ""
    seo_title: Texts = field(default_factory=dict)
    seo_description: Texts = field(default_factory=dict)
    publish: bool = False
    fragile: bool = False

    @property
    def leaf(self) -> str:
        """Slug of the category it hangs in."""
        return self.category_path[-1].slug if self.category_path else self.category


def draft_errors(draft: ProductDraft) -> list[FieldError]:
    """Everything that is wrong with a draft, whether or not it is to be published."""
    errors = slug_errors(draft.slug, "/slug")
    errors += texts_errors(draft.title, "/title", 255)
    errors += texts_errors(draft.description, "/description", 50_000, needed=False)
    errors += texts_errors(draft.seo_title, "/seo_title", 255, needed=False)
    errors += texts_errors(draft.seo_description, "/seo_description", 1_000, needed=False)
    errors += _classification_errors(draft)
    errors += _option_errors(draft)
    errors += _media_errors(draft)
    if not 1 <= len(draft.variants) <= MAX_VARIANTS:
        errors.append(FieldError("/variants", f"must be 1 to {MAX_VARIANTS}"))
    for number, variant in enumerate(draft.variants):
        errors += _variant_errors(variant, draft, f"/variants/{number}")
    errors += _bundle_errors(draft)
    errors += _twins(draft)
    return errors


def _classification_errors(draft: ProductDraft) -> list[FieldError]:
    errors = []
    if not draft.leaf:
        errors.append(FieldError("/category", "must be given"))
    if len(draft.category_path) > MAX_CATEGORY_DEPTH:
        errors.append(FieldError("/category_path", f"has more than {MAX_CATEGORY_DEPTH} levels"))
    for number, node in enumerate(draft.category_path):
        errors += slug_errors(node.slug, f"/category_path/{number}/slug")
    if draft.brand:
        errors += slug_errors(draft.brand, "/brand")
    for number, specification in enumerate(draft.specifications):
        errors += texts_errors(specification.name, f"/specifications/{number}/name", 120)
        errors += texts_errors(specification.value, f"/specifications/{number}/value", 2_000)
    if len(draft.tags) > 100 or any(not 1 <= len(tag) <= 80 for tag in draft.tags):
        errors.append(FieldError("/tags", "must be at most 100 of 1 to 80 characters"))
    if draft.tax_category not in TAX_CATEGORIES:
        errors.append(FieldError("/tax_category", f"must be one of {', '.join(TAX_CATEGORIES)}"))
    if draft.return_rule not in RETURN_RULES:
        errors.append(FieldError("/return_rule", f"must be one of {', '.join(RETURN_RULES)}"))
    if draft.fresh and draft.kind is GoodsKind.VIRTUAL:
        errors.append(FieldError("/fresh", "virtual goods cannot be fresh"))
    if draft.fragile and draft.kind is GoodsKind.VIRTUAL:
        errors.append(FieldError("/fragile", "virtual goods cannot be fragile"))
    errors += _customs_errors(draft.hs_code, draft.origin, "")
    return errors


def _customs_errors(hs_code: str, origin: str, pointer: str) -> list[FieldError]:
    errors = []
    if hs_code and not _HS_CODE.fullmatch(hs_code):
        errors.append(FieldError(f"{pointer}/hs_code", "must have 6, 8 or 10 digits and a chapter from 01 to 99"))
    if origin and not COUNTRY.fullmatch(origin):
        errors.append(FieldError(f"{pointer}/origin", "must be an ISO 3166-1 alpha-2 code"))
    return errors


def _option_errors(draft: ProductDraft) -> list[FieldError]:
    errors = []
    codes = [option.code for option in draft.options]
    if len(codes) > MAX_OPTIONS or len(set(codes)) != len(codes):
        errors.append(FieldError("/options", f"must be at most {MAX_OPTIONS}, each once"))
    for number, option in enumerate(draft.options):
        errors += slug_errors(option.code, f"/options/{number}/code")
        for value in option.values:
            errors += slug_errors(value.code, f"/options/{number}/values/{value.code}")
    return errors


def _media_errors(draft: ProductDraft) -> list[FieldError]:
    errors = []
    if len(draft.media) > MAX_MEDIA:
        errors.append(FieldError("/media", f"must be at most {MAX_MEDIA}"))
    for number, media in enumerate(draft.media):
        for name, url in (("url", media.url), ("large", media.large)):
            if (url or name == "url") and not is_picture(url):
                errors.append(
                    FieldError(f"/media/{number}/{name}", "must be a path, an https or a data:image/ address")
                )
        if media.kind not in ("image", "video"):
            errors.append(FieldError(f"/media/{number}/kind", "must be image or video"))
        errors += texts_errors(media.alt, f"/media/{number}/alt", 512, needed=False)
    return errors


def _variant_errors(variant: VariantDraft, draft: ProductDraft, pointer: str) -> list[FieldError]:
    errors = []
    if not is_id(variant.sku) or len(variant.sku) > 64:
        errors.append(FieldError(f"{pointer}/sku", "must be 1 to 64 letters, digits and . _ ~ + - inside"))
    if set(variant.options) != {option.code for option in draft.options}:
        errors.append(FieldError(f"{pointer}/options", "must choose a value of every option of the product"))
    for option in draft.options:
        chosen = variant.options.get(option.code)
        if chosen is not None and option.value(chosen) is None:
            errors.append(FieldError(f"{pointer}/options/{option.code}", f"there is no value {chosen!r}"))
    errors += _price_errors(variant, pointer)
    errors += measure_errors(variant.unit_measure, f"{pointer}/unit_measure")
    for name, number, most in (
        ("weight_g", variant.weight_g, HEAVIEST_G), ("length_mm", variant.length_mm, LONGEST_MM),
        ("width_mm", variant.width_mm, LONGEST_MM), ("height_mm", variant.height_mm, LONGEST_MM),
    ):  # fmt: skip
        if not 0 <= number <= most:
            errors.append(FieldError(f"{pointer}/{name}", f"must be 0 to {most}"))
    if variant.image and not is_picture(variant.image):
        errors.append(FieldError(f"{pointer}/image", "must be a path, an https or a data:image/ address"))
    if len(variant.barcode) > 64:
        errors.append(FieldError(f"{pointer}/barcode", "is longer than 64 characters"))
    if variant.tax_category and variant.tax_category not in TAX_CATEGORIES:
        errors.append(FieldError(f"{pointer}/tax_category", f"must be one of {', '.join(TAX_CATEGORIES)}"))
    for location, units in variant.stock.items():
        if not is_id(location) or not 0 <= units <= 10**9:
            errors.append(FieldError(f"{pointer}/stock/{location}", "must be 0 to 1000000000 units at a location"))
    return errors + _customs_errors(variant.hs_code, variant.origin, pointer)


def _bundle_errors(draft: ProductDraft) -> list[FieldError]:
    errors = []
    if sum(bool(variant.components) for variant in draft.variants) > MAX_BUNDLES:
        errors.append(FieldError("/variants", f"must be at most {MAX_BUNDLES} bundles"))
    for number, variant in enumerate(draft.variants):
        if variant.components and variant.stock:
            errors.append(FieldError(f"/variants/{number}/stock", "a bundle has none of its own: its components have"))
        errors += component_errors(variant.components, variant.sku, f"/variants/{number}")
    return errors


def _price_errors(variant: VariantDraft, pointer: str) -> list[FieldError]:
    errors = []
    for market, price in variant.prices.items():
        if not 0 < price.minor <= LIMIT:
            errors.append(FieldError(f"{pointer}/prices/{market}", "must be more than nothing"))
    for market, former in variant.compare_at.items():
        now = variant.prices.get(market)
        if now is None or former.currency != now.currency or former <= now:
            errors.append(FieldError(f"{pointer}/compare_at/{market}", "must be above the price, in its currency"))
    if variant.declared is not None and not 0 < variant.declared.minor <= LIMIT:
        errors.append(FieldError(f"{pointer}/declared", "must be more than nothing"))
    return errors


def _twins(draft: ProductDraft) -> list[FieldError]:
    """SKUs, option choices and currencies that must be alike or different across the variants."""
    errors = []
    skus: set[str] = set()
    choices: set[tuple[tuple[str, str], ...]] = set()
    currencies: dict[str, str] = {}
    for number, variant in enumerate(draft.variants):
        choice = tuple(sorted(variant.options.items()))
        if variant.sku in skus:
            errors.append(FieldError(f"/variants/{number}/sku", "is there twice"))
        if choice in choices and not variant.archived:
            errors.append(FieldError(f"/variants/{number}/options", "another variant has the same"))
        skus.add(variant.sku)
        if not variant.archived:
            choices.add(choice)
        for market, price in variant.prices.items():
            if currencies.setdefault(market, price.currency) != price.currency:
                errors.append(
                    FieldError(f"/variants/{number}/prices/{market}", "differs in currency from another variant")
                )
    return errors


def product_of(
    draft: ProductDraft, category: Category, brand_name: str, options: Mapping[str, Option], before: Product | None
) -> Product:
    """The product a checked draft describes; its state and publication time are those of `before`.

    Variants that `before` had and the draft has not are archived, never forgotten: orders and stock still name them.

    Raises:
        Invalid: with everything that is wrong.
    """
    draft = replace(draft, options=tuple(_maintained(option, options) for option in draft.options))
    errors = draft_errors(draft)
    if errors:
        raise Invalid(*errors)
    status = before.status if before else Status.DRAFT
    used = tuple(option.only({variant.options[option.code] for variant in draft.variants}) for option in draft.options)
    variants = tuple(_variant(variant, draft, category.slug, used, status) for variant in draft.variants)
    kept = {variant.sku for variant in variants}
    gone = tuple(
        replace(variant, status=Status.ARCHIVED, retired=True)
        for variant in (before.variants if before else ())
        if variant.sku not in kept
    )
    if len(variants) + len(gone) > MAX_VARIANTS:
        raise Invalid(FieldError("/variants", f"with the {len(gone)} former ones they are more than {MAX_VARIANTS}"))
    return Product(
        slug=draft.slug, title=draft.title, description=draft.description, specifications=draft.specifications,
        kind=draft.kind, category=category.slug, category_path=category.path, brand=draft.brand,
        brand_name=brand_name, product_type=draft.product_type, tags=draft.tags, options=used,
        variants=variants + gone, media=draft.media, status=status,
        published_at=before.published_at if before else None, seller=draft.seller,
        seo_title=draft.seo_title, seo_description=draft.seo_description,
    )  # fmt: skip


def _maintained(wanted: Option, options: Mapping[str, Option]) -> Option:
    return options.get(wanted.code, wanted)


def _variant(
    draft: VariantDraft, product: ProductDraft, category: str, options: tuple[Option, ...], status: Status
) -> Variant:
    physical = product.kind is GoodsKind.PHYSICAL
    return Variant(
        sku=draft.sku, product=product.slug, title=variant_title(product.title, draft.options, options),
        options=draft.options, image=draft.image or _picture(product.media),
        prices=draft.prices, compare_at=draft.compare_at,
        status=Status.ARCHIVED if draft.archived else status, kind=product.kind,
        hs_code=(draft.hs_code or product.hs_code) if physical else "",
        origin=draft.origin or product.origin, declared=draft.declared,
        weight_g=draft.weight_g, length_mm=draft.length_mm, width_mm=draft.width_mm, height_mm=draft.height_mm,
        fresh=product.fresh, size_class=product.size_class, tax_category=draft.tax_category or product.tax_category,
        barcode=draft.barcode, brand=product.brand, category=category, return_rule=product.return_rule,
        unit_measure=draft.unit_measure, components=draft.components,
        fragile=product.fragile, retired=draft.archived,
    )  # fmt: skip


def _picture(media: Iterable[Media]) -> str:
    return next((each.url for each in media if each.kind == "image"), "")


def variant_title(title: Texts, chosen: Mapping[str, str], options: tuple[Option, ...]) -> Texts:
    """`Linen shirt (White, M)` in every language of the product."""
    texts = {}
    for language, text in title.items():
        values = [text_in(value.title, language) for option in options if (value := option.value(chosen[option.code]))]
        separator, opening, closing = ("、", "（", "）") if language.startswith("zh") else (", ", " (", ")")
        texts[language] = f"{text}{opening}{separator.join(values)}{closing}" if values else text
    return texts


def unpublishable(product: Product, parts: Mapping[str, Variant] = _NOTHING) -> list[FieldError]:
    """What a product still lacks before it may go on sale (CAT-01, CAT-04, CAT-16).

    Args:
        parts: what its bundles are made of, by SKU.
    """
    errors = unsellable(product, parts)
    live = [variant for variant in product.variants if variant.status is not Status.ARCHIVED]
    if not any(variant.prices for variant in live):
        errors.append(FieldError("/variants", "at least one needs a price in a market"))
    if product.kind is GoodsKind.VIRTUAL:
        return errors
    for number, variant in enumerate(live):
        if variant.is_bundle:
            continue
        for name, value in (
            ("hs_code", variant.hs_code), ("origin", variant.origin), ("declared", variant.declared),
            ("weight_g", variant.weight_g), ("length_mm", variant.length_mm),
            ("width_mm", variant.width_mm), ("height_mm", variant.height_mm),
        ):  # fmt: skip
            if not value:
                errors.append(FieldError(f"/variants/{number}/{name}", "is needed for customs and shipping"))
    return errors


def require_publishable(product: Product, parts: Mapping[str, Variant] = _NOTHING) -> None:
    """Refuse to put an incomplete product on sale.

    Raises:
        RuleRefused: with everything that is missing.
    """
    missing = unpublishable(product, parts)
    if missing:
        raise RuleRefused(
            "The product lacks what selling across borders needs.", rule="CAT-16",
            errors=[{"pointer": error.pointer, "detail": error.detail} for error in missing],
        )  # fmt: skip
