"""The monthly analysis of abnormal orders, from counters that are moved once per event (REV-11)."""

from __future__ import annotations

import re
from typing import Any, Final

from chalicelib.core.events import Event
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain.pareto import KINDS, VITAL, Cause, counter_of, pareto
from chalicelib.orders.items import ABNORMAL

#: What may name a counter.
_WORD: Final = re.compile(r"[^a-z0-9_]+")


def count_abnormal(uow: UnitOfWork, event: Event[Any]) -> None:
    """Count why an order was abnormal, in the month it happened (UTC); told again, nothing is counted twice."""
    causes = sorted({counter_of(kind, _WORD.sub("_", code.lower())[:40]) for kind, code in _causes(event.data)})
    if not causes:  # held for nothing but an answer that a person reads
        return
    uow.once(event.id)
    uow.count(ABNORMAL.ref(f"{event.occurred_at:%Y-%m}"), dict.fromkeys(causes, 1))


def abnormal_orders(uow: UnitOfWork, month: str) -> tuple[Cause, ...]:
    """Why orders were abnormal in a month ("2026-11"), most frequent cause first."""
    counts = uow.counter(ABNORMAL.ref(month)) or {}
    ours = {name: cases for name, cases in counts.items() if name.partition("_")[0] in KINDS}
    return pareto(ours, uow.setting(VITAL))


def _causes(data: Any) -> list[tuple[str, str]]:
    if isinstance(data, d.OrderReturnedToCustomer):
        return [("returned", code) for code in data.reasons]
    if isinstance(data, d.OrderHeld):
        return [("held", code) for code in data.reasons]
    if isinstance(data, d.OrderProblemRaised):
        return [("exception", data.problem)]
    return [("handover", data.cause)]
