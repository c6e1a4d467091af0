"""Hand-over without a courier: what is offered for a cart, and the booking of appointments."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.core.errors import RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Location, Market, pick_text
from chalicelib.shipping.domain.handover import (
    COURIER_TAKES_FRESH,
    HOURS,
    LOCKER_PIECES,
    REFUSAL_TEXTS,
    RULE_OF,
    SLOT_CAPACITY,
    SLOT_DAYS,
    SLOT_LEAD,
    Goods,
    Handover,
    HandoverOption,
    MethodRules,
    Refusal,
    SlotFull,
    method_refusal,
    store_options,
)
from chalicelib.shipping.handovers import LOCKERS, area_of, locker_of
from chalicelib.shipping.items.slots import slot_ref


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
) -> tuple[HandoverOption, ...]:
    """Every way to hand these goods over without a courier, the refused ones with their reason (REV-04).

    Args:
        stocked: the stores that have everything.
        address: country and postal code of the delivery address, if one is known.
    """
    found = []
    lockers, rules = uow.setting(LOCKERS, market.code), method_rules(uow, market.code)
    for store in stores_of(market):
        offered = store_options(
            store.id, goods, has_stock=store.id in stocked, has_locker=locker_of(lockers, store.id) is not None,
            rules=rules, currency=market.currency,
        )  # fmt: skip
        found += [_told(option, why, language) for option, why in offered]
    if address is not None:
        found += [_told(option, why, language) for option, why in _deliveries(uow, market, address, stocked)]
    return tuple(found)


def _deliveries(
    uow: UnitOfWork, market: Market, address: tuple[str, str], stocked: Collection[str]
) -> Iterator[tuple[HandoverOption, Refusal | None]]:
    area = area_of(*address)
    if area is None or area.country not in market.countries:
        yield HandoverOption(delivery_method="own_delivery", store=""), Refusal.OUTSIDE_AREA
        return
    option = HandoverOption(delivery_method="own_delivery", store=area.store)
    if area.store not in stocked:
        yield option, Refusal.NOT_IN_STOCK
        return
    zone = markets.location(area.store).time_zone
    open_windows = area.windows(uow.now, zone)
    for hours in HOURS:
        why = None if hours in open_windows else Refusal.CLOSED
        yield replace(option, hours=hours, price=None if why else area.fees[hours]), why
    lead = timedelta(minutes=uow.setting(SLOT_LEAD, market.code))
    for start, end in area.slots(uow.now, zone, lead, uow.setting(SLOT_DAYS, market.code)):
        yield replace(option, slot_from=start, slot_until=end, price=area.fees[0]), None


def _told(option: HandoverOption, why: Refusal | None, language: str) -> HandoverOption:
    if why is None:
        return option
    return replace(option, refused=why.value, text=pick_text(REFUSAL_TEXTS[why], language))


def choose(offered: Collection[HandoverOption], choice: Handover, delivery_method: str) -> tuple[Handover, Money]:
    """The chosen hand-over, complete, with its price.

    Raises:
        RuleRefused: it is not offered for these goods, with the reason.
    """
    for option in offered:
        if option.is_for(choice, delivery_method) and option.price is not None:
            return replace(choice, slot_until=option.slot_until), option.price
    refused = next((option for option in offered if option.is_for(choice, delivery_method)), None) or next(
        (option for option in offered if option.delivery_method == delivery_method and option.refused), None
    )
    if refused is None:
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


def check_slot(uow: UnitOfWork, handover: Handover, market: str) -> None:
    """Whether an appointment still has room. One round trip, none when the counter has been loaded.

    Raises:
        SlotFull: it has none.
    """
    if handover.slot_from is not None:
        taken = -(uow.counter(slot_ref(handover.store, handover.slot_from)) or {}).get("left", 0)
        if taken >= uow.setting(SLOT_CAPACITY, market):
            raise _full(handover)


def book_slot(uow: UnitOfWork, handover: Handover, market: str) -> None:
    """Take one place of an appointment; a hand-over without one needs none (FUL-07).

    Raises:
        SlotFull: from the commit as well, when others were faster: a slot is never overbooked.
    """
    if handover.slot_from is None:
        return
    check_slot(uow, handover, market)
    ref = slot_ref(handover.store, handover.slot_from)
    if uow.counter(ref) is None:
        uow.count(ref, {"left": -1}, first=True)
    else:
        room = {"left": 1 - uow.setting(SLOT_CAPACITY, market)}
        uow.count(ref, {"left": -1}, at_least=room, otherwise=_full(handover))


def free_slot(uow: UnitOfWork, handover: Handover) -> None:
    """Give back the place of an appointment; whoever calls sees to it that it happens once."""
    if handover.slot_from is not None:
        uow.count(slot_ref(handover.store, handover.slot_from), {"left": 1})


def _full(handover: Handover) -> SlotFull:
    return SlotFull("This appointment is taken. Please choose another one.", store=handover.store)
