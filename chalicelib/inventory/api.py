"""Stock, as shoppers and staff see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.catalog import service as catalog
from chalicelib.core.errors import FieldError, Invalid, NotFound, RuleRefused
from chalicelib.core.http import PUBLIC, Id, Model, Post, Request, Routes, staff
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.markets import service as markets

from . import service
from .domain import MAX_SHARDS, SHOWN_AT_MOST, Level, Move, NotThatMany

routes: Final = Routes(__name__)

#: Who may look at stock, and who may move it by hand.
_VIEWERS: Final = staff(Post.PRODUCT_MANAGEMENT, Post.PURCHASING, Post.STORE, Post.ORDER_DESK)
_KEEPERS: Final = staff(Post.PRODUCT_MANAGEMENT, Post.PURCHASING)


class AvailabilityQuery(BaseModel):
    """Which SKUs, for shoppers of which market."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    sku: Annotated[list[Id], Field(min_length=1, max_length=30)]
    market: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class SkuAvailability(Model):
    """Whether a SKU can be had in a market; `available` is cut off at a limit, so that nobody reads sales from it."""

    sku: str
    in_stock: bool
    available: int


class Availability(Model):
    """Stock of this moment (ORD-07)."""

    market: str
    items: Sequence[SkuAvailability]


class LevelView(Model):
    """The stock of a SKU at one location."""

    location: str
    on_hand: int
    available: int
    reserved: int
    blocked: int

    @classmethod
    def of(cls, location: str, level: Level) -> LevelView:
        return cls(
            location=location, on_hand=level.on_hand, available=level.available, reserved=level.reserved,
            blocked=level.blocked,
        )  # fmt: skip


class StockView(Model):
    """The stock of a SKU at every location that keeps some."""

    sku: str
    locations: Sequence[LevelView]


class Adjustment(Model):
    """A movement by hand, with its reason."""

    location: Id
    move: Move
    quantity: Annotated[int, Field(ge=1, le=10**9)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Spread(Model):
    """In how many counters the available stock of a location is kept."""

    location: Id
    shards: Annotated[int, Field(ge=1, le=MAX_SHARDS)]


class AdjustmentDone(Model):
    """The movement that was made."""

    sku: str
    location: str
    move: Move
    quantity: int
    reason: str


@routes.get("/availability", access=PUBLIC)
def read_availability(request: Request, query: AvailabilityQuery) -> Availability:
    """How much of each SKU the locations that serve a market can sell now: one read (ORD-07, RTE-08).

    Of a bundle so many can be had as all of its components allow, none when one is not on sale (CAT-04): another read.
    """
    totals = service.sellable_units(request.uow, query.sku, query.market)
    most = request.uow.setting(SHOWN_AT_MOST)
    return Availability(
        market=query.market,
        items=[SkuAvailability(sku=sku, in_stock=all_ > 0, available=min(all_, most)) for sku, all_ in totals.items()],
    )


@routes.get("/staff/stock/{sku}", access=_VIEWERS)
def read_stock(request: Request, sku: str) -> StockView:
    """The stock of a SKU by location (RTE-08). A store sees its own shelf only."""
    return _stock(request, sku)


@routes.post(
    "/staff/stock/{sku}/adjustments", access=_KEEPERS, status=201, idempotent=True, errors=[NotThatMany]
)  # fmt: skip
def adjust_stock(request: Request, sku: str, body: Adjustment) -> AdjustmentDone:
    """Receive, write off, block or unblock units, with the reason."""
    _known(request.uow, sku, body.location)
    service.adjust(request.uow, sku, body.location, body.move, body.quantity, body.reason)
    return AdjustmentDone(
        sku=sku, location=body.location, move=body.move, quantity=body.quantity, reason=body.reason
    )  # fmt: skip


@routes.post("/staff/stock/{sku}/shards", access=_KEEPERS, commit=False)
def spread_stock(request: Request, sku: str, body: Spread) -> StockView:
    """Spread the available stock of a location over shards, for a SKU that is about to be sold in a rush.

    Set `inventory.sharded_skus` as well, so that buyers are sent to all of them; to end it, take the SKU out of the
    setting and gather the stock again with `shards: 1`.
    """
    caller = request.uow
    _known(caller, sku, body.location)

    def begin() -> UnitOfWork:
        return UnitOfWork(caller.now, caller.actor, caller.cause, caller.trace)

    run(lambda uow: service.rebalance(uow, sku, body.location, body.shards), begin)
    return _stock(request, sku)


def _known(uow: UnitOfWork, sku: str, location: str) -> None:
    """Insist on a SKU of the catalogue that has stock, and a location of the shop."""
    try:
        markets.location(location)
    except NotFound:
        raise Invalid(FieldError("/location", "there is no such location")) from None
    if catalog.variant(uow, sku).is_bundle:
        raise RuleRefused("A bundle has no stock of its own: its components have.", rule="CAT-04", sku=sku)


def _stock(request: Request, sku: str) -> StockView:
    catalog.variant(request.uow, sku)
    sees = request.principal.works_for
    levels = service.levels(request.uow, sku)
    return StockView(sku=sku, locations=[LevelView.of(place, level) for place, level in levels.items() if sees(place)])
