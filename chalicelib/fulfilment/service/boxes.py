"""Packing proposals, what was used instead, and the release of fragile goods (FUL-17, FUL-18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import Variant
from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid, NotFound, RuleRefused
from chalicelib.core.ids import is_id
from chalicelib.core.settings import Setting
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain import boxes as d
from chalicelib.fulfilment.domain import crush
from chalicelib.fulfilment.domain.boxes import BoxRange, BoxSize, Piece, Proposal
from chalicelib.fulfilment.domain.crush import CompressionTest, Packaging, PackagingTested
from chalicelib.fulfilment.items.boxes import BOX_RANGE, PACKAGING, PACKAGINGS, SPACE, SPACES
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order
from chalicelib.shipping.domain.shipments import Box

from .parcels import check_store

_CM3: Final = 1000


def sizes_of(uow: UnitOfWork, store: str) -> tuple[BoxSize, ...]:
    """The boxes of a location; the usual ones where it has named none."""
    kept = uow.find(BOX_RANGE, store)
    return kept.sizes if kept else d.USUAL_SIZES


def name_sizes(uow: UnitOfWork, store: str, sizes: Sequence[BoxSize], principal: Principal) -> tuple[BoxSize, ...]:
    """Say which boxes a location has.

    Raises:
        NotFound: no such location, or another's.
        Invalid: two boxes of one name.
    """
    check_store(store, principal)
    d.check_sizes(sizes)
    uow.find(BOX_RANGE, store)
    return uow.put(BOX_RANGE, BoxRange(location=store, sizes=tuple(sizes))).sizes


def propose(uow: UnitOfWork, order_id: str, principal: Principal) -> Proposal:
    """Which boxes an order could be packed in (FUL-17).

    Raises:
        NotFound: no such order, or another store's.
        RuleRefused: more pieces than are packed by a proposal.
        WhichPlace: the order leaves from several places that the caller works for.
    """
    order = orders.find_for_staff(uow, order_id, principal)
    if place := orders.place_of(order, principal):
        order = orders.dispatching.alone(order, orders.dispatching.part_of(uow, order, place))
    most = uow.setting(d.MOST_UNITS)
    if order.units > most:
        raise RuleRefused(f"Orders of more than {most} pieces are packed by eye.", rule="FUL-17")
    pieces = [piece for piece, units in _goods(order, _variants(uow, [order])) for _ in range(units)]
    return d.propose(pieces, sizes_of(uow, order.store or ""), uow.setting(d.STANDS_ON))


def _variants(uow: UnitOfWork, packed: Iterable[Order]) -> Mapping[str, Variant]:
    return catalog.variants(uow, [part.sku for order in packed for part in order.parts if part.kind == "physical"])


def _goods(order: Order, variants: Mapping[str, Variant]) -> list[tuple[Piece, int]]:
    """The pieces of an order with their units; what the catalogue does not know any more has no sides."""
    found = []
    for part in order.parts:
        if part.kind == "physical":
            known = variants.get(part.sku)
            sides = (known.length_mm, known.width_mm, known.height_mm) if known else (0, 0, 0)
            found.append((Piece(part.sku, sides, part.weight_g, known.fragile if known else False), part.quantity))
    return found


def check_packing(
    uow: UnitOfWork, store: str, packed: Sequence[Order], boxes: Sequence[Box], pointer: str, *, again: bool = False
) -> tuple[Box, ...]:
    """The boxes as they are kept, after everything that must hold of them; notes how full they are.

    Args:
        again: the goods have been packed before, and counted.

    Raises:
        Invalid: a box that the location does not have.
        FragileNotReleased: fragile goods in a packaging without its tests.
    """
    sizes = {size.name: size for size in sizes_of(uow, store)} if any(box.size for box in boxes) else {}
    unknown = [place for place, box in enumerate(boxes) if box.size and box.size not in sizes]
    if unknown:
        names = ", ".join(sizes)
        raise Invalid(*(FieldError(f"{pointer}/{place}/size", f"is none of {names}") for place in unknown))
    known = tuple(_with_sides(box, sizes.get(box.size)) for box in boxes)
    variants = _variants(uow, packed)
    _require_released(uow, packed, variants, {box.size or crush.OWN_BOX for box in boxes})
    if not again:
        _count_space(uow, store, packed, variants, known)
    return known


def _with_sides(box: Box, size: BoxSize | None) -> Box:
    """A box of ours has its own sides, unless somebody has measured it."""
    if size is None or box.length_mm or box.width_mm or box.height_mm:
        return box
    return replace(box, length_mm=size.length_mm, width_mm=size.width_mm, height_mm=size.height_mm)


def _require_released(
    uow: UnitOfWork, packed: Sequence[Order], variants: Mapping[str, Variant], used: Iterable[str]
) -> None:
    """A test that is recorded at this very moment is either counted or makes the packing be done again."""
    skus = sorted({part.sku for order in packed for part in order.parts if _is_fragile(variants.get(part.sku))})
    wanted = [(sku, packaging) for sku in skus for packaging in sorted(used)]
    if not wanted:
        return
    uow.load(*(PACKAGING.ref(*pair) for pair in wanted))
    tested = [_packaging(uow, *pair) for pair in wanted]
    crush.require_released(tested, uow.setting(crush.NEEDED))
    for pair in wanted:
        uow.require(PACKAGING, *pair)


def _is_fragile(variant: Variant | None) -> bool:
    return variant is not None and variant.fragile


def _packaging(uow: UnitOfWork, sku: str, packaging: str) -> Packaging:
    return uow.find(PACKAGING, sku, packaging) or Packaging(sku=sku, packaging=packaging)


def _count_space(
    uow: UnitOfWork, store: str, packed: Sequence[Order], variants: Mapping[str, Variant], boxes: Sequence[Box]
) -> None:
    """Only where everything is measured: half a measure would make the boxes look emptier than they are."""
    goods = [pair for order in packed for pair in _goods(order, variants)]
    measured = all(piece.is_measured for piece, _ in goods)
    if not goods or not measured or not all(box.length_mm and box.width_mm and box.height_mm for box in boxes):
        return
    inside = sum(box.length_mm * box.width_mm * box.height_mm for box in boxes)
    filled = sum(piece.volume_mm3 * units for piece, units in goods)
    place = SPACE.ref(store, f"{uow.now:%Y-%m}")
    uow.count(place, {"orders": len(packed), "goods": round(filled / _CM3), "boxes": round(inside / _CM3)})


BASELINE: Final = Setting(
    "fulfilment.space_use_baseline_percent", 45, unit="percent", rule="FUL-17", own=True,
    doc="How much of the boxes was goods before boxes were proposed; the target is measured from here.",
)  # fmt: skip
TARGET: Final = Setting(
    "fulfilment.space_use_target_percent", 35, unit="percent", rule="FUL-17",
    doc="By how much the use of space in boxes is to rise over the baseline.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpaceUse:
    """How full the boxes of a month were, in percent to a tenth; `gain` over the baseline, in percent of it."""

    month: str
    orders: int
    use: Decimal
    gain: Decimal
    reached: bool


def space_use(uow: UnitOfWork, store: str, principal: Principal) -> list[SpaceUse]:
    """How full a location's boxes were, the newest month first: one query (FUL-17).

    Raises:
        NotFound: no such location, or another's.
    """
    check_store(store, principal)
    baseline, target = uow.setting(BASELINE), uow.setting(TARGET)
    found = []
    for key, counts in uow.counters(SPACE, store, prefix=SPACES).items():
        use = _tenth(Decimal(100 * counts["goods"]) / max(1, counts["boxes"]))
        gain = _tenth((use / baseline - 1) * 100)
        found.append(SpaceUse(key.sk.removeprefix(SPACES), counts["orders"], use, gain, gain >= target))
    return sorted(found, key=lambda month: month.month, reverse=True)


def _tenth(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP)


def record_test(uow: UnitOfWork, sku: str, packaging: str, test: CompressionTest) -> Packaging:
    """Record a compression test of a SKU in a packaging (FUL-18).

    Raises:
        NotFound: no such SKU.
        Invalid: a test of the future.
        Conflict: the protocol is known with another result.
    """
    if not catalog.variants(uow, [sku]):
        raise NotFound("SKU", sku)
    before = _packaging(uow, sku, packaging)
    after = before.with_test(test, uow.now)
    if after == before:
        return before
    return uow.put(PACKAGING, after, PackagingTested(sku, packaging, test.passed, test.report, after.passed))


def tests_of(uow: UnitOfWork, sku: str) -> list[Packaging]:
    """The tests of a SKU in every packaging it was tested in.

    Raises:
        NotFound: that is no SKU.
    """
    if not is_id(sku):
        raise NotFound("SKU", sku)
    return uow.part(PACKAGING, sku, prefix=PACKAGINGS)
