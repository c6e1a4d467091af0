"""Packings and slips."""

from __future__ import annotations

from typing import Final

from chalicelib.core.table import Key, Kind
from chalicelib.fulfilment.domain import Packing, Slip

PACKING: Final = Kind(
    "packing",
    Packing,
    key=lambda order_id: Key(f"ORDER#{order_id}", "PACKING"),
    of=lambda packing: Key(f"ORDER#{packing.order_id}", "PACKING"),
)

SLIP: Final = Kind(
    "slip",
    Slip,
    key=lambda order_id: Key(f"ORDER#{order_id}", "SLIP"),
    of=lambda slip: Key(f"ORDER#{slip.order_id}", "SLIP"),
)
