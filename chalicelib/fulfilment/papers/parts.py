"""What several documents have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chalicelib.core.money import Money
from chalicelib.fulfilment.domain.documents import Printed
from chalicelib.markets.domain import Location

Word = Callable[[str], str]


def amount(money: Money) -> str:
    """An amount as every reader understands it: the currency's code and exactly its digits."""
    return f"{money.currency} {money.text}"


def moment(at: datetime) -> str:
    """A time to the minute, with its zone."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def grams(weight: int) -> str:
    """A weight in kilograms, to the gram."""
    return f"{weight / 1000:.3f} kg"


def destination(printed: Printed) -> list[str]:
    """The address as its country writes it."""
    ship_to = printed.order.ship_to
    return list(ship_to.label()) if ship_to else []


def sender(store: Location | None) -> list[str]:
    """The address of a store or warehouse."""
    if store is None:
        return []
    return [store.name, *store.lines, f"{store.postal_code} {store.city}".strip(), store.country]
