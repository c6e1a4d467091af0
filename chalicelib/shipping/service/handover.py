"""Hand-over without a courier: what is offered for a cart, and what was chosen of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from chalicelib.core.errors import RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Location, Market, pick_text
from chalicelib.shipping.domain.handover import (
    COURIER_TAKES_FRESH,
    LOCKER_PIECES,
    REFUSAL_TEXTS,
    RULE_OF,
    Goods,
    Handover,
    HandoverOption,
    MethodRules,
    Point,
    Refusal,
    method_refusal,
    store_options,
)
from chalicelib.shipping.handovers import LOCKERS, area_of, locker_of

from . import windows

_FULL: Final = Refusal.FULL.value


def stores_of(market: Market) -> tuple[Location, ...]:
    """The stores that customers of a market can visit."""
    return tuple(place for place in markets.locations() if place.kind == "store" and place.country in market.countries)


def method_rules(uow: UnitOfWork, market: str) -> MethodRules:
    """What a market allows where."""
    return MethodRules(uow.setting(LOCKER_PIECES, market), uow.setting(COURIER_TAKES_FRESH, market))


def refuse_courier(uow: UnitOfWork, market: str, goods: Goods, language: str, **instead: Any) -> None:
    """Let goods through that may travel by courier.

    Args:
        instead: told with the refusal: what is possible.

    Raises:
        RuleRefused: they may not.
    """
    why = method_refusal(goods, "courier", "", method_rules(uow, market))
    if why is not None:
        raise RuleRefused(pick_text(REFUSAL_TEXTS[why], language), rule=RULE_OF[why], reason=why.value, **instead)


def options(
    uow: UnitOfWork,
    market: Market,
    goods: Goods,
    language: str,
    *,
    stocked: Collection[str],
    address: tuple[str, str] | None,
    chosen: Handover | None = None,
) -> tuple[HandoverOption, ...]:
    """Every way to hand these goods over without a courier, the refused ones with their reason (REV-04).

    One round trip for what is taken already, none when `windows.counters` have been loaded.

    Args:
        stocked: the stores that have everything.
        address: country and postal code of the delivery address, if one is known.
        chosen: whether another time is full is not looked at as long as this one has a place left.
    """
    found: list[windows.Offered] = []
    lockers, rules = uow.setting(LOCKERS, market.code), method_rules(uow, market.code)
    for store in stores_of(market):
        offered = store_options(
            store.id, goods, has_stock=store.id in stocked, has_locker=locker_of(lockers, store.id) is not None,
            rules=rules, currency=market.currency,
        )  # fmt: skip
        ready = windows.leaves_by(uow, Handover(store=store.id, point=Point.DESK.value), market.code)
        found += [(option if why else replace(option, promised_by=ready), why) for option, why in offered]
    if address is not None:
        found += _deliveries(uow, market, address, stocked, chosen)
    return tuple(_told(option, why, language) for option, why in found)


def _deliveries(
    uow: UnitOfWork, market: Market, address: tuple[str, str], stocked: Collection[str], chosen: Handover | None
) -> list[windows.Offered]:
    area = area_of(*address)
    if area is None or area.country not in market.countries:
        return [(HandoverOption(delivery_method="own_delivery", store=""), Refusal.OUTSIDE_AREA)]
    if area.store not in stocked:
        return [(HandoverOption(delivery_method="own_delivery", store=area.store), Refusal.NOT_IN_STOCK)]
    return windows.without_full(uow, windows.times_of(uow, area, market.code), market.code, chosen)


def _told(option: HandoverOption, why: Refusal | None, language: str) -> HandoverOption:
    if why is None:
        return option
    return replace(option, refused=why.value, text=pick_text(REFUSAL_TEXTS[why], language))


def choose(offered: Collection[HandoverOption], choice: Handover, delivery_method: str) -> tuple[Handover, Money]:
    """The chosen hand-over, complete, with its price.

    Raises:
        RuleRefused: it is not offered for these goods, with the reason.
        SlotFull: others have taken the window or appointment; tells which ones are free.
    """
    option = chosen_of(offered, choice, delivery_method)
    if option is not None and option.price is not None:
        return replace(choice, slot_until=option.slot_until), option.price
    if option is not None and option.refused == Refusal.FULL:
        raise windows.full(offered)
    refused = option or next(
        (each for each in offered if each.delivery_method == delivery_method and each.refused not in ("", _FULL)), None
    )
    if refused is None:
        if delivery_method == "own_delivery":
            raise RuleRefused(
                "The store does not deliver at this time.",
                rule="FUL-07",
                reason="unknown",
                free=windows.times_left(offered),
            )
        raise RuleRefused("This way of hand-over is not offered.", rule="REV-04", reason="unknown")
    raise RuleRefused(refused.text, rule=RULE_OF[Refusal(refused.refused)], reason=refused.refused)


def check_point(uow: UnitOfWork, market: Market, chosen: Handover, goods: Goods, language: str) -> None:
    """Whether goods that a store has can be picked up at another of its points (REV-04).

    Raises:
        RuleRefused: they cannot, with the reason.
    """
    has_locker = locker_of(uow.setting(LOCKERS, market.code), chosen.store) is not None
    rules = method_rules(uow, market.code)
    points = store_options(
        chosen.store, goods, has_stock=True, has_locker=has_locker, rules=rules, currency=market.currency
    )
    choose([_told(option, why, language) for option, why in points], chosen, "pickup")


def chosen_of(offered: Collection[HandoverOption], choice: Handover, delivery_method: str) -> HandoverOption | None:
    """What was chosen, as it is offered; None when it is not."""
    return next((option for option in offered if option.is_for(choice, delivery_method)), None)
