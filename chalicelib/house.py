"""The rooms of the house, floor by floor, and how the front door finds what each offers.

Packaging writes down which rooms have a door on which path (`doors.json`). Where that is known, a room is entered when
its first request comes, so that a cold start pays for one room and not for the house; everywhere else all are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

#: Rooms by the path their routes lie on; only in the package.
DOORS: Final = Path(__file__).with_name("doors.json")

ROOMS: Final = (
    # 1 reference
    "markets",
    "catalog",
    "customers",
    "staff",
    # 2 means
    "inventory",
    "pricing",
    "customs",
    "shipping",
    "ledger",
    "risk",
    # 3 selling
    "cart",
    "payments",
    # 4 ordering
    "orders",
    "routing",
    # 5 doing
    "fulfilment",
    "tracking",
    "bookings",
    "returns",
    # 6 around
    "invoices",
    "notifications",
    "partners",
)


#: The rooms in which things wait for people.
WORKING: Final = ("orders", "returns", "bookings")


def _modules(name: str) -> Iterator[Any]:
    for room in ROOMS:
        if find_spec(f"chalicelib.{room}") and find_spec(f"chalicelib.{room}.{name}"):
            yield import_module(f"chalicelib.{room}.{name}")


def work_lists() -> Iterator[Any]:
    """How each room says which of its lists of work a member of staff works with."""
    for room in WORKING:
        yield import_module(f"chalicelib.{room}.service.working").lists_of


def doors() -> Mapping[str, tuple[str, ...]] | None:
    """The rooms by path as packaging found them, or None outside of a package."""
    return {path: tuple(rooms) for path, rooms in json.loads(DOORS.read_bytes()).items()} if DOORS.exists() else None


def find_doors() -> dict[str, list[str]]:
    """The rooms by path, for packaging; whoever reads the description of the API needs all rooms."""
    rooms = {module.__name__.split(".")[1]: module for module in _modules("api")}
    found: dict[str, list[str]] = {"/openapi.json": list(rooms)}
    for room, module in rooms.items():
        for path in module.routes.paths:
            found.setdefault(path, []).append(room)
    return {path: sorted(set(names)) for path, names in sorted(found.items())}  # a package is the same every time


def routes_of(room: str) -> Any:
    """The blueprint of one room's HTTP routes."""
    return import_module(f"chalicelib.{room}.api").routes.blueprint


def routes() -> Iterator[Any]:
    """The blueprints of every room's HTTP routes."""
    for module in _modules("api"):
        yield module.routes.blueprint


def triggers() -> Iterator[Any]:
    """The blueprints of every room's background functions (importing them registers consumers and deadlines)."""
    for module in _modules("triggers"):
        yield module.triggers.blueprint
