"""How many deliveries a store has promised: `STORE#<store>` / `SLOT#<start>` and `WINDOW#<hour>`, a counter each."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.core.table import CounterKind, Key, Ref
from chalicelib.shipping.domain.handover import Handover

SLOT: Final = CounterKind("slot", key=lambda store, start: Key(f"STORE#{store}", f"SLOT#{start}"))
WINDOW: Final = CounterKind("window", key=lambda store, hour: Key(f"STORE#{store}", f"WINDOW#{hour}"))
_KINDS: Final = {"SLOT": SLOT, "WINDOW": WINDOW}


def slot_ref(store: str, start: datetime) -> Ref:
    """The counter of one appointment. It counts down from zero: its number is minus the orders that have it."""
    return SLOT.ref(store, f"{start:%Y%m%dT%H%MZ}")


def window_ref(store: str, promised_by: datetime) -> Ref:
    """The counter of the windows that end in one clock hour; it counts down as an appointment's does."""
    return WINDOW.ref(store, f"{promised_by:%Y%m%dT%HZ}")


def booked_ref(handover: Handover) -> Ref | None:
    """The counter that an order's place is taken from; None when it has none."""
    kind, _, name = handover.booked.partition("#")
    if kind:
        return _KINDS[kind].ref(handover.store, name)
    # An appointment that was booked before orders kept their counter's name.
    return slot_ref(handover.store, handover.slot_from) if handover.slot_from else None
