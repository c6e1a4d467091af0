"""Work lists: taking an order up, giving it back, and how much waits for whom (ORD-17, REV-06)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Forbidden, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.core.work import WorkList, check_free, give_back, take_up
from chalicelib.markets import service as markets
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import Group, State
from chalicelib.orders.items import DESK_LIST, ORDER, group_list, store_list

from . import dispatching

#: The staff posts that make up a group. Management is the administrator, who holds every post.
POSTS: Final[Mapping[Group, tuple[Post, ...]]] = {
    Group.ORDER_DESK: (Post.ORDER_DESK,),
    Group.CUSTOMER_SERVICE: (Post.CUSTOMER_SERVICE,),
    Group.AFTER_SALES: (Post.AFTER_SALES,),
    Group.STORE: (Post.STORE, Post.CUSTOMER_SERVICE),
    Group.MANAGEMENT: (Post.ADMIN,),
}
_GROUP_LISTS: Final = {
    Group.ORDER_DESK: DESK_LIST,
    **{group: group_list(group) for group in (Group.CUSTOMER_SERVICE, Group.AFTER_SALES, Group.MANAGEMENT)},
}


def claim(uow: UnitOfWork, order: d.Order, principal: Principal, store: str = "") -> d.Order:
    """Take an order up, so that no colleague does the same work (ORD-17). Claiming one's own again changes nothing.

    Args:
        store: whose part of a split order; needed when several would fit. Management's is the one that nobody accepted.

    Raises:
        AlreadyClaimed: a colleague was faster; it names them.
        NotAllowed: the order does not wait for staff.
        Forbidden: it waits for another group.
        NotFound: the store has no part in it, or they do not work for it.
        WhichPlace: several parts would fit.
    """
    if order.group in POSTS:
        check_group(order, principal)
    place = _part(uow, order, principal, store, lambda part: part.is_escalated)
    if place is None and order.group not in POSTS:
        raise NotAllowed("order", order.state, "claim", order.allowed)
    if order.group not in POSTS and not principal.holds(*POSTS[Group.STORE]):
        raise Forbidden("The part waits for its store.")
    if place is not None:
        part = dispatching.part_of(uow, order, place)
        check_free(part, principal)
        return replace(order, claimed_by=dispatching.claim(uow, order, place, principal.id).claimed_by)
    return take_up(uow, ORDER, order, principal)


def check_group(order: d.Order, principal: Principal) -> None:
    """Only who is of the group that an order waits for acts on it (REV-06, REV-10).

    Raises:
        Forbidden: it waits for another group.
    """
    if not principal.holds(*POSTS.get(order.group, ())):
        raise Forbidden(f"The order waits for the group {order.group}.")


def unclaim(uow: UnitOfWork, order: d.Order, principal: Principal, store: str = "") -> d.Order:
    """Give an order back to its group's list; the administrator may do so for others.

    Args:
        store: as for `claim`; else it is the part that they have taken up.

    Raises:
        AlreadyClaimed: a colleague has it.
        NotFound, WhichPlace: as for `claim`.
    """
    place = _part(uow, order, principal, store, lambda part: part.claimed_by == principal.id)
    if place is None:
        return give_back(uow, ORDER, order, principal)
    if not principal.holds(Post.ADMIN):
        check_free(dispatching.part_of(uow, order, place), principal)
    dispatching.claim(uow, order, place, "")
    return order


def _part(
    uow: UnitOfWork, order: d.Order, principal: Principal, store: str, is_meant: Callable[[d.Dispatch], bool]
) -> str | None:
    """The place whose part is taken up, where several places work on an order; None: the order itself is.

    Of an order that has left everywhere, it is a part that came back (FUL-19).

    Args:
        is_meant: of several that they may work on, which one they mean unless they name another.
    """
    has_left = order.is_split and order.state is State.SHIPPED and order.group not in POSTS
    if order.group is not Group.STORE and not has_left:
        return None
    own = [place for place in order.serving if principal.works_for(place)]
    parts = dispatching.of_order(uow, order) if has_left or len(own) > 1 else {}
    listed = [place for place in own if place in parts and parts[place].is_listed]
    if has_left and not listed:
        return None
    if not store:
        meant = [place for place in listed if is_meant(parts[place])] or (listed if has_left else [])
        store = meant[0] if len(meant) == 1 else ""
    place = dispatching.place_of(order, principal, store)
    return place if place and (not has_left or place in listed) else None


def lists_of(principal: Principal) -> Iterator[WorkList]:
    """The lists of orders that a member of staff works with: of their groups, and of the stores they see (ROL-03).

    The groups' lists are the house's: who is bound to a store has that store's.
    """
    if principal.works_for(""):
        for group, pk in _GROUP_LISTS.items():
            if principal.holds(*POSTS[group]):
                yield WorkList(group.value, ORDER, pk)
    if principal.holds(Post.ORDER_DESK, *POSTS[Group.STORE]):
        for place in markets.locations():
            if principal.works_for(place.id):
                yield WorkList(f"store:{place.id}", ORDER, store_list(place.id), place.id)
