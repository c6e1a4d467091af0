"""Replays: one message, or all that have failed since a time (RTE-04). The `webhook-id` stays what it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core import table
from chalicelib.core.clock import stamp
from chalicelib.core.errors import Conflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.partners import domain as d
from chalicelib.partners.domain import settings
from chalicelib.partners.items import DELIVERY, ENDPOINT, LANE, REPLAY, DeliveryCard, deliveries_of

from .queueing import request

#: How many messages one transaction sends again: each writes itself and its lane.
PORTION: Final = 20
#: Sorts after everything that was made in the same millisecond.
_LAST: Final = "~"


class EndpointIsDisabled(Conflict):
    """Nothing is sent to this endpoint; enable it first."""

    code, title = "endpoint-disabled", "The endpoint is disabled"


def find(uow: UnitOfWork, store: str, endpoint: str, delivery_id: str) -> d.Delivery:
    """One message with its attempts.

    Raises:
        NotFound: there is none, or no longer.
    """
    return uow.get(DELIVERY, store, endpoint, delivery_id)


def replay(uow: UnitOfWork, store: str, endpoint: str, delivery_id: str) -> d.Delivery:
    """Send one message again, whether it failed or was delivered.

    Raises:
        NotFound: there is none, or no longer.
        StillWaiting: it has not come to an end.
        EndpointIsDisabled: it would fail at once.
    """
    _check_enabled(uow, store, endpoint)
    return _again(uow, find(uow, store, endpoint, delivery_id))


def replay_failed(uow: UnitOfWork, store: str, endpoint: str, since: datetime) -> d.Replay:
    """Send everything again that was made since a time and has failed; done a portion at a time, in the background.

    Raises:
        NotFound: no such endpoint.
        EndpointIsDisabled: it would all fail at once.
    """
    _check_enabled(uow, store, endpoint)
    wanted = d.Replay(id=uow.new_id(), store=store, endpoint=endpoint, since=since, until=uow.now, reached=stamp(since))
    return uow.put(REPLAY, wanted, _told(wanted))


def go_on(uow: UnitOfWork, wanted: d.ReplayRequested) -> None:
    """The next portion of a replay; what somebody else has replayed meanwhile is left alone."""
    under_way = uow.find(REPLAY, wanted.store, wanted.endpoint, wanted.replay_id)
    if under_way is None or under_way.done or under_way.step != wanted.step:
        return
    page: table.Page[DeliveryCard] = table.page(
        DELIVERY, "gsi2", deliveries_of(wanted.store, wanted.endpoint, d.DeliveryState.FAILED), limit=PORTION,
        between=(under_way.reached, stamp(under_way.until) + _LAST),
    )  # fmt: skip
    endpoint = uow.get(ENDPOINT, wanted.store, wanted.endpoint)
    if endpoint.disabled is not None or not page.items:
        uow.put(REPLAY, replace(under_way, done=True, step=under_way.step + 1))
        return
    uow.load(*(DELIVERY.ref(wanted.store, wanted.endpoint, card.id) for card in page.items))
    count = 0
    for card in page.items:
        delivery = uow.find(DELIVERY, wanted.store, wanted.endpoint, card.id)
        if delivery is not None and delivery.state is d.DeliveryState.FAILED:
            _again(uow, delivery)
            count += 1
    last = page.items[-1]
    moved = replace(
        under_way, reached=f"{stamp(last.created_at)}#{last.id}{_LAST}", step=under_way.step + 1,
        count=under_way.count + count, done=page.next is None,
    )  # fmt: skip
    uow.put(REPLAY, moved, *(() if moved.done else (_told(moved),)))


def _told(replay: d.Replay) -> d.ReplayRequested:
    return d.ReplayRequested(store=replay.store, endpoint=replay.endpoint, replay_id=replay.id, step=replay.step)


def _check_enabled(uow: UnitOfWork, store: str, endpoint: str) -> None:
    if uow.get(ENDPOINT, store, endpoint).disabled is not None:
        raise EndpointIsDisabled("Enable the endpoint first.")


def _again(uow: UnitOfWork, delivery: d.Delivery) -> d.Delivery:
    """Put a message back into its lane: at once when nothing of its order is under way, else in its place."""
    again = delivery.replayed(uow.now + timedelta(days=uow.setting(settings.KEEP)))
    lane = uow.get(LANE, delivery.store, delivery.endpoint, delivery.order_id).with_replay(delivery.id)
    uow.put(LANE, lane)
    return request(uow, again) if lane.pending[0] == again.id else uow.put(DELIVERY, again)
