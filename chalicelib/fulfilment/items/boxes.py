"""Boxes of locations, tests of packagings, and how much of the boxes was goods."""

from __future__ import annotations

from typing import Final

from chalicelib.core.table import CounterKind, Key, Kind
from chalicelib.fulfilment.domain.boxes import BoxRange
from chalicelib.fulfilment.domain.crush import Packaging

BOX_RANGE: Final = Kind(
    "box_range",
    BoxRange,
    key=lambda location: Key(f"STORE#{location}", "BOXES"),
    of=lambda boxes: Key(f"STORE#{boxes.location}", "BOXES"),
)

PACKAGINGS: Final = "PACKAGING#"

PACKAGING: Final = Kind(
    "packaging",
    Packaging,
    key=lambda sku, packaging: Key(f"SKU#{sku}", f"{PACKAGINGS}{packaging}"),
    of=lambda tested: Key(f"SKU#{tested.sku}", f"{PACKAGINGS}{tested.packaging}"),
)

SPACES: Final = "SPACE#"

#: What was packed in a location in a month: `orders`, and in cm³ the `goods` and the `boxes` they went in (FUL-17).
SPACE: Final = CounterKind("space", key=lambda location, month: Key(f"STORE#{location}", f"{SPACES}{month}"))
