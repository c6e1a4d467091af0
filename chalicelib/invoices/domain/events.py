"""What other rooms can hear about invoices."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.events import event
from chalicelib.core.money import Money


@event("invoice.issued")
@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """An invoice, or a credit note to the one that `corrects` names, has been issued (ORD-08) for `source`."""

    order_id: str
    number: str
    kind: str
    source: str
    total: Money
    corrects: str
