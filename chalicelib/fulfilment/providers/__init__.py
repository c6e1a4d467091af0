"""The lockers that stores are connected to (FUL-06)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.core import config
from chalicelib.core.errors import NotFound

from .base import Vendor
from .inpost import InPost
from .simulator import Simulator

SIMULATOR: Final = Simulator()
_VENDORS: Final[Mapping[str, Vendor]] = {one.name: one for one in (InPost(), SIMULATOR)}


def vendor(name: str) -> Vendor:
    """The vendor of lockers of this name.

    Raises:
        NotFound: there is none; the simulator does not exist where real goods are handed over.
    """
    if name not in _VENDORS or (name == SIMULATOR.name and config.is_production()):
        raise NotFound("locker vendor", name)
    return _VENDORS[name]
