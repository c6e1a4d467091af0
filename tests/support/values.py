"""What staff have set, in a test."""

from __future__ import annotations

from chalicelib.core import settings_values
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.unit_of_work import UnitOfWork


def set_values(uow: UnitOfWork, values: dict[str, int | str | bool], scope: str = "") -> None:
    """Staff set these values of a market, or of the shop; what was set there before keeps its value."""
    before = uow.at(SETTINGS, SETTINGS.key(scope)) or SettingValues(scope)
    uow.commit(uow.put(SETTINGS, SettingValues(scope, {**before.values, **values})))
    settings_values.forget()
