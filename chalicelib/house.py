"""The rooms of the house, floor by floor, and how the front door finds what each offers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

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
    # 3 selling
    "cart",
    "payments",
    # 4 ordering
    "orders",
    "routing",
    # 5 doing
    "fulfilment",
    "tracking",
    "returns",
    # 6 around
    "notifications",
)


def _modules(name: str) -> Iterator[Any]:
    for room in ROOMS:
        if find_spec(f"chalicelib.{room}") and find_spec(f"chalicelib.{room}.{name}"):
            yield import_module(f"chalicelib.{room}.{name}")


def routes() -> Iterator[Any]:
    """The blueprints of every room's HTTP routes."""
    for module in _modules("api"):
        yield module.routes.blueprint


def triggers() -> Iterator[Any]:
    """The blueprints of every room's background functions (importing them registers consumers and deadlines)."""
    for module in _modules("triggers"):
        yield module.triggers.blueprint
