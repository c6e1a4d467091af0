"""The reliability ledger of goods orders (machine H1): a fold over what is known of each hand-over, in time order.

A standing keeps one mark per hand-over, failed or not, and its terms follow from the marks. So a cause that is
corrected late is counted as if it had been known from the beginning, and whatever is told twice counts once. Marks too
old to be corrected are folded into the base.

A customer is known under several keys, and each has a standing. A case counts under the keys that its own order
carried; a clean order counts under every key that the shop has seen together with those (`linked`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

#: Quarters whose cases are kept in a base. Stores in different time zones are in two at once.
_QUARTERS_KEPT: Final = 2
#: Other keys of the same customer that a standing remembers: the latest ones.
LINKS_KEPT: Final = 12


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
    """What is known of one hand-over of an order. Each that fails because of the customer is a case (FUL-20).

    Args:
        failed_at: when it failed. quarter: in which that was, at the store.
        by_customer: whether the customer was the cause.
        completed_at: when an order placed on deposit terms was handed over.
        attempt: which failed hand-over of the order it is, from 1 on; 0 is the one that completed it.
    """

    order_id: str
    failed_at: datetime | None = None
    quarter: str = ""
    by_customer: bool = False
    completed_at: datetime | None = None
    attempt: int = 1

    @property
    def is_case(self) -> bool:
        """It counts against the customer."""
        return self.failed_at is not None and self.by_customer

    @property
    def at(self) -> datetime:
        """When it came to count."""
        moment = self.failed_at if self.is_case else self.completed_at or self.failed_at
        if moment is None:
            raise ValueError("a mark says when something happened")
        return moment


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

    def after_case(self, quarter: str, limits: Limits) -> Terms:
        """The terms after one more case (BAL-05)."""
        cases = {**self.cases, quarter: self.cases.get(quarter, 0) + 1}
        reached = cases[quarter] >= limits.failures
        return Terms(self.on_deposit or reached, 0, dict(sorted(cases.items())[-_QUARTERS_KEPT:]))

    def after_clean(self, limits: Limits) -> Terms:
        """The terms after one more clean order that carried the deposit, by whichever key: so many in a row wipe out
        what there is under this one, too (BAL-07)."""
        if not self.cases and not self.on_deposit:
            return self
        return replace(self, run=self.run + 1) if self.run + 1 < limits.clean_orders else Terms()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the shop remembers under one match key.

    Args:
        key: keyed digest of a phone, a name with address, or an account.
        base: the terms before the first mark.
        marks: one per hand-over, in time order.
        blocked: why the buyer is on the blacklist; "" when not (RSK-02).
        linked: other keys that orders carried together with this one, the latest last.
    """

    key: str
    base: Terms = field(default_factory=Terms)
    marks: tuple[Mark, ...] = ()
    blocked: str = ""
    linked: tuple[str, ...] = ()

    def terms(self, limits: Limits) -> Terms:
        """The terms that hold for the next order."""
        return self._fold(self.marks, limits)

    @property
    def has_failures(self) -> bool:
        """Whether a failed hand-over is remembered, which clean orders can make good."""
        return self.base != Terms() or any(mark.failed_at is not None for mark in self.marks)

    def is_case(self, order_id: str) -> bool:
        """Whether any hand-over of an order counts against the customer."""
        return any(mark.is_case for mark in self.marks if mark.order_id == order_id)

    def last_failure(self, order_id: str) -> int:
        """The attempt of an order's last failed hand-over; 0 when none is known."""
        known = (mark.attempt for mark in self.marks if mark.order_id == order_id and mark.failed_at is not None)
        return max(known, default=0)

    def has_failed(self, order_id: str, attempt: int) -> bool:
        """Whether a failed hand-over is known."""
        return self._failure(order_id, attempt) is not None

    def completion(self, order_id: str) -> datetime | None:
        """When an order placed on deposit terms was handed over."""
        return next((mark.completed_at for mark in self.marks if mark.order_id == order_id and mark.completed_at), None)

    def clean_since(self, at: datetime) -> dict[str, datetime]:
        """The clean orders after a moment, and when each was handed over."""
        done = ((mark.order_id, mark.completed_at) for mark in self.marks if mark.completed_at)
        return {order: when for order, when in done if when > at and not self.is_case(order)}

    def failed(self, order_id: str, attempt: int, at: datetime, quarter: str, by_customer: bool) -> Standing:
        """After a failed hand-over (FUL-19); told again, nothing changes."""
        if self._failure(order_id, attempt) is not None:
            return self
        return self._with(Mark(order_id, at, quarter, by_customer, attempt=attempt))

    def completed(self, order_id: str, at: datetime) -> Standing:
        """After an order placed on deposit terms was handed over; told again, nothing changes."""
        return self if self.completion(order_id) else self._with(Mark(order_id, completed_at=at, attempt=0))

    def corrected(self, order_id: str, attempt: int, by_customer: bool) -> Standing:
        """After the cause of a failed hand-over turned out to be another one, at whatever time."""
        mark = self._failure(order_id, attempt)
        if mark is None or mark.by_customer is by_customer:
            return self
        return self._with(replace(mark, by_customer=by_customer))

    def without_completion(self, order_id: str) -> Standing:
        """Without an order that turned out not to be clean, under a key that it did not carry itself."""
        left = tuple(mark for mark in self.marks if mark.order_id != order_id or mark.attempt)
        return replace(self, marks=left) if left != self.marks else self

    def seen_with(self, keys: Iterable[str]) -> Standing:
        """After an order that carried these keys, this one among them."""
        others = [key for key in keys if key != self.key]
        latest = [*(key for key in self.linked if key not in others), *others]
        return replace(self, linked=tuple(latest[-LINKS_KEPT:]))

    def settled(self, before: datetime, limits: Limits) -> Standing:
        """With the marks older than `before` folded into the base; the terms stay the same. Where nothing is left to
        make good, the other keys are forgotten."""
        young = {mark.order_id for mark in self.marks if mark.at >= before}
        old = tuple(takewhile(lambda mark: mark.at < before and mark.order_id not in young, self.marks))
        if not old:
            return self
        left = replace(self, base=self._fold(old, limits), marks=self.marks[len(old) :])
        return left if left.has_failures else replace(left, linked=())

    def _fold(self, marks: tuple[Mark, ...], limits: Limits) -> Terms:
        cases = {mark.order_id for mark in marks if mark.is_case}
        terms = self.base
        for mark in marks:
            if mark.is_case:
                terms = terms.after_case(mark.quarter, limits)
            elif mark.completed_at and mark.order_id not in cases:
                terms = terms.after_clean(limits)
        return terms

    def _failure(self, order_id: str, attempt: int) -> Mark | None:
        wanted = (order_id, attempt)
        return next((mark for mark in self.marks if mark.failed_at and (mark.order_id, mark.attempt) == wanted), None)

    def _with(self, mark: Mark) -> Standing:
        others = [each for each in self.marks if (each.order_id, each.attempt) != (mark.order_id, mark.attempt)]
        in_time = sorted([*others, mark], key=lambda each: (each.at, each.order_id, each.attempt))
        return replace(self, marks=tuple(in_time))
