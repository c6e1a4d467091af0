"""How risk is kept.

| item | pk | sk |
| --- | --- | --- |
| standing of a match key | `STANDING#<digest>` | `STANDING` |
| orders and holdings of an internet address | `SOURCE#<digest>` | `ORDERS#<time window>`, cleaned away a day later |
"""

from __future__ import annotations

from typing import Final

from chalicelib.core.table import CounterKind, Key, Kind

from .domain import Standing

STANDING: Final[Kind[Standing]] = Kind(
    "standing",
    Standing,
    key=lambda key: Key(f"STANDING#{key}", "STANDING"),
    of=lambda standing: Key(f"STANDING#{standing.key}", "STANDING"),
)

SOURCE: Final = CounterKind("source_orders", key=lambda source, window: Key(f"SOURCE#{source}", f"ORDERS#{window}"))
"""One internet address in one fixed time window: its paid `orders`, and in `free` the units that quotes hold unpaid.

`free` counts down from zero, because a counter's condition is a floor."""
