"""How the books are kept in the table.

Every entry is listed under its day (gsi1, spread over shards), which is what the daily close reads: one index write for
each entry is the cheapest exact way to the shop's trial balance, as a consumer that kept running sums would write twice
and would still have to remember what it had counted. Only entries that move a balance account are listed under their
customer (gsi2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import stamp
from chalicelib.core.table import CounterKind, Index, Key, Kind

from .domain import Close, Entry, Posting


@dataclass(frozen=True, slots=True)
class EntryCard:
    """An entry in a list."""

    id: str
    reference: str
    kind: str
    at: datetime
    postings: tuple[Posting, ...]

    @classmethod
    def of(cls, entry: Entry) -> EntryCard:
        return cls(entry.id, entry.reference, entry.kind, entry.at, entry.postings)


@dataclass(frozen=True, slots=True)
class CloseCard:
    """A close in a list: the day it closed."""

    day: str


def day_partition(day: str, shard: int) -> str:
    """The index partition that lists a share of a day's entries."""
    return f"LEDGER#{day}#{shard}"


def statement_partition(customer: str) -> str:
    """The index partition that lists the entries of a customer's balance account."""
    return f"BALANCE#{customer}"


def _index(entry: Entry) -> Index:
    at = f"{stamp(entry.at)}#{entry.id}"
    return Index(
        gsi1=(day_partition(entry.day, entry.shard), at),
        gsi2=(statement_partition(entry.customer), at) if entry.customer else None,
    )


ENTRY: Kind[Entry] = Kind(
    "ledger_entry", Entry,
    key=lambda reference, entry_id: Key(f"ORDER#{reference}", f"ENTRY#{entry_id}"),
    of=lambda entry: Key(f"ORDER#{entry.reference}", f"ENTRY#{entry.id}"),
    index=_index,
    card=EntryCard.of, card_type=EntryCard,
)  # fmt: skip

CLOSE: Kind[Close] = Kind(
    "ledger_close", Close,
    key=lambda day: Key("LEDGER", f"CLOSE#{day}"),
    of=lambda close: Key("LEDGER", f"CLOSE#{close.day}"),
    card=lambda close: CloseCard(close.day), card_type=CloseCard,
)  # fmt: skip

BALANCE = CounterKind("balance", key=lambda customer, currency: Key(f"CUSTOMER#{customer}", f"BALANCE#{currency}"))
"""A customer's balance in one currency: `available`, in minor units."""
