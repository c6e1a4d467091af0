"""What the business may adjust in the catalogue."""

from __future__ import annotations

from typing import Final

from chalicelib.core.settings import Setting

DEFAULT_MARKET: Final = Setting(
    "catalog.default_market", "EU", unit="market code", rule="CAT-12", own=True,
    doc="The market whose lists and prices are shown when a request names none.",
)  # fmt: skip
NEW_FOR_DAYS: Final = Setting(
    "catalog.new_for_days", 30, unit="days", rule="CAT-28", own=True,
    doc="How long after its publication a product is marked as new.",
)  # fmt: skip
MAX_COMPONENTS: Final = Setting(
    "catalog.max_components", 10, unit="different articles", rule="CAT-04", own=True,
    doc="The most different articles one bundle may hold.",
)  # fmt: skip
