"""How stock is kept: `SKU#<sku>` / `STOCK#<location>`, further shards at `STOCK#<location>#<shard>`."""

from __future__ import annotations

from typing import Final

from chalicelib.core.table import CounterKind, Key

STOCK: Final = CounterKind(
    "stock",
    key=lambda sku, location, shard="": Key(f"SKU#{sku}", f"STOCK#{location}" + (f"#{shard}" if shard else "")),
)
