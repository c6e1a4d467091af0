"""The one table: how things are kept in it, and how rows are read.

A room describes each thing it keeps by a `Kind` (a frozen dataclass, its keys, its indexes, its card in lists) and each
set of numbers that move by condition by a `CounterKind`. Everything else in the house speaks of kinds, keys and refs.

Decisions read the table itself, strongly consistent; the indexes only find things.
"""

from __future__ import annotations

import builtins
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, Generic, TypeVar, cast

import msgspec
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from . import config
from .clock import stamp
from .connection import connection
from .events import unpack
from .ids import is_id

T = TypeVar("T")
Wire = dict[str, dict[str, Any]]

#: The number of partitions of the deadline index; a sweep reads each.
DUE_SHARDS: Final = 4
#: DynamoDB refuses items over 400 kB; bodies stop well before, so that keys, indexes and card always fit.
BODY_LIMIT: Final = 350_000
#: Flag in the header of a deflated body (RFC 1950, FDICT).
_NAMES_WORDS: Final = 0x20
#: What a list page costs at most.
PAGE_LIMIT: Final = 100
#: How many such reads go into one page of a list that is sifted.
_SIFTED_READS: Final = 4


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where an item lives. Parts that come from outside must have passed `ids.require_id`."""

    pk: str
    sk: str

    @property
    def wire(self) -> Wire:
        return {"pk": {"S": self.pk}, "sk": {"S": self.sk}}


@dataclass(frozen=True, slots=True)
class Index:
    """The further keys of an item, computed from the thing at every write.

    Args:
        gsi1: partition and sort key of its other parent.
        gsi2: work list and due time; `None` when no work is left.
        due: the deadlines it waits for, by name; the index keeps the earliest.
        expires: when it may be cleaned away. Never relied on: conditions compare the time themselves.
    """

    gsi1: tuple[str, str] | None = None
    gsi2: tuple[str, str] | None = None
    due: Mapping[str, datetime] = field(default_factory=dict)
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """A thing named by its kind and key, whether or not it exists."""

    kind: Kind[Any] | CounterKind
    key: Key


def _no_index(_thing: Any) -> Index:
    return Index()


_KINDS: Final[dict[str, Kind[Any]]] = {}


@dataclass(frozen=True, eq=False)
class Kind(Generic[T]):
    """How one kind of thing is kept.

    Args:
        type: the item's `type`, unique in the house.
        cls: the frozen dataclass that is its body.
        key: from ids to key; called by `ref`, `get`, `find`, `part`.
        of: from a thing to its key.
        index: from a thing to its further keys.
        card: what lists show of it; gsi1 and gsi2 project the card and not the body.
        card_type: the class of the card.
        words: texts that many bodies have in common, which halves what deflation leaves of a small body. The last is
            written with; an older one stays as long as a body written with it, byte for byte.
    """

    type: str
    cls: builtins.type[T]  # `type` is a field here
    key: Callable[..., Key]
    of: Callable[[T], Key]
    index: Callable[[T], Index] = _no_index
    card: Callable[[T], Any] | None = None
    card_type: Any = None
    words: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.type in _KINDS:
            raise ValueError(f"kind {self.type} is defined twice")
        _KINDS[self.type] = self

    def ref(self, *ids: str) -> Ref:
        return Ref(self, self.key(*ids))

    def encode(self, thing: T) -> bytes:
        """The body as it is stored: JSON, deflated. A third of the write units is worth the microseconds."""
        return self._deflate(thing)

    def encode_card(self, thing: T) -> bytes | None:
        """The card as it is stored, in the same way."""
        return self._deflate(self.card(thing)) if self.card is not None else None

    def _deflate(self, value: Any) -> bytes:
        deflater = zlib.compressobj(6, zdict=self.words[-1]) if self.words else zlib.compressobj(6)
        return deflater.compress(msgspec.json.encode(value)) + deflater.flush()

    def decode(self, body: bytes) -> T:
        return cast(T, _decoder(cast(Hashable, self.cls)).decode(self._inflate(body)))

    def _inflate(self, body: bytes) -> bytes:
        """Undo the deflation; a body that was written with words names them by their checksum (RFC 1950)."""
        if not body[1] & _NAMES_WORDS:
            return zlib.decompress(body)
        words = next(words for words in self.words if zlib.adler32(words) == int.from_bytes(body[2:6], "big"))
        return zlib.decompressobj(zdict=words).decompress(body)

    def read_card(self, card: bytes) -> Any:
        if self.card_type is None:
            raise TypeError(f"{self.type} has no card")
        plain = card[:1] == b"{"  # as cards were kept before they were deflated
        return _decoder(self.card_type).decode(card if plain else self._inflate(card))


@dataclass(frozen=True, eq=False)
class CounterKind:
    """A set of whole numbers that move by condition and never by read-modify-write: stock, balances, quotas.

    Args:
        type: the item's `type`, unique in the house.
        key: from ids to key.
    """

    type: str
    key: Callable[..., Key]

    def ref(self, *ids: str) -> Ref:
        return Ref(self, self.key(*ids))


@cache
def _decoder(cls: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls)


def kind_of(type_name: str) -> Kind[Any]:
    """The kind registered under an item's `type`."""
    return _KINDS[type_name]


@dataclass(frozen=True, slots=True)
class Row:
    """One item as read: its bookkeeping, and its body or its counts."""

    key: Key
    type: str
    version: int
    sequence: int
    created_at: str
    updated_at: str
    commit: str
    body: bytes = b""
    events: bytes = b""
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def envelopes(self) -> list[str]:
        """The events that a row of the outbox tells, as JSON; none for every other row."""
        return unpack(self.events) if self.events else []

    @classmethod
    def of(cls, wire: Wire) -> Row:
        text = {name: value["S"] for name, value in wire.items() if "S" in value}
        numbers = {name: int(value["N"]) for name, value in wire.items() if "N" in value}
        return cls(
            key=Key(text["pk"], text["sk"]),
            type=text.get("type", ""),
            version=numbers.pop("version", 0),
            sequence=numbers.pop("sequence", 0),
            created_at=text.get("created_at", ""),
            updated_at=text.get("updated_at", ""),
            commit=text.get("commit", ""),
            body=wire["body"]["B"] if "body" in wire else b"",
            events=wire["events"]["B"] if "events" in wire else b"",
            counts={name: number for name, number in numbers.items() if name != "expires_at"},
        )


def index_attributes(key: Key, index: Index) -> Wire:
    """The index keys of an item in wire form; absent keys keep it out of the sparse indexes."""
    wire: Wire = {}
    for name, pair in (("gsi1", index.gsi1), ("gsi2", index.gsi2)):
        if pair is not None:
            wire[f"{name}pk"], wire[f"{name}sk"] = {"S": pair[0]}, {"S": pair[1]}
    if index.due:
        shard = zlib.crc32(key.pk.encode()) % DUE_SHARDS
        wire["gsi3pk"] = {"S": f"DUE#{shard}"}
        wire["gsi3sk"] = {"S": stamp(min(index.due.values()))}
    if index.expires is not None:
        wire["expires_at"] = {"N": str(int(index.expires.timestamp()))}
    return wire


def get_row(key: Key) -> Row | None:
    """One item, strongly consistent."""
    answer = connection().get_item(config.table_name(), key.pk, key.sk, consistent_read=True)
    return Row.of(answer["Item"]) if "Item" in answer else None


def get_rows(keys: Iterable[Key]) -> dict[Key, Row]:
    """Many items in as few calls as the 100-key limit allows, strongly consistent; absent ones are left out."""
    table, found, wanted = config.table_name(), {}, sorted(set(keys))
    while wanted:
        batch, wanted = wanted[:100], wanted[100:]
        answer = connection().batch_get_item(
            table, cast(Any, [{"pk": key.pk, "sk": key.sk} for key in batch]), consistent_read=True
        )
        for wire in answer["Responses"].get(table, ()):
            row = Row.of(wire)
            found[row.key] = row
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", ())
        wanted = [Key(wire["pk"]["S"], wire["sk"]["S"]) for wire in left] + wanted
    return found


def rows_of(pk: str, prefix: str = "", until: str = "") -> Iterator[Row]:
    """All items of a partition (or of a prefix in it), in order, page by page, strongly consistent.

    Args:
        prefix: only sort keys that begin with it.
        until: only sort keys below it (instead of a prefix).
    """
    path = Path("sk")
    condition: Condition | None = path.startswith(prefix) if prefix else (path < until if until else None)
    start: Wire | None = None
    while True:
        answer = connection().query(
            config.table_name(), pk, range_key_condition=condition, consistent_read=True, exclusive_start_key=start
        )
        yield from map(Row.of, answer["Items"])
        start = answer.get("LastEvaluatedKey")
        if not start:
            return


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: its cards and where the next page starts (`None`: this was the last)."""

    items: Sequence[T]
    next: Mapping[str, str] | None = None


def page(
    kind: Kind[Any],
    index: str,
    pk: str,
    *,
    limit: int,
    start: Mapping[str, str] | None = None,
    newest_first: bool = False,
    prefix: str = "",
    between: tuple[str, str] | None = None,
    keep: Callable[[Any], bool] | None = None,
) -> Page[Any]:
    """One page of cards from an index (`gsi1`, `gsi2`) or from the table itself (`table`): one read.

    Args:
        limit: 1 to 100 cards.
        start: `next` of the page before.
        prefix: only sort keys that begin with it.
        between: only sort keys from the first to the second, both included.
        keep: only cards it says yes to. Then up to four reads of 100 rows go into a page, and one that found fewer than
            `limit` cards still has a `next` unless the list has ended.
    """
    name = None if index == "table" else index
    path = Path("sk" if name is None else f"{index}sk")
    condition = path.startswith(prefix) if prefix else (path.between(*between) if between else None)
    limit = max(1, min(limit, PAGE_LIMIT))
    cards: list[Any] = []
    for _ in range(_SIFTED_READS if keep else 1):
        answer = connection().query(
            config.table_name(),
            pk,
            range_key_condition=condition,
            index_name=name,
            limit=PAGE_LIMIT if keep else limit,
            scan_index_forward=not newest_first,
            exclusive_start_key={k: {"S": v} for k, v in start.items()} if start else None,
        )
        last, rows = answer.get("LastEvaluatedKey"), answer["Items"]
        for number, wire in enumerate(rows, 1):
            card = kind.read_card(_card(wire["card"])) if "card" in wire else None
            if card is not None and (keep is None or keep(card)):
                cards.append(card)
            if len(cards) == limit and (last or number < len(rows)):
                return Page(cards, _place_of(wire, index))
        start = {k: v["S"] for k, v in last.items()} if last else None
        if start is None:
            break
    return Page(cards, start)


def _card(value: Mapping[str, Any]) -> bytes:
    """A card as it was stored: deflated, or by earlier versions as a text."""
    return cast(bytes, value["B"]) if "B" in value else str(value["S"]).encode()


def _place_of(wire: Wire, index: str) -> dict[str, str]:
    """Where a list goes on after an item."""
    names = ("pk", "sk") if index == "table" else ("pk", "sk", f"{index}pk", f"{index}sk")
    return {name: wire[name]["S"] for name in names}


def due_keys(shard: int, now: datetime, limit: int = PAGE_LIMIT) -> list[Key]:
    """Keys of up to `limit` items whose earliest deadline has passed, oldest first."""
    answer = connection().query(
        config.table_name(),
        f"DUE#{shard}",
        range_key_condition=Path("gsi3sk") <= stamp(now),
        index_name="gsi3",
        limit=limit,
    )
    return [Key(wire["pk"]["S"], wire["sk"]["S"]) for wire in answer["Items"]]


def checked(*parts: str) -> bool:
    """Whether all parts may stand in a key."""
    return all(map(is_id, parts))
