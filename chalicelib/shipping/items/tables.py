"""How decision tables are kept: `ROUTING#<name>` / `TABLE` is in force, `VERSION#<number>` are all there ever were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.table import Key, Kind
from chalicelib.shipping.domain.decisions import DecisionTable


@dataclass(frozen=True, slots=True)
class TableCard:
    """A version in a list."""

    version: int
    rows: int
    note: str
    saved_by: str
    saved_at: datetime | None

    @classmethod
    def of(cls, table: DecisionTable) -> TableCard:
        return cls(table.version, len(table.rows), table.note, table.saved_by, table.saved_at)


def partition(name: str) -> str:
    """A table with all its versions."""
    return f"ROUTING#{name}"


VERSIONS: Final = "VERSION#"

TABLE: Final = Kind(
    "routing_table",
    DecisionTable,
    key=lambda name: Key(partition(name), "TABLE"),
    of=lambda table: Key(partition(table.name), "TABLE"),
)

TABLE_VERSION: Final = Kind(
    "routing_table_version",
    DecisionTable,
    key=lambda name, number: Key(partition(name), f"{VERSIONS}{number}"),
    of=lambda table: Key(partition(table.name), f"{VERSIONS}{table.version:06d}"),
    card=TableCard.of,
    card_type=TableCard,
)
