"""From an order's own log to the messages for its stores (RTE-04).

News come late, twice and in any order; the log does not. So news only say which order to look at: each lane remembers
how far it has read, and takes what is new from the log itself, in the order in which it happened, exactly once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

import msgspec

from chalicelib.core.events import Event
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.orders.items import ORDER
from chalicelib.partners import domain as d
from chalicelib.partners.domain import settings
from chalicelib.partners.items import CONNECTED, DELIVERY, ENDPOINT, LANE

Begin = Callable[[], UnitOfWork]

#: How many events one transaction makes messages of.
PORTION: Final = 40


def queue(begin: Begin, order_id: str) -> None:
    """Make messages of everything in an order's log that its stores' systems have not been told.

    Each endpoint is a transaction of its own: what one of them cannot take does not keep the others waiting. Where no
    store has a system, this is one read.
    """
    look = begin()
    connected = look.find(CONNECTED)
    if connected is None:
        return
    for store in d.stores_in(log_of(look, order_id)):
        if store not in connected.stores:
            continue
        for endpoint in look.part(ENDPOINT, store, prefix="ENDPOINT#"):
            while run(partial(_fill, store=store, name=endpoint.name, order_id=order_id), begin):
                continue


def log_of(uow: UnitOfWork, order_id: str) -> list[d.Told]:
    """What happened to the order itself, oldest first: one query."""
    key = ORDER.key(order_id)
    found = []
    for row in uow.load_partition(key.pk, "EVENT#"):
        for text in row.envelopes:
            one = msgspec.json.decode(text, type=Event[dict[str, Any]])
            if one.aggregate.type == ORDER.type:
                found.append(d.Told(one.id, one.type, one.sequence, one.occurred_at, one.data))
    return sorted(found, key=lambda told: told.sequence)


def _fill(uow: UnitOfWork, store: str, name: str, order_id: str) -> bool:
    """Take the next portion of the log into one lane; whether there is more."""
    uow.load(ENDPOINT.ref(store, name), LANE.ref(store, name, order_id))
    endpoint = uow.get(ENDPOINT, store, name)
    lane = uow.find(LANE, store, name, order_id) or d.Lane(store=store, endpoint=name, order_id=order_id)
    news = [one for one in d.messages_to(store, log_of(uow, order_id)) if one.sequence > lane.cursor]
    portion = news[:PORTION]
    if not portion:
        return False
    made = [_made(uow, endpoint, order_id, one) for one in portion if one.type in endpoint.events]
    waiting = tuple(one.id for one in made if one.is_waiting)
    was_idle = not lane.pending
    lane = lane.with_news(portion[-1].sequence, waiting)
    for one in made:
        if was_idle and one.is_waiting and one.id == lane.pending[0]:
            request(uow, one)
        else:
            uow.put(DELIVERY, one)
    uow.put(LANE, lane)
    return len(news) > len(portion)


def request(uow: UnitOfWork, delivery: d.Delivery) -> d.Delivery:
    """Have a message sent now, and once more after a while should the request get lost."""
    due = delivery.due(uow.now + timedelta(minutes=uow.setting(settings.ASK_AGAIN)))
    told = d.WebhookRequested(store=due.store, endpoint=due.endpoint, delivery_id=due.id, turn=due.turn)
    return uow.put(DELIVERY, due, told)


def _made(uow: UnitOfWork, endpoint: d.Endpoint, order_id: str, message: d.Message) -> d.Delivery:
    """The message as it is kept. For an endpoint that is disabled it has failed already, and can be replayed."""
    delivery = d.Delivery(
        store=endpoint.store,
        endpoint=endpoint.name,
        id=f"{order_id}-{message.sequence:06d}",
        order_id=order_id,
        sequence=message.sequence,
        event_id=message.event_id,
        type=message.type,
        occurred_at=message.occurred_at,
        data=message.data,
        created_at=uow.now,
        keep_until=uow.now + timedelta(days=uow.setting(settings.KEEP)),
    )
    if endpoint.disabled is None:
        return delivery
    return replace(delivery, state=d.DeliveryState.FAILED, failed_for=d.Failed.ENDPOINT_DISABLED)
