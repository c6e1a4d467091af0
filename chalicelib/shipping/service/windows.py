"""Windows and appointments of own delivery: which there are, what is taken of them, and by when a store has packed.

Every place that an order takes is counted (FUL-07): appointments each, windows of 1, 2 and 3 hours by the clock hour in
which they end. The counters move by condition, so that of two orders for the last place one gets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.core.clock import stamp
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.shipping.domain.handover import (
    HOURS,
    PACK_PICKUP,
    PACK_WINDOW,
    SLOT_CAPACITY,
    SLOT_DAYS,
    SLOT_LEAD,
    WINDOW_CAPACITY,
    DeliveryArea,
    Handover,
    HandoverOption,
    Refusal,
    SlotFull,
)
from chalicelib.shipping.handovers import area_of, area_served_by
from chalicelib.shipping.items.slots import WINDOW, booked_ref, slot_ref, window_ref

#: A way of hand-over with what stands against it.
Offered = tuple[HandoverOption, Refusal | None]


def times_of(uow: UnitOfWork, area: DeliveryArea, market: str) -> list[Offered]:
    """Every window and appointment of a delivery area from now on, whether or not places are left."""
    zone = markets.location(area.store).time_zone
    option = HandoverOption(delivery_method="own_delivery", store=area.store)
    packing = timedelta(minutes=uow.setting(PACK_WINDOW, market))
    open_windows = area.windows(uow.now, zone, packing)
    found: list[Offered] = []
    for hours in HOURS:
        promised = _to_minute(uow.now + packing + timedelta(hours=hours))
        if hours in open_windows:
            found.append((replace(option, hours=hours, price=area.fees[hours], promised_by=promised), None))
        else:
            found.append((replace(option, hours=hours), Refusal.CLOSED))
    lead, days = timedelta(minutes=uow.setting(SLOT_LEAD, market)), uow.setting(SLOT_DAYS, market)
    for start, end in area.slots(uow.now, zone, lead, days):
        slot = replace(option, slot_from=start, slot_until=end, price=area.fees[0], promised_by=end)
        found.append((slot, None))
    return found


def counters(
    uow: UnitOfWork, address: tuple[str, str] | None, market: str, chosen: Handover | None = None
) -> list[Ref]:
    """What tells which times are taken where an address lies, to be loaded with whatever else is read.

    Args:
        address: country and postal code as they came in.
        chosen: only its counter.
    """
    area = area_of(address[0].strip().upper(), address[1].strip()) if address else None
    return [ref for _, ref in _open(times_of(uow, area, market), chosen)] if area else []


def without_full(
    uow: UnitOfWork, offered: Sequence[Offered], market: str, chosen: Handover | None = None, held: Ref | None = None
) -> list[Offered]:
    """The times of an area, those that are full refused. One round trip, none when `counters` have been loaded.

    Args:
        chosen: looked at first; only when it is full are the others, to say what is free.
        held: the counter that the order has its place from now, which is free for it; `chosen` may name it.
    """
    held = booked_ref(chosen) if chosen is not None and chosen.booked else held
    looked_at = _open(offered, chosen)
    uow.load(*(ref for _, ref in looked_at))
    full = [option for option, ref in looked_at if _is_full(uow, ref, market, held)]
    if full and chosen is not None:
        return without_full(uow, offered, market, held=held)
    refused = {id(option) for option in full}
    return [
        (replace(option, price=None, promised_by=None), Refusal.FULL) if id(option) in refused else (option, why)
        for option, why in offered
    ]


def full(offered: Iterable[HandoverOption]) -> SlotFull:
    """What a shopper hears whose time is taken: which ones are free."""
    return SlotFull("Others have taken this time. Please choose another one.", free=times_left(offered))


def times_left(offered: Iterable[HandoverOption]) -> list[dict[str, Any]]:
    """The windows and appointments that can be chosen, as they are chosen."""
    return [
        {"slot": stamp(option.slot_from)} if option.slot_from else {"hours": option.hours}
        for option in offered
        if option.price is not None and (option.hours or option.slot_from)
    ]


def book(uow: UnitOfWork, handover: Handover, market: str) -> Handover:
    """Take one place of a window or appointment for an order; a pickup needs none (FUL-07).

    When others take the last place meanwhile, the commit fails and the command is run again, which then says so.

    Returns:
        The hand-over with what it is promised by and where it is counted.

    Raises:
        SlotFull: no place is left; tells which times are free.
    """
    wanted, ref = _place(uow, handover, market)
    return _take(uow, wanted, ref, market) if ref is not None else wanted


def move(uow: UnitOfWork, before: Handover, after: Handover, market: str) -> Handover:
    """Take a place for an order that has one, which is given back; within one counter nothing moves (FUL-07).

    Returns, raises: as `book`.
    """
    wanted, ref = _place(uow, replace(after, booked=""), market)
    if ref is not None and ref == booked_ref(before):
        return replace(wanted, booked=ref.key.sk)
    free(uow, before)
    return _take(uow, wanted, ref, market) if ref is not None else wanted


def rebook(uow: UnitOfWork, before: Handover, start: datetime, end: datetime, market: str) -> Handover:
    """Staff have agreed with the customer on another appointment: its place is taken, the former given back (FUL-08).

    Args:
        start, end: any span; it counts for the appointment in which it begins.

    Raises:
        SlotFull: no place is left; tells which times are free.
    """
    return move(uow, before, Handover(store=before.store, slot_from=start, slot_until=end), market)


def recount(uow: UnitOfWork, handover: Handover, market: str) -> Handover:
    """Count a window in the hour in which it ends when its store begins with it now; appointments stay (FUL-07).

    An order that was paid late, or has been with its customer or the desk, is brought in another hour than it was
    placed for. It has been agreed to, so it is not refused; when the hour is full, nobody else is promised it.
    """
    before = booked_ref(handover)
    if before is None or not handover.hours:
        return handover
    promised = _to_minute(leaves_by(uow, handover, market) + timedelta(hours=handover.hours))
    ref = window_ref(handover.store, promised)
    if ref == before:
        return handover
    free(uow, handover)
    uow.count(ref, {"left": -1})
    return replace(handover, promised_by=promised, booked=ref.key.sk)


def free(uow: UnitOfWork, handover: Handover) -> None:
    """Give back the place of a window or appointment; whoever calls sees to it that it happens once."""
    if (ref := booked_ref(handover)) is not None:
        uow.count(ref, {"left": 1})


def leaves_by(uow: UnitOfWork, handover: Handover, market: str) -> datetime:
    """By when goods that a store is to hand over itself have left its stock (FUL-07, AMB-11).

    For an appointment when that begins, for a window when it should be packed, for a pickup when it should be ready.
    """
    if handover.slot_from is not None:
        return handover.slot_from
    return open_after(uow, handover.store, uow.setting(PACK_WINDOW if handover.hours else PACK_PICKUP, market))


def open_after(uow: UnitOfWork, store: str, minutes: int) -> datetime:
    """When a store has been open for so many minutes from now; a store without known hours always is."""
    area, work = area_served_by(store), timedelta(minutes=minutes)
    if area is None:
        return uow.now + work
    return area.done_by(uow.now, work, markets.location(store).time_zone)


def _place(uow: UnitOfWork, handover: Handover, market: str) -> tuple[Handover, Ref | None]:
    """What is promised of a hand-over that is chosen now, and the counter of its place; a pickup needs none."""
    if handover.slot_from is not None:
        return handover, _slot_ref(handover.store, handover.slot_from)
    if not handover.hours:
        return handover, None
    packing = timedelta(minutes=uow.setting(PACK_WINDOW, market))
    promised = _to_minute(uow.now + packing + timedelta(hours=handover.hours))
    return replace(handover, promised_by=promised), window_ref(handover.store, promised)


def _take(uow: UnitOfWork, handover: Handover, ref: Ref, market: str) -> Handover:
    if _is_full(uow, ref, market):
        area = area_served_by(handover.store)
        raise full(option for option, _ in without_full(uow, times_of(uow, area, market) if area else [], market))
    if uow.counter(ref) is None:
        uow.count(ref, {"left": -1}, first=True)
    else:
        uow.count(ref, {"left": -1}, at_least={"left": 1 - _capacity(uow, ref, market)})
    return replace(handover, booked=ref.key.sk)


def _open(offered: Iterable[Offered], chosen: Handover | None) -> list[tuple[HandoverOption, Ref]]:
    """What is open, or of it the chosen one, each with its counter."""
    return [
        (option, ref)
        for option, why in offered
        if why is None and (chosen is None or option.is_for(chosen, option.delivery_method))
        if (ref := _ref(option)) is not None
    ]


def _ref(option: HandoverOption) -> Ref | None:
    """The counter of an appointment, or of a window that can still be promised."""
    if option.slot_from is not None:
        return slot_ref(option.store, option.slot_from)
    return window_ref(option.store, option.promised_by) if option.promised_by is not None else None


def _slot_ref(store: str, begin: datetime) -> Ref:
    """The counter of the appointment in which a span begins; outside of opening hours, of its clock hour."""
    area, begin = area_served_by(store), begin.astimezone(UTC)
    start = area.slot_of(begin, markets.location(store).time_zone) if area else None
    return slot_ref(store, start or begin.replace(minute=0, second=0, microsecond=0))


def _is_full(uow: UnitOfWork, ref: Ref, market: str, held: Ref | None = None) -> bool:
    by_others = -(uow.counter(ref) or {}).get("left", 0) - (ref == held)
    return by_others >= _capacity(uow, ref, market)


def _capacity(uow: UnitOfWork, ref: Ref, market: str) -> int:
    return uow.setting(WINDOW_CAPACITY if ref.kind is WINDOW else SLOT_CAPACITY, market)


def _to_minute(moment: datetime) -> datetime:
    """Promises are made to the full minute, the next one."""
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1 if moment.second or moment.microsecond else 0)
