"""Hand-overs that failed: why, whose fault it was, and what the store may decide (FUL-19, FUL-20, RET-07).

Goods that came back by themselves are never decided on by taste: what they are and why they came back says what may
become of them (`options`), and the store's customer service chooses among that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from chalicelib.core.errors import Conflict
from chalicelib.core.settings import Setting
from chalicelib.orders.domain import GOODS_LEFT_STOCK, Order, State
from chalicelib.orders.domain.dispatch import ALLOWED as PART_ARROWS
from chalicelib.orders.domain.machine import Command, allowed

FRESH_KEEPS: Final = Setting(
    "fulfilment.fresh_keeps_hours",
    24,
    unit="hours",
    rule="RET-07",
    own=True,
    doc="How long after they have left stock fresh goods can still be handed over; then they are only taken back.",
)
TRIES: Final = Setting(
    "fulfilment.tries_before_final_goods_return",
    2,
    unit="hand-overs",
    rule="RET-07",
    own=True,
    doc="Goods with the return rule `none` are taken back from a customer at fault after so many failed hand-overs.",
)


class Cause(StrEnum):
    """Why the customer does not have the goods."""

    NOT_COLLECTED = "not_collected"
    NOT_RECEIVED = "not_received"
    REFUSED = "refused"
    NOT_SIGNED = "not_signed"
    WRONG_ADDRESS = "wrong_address"
    DAMAGED = "damaged"
    SHOP_LATE = "shop_late"
    OTHER = "other"


#: The causes that lie with the customer and count for the deposit rule (FUL-20, BAL-05), unless staff know better.
BY_CUSTOMER: Final = frozenset(
    {Cause.NOT_COLLECTED, Cause.NOT_RECEIVED, Cause.REFUSED, Cause.NOT_SIGNED, Cause.WRONG_ADDRESS}
)


class Decision(StrEnum):
    """What the store's customer service does about it (RET-07)."""

    KEEP_AT_DESK = "keep_at_desk"
    DELIVER_AGAIN = "deliver_again"
    SHIP_AGAIN = "ship_again"
    TAKE_BACK = "take_back"


class Why(StrEnum):
    """Why a decision is not open."""

    DAMAGED = "damaged"
    FRESH_TOO_LONG = "fresh_too_long"
    NO_DESK = "no_desk"
    NO_ADDRESS = "no_address"
    TOO_FAR = "too_far"
    NO_COURIER = "no_courier"
    FINAL_SALE = "final_sale"
    PART_OF_ORDER = "part_of_order"


#: What staff read.
WHY_TEXTS: Final[Mapping[Why, str]] = {
    Why.DAMAGED: "Damaged goods are not handed over again.",
    Why.FRESH_TOO_LONG: "Fresh goods have been under way for too long.",
    Why.NO_DESK: "The goods are at a warehouse, which has no desk.",
    Why.NO_ADDRESS: "The customer of a pickup gave no address to deliver to.",
    Why.TOO_FAR: "The goods are in another country than their customer: a courier can bring them.",
    Why.NO_COURIER: "Only what a courier has brought in one go is given to a courier again.",
    Why.PART_OF_ORDER: "One of several parts is sent by courier again, kept at a desk, or taken back.",
    Why.FINAL_SALE: "Goods that are not returnable are offered once more before they are taken back.",
}

#: The step of the order that each decision is.
COMMAND_OF: Final[Mapping[Decision, Command]] = {
    Decision.KEEP_AT_DESK: Command.OFFER_AT_DESK,
    Decision.DELIVER_AGAIN: Command.SEND_OUT_AGAIN,
    Decision.SHIP_AGAIN: Command.SHIP_AGAIN,
    Decision.TAKE_BACK: Command.TAKE_BACK,
}


class DecisionNotOpen(Conflict):
    """The goods, or the reason why they came back, do not allow this."""

    code: ClassVar[str] = "decision-not-open"
    title: ClassVar[str] = "This cannot become of these goods"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last hand-over failed, whose fault that was, and how often it has been tried."""

    cause: Cause
    by_customer: bool
    times: int


@dataclass(frozen=True, slots=True)
class Option:
    """One decision: open, or why not; `until` is when fresh goods must be with their customer."""

    decision: Decision
    why_not: Why | None = None
    until: datetime | None = None


def fresh_until(order: Order, keeps: timedelta, now: datetime) -> datetime | None:
    """Until when an order's goods may be handed over: some time after they left stock if any is fresh, or None."""
    if not order.goods.fresh:
        return None
    return next((stage.at for stage in order.stages if stage.state in GOODS_LEFT_STOCK), now) + keeps


#: What becomes of a part of an order: its own people go to the customers whose orders are theirs as a whole.
_TAKEN_BY_PARTS: Final = tuple(command for state, command in PART_ARROWS if state is State.STORE_HANDLING)


def options(
    order: Order, failure: Failure, now: datetime, *, has_desk: bool, near: bool, fresh_keeps: timedelta, tries: int,
    of_part: bool = False,
) -> tuple[Option, ...]:  # fmt: skip
    """What may become of goods that could not be handed over, by what they are and why they came back (RET-07).

    Damaged goods, and fresh goods after their time, are taken back. Goods of the return rule `none` are kept or
    delivered again as long as the customer is at fault and that has not been tried often enough; unopened goods are
    judged at their inspection. No courier takes fresh goods that have been out before. One decision is always open.

    Args:
        has_desk: the goods are at a store, not at a warehouse.
        near: they are in their customer's country, so that the shop's own people can bring them.
        tries: after so many failures goods come back whatever their return rule says.
        of_part: they are what one of several places has sent of an order; `order` is that part as an order.
    """
    until = fresh_until(order, fresh_keeps, now)
    spoilt = Why.FRESH_TOO_LONG if until is not None and until <= now else None
    again = Why.DAMAGED if failure.cause is Cause.DAMAGED else spoilt
    takes = _TAKEN_BY_PARTS if of_part else allowed(State.STORE_HANDLING, order.way)
    keep = again or (None if has_desk else Why.NO_DESK)
    far = None if near else Why.TOO_FAR
    if of_part:
        deliver: Why | None = Why.PART_OF_ORDER
    else:
        deliver = again or (far if Command.SEND_OUT_AGAIN in takes else Why.NO_ADDRESS)
    no_courier = None if Command.SHIP_AGAIN in takes else Why.NO_COURIER
    ship = again or no_courier or (Why.FRESH_TOO_LONG if order.goods.fresh else None)
    final = any(part.return_rule == "none" for part in order.parts)
    elsewhere = None in (keep, deliver, ship)
    waits = final and failure.by_customer and failure.times < tries and elsewhere
    return (
        Option(Decision.KEEP_AT_DESK, keep, until if keep is None else None),
        Option(Decision.DELIVER_AGAIN, deliver, until if deliver is None else None),
        Option(Decision.SHIP_AGAIN, ship),
        Option(Decision.TAKE_BACK, Why.FINAL_SALE if waits else None),
    )


def check_open(found: tuple[Option, ...], decision: Decision) -> Option:
    """The option that a decision is.

    Raises:
        DecisionNotOpen: it is not open; names what is.
    """
    option = next(one for one in found if one.decision is decision)
    if option.why_not is None:
        return option
    still = [one.decision.value for one in found if one.why_not is None]
    raise DecisionNotOpen(WHY_TEXTS[option.why_not], reason=option.why_not.value, allowed=still)
