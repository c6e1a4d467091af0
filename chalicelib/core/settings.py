"""Settings: every number that the business may change, with its unit, its default and the rule it comes from.

A room defines its settings in its `domain.py`. Values set by staff live in one item per market and are read through a
process-wide cache (`unit_of_work`), so a setting never costs a command a round trip of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final, Generic, TypeVar

Value = TypeVar("Value", int, str, bool)

#: A hundred years, by the unit they are counted in; no calendar reaches much further.
_CENTURY: Final = {"days": 36_500, "hours": 876_000, "minutes": 52_560_000}

REGISTRY: Final[dict[str, Setting[Any]]] = {}
#: The parts of a room that define no settings and are dear to import.
_WITHOUT: Final = frozenset({"api", "service", "triggers", "providers"})


@dataclass(frozen=True, slots=True)
class Setting(Generic[Value]):
    """One adjustable value.

    Args:
        name: `room.what_it_is`, unique in the shop.
        default: used until staff set another; an `int`, `str` or `bool`.
        unit: what the number counts ("minutes", "items", "CNY minor units").
        rule: the requirement it comes from.
        doc: one sentence for operators.
        own: the requirement asks for the value without giving one; the default is the project's own choice.
        least: the smallest number that may be set.
        form: the regular expression of a text that may be set; `unit` says it in words.
    """

    name: str
    default: Value
    unit: str = field(kw_only=True)
    rule: str = field(kw_only=True)
    doc: str = field(kw_only=True)
    own: bool = field(default=False, kw_only=True)
    least: int = field(default=0, kw_only=True)
    form: str = field(default="", kw_only=True)

    def takes(self, text: str) -> bool:
        """Whether a text has the form that is wanted."""
        return not self.form or re.fullmatch(self.form, text) is not None

    @property
    def most(self) -> int:
        """The largest number that may be set: a hundred years of a span of time, else a billion of anything."""
        return next((_CENTURY[word] for word in self.unit.split() if word in _CENTURY), 10**9)

    def __post_init__(self) -> None:
        if self.name in REGISTRY:
            raise ValueError(f"setting {self.name} is defined twice")
        REGISTRY[self.name] = self

    def read(self, values: Mapping[str, object]) -> Value:
        """The value in force, given what staff have set; a stored value of another type is ignored."""
        value = values.get(self.name, self.default)
        return value if type(value) is type(self.default) else self.default


def of_the_house() -> Mapping[str, Setting[Any]]:
    """Every setting by name, also those of rooms that this process has not entered; they are imported for it."""
    for room in iter_modules(import_module("chalicelib").__path__):
        if room.ispkg and room.name != "core":
            _define(f"chalicelib.{room.name}")
    return REGISTRY


def _define(name: str) -> None:
    """Import a part of a room with everything in it that may define settings."""
    for part in iter_modules(getattr(import_module(name), "__path__", ())):
        if part.name not in _WITHOUT:
            _define(f"{name}.{part.name}")
