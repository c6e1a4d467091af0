"""The return policy: what may come back, why, until when, who pays the label (RET-01, RET-07, RET-08)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import RuleRefused
from chalicelib.core.settings import Setting

from .machine import DEADLINES, State


class Reason(StrEnum):
    """Why goods come back: for one of the customer's reasons, or because they never reached the customer (FUL-19)."""

    CHANGED_MIND = "changed_mind"
    DAMAGED = "damaged"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    OTHER = "other"
    NOT_HANDED_OVER = "not_handed_over"


#: What a customer can give as a reason.
CUSTOMER_REASONS: Final = tuple(reason for reason in Reason if reason is not Reason.NOT_HANDED_OVER)
#: Reasons that the shop answers for.
FAULTS: Final = frozenset({Reason.DAMAGED, Reason.DEFECTIVE, Reason.WRONG_ITEM, Reason.NOT_AS_DESCRIBED})


class Label(StrEnum):
    """Who pays for the way back."""

    PREPAID = "prepaid"
    OWN_COST = "own_cost"


class Resolution(StrEnum):
    """What the customer gets: all of it back for the goods, a part of it and the goods as well (RET-08), or other goods
    for them (RET-03)."""

    REFUND = "refund"
    KEEP_GOODS = "keep_goods"
    EXCHANGE = "exchange"


DECIDE_HOURS: Final = Setting(
    "returns.decide_within_hours",
    48,
    unit="hours",
    rule="RET-06",
    own=True,
    doc="How long after-sales has to answer a return request.",
)
SILENCE_APPROVES: Final = Setting(
    "returns.unanswered_is_approved",
    default=True,
    unit="yes or no",
    rule="RET-06",
    own=True,
    doc="Whether a request that nobody answered in time counts as approved.",
)
SEND_DAYS: Final = Setting(
    "returns.send_within_days",
    14,
    unit="days",
    rule="RET-01",
    own=True,
    doc="How long the customer has to send the parcel after the approval.",
)
INSPECT_HOURS: Final = Setting(
    "returns.inspect_within_hours",
    48,
    unit="hours",
    rule="RET-06",
    own=True,
    doc="How long the store has to inspect a parcel that has arrived.",
)
RELEASE_HOURS: Final = Setting(
    "returns.release_within_hours",
    24,
    unit="hours",
    rule="RET-06",
    own=True,
    doc="How long finance has to release a refund above the limit.",
)
RESULT_HOURS: Final = Setting(
    "returns.refund_result_within_hours",
    72,
    unit="hours",
    rule="RET-06",
    own=True,
    doc="How long the payment provider may take to confirm a refund before finance is asked to look.",
)
RESOLVE_HOURS: Final = Setting(
    "returns.resolve_within_hours",
    24,
    unit="hours",
    rule="RET-06",
    own=True,
    doc="How long finance has to resolve a refund that did not go through.",
)
AUTO_APPROVE: Final = Setting(
    "returns.auto_approve_up_to",
    5_000,
    unit="minor units of the order's currency",
    rule="RET-06",
    own=True,
    doc="A return worth no more is approved at once; 0 turns it off.",
)
AUTO_REFUND: Final = Setting(
    "returns.auto_refund_up_to",
    20_000,
    unit="minor units of the order's currency",
    rule="RET-05",
    own=True,
    doc="A refund of no more needs no release by finance; 0 turns it off.",
)
REFUND_SHIPPING: Final = Setting(
    "returns.refund_shipping",
    default=True,
    unit="yes or no",
    rule="RET-01",
    own=True,
    doc="Whether shipping and gift wrap are refunded when the whole order has come back. Of goods that were never "
    "handed over they always are.",
)
FRESH_HOURS: Final = Setting(
    "returns.fresh_within_hours",
    48,
    unit="hours",
    rule="RET-07",
    own=True,
    doc="How long after delivery a fault of fresh goods can be claimed.",
)
KEEP_GOODS_PERCENT: Final = Setting(
    "returns.keep_goods_percent",
    50,
    unit="percent of what was paid for the goods",
    rule="RET-08",
    own=True,
    doc="The partial refund where the customer keeps the goods.",
)


EXCHANGE_WHEN: Final = Setting(
    "returns.exchange_released_when",
    "inspected",
    unit="approved, received or inspected",
    form="approved|received|inspected",
    rule="RET-04",
    own=True,
    doc="When an exchange order goes to its store: at the approval, or when the old goods were received or inspected.",
)
OWED_HOURS: Final = Setting(
    "returns.goods_owed_within_hours",
    168,
    unit="hours",
    rule="RET-06",
    own=True,
    doc="How long after-sales has for goods that were exchanged and did not come back, before management gets it.",
)


#: Emerging markets: a partial refund, and the customer keeps the goods (RET-08).
EMERGING: Final = frozenset({"BR"})


def resolution_for(market: str) -> Resolution:
    """What a market's customers are offered unless after-sales decides otherwise (RET-08)."""
    return Resolution.KEEP_GOODS if market in EMERGING else Resolution.REFUND


def label_for(free_label: bool, reasons: frozenset[Reason]) -> Label:
    """Who pays for the way back: the shop where its market promises so, and everywhere for what is its own fault."""
    return Label.PREPAID if free_label or reasons & FAULTS else Label.OWN_COST


class GoodsClass(StrEnum):
    """How returnable goods are by their nature (RET-07)."""

    STANDARD = "standard"
    UNOPENED = "unopened"
    FRESH = "fresh"
    FINAL = "final"


def goods_class(kind: str, fresh: bool, return_rule: str) -> GoodsClass:
    """The class of an article by its kind, freshness and return rule (RET-07).

    What was delivered as data and what carries the rule `none` never comes back; fresh goods only when they are faulty;
    `unopened` goods only sealed, unless they are faulty.
    """
    if kind == "virtual" or return_rule == "none":
        return GoodsClass.FINAL
    if fresh:
        return GoodsClass.FRESH
    return GoodsClass.UNOPENED if return_rule == "unopened" else GoodsClass.STANDARD


#: From what may come back most freely to what never does.
_STRICTNESS: Final = (GoodsClass.STANDARD, GoodsClass.UNOPENED, GoodsClass.FRESH, GoodsClass.FINAL)


def strictest(classes: Iterable[GoodsClass]) -> GoodsClass:
    """The class of goods that come back together."""
    return max(classes, key=_STRICTNESS.index)


class ReleasedWhen(StrEnum):
    """The moment at which an exchange order goes on to its store (RET-04)."""

    APPROVED = "approved"
    RECEIVED = "received"
    INSPECTED = "inspected"

    @classmethod
    def of(cls, text: str) -> ReleasedWhen:
        """What a setting says; a word that is none of these is the cautious one."""
        return cls(text) if text in set(cls) else cls.INSPECTED


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings in force for one market, read once per command."""

    within: Mapping[State, timedelta]
    window: timedelta = timedelta(days=14)
    fresh_window: timedelta = timedelta(hours=48)
    silence_approves: bool = True
    auto_approve: int = 0
    auto_refund: int = 0
    refund_shipping: bool = True
    keep_goods_percent: int = 50
    free_label: bool = False
    exchange_when: ReleasedWhen = ReleasedWhen.INSPECTED

    def deadlines(self, state: State, at: datetime) -> dict[str, datetime]:
        """What a return that comes into a state waits for, and until when."""
        within = self.within.get(state)
        return {DEADLINES[state]: at + within} if within is not None and state in DEADLINES else {}


class NotReturnable(RuleRefused):
    """These goods, or this reason, or this late: the return policy says no."""

    code, title = "not-returnable", "This cannot be returned"


def check_returnable(
    line: str, goods: GoodsClass, reason: Reason, *, completed_at: datetime, now: datetime, terms: Terms
) -> None:
    """Let a line through if the policy takes it back, by the shop's own clock (RET-01, RET-07).

    Raises:
        NotReturnable: by the nature of the goods, or too late.
    """
    if goods is GoodsClass.FINAL:
        raise NotReturnable("These goods cannot be returned.", rule="RET-07", line=line)
    if goods is GoodsClass.FRESH and reason not in FAULTS:
        raise NotReturnable("Fresh goods can only be claimed when they are faulty.", rule="RET-07", line=line)
    window = terms.fresh_window if goods is GoodsClass.FRESH else terms.window
    if now > completed_at + window:
        raise NotReturnable("The time for returning this has passed.", rule="RET-01", line=line)
