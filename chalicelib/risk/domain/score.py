"""The risk score of an order: points of everything that is suspicious about it, added up, with the reasons (RSK-01)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.money import Money


class Code(StrEnum):
    """What can be suspicious about an order; in the order in which reasons are told."""

    BLACKLISTED = "blacklisted"
    MANY_ORDERS = "many_orders_of_one_source"
    VAGUE_ADDRESS = "vague_address"
    LARGE_ORDER = "large_order"
    NEW_CUSTOMER = "new_customer"


#: What speaks of fraud by itself, and not only of much money.
_FRAUD: Final = frozenset({Code.BLACKLISTED, Code.MANY_ORDERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known about an order and its buyer.

    Args:
        worth: the order's total in the currency of the limits.
        customer_since: when the customer registered; None for a guest, who counts as new.
        orders_of_source: orders of the same internet address in the time window, this one included.
    """

    worth: Money
    customer_since: datetime | None
    blacklisted: bool = False
    vague_address: bool = False
    orders_of_source: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How evidence is weighed.

    Args:
        new_customer_limit, large_order_limit: above which the order is suspicious (RSK-05, REV-07).
        new_customer_days: how long a registration counts as new.
        many_orders: from which number of orders of one source on they are many (RSK-03).
        weights: points of each signal. hold_from: the score from which on the order is held.
    """

    new_customer_limit: Money
    large_order_limit: Money
    new_customer_days: int
    many_orders: int
    weights: Mapping[Code, int]
    hold_from: int


@dataclass(frozen=True, slots=True)
class Signal:
    """One suspicious thing and its points."""

    code: Code
    points: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """The score of an order: the sum of its signals.

    Args:
        held: a person has to look at it.
    """

    signals: tuple[Signal, ...] = ()
    held: bool = False

    @property
    def score(self) -> int:
        """The points of all signals together."""
        return sum(signal.points for signal in self.signals)

    @property
    def is_fraud(self) -> bool:
        """Held, and for more than the money it is worth: the customer must not learn first what to correct (RSK-03)."""
        return self.held and any(signal.code in _FRAUD for signal in self.signals)


NO_RISK: Final = Assessment()


def assess(evidence: Evidence, scale: Scale, now: datetime) -> Assessment:
    """Add up what is suspicious (RSK-01, RSK-02, RSK-03, RSK-05)."""
    since = evidence.customer_since
    is_new = since is None or now - since < timedelta(days=scale.new_customer_days)
    found = {
        Code.BLACKLISTED: evidence.blacklisted,
        Code.MANY_ORDERS: evidence.orders_of_source >= scale.many_orders,
        Code.VAGUE_ADDRESS: evidence.vague_address,
        Code.LARGE_ORDER: evidence.worth > scale.large_order_limit,
        Code.NEW_CUSTOMER: is_new and evidence.worth > scale.new_customer_limit,
    }
    signals = tuple(Signal(code, scale.weights[code]) for code in Code if found[code] and scale.weights[code] > 0)
    return Assessment(signals, held=bool(signals) and sum(each.points for each in signals) >= scale.hold_from)


def window_rate(at: datetime, window: timedelta, present: int, before: int) -> int:
    """Orders in the window that ends at `at`, from the counts of two fixed windows (rounded down).

    Args:
        present: counted in the fixed window that `at` lies in.
        before: counted in the one before it; it weighs as much as of it the moving window still covers.
    """
    elapsed = (at.timestamp() % window.total_seconds()) / window.total_seconds()
    return present + int(before * (1 - elapsed))
