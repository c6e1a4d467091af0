"""The rules of stock: which numbers move, and what must be there before they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.catalog.domain import GoodsKind, Variant, missing
from chalicelib.core.errors import Conflict, FieldError
from chalicelib.core.events import event
from chalicelib.core.settings import Setting

#: How many units of which SKU at which location. One entry per pair: lines of one SKU are added up before.
Demand = Mapping[tuple[str, str], int]

#: The most shards a SKU's stock at one location is spread over.
MAX_SHARDS: Final = 32
#: No single movement is larger than this.
LARGEST_MOVE: Final = 10**9

SHARDED_SKUS: Final = Setting(
    "inventory.sharded_skus", "", unit="SKU:shards, separated by commas", rule="ORD-07", own=True,
    form=r"([^:,]+:[0-9]{1,2}(,(?!$)|$))*",
    doc="SKUs sold in a rush, with the number of counters their stock of one location is spread over.",
)  # fmt: skip

SHOWN_AT_MOST: Final = Setting(
    "inventory.shown_at_most", 99, unit="units", rule="ORD-07", own=True,
    doc="The highest number of available units that the storefront is told.",
)  # fmt: skip


class Move(StrEnum):
    """What can happen to units of a SKU at a location."""

    RECEIVE = "receive"
    RESERVE = "reserve"
    RELEASE = "release"
    SHIP = "ship"
    RESTOCK = "restock"
    WRITE_OFF = "write_off"
    BLOCK = "block"
    UNBLOCK = "unblock"
    SET_ASIDE = "set_aside"


#: What each movement of one unit does to the numbers. Every row keeps on_hand = available + reserved + blocked.
EFFECTS: Final[Mapping[Move, Mapping[str, int]]] = {
    Move.RECEIVE: {"on_hand": 1, "available": 1},
    Move.RESERVE: {"available": -1, "reserved": 1},
    Move.RELEASE: {"available": 1, "reserved": -1},
    Move.SHIP: {"on_hand": -1, "reserved": -1},
    Move.RESTOCK: {"on_hand": 1, "available": 1},
    Move.WRITE_OFF: {"on_hand": -1, "available": -1},
    Move.BLOCK: {"available": -1, "blocked": 1},
    Move.UNBLOCK: {"available": 1, "blocked": -1},
    Move.SET_ASIDE: {"reserved": -1, "blocked": 1},
}

#: The movements that staff make by hand (the others follow from orders and returns).
BY_STAFF: Final = (Move.RECEIVE, Move.WRITE_OFF, Move.BLOCK, Move.UNBLOCK)


class SoldOut(Conflict):
    """Less is available than asked for; `skus` names them all."""

    code, title = "sold-out", "Not enough in stock"

    @classmethod
    def of(cls, skus: Iterable[str]) -> SoldOut:
        names = sorted(set(skus))
        return cls(f"Not enough in stock of {', '.join(names)}.", skus=names)

    @staticmethod
    def join(errors: Sequence[SoldOut]) -> SoldOut:
        """One error for all SKUs of a command that ran short."""
        return SoldOut.of(sku for error in errors for sku in error.members["skus"])


class NotThatMany(Conflict):
    """More units were to be released, shipped, blocked or written off than there are."""

    code, title = "stock-mismatch", "The stock does not hold that many"


@dataclass(frozen=True, slots=True)
class Level:
    """The stock of a SKU at a location, all its shards together."""

    on_hand: int = 0
    available: int = 0
    reserved: int = 0
    blocked: int = 0

    @classmethod
    def of(cls, counters: Iterable[Mapping[str, int] | None]) -> Level:
        kept = [counts for counts in counters if counts]
        return cls(*(sum(counts.get(name, 0) for counts in kept) for name in cls.__slots__))


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a SKU at a location."""

    sku: str
    location: str
    quantity: int


@event("stock.received")
@dataclass(frozen=True, slots=True)
class StockReceived:
    """Units have come in; `reason` is `opening`, `delivery`, `return` or what staff say."""

    units: tuple[Units, ...]
    reason: str


@event("stock.adjusted")
@dataclass(frozen=True, slots=True)
class StockAdjusted:
    """Staff have written off, blocked or unblocked units."""

    sku: str
    location: str
    move: str
    quantity: int
    reason: str


def floors(move: Move, quantity: int) -> dict[str, int]:
    """What must be there for a movement: every number that goes down, at least by as much."""
    return {name: quantity for name, sign in EFFECTS[move].items() if sign < 0}


def deltas(move: Move, quantity: int) -> dict[str, int]:
    """What a movement adds to each number."""
    return {name: sign * quantity for name, sign in EFFECTS[move].items()}


def merged(demand: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    """Demand per SKU and location from lines that may name a SKU more than once."""
    total: dict[tuple[str, str], int] = {}
    for sku, location, quantity in demand:
        total[sku, location] = total.get((sku, location), 0) + quantity
    return total


def bundles_from(units: Mapping[str, int], bundle: Variant, parts: Mapping[str, Variant], market: str) -> int:
    """How many of a bundle can be made from so many units of its components: as the scarcest allows (CAT-04).

    Virtual components have no stock that could run out; one that is not on sale leaves none.
    """
    if missing(bundle, parts, market):
        return 0
    sent = [each for each in bundle.components if parts[each.sku].kind is GoodsKind.PHYSICAL]
    return min((max(0, units.get(each.sku, 0)) // each.quantity for each in sent), default=LARGEST_MOVE)


def shards_of(setting: str) -> dict[str, int]:
    """The shard counts that the setting names; entries that make no sense are left out, so they have one."""
    counts = {}
    for entry in setting.split(","):
        sku, _, number = entry.strip().rpartition(":")
        if sku and number.isdecimal() and 1 < int(number) <= MAX_SHARDS:
            counts[sku] = int(number)
    return counts


def take_from(held: Sequence[int], quantity: int) -> dict[int, int] | None:
    """Which shard gives how much: one that has it all if there is one, else several; None when all together have not.

    Args:
        held: what each shard holds, in the order in which they are to be tried.
    """
    for number, units in enumerate(held):
        if units >= quantity:
            return {number: quantity}
    parts: dict[int, int] = {}
    for number, units in sorted(enumerate(held), key=lambda pair: -pair[1]):
        part = min(units, quantity - sum(parts.values()))
        if part > 0:
            parts[number] = part
    return parts if sum(parts.values()) == quantity else None


def even_out(held: Sequence[int], shards: int) -> list[int]:
    """What each shard gains or loses when what all hold together is spread evenly over the first `shards`."""
    total = sum(held)
    share, left = divmod(total, shards)
    return [(share + (number < left) if number < shards else 0) - units for number, units in enumerate(held)]


def adjustment_errors(move: Move, quantity: int, reason: str) -> list[FieldError]:
    """What is wrong with an adjustment of staff."""
    errors = []
    if move not in BY_STAFF:
        errors.append(FieldError("/move", f"must be one of {', '.join(BY_STAFF)}"))
    if not 1 <= quantity <= LARGEST_MOVE:
        errors.append(FieldError("/quantity", f"must be 1 to {LARGEST_MOVE}"))
    if not reason.strip():
        errors.append(FieldError("/reason", "must be given"))
    return errors
