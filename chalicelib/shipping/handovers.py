"""What each store hands over itself: delivery areas with their fees, and lockers. The project's own choice throughout.

Lockers are a setting, because a vendor's machine may come or go from one day to the next.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Final

from chalicelib.core.money import Money
from chalicelib.core.settings import Setting

from .domain.handover import DeliveryArea

LOCKERS: Final = Setting(
    "shipping.lockers",
    "BER-S1=sandbox:BER-S1-L1,SHA-S1=sandbox:SHA-S1-L1",
    unit="store=vendor:locker, separated by commas",
    form=r"([^=:,]+=[^=:,]+:[^=:,]+(,(?!$)|$))*",
    rule="FUL-06",
    own=True,
    doc="Which store has a locker, whose it is and what the vendor calls it. The vendor `sandbox` exists on every "
    "stage but production.",
)

AREAS: Final = (
    DeliveryArea(
        store="BER-S1",
        country="DE",
        postcodes=("101", "102", "103", "104", "105", "106", "107", "108", "109", "12", "13", "140", "141"),
        fees={1: Money(990, "EUR"), 2: Money(690, "EUR"), 3: Money(490, "EUR"), 0: Money(390, "EUR")},
        opens=time(8),
        closes=time(22),
        slot=timedelta(hours=2),
    ),
    DeliveryArea(
        store="SHA-S1",
        country="CN",
        postcodes=("200", "201", "202"),
        fees={1: Money(1800, "CNY"), 2: Money(1200, "CNY"), 3: Money(800, "CNY"), 0: Money(600, "CNY")},
        opens=time(8),
        closes=time(22),
        slot=timedelta(hours=2),
    ),
)


def locker_of(setting: str, store: str) -> tuple[str, str] | None:
    """Vendor and name of a store's locker, from the value of `LOCKERS`; None when it has none."""
    for entry in setting.split(","):
        place, _, locker = entry.strip().partition("=")
        vendor, _, name = locker.partition(":")
        if place == store and vendor and name:
            return vendor, name
    return None


def area_of(country: str, postal_code: str) -> DeliveryArea | None:
    """The delivery area that an address lies in (AMB-06)."""
    return next((area for area in AREAS if area.covers(country, postal_code)), None)


def area_served_by(store: str) -> DeliveryArea | None:
    """The delivery area of a store, with its opening hours; None when it has none."""
    return next((area for area in AREAS if area.store == store), None)
