"""A shipment is the sum of its reports, in whatever order they come (T4, B21, B22, LOG-14 to LOG-17)."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shipping.domain.scans import Mark, Scan, Status, scan
from chalicelib.shipping.domain.shipments import (
    Shipment,
    ShipmentCustomsCleared,
    ShipmentDelivered,
    ShipmentException,
    ShipmentInTransit,
    ShipmentOutForDelivery,
    ShipmentReadyForPickup,
    fold,
    news,
)  # fmt: skip

CREATED = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOW = CREATED + timedelta(days=30)
SHIPMENT = Shipment("s1", "B7", "china-post", "RB123456785CN", "SHA-S1", CREATED)


def seen(
    hours: float, status: Status | None = None, mark: Mark | None = None, text: str = "", now: datetime = NOW
) -> Scan:
    when = (CREATED + timedelta(hours=hours)).isoformat()
    return scan(status=status, mark=mark, stated=when, received_at=now, skew=timedelta(minutes=15), text=text,
                source="17track", code=f"{status}{mark}")  # fmt: skip


def folded(shipment: Shipment, *scans: Scan, kept: int = 40) -> Shipment:
    return fold(shipment, scans, kept=kept, before=timedelta(hours=72), tracked=timedelta(days=180))


JOURNEY = (
    seen(1, Status.INFO_RECEIVED),
    seen(5, Status.IN_TRANSIT),
    seen(48, Status.IN_TRANSIT, Mark.CUSTOMS_STARTED),
    seen(60, None, Mark.DELAYED),
    seen(90, Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED),
    seen(200, Status.OUT_FOR_DELIVERY),
    seen(210, Status.DELIVERED),
)


def test_every_order_of_arrival_gives_the_same_shipment_t4() -> None:
    expected = folded(SHIPMENT, *JOURNEY)
    assert expected.status is Status.DELIVERED
    for order in itertools.permutations(JOURNEY):
        shipment = SHIPMENT
        for one in order:
            shipment = folded(shipment, one)
        assert shipment == expected


@given(st.lists(st.sampled_from(JOURNEY), min_size=1, max_size=25), st.integers(1, 5), st.randoms())
def test_repetition_and_grouping_change_nothing_t4(reports: list[Scan], kept: int, chance: random.Random) -> None:
    one_by_one = SHIPMENT
    for report in reports:
        one_by_one = folded(one_by_one, report, kept=kept)
    shuffled = list(reports)
    chance.shuffle(shuffled)
    assert folded(SHIPMENT, *shuffled, kept=kept) == one_by_one
    assert folded(one_by_one, *reports, kept=kept) == one_by_one


def test_the_status_never_falls_back() -> None:
    shipment = folded(SHIPMENT, seen(10, Status.DELIVERED))
    assert folded(shipment, seen(11, Status.IN_TRANSIT)).status is Status.DELIVERED


def test_hundreds_of_scans_stay_within_bounds_and_keep_the_key_nodes() -> None:
    noise = [seen(6 + i / 10, Status.IN_TRANSIT, text=f"scan {i}") for i in range(900)]
    shipment = folded(SHIPMENT, *JOURNEY, *noise)
    assert len(shipment.scans) <= 40 + len(Status) + len(Mark)
    kept = {name for one in shipment.scans for name in (one.status, one.mark)}
    assert {Status.INFO_RECEIVED, Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED, Mark.DELAYED, Status.DELIVERED} <= kept
    assert folded(shipment, *noise) == shipment


def test_a_scan_ahead_of_our_clock_is_taken_as_now_and_flagged_b21() -> None:
    ahead = seen(5, Status.IN_TRANSIT, now=CREATED + timedelta(hours=2))
    assert ahead.occurred_at == CREATED + timedelta(hours=2)
    assert ahead.skewed
    slightly = seen(5, Status.IN_TRANSIT, now=CREATED + timedelta(hours=4, minutes=50))
    assert slightly.occurred_at == slightly.received_at
    assert not slightly.skewed


def test_a_wrong_clock_heard_again_later_keeps_the_first_time_b21() -> None:
    first = seen(50, Status.DELIVERED, now=CREATED + timedelta(hours=10))
    again = seen(50, Status.DELIVERED, now=CREATED + timedelta(hours=20))
    shipment = folded(folded(SHIPMENT, first), again)
    assert shipment.delivered_at == CREATED + timedelta(hours=10)
    assert shipment == folded(SHIPMENT, first)


def test_a_time_without_an_offset_is_kept_as_given_and_marked_local_b21() -> None:
    local = scan(status=Status.IN_TRANSIT, mark=None, stated="2026-11-21T00:52:00", received_at=NOW, skew=timedelta(0))
    assert (local.stated, local.local) == ("2026-11-21T00:52:00", True)
    assert local.occurred_at == datetime(2026, 11, 21, 0, 52, tzinfo=UTC)


def test_offsets_are_understood() -> None:
    one = scan(status=None, mark=None, stated="2026-11-21T08:52:00+08:00", received_at=NOW, skew=timedelta(0))
    assert (one.occurred_at, one.local) == (datetime(2026, 11, 21, 0, 52, tzinfo=UTC), False)


@pytest.mark.parametrize("hours", [-73, 24 * 181, -24 * 365])
def test_reports_of_another_parcel_with_the_same_number_are_left_out_b22(hours: int) -> None:
    late = CREATED + timedelta(days=400)
    assert folded(SHIPMENT, seen(hours, Status.DELIVERED, now=late)) == SHIPMENT


def test_a_scan_shortly_before_the_waybill_was_entered_counts() -> None:
    assert folded(SHIPMENT, seen(-71, Status.INFO_RECEIVED)).status is Status.INFO_RECEIVED


def test_key_nodes_are_told_once_as_they_are_reached_log_16() -> None:
    told, shipment = [], SHIPMENT
    for report in [*JOURNEY, *JOURNEY]:
        after = folded(shipment, report)
        told += [type(event) for event in news(shipment, after)]
        shipment = after
    assert told == [
        ShipmentInTransit, ShipmentException, ShipmentCustomsCleared, ShipmentOutForDelivery, ShipmentDelivered,
    ]  # fmt: skip


def test_what_is_already_overtaken_is_no_news_log_16() -> None:
    delivered = folded(SHIPMENT, JOURNEY[-1])
    assert [type(event) for event in news(SHIPMENT, delivered)] == [ShipmentDelivered]
    for report in JOURNEY[:-1]:
        assert news(delivered, folded(delivered, report)) == []


def test_a_second_clearance_is_told_too_when_customs_had_started_again_log_16() -> None:
    exported = folded(
        SHIPMENT, seen(5, Status.IN_TRANSIT, Mark.CUSTOMS_STARTED), seen(6, Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED)
    )
    arrived = folded(exported, seen(70, Status.IN_TRANSIT, Mark.CUSTOMS_STARTED))
    cleared = folded(arrived, seen(80, Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED))
    assert arrived.customs is Mark.CUSTOMS_STARTED
    assert [type(event) for event in news(arrived, cleared)] == [ShipmentCustomsCleared]


def test_a_parcel_at_a_pickup_point_is_news() -> None:
    assert [type(e) for e in news(SHIPMENT, folded(SHIPMENT, seen(9, Status.READY_FOR_PICKUP)))] == [
        ShipmentReadyForPickup
    ]


def test_a_failed_attempt_is_told_each_time_it_happens_again() -> None:
    first = folded(SHIPMENT, seen(10, Status.OUT_FOR_DELIVERY), seen(12, None, Mark.FAILED_ATTEMPT))
    out_again = folded(first, seen(30, Status.OUT_FOR_DELIVERY))
    second = folded(out_again, seen(32, None, Mark.FAILED_ATTEMPT))
    assert first.open_problems == {Mark.FAILED_ATTEMPT}
    assert out_again.open_problems == set()
    (event,) = news(out_again, second)
    assert isinstance(event, ShipmentException)
    assert event.problem == "failed_attempt"


def test_a_lost_parcel_that_is_found_and_delivered_has_no_open_problem() -> None:
    lost = folded(SHIPMENT, seen(5, Status.IN_TRANSIT), seen(100, None, Mark.LOST))
    assert lost.open_problems == {Mark.LOST}
    assert folded(lost, seen(120, Status.DELIVERED)).open_problems == set()


def test_delivered_to_the_sender_is_not_delivered() -> None:
    returned = folded(SHIPMENT, seen(5, Status.IN_TRANSIT), seen(50, None, Mark.RETURNING), seen(80, Status.DELIVERED))
    assert not returned.delivered
    assert returned.delivered_at is None
    assert [e.problem for e in news(SHIPMENT, returned) if isinstance(e, ShipmentException)] == ["returning"]
    assert not [e for e in news(SHIPMENT, returned) if isinstance(e, ShipmentDelivered)]


def test_a_parcel_sent_back_after_delivery_was_delivered() -> None:
    shipment = folded(SHIPMENT, seen(50, Status.DELIVERED), seen(300, None, Mark.RETURNING))
    assert shipment.delivered


def test_postal_parcels_are_known_as_such_log_20() -> None:
    assert SHIPMENT.postal
    assert not replace(SHIPMENT, carrier="ups", waybill="1Z999AA10123456784").postal
