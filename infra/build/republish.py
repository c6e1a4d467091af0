"""Sending events again that never reached the bus: what the relay gave up on, or what a repair needs to happen anew.

The rows are still in the table, as events are never taken away. Consumers have no harm of an event that comes twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import boto3
import msgspec

from chalicelib.core.events import unpack
from chalicelib.core.relay import ENTRIES, entry

from .paths import region, say


class Told(msgspec.Struct):
    """The part of an envelope that choosing needs."""

    id: str
    type: str
    occurred_at: datetime


def named(table: str, ids: Iterable[str]) -> list[str]:
    """The envelopes of these events, named as their envelopes, rows and logs name them: `<pk>/<sk>`.

    Raises:
        SystemExit: there is no event of such a name; nothing is sent then.
    """
    found = []
    for event_id in ids:
        pk, _, sk = event_id.partition("/")
        same = [one for one in _of_partition(table, pk) if sk and head(one).id == event_id]
        if not same:
            raise SystemExit(f"There is no event {event_id}. An event is named <pk>/<sk>: ORDER#…/EVENT#ORDER#000003")
        found += same
    return found


def between(table: str, since: datetime, until: datetime) -> list[str]:
    """The envelopes of everything that happened from `since` until before `until`, oldest first.

    Reads the whole table: rows of events are on no index, so that writing them costs nothing more.
    """
    found = [one for one in _everywhere(table) if since <= head(one).occurred_at < until]
    return sorted(found, key=lambda one: (head(one).occurred_at, head(one).id))


def head(envelope: str) -> Told:
    """What an envelope is about."""
    return msgspec.json.decode(envelope, type=Told)


def send(envelopes: list[str]) -> int:
    """Put the events onto the bus (`BUS_NAME`), in order.

    Returns:
        How many the bus refused; each is named.
    """
    bus, refused = boto3.client("events", region_name=region()), 0
    for start in range(0, len(envelopes), ENTRIES):
        group = envelopes[start : start + ENTRIES]
        answer = bus.put_events(Entries=[entry(one) for one in group])
        for one, result in zip(group, answer["Entries"], strict=True):
            if "ErrorCode" in result:
                refused += 1
                say(f"  refused ({result['ErrorCode']}): {head(one).id}")
    return refused


def republish(envelopes: list[str], *, dry_run: bool) -> int:
    """Tell what is sent, and send it unless it is a dry run; the exit status."""
    for one in envelopes:
        told = head(one)
        say(f"  {told.occurred_at:%Y-%m-%d %H:%M:%S} {told.type:32} {told.id}")
    if dry_run:
        say(f"{len(envelopes)} events would be sent again.")
        return 0
    refused = send(envelopes)
    say(f"{len(envelopes) - refused} events sent again" + (f", {refused} refused: run it again." if refused else "."))
    return 1 if refused else 0


def _of_partition(table: str, pk: str) -> Iterator[str]:
    pages = boto3.client("dynamodb", region_name=region()).get_paginator("query").paginate(
        TableName=table, ConsistentRead=True, KeyConditionExpression="pk = :pk AND begins_with(sk, :event)",
        ExpressionAttributeValues={":pk": {"S": pk}, ":event": {"S": "EVENT#"}},
    )  # fmt: skip
    yield from _envelopes(pages)


def _everywhere(table: str) -> Iterator[str]:
    pages = boto3.client("dynamodb", region_name=region()).get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, FilterExpression="#type = :event", ProjectionExpression="#type, #events",
        ExpressionAttributeNames={"#type": "type", "#events": "events"},
        ExpressionAttributeValues={":event": {"S": "event"}},
    )  # fmt: skip
    yield from _envelopes(pages)


def _envelopes(pages: Iterable[dict[str, Any]]) -> Iterator[str]:
    for page in pages:
        for item in page["Items"]:
            yield from unpack(item["events"]["B"])
