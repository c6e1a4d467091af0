"""Reading and changing settings. A change is in force everywhere within a minute (`core.settings_values`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core import settings_values
from chalicelib.core.errors import NotFound
from chalicelib.core.settings import Setting, of_the_house
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets

from .domain import SettingChanged, check


@dataclass(frozen=True, slots=True)
class SettingState:
    """A setting with what staff have set for a scope, if anything."""

    setting: Setting[Any]
    own: int | str | bool | None

    @property
    def value(self) -> int | str | bool:
        """What is in force in this scope, as far as this scope decides it."""
        value: int | str | bool = self.setting.default if self.own is None else self.own
        return value


def all_settings(uow: UnitOfWork, market: str = "") -> list[SettingState]:
    """Every setting of the house, by name, as the shop or one market has it.

    Raises:
        NotFound: no such market.
    """
    values = _values(uow, market).values
    return [SettingState(setting, values.get(name)) for name, setting in sorted(of_the_house().items())]


def change(uow: UnitOfWork, name: str, value: int | str | bool | None, market: str = "") -> SettingState:
    """Set a value, or with None go back to the default.

    Raises:
        NotFound: no such setting or market.
        Invalid: the value is not of the setting's kind.
    """
    setting = of_the_house().get(name)
    if setting is None:
        raise NotFound("setting", name)
    before = _values(uow, market)
    if value is not None:
        check(setting, value)
        if setting.unit == "market code":
            markets.market(str(value))
    values = {key: kept for key, kept in before.values.items() if key != name}
    if value is not None:
        values[name] = value
    if values != before.values:
        told = SettingChanged(name, market, before.values.get(name), value)
        uow.put(SETTINGS, replace(before, values=values), told)
        settings_values.forget()
    return SettingState(setting, value)


def version(uow: UnitOfWork, market: str = "") -> int:
    """The version of a scope's values, for entity tags."""
    return uow.version(SETTINGS, _values(uow, market))


def _values(uow: UnitOfWork, market: str) -> SettingValues:
    if market:
        markets.market(market)
    found = uow.at(SETTINGS, SETTINGS.key(market))
    return found or SettingValues(market)
