"""The way of a provider's report: verified, queued, completed, folded into its payment or kept as unmatched money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.core import observe, queues
from chalicelib.core.errors import Conflict, Unavailable
from chalicelib.core.ids import digest
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.payments.domain import (
    GIVE_BACK,
    GIVE_BACK_AFTER,
    MATCH_ATTEMPTS,
    FactKind,
    Payment,
    PaymentFact,
    from_message,
    to_message,
)
from chalicelib.payments.items import PAYMENT, UNMATCHED
from chalicelib.payments.providers import provider

from .keeping import keep
from .topping_up import take_up

#: Where verified reports wait for the consumer that knows orders.
QUEUE: Final = "payment-messages"


class Misdirected(Conflict):
    """The report names another payment than the order's: it must not pay this order (A10)."""

    code, title = "payment-misdirected", "The money belongs to another payment"


class OrderNotVisible(Unavailable):
    """The order a report names cannot be seen; it may only be too early (A1)."""

    code, title = "order-not-visible", "The order cannot be seen yet"


def receive(provider_name: str, headers: Mapping[str, str], raw: bytes, now: datetime, trace: str = "") -> None:
    """Take a webhook: verify the raw bytes, queue what they report, done. No table is touched.

    Raises:
        NotFound: no such provider.
        Forged: the signature is not right, or not of this moment; nothing is queued.
        MissingSecret: there is nothing to verify with; nothing is queued.
        Invalid: verified, and yet not in the provider's format.
    """
    sender = provider(provider_name)
    sender.verify(headers, raw, now)
    facts = sender.facts(raw)
    if facts:
        queues.send(QUEUE, to_message(provider_name, facts), trace)


def read(message: Mapping[str, Any]) -> list[PaymentFact]:
    """The facts of a `payment-messages` message, each with its payment; what the message lacks, the provider tells.

    Raises:
        Unavailable: the provider had to be asked and does not answer.
    """
    facts: list[PaymentFact] = []
    for fact in from_message(message):
        is_whole = fact.is_bound and fact.reference
        facts += [fact] if is_whole else provider(fact.provider).complete(fact)
    return facts


def expect(uow: UnitOfWork, order_id: str, payment_id: str, due: Money) -> Payment:
    """Say beforehand that money is due for something that is no goods order; whoever does hears of it by event.

    Args:
        order_id: its number.
    """
    return uow.put(PAYMENT, Payment(payment_id, order_id, due, uow.now))


def fold(
    uow: UnitOfWork, order_id: str, payment_id: str, due: Money, fact: PaymentFact, *, wanted: bool = True
) -> Payment:
    """Take a fact into the payment of an order; its `is_paid` then says whether the order is paid (PAY-07, M6).

    Args:
        due: what the order costs; used when this is the first that is heard of the payment.
        wanted: False when the order has expired or was cancelled: whatever came or comes goes back (A14).

    Raises:
        Misdirected: the fact names another order or payment; `unknown` keeps its money apart.
    """
    if (fact.order_id, fact.payment_id) != (order_id, payment_id):
        raise Misdirected("The report names another payment.")
    before = uow.find(PAYMENT, order_id, payment_id)
    payment = before or Payment(payment_id, order_id, due, uow.now)
    if not wanted:
        payment = payment.close(uow.now, to_balance=False)
    return keep(uow, before, payment.fold(fact, uow.now))


def take_in(uow: UnitOfWork, fact: PaymentFact) -> Payment | None:
    """Take a fact into the payment of something that is no goods order, if one is expected under its number.

    A top-up is credited in the same transaction; bookings hear of their prepayment by event.

    Returns:
        The payment, or None when none is expected: `unknown` keeps its money apart.
    """
    before = uow.find(PAYMENT, fact.order_id, fact.payment_id)
    return keep(uow, before, take_up(uow, before.fold(fact, uow.now))) if before is not None else None


def close(
    uow: UnitOfWork, order_id: str, payment_id: str, *, customer: str = "", kind: str = "balance-credit"
) -> Payment | None:
    """The order wants no more money (it expired, was cancelled or missed): give back what was paid, once (ORD-15,
    AMB-04, ALY-09).

    Args:
        customer: whose balance account gets it; without one it goes back where it came from.
        kind: names the credit in the books.

    Returns:
        The payment, or None when nothing was ever heard of one: `fold(..., wanted=False)` handles what comes later.
    """
    before = uow.find(PAYMENT, order_id, payment_id)
    if before is None:
        return None
    after = before.close(uow.now, to_balance=bool(customer))
    moved = after.to_balance - before.to_balance
    if moved:
        ledger.credit_balance(uow, customer, Money(moved, after.due.currency), order_id, kind=kind)
    return keep(uow, before, after)


def change_due(uow: UnitOfWork, order_id: str, payment_id: str, due: Money, *, customer: str = "") -> Payment | None:
    """The order costs something else (AMB-24): give back what was paid too much; `outstanding` is what is missing.

    Args:
        customer: whose balance account gets it; without one it goes back where it came from.

    Returns:
        The payment, or None when nothing was ever heard of one.
    """
    before = uow.find(PAYMENT, order_id, payment_id)
    if before is None:
        return None
    after = before.change_due(due, uow.now, to_balance=bool(customer))
    moved = Money(after.corrected - before.corrected, due.currency)
    if not moved.is_zero:
        ledger.credit_balance(uow, customer, moved, order_id, kind=f"correction-{after.corrected}")
    return keep(uow, before, after)


def unknown(uow: UnitOfWork, fact: PaymentFact, attempt: int, why: str = "no such order") -> Payment | None:
    """Keep money that belongs to no order: for finance to see, and to go back by itself (PAY-09).

    Args:
        attempt: how often the message has been delivered; at first the order may only not be visible yet (A1).
        why: what does not match, for finance.

    Returns:
        The unmatched money, or None for reports that are not about money.

    Raises:
        OrderNotVisible: try again later.
    """
    if attempt < uow.setting(MATCH_ATTEMPTS):
        raise OrderNotVisible("The order of this payment cannot be seen yet.")
    unmatched_id = digest(f"{fact.provider}#{fact.money_reference}")[:32]
    before = uow.find(UNMATCHED, unmatched_id)
    if before is None and fact.kind is not FactKind.CAPTURED:
        observe.count("ForeignPaymentReports", provider=fact.provider)
        return None
    payment = before or Payment(
        unmatched_id, fact.order_id, Money.zero(fact.amount.currency), uow.now, unmatched=True,
        deadlines={GIVE_BACK: uow.now + timedelta(hours=uow.setting(GIVE_BACK_AFTER))},
    )  # fmt: skip
    return keep(uow, before, payment.fold(fact, uow.now), why)


def of_order(uow: UnitOfWork, order_id: str) -> list[Payment]:
    """The payments of an order: one query."""
    return uow.part(PAYMENT, order_id, prefix="PAYMENT#")
