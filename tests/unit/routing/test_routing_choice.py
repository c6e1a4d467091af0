"""The responsible location: nearest with everything, behind the border that was quoted (RTE-01, RTE-08, AMB-06)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.markets import service as markets
from chalicelib.routing.domain import (
    Point,
    destination,
    dispatch_by,
    distance_km,
    holder_of_most,
    nearest_first,
    responsible,
    same_territory,
    to_move,
)
from chalicelib.routing.domain.places import COUNTRIES

SZX, SHA, RTM, LAX = (markets.location(name) for name in ("SZX1", "SHA-S1", "RTM1", "LAX1"))
POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


def test_distances_are_those_of_the_globe_rte_08() -> None:
    berlin, paris = Point(52.52, 13.405), Point(48.8566, 2.3522)
    assert distance_km(berlin, paris) == pytest.approx(878, abs=3)
    assert distance_km(Point(0, 179.5), Point(0, -179.5)) == pytest.approx(111.2, abs=0.2)


@given(POINTS, POINTS)
def test_distance_is_symmetric_and_bounded_rte_08(one: Point, other: Point) -> None:
    there = distance_km(one, other)
    assert there == pytest.approx(distance_km(other, one))
    assert 0 <= there <= 20_016


def test_every_country_that_is_delivered_to_lies_somewhere_rte_08() -> None:
    delivered_to = {country for market in markets.all_markets() for country in market.countries}
    assert delivered_to <= set(COUNTRIES)


@pytest.mark.parametrize(
    ("postal_code", "nearest"),
    [("200031", "SHA-S1"), ("210000", "SHA-S1"), ("518000", "SZX1"), ("650000", "SZX1"), ("100000", "SHA-S1")],
)
def test_a_chinese_postal_code_decides_between_shanghai_and_shenzhen_rte_08(postal_code: str, nearest: str) -> None:
    assert nearest_first([SZX, SHA], destination("CN", postal_code))[0].id == nearest


def test_an_unknown_destination_keeps_the_markets_order_of_preference_amb_06() -> None:
    assert destination("AQ", "") is None
    assert nearest_first([LAX, SZX, RTM], None) == [LAX, SZX, RTM]


def test_the_nearest_location_that_has_everything_is_responsible_amb_06() -> None:
    reserved = {("TEA", "SZX1"): 2, ("CUP", "SZX1"): 1}
    assert responsible([SHA, SZX], reserved, {("TEA", "SHA-S1"): 2, ("CUP", "SHA-S1"): 0}) is SZX
    assert responsible([SHA, SZX], reserved, {("TEA", "SHA-S1"): 2, ("CUP", "SHA-S1"): 1}) is SHA


def test_what_the_order_has_reserved_counts_as_there_rte_01() -> None:
    assert responsible([SZX], {("TEA", "SZX1"): 2}, {("TEA", "SZX1"): 0}) is SZX
    assert responsible([SZX], {("TEA", "SZX1"): 1, ("TEA", "SHA-S1"): 1}, {("TEA", "SZX1"): 0}) is None
    assert responsible([SZX], {("TEA", "SZX1"): 1, ("TEA", "SHA-S1"): 1}, {("TEA", "SZX1"): 1}) is SZX


def test_no_location_with_everything_means_nobody_is_responsible_rev_08() -> None:
    assert responsible([], {("TEA", "SZX1"): 1}, {}) is None


def test_goods_are_not_routed_over_a_border_that_was_not_quoted_rte_08() -> None:
    assert same_territory([SZX, RTM, SHA], [SZX]) == [SZX, SHA]
    assert same_territory([SZX, RTM], [RTM]) == [RTM]
    assert same_territory([SZX, RTM], [RTM, SZX]) == []
    assert same_territory([SZX, RTM], []) == [SZX, RTM]


def test_goods_from_several_places_are_led_by_who_holds_the_most_rte_01() -> None:
    reserved = {("TEA", "SZX1"): 1, ("CUP", "RTM1"): 3, ("POT", "SZX1"): 1}
    assert holder_of_most([SZX, RTM], reserved) is RTM
    assert holder_of_most([SZX, RTM], {("TEA", "SZX1"): 1, ("CUP", "RTM1"): 1}) is SZX
    assert holder_of_most([SZX], reserved) is None


def test_only_what_lies_elsewhere_moves_rte_01() -> None:
    assert to_move({("TEA", "SZX1"): 2, ("CUP", "SHA-S1"): 1}, "SHA-S1") == {("TEA", "SZX1"): 2}


@pytest.mark.parametrize(
    ("submitted", "now", "due"),
    [
        # Friday 15:59:59 and 16:00:00 in Rotterdam (winter, UTC+1): the same day, the next working day
        ("2026-11-20T14:59:59", "2026-11-20T15:05:00", "2026-11-20T23:00:00"),
        ("2026-11-20T15:00:00", "2026-11-20T15:05:00", "2026-11-23T23:00:00"),
        # submitted in time, but the day is over when the review is done
        ("2026-11-19T10:00:00", "2026-11-20T09:00:00", "2026-11-20T23:00:00"),
        ("2026-11-19T10:00:00", "2026-11-20T16:00:00", "2026-11-23T23:00:00"),
    ],
)
def test_a_courier_order_leaves_the_same_day_before_the_cut_off_ful_12(submitted: str, now: str, due: str) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert dispatch_by(moment(submitted), moment(now), RTM) == moment(due)
