"""Working days per country (AMB-13) and the day a parcel leaves (FUL-12)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo


@cache
def _calendar(country: str) -> Any:
    """The public holidays of a country, moved working days (China) included. Packaged data, so it may be cached."""
    import holidays  # costs a tenth of a second: only where a day is really asked for

    return holidays.country_holidays(country)


def has_calendar(country: str) -> bool:
    """Whether the public holidays of a country (ISO 3166-1 alpha-2) are known, so that its working days can be
    counted."""
    import holidays

    return country in holidays.list_supported_countries()


def working_days(start: date, count: int, country: str) -> date:
    """The date of the `count`th working day after `start`; day one is the first working day after it (AMB-13).

    `working_days(date(2026, 9, 30), 3, "CN")` is 10 October, the Saturday that makes up for National Day week.
    """
    if count < 1:
        raise ValueError("count starts at one")
    found: date = _calendar(country).get_nth_working_day(start, count)
    return found


def next_working_day(day: date, country: str) -> date:
    """The day itself when it is a working day, else the first one after it."""
    return day if _calendar(country).is_working_day(day) else working_days(day, 1, country)


def dispatch_date(placed_at: datetime, time_zone: str, cutoff: time, country: str) -> date:
    """The local date on which a courier order leaves (FUL-12, AMB-12).

    Before the cut-off on a working day it leaves the same day; at the cut-off itself it is late and leaves on the next
    working day.
    """
    local = placed_at.astimezone(ZoneInfo(time_zone))
    today = local.date()
    return next_working_day(today if local.time() < cutoff else today + timedelta(days=1), country)
