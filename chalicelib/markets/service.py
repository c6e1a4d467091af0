"""Markets, locations and exchange rates, for every room above."""

from __future__ import annotations

from chalicelib.core.errors import NotFound
from chalicelib.core.unit_of_work import UnitOfWork

from .domain import REFERENCE_RATES, ExchangeRates, Location, Market
from .profiles import COUNTRY_MARKETS, LOCATIONS, MARKETS


def market(code: str) -> Market:
    """A market by its code.

    Raises:
        NotFound: the shop has no such market.
    """
    try:
        return MARKETS[code]
    except KeyError:
        raise NotFound("market", code) from None


def market_of_country(country: str) -> Market | None:
    """The market that delivers to a country (ISO 3166-1 alpha-2), or None."""
    return COUNTRY_MARKETS.get(country)


def all_markets() -> tuple[Market, ...]:
    """Every market, in the order the shop lists them."""
    return tuple(MARKETS.values())


def location(location_id: str) -> Location:
    """A warehouse or store by its id.

    Raises:
        NotFound: there is no such place.
    """
    try:
        return LOCATIONS[location_id]
    except KeyError:
        raise NotFound("location", location_id) from None


def locations() -> tuple[Location, ...]:
    """Every place that goods leave from."""
    return tuple(LOCATIONS.values())


def exchange_rates(uow: UnitOfWork) -> ExchangeRates:
    """The reference rates in force (FX-01). A rate that is not positive counts as not set."""
    rates = {}
    for currency, setting in REFERENCE_RATES.items():
        value = uow.setting(setting)
        rates[currency] = value if value > 0 else setting.default
    return ExchangeRates(rates)
