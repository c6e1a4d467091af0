"""Sending one message: taken in one transaction, sent outside of any, recorded in another (RTE-04).

A crash in between leads to the same message under the same `webhook-id` once more; that is what the id is for. An
endpoint that fails costs the others nothing: each message is an invocation of its own with a time limit, and from a few
failures in a row on only one message at a time is tried, while all others wait in the table and not in a queue.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any, Final

import msgspec

from chalicelib.core import egress, observe
from chalicelib.core.egress import NoAnswer, NotPublic, Target
from chalicelib.core.signatures import sign_standard
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment import service as fulfilment
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order
from chalicelib.orders.items import ORDER
from chalicelib.partners import domain as d
from chalicelib.partners.domain import settings
from chalicelib.partners.domain.delivery import NOTE
from chalicelib.partners.items import DELIVERY, ENDPOINT, HEALTH, LANE

from .endpoints import keys_of, target_of
from .queueing import Begin, request

Post = Callable[..., egress.Reply]
#: Seconds that a receiver gets at most, whatever the setting says: the function must outlive it to write it down.
LONGEST_ANSWER: Final = 20


class _Counted(Enum):
    """What operators hear of: alarms hang on it."""

    FAILED = "a message is not tried any more"
    FAILING = "an endpoint has failed for a while"
    DISABLED = "an endpoint is disabled"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be sent to where.

    Args:
        target: None: the address is not one that the shop sends to (any more).
        within: seconds.
    """

    target: Target | None
    message: str
    body: bytes
    keys: list[str]
    within: float


def deliver(begin: Begin, wanted: d.WebhookRequested, post: Post = egress.post) -> None:
    """Send a message that was requested, unless it has been sent, requested anew or put off meanwhile.

    Args:
        begin: starts a unit of work.
        post: sends; the core's own, but for tests.

    Raises:
        MissingSecret, Unavailable: it cannot be signed, or the table does not answer: the request comes back.
    """
    job = run(partial(_take, wanted=wanted), begin)
    if job is None:
        return
    attempt, wish = _send(job, begin().now, post)
    for event in run(partial(_record, wanted=wanted, attempt=attempt, wish=wish), begin):
        _count(event)


def _count(event: _Counted) -> None:
    """Tell operators, once what happened is written down."""
    match event:
        case _Counted.FAILED:
            observe.count("WebhooksFailed")
        case _Counted.FAILING:
            observe.count("EndpointsFailing")
        case _Counted.DISABLED:
            observe.count("EndpointsDisabled")


def _take(uow: UnitOfWork, wanted: d.WebhookRequested) -> Job | None:
    """What is to be sent, if anything is: a message of a disabled endpoint fails, one of a paused endpoint waits."""
    store, name = wanted.store, wanted.endpoint
    uow.load(DELIVERY.ref(store, name, wanted.delivery_id), ENDPOINT.ref(store, name), HEALTH.ref(store, name))
    delivery = uow.find(DELIVERY, store, name, wanted.delivery_id)
    if delivery is None or not delivery.is_waiting or delivery.turn != wanted.turn:
        return None
    endpoint = uow.get(ENDPOINT, store, name)
    if endpoint.disabled is not None:
        _finish(uow, delivery.given_up(d.Failed.ENDPOINT_DISABLED))
        return None
    health = uow.find(HEALTH, store, name)
    if health is not None and health.is_paused(uow.setting(settings.BREAK_AFTER)):
        pause = timedelta(seconds=uow.setting(settings.PROBE_AFTER))
        if uow.now < health.probe_at:
            uow.put(DELIVERY, delivery.due(health.probe_at + delivery.spread(pause * 10)))
            return None
        uow.put(HEALTH, health.probing(uow.now, pause))
    return _job(uow, endpoint, delivery)


def _job(uow: UnitOfWork, endpoint: d.Endpoint, delivery: d.Delivery) -> Job:
    order = _share(uow, delivery) if delivery.type in d.WITH_ORDER else None
    try:
        target = target_of(uow, endpoint.url)
    except NotPublic:
        target = None
    brought = d.snapshot(order, fulfilment.due_at_hand_over(uow, order)) if order is not None else None
    body = d.payload(delivery.type, delivery.occurred_at, delivery.data, brought)
    within = min(uow.setting(settings.ANSWER_WITHIN), LONGEST_ANSWER)
    return Job(target, delivery.event_id, msgspec.json.encode(body), keys_of(endpoint, uow.now), within)


def _share(uow: UnitOfWork, delivery: d.Delivery) -> Order | None:
    """What of an order is the store's business now; None when it is another's, and its customer nobody's here."""
    order = uow.find(ORDER, delivery.order_id)
    if order is None or delivery.store not in order.serving:
        return None
    if not order.is_split:
        return order
    part = orders.dispatching.of_order(uow, order).get(delivery.store)
    return orders.dispatching.alone(order, part) if part is not None and part.is_open else None


def _send(job: Job, now: datetime, post: Post) -> tuple[d.Attempt, timedelta]:
    """One try, and how long the receiver would like to be left alone."""
    if job.target is None:
        return d.Attempt(now, 0, 0, "refused-address"), timedelta()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Caravan-Webhooks/1",
        **sign_standard(job.message, job.body, job.keys[0], now, also=job.keys[1:]),
    }
    started = time.monotonic()
    try:
        reply = post(job.target, job.body, headers, within=job.within)
    except NoAnswer as error:
        return d.Attempt(now, 0, _since(started), str(error)), timedelta()
    note = "".join(sign if sign.isprintable() else " " for sign in reply.text[:NOTE]).strip()
    return d.Attempt(now, reply.status, _since(started), note), d.wish_of(reply.retry_after)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _record(uow: UnitOfWork, wanted: d.WebhookRequested, attempt: d.Attempt, wish: timedelta) -> list[_Counted]:
    """Write down what came of a try; what operators are to hear of."""
    store, name = wanted.store, wanted.endpoint
    uow.load(DELIVERY.ref(store, name, wanted.delivery_id), ENDPOINT.ref(store, name), HEALTH.ref(store, name))
    delivery = uow.find(DELIVERY, store, name, wanted.delivery_id)
    if delivery is None or not delivery.is_waiting or delivery.turn != wanted.turn:
        return []  # the same request was delivered twice, and the other one has been written down
    waits = d.waits(uow.setting(settings.RETRY_AFTER))
    tried = delivery.tried(attempt, waits, wish)
    found = _note_health(uow, store, name, attempt)
    if tried.is_waiting:
        uow.put(DELIVERY, tried)
        return found
    _finish(uow, tried)
    return [*found, _Counted.FAILED] if tried.state is d.DeliveryState.FAILED else found


def _note_health(uow: UnitOfWork, store: str, name: str, attempt: d.Attempt) -> list[_Counted]:
    """Keep account of how an endpoint answers; one that is gone, or fails for too long, is disabled."""
    health = uow.find(HEALTH, store, name)
    if attempt.was_taken:
        if health is not None:
            uow.remove(HEALTH, health)
        return []
    health = health or d.Health(store=store, endpoint=name, failing_since=attempt.at, failures=0, probe_at=attempt.at)
    pause = timedelta(seconds=uow.setting(settings.PROBE_AFTER))
    health = health.failed(uow.now, uow.setting(settings.BREAK_AFTER), pause)
    lasts = uow.now - health.failing_since
    found: list[_Counted] = []
    if not health.told and lasts >= timedelta(minutes=uow.setting(settings.TELL_AFTER)):
        health, found = replace(health, told=True), [_Counted.FAILING]
    uow.put(HEALTH, health)
    if attempt.is_gone:
        return [*found, *_disable(uow, health, d.Disabled.GONE)]
    if lasts >= timedelta(hours=uow.setting(settings.DISABLE_AFTER)):
        return [*found, *_disable(uow, health, d.Disabled.FAILING)]
    return found


def _disable(uow: UnitOfWork, health: d.Health, why: d.Disabled) -> list[_Counted]:
    endpoint = uow.get(ENDPOINT, health.store, health.endpoint)
    if endpoint.disabled is not None:
        return []
    told = d.EndpointDisabled(
        store=endpoint.store, endpoint=endpoint.name, reason=why.value, since=health.failing_since
    )
    uow.put(ENDPOINT, replace(endpoint, disabled=why), told)
    return [_Counted.DISABLED]


def _finish(uow: UnitOfWork, ended: d.Delivery) -> None:
    """Let a message that has come to an end go, and request the next of its order."""
    uow.put(DELIVERY, ended)
    lane = uow.get(LANE, ended.store, ended.endpoint, ended.order_id).without(ended.id)
    while lane.pending:
        following = uow.find(DELIVERY, lane.store, lane.endpoint, lane.pending[0])
        if following is not None and following.is_waiting:
            request(uow, following)
            break
        lane = lane.without(lane.pending[0])
    uow.put(LANE, lane)


def send_late(uow: UnitOfWork, delivery: d.Delivery) -> Any:
    """A message's time has come: after a failure, a pause, or a request that got lost."""
    return request(uow, delivery)
