"""What an invoice and a credit note are, who issues them and how they are numbered."""

from .document import (
    THE_ORDER,
    Document,
    DocumentKind,
    Issuer,
    Item,
    Party,
    Remark,
    Taxed,
    TaxRow,
    by_rate,
    credited_parts,
    items_of,
    remarks_of,
    taxed_parts,
)
from .events import InvoiceIssued
from .issuers import ISSUERS
from .series import Series, series_id

__all__ = [
    "ISSUERS",
    "THE_ORDER",
    "Document",
    "DocumentKind",
    "InvoiceIssued",
    "Issuer",
    "Item",
    "Party",
    "Remark",
    "Series",
    "TaxRow",
    "Taxed",
    "by_rate",
    "credited_parts",
    "items_of",
    "remarks_of",
    "series_id",
    "taxed_parts",
]
