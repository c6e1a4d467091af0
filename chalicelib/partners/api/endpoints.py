"""A store's endpoints and their secrets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.http import Id, Model, Page, Request
from chalicelib.core.secrets import MissingSecret
from chalicelib.fulfilment import service as fulfilment
from chalicelib.partners import service
from chalicelib.partners.domain import Disabled, MessageType, RotationUnderWay
from chalicelib.partners.items import ENDPOINT
from chalicelib.partners.service import Known, Revealed

from .door import ADMIN, OPERATORS, routes


class SaveEndpoint(Model):
    """Where a store's system listens, and to what."""

    url: Annotated[
        str,
        StringConstraints(min_length=9, max_length=500),
        Field(description="HTTPS, a public host name.", examples=["https://erp.example.com/caravan"]),
    ]
    events: Annotated[list[MessageType], Field(min_length=1, max_length=len(MessageType), examples=[["order.routed"]])]
    enabled: Annotated[bool, Field(description="False: nothing is sent and no report is believed.")] = True


class HealthView(Model):
    """That an endpoint has not taken messages lately."""

    failing_since: datetime
    failures: int = Field(description="In a row.")
    next_try: datetime = Field(description="Before then nothing is sent, once it has failed several times in a row.")


class EndpointView(Model):
    """One endpoint of a store."""

    store: str
    name: str
    url: str
    events: list[str]
    enabled: bool
    disabled_for: Disabled | None
    registered_at: datetime
    former_secret_until: datetime | None
    health: HealthView | None = Field(description="None: it answers as it should.")

    @classmethod
    def of(cls, known: Known) -> EndpointView:
        endpoint, health = known.endpoint, known.health
        return cls(
            store=endpoint.store, name=endpoint.name, url=endpoint.url, events=list(endpoint.events),
            enabled=endpoint.disabled is None, disabled_for=endpoint.disabled, registered_at=endpoint.registered_at,
            former_secret_until=endpoint.former_until,
            health=HealthView(
                failing_since=health.failing_since, failures=health.failures, next_try=health.probe_at
            ) if health else None,
        )  # fmt: skip


class RotateSecret(Model):
    """How to change a secret."""

    at_once: Annotated[
        bool, Field(description="The former secret may have leaked: it counts no longer. Else both count for a while.")
    ] = False


class SecretView(Model):
    """The secret that messages are signed with, as Standard Webhooks writes it."""

    store: str
    endpoint: str
    secret: str
    former_secret_until: datetime | None

    @property
    def id(self) -> str:
        """What the answer to a repeated request is found by; the secret itself is not kept for that."""
        return f"{self.store}/{self.endpoint}"

    @classmethod
    def of(cls, revealed: Revealed) -> SecretView:
        return cls(
            store=revealed.store, endpoint=revealed.endpoint, secret=revealed.secret,
            former_secret_until=revealed.former_until,
        )  # fmt: skip


@routes.get("/staff/stores/{store}/endpoints", access=OPERATORS)
def list_endpoints(request: Request, store: Id) -> Page[EndpointView]:
    """See the systems that a store is connected to, and how they answer (RTE-04)."""
    fulfilment.check_store(store, request.principal)
    return Page[EndpointView](items=[EndpointView.of(known) for known in service.list_of(request.uow, store)])


@routes.get("/staff/stores/{store}/endpoints/{endpoint}", access=OPERATORS)
def get_endpoint(request: Request, store: Id, endpoint: Id) -> EndpointView:
    """See one endpoint."""
    fulfilment.check_store(store, request.principal)
    known = service.find_endpoint(request.uow, store, endpoint)
    request.set_etag(request.uow.version(ENDPOINT, known.endpoint))
    return EndpointView.of(known)


@routes.put("/staff/stores/{store}/endpoints/{endpoint}", access=ADMIN, errors=[LimitExceeded])
def save_endpoint(request: Request, store: Id, endpoint: Id, body: SaveEndpoint, if_match: int | None) -> EndpointView:
    """Connect a store's system, change its connection, or enable it again (RTE-03, RTE-04)."""
    known = service.save(
        request.uow, store, endpoint, url=body.url, events=body.events, enabled=body.enabled, version=if_match
    )
    request.set_etag(request.uow.version(ENDPOINT, known.endpoint))
    return EndpointView.of(known)


@routes.get("/staff/stores/{store}/endpoints/{endpoint}/secret", access=ADMIN, errors=[MissingSecret])
def get_endpoint_secret(request: Request, store: Id, endpoint: Id) -> SecretView:
    """See the secret in use, to set up the receiver."""
    return SecretView.of(service.reveal(request.uow, store, endpoint))


def _again(request: Request, rotated: str) -> SecretView:
    """The answer to a repeated request: the secret as it is now."""
    store, _, endpoint = rotated.partition("/")
    return SecretView.of(service.reveal(request.uow, store, endpoint))


@routes.post(
    "/staff/stores/{store}/endpoints/{endpoint}/secret", access=ADMIN, idempotent=_again,
    errors=[RotationUnderWay, MissingSecret],
)  # fmt: skip
def rotate_endpoint_secret(request: Request, store: Id, endpoint: Id, body: RotateSecret) -> SecretView:
    """Change the secret. Messages are signed with both for a while, and signatures of both are believed."""
    return SecretView.of(service.rotate(request.uow, store, endpoint, at_once=body.at_once))
