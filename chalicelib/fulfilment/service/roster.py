"""Keeping the list of who brings a store's own deliveries (FUL-08)."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.auth import Principal
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain.roster import Roster, check_people
from chalicelib.fulfilment.items.roster import ROSTER

from .parcels import check_store


def roster_of(uow: UnitOfWork, store: str, principal: Principal) -> Roster:
    """A store's delivery people; nobody where it has named none.

    Raises:
        NotFound: no such store, or not the caller's.
    """
    check_store(store, principal)
    return known(uow, store)


def name_people(uow: UnitOfWork, store: str, people: Sequence[str], principal: Principal) -> Roster:
    """Say who delivers for a store. Whoever is left out keeps what they have been given.

    Raises:
        NotFound: no such store, or not the caller's.
        Invalid: a name twice.
    """
    check_store(store, principal)
    check_people(people)
    uow.find(ROSTER, store)
    return uow.put(ROSTER, Roster(store, tuple(people)))


def known(uow: UnitOfWork, store: str) -> Roster:
    """A store's delivery people, for whoever has been let in."""
    return uow.find(ROSTER, store) or Roster(store)
