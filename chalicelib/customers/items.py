"""How customers are kept."""

from __future__ import annotations

from typing import Final

from chalicelib.core.table import Key, Kind

from .domain import Customer

CUSTOMER: Final = Kind(
    "customer", Customer,
    key=lambda customer_id: Key(f"CUSTOMER#{customer_id}", "CUSTOMER"),
    of=lambda customer: Key(f"CUSTOMER#{customer.id}", "CUSTOMER"),
)  # fmt: skip
