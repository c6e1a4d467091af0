"""A store's endpoints: registered by the administrator, each with secrets of its own (RTE-03, RTE-04)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core import config, egress, secrets, signatures
from chalicelib.core.egress import NoAnswer, NotPublic
from chalicelib.core.errors import FieldError, Invalid, LimitExceeded, NotFound
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.partners import domain as d
from chalicelib.partners.domain import settings
from chalicelib.partners.items import CONNECTED, ENDPOINT, HEALTH

#: The field of a secret that the key is in.
KEY: Final = "key"
_NAME: Final = re.compile("[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Known:
    """An endpoint and how it answers."""

    endpoint: d.Endpoint
    health: d.Health | None


@dataclass(frozen=True, slots=True)
class Revealed:
    """The secret in use, for whoever sets up the receiver."""

    store: str
    endpoint: str
    secret: str
    former_until: datetime | None


def save(
    uow: UnitOfWork,
    store: str,
    name: str,
    *,
    url: str,
    events: Sequence[str],
    enabled: bool,
    version: int | None = None,
) -> Known:
    """Register an endpoint, or change one. To enable it again is to forget that it has failed.

    Args:
        version: the version that the caller knows, or None.

    Raises:
        NotFound: no such store.
        Invalid: a name that cannot be one, or an address that the shop does not send to.
        LimitExceeded: the store has as many endpoints as it may have.
        StaleVersion: it has been changed since.
    """
    if store not in {location.id for location in markets.locations()}:
        raise NotFound("store", store)
    if not _NAME.fullmatch(name):
        raise Invalid(FieldError("path.endpoint", "must be lower-case letters, digits and hyphens, 32 at most"))
    others = uow.part(ENDPOINT, store, prefix="ENDPOINT#")
    known = uow.find(ENDPOINT, store, name)
    if known is None or known.url != url:
        _check(uow, url)
    if known is None and len(others) >= uow.setting(settings.ENDPOINTS):
        raise LimitExceeded(f"A store may have {uow.setting(settings.ENDPOINTS)} endpoints.")
    wanted = tuple(one.value for one in d.MessageType if one in set(events))
    base = known or d.Endpoint(store=store, name=name, url=url, events=wanted, registered_at=uow.now)
    if known is not None:
        uow.expect(ENDPOINT, known, version)
    disabled = None if enabled else base.disabled or d.Disabled.BY_STAFF
    saved = replace(base, url=url, events=wanted, disabled=disabled)
    if known is None:
        secrets.make(saved.secret_name, {KEY: signatures.new_secret()})
    health = uow.find(HEALTH, store, name)
    if health is not None and enabled and base.disabled is not None:
        uow.remove(HEALTH, health)
        health = None
    connected = uow.find(CONNECTED) or d.Connected()
    if store not in connected.stores:
        uow.put(CONNECTED, connected.joined_by(store))
    uow.put(ENDPOINT, saved)
    return Known(saved, health)


def find(uow: UnitOfWork, store: str, name: str) -> Known:
    """One endpoint.

    Raises:
        NotFound: there is none.
    """
    uow.load(ENDPOINT.ref(store, name), HEALTH.ref(store, name))
    return Known(uow.get(ENDPOINT, store, name), uow.find(HEALTH, store, name))


def list_of(uow: UnitOfWork, store: str) -> list[Known]:
    """A store's endpoints: one query."""
    rows = uow.load_partition(ENDPOINT.key(store, "").pk)
    found = [uow.at(ENDPOINT, row.key) for row in rows if row.type == ENDPOINT.type]
    return [Known(one, uow.find(HEALTH, store, one.name)) for one in found if one is not None]


def reveal(uow: UnitOfWork, store: str, name: str) -> Revealed:
    """The secret that an endpoint's messages are signed with.

    Raises:
        NotFound: no such endpoint.
        MissingSecret: its secret is not there.
    """
    endpoint = uow.get(ENDPOINT, store, name)
    return Revealed(store, name, secrets.secret(endpoint.secret_name)[KEY], endpoint.former_until)


def rotate(uow: UnitOfWork, store: str, name: str, *, at_once: bool) -> Revealed:
    """Give an endpoint a new secret; the former one counts for a while beside it, unless it may have leaked.

    The new secret is made before the endpoint names it. A crash in between leaves one that nobody knows, and the next
    rotation takes it.

    Raises:
        NotFound: no such endpoint.
        RotationUnderWay: the secret before still counts.
    """
    endpoint = uow.get(ENDPOINT, store, name)
    overlap = timedelta() if at_once else timedelta(hours=uow.setting(settings.SECRETS_OVERLAP))
    rotated = endpoint.rotated(uow.now, overlap)
    secrets.make(rotated.secret_name, {KEY: signatures.new_secret()})
    if endpoint.secret > 1:
        secrets.destroy(endpoint.spent_secret_name)
    uow.put(ENDPOINT, rotated)
    return Revealed(store, name, secrets.secret(rotated.secret_name)[KEY], rotated.former_until)


def target_of(uow: UnitOfWork, url: str) -> egress.Target:
    """An address in parts.

    Raises:
        NotPublic: the shop does not send there.
    """
    return egress.read_url(url, loopback=config.is_local() and uow.setting(settings.LOOPBACK))


def keys_of(endpoint: d.Endpoint, now: datetime) -> list[str]:
    """The keys that count for an endpoint, the one in use first.

    Raises:
        MissingSecret: one is not there.
    """
    return [secrets.secret(name)[KEY] for name in endpoint.secrets_at(now)]


def _check(uow: UnitOfWork, url: str) -> None:
    """Say at once what is wrong with an address; at every message it is looked at again."""
    try:
        egress.resolve(target_of(uow, url))
    except NotPublic as error:
        raise Invalid(FieldError("/url", str(error))) from error
    except NoAnswer as error:
        raise Invalid(FieldError("/url", "must name a host in the public internet")) from error
