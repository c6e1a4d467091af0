"""What the storefront may know of markets, places and exchange rates."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chalicelib.core.http import PUBLIC, CurrencyField, Model, Request, Routes

from . import service
from .domain import Location, Market

routes = Routes(__name__)


class MarketView(Model):
    """A market's profile (I18N-06)."""

    code: Annotated[str, Field(examples=["EU"])]
    countries: Annotated[tuple[str, ...], Field(description="ISO 3166-1 alpha-2, delivered to.")]
    currency: CurrencyField
    languages: Annotated[tuple[str, ...], Field(description="BCP 47; the first is the default.")]
    units: Annotated[str, Field(examples=["metric", "imperial"])]
    prices_include_tax: bool
    time_zone: str
    payment_methods: Annotated[tuple[str, ...], Field(description="The default first.")]
    instalments: Annotated[bool, Field(description="Whether shoppers expect to pay in parts.")]
    return_days: int
    free_return_label: bool

    @classmethod
    def of(cls, market: Market) -> MarketView:
        return cls(**{name: getattr(market, name) for name in cls.model_fields})


class MarketList(Model):
    """Every market the shop sells in."""

    items: tuple[MarketView, ...]


class StoreView(Model):
    """A store that customers can visit."""

    id: str
    name: str
    country: str
    region: str
    city: str
    postal_code: str
    lines: tuple[str, ...]
    latitude: float
    longitude: float
    time_zone: str

    @classmethod
    def of(cls, place: Location) -> StoreView:
        return cls(**{name: getattr(place, name) for name in cls.model_fields})


class StoreList(Model):
    """Every store, so that customers find the one near them."""

    items: tuple[StoreView, ...]


class ExchangeRate(Model):
    """How many units of a currency one unit of the base is worth."""

    currency: CurrencyField
    rate: Annotated[str, Field(examples=["1.160000"])]


class ExchangeRateList(Model):
    """Reference rates for showing prices in the visitor's currency; orders are charged in the market's own (FX-01)."""

    base: CurrencyField
    rates: tuple[ExchangeRate, ...]


@routes.get("/markets", access=PUBLIC)
def list_markets(request: Request) -> MarketList:
    """The markets of the shop with their currency, languages, tax display and payment methods (I18N-06)."""
    return MarketList(items=tuple(MarketView.of(market) for market in service.all_markets()))


@routes.get("/markets/{market}", access=PUBLIC)
def get_market(request: Request, market: str) -> MarketView:
    """One market's profile."""
    return MarketView.of(service.market(market))


@routes.get("/stores", access=PUBLIC)
def list_stores(request: Request) -> StoreList:
    """The stores of the shop."""
    return StoreList(items=tuple(StoreView.of(place) for place in service.locations() if place.kind == "store"))


@routes.get("/markets/{market}/exchange-rates", access=PUBLIC)
def list_exchange_rates(request: Request, market: str) -> ExchangeRateList:
    """Reference rates from the market's currency, for display only (FX-01)."""
    base, rates = service.market(market).currency, service.exchange_rates(request.uow)
    return ExchangeRateList(
        base=base,
        rates=tuple(
            ExchangeRate(currency=currency, rate=f"{rates.rate(base, currency):.6f}") for currency in rates.currencies
        ),
    )
