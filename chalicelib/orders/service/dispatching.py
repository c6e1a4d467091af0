"""Orders whose goods leave from several places: a dispatch each, and one order over them (RTE-07).

Every step is one transaction that insists on the order and on the other dispatches being as they were read: of two
steps at the same moment the second sees the first, so that the last one is the last, and a cancellation and a parcel
that leaves never both succeed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import observe
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, NotAllowed, NotFound, VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain import settings
from chalicelib.orders.domain.dispatch import WAITING_AGAIN
from chalicelib.orders.domain.exceptions import ESCALATE_BY, TO_MANAGEMENT
from chalicelib.orders.domain.machine import Command, State
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import DISPATCH, DISPATCHES, ORDER
from chalicelib.shipping.items.shipments import SHIPMENT
from chalicelib.shipping.service import shipments

from . import problems, progress


@dataclass(frozen=True, slots=True)
class Plan:
    """How a place sends its part.

    Args:
        channel: that its parcels travel by.
        dispatch_by: the end of the day on which they should leave (FUL-12).
    """

    channel: str
    dispatch_by: datetime


def of_order(uow: UnitOfWork, order: d.Order) -> dict[str, d.Dispatch]:
    """The dispatches of an order by place; none when it leaves from one place, or is not routed yet."""
    if not order.is_split or order.store is None:
        return {}
    uow.load(*(DISPATCH.ref(order.id, place) for place in order.locations))
    found = {place: uow.find(DISPATCH, order.id, place) for place in order.locations}
    return {place: part for place, part in found.items() if part is not None}


class WhichPlace(Conflict):
    """Whoever asks works for several places of the order; `places` names them."""

    code, title = "which-place", "The order leaves from several places"


def place_of(order: d.Order, principal: Principal, store: str = "") -> str:
    """Which place's part of an order a member of staff works on; "" is the whole order.

    Args:
        store: the place they name; needed when they work for several of the order's.

    Raises:
        NotFound: the place has no part in the order, or they do not work for it: the two are not told apart (RTE-03).
        WhichPlace: several would fit.
    """
    own = [place for place in order.serving if principal.works_for(place)]
    if store and store not in own:
        raise NotFound("order", order.id)
    if not order.is_split or order.store is None:
        return ""
    if not store and len(own) > 1:
        raise WhichPlace("The order leaves from several places. Name one.", places=own)
    return store or next(iter(own), "")


def part_of(uow: UnitOfWork, order: d.Order, place: str) -> d.Dispatch:
    """A place's part of an order.

    Raises:
        NotFound: it has none.
    """
    part = of_order(uow, order).get(place)
    if part is None:
        raise NotFound("order", order.id)
    return part


def alone(order: d.Order, part: d.Dispatch) -> d.Order:
    """A place's part as an order of its own, for papers and boxes; never kept."""
    goods = tuple(line for line in order.parts if line.location == part.store)
    return replace(
        order.keeping(goods), store=part.store, state=part.state, channel=part.channel, deadlines=part.deadlines
    )


def split(uow: UnitOfWork, order: d.Order, lead: str, plans: Mapping[str, Plan]) -> d.Order:
    """Give every place its part of an order; stock has been moved by the caller.

    Args:
        lead: the place that holds most: it answers for the order as a whole, and returns go there.
        plans: by place.

    Raises:
        NotAllowed: the order is not waiting for a store.
    """
    accept_by = uow.now + timedelta(hours=uow.setting(settings.ACCEPT_BY, market=order.market))
    uow.load(*(DISPATCH.ref(order.id, place) for place in plans))  # a place may have had it before
    for place, plan in sorted(plans.items()):
        due = {"accept_by": accept_by, "dispatch_by": plan.dispatch_by}
        uow.put(DISPATCH, d.Dispatch.of(order, place, plan.channel, uow.now, due))
    routed = replace(order, store=lead).move(Command.ROUTE, uow.now)
    first = min(plan.dispatch_by for plan in plans.values())
    told_order = d.OrderRouted(order_id=order.id, store=lead, dispatch_by=first, places=tuple(sorted(plans)))
    uow.put(ORDER, routed, told_order, *problems.ended(uow, order, routed))
    for place, plan in sorted(plans.items()):
        told = d.DispatchRouted(order_id=order.id, store=place, channel=plan.channel, dispatch_by=plan.dispatch_by)
        tell(uow, order.id, told)
    return routed


def take_from_stores(uow: UnitOfWork, order: d.Order, *, accepted: bool = False) -> None:
    """Take an order's parts off the lists of their places, because others will have them.

    Args:
        accepted: also those that a place has accepted or begun to pick; the order desk decides on that (REV-08).

    Raises:
        NotAllowed: a place is farther with its part.
    """
    movable = (State.ROUTED, State.ACCEPTED, State.PICKING) if accepted else (State.ROUTED,)
    for part in of_order(uow, order).values():
        if part.state not in movable:
            raise NotAllowed("dispatch", part.state, Command.ROUTE, part.allowed)
        _cancel(uow, part)


def advance(uow: UnitOfWork, order: d.Order, place: str, command: Command, **shipped: Any) -> d.Dispatch:
    """Do the next step with one place's part; the order follows when this decides its state.

    Args:
        shipped: of `SHIP`: `shipment_id`, `carrier`, `waybill`.

    Raises:
        NotFound: the place has no part in the order.
        NotAllowed: not in this state; lists what is allowed.
    """
    parts = of_order(uow, order)
    moved = part_of(uow, order, place).move(command, uow.now)
    if d.following(order.state, parts.values()) is not None:
        raise VersionConflict("Another place has moved the order since it was read.")
    follow = d.following(order.state, (parts | {place: moved}).values())
    if command is Command.SHIP:
        last = follow is Command.SHIP
        told: Any = d.DispatchShipped(order_id=order.id, store=place, last=last, **shipped)
    else:
        told = d.DispatchMoved(order_id=order.id, store=place, state=moved.state)
    uow.put(DISPATCH, moved)
    for other in parts.keys() - {place}:
        uow.require(DISPATCH, order.id, other)
    tell(uow, order.id, told)
    if command is Command.PACK:
        problems.all_found_at(uow, order, place)
    if follow is not None:
        progress.advance(uow, order.id, follow, store=place, **shipped)
    return moved


def close(uow: UnitOfWork, order: d.Order) -> None:
    """The order is cancelled: no place has to do with it any more."""
    for part in of_order(uow, order).values():
        if part.has_left:
            raise VersionConflict("A part of the order has left since the order was read.")
        _cancel(uow, part)


def lose_lines(uow: UnitOfWork, before: d.Order, rest: d.Order) -> d.Order:
    """Lines have been taken off a partly shipped order: the places that have nothing left to send are done with it.

    When with that everything has left, the order is shipped, and completed if all its parcels have arrived already.
    """
    parts = of_order(uow, before)
    for place, part in parts.items():
        if not part.is_open:
            uow.require(DISPATCH, before.id, place)
        elif place not in rest.locations:
            parts[place] = _cancel(uow, part)
        else:
            parts[place] = uow.put(DISPATCH, part.without(rest))
            if parts[place].lines != part.lines:
                tell(uow, before.id, d.DispatchChanged(order_id=before.id, store=place))
    if d.following(before.state, parts.values()) is not Command.SHIP:
        return rest
    gone = replace(rest, state=State.SHIPPED, stages=(*rest.stages, d.Stage(State.SHIPPED, to_second(uow.now))))
    uow.put(ORDER, gone)
    return conclude(uow, before.id, "tracking")


def conclude(uow: UnitOfWork, order_id: str, proof: str) -> d.Order:
    """End an order when all its parts have come to their ends: completed for what was handed over, or taken back.

    Lines that were taken back leave the order with what they cost, so that revenue and invoice are those of the rest;
    their returns have their money (`Dispatch.goods`). Nothing is read that this commit does not insist on.

    Args:
        proof: what has shown that the last part is where it belongs.
    """
    order = uow.get(ORDER, order_id)
    if order.state is not State.SHIPPED:
        return order
    parts, parcels = of_order(uow, order), shipments.under_way(uow, order_id)
    uow.require(ORDER, order_id)
    for place in parts:
        uow.require(DISPATCH, order_id, place)
    for parcel in parcels:  # the last of them may arrive at this moment
        uow.require(SHIPMENT, order_id, parcel.id)
    waits = any(part.state in WAITING_AGAIN for part in parts.values())
    if waits or not all(parcel.delivered for parcel in parcels):
        return order
    back = {place for place, part in parts.items() if part.state is State.TAKEN_BACK}
    handed_over = d.left_without(order.lines, back)
    if not handed_over:
        return progress.advance(uow, order_id, Command.END_TAKEN_BACK)
    if back:
        rest = order.keeping(handed_over)
        lead = max(rest.locations, key=lambda place: sum(rest.reserved_at(place).values()), default=order.store)
        uow.put(ORDER, rest if order.store in rest.locations else replace(rest, store=lead))
    return progress.advance(uow, order_id, Command.COMPLETE, proof=proof)


def taken_back(uow: UnitOfWork, order_id: str) -> list[d.Dispatch]:
    """The parts of an order that were taken back, with their lines; one query."""
    parts = uow.part(DISPATCH, order_id, prefix=DISPATCHES)
    return [part for part in parts if part.state is State.TAKEN_BACK]


def _cancel(uow: UnitOfWork, part: d.Dispatch) -> d.Dispatch:
    tell(uow, part.order_id, d.DispatchCancelled(order_id=part.order_id, store=part.store))
    return uow.put(DISPATCH, part.move(Command.CANCEL, uow.now))


def tell(uow: UnitOfWork, order_id: str, happened: Any) -> None:
    """Write what a place did into the order's own log: one sequence for all that happens to an order."""
    uow.put(ORDER, uow.get(ORDER, order_id), happened)


def miss_deadline(uow: UnitOfWork, part: d.Dispatch, deadline: str) -> d.Dispatch:
    """Mark a part whose place did not act in time, and tell the shop (REV-10)."""
    late = part.miss(deadline)
    market = uow.get(ORDER, part.order_id).market
    late = replace(late, deadlines={**late.deadlines, **problems.escalation(uow, market, deadline)})
    observe.count("OrdersOverdue", deadline=deadline)
    told = d.OrderDeadlineMissed(order_id=part.order_id, deadline=deadline, group=d.Group.STORE, store=part.store)
    return uow.put(DISPATCH, late, told)


def escalate(uow: UnitOfWork, part: d.Dispatch) -> d.Dispatch:
    """Nobody has accepted a part, or decided on it, for too long: it goes to management's list (AMB-20, FUL-19)."""
    observe.count("OrdersEscalated")
    missed = next((name for name in part.missed if name in TO_MANAGEMENT), "")
    told = d.OrderEscalated(order_id=part.order_id, deadline=missed, from_group=d.Group.STORE, store=part.store)
    return uow.put(DISPATCH, replace(part.miss(ESCALATE_BY), claimed_by=""), told)


def claim(uow: UnitOfWork, order: d.Order, place: str, by: str) -> d.Dispatch:
    """Take a place's part up, or with "" give it back to its list (ORD-17)."""
    part = part_of(uow, order, place)
    return uow.put(DISPATCH, replace(part, claimed_by=by)) if part.claimed_by != by else part
