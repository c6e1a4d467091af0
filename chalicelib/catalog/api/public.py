"""What shoppers see: lists, product pages, categories, brands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from chalicelib.catalog import service
from chalicelib.catalog.domain import (
    Brand,
    Category,
    GoodsKind,
    Media,
    Product,
    UnitMeasure,
    Variant,
    facet,
    missing,
    sifts,
    text_in,
)
from chalicelib.catalog.domain.pictures import picture
from chalicelib.catalog.domain.settings import DEFAULT_MARKET, NEW_FOR_DAYS
from chalicelib.catalog.items import BRAND, CATEGORY, LISTING, ListingCard, list_key
from chalicelib.catalog.service.taxonomy import Branch
from chalicelib.core.errors import NotFound
from chalicelib.core.http import PUBLIC, Id, Model, MoneyField, Page, Query, Request, Response
from chalicelib.core.table import PAGE_LIMIT
from chalicelib.markets import service as markets

from .door import routes

MarketCode = Annotated[
    str, Field(pattern="^([A-Z]{2})?$", description="Market code; the shop's default when left out.")
]


class Sort(StrEnum):
    """Orders of a product list (CAT-12)."""

    NEWEST = "newest"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"


class PageQuery(Model):
    """At the prices of which market."""

    market: MarketCode = ""


class ProductQuery(Query):
    """Which products, in which order, at the prices of which market."""

    market: MarketCode = ""
    category: Annotated[Id | None, Field(description="Products of this category and all below it.")] = None
    brand: Id | None = None
    kind: GoodsKind | None = None
    bundle: Annotated[bool, Field(description="Only products that are bundles (CAT-04).")] = False
    sort: Sort = Sort.NEWEST

    def wants(self, card: ListingCard) -> bool:
        """Whether a product of a list passes all filters."""
        return (
            (not self.category or self.category in card.categories)
            and (not self.brand or self.brand == card.brand)
            and (not self.kind or self.kind == card.kind)
            and (not self.bundle or card.bundle)
        )


class BrandRef(Model):
    """A brand as a product names it."""

    slug: str
    name: str


class ListedProduct(Model):
    """A product in a list, with its lowest price in the market."""

    slug: str
    title: str
    image: str
    brand: BrandRef | None
    category: str
    kind: GoodsKind
    fresh: bool
    bundle: bool
    variants: int
    price: MoneyField
    highest_price: MoneyField
    compare_at: MoneyField | None
    published_at: datetime
    new: bool

    @classmethod
    def of(cls, card: ListingCard, language: str, now: datetime, new_days: int) -> ListedProduct:
        brand = BrandRef(slug=card.brand, name=card.brand_name) if card.brand else None
        return cls(
            slug=card.product, title=text_in(card.title, language), image=card.image, brand=brand,
            category=card.category,
            kind=GoodsKind(card.kind), fresh=card.fresh, bundle=card.bundle, variants=card.variants, price=card.price,
            highest_price=card.highest, compare_at=card.compare_at, published_at=card.published_at,
            new=now - card.published_at <= timedelta(days=new_days),
        )  # fmt: skip


class MediaView(Model):
    """A picture or film; `large` is the rendition for zooming."""

    url: str
    large: str
    kind: str
    alt: str

    @classmethod
    def of(cls, media: Media, language: str) -> MediaView:
        return cls(url=media.url, large=media.large or media.url, kind=media.kind, alt=text_in(media.alt, language))


class NameValue(Model):
    """A row of the table of specifications."""

    name: str
    value: str


class OptionValueView(Model):
    """One choice of an option."""

    code: str
    title: str


class OptionView(Model):
    """An option that the buyer must choose a value of."""

    code: str
    title: str
    values: Sequence[OptionValueView]


class UnitMeasureView(Model):
    """What the unit price refers to."""

    total: str
    unit: str
    base: str
    base_unit: str

    @classmethod
    def of(cls, measure: UnitMeasure) -> UnitMeasureView:
        return cls(total=f"{measure.total:f}", unit=measure.unit, base=f"{measure.base:f}", base_unit=measure.base_unit)


class ComponentView(Model):
    """What one unit of a bundle holds of an article, and what that costs alone; no price: it is not on sale now."""

    sku: str
    product: str
    title: str
    image: str
    quantity: int
    price: MoneyField | None


class VariantView(Model):
    """A variant that may be bought in the market; a bundle while all its `components` are on sale (CAT-04)."""

    sku: str
    title: str
    options: dict[str, str]
    image: str
    price: MoneyField
    compare_at: MoneyField | None
    barcode: str
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    unit_measure: UnitMeasureView | None
    components: Sequence[ComponentView]
    complete: Annotated[bool, Field(description="False: something the bundle holds is not on sale here now.")]

    @classmethod
    def of(cls, variant: Variant, parts: Mapping[str, Variant], market: str, language: str) -> VariantView:
        return cls(
            sku=variant.sku, title=text_in(variant.title, language), options=variant.options, image=variant.image,
            price=variant.prices[market], compare_at=variant.compare_at.get(market), barcode=variant.barcode,
            weight_g=variant.weight_g, length_mm=variant.length_mm, width_mm=variant.width_mm,
            height_mm=variant.height_mm,
            unit_measure=UnitMeasureView.of(variant.unit_measure) if variant.unit_measure else None,
            components=[
                ComponentView(
                    sku=part.sku, product=part.product, title=text_in(part.title, language), image=part.image,
                    quantity=each.quantity, price=part.price(market),
                )
                for each in variant.components if (part := parts.get(each.sku)) is not None
            ],
            complete=not missing(variant, parts, market),
        )  # fmt: skip


class ProductPage(Model):
    """A product page in one language, with the prices of one market."""

    slug: str
    market: str
    title: str
    description: str
    specifications: Sequence[NameValue]
    kind: GoodsKind
    category_path: Sequence[str]
    brand: BrandRef | None
    tags: Sequence[str]
    seller: str
    options: Sequence[OptionView]
    variants: Sequence[VariantView]
    media: Sequence[MediaView]
    fresh: bool
    size_class: str
    origin: str
    return_rule: str
    languages: Sequence[str]
    published_at: datetime | None
    seo_title: str
    seo_description: str

    @classmethod
    def of(cls, product: Product, parts: Mapping[str, Variant], market: str, language: str) -> ProductPage:
        first = product.variants[0]
        used = {(code, value) for variant in product.variants for code, value in variant.options.items()}
        return cls(
            slug=product.slug, market=market, title=text_in(product.title, language),
            description=text_in(product.description, language),
            specifications=[
                NameValue(name=text_in(row.name, language), value=text_in(row.value, language))
                for row in product.specifications
            ],
            kind=product.kind, category_path=product.category_path,
            brand=BrandRef(slug=product.brand, name=product.brand_name) if product.brand else None,
            tags=product.tags, seller=product.seller,
            options=[
                OptionView(
                    code=option.code, title=text_in(option.title, language),
                    values=[
                        OptionValueView(code=value.code, title=text_in(value.title, language))
                        for value in option.values if (option.code, value.code) in used
                    ],
                )
                for option in product.options
            ],
            variants=[VariantView.of(variant, parts, market, language) for variant in product.variants],
            media=[MediaView.of(media, language) for media in product.media],
            fresh=first.fresh, size_class=first.size_class, origin=first.origin, return_rule=first.return_rule,
            languages=sorted(product.title), published_at=product.published_at,
            seo_title=text_in(product.seo_title or product.title, language),
            seo_description=text_in(product.seo_description, language),
        )  # fmt: skip


class CategoryView(Model):
    """A category with what is below it."""

    slug: str
    title: str
    path: Sequence[str]
    children: Sequence[CategoryView]

    @classmethod
    def of(cls, branch: Branch, language: str) -> CategoryView:
        category = branch.category
        return cls(
            slug=category.slug, title=text_in(category.title, language), path=category.path,
            children=[cls.of(child, language) for child in branch.children],
        )  # fmt: skip


class CategoryTree(Model):
    """The categories of the shop, as a tree."""

    categories: Sequence[CategoryView]


class BrandView(Model):
    """A brand and its page."""

    slug: str
    name: str
    description: str
    logo: str
    country: str

    @classmethod
    def of(cls, brand: Brand, language: str) -> BrandView:
        return cls(
            slug=brand.slug, name=brand.name, description=text_in(brand.description, language), logo=brand.logo,
            country=brand.country,
        )  # fmt: skip


@routes.get("/products", access=PUBLIC)
def list_products(request: Request, query: ProductQuery) -> Page[ListedProduct]:
    """List products on sale in a market, by publication time or price (CAT-02, CAT-07, CAT-12).

    `category` includes everything below it; the filters combine. When they do, a page may hold fewer products than
    `limit` before the last one; only an absent `next` means the end.
    """
    market = markets.market(query.market or request.uow.setting(DEFAULT_MARKET)).code
    filters = (query.category or "", query.brand or "", query.kind or "", "yes" if query.bundle else "")
    page = request.page(
        LISTING,
        "gsi2" if query.sort is Sort.NEWEST else "gsi1",
        list_key(market, facet(*filters)),
        limit=query.limit,
        cursor=query.cursor,
        newest_first=query.sort is not Sort.PRICE_ASC,
        keep=query.wants if sifts(*filters) else None,
    )
    if not page.items and page.next is None:  # nothing there, or no such thing
        if query.category:
            request.uow.get(CATEGORY, query.category)
        if query.brand:
            request.uow.get(BRAND, query.brand)
    new_days = request.uow.setting(NEW_FOR_DAYS)
    items = [ListedProduct.of(card, request.language, request.now, new_days) for card in page.items]
    return Page[ListedProduct](items=items, next=page.next)


@routes.get("/products/{slug}", access=PUBLIC)
def read_product(request: Request, slug: str, query: PageQuery) -> ProductPage:
    """The product page: texts in the caller's language, variants and prices of the market (CAT-05, CAT-09, CAT-14).

    A bundle shows what it holds (CAT-04).
    """
    market = markets.market(query.market or request.uow.setting(DEFAULT_MARKET)).code
    product = service.page_of(request.uow, slug, market)
    return ProductPage.of(product, service.components(request.uow, product.variants), market, request.language)


@routes.get("/media/{name}", access=PUBLIC)
def read_picture(request: Request, name: str) -> Response:
    """A picture of the example catalogue, drawn from its name (CAT-09, CAT-10). It never changes."""
    drawing = picture(name)
    if drawing is None:
        raise NotFound("picture", name)
    headers = {
        "Content-Type": "image/svg+xml",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    }
    return Response(drawing, 200, headers)


@routes.get("/categories", access=PUBLIC)
def list_categories(request: Request) -> CategoryTree:
    """The tree of categories that the storefront shows (CAT-02)."""
    tree = service.category_tree(all_cards(request, CATEGORY, "CATEGORIES"))
    return CategoryTree(categories=[CategoryView.of(branch, request.language) for branch in tree])


@routes.get("/brands", access=PUBLIC)
def list_brands(request: Request, query: Query) -> Page[BrandView]:
    """The brands of the shop, by name (CAT-07)."""
    page = request.page(BRAND, "gsi1", "BRANDS", limit=query.limit, cursor=query.cursor)
    return Page[BrandView](items=[BrandView.of(brand, request.language) for brand in page.items], next=page.next)


@routes.get("/brands/{slug}", access=PUBLIC)
def read_brand(request: Request, slug: str) -> BrandView:
    """A brand's page; its products are `GET /products?brand=…` (CAT-07)."""
    return BrandView.of(request.uow.get(BRAND, slug), request.language)


def all_cards(request: Request, kind: Any, pk: str) -> list[Category]:
    """Every card of a short list, page by page."""
    found: list[Category] = []
    cursor: str | None = ""
    while cursor is not None:
        page = request.page(kind, "gsi1", pk, limit=PAGE_LIMIT, cursor=cursor)
        found += page.items
        cursor = page.next
    return found
