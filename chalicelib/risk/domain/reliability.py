"""The reliability ledger of goods orders (machine H1): a fold over what is known of each order, in time order.

A standing keeps one mark per order, and its terms follow from the marks. So a cause that is corrected late is counted
as if it had been known from the beginning, and whatever is told twice counts once. Marks too old to be corrected are
folded into the base.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

#: Quarters whose cases are kept in a base. Stores in different time zones are in two at once.
_QUARTERS_KEPT: Final = 2


def quarter_of(at: datetime, time_zone: str) -> str:
    """The calendar quarter of a moment where the store is, e.g. "2026Q4" (AMB-03)."""
    local = at.astimezone(ZoneInfo(time_zone))
    return f"{local.year}Q{(local.month + 2) // 3}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Failures in a quarter that lead to deposit terms, clean orders in a row that end them."""

    failures: int
    clean_orders: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of one order. However often its hand-over failed, it is one case.

    Args:
        failed_at: when its hand-over failed; the first time by the customer's fault, if any.
        quarter: of `failed_at`, at the store.
        by_customer: whether the customer was the cause (FUL-20).
        completed_at: when an order placed on deposit terms was handed over.
    """

    order_id: str
    failed_at: datetime | None = None
    quarter: str = ""
    by_customer: bool = False
    completed_at: datetime | None = None

    @property
    def is_case(self) -> bool:
        """It counts against the customer."""
        return self.failed_at is not None and self.by_customer

    @property
    def is_clean(self) -> bool:
        """It counts for the customer (BAL-07)."""
        return self.completed_at is not None and not self.is_case

    @property
    def at(self) -> datetime:
        """When it came to count."""
        moment = self.failed_at if self.is_case else self.completed_at or self.failed_at
        if moment is None:
            raise ValueError("a mark says when something happened")
        return moment

    def failed(self, at: datetime, quarter: str, by_customer: bool) -> Mark:
        """With a failed hand-over; the customer's fault outweighs another cause."""
        if self.failed_at is not None and (self.by_customer or not by_customer):
            return self
        return replace(self, failed_at=at, quarter=quarter, by_customer=by_customer)


@dataclass(frozen=True, slots=True)
class Terms:
    """Where a customer stands after some orders.

    Args:
        on_deposit: every later order carries a deposit (BAL-05).
        run: clean orders in a row since (BAL-07).
        cases: cases by quarter, since normal terms began.
    """

    on_deposit: bool = False
    run: int = 0
    cases: dict[str, int] = field(default_factory=dict)

    def after(self, mark: Mark, limits: Limits) -> Terms:
        """The terms after one more order."""
        if mark.is_case:
            cases = {**self.cases, mark.quarter: self.cases.get(mark.quarter, 0) + 1}
            reached = cases[mark.quarter] >= limits.failures
            return Terms(self.on_deposit or reached, 0, dict(sorted(cases.items())[-_QUARTERS_KEPT:]))
        if mark.is_clean and self.on_deposit:
            return replace(self, run=self.run + 1) if self.run + 1 < limits.clean_orders else Terms()
        return self


@dataclass(frozen=True, slots=True)
class Standing:
    """What the shop remembers under one match key.

    Args:
        key: keyed digest of a phone, a name with address, or an account.
        base: the terms before the first mark.
        marks: one per order, in time order.
        blocked: why the buyer is on the blacklist; "" when not (RSK-02).
    """

    key: str
    base: Terms = field(default_factory=Terms)
    marks: tuple[Mark, ...] = ()
    blocked: str = ""

    def terms(self, limits: Limits) -> Terms:
        """The terms that hold for the next order."""
        return _fold(self.base, self.marks, limits)

    def mark(self, order_id: str) -> Mark | None:
        """What is known of an order."""
        return next((mark for mark in self.marks if mark.order_id == order_id), None)

    def failed(self, order_id: str, at: datetime, quarter: str, by_customer: bool) -> Standing:
        """After a failed hand-over (FUL-19); told again, nothing changes."""
        return self._with((self.mark(order_id) or Mark(order_id)).failed(at, quarter, by_customer))

    def completed(self, order_id: str, at: datetime) -> Standing:
        """After an order placed on deposit terms was handed over; told again, nothing changes."""
        mark = self.mark(order_id) or Mark(order_id)
        return self if mark.completed_at else self._with(replace(mark, completed_at=at))

    def corrected(self, order_id: str, by_customer: bool) -> Standing:
        """After the cause of a failed hand-over turned out to be another one, at whatever time."""
        mark = self.mark(order_id)
        if mark is None or mark.failed_at is None or mark.by_customer is by_customer:
            return self
        return self._with(replace(mark, by_customer=by_customer))

    def settled(self, before: datetime, limits: Limits) -> Standing:
        """With the marks older than `before` folded into the base; the terms stay the same."""
        old = tuple(mark for mark in self.marks if mark.at < before)
        return replace(self, base=_fold(self.base, old, limits), marks=self.marks[len(old) :]) if old else self

    def _with(self, mark: Mark) -> Standing:
        others = [other for other in self.marks if other.order_id != mark.order_id]
        return replace(self, marks=tuple(sorted([*others, mark], key=lambda each: (each.at, each.order_id))))


def _fold(terms: Terms, marks: Iterable[Mark], limits: Limits) -> Terms:
    for mark in marks:
        terms = terms.after(mark, limits)
    return terms
