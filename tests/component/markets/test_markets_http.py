"""Markets, stores and exchange rates as the storefront sees them."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.core.settings_values import SETTINGS, SettingValues, forget
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service
from chalicelib.markets.domain import REFERENCE_RATES
from tests.support.http import Client
from tests.support.table import metered


def test_markets_are_listed_without_a_read_i18n_06(guest: Client) -> None:
    with metered() as meter:
        answer = guest.get("/markets")
    assert meter.round_trips == 0
    assert [market["code"] for market in answer.json["items"]] == ["EU", "GB", "US", "CN", "JP", "BR"]
    germany = next(market for market in answer.json["items"] if "DE" in market["countries"])
    assert (germany["currency"], germany["prices_include_tax"]) == ("EUR", True)


def test_one_market_is_shown_and_an_unknown_one_is_not_found(guest: Client) -> None:
    assert guest.get("/markets/JP").json["languages"][0] == "ja-JP"
    assert guest.get("/markets/XX").status == 404


def test_stores_are_listed_and_warehouses_are_not(guest: Client) -> None:
    assert {store["name"] for store in guest.get("/stores").json["items"]} == {"Shanghai store", "Berlin store"}


def test_prices_can_be_shown_in_another_currency_fx_01(guest: Client) -> None:
    answer = guest.get("/markets/EU/exchange-rates").json
    assert answer["base"] == "EUR"
    rates = {rate["currency"]: rate["rate"] for rate in answer["rates"]}
    assert rates["EUR"] == "1.000000"
    assert rates["USD"] == "1.160000"


def test_reference_rates_are_set_by_staff_and_nonsense_is_ignored_fx_01(begin: Callable[..., UnitOfWork]) -> None:
    uow = begin()
    values: dict[str, int | str | bool] = {REFERENCE_RATES["USD"].name: 1_250_000, REFERENCE_RATES["GBP"].name: 0}
    uow.commit(uow.put(SETTINGS, SettingValues("", values)))
    forget()
    rates = service.exchange_rates(begin())
    assert rates.rate("EUR", "USD") * 4 == 5
    assert rates.millionths["GBP"] == REFERENCE_RATES["GBP"].default
