"""The roster of a store: `STORE#<store>` / `ROSTER`."""

from __future__ import annotations

from typing import Final

from chalicelib.core.table import Key, Kind
from chalicelib.fulfilment.domain.roster import Roster

ROSTER: Final = Kind(
    "roster",
    Roster,
    key=lambda store: Key(f"STORE#{store}", "ROSTER"),
    of=lambda roster: Key(f"STORE#{roster.store}", "ROSTER"),
)
