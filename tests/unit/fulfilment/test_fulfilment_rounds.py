"""The round of a delivery person: every stop once, and never longer than what it started from (FUL-11)."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.fulfilment.domain import Position, plan, round_length
from chalicelib.fulfilment.domain.rounds import _nearest_neighbour, distance_km

STORE = Position(52.51, 13.39)
positions = st.builds(Position, st.floats(52.3, 52.7), st.floats(13.0, 13.8))


@given(st.lists(positions, max_size=25))
def test_every_stop_is_visited_once(stops: list[Position]) -> None:
    assert sorted(plan(STORE, stops)) == list(range(len(stops)))


@given(st.lists(positions, max_size=20))
def test_two_opt_never_makes_a_round_longer(stops: list[Position]) -> None:
    begun = round_length(STORE, stops, _nearest_neighbour(STORE, stops))
    assert round_length(STORE, stops, plan(STORE, stops)) <= begun + 1e-6


@given(st.lists(positions, min_size=2, max_size=12))
def test_no_single_turn_makes_the_round_shorter(stops: list[Position]) -> None:
    order = plan(STORE, stops)
    length = round_length(STORE, stops, order)
    for i in range(len(order)):
        for j in range(i + 1, len(order)):
            turned = order[:i] + order[i : j + 1][::-1] + order[j + 1 :]
            assert round_length(STORE, stops, turned) >= length - 1e-6


@settings(max_examples=30)
@given(st.lists(positions, min_size=1, max_size=6))
def test_a_short_round_is_within_a_quarter_of_the_best(stops: list[Position]) -> None:
    best = min(round_length(STORE, stops, order) for order in permutations(range(len(stops))))
    assert round_length(STORE, stops, plan(STORE, stops)) <= best * 1.25 + 1e-6


def test_stops_on_a_line_are_visited_along_it() -> None:
    stops = [Position(52.51, 13.39 + step / 100) for step in (3, 1, 2)]
    assert plan(STORE, stops) in ([1, 2, 0], [0, 2, 1])


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert round(distance_km(Position(52, 13), Position(53, 13))) == 111
