"""Boxes of lockers: asked for before they are used, and released when nobody needs them, whatever happens (FUL-06).

The vendor is asked between two transactions. The first says what he will be asked for; the second puts the goods of
the order into the box. If the second never comes, because the order was cancelled meanwhile or the process died, the
first has left a deadline, and at that the box is released by the key under which it was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chalicelib.core.errors import VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment import domain as d
from chalicelib.fulfilment.domain import Pickup
from chalicelib.fulfilment.domain.locker_boxes import SETTLED_WITHIN, BoxGivenUp, BoxHeld, BoxState, LockerBox
from chalicelib.fulfilment.items import LOCKER_BOX
from chalicelib.fulfilment.providers import vendor
from chalicelib.fulfilment.providers.base import Box, BoxCall


def allocate(
    uow: UnitOfWork, order_id: str, place: tuple[str, str], call: Callable[[LockerBox], BoxCall]
) -> tuple[LockerBox, Box]:
    """A box for an order's goods; the caller's transaction makes it the order's.

    Args:
        place: vendor and locker.
        call: what the vendor is asked for, under the allocation's key.

    Raises:
        NoBoxFree: none that is large enough.
        Unavailable: the vendor does not answer.
        VersionConflict: another clerk was first.
    """
    asked = run(lambda own: _ask(own, order_id, place), lambda: UnitOfWork(uow.now, uow.actor, cause=uow.cause))
    box = uow.get(LOCKER_BOX, order_id)
    if box.state is not BoxState.ASKED or box.attempt != asked.attempt:
        raise VersionConflict("Another clerk was first.")
    given = vendor(box.vendor).allocate(call(box))
    return uow.put(LOCKER_BOX, box.to(BoxState.HELD), BoxHeld(order_id, box.attempt)), given


def _ask(uow: UnitOfWork, order_id: str, place: tuple[str, str]) -> LockerBox:
    """Write down what the vendor is about to be asked for, in a transaction of its own."""
    box = uow.find(LOCKER_BOX, order_id)
    if box is not None and box.state is BoxState.HELD:
        return box
    if box is None or box.state is not BoxState.ASKED:
        if box is not None and box.state is BoxState.GIVEN_UP:
            vendor(box.vendor).release(box.locker, box.key)
        attempt = box.attempt + 1 if box else 1
        box = LockerBox(order_id=order_id, vendor=place[0], locker=place[1], attempt=attempt, nonce=d.new_nonce())
    settle_by = uow.now + timedelta(minutes=uow.setting(SETTLED_WITHIN))
    return uow.put(LOCKER_BOX, replace(box, settle_by=settle_by))


def box_of(uow: UnitOfWork, pickup: Pickup) -> LockerBox | None:
    """The box that the goods of a pickup are in, or were in; None of goods at the desk."""
    if not pickup.reference:
        return None
    known = uow.find(LOCKER_BOX, pickup.order_id)
    return known or LockerBox(
        order_id=pickup.order_id, vendor=pickup.vendor, locker=pickup.locker, attempt=pickup.attempt,
        nonce=pickup.nonce, state=BoxState.HELD,
    )  # fmt: skip


def collected(uow: UnitOfWork, pickup: Pickup) -> None:
    """The customer has emptied the box."""
    box = box_of(uow, pickup)
    if box is not None and box.state is BoxState.HELD:
        uow.put(LOCKER_BOX, box.to(BoxState.COLLECTED))


def give_up(uow: UnitOfWork, pickup: Pickup) -> None:
    """The goods were handed over at the desk: the box they were in is somebody else's."""
    box = box_of(uow, pickup)
    if box is not None and box.state is BoxState.HELD:
        uow.put(LOCKER_BOX, box.to(BoxState.GIVEN_UP), BoxGivenUp(box.order_id, box.attempt))


def take_out(uow: UnitOfWork, pickup: Pickup) -> None:
    """The store opens the box of a failed hand-over and takes the goods out.

    The vendor is asked before the commit: asked again he does nothing, and only the store gets on from here.

    Raises:
        Unavailable: the vendor does not answer.
    """
    box = box_of(uow, pickup)
    if box is not None and box.state is BoxState.HELD:
        vendor(box.vendor).release(box.locker, box.key)
        uow.put(LOCKER_BOX, box.to(BoxState.RELEASED))


def abandon(uow: UnitOfWork, box: LockerBox) -> None:
    """A box was asked for and no goods came: the request was refused, or died on the way."""
    if box.state is BoxState.ASKED:
        uow.put(LOCKER_BOX, box.to(BoxState.GIVEN_UP), BoxGivenUp(box.order_id, box.attempt))


def settle(uow: UnitOfWork, order_id: str) -> None:
    """Tell the vendor what became of an allocation: it is wanted for good, or it is free. Told again, nothing changes.

    Raises:
        Unavailable: the vendor does not answer, or is not ready to hear it.
    """
    box = uow.get(LOCKER_BOX, order_id)
    if box.state is BoxState.HELD and not box.confirmed:
        vendor(box.vendor).confirm(box.locker, box.key)
        uow.put(LOCKER_BOX, replace(box, confirmed=True))
    elif box.state is BoxState.GIVEN_UP:
        vendor(box.vendor).release(box.locker, box.key)
        uow.put(LOCKER_BOX, box.to(BoxState.RELEASED))
