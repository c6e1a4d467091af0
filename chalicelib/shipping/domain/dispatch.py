"""When an order has to leave the shop (FUL-12, AMB-12)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def dispatch_due(submitted_at: datetime, zone: str, cutoff: time, holidays: Collection[date] = ()) -> datetime:
    """The moment by which a courier order should be on its way: the end of its dispatch day at the sending place.

    An order submitted before the cut-off on a working day leaves the same day; from the cut-off on (16:00:00 is late) it
    leaves on the next working day. Working days are Monday to Saturday without the place's public holidays.

    Args:
        submitted_at: when the order was submitted, any zone.
        zone: IANA time zone of the store or warehouse that sends it.
        cutoff: the store's cut-off in its own time.
        holidays: public holidays of the place.
    """
    local = submitted_at.astimezone(ZoneInfo(zone))
    day = local.date() if local.time() < cutoff else local.date() + timedelta(days=1)
    while day.weekday() == _SUNDAY or day in holidays:
        day += timedelta(days=1)
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC)


_SUNDAY = 6
