"""How invoices are kept: inside the order's partition, listed by their series in the order of their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.money import Money
from chalicelib.core.table import Index, Key, Kind

from .domain import Document, DocumentKind, Series


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """What a list shows of an invoice or credit note."""

    number: str
    kind: DocumentKind
    order_id: str
    issued_at: datetime
    net: Money
    tax: Money
    total: Money
    corrects: str

    @classmethod
    def of(cls, document: Document) -> DocumentCard:
        return cls(
            document.number, document.kind, document.order_id, document.issued_at, document.net, document.tax,
            document.total, document.corrects,
        )  # fmt: skip


def series_list(series: str) -> str:
    """The gsi1 partition of a series; inside it, documents are in the order of their numbers."""
    return f"INVOICES#{series}"


DOCUMENT: Final = Kind(
    "invoice", Document,
    key=lambda order_id, source: Key(f"ORDER#{order_id}", f"INVOICE#{source}"),
    of=lambda document: Key(f"ORDER#{document.order_id}", f"INVOICE#{document.source}"),
    index=lambda document: Index(gsi1=(series_list(document.series), document.number)),
    card=DocumentCard.of, card_type=DocumentCard,
)  # fmt: skip

SERIES: Final = Kind(
    "invoice_series", Series,
    key=lambda series_id: Key(f"INVOICES#{series_id}", "SERIES"),
    of=lambda series: Key(f"INVOICES#{series.id}", "SERIES"),
)  # fmt: skip
