"""Packing proposals as properties, and what fragile goods must have passed (FUL-17, FUL-18)."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.fulfilment.domain.boxes import (
    USUAL_SIZES,
    BoxSize,
    PackedBox,
    Piece,
    Placed,
    Proposal,
    check_sizes,
    pack,
    propose,
)
from chalicelib.fulfilment.domain.crush import CompressionTest, FragileNotReleased, Packaging, require_released

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STANDING = 60
SIDE = st.integers(5, 260)
PIECES = st.lists(
    st.builds(
        Piece, st.sampled_from(["CUP", "POT", "VASE", "BOOK"]), st.tuples(SIDE, SIDE, SIDE), st.integers(1, 6000),
        st.booleans(),
    ),
    min_size=1, max_size=9,
)  # fmt: skip
SIZES = st.lists(
    st.builds(
        lambda number, sides, most: BoxSize(
            name=f"B{number}", length_mm=sides[0], width_mm=sides[1], height_mm=sides[2], most_g=most
        ),
        st.integers(0, 999), st.tuples(*[st.integers(60, 600)] * 3), st.integers(500, 30_000),
    ),
    min_size=1, max_size=5, unique_by=lambda size: size.name,
)  # fmt: skip


def is_sound(box: PackedBox) -> None:
    """A person could build this."""
    assert sum(one.piece.weight_g for one in box.placed) <= box.size.most_g
    for one in box.placed:
        assert sorted(one.sides) == sorted(one.piece.sides), "turned, not cut"
        assert all(at >= 0 and end <= side for at, end, side in zip(one.at, one.ends, box.size.sides, strict=True))
        stands_well(one, box)
    for one, other in combinations(box.placed, 2):
        apart = any(a >= d or c >= b for a, b, c, d in zip(one.at, one.ends, other.at, other.ends, strict=True))
        assert apart, "two things in one place"


def stands_well(one: Placed, box: PackedBox) -> None:
    if one.at[2] == 0:
        return
    base = 0
    for below in box.placed:
        wide = min(one.ends[0], below.ends[0]) - max(one.at[0], below.at[0])
        deep = min(one.ends[1], below.ends[1]) - max(one.at[1], below.at[1])
        if below.ends[2] == one.at[2] and wide > 0 and deep > 0:
            assert not below.piece.fragile, "something stands on something fragile"
            base += wide * deep
    assert base * 100 >= one.sides[0] * one.sides[1] * STANDING


@given(PIECES, SIZES)
@settings(max_examples=150, deadline=None)
def test_what_is_proposed_can_be_built_and_loses_nothing_ful_17(pieces: list[Piece], sizes: list[BoxSize]) -> None:
    found = propose(pieces, sizes, STANDING)
    for box in found.boxes:
        is_sound(box)
    packed = [one.piece for box in found.boxes for one in box.placed]
    assert Counter(packed) + Counter(found.too_large) + Counter(found.unmeasured) == Counter(pieces)


@given(PIECES, SIZES)
@settings(max_examples=150, deadline=None)
def test_no_box_is_larger_than_it_has_to_be_ful_17(pieces: list[Piece], sizes: list[BoxSize]) -> None:
    for box in propose(pieces, sizes, STANDING).boxes:
        inside = [one.piece for one in box.placed]
        for smaller in sizes:
            if smaller.volume_mm3 < box.size.volume_mm3:
                assert pack(inside, smaller, STANDING) is None


@given(PIECES, SIZES)
@settings(max_examples=60, deadline=None)
def test_what_is_too_large_fits_in_no_box(pieces: list[Piece], sizes: list[BoxSize]) -> None:
    for piece in propose(pieces, sizes, STANDING).too_large:
        fits = any(
            piece.weight_g <= size.most_g
            and all(a <= b for a, b in zip(sorted(piece.sides), sorted(size.sides), strict=True))
            for size in sizes
        )
        assert not fits


@given(PIECES, SIZES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_pieces_is_of_no_matter(pieces: list[Piece], sizes: list[BoxSize], chance: object) -> None:
    shuffled = list(pieces)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = propose(pieces, sizes, STANDING), propose(shuffled, list(reversed(sizes)), STANDING)
    assert [box.size for box in one.boxes] == [box.size for box in other.boxes]


def of(proposal: Proposal) -> list[str]:
    return [box.size.name for box in proposal.boxes]


def test_eight_cubes_fill_their_box_exactly() -> None:
    cube = Piece("CUBE", (100, 100, 100), 100)
    exact = BoxSize(name="E", length_mm=200, width_mm=200, height_mm=200, most_g=800)
    assert of(propose([cube] * 8, [exact, *USUAL_SIZES], STANDING)) == ["E"]
    assert of(propose([cube] * 9, [exact], STANDING)) == ["E", "E"]


def test_a_piece_is_turned_to_fit() -> None:
    flat = BoxSize(name="F", length_mm=300, width_mm=200, height_mm=20, most_g=1000)
    assert of(propose([Piece("BOOK", (20, 300, 200), 500)], [flat], STANDING)) == ["F"]


def test_weight_is_held_where_room_would_be() -> None:
    heavy = Piece("IRON", (50, 50, 50), 1500)
    proposal = propose([heavy] * 3, [USUAL_SIZES[0], USUAL_SIZES[1]], STANDING)
    assert of(proposal) == ["S"]
    assert proposal.boxes[0].weight_g == 4500 + USUAL_SIZES[1].tare_g


def test_nothing_stands_on_fragile_goods_ful_18() -> None:
    tower = BoxSize(name="T", length_mm=100, width_mm=100, height_mm=200, most_g=9000)
    vase, brick = Piece("VASE", (100, 100, 100), 500, fragile=True), Piece("BRICK", (100, 100, 100), 2000)
    (box,) = propose([vase, brick], [tower], STANDING).boxes
    assert [one.piece.sku for one in sorted(box.placed, key=lambda one: one.at[2])] == ["BRICK", "VASE"]
    assert of(propose([vase, vase], [tower], STANDING)) == ["T", "T"]


def test_what_nobody_has_measured_is_named() -> None:
    proposal = propose([Piece("MUG", (0, 90, 90), 300), Piece("CUP", (80, 80, 80), 200)], USUAL_SIZES, STANDING)
    assert [piece.sku for piece in proposal.unmeasured] == ["MUG"]
    assert of(proposal) == ["XS"]


def test_the_largest_proposal_is_made_in_good_time() -> None:
    """Sixty pieces of four kinds, several boxes; the gateway waits 29 seconds, people do not."""
    pieces = [Piece(f"P{number % 4}", (60 + number % 4 * 25, 80, 45), 200) for number in range(60)]
    began = time.process_time()
    assert propose(pieces, USUAL_SIZES, STANDING).boxes
    assert time.process_time() - began < 4


def test_two_boxes_of_one_name_are_refused() -> None:
    with pytest.raises(Invalid, match="another box"):
        check_sizes([USUAL_SIZES[0], USUAL_SIZES[0]])


# Compression tests


def a_test(report: int, *, passed: bool = True, days: int = 0) -> CompressionTest:
    return CompressionTest(
        passed=passed, report=str(report), tested_at=NOW - timedelta(days=30 - days), recorded_by="pia"
    )


def after(*results: bool) -> Packaging:
    packaging = Packaging(sku="VASE", packaging="M")
    for number, passed in enumerate(results):
        packaging = packaging.with_test(a_test(number, passed=passed, days=number), NOW)
    return packaging


@pytest.mark.parametrize(
    ("results", "in_a_row"),
    [
        ((), 0),
        ((True, True), 2),
        ((True, True, True), 3),
        ((True, True, False), 0),
        ((True, False, True, True, True), 3),
    ],
)
def test_tests_count_in_a_row_and_a_failure_begins_anew_ful_18(results: tuple[bool, ...], in_a_row: int) -> None:
    assert after(*results).passed == in_a_row
    if in_a_row >= 3:
        require_released([after(*results)], 3)
    else:
        with pytest.raises(FragileNotReleased) as refused:
            require_released([after(*results)], 3)
        assert refused.value.members["missing"] == [{"sku": "VASE", "packaging": "M", "passed": in_a_row, "needed": 3}]


def test_a_failure_that_is_recorded_late_counts_at_its_time() -> None:
    packaging = after(True, True, True).with_test(a_test(9, passed=False, days=1), NOW)
    assert packaging.passed == 1
    assert [test.tested_at for test in packaging.tests] == sorted(test.tested_at for test in packaging.tests)


def test_a_protocol_counts_once_and_does_not_change() -> None:
    packaging = after(True)
    assert packaging.with_test(a_test(0), NOW) == packaging
    with pytest.raises(Conflict):
        packaging.with_test(a_test(0, passed=False), NOW)
    with pytest.raises(Invalid):
        packaging.with_test(a_test(5, days=31), NOW)
