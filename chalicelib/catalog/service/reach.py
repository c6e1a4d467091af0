"""What the catalogue is told about markets and places, held against those that the shop has (CAT-09, I18N-06).

A price in a market that does not exist is sold to nobody; one in another currency than its market's cannot be quoted;
units at a place that does not exist are seen by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.catalog.domain import ImportOptions, ProductDraft
from chalicelib.core.errors import FieldError, NotFound
from chalicelib.core.money import is_currency
from chalicelib.markets import service as markets


def draft_reach_errors(draft: ProductDraft) -> list[FieldError]:
    """Prices in markets that there are not or in another currency than the market's, and stock at unknown places."""
    errors = []
    for number, variant in enumerate(draft.variants):
        pointer = f"/variants/{number}"
        for market, price in variant.prices.items():
            errors += _currency_errors(market, price.currency, f"{pointer}/prices/{market}")
        for place in variant.stock:
            errors += _place_errors(place, f"{pointer}/stock/{place}")
    return errors


def option_errors(options: ImportOptions) -> list[FieldError]:
    """What is wrong with the options of an import before any line is read: every product would fail by it."""
    errors = _place_errors(options.location, "/options/location") if options.location else []
    if not is_currency(options.currency):
        errors.append(FieldError("/options/currency", "must be an ISO 4217 code"))
    for number, market in enumerate(options.markets):
        errors += _currency_errors(market, options.currency, f"/options/markets/{number}")
    for market, currency in options.currencies.items():
        errors += _currency_errors(market, currency, f"/options/currencies/{market}")
    for name, market in options.market_columns.items():
        if market not in _codes():
            errors.append(FieldError(f"/options/market_columns/{name}", _unknown()))
    return errors


def _currency_errors(market: str, currency: str, pointer: str) -> list[FieldError]:
    if market not in _codes():
        return [FieldError(pointer, _unknown())]
    wanted = markets.market(market).currency
    return [] if currency == wanted else [FieldError(pointer, f"must be in {wanted}, the currency of market {market}")]


def _place_errors(place: str, pointer: str) -> list[FieldError]:
    try:
        markets.location(place)
    except NotFound:
        known = ", ".join(each.id for each in markets.locations())
        return [FieldError(pointer, f"there is no such location; the shop has {known}")]
    return []


def _codes() -> Iterable[str]:
    return [each.code for each in markets.all_markets()]


def _unknown() -> str:
    return f"there is no such market; the shop has {', '.join(_codes())}"
