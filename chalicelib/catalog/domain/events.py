"""What this room tells the others."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.events import event


@event("product.published")
@dataclass(frozen=True, slots=True)
class ProductPublished:
    """A product is on sale."""

    product: str
    skus: tuple[str, ...]
    markets: tuple[str, ...]


@event("product.changed")
@dataclass(frozen=True, slots=True)
class ProductChanged:
    """A product was created or edited; `status` says whether it is on sale."""

    product: str
    skus: tuple[str, ...]
    status: str


@event("product.archived")
@dataclass(frozen=True, slots=True)
class ProductArchived:
    """A product has left the shop; its SKUs are kept for the orders that name them."""

    product: str
    skus: tuple[str, ...]


@event("brand.renamed")
@dataclass(frozen=True, slots=True)
class BrandRenamed:
    """A brand has another name; its products follow (CAT-07)."""

    brand: str
    called: str


@event("option.renamed")
@dataclass(frozen=True, slots=True)
class OptionRenamed:
    """An option or its choices have other titles or another order; products that use it follow (CAT-05)."""

    option: str


@event("renaming.paused")
@dataclass(frozen=True, slots=True)
class RenamingPaused:
    """A new name has gone through some products; `step` portions are done and there are more."""

    renaming_id: str
    step: int


@dataclass(frozen=True, slots=True)
class DeclaredStock:
    """Units of a SKU that an import says lie at a location."""

    sku: str
    location: str
    quantity: int


@event("product.stock_declared")
@dataclass(frozen=True, slots=True)
class StockDeclared:
    """An import named opening stock. It counts only where no stock is kept of the SKU yet."""

    product: str
    stock: tuple[DeclaredStock, ...]
