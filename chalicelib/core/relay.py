"""The relay: from the table's stream to the event bus.

The stream is filtered to newly inserted `EVENT#` rows. Each event of a row goes onto the bus as its envelope; when the
bus refuses one, the row is reported with its sequence number, so that the stream comes back to it. At least once, in
order per shard.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from . import aws, config, observe
from .events import unpack
from .triggers import Triggers

#: What one `PutEvents` takes.
ENTRIES: Final = 10
SOURCE: Final = "caravan"

triggers = Triggers(__name__)


class _Head(msgspec.Struct):
    """The part of an envelope that routing needs."""

    id: str
    type: str
    occurred_at: datetime


@triggers.stream("relay-events", batch_size=100, grants=("bus",))
def relay_events(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Publish the new event rows; the sequence numbers of those that must come back."""
    rows = [
        (record["dynamodb"]["SequenceNumber"], envelope)
        for record in records
        if record["eventName"] == "INSERT" and "events" in record["dynamodb"].get("NewImage", {})
        for envelope in unpack(b64decode(record["dynamodb"]["NewImage"]["events"]["B"]))
    ]
    for start in range(0, len(rows), ENTRIES):
        group = rows[start : start + ENTRIES]
        answer = aws.client("events").put_events(Entries=[entry(envelope) for _, envelope in group])
        if answer["FailedEntryCount"]:
            observe.count("RelayRefused", answer["FailedEntryCount"])
            first = next(i for i, entry in enumerate(answer["Entries"]) if "ErrorCode" in entry)
            return [group[first][0]]  # a stream resumes at the first failure: everything after it comes again
    return []


def entry(envelope: str) -> dict[str, Any]:
    """An envelope as the bus takes it."""
    head = msgspec.json.decode(envelope, type=_Head)
    return {
        "Source": SOURCE,
        "DetailType": head.type,
        "Time": head.occurred_at,
        "Resources": [head.id],
        "Detail": envelope,
        "EventBusName": config.bus_name(),
    }
