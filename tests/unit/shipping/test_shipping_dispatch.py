"""A courier order submitted before 16:00 leaves the same day (FUL-12, AMB-12)."""

from datetime import UTC, date, datetime, time

import pytest

from chalicelib.shipping.domain.dispatch import dispatch_due

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
CUTOFF = time(16)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("submitted", "zone", "due"),
    [
        ("2026-11-18T15:59:59+08:00", SHANGHAI, "2026-11-18T16:00:00Z"),  # midnight in Shanghai
        ("2026-11-18T16:00:00+08:00", SHANGHAI, "2026-11-19T16:00:00Z"),  # 16:00:00 is late
        ("2026-11-18T15:59:59+01:00", BERLIN, "2026-11-18T23:00:00Z"),
        ("2026-11-18T15:59:59Z", BERLIN, "2026-11-19T23:00:00Z"),  # 16:59:59 in Berlin
        ("2026-11-21T17:00:00+01:00", BERLIN, "2026-11-23T23:00:00Z"),  # Saturday evening: Monday
        ("2026-10-24T10:00:00+02:00", BERLIN, "2026-10-24T22:00:00Z"),  # the night the clocks change
    ],
)
def test_the_dispatch_day_follows_the_stores_own_clock(submitted: str, zone: str, due: str) -> None:
    assert dispatch_due(at(submitted), zone, CUTOFF) == at(due)


def test_a_public_holiday_is_no_dispatch_day() -> None:
    due = dispatch_due(at("2026-12-24T17:00:00+01:00"), BERLIN, CUTOFF, {date(2026, 12, 25), date(2026, 12, 26)})
    assert due == datetime(2026, 12, 28, 23, tzinfo=UTC)
