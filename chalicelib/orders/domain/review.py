"""Review: is a paid order normal, abnormal or to be held? Pure rules over the order and what is known around it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.risk.domain import NO_RISK, Assessment
from chalicelib.shipping.domain.handover import MethodRules, Refusal, method_refusal

from .order import Order
from .reasons import Abnormal, Hold, Reason


class Outcome(StrEnum):
    """What a review can find."""

    NORMAL = "normal"
    ABNORMAL = "abnormal"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a review and its reasons."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a review knows besides the order.

    Args:
        risk: what is suspicious about the order, and whether a person must look at it (RSK-01).
        address_faults: fields of the delivery address that are missing or wrong in its country.
        channel_excluded: the decision table has come to exclude the chosen channel for these goods (RTE-07).
        rules: what the shop allows in which way of delivery; it may have changed since the quote (REV-04).
        least_address_width: address lines narrower than this are vague (REV-12).
    """

    address_faults: tuple[str, ...]
    least_address_width: int
    rules: MethodRules = field(default_factory=MethodRules)
    channel_excluded: bool = False
    risk: Assessment = NO_RISK


def review(order: Order, around: Circumstances) -> Verdict:
    """Class an order (REV-01). What the customer must correct comes before what staff must decide, unless it smells of
    fraud: then nobody is told first what to change (RSK-03). What the customer has answered in words is for a person to
    read, whatever else is found (REV-03).
    """
    answers = order.answers
    if around.risk.is_fraud:
        return Verdict(Outcome.HELD, (*_hold_reasons(around), *answers))
    wrong = (*_delivery_reasons(order, around), *_address_reasons(order, around))
    if answers:
        suspicious = _hold_reasons(around) if around.risk.held else ()
        return Verdict(Outcome.HELD, (*answers, *wrong, *suspicious))
    if wrong:
        return Verdict(Outcome.ABNORMAL, wrong)
    if around.risk.held:
        return Verdict(Outcome.HELD, _hold_reasons(around))
    return Verdict(Outcome.NORMAL)


def _delivery_reasons(order: Order, around: Circumstances) -> tuple[Reason, ...]:
    """Whether the chosen way of delivery is permitted for these goods (REV-04)."""
    found = [Reason(Abnormal.DELIVERY_METHOD, order.channel)] if around.channel_excluded else []
    point = order.handover.point if order.handover else ""
    refusal = method_refusal(order.goods, order.delivery_method, point, around.rules)
    if refusal is Refusal.FRESH_BY_COURIER:
        found += [Reason(Abnormal.DELIVERY_METHOD, part.sku) for part in order.parts if part.fresh]
    elif refusal is not None:
        found.append(Reason(Abnormal.DELIVERY_METHOD, refusal))
    return tuple(found)


def _address_reasons(order: Order, around: Circumstances) -> tuple[Reason, ...]:
    """Whether a courier would find the address: complete for its country and not vague (REV-12)."""
    if order.ship_to is None or order.delivery_method == "pickup":
        return ()
    faults = list(around.address_faults)
    if "lines" not in faults and width("".join(order.ship_to.lines)) < around.least_address_width:
        faults.append("lines")
    return tuple(Reason(Abnormal.ADDRESS, name) for name in faults)


def is_vague(order: Order, around: Circumstances) -> bool:
    """Whether the delivery address leaves open where to go (REV-12)."""
    return bool(_address_reasons(order, around))


def _hold_reasons(around: Circumstances) -> tuple[Reason, ...]:
    """Everything suspicious, with its points (RSK-01, REV-07)."""
    return tuple(Reason(Hold(signal.code.value), str(signal.points)) for signal in around.risk.signals)


def width(text: str) -> int:
    """How much a text says, in Latin letters: letters and digits count one, ideographs two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text if character.isalnum())
