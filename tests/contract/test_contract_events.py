"""Producer, schema, example and consumer of every event agree."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from chalicelib import house
from chalicelib.core import events
from chalicelib.core.events import REGISTRY, SYSTEM, Aggregate, Event
from chalicelib.core.triggers import REGISTRY as TRIGGERS
from infra.schemas import FOLDER, all_schemas

list(house.routes())
list(house.triggers())
EXAMPLES = Path(__file__).parents[2] / "events" / "examples"
OURS = sorted(name for name, known in REGISTRY.items() if known.data.__module__.startswith("chalicelib."))


def envelope(name: str) -> Event[Any]:
    known = REGISTRY[name]
    data = msgspec.json.decode((EXAMPLES / f"{name}.json").read_bytes(), type=known.data)
    return Event(
        "ORDER#1/EVENT#ORDER#000001",
        name,
        known.schema,
        Aggregate("order", "1"),
        1,
        datetime(2026, 11, 21, tzinfo=UTC),
        SYSTEM,
        "cause",
        "trace",
        data,
    )


def test_the_schemas_on_file_are_those_of_the_code() -> None:
    on_file = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert on_file == all_schemas(), "run `make schemas` and look at the difference"


@pytest.mark.parametrize("name", OURS)
def test_the_example_is_what_the_producer_would_send(name: str) -> None:
    sent = json.loads(events.encode(envelope(name)))
    assert sent["data"] == json.loads((EXAMPLES / f"{name}.json").read_text()), "the example leaves fields out"
    schema = json.loads((FOLDER / f"{name}.v{REGISTRY[name].schema}.json").read_text())
    jsonschema.validate(sent, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", OURS)
def test_a_consumer_reads_what_a_producer_sends(name: str) -> None:
    assert events.decode(events.encode(envelope(name))) == envelope(name)


def test_every_consumer_listens_to_an_event_that_exists() -> None:
    assert {event for trigger in TRIGGERS.values() for event in trigger.on} <= set(OURS)


def test_no_example_is_left_behind() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_no_event_carries_personal_data(name: str) -> None:
    personal = {"email", "phone", "name", "address", "lines_of_address", "ship_to", "contact", "recipient"}
    fields = set(REGISTRY[name].data.__dataclass_fields__)
    assert not fields & personal
