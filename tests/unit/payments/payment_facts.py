"""Facts for tests, in as few words as possible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.core.money import Money
from chalicelib.payments.domain import FactKind, Payment, PaymentFact, RefundState

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def payment(due: int = 10_000, **members: object) -> Payment:
    return Payment("p1", "N1", eur(due), NOW, **members)  # type: ignore[arg-type]


def fact(
    kind: FactKind,
    reference: str,
    minor: int = 10_000,
    *,
    at: int = 0,
    currency: str = "EUR",
    event: str = "",
    **members: str,
) -> PaymentFact:
    """A fact of the payment `p1` of order `N1`, `at` seconds after noon."""
    event = event or f"evt-{kind}-{reference}"
    moment = NOW + timedelta(seconds=at)
    return PaymentFact("stripe", kind, "N1", "p1", reference, Money(minor, currency), moment, event, **members)


def captured(
    reference: str, minor: int = 10_000, *, at: int = 0, currency: str = "EUR", event: str = ""
) -> PaymentFact:
    return fact(FactKind.CAPTURED, reference, minor, at=at, currency=currency, event=event)


def fold(start: Payment, *facts: PaymentFact) -> Payment:
    for one in facts:
        start = start.fold(one, NOW)
    return start


def normal_form(payment: Payment) -> object:
    """What must not depend on the order in which facts came: times and the numbering of refunds do not count."""
    given_back: dict[tuple[str, str], int] = {}
    for refund in payment.refunds:
        if refund.state is not RefundState.WITHDRAWN:
            key = (refund.capture, refund.state)
            given_back[key] = given_back.get(key, 0) + refund.amount.minor
    return (
        payment.state,
        payment.is_paid,
        payment.captures,
        tuple(sorted(given_back.items())),
        payment.disputes and tuple((d.reference, d.state, d.amount) for d in payment.disputes),
        payment.last,
        payment.refundable,
    )
