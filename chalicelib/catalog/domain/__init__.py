"""The rules of the catalogue, without table, clock or network."""

from .bundle import bundle_errors, completed, component_skus, missing, pieces, split, strictest
from .copies import Renaming, up_to_date
from .draft import (
    CategoryName,
    ProductDraft,
    VariantDraft,
    draft_errors,
    product_of,
    require_publishable,
    unpublishable,
)
from .events import (
    BrandRenamed,
    DeclaredStock,
    OptionRenamed,
    ProductArchived,
    ProductChanged,
    ProductPublished,
    RenamingPaused,
    StockDeclared,
)
from .imports import Format, Header, Ignored, Import, ImportOptions, Outcome, Record, Result, read_json_lines
from .listing import Listing, facet, listings, sifts
from .product import (
    MAX_CATEGORY_DEPTH,
    MAX_VARIANTS,
    Command,
    Component,
    GoodsKind,
    Media,
    Option,
    OptionValue,
    Product,
    SizeClass,
    Specification,
    Status,
    Texts,
    UnitMeasure,
    Variant,
    text_in,
)
from .taxonomy import Brand, Category, brand_errors, category_errors, option_errors, slugify

__all__ = [
    "MAX_CATEGORY_DEPTH", "MAX_VARIANTS", "Brand", "BrandRenamed", "Category", "CategoryName", "Command", "Component",
    "DeclaredStock", "Format", "GoodsKind", "Header", "Ignored", "Import", "ImportOptions", "Listing", "Media",
    "Option", "OptionRenamed", "OptionValue", "Outcome", "Product", "ProductArchived", "ProductChanged",
    "ProductDraft", "ProductPublished", "Record", "Renaming", "RenamingPaused", "Result", "SizeClass",
    "Specification", "Status", "StockDeclared", "Texts", "UnitMeasure", "Variant", "VariantDraft", "brand_errors",
    "bundle_errors", "category_errors", "completed", "component_skus", "draft_errors", "facet", "listings", "missing",
    "option_errors", "pieces", "product_of", "read_json_lines", "require_publishable", "sifts", "slugify", "split",
    "strictest", "text_in", "unpublishable", "up_to_date",
]  # fmt: skip
