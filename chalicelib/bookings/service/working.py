"""Work lists of the alliance: who works with which, taking up what waits for staff and giving it back (ORD-17)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from chalicelib.bookings.domain import State
from chalicelib.bookings.items import BOOKING, ESCALATION, ESCALATIONS_LIST, REFUNDS_LIST, merchant_list
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, Forbidden
from chalicelib.core.table import Kind
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.core.work import WorkList, give_back, take_up

from .reading import find_for_staff

#: Who sees to what merchants have left undone (AMB-20), and to prepayments that are owed back (ALY-09).
CARE: Final = (Post.PLANNING, Post.ORDER_DESK, Post.CUSTOMER_SERVICE)
REFUNDS: Final = (Post.FINANCE,)


def lists_of(principal: Principal) -> Iterator[WorkList]:
    """The lists of bookings that a caller works with: staff of the house the house's, a merchant's people its own."""
    if principal.works_for(""):
        if principal.holds(*CARE):
            yield WorkList("bookings:escalations", ESCALATION, ESCALATIONS_LIST)
        if principal.holds(*REFUNDS):
            yield WorkList("bookings:refunds", BOOKING, REFUNDS_LIST)
    elif principal.holds(Post.MERCHANT):
        for merchant in sorted(principal.scopes):
            yield WorkList(f"bookings:merchant:{merchant}", BOOKING, merchant_list(merchant), merchant)


def claim(uow: UnitOfWork, booking_id: str, principal: Principal) -> str:
    """Take up what waits for staff with a booking, so that no colleague does the same work; who has it (ORD-17).

    Raises:
        NotFound: no such booking.
        AlreadyClaimed: a colleague was faster; it names them.
        Conflict: nothing waits for staff.
        Forbidden: it waits for another group.
    """
    kind, thing = _waiting(uow, booking_id, principal)
    return str(take_up(uow, kind, thing, principal).claimed_by)


def unclaim(uow: UnitOfWork, booking_id: str, principal: Principal) -> str:
    """Give it back to its list; the administrator may do so for others. Who has it: nobody, "".

    Raises:
        NotFound, AlreadyClaimed, Conflict, Forbidden: as `claim`.
    """
    kind, thing = _waiting(uow, booking_id, principal)
    return str(give_back(uow, kind, thing, principal).claimed_by)


def claimed_by(uow: UnitOfWork, booking_id: str) -> str:
    """Who has taken up what waits for staff with a booking, or ""."""
    booking = find_for_staff(uow, booking_id)
    escalation = uow.find(ESCALATION, booking.id)
    return booking.claimed_by or (escalation.claimed_by if escalation else "")


def _waiting(uow: UnitOfWork, booking_id: str, principal: Principal) -> tuple[Kind[Any], Any]:
    """What waits for staff: a refund, else what the merchant has left undone. An overdue refund of which the merchant
    has said nothing is both: finance takes up its list's row, the others theirs."""
    booking = find_for_staff(uow, booking_id)
    is_owed = booking.state is State.REFUND_DUE
    is_owed |= booking.is_refund_overdue and principal.holds(*REFUNDS) and not principal.holds(*CARE)
    thing = booking if is_owed else uow.find(ESCALATION, booking.id)
    if thing is None:
        raise Conflict("Nothing waits for staff with this booking.")
    if not principal.holds(*(REFUNDS if is_owed else CARE)):
        raise Forbidden("It waits for another group.")
    return BOOKING if is_owed else ESCALATION, thing
