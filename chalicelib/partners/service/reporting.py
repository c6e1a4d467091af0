"""What a store's own system reports: believed by its signature, done once, by the store's commands (RTE-03, RTE-04)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import DomainError, IdempotencyMismatch
from chalicelib.core.events import Actor
from chalicelib.core.ids import digest
from chalicelib.core.once import AlreadyDone, IdempotencyRecord
from chalicelib.core.signatures import Forged, check_standard
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment import service as fulfilment
from chalicelib.fulfilment.domain import Cause, Decision, DoorPayment
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Dispatch, Order, Refusal
from chalicelib.orders.domain.machine import Command, next_state
from chalicelib.partners import domain as d
from chalicelib.partners.items import ENDPOINT
from chalicelib.routing import service as routing
from chalicelib.shipping.domain.handover import Point
from chalicelib.shipping.domain.shipments import Box

from .endpoints import keys_of

#: The same message is known for so long; its signature is good for minutes.
REMEMBERED: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Report:
    """A status of an order, with what the store has to tell besides.

    Args:
        boxes: with `packed`. parcels: with `shipped`, and of a new delivery by courier. reason, note: with `refused`.
        point: with `ready`, if not where the customer chose.
        person: who brings it, with `sent_out` unless somebody was chosen before, and with a new delivery.
        due_from, due_until: with `sent_out`, an appointment agreed with the customer.
        code: that the customer showed, with `collected`.
        paid: at the door or the desk, with `delivered` and `collected`.
        cause, by_customer: with `handover_failed`.
        decision, deliver_by: with `resolved`.
        message: what the message is recognised by that it came with, its content included.
    """

    step: d.Step
    boxes: Sequence[Box] = ()
    parcels: Sequence[fulfilment.HandedOver] = ()
    reason: Refusal = Refusal.OTHER
    note: str = ""
    point: Point | None = None
    person: str = ""
    due_from: datetime | None = None
    due_until: datetime | None = None
    code: str = ""
    paid: DoorPayment | None = None
    cause: Cause = Cause.OTHER
    by_customer: bool | None = None
    decision: Decision = Decision.KEEP_AT_DESK
    deliver_by: datetime | None = None
    message: str = ""


def sender_of(uow: UnitOfWork, store: str, headers: Mapping[str, str], raw: bytes) -> d.Endpoint:
    """The endpoint of a store whose secret a message is signed with. One query; none for a message without a time.

    Raises:
        Forged: none of them, or not of this moment. A store that does not exist has none.
        MissingSecret: a secret is not there.
    """

    def keys(found: list[d.Endpoint]) -> Iterator[str]:
        for endpoint in uow.part(ENDPOINT, store, prefix="ENDPOINT#"):
            if endpoint.may_report():
                for key in keys_of(endpoint, uow.now):
                    found.append(endpoint)
                    yield key

    tried: list[d.Endpoint] = []
    check_standard(headers, raw, keys(tried), uow.now)
    for endpoint in dict.fromkeys(tried):
        if _is_signed(headers, raw, keys_of(endpoint, uow.now), uow.now):
            return endpoint
    raise Forged("The signature does not verify.")


def _is_signed(headers: Mapping[str, str], raw: bytes, keys: Sequence[str], now: datetime) -> bool:
    try:
        check_standard(headers, raw, keys, now)
    except Forged:
        return False
    return True


def take(
    begin: Callable[[Actor], UnitOfWork],
    sender: d.Endpoint,
    order_id: str,
    message_id: str,
    raw: bytes,
    report: Report,
) -> d.Reported:
    """Move an order on as its store's system says, once for each `webhook-id`; the same message gets the same answer.

    A report that is refused has changed nothing and is not remembered: it may come again when its time has come.

    Args:
        begin: starts a unit of work of an actor.
        sender: who signed it.

    Raises:
        NotFound: no such order, or another store's.
        NotAllowed: out of order; tells what is allowed.
        IdempotencyMismatch: the `webhook-id` was used for another message.
        Invalid, WaybillInUse, RuleRefused, SlotFull, NoBoxFree: as at the store's own desk.
    """
    actor = Actor("partner", f"{sender.store}/{sender.name}")
    record_id = digest(f"erp\n{sender.store}\n{sender.name}\n{message_id}")
    fingerprint = hashlib.sha256(order_id.encode() + b"\n" + raw).hexdigest()

    def known() -> d.Reported | None:
        record = begin(actor).recall(record_id)
        return _answer(record, fingerprint) if record else None

    def once(uow: UnitOfWork) -> d.Reported:
        done = _told(sender.store, _step(uow, sender, order_id, replace(report, message=record_id + fingerprint)))
        kept = msgspec.json.encode(done).decode()
        uow.remember(IdempotencyRecord(record_id, fingerprint, done.order_id, uow.now + REMEMBERED, answer=kept))
        return done

    if (before := known()) is not None:
        return before
    try:
        return run(once, partial(begin, actor))
    except AlreadyDone as done:
        return _answer(done.record, fingerprint)
    except DomainError:
        # Perhaps the same message came twice at once, and what stands in its way is its own first success.
        if (before := known()) is not None:
            return before
        raise


def _told(store: str, moved: Order | Dispatch) -> d.Reported:
    """What a store is answered: nothing of another one, and of an order that it has refused only that."""
    serving = moved.serving if isinstance(moved, Order) else (moved.store,)
    if store not in serving:
        return d.Reported(moved.id, d.Step.REFUSED.value, store, ())
    return d.Reported(moved.id, moved.state.value, store, tuple(sorted(moved.allowed)))


def _answer(record: IdempotencyRecord, fingerprint: str) -> d.Reported:
    if record.fingerprint != fingerprint:
        raise IdempotencyMismatch("This webhook-id was sent with another message before.")
    return msgspec.json.decode(record.answer, type=d.Reported)


def _step(uow: UnitOfWork, sender: d.Endpoint, order_id: str, report: Report) -> Order | Dispatch:
    """The store's own command, by the store's own rules; of an order from several places, with its part (RTE-07)."""
    clerk = Principal(
        "staff", f"erp:{sender.store}/{sender.name}", posts=frozenset({Post.STORE}), scopes=frozenset({sender.store})
    )
    return _STEPS[report.step](uow, order_id, clerk, report)


def _send_out(uow: UnitOfWork, order_id: str, clerk: Principal, report: Report) -> Order:
    """Somebody leaves with the goods: chosen in the store's system, or before at its desk (FUL-08)."""
    if report.person:
        order = orders.find_for_staff(uow, order_id, clerk)
        next_state(order.state, Command.SEND_OUT, order.delivery_method)
        fulfilment.assign(uow, order_id, clerk, report.person, due_from=report.due_from, due_until=report.due_until)
    return fulfilment.send_out(uow, order_id, clerk)


def _refuse(uow: UnitOfWork, order_id: str, clerk: Principal, report: Report) -> Order:
    """The store does not take the order on: another one is asked, or the order desk when there is none (RTE-01)."""
    order = orders.find_for_staff(uow, order_id, clerk)
    return routing.refuse(uow, order, clerk.store, report.reason, report.note)


def _resolve(uow: UnitOfWork, order_id: str, clerk: Principal, report: Report) -> Order | Dispatch:
    return fulfilment.resolve(
        uow, order_id, clerk, report.decision, person=report.person, deliver_by=report.deliver_by,
        parcel=next(iter(report.parcels), None),
    )  # fmt: skip


_STEPS: Final[Mapping[d.Step, Callable[[UnitOfWork, str, Principal, Report], Order | Dispatch]]] = {
    d.Step.ACCEPTED: lambda uow, order_id, clerk, _: fulfilment.accept(uow, order_id, clerk),
    d.Step.PICKING: lambda uow, order_id, clerk, _: fulfilment.pick(uow, order_id, clerk),
    d.Step.PACKED: lambda uow, order_id, clerk, told: fulfilment.pack(uow, order_id, told.boxes, clerk),
    d.Step.SHIPPED: lambda uow, order_id, clerk, told: fulfilment.ship(uow, order_id, told.parcels, clerk)[0],
    d.Step.READY: lambda uow, order_id, clerk, told: fulfilment.make_ready(uow, order_id, clerk, told.point),
    d.Step.COLLECTED: lambda uow, order_id, clerk, told: fulfilment.collect(
        uow, order_id, told.code, clerk, told.paid, told.message
    ),
    d.Step.SENT_OUT: _send_out,
    d.Step.DELIVERED: lambda uow, order_id, clerk, told: fulfilment.hand_over(uow, order_id, clerk, told.paid),
    d.Step.HANDOVER_FAILED: lambda uow, order_id, clerk, told: fulfilment.fail(
        uow, order_id, clerk, told.cause, by_customer=told.by_customer
    ),
    d.Step.TAKEN_OVER: lambda uow, order_id, clerk, _: fulfilment.take_over(uow, order_id, clerk),
    d.Step.RESOLVED: _resolve,
    d.Step.REFUSED: _refuse,
}
