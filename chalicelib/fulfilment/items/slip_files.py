"""Files of slips: `SLIPS#<file>` with the file, its rows by the hundred, and what became of each."""

from __future__ import annotations

from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.table import Index, Key, Kind
from chalicelib.fulfilment.domain.slip_files import SlipFile, SlipOutcome, SlipRows

#: All files, newest first.
SLIP_FILES: Final = "SLIP_FILES"
#: Rows to an item: with cells as long as they may be, an item is far below the 400 kB that one may have.
ROWS_TO_AN_ITEM: Final = 200


def store_files(store: str) -> str:
    """The files that a store's own staff brought."""
    return f"{SLIP_FILES}#{store}"


def outcome_list(file_id: str) -> str:
    """The report of a file, by line."""
    return f"SLIPS#{file_id}"


SLIP_FILE: Final = Kind(
    "slip_file",
    SlipFile,
    key=lambda file_id: Key(f"SLIPS#{file_id}", "FILE"),
    of=lambda file: Key(f"SLIPS#{file.id}", "FILE"),
    index=lambda file: Index(
        gsi1=(SLIP_FILES, f"{stamp(file.uploaded_at)}#{file.id}"),
        gsi2=(store_files(file.store), f"{stamp(file.uploaded_at)}#{file.id}") if file.store else None,
    ),
    card=lambda file: file,
    card_type=SlipFile,
)

SLIP_ROWS: Final = Kind(
    "slip_rows",
    SlipRows,
    key=lambda file_id, number: Key(f"SLIPS#{file_id}", f"ROWS#{number:0>4}"),
    of=lambda rows: Key(f"SLIPS#{rows.file_id}", f"ROWS#{rows.number:04d}"),
)

SLIP_OUTCOME: Final = Kind(
    "slip_outcome",
    SlipOutcome,
    key=lambda file_id, line: Key(f"SLIPS#{file_id}", f"LINE#{line:0>7}"),
    of=lambda outcome: Key(f"SLIPS#{outcome.file_id}", f"LINE#{outcome.line:07d}"),
    index=lambda outcome: Index(gsi1=(outcome_list(outcome.file_id), f"{outcome.line:07d}")),
    card=lambda outcome: outcome,
    card_type=SlipOutcome,
)
