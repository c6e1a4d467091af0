"""The arithmetic of stock (S1 … S6)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.inventory.domain import (
    EFFECTS,
    Level,
    Move,
    SoldOut,
    adjustment_errors,
    deltas,
    even_out,
    floors,
    merged,
    shards_of,
    take_from,
)


def test_every_movement_keeps_the_balance_of_the_numbers() -> None:
    """S2: on hand = available + reserved + blocked."""
    for move in Move:
        change = Level.of([deltas(move, 7)])
        assert change.on_hand == change.available + change.reserved + change.blocked, move


def test_every_number_that_goes_down_must_hold_as_much_before() -> None:
    """S1: no number ever falls below nothing."""
    for move, effect in EFFECTS.items():
        assert floors(move, 3) == {name: 3 for name, sign in effect.items() if sign < 0}


def test_lines_of_one_sku_are_added_up_before_they_are_asked_for() -> None:
    """D2, C13."""
    assert merged([("a", "X", 2), ("b", "X", 1), ("a", "X", 3), ("a", "Y", 1)]) == {
        ("a", "X"): 5, ("b", "X"): 1, ("a", "Y"): 1,
    }  # fmt: skip


def test_one_sold_out_names_every_sku_that_ran_short() -> None:
    both = SoldOut.join([SoldOut.of(["b"]), SoldOut.of(["a"]), SoldOut.of(["b"])])
    assert both.members["skus"] == ["a", "b"]


def test_the_shard_setting_passes_over_what_makes_no_sense() -> None:
    assert shards_of("A:4, B:8,C,D:x,:3,E:1,F:99,SKU-G:2") == {"A": 4, "B": 8, "SKU-G": 2}


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8), st.integers(1, 60))
def test_shards_give_exactly_what_is_asked_or_nothing_at_all(held: list[int], quantity: int) -> None:
    parts = take_from(held, quantity)
    assert (parts is None) == (sum(held) < quantity)
    if parts is not None:
        assert sum(parts.values()) == quantity
        assert all(0 < units <= held[number] for number, units in parts.items())
        assert len(parts) == 1 or max(held) < quantity


@given(st.lists(st.integers(0, 50), min_size=8, max_size=8), st.integers(1, 8))
def test_spreading_loses_no_unit_and_is_even(held: list[int], shards: int) -> None:
    after = [units + change for units, change in zip(held, even_out(held, shards), strict=True)]
    assert sum(after) == sum(held)
    assert after[shards:] == [0] * (8 - shards)
    assert max(after[:shards]) - min(after[:shards]) <= 1


def test_an_adjustment_needs_a_reason_and_a_movement_of_staff() -> None:
    pointers = [error.pointer for error in adjustment_errors(Move.SHIP, 0, " ")]
    assert pointers == ["/move", "/quantity", "/reason"]
