"""Time: aware UTC datetimes, passed in; this is the only module that asks the machine for the hour."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present moment. Called once per command, at the edge; everything below is given `now`."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A fixed-width UTC text that sorts like time: `2026-11-21T09:30:00.000Z`. For keys and for display."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_time(text: str) -> datetime:
    """Read an RFC 3339 time that names its offset.

    Raises:
        ValueError: not a time, one without an offset, or one that UTC has no year for.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is at the end of the calendar") from error
