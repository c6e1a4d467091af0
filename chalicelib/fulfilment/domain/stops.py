"""Own deliveries of one recipient that are brought at one time: one stop of a round (ORD-27, FUL-11).

A stop is read from the deliveries and kept nowhere, so nothing has to follow when an order is cancelled, moved to
another time or given to somebody else. Each of its orders is handed over, or fails, by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from chalicelib.orders.domain import Order

from .consignment import CannotGoTogether
from .delivery import Delivery, Position
from .recipients import connected, place_of

#: How many orders one command brings together, or fails together: one transaction moves them all.
MOST_AT_A_STOP: Final = 8
_ANY_TIME: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Brought:
    """An order of own delivery and who brings it, if somebody has been chosen."""

    order: Order
    delivery: Delivery | None

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """From when and until when it can be handed over. A window may be early; what is late is due at once."""
        order, delivery = self.order, self.delivery
        if delivery is not None:
            begins, ends = delivery.due_from, delivery.due_until
        else:
            begins = order.handover.slot_from if order.handover else None
            ends = (order.handover.deliver_by(now) if order.handover else None) or now
        return begins or _ANY_TIME, max(order.deadlines.get("deliver_by", ends), now)


def stops(brought: Iterable[Brought], now: datetime) -> list[tuple[Brought, ...]]:
    """Everything by stop: one recipient at one address of one store's, and a time that suits all; the oldest first.

    What is paid at the door of one stop is of one currency, so that it has one total.
    """
    doors: dict[tuple[str, ...], list[Brought]] = {}
    for one in brought:
        order = one.order
        place = place_of(order) or f"order:{order.id}"
        doors.setdefault((place, order.store or "", order.currency), []).append(one)
    found = [stop for same in doors.values() for people in _by_recipient(same) for stop in _by_time(people, now)]
    return sorted(found, key=lambda stop: _age(stop[0]))


def check_one_stop(brought: Sequence[Brought], now: datetime) -> None:
    """Let orders through that one person brings in one go.

    Raises:
        CannotGoTogether: says why not.
    """
    check_number(brought)
    if len(stops(brought, now)) == 1:
        return
    if _is_one_door(brought):
        raise CannotGoTogether("No time suits them all: give one of them another appointment.", why="time")
    raise CannotGoTogether("Recipient, address, store or currency are not the same.", why="recipient")


def check_one_visit(brought: Sequence[Brought]) -> None:
    """Let orders through that one person stood at the door with, at whatever time.

    Raises:
        CannotGoTogether: says why not.
    """
    check_number(brought)
    if not _is_one_door(brought):
        raise CannotGoTogether("Recipient, address, store or currency are not the same.", why="recipient")
    if len({one.delivery.person if one.delivery else "" for one in brought}) > 1:
        raise CannotGoTogether("They were not brought by the same person.", why="person")


def check_number(brought: Sequence[object]) -> None:
    """Let so many orders through as one transaction surely holds.

    Raises:
        CannotGoTogether: one, or too many.
    """
    if not 1 < len(brought) <= MOST_AT_A_STOP:
        raise CannotGoTogether(f"Two to {MOST_AT_A_STOP} orders go together.", why="number")


def position_of_stop(deliveries: Sequence[Delivery], known: Position) -> Position:
    """Where a stop is: exactly, if that is known of any of its orders, else where its postal code says (`known`)."""
    return next((one.position for one in deliveries if one.position != known), known)


def _is_one_door(brought: Sequence[Brought]) -> bool:
    """Whether all are for one recipient at one address."""
    doors = {(place_of(one.order), one.order.store, one.order.currency) for one in brought}
    return len(doors) == 1 and "" not in {door[0] for door in doors} and len(_by_recipient(brought)) == 1


def _by_recipient(brought: Sequence[Brought]) -> list[list[Brought]]:
    by_id = {one.order.id: one for one in brought}
    return [[by_id[order.id] for order in group] for group in connected(one.order for one in brought)]


def _by_time(brought: Sequence[Brought], now: datetime) -> list[tuple[Brought, ...]]:
    """As few visits as will do: what is due first takes along whatever may be handed over by then."""
    left = sorted(brought, key=lambda one: (one.span(now)[1], *_age(one)))
    visits = []
    while left:
        by = left[0].span(now)[1]
        visit = [left[0], *(one for one in left[1:] if one.span(now)[0] < by)]
        left = [one for one in left if one not in visit]
        visits.append(tuple(sorted(visit, key=_age)))
    return visits


def _age(one: Brought) -> tuple[datetime, str]:
    return one.order.placed_at, one.order.id
