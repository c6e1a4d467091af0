"""How appointments are counted: `STORE#<store>` / `SLOT#<start>`, one counter each."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.core.table import CounterKind, Key, Ref

SLOT: Final = CounterKind("slot", key=lambda store, start: Key(f"STORE#{store}", f"SLOT#{start}"))


def slot_ref(store: str, start: datetime) -> Ref:
    """The counter of one appointment. It counts down from zero: its number is minus the orders that have it."""
    return SLOT.ref(store, f"{start:%Y%m%dT%H%MZ}")
