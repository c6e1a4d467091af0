"""The replay screen: what a store's system was told, how it answered, and telling it again (RTE-04)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from chalicelib.core.clock import stamp
from chalicelib.core.http import Id, Model, Moment, Page, Query, Request
from chalicelib.fulfilment import service as fulfilment
from chalicelib.partners import service
from chalicelib.partners.domain import Attempt, Delivery, DeliveryState, Failed, StillWaiting
from chalicelib.partners.items import DELIVERY, DeliveryCard, deliveries_of
from chalicelib.partners.service import EndpointIsDisabled

from .door import OPERATORS, routes

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 1, 1, tzinfo=UTC)


class DeliveryQuery(Query):
    """Which messages to show, the newest first."""

    state: Annotated[DeliveryState | None, Field(description="Only messages that stand so.")] = None
    since: Annotated[Moment | None, Field(description="Only messages made then or later.")] = None
    until: Annotated[Moment | None, Field(description="Only messages made before.")] = None


class DeliverySummary(Model):
    """A message in a list."""

    id: str
    order_id: str
    type: str
    state: DeliveryState
    created_at: datetime
    tries: int = Field(description="Since it was made or replayed.")
    last_status: int = Field(description="Of the last answer; 0: there was none.")
    failed_for: Failed | None

    @classmethod
    def of(cls, card: DeliveryCard) -> DeliverySummary:
        return cls(
            id=card.id, order_id=card.order_id, type=card.type, state=card.state, created_at=card.created_at,
            tries=card.tries, last_status=card.status, failed_for=card.failed_for,
        )  # fmt: skip


class AttemptView(Model):
    """One try."""

    at: datetime
    status: int = Field(description="0: no answer; `note` says why.")
    ms: int
    note: str = Field(description="The beginning of the answer.")

    @classmethod
    def of(cls, attempt: Attempt) -> AttemptView:
        return cls(at=attempt.at, status=attempt.status, ms=attempt.ms, note=attempt.note)


class DeliveryView(Model):
    """One message with its attempts. Names and addresses are added when it is sent, and not shown here."""

    id: str
    webhook_id: str
    order_id: str
    type: str
    occurred_at: datetime
    created_at: datetime
    state: DeliveryState
    failed_for: Failed | None
    next_try: datetime | None = Field(description="None: it has ended, or waits for an earlier message of its order.")
    tries: int
    replays: int
    attempts: list[AttemptView] = Field(description="The last ones, oldest first.")
    data: dict[str, object]

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        return cls(
            id=delivery.id, webhook_id=delivery.event_id, order_id=delivery.order_id, type=delivery.type,
            occurred_at=delivery.occurred_at, created_at=delivery.created_at, state=delivery.state,
            failed_for=delivery.failed_for, next_try=min(delivery.deadlines.values(), default=None),
            tries=delivery.tries, replays=delivery.replays, data=dict(delivery.data),
            attempts=[AttemptView.of(attempt) for attempt in delivery.attempts],
        )  # fmt: skip


class ReplayFailed(Model):
    """Since when failed messages are to be sent again."""

    since: Moment


class ReplayView(Model):
    """A replay that goes on in the background; the list of failed messages shows how far it is."""

    id: str
    since: datetime
    until: datetime


@routes.get("/staff/stores/{store}/endpoints/{endpoint}/deliveries", access=OPERATORS)
def list_deliveries(request: Request, store: Id, endpoint: Id, query: DeliveryQuery) -> Page[DeliverySummary]:
    """See the messages to a store's system by state and time, the newest first."""
    fulfilment.check_store(store, request.principal)
    service.find_endpoint(request.uow, store, endpoint)
    between = (stamp(query.since or _FIRST), stamp(query.until or _LAST)) if query.since or query.until else None
    found = request.page(
        DELIVERY, "gsi2" if query.state else "gsi1", deliveries_of(store, endpoint, query.state), limit=query.limit,
        cursor=query.cursor, newest_first=True, between=between,
    )  # fmt: skip
    return Page[DeliverySummary](items=[DeliverySummary.of(card) for card in found.items], next=found.next)


@routes.get("/staff/stores/{store}/endpoints/{endpoint}/deliveries/{delivery_id}", access=OPERATORS)
def get_delivery(request: Request, store: Id, endpoint: Id, delivery_id: Id) -> DeliveryView:
    """See one message and every attempt to send it."""
    fulfilment.check_store(store, request.principal)
    return DeliveryView.of(service.find(request.uow, store, endpoint, delivery_id))


@routes.post(
    "/staff/stores/{store}/endpoints/{endpoint}/deliveries/{delivery_id}/replay", access=OPERATORS, idempotent=True,
    errors=[StillWaiting, EndpointIsDisabled],
)  # fmt: skip
def replay_delivery(request: Request, store: Id, endpoint: Id, delivery_id: Id) -> DeliveryView:
    """Send one message again, under the same `webhook-id`."""
    fulfilment.check_store(store, request.principal)
    return DeliveryView.of(service.replay(request.uow, store, endpoint, delivery_id))


@routes.post(
    "/staff/stores/{store}/endpoints/{endpoint}/replays", access=OPERATORS, status=202, idempotent=True,
    errors=[EndpointIsDisabled],
)  # fmt: skip
def replay_failed_deliveries(request: Request, store: Id, endpoint: Id, body: ReplayFailed) -> ReplayView:
    """Send all messages again that have failed since a time."""
    fulfilment.check_store(store, request.principal)
    replay = service.replay_failed(request.uow, store, endpoint, body.since)
    return ReplayView(id=replay.id, since=replay.since, until=replay.until)
