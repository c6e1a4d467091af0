"""Which boxes goods are packed in: first-fit decreasing in three dimensions, with rotations (FUL-17).

The packer is plain on purpose: goods, the largest first and the fragile last, each go to the lowest free corner where
they fit in some position, stand on something, and stand on nothing fragile. That finds no better packing than a
person could build; what it finds can be built. Everything is in millimetres and grams, and the same goods are always
packed the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.settings import Setting

MOST_UNITS: Final = Setting(
    "fulfilment.units_packed_by_proposal", 60, unit="pieces", rule="FUL-17", own=True,
    doc="Orders of more pieces get no packing proposal: people pack those by eye.",
)  # fmt: skip
STANDS_ON: Final = Setting(
    "fulfilment.base_standing_percent", 60, unit="percent", rule="FUL-17", own=True,
    doc="How much of its base a piece must have under it, unless it stands on the box's floor.",
)  # fmt: skip

Sides = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSize:
    """A box that a location has on its shelf.

    Args:
        name: as staff know it; compression tests refer to it (FUL-18).
        length_mm, width_mm, height_mm: inside.
        most_g: goods it may hold. tare_g: what it weighs itself.
    """

    name: str
    length_mm: int
    width_mm: int
    height_mm: int
    most_g: int
    tare_g: int = 0

    @property
    def sides(self) -> Sides:
        return (self.length_mm, self.width_mm, self.height_mm)

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


#: Used where a location has named no boxes of its own: the usual sizes of folding cartons.
USUAL_SIZES: Final = (
    BoxSize(name="XS", length_mm=200, width_mm=150, height_mm=90, most_g=2_000, tare_g=70),
    BoxSize(name="S", length_mm=300, width_mm=200, height_mm=150, most_g=5_000, tare_g=160),
    BoxSize(name="M", length_mm=400, width_mm=300, height_mm=200, most_g=12_000, tare_g=330),
    BoxSize(name="L", length_mm=500, width_mm=400, height_mm=300, most_g=20_000, tare_g=620),
    BoxSize(name="XL", length_mm=600, width_mm=400, height_mm=400, most_g=30_000, tare_g=850),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRange:
    """The boxes of a location."""

    location: str
    sizes: tuple[BoxSize, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One unit of goods as it is packed."""

    sku: str
    sides: Sides
    weight_g: int
    fragile: bool = False

    @property
    def volume_mm3(self) -> int:
        return self.sides[0] * self.sides[1] * self.sides[2]

    @property
    def is_measured(self) -> bool:
        return all(self.sides)


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece where it lies: its corner nearest to the box's, and its sides as it lies there."""

    piece: Piece
    at: Sides
    sides: Sides

    @property
    def ends(self) -> Sides:
        return (self.at[0] + self.sides[0], self.at[1] + self.sides[1], self.at[2] + self.sides[2])

    def overlaps(self, other: Placed) -> bool:
        """Whether the two are in the same place; touching is not."""
        (x, y, z), (a, b, c) = self.at, other.at
        return (
            x < a + other.sides[0] and a < x + self.sides[0]
            and y < b + other.sides[1] and b < y + self.sides[1]
            and z < c + other.sides[2] and c < z + self.sides[2]
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PackedBox:
    """A proposed box with what is in it."""

    size: BoxSize
    placed: tuple[Placed, ...]

    @property
    def weight_g(self) -> int:
        """With the box itself."""
        return self.size.tare_g + sum(one.piece.weight_g for one in self.placed)

    @property
    def goods_mm3(self) -> int:
        return sum(one.piece.volume_mm3 for one in self.placed)


@dataclass(frozen=True, slots=True)
class Proposal:
    """How an order could be packed.

    Args:
        boxes: to take, each the smallest that holds what is in it.
        too_large: pieces that fit in no box. unmeasured: pieces whose sides nobody has entered.
    """

    boxes: tuple[PackedBox, ...]
    too_large: tuple[Piece, ...] = ()
    unmeasured: tuple[Piece, ...] = ()


def propose(pieces: Sequence[Piece], sizes: Sequence[BoxSize], standing: int) -> Proposal:
    """The fewest boxes that this packer finds, each as small as it can be.

    Args:
        standing: percent of its base that a piece must have under it.
    """
    ascending = sorted(sizes, key=lambda size: (size.volume_mm3, size.name))
    measured = [piece for piece in pieces if piece.is_measured]
    fitting = [piece for piece in measured if any(pack([piece], size, standing) for size in ascending)]
    left, boxes = _in_order(fitting), []
    while left:
        box = _smallest(left, ascending, standing) or _fullest(left, ascending, standing)
        boxes.append(box)
        for one in box.placed:
            left.remove(one.piece)
    return Proposal(
        tuple(boxes),
        tuple(piece for piece in measured if piece not in fitting),
        tuple(piece for piece in pieces if not piece.is_measured),
    )


def _smallest(pieces: Sequence[Piece], ascending: Iterable[BoxSize], standing: int) -> PackedBox | None:
    """The smallest box that holds all of these, or None."""
    for size in ascending:
        placed = pack(pieces, size, standing)
        if placed is not None:
            return PackedBox(size, placed)
    return None


def _fullest(pieces: Sequence[Piece], ascending: Sequence[BoxSize], standing: int) -> PackedBox:
    """The box that takes most of these, in the smallest size that holds what went in."""
    taken = max(
        (_filled(pieces, size, standing) for size in ascending),
        key=lambda placed: sum(one.piece.volume_mm3 for one in placed),
    )
    box = _smallest(_in_order(one.piece for one in taken), ascending, standing)
    if box is None:
        raise AssertionError("what went into a box goes into it")
    return box


def _in_order(pieces: Iterable[Piece]) -> list[Piece]:
    """Sturdy before fragile, large before small; the name decides what is equal."""
    return sorted(pieces, key=lambda piece: (piece.fragile, -piece.volume_mm3, -max(piece.sides), piece.sku))


def pack(pieces: Sequence[Piece], size: BoxSize, standing: int) -> tuple[Placed, ...] | None:
    """All of these in one box, or None when this packer does not get them in."""
    if sum(piece.weight_g for piece in pieces) > size.most_g:
        return None
    if sum(piece.volume_mm3 for piece in pieces) > size.volume_mm3:
        return None
    placed: list[Placed] = []
    for piece in _in_order(pieces):
        spot = _spot(piece, placed, size, standing)
        if spot is None:
            return None
        placed.append(spot)
    return tuple(placed)


def _filled(pieces: Sequence[Piece], size: BoxSize, standing: int) -> list[Placed]:
    """As many of these as go in, in turn."""
    placed: list[Placed] = []
    weight = 0
    for piece in _in_order(pieces):
        spot = _spot(piece, placed, size, standing) if weight + piece.weight_g <= size.most_g else None
        if spot is not None:
            placed.append(spot)
            weight += piece.weight_g
    return placed


def _spot(piece: Piece, placed: Sequence[Placed], size: BoxSize, standing: int) -> Placed | None:
    """The lowest free corner where the piece can stand, in the position that ends lowest."""
    corners = {(0, 0, 0)}
    for one in placed:
        (x, y, z), (right, back, top) = one.at, one.ends
        corners |= {(right, y, z), (x, back, z), (x, y, top)}
    for at in sorted(corners, key=lambda corner: (corner[2], corner[1], corner[0])):
        for sides in sorted(set(permutations(piece.sides)), key=lambda turned: (turned[2], turned[1], turned[0])):
            spot = Placed(piece, at, (sides[0], sides[1], sides[2]))
            free = _is_inside(spot, size) and not any(spot.overlaps(one) for one in placed)
            if free and _stands(spot, placed, standing):
                return spot
    return None


def _is_inside(spot: Placed, size: BoxSize) -> bool:
    return all(end <= side for end, side in zip(spot.ends, size.sides, strict=True))


def _stands(spot: Placed, placed: Iterable[Placed], standing: int) -> bool:
    """On the floor, or with enough of its base on pieces of which none is fragile."""
    if spot.at[2] == 0:
        return True
    base = 0
    for below in placed:
        if below.ends[2] == spot.at[2]:
            shared = _shared(spot, below)
            if shared and below.piece.fragile:
                return False
            base += shared
    return base * 100 >= spot.sides[0] * spot.sides[1] * standing


def _shared(one: Placed, other: Placed) -> int:
    """How much of two bases lies over each other."""
    wide = min(one.ends[0], other.ends[0]) - max(one.at[0], other.at[0])
    deep = min(one.ends[1], other.ends[1]) - max(one.at[1], other.at[1])
    return max(0, wide) * max(0, deep)


def check_sizes(sizes: Sequence[BoxSize], pointer: str = "/sizes") -> None:
    """The boxes of a location have names of their own.

    Raises:
        Invalid: two have the same.
    """
    names = [size.name for size in sizes]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise Invalid(FieldError(f"{pointer}/{place}/name", "is the name of another box"))
