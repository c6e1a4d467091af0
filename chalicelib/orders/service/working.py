"""Work lists: taking an order up, giving it back, and how much waits for whom (ORD-17, REV-06)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.core import table
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, Forbidden
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import Group
from chalicelib.orders.items import DESK_LIST, ORDER, group_list

from . import dispatching

#: The staff posts that make up a group. Management is the administrator, who holds every post.
POSTS: Final[Mapping[Group, tuple[Post, ...]]] = {
    Group.ORDER_DESK: (Post.ORDER_DESK,),
    Group.CUSTOMER_SERVICE: (Post.CUSTOMER_SERVICE,),
    Group.AFTER_SALES: (Post.AFTER_SALES,),
    Group.STORE: (Post.STORE, Post.CUSTOMER_SERVICE),
    Group.MANAGEMENT: (Post.ADMIN,),
}
#: So many pages of a list are counted at most.
_PAGES: Final = 10


class AlreadyClaimed(Conflict):
    """A colleague has taken the order up; `claimed_by` names them."""

    code, title = "already-claimed", "A colleague has taken this up"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many orders of one list are in one state, by mark.

    Args:
        complete: False when the list is longer than what is counted.
    """

    work_list: str
    state: d.State
    marks: Mapping[str, int]
    complete: bool


def claim(uow: UnitOfWork, order: d.Order, principal: Principal) -> d.Order:
    """Take an order up, so that no colleague does the same work (ORD-17). Claiming one's own again changes nothing.

    Raises:
        AlreadyClaimed: a colleague was faster; it names them.
        Conflict: the order does not wait for staff.
        Forbidden: it waits for another group.
    """
    if order.group not in POSTS:
        raise Conflict("The order does not wait for anybody here.", group=order.group.value)
    if not principal.holds(*POSTS[order.group]):
        raise Forbidden(f"The order waits for the group {order.group}.")
    if (place := _part(order, principal)) is not None:
        part = dispatching.part_of(uow, order, place)
        _check_free(part, principal)
        return replace(order, claimed_by=dispatching.claim(uow, order, place, principal.id).claimed_by)
    _check_free(order, principal)
    return order if order.claimed_by else uow.put(ORDER, replace(order, claimed_by=principal.id))


def unclaim(uow: UnitOfWork, order: d.Order, principal: Principal) -> d.Order:
    """Give an order back to its group's list; the administrator may do so for others.

    Raises:
        AlreadyClaimed: a colleague has it.
    """
    place = _part(order, principal)
    if not principal.holds(Post.ADMIN):
        _check_free(order if place is None else dispatching.part_of(uow, order, place), principal)
    if place is not None:
        dispatching.claim(uow, order, place, "")
        return order
    return uow.put(ORDER, replace(order, claimed_by="")) if order.claimed_by else order


def _part(order: d.Order, principal: Principal) -> str | None:
    """The place whose part is taken up, where several places work on an order; None: the order itself is."""
    return dispatching.place_of(order, principal) or None if order.group is Group.STORE else None


def _check_free(order: d.Order | d.Dispatch, principal: Principal) -> None:
    if order.claimed_by not in ("", principal.id):
        raise AlreadyClaimed("A colleague has taken this order up.", claimed_by=order.claimed_by)


def lists_of(principal: Principal) -> dict[str, str]:
    """The work lists of a member of staff, by name: those of the groups they belong to.

    These are the house's lists: who is bound to a store has that store's (ROL-03).
    """
    if not principal.works_for(""):
        return {}
    lists = {"order_desk": DESK_LIST}
    for group in (Group.CUSTOMER_SERVICE, Group.AFTER_SALES, Group.MANAGEMENT):
        lists[group.value] = group_list(group)
    return {name: pk for name, pk in lists.items() if principal.holds(*POSTS[Group(name)])}


def count_work(lists: Mapping[str, str]) -> list[Tally]:
    """What waits in these lists, counted from the lists themselves: one query for a hundred orders (ORD-17)."""
    return [tally for name, pk in lists.items() for tally in _count(name, pk)]


def _count(name: str, pk: str) -> Iterable[Tally]:
    counted: Counter[tuple[d.State, str]] = Counter()
    start: Mapping[str, str] | None = None
    for _ in range(_PAGES):
        page: table.Page[d.OrderCard] = table.page(ORDER, "gsi2", pk, limit=table.PAGE_LIMIT, start=start)
        counted.update((card.state, card.mark) for card in page.items)
        start = page.next
        if start is None:
            break
    for state in d.State:
        marks = {mark: counted[state, mark] for mark in ("unhandled", "handled", "overdue")}
        if any(marks.values()):
            yield Tally(name, state, marks, start is None)
