"""Boxes are shared out to parcels, slips are signed on the way (FUL-14, LOG-20)."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.fulfilment.domain import check_signed, share_boxes
from chalicelib.shipping.domain.shipments import Box

A, B, C = Box(100), Box(200), Box(300)
SENT = datetime(2026, 11, 21, 9, tzinfo=UTC)
NOW = SENT + timedelta(days=5)


def test_the_only_parcel_takes_all_boxes() -> None:
    assert share_boxes([A, B, C], [()]) == [(A, B, C)]


def test_several_parcels_take_the_boxes_they_name() -> None:
    assert share_boxes([A, B, C], [(3,), (1, 2)]) == [(C,), (A, B)]


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ([(1,), (2,)], "/parcels"),  # box 3 is left
        ([(1, 2), (2, 3)], "/parcels/1/boxes"),
        ([(1, 2, 3), (4,)], "/parcels/1/boxes"),
        ([(1, 2, 3), ()], "/parcels/1/boxes"),
        ([(0, 1, 2, 3)], "/parcels/0/boxes"),
    ],
)
def test_a_box_is_in_exactly_one_parcel(wanted: list[tuple[int, ...]], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        share_boxes([A, B, C], wanted)
    assert pointer in {error["pointer"] for error in refused.value.members["errors"]}


@pytest.mark.parametrize(
    ("signed", "good"), [(SENT - timedelta(days=2), False), (SENT, True), (NOW, True), (NOW + timedelta(days=2), False)]
)
def test_a_slip_is_signed_between_the_parcels_leaving_and_now(signed: datetime, good: bool) -> None:
    if good:
        check_signed(signed, SENT, NOW, timedelta(hours=24))
    else:
        with pytest.raises(Invalid):
            check_signed(signed, SENT, NOW, timedelta(hours=24))
