"""Caravan: the rooms of the shop. `docs/rooms.md` tells how a room is built."""

import gc
from pathlib import Path

from chalicelib.core import late_methods, late_rooms

# An import makes well over a hundred thousand objects that all stay, and collecting among them again and again is a
# quarter of a cold start. A function handles one request at a time and leaves few cycles: rare collections suit it.
gc.set_threshold(300_000, 20, 100)
late_methods.install()
if Path(__file__).with_name("doors.json").exists():  # in a package: see `house.doors`
    from chalicelib.core import aws

    # The table's client before the rooms: the memory that reading its description takes is theirs afterwards, where new
    # memory, page by page, is a fifth of a cold start.
    aws.client("dynamodb")
    late_rooms.install()
