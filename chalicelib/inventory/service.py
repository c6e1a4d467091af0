"""Moving stock (ORD-07, RTE-08).

Every function adds its movements to the unit of work; the commit makes them all or none. What is short is found by the
conditions of that commit and told as one `SoldOut` that names every SKU.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import GoodsKind, Variant, component_skus
from chalicelib.catalog.items import VARIANT
from chalicelib.core.errors import DomainError, FieldError, Invalid, VersionConflict
from chalicelib.core.events import Aggregate
from chalicelib.core.table import Key, Ref
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets

from .domain import (
    LARGEST_MOVE,
    MAX_SHARDS,
    SHARDED_SKUS,
    Demand,
    Level,
    Move,
    NotThatMany,
    SoldOut,
    StockAdjusted,
    StockReceived,
    Units,
    adjustment_errors,
    bundles_from,
    deltas,
    even_out,
    floors,
    shards_of,
    take_from,
)
from .items import STOCK


def refs(uow: UnitOfWork, skus: Iterable[str], locations: Iterable[str]) -> list[Ref]:
    """The counters of these SKUs at these locations, to be loaded together with other things."""
    places, shards = list(locations), shards_of(uow.setting(SHARDED_SKUS))
    return [ref for sku in skus for place in places for ref in _shards(sku, place, shards)]


def available(uow: UnitOfWork, skus: Iterable[str], locations: Iterable[str]) -> dict[tuple[str, str], int]:
    """Units that may be sold, per SKU and location; nothing there is 0. One round trip, none if `refs` were loaded."""
    wanted, places, shards = list(skus), list(locations), shards_of(uow.setting(SHARDED_SKUS))
    uow.load(*(ref for sku in wanted for place in places for ref in _shards(sku, place, shards)))
    return {
        (sku, place): Level.of(uow.counter(ref) for ref in _shards(sku, place, shards)).available
        for sku in wanted
        for place in places
    }


def sellable_units(uow: UnitOfWork, skus: Iterable[str], market_code: str) -> dict[str, int]:
    """Units that a market's locations have for sale, by SKU: one round trip; a second when bundles are among them.

    Of what is not on sale there, nothing can be had, whatever lies on the shelves; virtual goods never run out.

    Raises:
        NotFound: no such market.
    """
    wanted, places = list(dict.fromkeys(skus)), markets.market(market_code).ships_from
    uow.load(*(VARIANT.ref(sku) for sku in wanted), *refs(uow, wanted, places))
    sold = {sku: variant for sku, variant in catalog.variants(uow, wanted).items() if variant.price(market_code)}
    bundles = [variant for variant in sold.values() if variant.is_bundle]
    inside = component_skus(bundles)
    if bundles:
        uow.load(*(VARIANT.ref(sku) for sku in inside), *refs(uow, inside, places))
    parts = catalog.components(uow, bundles)
    at_places = available(uow, dict.fromkeys((*wanted, *inside)), places)
    units = {sku: sum(at_places[sku, place] for place in places) for sku in (*wanted, *inside)}
    return {sku: _units_of(sold.get(sku), units, parts, market_code) for sku in wanted}


def _units_of(variant: Variant | None, units: Mapping[str, int], parts: Mapping[str, Variant], market_code: str) -> int:
    if variant is None:
        return 0
    if variant.is_bundle:
        return bundles_from(units, variant, parts, market_code)
    return units[variant.sku] if variant.kind is GoodsKind.PHYSICAL else LARGEST_MOVE


def levels(uow: UnitOfWork, sku: str) -> dict[str, Level]:
    """The stock of a SKU at every location that keeps some, shards added up: one query."""
    by_location: dict[str, list[Mapping[str, int]]] = {}
    for key, counts in uow.counters(STOCK, sku, prefix="STOCK#").items():
        by_location.setdefault(_location(key), []).append(counts)
    return {location: Level.of(counts) for location, counts in sorted(by_location.items())}


def reserve(uow: UnitOfWork, allocation: Demand, reservation_id: str = "") -> None:
    """Hold units for an order (ORD-07). The commit raises `SoldOut` when any are not there.

    Args:
        allocation: units per SKU and location, lines of one SKU added up.
        reservation_id: the order that holds them; the order itself remembers what and where.

    Raises:
        SoldOut: a sharded SKU is short already.
    """
    _move(uow, Move.RESERVE, allocation)


def release(uow: UnitOfWork, allocation: Demand, reservation_id: str = "") -> None:
    """Give back units that were reserved and have not left; whoever calls sees to it that it happens once."""
    _move(uow, Move.RELEASE, allocation)


def set_aside(uow: UnitOfWork, allocation: Demand, reason: str) -> None:
    """Reserved units that are not where they should be: nobody is sold them until somebody has counted (REV-08).

    Args:
        reason: a word for the stock's log.
    """
    for (sku, location), units in allocation.items():
        _move(
            uow, Move.SET_ASIDE, {(sku, location): units}, StockAdjusted(sku, location, Move.SET_ASIDE, units, reason)
        )


def ship(uow: UnitOfWork, allocation: Demand) -> None:
    """Reserved units leave the stock."""
    _move(uow, Move.SHIP, allocation)


def restock(uow: UnitOfWork, allocation: Demand, reason: str = "return") -> None:
    """Units that came back may be sold again."""
    receive(uow, allocation, reason)


def receive(uow: UnitOfWork, allocation: Demand, reason: str) -> None:
    """Units have come in; one `stock.received` tells of them all.

    Args:
        reason: `opening`, `delivery`, `return` or a word of staff.
    """
    _receive(uow, allocation, reason)


def adjust(uow: UnitOfWork, sku: str, location: str, move: Move, quantity: int, reason: str) -> None:
    """Staff correct the stock: receive, write off, block or unblock, with the reason.

    Raises:
        Invalid: with everything that is wrong.
        NotThatMany: (from the commit) there are not so many to write off, block or unblock.
    """
    errors = adjustment_errors(move, quantity, reason)
    if errors:
        raise Invalid(*errors)
    if move is Move.RECEIVE:
        receive(uow, {(sku, location): quantity}, reason)
    else:
        _move(uow, move, {(sku, location): quantity}, StockAdjusted(sku, location, move, quantity, reason))


def open_stock(uow: UnitOfWork, stock: Mapping[tuple[str, str], int]) -> int:
    """Receive opening stock where none has ever been kept; what is kept already stays as it is.

    Returns:
        How many counters were opened.

    Raises:
        NotFound: one of the places does not exist; units there would be seen by nobody.
    """
    for place in {location for _, location in stock}:
        markets.location(place)
    uow.load(*(STOCK.ref(*pair) for pair in stock))
    missing = {pair: units for pair, units in stock.items() if uow.counter(STOCK.ref(*pair)) is None and units > 0}
    _receive(uow, missing, "opening", first=True)
    return len(missing)


def rebalance(uow: UnitOfWork, sku: str, location: str, shards: int) -> Level:
    """Spread what is available of a SKU at a location evenly over its first `shards` counters (1 gathers it again).

    The spread of reserved units stays: they are shipped and released from whichever shard holds them.

    Raises:
        Invalid: not a number of shards that is possible.
    """
    if not 1 <= shards <= MAX_SHARDS:
        raise Invalid(FieldError("/shards", f"must be 1 to {MAX_SHARDS}"))
    places = [STOCK.ref(sku, location, _suffix(number)) for number in range(MAX_SHARDS)]
    uow.load(*places)
    counters = [uow.counter(ref) or {} for ref in places]
    held = [counts.get("available", 0) for counts in counters]
    for ref, change in zip(places, even_out(held, shards), strict=True):
        if change:
            floor = {"available": -change, "on_hand": -change} if change < 0 else None
            uow.count(ref, {"available": change, "on_hand": change}, at_least=floor, otherwise=_meanwhile())
    return Level.of(counters)


def _move(uow: UnitOfWork, move: Move, allocation: Demand, news: Any = None) -> None:
    shards = shards_of(uow.setting(SHARDED_SKUS))
    sharded = [pair for pair in allocation if shards.get(pair[0], 1) > 1]
    uow.load(*(ref for sku, location in sharded for ref in _shards(sku, location, shards)))
    short = []
    for pair, quantity in allocation.items():
        happened = (news,) if news is not None else ()
        if quantity <= 0:
            raise ValueError("a movement is of one unit or more")
        if pair not in sharded:
            _count(uow, STOCK.ref(*pair), move, quantity, happened, otherwise=_missing(move, pair[0]))
        elif not _move_sharded(uow, move, _shards(*pair, shards), quantity, happened):
            short.append(pair[0])
    if short:
        raise SoldOut.of(short) if move is Move.RESERVE else NotThatMany(_too_few(move, short[0]), skus=short)


def _move_sharded(uow: UnitOfWork, move: Move, places: list[Ref], quantity: int, happened: tuple[Any, ...]) -> bool:
    """Move units of a sharded SKU: from any one shard that has them all, tried in random order, else from several.

    What the command itself has taken from a shard before is not there any more. A shard that was emptied since it was
    read fails the commit as a version conflict, so that the command runs again and finds what the other shards have.
    """
    order = random.sample(places, len(places))
    names = list(floors(move, 1))
    free = [
        {name: (uow.counter(ref) or {}).get(name, 0) - uow.claimed(ref).get(name, 0) for name in names} for ref in order
    ]
    parts = take_from([min(counts.values(), default=0) for counts in free], quantity)
    for number, units in (parts or {}).items():
        _count(uow, order[number], move, units, happened, otherwise=_meanwhile())
        happened = ()
    return parts is not None


def _receive(uow: UnitOfWork, allocation: Demand, reason: str, *, first: bool = False) -> None:
    happened: tuple[Any, ...] = (
        StockReceived(tuple(Units(*pair, units) for pair, units in allocation.items()), reason),
    )
    for pair, quantity in allocation.items():
        if quantity <= 0:
            raise ValueError("a movement is of one unit or more")
        _count(uow, STOCK.ref(*pair), Move.RECEIVE, quantity, happened, first=first)
        happened = ()


def _count(
    uow: UnitOfWork, ref: Ref, move: Move, quantity: int, happened: tuple[Any, ...] = (),
    *, otherwise: DomainError | None = None, first: bool = False,
) -> None:  # fmt: skip
    about = Aggregate("stock", ref.key.pk.partition("#")[2]) if happened else None
    down = floors(move, quantity)
    uow.count(
        ref, deltas(move, quantity), at_least=down, otherwise=otherwise, happened=happened, about=about, first=first
    )


def _missing(move: Move, sku: str) -> DomainError:
    return SoldOut.of([sku]) if move is Move.RESERVE else NotThatMany(_too_few(move, sku), skus=[sku])


def _too_few(move: Move, sku: str) -> str:
    return f"There are not so many units of {sku} to {move.replace('_', ' ')}."


def _meanwhile() -> VersionConflict:
    return VersionConflict("The stock has changed meanwhile.")


def _shards(sku: str, location: str, shards: Mapping[str, int]) -> list[Ref]:
    return [STOCK.ref(sku, location, _suffix(number)) for number in range(shards.get(sku, 1))]


def _suffix(number: int) -> str:
    return str(number) if number else ""


def _location(key: Key) -> str:
    return key.sk.split("#")[1]
