"""A completed, paid order, and the steps that bring goods of it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.core import events
from chalicelib.core.auth import Post, Principal
from chalicelib.core.events import Event
from chalicelib.core.money import Money
from chalicelib.core.table import rows_of
from chalicelib.core.triggers import REGISTRY
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.orders.domain import Order, OrderLine, Stage, State
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, Payment, PaymentFact
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service
from chalicelib.returns import triggers as _registered  # noqa: F401
from chalicelib.returns.domain import Condition, Disposition, InspectedLine, Reason, Return
from chalicelib.returns.items import RETURN

from .sample_orders import CUSTOMER, PLACED, an_order

Begin = Callable[..., UnitOfWork]
OWNER = Principal("shopper", CUSTOMER.customer)
AFTER_SALES = Principal("staff", "ada", posts=frozenset({Post.AFTER_SALES}))
FINANCE = Principal("staff", "fin", posts=frozenset({Post.FINANCE}))
STORE = Principal("staff", "sam", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))


def completed_order(
    begin: Begin, *, lines: tuple[OrderLine, ...] | None = None, captured: Money | None = None, **changes: Any
) -> Order:
    """An order that was paid, and completed at `PLACED` plus four days."""
    done = Stage(State.COMPLETED, PLACED + timedelta(days=4))
    changes = {"stages": (done,), "store": "RTM1", **changes}
    order = an_order(changes.pop("state", State.COMPLETED), lines=lines, **changes)
    uow = begin()
    uow.put(ORDER, order)
    capture = fact(order, FactKind.CAPTURED, "capture-1", captured or order.totals.total)
    payments.fold(uow, order.id, order.payment_id, order.totals.total, capture)
    uow.commit(None)
    return order


def fact(order: Order, kind: FactKind, reference: str, amount: Money, **more: Any) -> PaymentFact:
    return PaymentFact("sandbox", kind, order.id, order.payment_id, reference, amount, PLACED, f"e-{reference}", **more)


def provider_says(begin: Begin, order: Order, kind: FactKind, refund_id: str = "r1") -> Payment:
    """The provider reports on one of our refunds."""
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    refund = next(one for one in payment.refunds if one.id == refund_id)
    said = fact(order, kind, f"provider-{refund_id}", refund.amount, capture=refund.capture, refund_id=refund_id)
    uow = begin()
    return uow.commit(payments.fold(uow, order.id, order.payment_id, order.totals.total, said))


def ask(begin: Begin, order: Order, units: dict[str, int], reason: Reason = Reason.CHANGED_MIND) -> Return:
    wanted = [service.Wanted(line, count, reason) for line, count in units.items()]
    return do(begin, lambda uow: service.request(uow, order.id, OWNER, wanted))


def do(begin: Begin, command: Callable[[UnitOfWork], Any]) -> Any:
    return run(command, begin)


def send_back(
    begin: Begin, thing: Return, accepted: dict[str, int] | None = None,
    disposition: Disposition = Disposition.RESTOCK,
) -> Return:  # fmt: skip
    """Approve if need be, receive and inspect; what is announced and not accepted is rejected."""
    if thing.state.value == "REQUESTED":
        do(begin, lambda uow: service.approve(uow, thing.id, AFTER_SALES))
    do(begin, lambda uow: service.receive(uow, thing.id, STORE))
    units = thing.units if accepted is None else accepted
    condition = Condition.UNOPENED if disposition is Disposition.RESTOCK else Condition.DAMAGED
    found = [
        InspectedLine(line, units.get(line, 0), count - units.get(line, 0), condition, disposition)
        for line, count in thing.units.items()
    ]
    return do(begin, lambda uow: service.inspect(uow, thing.id, STORE, found))


def read(begin: Begin, thing: Return) -> Return:
    return begin().get(RETURN, thing.order_id, thing.id)


def happened(order_id: str, prefix: str = "") -> list[Event[Any]]:
    """The events in an order's partition, of types that begin with `prefix`."""
    found = [events.decode(told) for row in rows_of(f"ORDER#{order_id}", "EVENT#") for told in row.envelopes]
    return [event for event in found if event.type.startswith(prefix)]


def deliver(begin: Begin, order_id: str, consumers: Sequence[str], times: int = 1) -> None:
    """Hand every event of an order to these consumers, again and again if asked."""
    for _ in range(times):
        for event in happened(order_id):
            for name in consumers:
                if event.type in REGISTRY[name].on:
                    do(begin, lambda uow, name=name, event=event: REGISTRY[name].function(uow, event))
