"""Which goods may be picked up where, and where and when a store delivers (FUL-02…FUL-07, AMB-01, AMB-22, AMB-23)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.shipping.domain.handover import (
    Goods,
    Handover,
    MethodRules,
    Point,
    Refusal,
    locker_refusal,
    method_refusal,
    store_options,
)
from chalicelib.shipping.handovers import AREAS, LOCKERS, area_of, locker_of

BER = next(area for area in AREAS if area.store == "BER-S1")
ZONE = "Europe/Berlin"
SMALL = (1, False, "small")


@pytest.mark.parametrize(
    ("lines", "most", "refused"),
    [
        pytest.param([(4, False, "small")], 5, None, id="FUL-02 four small pieces: locker"),
        pytest.param([(5, False, "small")], 5, None, id="AMB-01 exactly five: locker as well"),
        pytest.param([(5, False, "small")], 4, Refusal.TOO_MANY_PIECES, id="AMB-01 the other reading is a setting"),
        pytest.param([(6, False, "small")], 5, Refusal.TOO_MANY_PIECES, id="FUL-03 six: desk"),
        pytest.param([(3, False, "small"), (3, False, "small")], 5, Refusal.TOO_MANY_PIECES, id="AMB-23 units"),
        pytest.param([SMALL] * 5, 5, None, id="AMB-23 five lines of one are five"),
        pytest.param([SMALL, (1, False, "large")], 5, Refusal.LARGE_ITEM, id="AMB-22 one large item"),
        pytest.param([SMALL, (1, True, "small")], 5, Refusal.FRESH_GOODS, id="FUL-04 AMB-22 one fresh item"),
    ],
)
def test_what_may_go_into_a_locker(lines: list[tuple[int, bool, str]], most: int, refused: Refusal | None) -> None:
    assert locker_refusal(Goods.of(lines), most) is refused


@pytest.mark.parametrize(
    ("method", "point", "refused"),
    [
        ("courier", "", Refusal.FRESH_BY_COURIER),
        ("pickup", Point.LOCKER, Refusal.FRESH_GOODS),
        ("pickup", Point.DESK, None),
        ("own_delivery", "", None),
    ],
)
def test_fresh_goods_are_for_the_desk_and_the_stores_own_delivery_rev_04_amb_02(
    method: str, point: str, refused: Refusal | None
) -> None:
    goods = Goods(1, fresh=True, large=False)
    assert method_refusal(goods, method, point, MethodRules()) is refused
    if method == "courier":
        assert method_refusal(goods, method, point, MethodRules(courier_takes_fresh=True)) is None
        assert method_refusal(Goods(500, fresh=False, large=True), method, point, MethodRules()) is None


@pytest.mark.parametrize("goods", [Goods(500, fresh=True, large=True), Goods(5, fresh=False, large=False)])
def test_the_desk_takes_everything_that_is_there_ful_03(goods: Goods) -> None:
    def desk(has_stock: bool) -> Refusal | None:
        offered = store_options(
            "BER-S1", goods, has_stock=has_stock, has_locker=False, rules=MethodRules(), currency="EUR"
        )
        return offered[1][1]

    assert desk(has_stock=True) is None
    assert desk(has_stock=False) is Refusal.NOT_IN_STOCK


@pytest.mark.parametrize(
    ("country", "code", "store"),
    [("DE", "10115", "BER-S1"), ("DE", "14163", "BER-S1"), ("DE", "14467", None), ("AT", "1010", None),
     ("CN", "200001", "SHA-S1"), ("CN", "210000", None), ("DE", "", None)],
)  # fmt: skip
def test_an_address_lies_in_at_most_one_delivery_area_amb_06(country: str, code: str, store: str | None) -> None:
    area = area_of(country, code)
    assert (area.store if area else None) == store
    assert sum(one.covers(country, code) for one in AREAS) <= 1


@pytest.mark.parametrize(
    ("local_hour", "packing", "windows"),
    [(7, 0, ()), (8, 0, (1, 2, 3)), (19, 0, (1, 2, 3)), (20, 0, (1, 2)), (21, 0, (1,)), (22, 0, ()),
     (8, 30, (1, 2, 3)), (19, 30, (1, 2)), (20, 60, (1,)), (20, 61, ())],
)  # fmt: skip
def test_packing_and_window_end_before_the_store_closes_ful_07_amb_11(
    local_hour: int, packing: int, windows: tuple[int, ...]
) -> None:
    now = datetime(2026, 11, 21, local_hour - 1, tzinfo=UTC)
    assert BER.windows(now, ZONE, timedelta(minutes=packing)) == windows


@pytest.mark.parametrize(
    ("begin", "minutes", "done"),
    [
        pytest.param("2026-11-21T10:00", 30, "2026-11-21T10:30", id="while it is open"),
        pytest.param("2026-11-21T03:00", 30, "2026-11-21T07:30", id="from opening at 8:00, local time"),
        pytest.param("2026-11-21T20:45", 30, "2026-11-22T07:15", id="what is left at 22:00 goes on next day"),
        pytest.param("2026-11-21T22:30", 30, "2026-11-22T07:30", id="in the night"),
        pytest.param("2026-11-21T20:30", 30, "2026-11-21T21:00", id="until closing"),
        pytest.param("2026-10-24T19:00", 90, "2026-10-25T07:30", id="over the night in which the clocks change"),
        pytest.param("2026-11-21T07:00", 15 * 60, "2026-11-22T08:00", id="longer than a day"),
    ],
)
def test_a_store_works_in_its_opening_hours_amb_11(begin: str, minutes: int, done: str) -> None:
    start, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begin, done))
    assert BER.done_by(start, timedelta(minutes=minutes), ZONE) == end


@pytest.mark.parametrize(
    ("moment", "slot"),
    [("2026-11-22T09:00", "2026-11-22T09:00"), ("2026-11-22T10:59", "2026-11-22T09:00"), ("2026-11-22T21:00", None),
     ("2026-11-22T06:59", None), ("2026-11-22T20:59", "2026-11-22T19:00")],
)  # fmt: skip
def test_a_moment_lies_in_one_appointment_or_none_ful_07(moment: str, slot: str | None) -> None:
    found = BER.slot_of(datetime.fromisoformat(moment).replace(tzinfo=UTC), ZONE)
    assert found == (datetime.fromisoformat(slot).replace(tzinfo=UTC) if slot else None)


def test_appointments_begin_after_the_lead_time_and_fill_the_days_ful_07() -> None:
    now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)  # 10:30 in Berlin
    slots = BER.slots(now, ZONE, timedelta(hours=2), 2)
    assert slots[0] == (datetime(2026, 11, 21, 13, tzinfo=UTC), datetime(2026, 11, 21, 15, tzinfo=UTC))
    assert len(slots) == 4 + 7
    assert all(end - start == timedelta(hours=2) for start, end in slots)


def test_slots_keep_their_local_hours_when_the_clocks_change() -> None:
    slots = BER.slots(datetime(2026, 10, 24, 23, tzinfo=UTC), ZONE, timedelta(0), 1)
    assert slots[0][0] == datetime(2026, 10, 25, 7, tzinfo=UTC)  # 8:00 winter time


def test_the_clock_of_a_window_starts_at_packing_amb_11() -> None:
    packed_at, end = datetime(2026, 11, 21, 10, tzinfo=UTC), datetime(2026, 11, 21, 15, tzinfo=UTC)
    assert Handover(store="BER-S1", hours=2).deliver_by(packed_at) == packed_at + timedelta(hours=2)
    assert Handover(store="BER-S1", slot_from=packed_at, slot_until=end).deliver_by(packed_at) == end
    assert Handover(store="BER-S1", point="desk").deliver_by(packed_at) is None


@pytest.mark.parametrize(
    ("setting", "found"),
    [(LOCKERS.default, ("sandbox", "BER-S1-L1")), ("BER-S1=inpost:BER01A", ("inpost", "BER01A")),
     ("SHA-S1=x:y", None), ("", None), ("BER-S1=", None), ("BER-S1=sandbox", None)],
)  # fmt: skip
def test_a_stores_locker_is_a_setting_ful_06(setting: str, found: tuple[str, str] | None) -> None:
    assert locker_of(setting, "BER-S1") == found
