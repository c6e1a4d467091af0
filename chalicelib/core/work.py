"""Lists of work: what waits for whom, in which colour, and who has taken it up (ORD-17, REV-06).

A room keeps what waits for people on lists (gsi2), whose cards say `state`, `mark` and `claimed_by`, and names in its
`service.working.lists_of` those that a member of staff works with. What is counted is counted from the lists
themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar, cast

from . import table
from .auth import Post, Principal
from .errors import Conflict
from .marks import MARKS, Mark
from .table import Kind
from .unit_of_work import UnitOfWork

#: So many pages of a list are counted at most.
_PAGES: Final = 10


class _Claimed(Protocol):
    @property
    def claimed_by(self) -> str: ...


T = TypeVar("T", bound=_Claimed)


class AlreadyClaimed(Conflict):
    """A colleague has taken it up; `claimed_by` names them."""

    code, title = "already-claimed", "A colleague has taken this up"


@dataclass(frozen=True, slots=True)
class WorkList:
    """A list that people work through.

    Args:
        name: stable; a group, or a desk and the place it is at.
        store: the location or merchant whose list it is, or "".
        kind: of what is on it; its card has `state` and `mark`.
        pk: its partition of gsi2.
    """

    name: str
    kind: Kind[Any]
    pk: str
    store: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How much of one list is in one state, by mark.

    Args:
        complete: False when the list is longer than what is counted.
    """

    work_list: str
    state: str
    marks: Mapping[str, int]
    complete: bool


def check_free(thing: _Claimed, principal: Principal) -> None:
    """Insist that no colleague has taken it up.

    Raises:
        AlreadyClaimed: one has; the error names them.
    """
    if thing.claimed_by not in ("", principal.id):
        raise AlreadyClaimed("A colleague has taken this up.", claimed_by=thing.claimed_by)


def take_up(uow: UnitOfWork, kind: Kind[T], thing: T, principal: Principal) -> T:
    """Take it up, so that no colleague does the same work; one's own again changes nothing.

    Raises:
        AlreadyClaimed: a colleague was faster.
    """
    check_free(thing, principal)
    return thing if thing.claimed_by else uow.put(kind, cast(T, replace(cast(Any, thing), claimed_by=principal.id)))


def give_back(uow: UnitOfWork, kind: Kind[T], thing: T, principal: Principal) -> T:
    """Give it back to its list; the administrator may do so for others.

    Raises:
        AlreadyClaimed: a colleague has it.
    """
    if not principal.holds(Post.ADMIN):
        check_free(thing, principal)
    return uow.put(kind, cast(T, replace(cast(Any, thing), claimed_by=""))) if thing.claimed_by else thing


def count(lists: Iterable[WorkList]) -> Iterator[Tally]:
    """What waits in these lists, by state: one query for a hundred things, a thousand of a list at most."""
    for each in lists:
        counted: Counter[tuple[str, Mark]] = Counter()
        start: Mapping[str, str] | None = None
        for _ in range(_PAGES):
            page: table.Page[Any] = table.page(each.kind, "gsi2", each.pk, limit=table.PAGE_LIMIT, start=start)
            counted.update((str(card.state), card.mark) for card in page.items)
            start = page.next
            if start is None:
                break
        for state in dict.fromkeys(state for state, _ in counted):
            yield Tally(each.name, state, {mark: counted[state, mark] for mark in MARKS}, start is None)


Lists = Callable[[Principal], Iterable[WorkList]]
_rooms: list[Callable[[], Iterable[Lists]]] = []


def found_by(rooms: Callable[[], Iterable[Lists]]) -> None:
    """Say how the rooms' lists are found: whoever composes the house knows them."""
    _rooms[:] = [rooms]


def lists_of(principal: Principal) -> Iterator[WorkList]:
    """Every list of the house that a member of staff works with."""
    for rooms in _rooms:
        for lists in rooms():
            yield from lists(principal)
