"""The deposit rule as a clerk would keep it: a card for each customer, read from the top each time (H1)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Card:
    """What happened with one customer's orders, however they ordered.

    A case is a line for each hand-over that failed because of the customer. So many clean orders in a row, each with
    its deposit, and the card begins anew.

    Args:
        most: cases in a quarter that lead to a deposit. clean: orders in a row that end it.
        failures: by order and attempt, when, in which quarter, and whether the customer was the cause.
        arrived: the orders with a deposit that were handed over.
    """

    most: int
    clean: int
    failures: dict[tuple[str, int], tuple[datetime, object, bool]] = field(default_factory=dict)
    arrived: dict[str, datetime] = field(default_factory=dict)

    def fail(self, order: str, attempt: int, at: datetime, quarter: object, *, blamed: bool) -> None:
        self.failures.setdefault((order, attempt), (at, quarter, blamed))

    def arrive(self, order: str, at: datetime) -> None:
        self.arrived.setdefault(order, at)

    def correct(self, order: str, attempt: int, *, blamed: bool) -> None:
        if (order, attempt) in self.failures:
            at, quarter, _ = self.failures[order, attempt]
            self.failures[order, attempt] = at, quarter, blamed

    def attempts(self, order: str) -> int:
        """How often the hand-over of an order has failed."""
        return sum(failed == order for failed, _ in self.failures)

    @property
    def on_deposit(self) -> bool:
        """Whether the next order carries a deposit."""
        at_fault = {order for (order, _), (_, _, blamed) in self.failures.items() if blamed}
        lines: list[tuple[Any, ...]] = [
            (at, order, attempt, quarter) for (order, attempt), (at, quarter, blamed) in self.failures.items() if blamed
        ]
        lines += [(at, order, 0, None) for order, at in self.arrived.items() if order not in at_fault]
        deposit, in_a_row, cases = False, 0, Counter[object]()
        for *_, quarter in sorted(lines, key=lambda line: line[:3]):
            if quarter is not None:
                in_a_row, cases[quarter] = 0, cases[quarter] + 1
                deposit = deposit or cases[quarter] >= self.most
            elif in_a_row + 1 < self.clean:
                in_a_row += 1
            else:
                deposit, in_a_row, cases = False, 0, Counter()
        return deposit
