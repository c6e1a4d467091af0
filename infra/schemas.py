"""Write the JSON Schema of every event to `events/schemas/`, from the classes that the code sends.

`events/schemas/<type>.v<schema>.json` describes the whole envelope; a contract test refuses drift.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from chalicelib import house
from chalicelib.core.events import REGISTRY, Event, EventType

FOLDER = Path(__file__).parent.parent / "events" / "schemas"


def schema_of(event: EventType) -> dict[str, Any]:
    """The JSON Schema of one event's envelope with its data."""
    generic: Any = Event
    (envelope,), definitions = msgspec.json.schema_components([generic[event.data]], ref_template="#/$defs/{name}")
    name = envelope["$ref"].rsplit("/", 1)[-1]
    body = definitions.pop(name)
    body["properties"]["type"] = {"const": event.name}
    body["properties"]["schema"] = {"const": event.schema}
    body["description"] = " ".join((event.data.__doc__ or "").split())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": event.name,
        **body,
        "$defs": definitions,
    }


def all_schemas() -> dict[str, str]:
    """File name and text of every schema of the house."""
    list(house.routes())
    list(house.triggers())
    return {
        f"{event.name}.v{event.schema}.json": json.dumps(schema_of(event), indent=2, sort_keys=True) + "\n"
        for event in REGISTRY.values()
        if event.data.__module__.startswith("chalicelib.")
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = all_schemas()
    for path in FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text)
    print(f"{len(wanted)} event schemas in {FOLDER}")


if __name__ == "__main__":
    main()
