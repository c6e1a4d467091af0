"""How staff write a product: the bodies of the routes, and the draft that the rules of the catalogue judge."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from chalicelib.catalog.domain import (
    Component,
    GoodsKind,
    Media,
    Option,
    ProductDraft,
    SizeClass,
    Specification,
    UnitMeasure,
    VariantDraft,
)
from chalicelib.core.http import Id, Model, MoneyField

TextsField = Annotated[dict[str, str], Field(description="Texts by language tag.", examples=[{"en": "Scarf"}])]
Amounts = Annotated[dict[str, MoneyField], Field(description="Amounts by market code.")]
Count = Annotated[int, Field(ge=0)]
Quantity = Annotated[
    str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$", description="A plain decimal number.", examples=["250"])
]
UnitName = Annotated[str, Field(min_length=1, max_length=20)]


class MediaBody(Model):
    """A picture or film."""

    url: str
    kind: str = "image"
    alt: TextsField = {}
    large: str = ""


class SpecificationBody(Model):
    """A row of the table of specifications."""

    name: TextsField
    value: TextsField


class ComponentBody(Model):
    """What one unit of a bundle holds of another SKU (CAT-04)."""

    sku: Id
    quantity: Annotated[int, Field(ge=1)] = 1


class UnitMeasureBody(Model):
    """What a unit price refers to: `{"total": "250", "unit": "ml", "base": "100", "base_unit": "ml"}`."""

    total: Quantity
    unit: UnitName
    base: Quantity
    base_unit: UnitName

    @classmethod
    def of(cls, measure: UnitMeasure) -> UnitMeasureBody:
        return cls(total=f"{measure.total:f}", unit=measure.unit, base=f"{measure.base:f}", base_unit=measure.base_unit)

    def measure(self) -> UnitMeasure:
        """The measure as it is kept."""
        return UnitMeasure(Decimal(self.total), self.unit, Decimal(self.base), self.base_unit)


class VariantBody(Model):
    """A variant; what is left out is taken from the product."""

    sku: Id
    options: dict[str, str] = {}
    prices: Amounts = {}
    compare_at: Amounts = {}
    declared: MoneyField | None = None
    hs_code: str = ""
    origin: str = ""
    weight_g: Count = 0
    length_mm: Count = 0
    width_mm: Count = 0
    height_mm: Count = 0
    barcode: str = ""
    image: str = ""
    tax_category: str = ""
    archived: bool = False
    unit_measure: Annotated[UnitMeasureBody | None, Field(description="For a price per litre, kilogram …")] = None
    components: Annotated[Sequence[ComponentBody], Field(description="Of a bundle; it needs no customs data.")] = ()

    def draft(self) -> VariantDraft:
        """The draft of this variant."""
        plain = {name: getattr(self, name) for name in VariantBody.model_fields if name not in SHAPED}
        return VariantDraft(
            **plain,
            unit_measure=self.unit_measure.measure() if self.unit_measure else None,
            components=tuple(Component(one.sku, one.quantity) for one in self.components),
        )


#: Fields of a variant whose shape at the edge is not the one that is kept.
SHAPED = {"components", "unit_measure"}


class ProductBody(Model):
    """A product as staff write it. `options` are codes of maintained options."""

    slug: str
    title: TextsField
    description: TextsField = {}
    specifications: Sequence[SpecificationBody] = ()
    kind: GoodsKind = GoodsKind.PHYSICAL
    category: str
    brand: str = ""
    product_type: str = ""
    tags: Sequence[str] = ()
    options: Sequence[str] = ()
    variants: Sequence[VariantBody]
    media: Sequence[MediaBody] = ()
    hs_code: str = ""
    origin: str = ""
    fresh: bool = False
    size_class: SizeClass = SizeClass.SMALL
    tax_category: str = "standard"
    return_rule: str = "standard"
    seller: str = ""
    seo_title: TextsField = {}
    seo_description: TextsField = {}
    publish: bool = False
    fragile: Annotated[bool, Field(description="Leaves only in packaging that has passed its tests (FUL-18).")] = False

    def draft(self) -> ProductDraft:
        """The draft that the rules of the catalogue judge."""
        plain = {name: getattr(self, name) for name in ProductBody.model_fields if name not in _MADE_HERE}
        return ProductDraft(
            **plain,
            tags=tuple(self.tags),
            specifications=tuple(Specification(row.name, row.value) for row in self.specifications),
            options=tuple(Option(code, {}, ()) for code in self.options),
            variants=tuple(one.draft() for one in self.variants),
            media=tuple(Media(one.url, one.kind, one.alt, one.large) for one in self.media),
        )


_MADE_HERE = {"tags", "specifications", "options", "variants", "media"}
