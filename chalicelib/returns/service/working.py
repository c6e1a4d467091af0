"""Desks' lists of returns: who works with which, taking a return up and giving it back (ORD-17, RTE-06)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, Forbidden
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.core.work import WorkList, give_back, take_up
from chalicelib.markets import service as markets
from chalicelib.returns.domain import Desk, Return
from chalicelib.returns.items import RETURN, work_list

from .common import for_staff

#: The posts that do the work of a desk. Management is the administrator, who holds every post.
POSTS: Final[Mapping[Desk, tuple[Post, ...]]] = {
    Desk.AFTER_SALES: (Post.AFTER_SALES,),
    Desk.RECEIVING: (Post.STORE, Post.AFTER_SALES),
    Desk.INSPECTION: (Post.STORE, Post.AFTER_SALES),
    Desk.FINANCE: (Post.FINANCE, Post.CASHIER),
    Desk.MANAGEMENT: (Post.ADMIN,),
}


def lists_of(principal: Principal) -> Iterator[WorkList]:
    """The lists of returns that a member of staff works with: of their desks, at every store they see (ROL-03)."""
    for desk, posts in POSTS.items():
        if not principal.holds(*posts):
            continue
        name = f"returns:{desk}"
        if desk.is_central:
            yield WorkList(name, RETURN, work_list(desk))
            continue
        for place in markets.locations():
            if principal.works_for(place.id):
                yield WorkList(f"{name}:{place.id}", RETURN, work_list(desk, place.id), place.id)


def claim(uow: UnitOfWork, return_id: str, principal: Principal) -> Return:
    """Take a return up, so that no colleague does the same work (ORD-17). Claiming one's own again changes nothing.

    Raises:
        NotFound: no such return, or another store's.
        AlreadyClaimed: a colleague was faster; it names them.
        Conflict: the return does not wait for staff.
        Forbidden: it waits for another desk.
    """
    thing = for_staff(uow, return_id, principal)
    if thing.desk is None:
        raise Conflict("The return does not wait for anybody here.")
    if not principal.holds(*POSTS[thing.desk]):
        raise Forbidden(f"The return waits for the desk {thing.desk}.")
    return take_up(uow, RETURN, thing, principal)


def unclaim(uow: UnitOfWork, return_id: str, principal: Principal) -> Return:
    """Give a return back to its desk's list; the administrator may do so for others.

    Raises:
        NotFound: no such return, or another store's.
        AlreadyClaimed: a colleague has it.
    """
    return give_back(uow, RETURN, for_staff(uow, return_id, principal), principal)
