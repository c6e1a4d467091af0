"""Caravan: the rooms of the shop. `docs/rooms.md` tells how a room is built."""

import gc

from chalicelib.core import late_methods

# An import makes well over a hundred thousand objects that all stay: collecting among them again and again is a quarter of a cold
# start. A function handles one request at a time and leaves few cycles, so rare collections suit it afterwards too.
gc.set_threshold(300_000, 20, 100)
late_methods.install()
