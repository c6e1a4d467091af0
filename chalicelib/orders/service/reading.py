"""Finding orders: whose they are, what happened to them, what waits for whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotAllowed, NotFound
from chalicelib.core.events import Actor, Event
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import Order, read_number
from chalicelib.orders.domain.machine import open_to_customer
from chalicelib.orders.domain.texts import RETURNS
from chalicelib.orders.items import ORDER

#: The events that a shopper sees: what happened to the order, its money, its parcels and its returns.
_FOR_SHOPPERS: Final = frozenset({
    "order.placed", "order.exchange_opened", "order.cash_agreed", "order.part_paid", "order.paid", "order.reviewed",
    "order.returned_to_customer", "order.resubmitted", "order.corrected", "order.routed", "order.accepted",
    "order.picking_started", "order.packed", "order.ready_for_pickup", "order.sent_out", "order.partly_shipped",
    "order.rest_cancelled", "order.shipped", "order.handover_failed", "order.taken_over", "order.taken_back",
    "dispatch.handover_failed", "dispatch.taken_over", "dispatch.shipped_again", "dispatch.ready_for_pickup",
    "dispatch.taken_back", "dispatch.completed", "order.completed", "order.cancelled", "order.appointment_changed",
    "payment.captured", "payment.failed", "refund.requested", "refund.succeeded", "invoice.issued",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of an order's timeline. `actor` and `data` are for staff."""

    at: datetime
    type: str
    actor: Actor
    data: dict[str, Any]

    @property
    def for_shoppers(self) -> bool:
        """Whether the shopper sees it."""
        return self.type in _FOR_SHOPPERS or self.type in RETURNS or self.type.startswith("shipment.")

    def is_for(self, principal: Principal) -> bool:
        """Whether a member of staff sees it: those bound to a store see nothing of what another one did (RTE-03)."""
        place = self.data.get("store")
        return not place or principal.works_for(place)


def find(uow: UnitOfWork, order_id: str, principal: Principal) -> Order:
    """A shopper's or guest's own order.

    Raises:
        MistypedNumber: the text cannot be an order number.
        NotFound: no such order, or not theirs: the two answers are the same.
    """
    number = read_number(order_id)
    order = uow.find(ORDER, number)
    if order is None or not principal.owns(order.owner):
        raise NotFound("order", number)
    return order


@contextmanager
def in_customers_words(uow: UnitOfWork, order_id: str) -> Iterator[None]:
    """What a customer's own command is refused with tells what the customer can do, not what staff can."""
    try:
        yield
    except NotAllowed as refused:
        if refused.members["what"] != "order":
            raise
        order = uow.get(ORDER, read_number(order_id))
        can = open_to_customer(order.state, order.allowed)
        raise NotAllowed("order", order.state, str(refused.members["command"]), can) from None


def find_for_staff(uow: UnitOfWork, order_id: str, principal: Principal) -> Order:
    """An order for staff; those bound to a store see what their store has a part in only (ROL-03).

    Raises:
        MistypedNumber: the text cannot be an order number.
        NotFound: no such order, or another store's.
    """
    number = read_number(order_id)
    order = uow.find(ORDER, number)
    if order is None or not any(map(principal.works_for, order.serving or ("",))):
        raise NotFound("order", number)
    return order


def timeline(uow: UnitOfWork, order: Order) -> list[Happening]:
    """Everything that happened to an order, its payment, parcels and returns, oldest first: one query (ORD-26)."""
    return happenings(uow, order.id)


def happenings(uow: UnitOfWork, number: str) -> list[Happening]:
    """Everything that happened under a number of this shop, oldest first: one query."""
    rows = uow.load_partition(ORDER.key(number).pk, "EVENT#")
    happenings = []
    for told in (told for row in rows for told in row.envelopes):
        envelope = msgspec.json.decode(told, type=Event[dict[str, Any]])
        order_of_telling = (envelope.occurred_at, envelope.sequence, envelope.id)
        happenings.append(
            (order_of_telling, Happening(envelope.occurred_at, envelope.type, envelope.actor, envelope.data))
        )
    return [happening for _, happening in sorted(happenings, key=lambda pair: pair[0])]
