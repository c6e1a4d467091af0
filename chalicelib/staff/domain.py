"""Changing the numbers of the shop: what may be set, and the event that tells who did."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import event
from chalicelib.core.settings import Setting

_LONGEST = 20_000

type_names = {bool: "true or false", int: "a whole number", str: "a text"}


@event("setting.changed")
@dataclass(frozen=True, slots=True)
class SettingChanged:
    """Staff have set a value, or gone back to the default (`value` null). `market` is empty for the whole shop."""

    setting: str
    market: str
    before: int | str | bool | None
    value: int | str | bool | None


def check(setting: Setting[int] | Setting[str] | Setting[bool], value: int | str | bool) -> None:
    """A value that this setting may have.

    Raises:
        Invalid: another type than the default's, less than it may be, out of all proportion, or of another form.
    """
    wanted = type(setting.default)
    if type(value) is not wanted:
        raise Invalid(FieldError("/value", f"must be {type_names[wanted]}"))
    if isinstance(value, int) and not setting.least <= value <= setting.most:
        raise Invalid(FieldError("/value", f"must be from {setting.least} to {setting.most}"))
    if isinstance(value, str) and len(value) > _LONGEST:
        raise Invalid(FieldError("/value", f"must have at most {_LONGEST} characters"))
    if isinstance(value, str) and not setting.takes(value):
        raise Invalid(FieldError("/value", f"must be: {setting.unit}"))
