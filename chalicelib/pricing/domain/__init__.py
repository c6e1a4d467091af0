"""From lines to totals, and from cost to list price."""

from .list_price import CostBasis, ListPrice, list_price
from .totals import (
    Adjustment,
    Charge,
    Levy,
    LineTotal,
    PriceLine,
    Share,
    Target,
    TaxTreatment,
    Totals,
    share,
    total,
)

__all__ = [
    "Adjustment", "Charge", "CostBasis", "Levy", "LineTotal", "ListPrice", "PriceLine", "Share", "Target",
    "TaxTreatment", "Totals", "list_price", "share", "total",
]  # fmt: skip
