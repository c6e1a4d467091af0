"""Money paid in to a balance account as a test drives it, each command in its own unit of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.core.auth import Principal
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.ledger import service as ledger
from chalicelib.markets.domain import Contact
from chalicelib.orders import service as orders
from chalicelib.orders.service.reading import happenings
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, Payment, PaymentFact, TopUp, to_message
from chalicelib.payments.items import PAYMENT, TOP_UP

ANN = Principal("shopper", "0f1d2c3b-aaaa-4bbb-8ccc-123456789abc", "ann@example.com")
FIFTY = Money(5000, "CNY")


@dataclass
class Account:
    """A customer's balance account and what is paid in to it."""

    begin: Callable[..., UnitOfWork]
    clock: Any
    facts: int = 0

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)

    def top_up(self, amount: Money = FIFTY, market: str = "CN", **options: Any) -> TopUp:
        contact = Contact(ANN.email, "en")
        made: TopUp = self.do(lambda uow: payments.top_up(uow, ANN, amount, market, contact=contact, **options))
        return made

    def fact(self, made: TopUp, kind: FactKind = FactKind.CAPTURED, **changes: Any) -> PaymentFact:
        self.facts += 1
        given: dict[str, Any] = {
            "provider": "sandbox", "kind": kind, "order_id": made.id, "payment_id": made.payment_id,
            "reference": "cap-1", "amount": made.amount, "occurred_at": self.clock.now,
            "event_id": f"event-{self.facts}",
        }  # fmt: skip
        return PaymentFact(**{**given, **changes})

    def hear(self, *facts: PaymentFact) -> None:
        """The consumer of payment messages takes in what a provider reports, each in a message of its own."""
        for fact in facts:
            self.do(lambda uow, fact=fact: orders.settle(uow, to_message("sandbox", [fact]), 1))

    def paid(self, amount: Money = FIFTY) -> TopUp:
        made = self.top_up(amount)
        self.hear(self.fact(made))
        return self.now(made)

    def dispute(self, made: TopUp, kind: FactKind, **changes: Any) -> PaymentFact:
        return self.fact(made, kind, **{"reference": "dp-1", "capture": "cap-1", **changes})

    def give_back(self, made: TopUp, amount: Money, key: str = "staff-1", **options: Any) -> Payment:
        result: Payment = self.do(
            lambda uow: payments.return_top_up(uow, made.id, amount, key, note="asked for", **options)
        )
        return result

    def now(self, made: TopUp) -> TopUp:
        return self.begin().get(TOP_UP, made.id)

    def payment(self, made: TopUp) -> Payment:
        return self.begin().get(PAYMENT, made.id, made.payment_id)

    @property
    def balance(self) -> int:
        return ledger.balance(self.begin(), ANN.id, "CNY").minor

    def spend(self, minor: int) -> None:
        self.facts += 1
        self.do(lambda uow: ledger.debit_balance(uow, ANN.id, Money(minor, "CNY"), f"C000000000{self.facts}"))

    def books(self, made: TopUp) -> dict[str, int]:
        """The balances of a top-up's books, minor units; accounts that are even are left out."""
        trial = ledger.trial_balance_of(self.begin(), made.id)
        assert trial.difference == {}
        return {line.account.partition(":")[0]: line.balance.minor for line in trial.lines if line.balance.minor}

    def told(self, made: TopUp) -> list[str]:
        return [row.type for row in happenings(self.begin(), made.id)]
