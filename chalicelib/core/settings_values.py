"""The values that staff have set, read at most once a minute per process."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final, TypeVar

from .settings import Setting
from .table import Key, Kind, get_row

Value = TypeVar("Value", int, str, bool)

#: Seconds a read value may be old.
FRESH: Final = 60.0


@dataclass(frozen=True, slots=True)
class SettingValues:
    """What staff have set for the shop (`scope` "") or for one market."""

    scope: str
    values: dict[str, int | str | bool] = field(default_factory=dict)


SETTINGS: Final[Kind[SettingValues]] = Kind(
    "settings",
    SettingValues,
    key=lambda scope: Key("SETTINGS", f"SETTINGS#{scope}"),
    of=lambda values: Key("SETTINGS", f"SETTINGS#{values.scope}"),
)

_read: dict[str, tuple[float, SettingValues]] = {}


def _values(scope: str) -> SettingValues:
    until, values = _read.get(scope, (0.0, SettingValues(scope)))
    if time.monotonic() >= until:
        row = get_row(SETTINGS.key(scope))
        values = SETTINGS.decode(row.body) if row else SettingValues(scope)
        _read[scope] = (time.monotonic() + FRESH, values)
    return values


def read(setting: Setting[Value], market: str = "") -> Value:
    """The market's value, else the shop's, else the default."""
    if market:
        own = _values(market).values
        if setting.name in own:
            return setting.read(own)
    return setting.read(_values("").values)


def forget() -> None:
    """Read anew at the next use (after a change in this process, and between tests)."""
    _read.clear()
