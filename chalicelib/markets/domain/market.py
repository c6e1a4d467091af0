"""Market profiles and locations (I18N-06)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

#: The member states of the European Union: one customs territory, one market, 27 VAT rates.
EU_MEMBERS: Final = tuple("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())


#: Payment method of an order that the store delivers itself: cash or card at the door (FUL-09).
CASH_ON_DELIVERY: Final = "cash_on_delivery"


def customs_territory(country: str) -> str:
    """The territory whose border a parcel crosses: "EU" for its members, the country itself otherwise."""
    return "EU" if country in EU_MEMBERS else country


@dataclass(frozen=True, slots=True)
class Market:
    """One market's profile.

    Args:
        code: "EU", "GB", "US", "CN", "JP" or "BR".
        countries: ISO 3166-1 alpha-2 codes that it delivers to.
        currency: ISO 4217; every price of the market is in it.
        languages: BCP 47, the first is the default.
        units: "metric" or "imperial", for display.
        prices_include_tax: whether shown prices contain VAT or consumption tax.
        time_zone: IANA name, for the market's own days.
        holiday_country: whose public holidays are not working days.
        ships_from: ids of locations that send to it, the preferred first.
        payment_methods: what its shoppers are used to, the default first (at least three, PAY-03).
        instalments: whether shoppers expect to pay in parts.
        return_days: calendar days after delivery in which goods may come back; the project's own choice.
        free_return_label: whether a return is sent at the shop's cost.
        high_tax: import tax is so high that every parcel must arrive with it paid (LOG-07).
        taboos: what pictures, texts and gifts must avoid.
        certificates: what goods of a category must carry to be sold here.
    """

    code: str
    countries: tuple[str, ...]
    currency: str
    languages: tuple[str, ...]
    units: str
    prices_include_tax: bool
    time_zone: str
    holiday_country: str
    ships_from: tuple[str, ...]
    payment_methods: tuple[str, ...]
    return_days: int
    free_return_label: bool
    instalments: bool = False
    high_tax: bool = False
    taboos: tuple[str, ...] = ()
    certificates: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def language(self) -> str:
        """The language used when the shopper names none that the market has."""
        return self.languages[0]

    def ways_to_pay(self, delivery_method: str | None) -> tuple[str, ...]:
        """How an order can be paid: the market's methods, and at the door what a store delivers itself (FUL-09)."""
        return (*self.payment_methods, CASH_ON_DELIVERY) if delivery_method == "own_delivery" else self.payment_methods

    def language_for(self, wanted: str) -> str:
        """The market's language closest to the wanted one (BCP 47), else its default."""
        known = pick_text({language: language for language in self.languages}, wanted, fallbacks=())
        return known if _primary(known) == _primary(wanted) else self.language


@dataclass(frozen=True, slots=True)
class Location:
    """A place that goods leave from: a warehouse, or a store that customers can also visit.

    Args:
        id: stable, part of stock keys.
        kind: "warehouse" or "store".
        latitude: degrees north.
        longitude: degrees east.
        time_zone: IANA name; the cut-off is in it.
        cutoff: a courier order before this local time leaves the same working day (FUL-12).
    """

    id: str
    kind: str
    name: str
    country: str
    region: str
    city: str
    postal_code: str
    lines: tuple[str, ...]
    latitude: float
    longitude: float
    time_zone: str
    cutoff: time


def pick_text(texts: Mapping[str, str], wanted: str, fallbacks: Sequence[str] = ("en",)) -> str:
    """The text in the wanted language, else in the same language elsewhere, else in a fallback, else any.

    `pick_text({"en": "Cup", "zh-CN": "杯子"}, "zh-Hans")` is "杯子".
    """
    for language in (wanted, *fallbacks):
        if language in texts:
            return texts[language]
        primary = _primary(language)
        for known in texts:
            if _primary(known) == primary:
                return texts[known]
    return next(iter(texts.values()), "")


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
