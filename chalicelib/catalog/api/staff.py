"""What product management does: products, categories, brands, options (CAT-01, CAT-19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from chalicelib.catalog import service
from chalicelib.catalog.domain import (
    Brand,
    Category,
    Command,
    GoodsKind,
    Option,
    OptionValue,
    Product,
    SizeClass,
    Status,
)
from chalicelib.catalog.items import CATEGORY, OPTION, PRODUCT, ProductCard
from chalicelib.catalog.service.products import SkuTaken
from chalicelib.core.http import Model, Page, Query, Request

from .bodies import (
    SHAPED,
    ComponentBody,
    MediaBody,
    ProductBody,
    SpecificationBody,
    TextsField,
    UnitMeasureBody,
    VariantBody,
)
from .door import PRODUCT_MANAGEMENT, routes
from .public import all_cards


class VariantAnswer(VariantBody):
    """A variant as it is kept."""

    status: Status
    title: TextsField


class ProductAnswer(Model):
    """A product as it is kept, in every language and market."""

    slug: str
    version: int
    status: Status
    published_at: datetime | None
    title: TextsField
    description: TextsField
    specifications: Sequence[SpecificationBody]
    kind: GoodsKind
    category_path: Sequence[str]
    brand: str
    product_type: str
    tags: Sequence[str]
    options: Sequence[str]
    variants: Sequence[VariantAnswer]
    media: Sequence[MediaBody]
    fresh: bool
    fragile: bool
    size_class: SizeClass
    return_rule: str
    seller: str
    seo_title: TextsField
    seo_description: TextsField

    @classmethod
    def of(cls, product: Product, version: int) -> ProductAnswer:
        first = product.variants[0]
        return cls(
            slug=product.slug,
            version=version,
            status=product.status,
            published_at=product.published_at,
            title=product.title,
            description=product.description,
            specifications=[SpecificationBody(name=row.name, value=row.value) for row in product.specifications],
            kind=product.kind,
            category_path=product.category_path,
            brand=product.brand,
            product_type=product.product_type,
            tags=product.tags,
            options=[option.code for option in product.options],
            variants=[
                VariantAnswer(
                    archived=product.has_retired(one),
                    unit_measure=UnitMeasureBody.of(one.unit_measure) if one.unit_measure else None,
                    components=[ComponentBody(sku=each.sku, quantity=each.quantity) for each in one.components],
                    **{name: getattr(one, name) for name in _VARIANT_FIELDS},
                )
                for one in product.variants
            ],
            media=[MediaBody(url=one.url, kind=one.kind, alt=one.alt, large=one.large) for one in product.media],
            fresh=first.fresh,
            fragile=first.fragile,
            size_class=first.size_class,
            return_rule=first.return_rule,
            seller=product.seller,
            seo_title=product.seo_title,
            seo_description=product.seo_description,
        )


_VARIANT_FIELDS = sorted(set(VariantAnswer.model_fields) - {"archived", *SHAPED})


class ProductRow(Model):
    """A product in the lists of staff."""

    slug: str
    title: TextsField
    status: Status
    kind: GoodsKind
    category: str
    brand: str
    variants: int

    @classmethod
    def of(cls, card: ProductCard) -> ProductRow:
        return cls(
            slug=card.slug,
            title=card.title,
            status=Status(card.status),
            kind=GoodsKind(card.kind),
            category=card.category,
            brand=card.brand,
            variants=card.variants,
        )


class StatusQuery(Query):
    """Which products staff look at."""

    status: Status = Status.DRAFT


class CategoryBody(Model):
    """A category; `parent` is empty at the root and never changes."""

    title: TextsField
    parent: str = ""
    position: int = 0
    visible: bool = True


class CategoryAnswer(CategoryBody):
    """A category as it is kept."""

    slug: str
    path: Sequence[str]

    @classmethod
    def of(cls, category: Category) -> CategoryAnswer:
        return cls(
            slug=category.slug,
            path=category.path,
            title=category.title,
            position=category.position,
            visible=category.visible,
            parent=category.path[-2] if len(category.path) > 1 else "",
        )


class Categories(Model):
    """All categories, hidden ones included, parents before children."""

    items: Sequence[CategoryAnswer]


class BrandBody(Model):
    """What a brand's page says."""

    name: str
    description: TextsField = {}
    logo: str = ""
    country: str = ""


class BrandAnswer(BrandBody):
    """A brand as it is kept."""

    slug: str


class ValueBody(Model):
    """One choice of an option."""

    code: str
    title: TextsField


class OptionBody(Model):
    """A specification option with its choices."""

    title: TextsField
    values: Sequence[ValueBody]


class OptionAnswer(OptionBody):
    """An option as it is kept."""

    code: str

    @classmethod
    def of(cls, option: Option) -> OptionAnswer:
        values = [ValueBody(code=value.code, title=value.title) for value in option.values]
        return cls(code=option.code, title=option.title, values=values)


def _answer(request: Request, product: Product) -> ProductAnswer:
    version = request.uow.version(PRODUCT, product)
    request.set_etag(version)
    return ProductAnswer.of(product, version)


@routes.get("/staff/catalog/products", access=PRODUCT_MANAGEMENT)
def list_products_of_staff(request: Request, query: StatusQuery) -> Page[ProductRow]:
    """List products by state, whatever their market (CAT-01)."""
    page = request.page(PRODUCT, "gsi1", f"PRODUCTS#{query.status}", limit=query.limit, cursor=query.cursor)
    return Page[ProductRow](items=[ProductRow.of(card) for card in page.items], next=page.next)


@routes.post("/staff/catalog/products", access=PRODUCT_MANAGEMENT, status=201, idempotent=True, errors=[SkuTaken])
def create_product(request: Request, body: ProductBody) -> ProductAnswer:
    """Take a new product into the catalogue, as a draft or on sale at once (CAT-01, CAT-16)."""
    return _answer(request, service.create(request.uow, body.draft()))


@routes.get("/staff/catalog/products/{slug}", access=PRODUCT_MANAGEMENT)
def read_product_of_staff(request: Request, slug: str) -> ProductAnswer:
    """A product in any state, with everything that is kept of it."""
    return _answer(request, service.product(request.uow, slug))


@routes.put("/staff/catalog/products/{slug}", access=PRODUCT_MANAGEMENT, errors=[SkuTaken])
def edit_product(request: Request, slug: str, body: ProductBody, if_match: int | None) -> ProductAnswer:
    """Replace what a product says; variants left out are archived (CAT-01). `If-Match` guards against a lost edit."""
    return _answer(request, service.edit(request.uow, slug, body.draft(), if_match))


@routes.post("/staff/catalog/products/{slug}/publish", access=PRODUCT_MANAGEMENT)
def publish_product(request: Request, slug: str, if_match: int | None) -> ProductAnswer:
    """Put a product on sale (CAT-01, CAT-19)."""
    return _answer(request, service.command(request.uow, slug, Command.PUBLISH, if_match))


@routes.post("/staff/catalog/products/{slug}/withdraw", access=PRODUCT_MANAGEMENT)
def withdraw_product(request: Request, slug: str, if_match: int | None) -> ProductAnswer:
    """Take a product off sale, to be worked on (CAT-01)."""
    return _answer(request, service.command(request.uow, slug, Command.WITHDRAW, if_match))


@routes.post("/staff/catalog/products/{slug}/archive", access=PRODUCT_MANAGEMENT)
def archive_product(request: Request, slug: str, if_match: int | None) -> ProductAnswer:
    """Retire a product (CAT-28); its SKUs stay known to the orders that name them."""
    return _answer(request, service.command(request.uow, slug, Command.ARCHIVE, if_match))


@routes.get("/staff/catalog/categories", access=PRODUCT_MANAGEMENT)
def list_categories_of_staff(request: Request) -> Categories:
    """All categories with their titles in every language (CAT-02)."""
    return Categories(items=[CategoryAnswer.of(one) for one in all_cards(request, CATEGORY, "CATEGORIES")])


@routes.put("/staff/catalog/categories/{slug}", access=PRODUCT_MANAGEMENT)
def put_category(request: Request, slug: str, body: CategoryBody) -> CategoryAnswer:
    """Make a category, or rename, re-order, show or hide one (CAT-02)."""
    category = service.put_category(
        request.uow, slug, body.title, parent=body.parent, position=body.position, visible=body.visible
    )
    return CategoryAnswer.of(category)


@routes.put("/staff/catalog/brands/{slug}", access=PRODUCT_MANAGEMENT)
def put_brand(request: Request, slug: str, body: BrandBody) -> BrandAnswer:
    """Make or change a brand and its page (CAT-07)."""
    brand = service.put_brand(request.uow, Brand(slug, body.name, body.description, body.logo, body.country))
    return BrandAnswer(
        slug=brand.slug, name=brand.name, description=brand.description, logo=brand.logo, country=brand.country
    )


@routes.get("/staff/catalog/options", access=PRODUCT_MANAGEMENT)
def list_options(request: Request, query: Query) -> Page[OptionAnswer]:
    """The specification options and their choices (CAT-05)."""
    page = request.page(OPTION, "gsi1", "OPTIONS", limit=query.limit, cursor=query.cursor)
    return Page[OptionAnswer](items=[OptionAnswer.of(option) for option in page.items], next=page.next)


@routes.put("/staff/catalog/options/{code}", access=PRODUCT_MANAGEMENT)
def put_option(request: Request, code: str, body: OptionBody) -> OptionAnswer:
    """Make or change a specification option (CAT-05)."""
    values = tuple(OptionValue(value.code, value.title) for value in body.values)
    return OptionAnswer.of(service.put_option(request.uow, Option(code, body.title, values)))
