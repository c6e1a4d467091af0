"""Which causes make most orders abnormal: counted per month, sorted, summed up (REV-11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, cast

from chalicelib.core.settings import Setting

VITAL: Final = Setting(
    "orders.pareto_percent", 80, unit="percent of the cases", rule="REV-11", own=True,
    doc="The most frequent causes that together reach this share are marked as the vital few.",
)  # fmt: skip
#: Kinds of abnormal orders: sent back to the customer, held for a person, an exception, a failed hand-over.
Kind = Literal["returned", "held", "exception", "handover"]
KINDS: Final[tuple[Kind, ...]] = ("returned", "held", "exception", "handover")


@dataclass(frozen=True, slots=True)
class Cause:
    """One row of the analysis.

    Args:
        share, cumulative: percent of all cases, with one decimal; of this cause, and of it and all more frequent ones.
        vital: among the few causes that together make most cases.
    """

    kind: Kind
    code: str
    cases: int
    share: Decimal
    cumulative: Decimal
    vital: bool


def counter_of(kind: str, code: str) -> str:
    """The name under which a cause is counted."""
    return f"{kind}_{code}"


def pareto(counts: Mapping[str, int], vital_percent: int) -> tuple[Cause, ...]:
    """The causes, most frequent first; equal ones by name."""
    total = sum(counts.values())
    causes, before = [], 0
    for name, cases in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        if cases <= 0:
            continue
        kind, _, code = name.partition("_")
        vital = before * 100 < vital_percent * total
        before += cases
        causes.append(Cause(cast(Kind, kind), code, cases, _percent(cases, total), _percent(before, total), vital))
    return tuple(causes)


def _percent(part: int, whole: int) -> Decimal:
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
