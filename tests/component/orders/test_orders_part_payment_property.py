"""Whatever the order of payments, reports and failures: what came in is what is due and what went back (ORD-12, M3).

Each example is a customer of its own with 50.00 in the balance account and an order over 69.00 or so, to which cards,
balance, duplicates, wrong amounts, failures, a cancellation and refunds happen in any order. In the end everything
that was reported is reported again, and every refund is carried out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.auth import Principal
from chalicelib.core.errors import DomainError
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import balance_of
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, Payment, PaymentFact, RefundReason, RefundRequested, RefundState
from tests.component.orders.conftest import Shop
from tests.support.table import fresh_table

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
IN_BALANCE = 50_00
#: References and the most that each is reported with: a reference may be told several times, and with less.
amounts = st.sampled_from([100, 1000, 1900, 2000, 3000, 4450, 6950, 9000])
steps = st.one_of(
    st.tuples(st.just("balance"), st.none() | amounts),
    st.tuples(st.just("capture"), st.sampled_from(["one", "two", "three"]), amounts),
    st.tuples(st.just("rest"), st.booleans()),
    st.tuples(st.just("fail"), st.sampled_from(["four", "five"])),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("expire")),
    st.tuples(st.just("refund"), st.sampled_from([500, 2000, 4450, 6950])),
    st.tuples(st.just("carry out"), st.booleans()),
)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with fresh_table():
        seconds = count()
        shop = Shop(
            lambda: UnitOfWork(NOW + timedelta(seconds=next(seconds) % 600), cause="test"),
            lambda: NOW + timedelta(seconds=next(seconds) % 600), stock={"POT": 10**6, "CUP": 10**6},
        )  # fmt: skip
        shop.open()
        yield shop


class Life:
    """One order and everything that happens to it."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.who = shop, Principal("shopper", str(uuid4()))
        shop.do(
            lambda uow: ledger.credit_balance(
                uow, self.who.id, Money(IN_BALANCE, "EUR"), f"G{self.who.id[:8]}", kind="gift"
            )
        )
        self.order: Order = shop.placed(self.who)
        self.told: list[PaymentFact] = []
        self.refunds = 0

    def step(self, name: str, *given: Any) -> None:
        """Do something; what the shop refuses changes nothing."""
        try:
            getattr(self, name.replace(" ", "_"))(*given)
        except DomainError as refused:
            if refused.status >= 500:
                raise

    def balance(self, minor: int | None) -> None:
        amount = Money(minor, "EUR") if minor else None
        self.shop.do(lambda uow: orders.pay_from_balance(uow, self.order.id, self.who, amount))

    def capture(self, reference: str, minor: int) -> None:
        self.tell(self.shop.fact(self.order, amount=Money(minor, "EUR"), reference=reference))

    def rest(self, from_balance: bool) -> None:
        """All that is left is paid, from the balance account if that holds enough."""
        left = orders.payment_of(self.shop.begin(), self.present).outstanding
        if from_balance:
            self.balance(left.minor)
        elif left.minor > 0:
            self.tell(self.shop.fact(self.order, amount=left, reference="rest"))

    def fail(self, reference: str) -> None:
        self.tell(self.shop.fact(self.order, FactKind.FAILED, reference=reference, code="card_declined"))

    def tell(self, fact: PaymentFact) -> None:
        self.told.append(fact)
        self.shop.report(fact)

    def cancel(self) -> None:
        self.shop.do(lambda uow: orders.cancel(uow, self.order.id, self.who, CancelReason.CHANGED_MIND))

    def expire(self) -> None:
        self.shop.do(lambda uow: orders.expire(uow, uow.get(ORDER, self.order.id)))

    def refund(self, minor: int) -> None:
        """Finance gives something back of an order that is paid."""
        if self.present.state is State.UNDER_REVIEW:
            self.refunds += 1
            key = f"staff-{self.refunds}"
            self.shop.do(
                lambda uow: payments.refund_by_staff(
                    uow, self.order.id, Money(minor, "EUR"), RefundReason.GOODWILL, key, note="sorry"
                )
            )

    def carry_out(self, succeeds: bool) -> None:
        for refund in self.payment.refunds if self.payment else ():
            if refund.state is not RefundState.WANTED:
                continue
            if refund.provider == "balance":
                wanted = RefundRequested(
                    self.order.id, self.order.payment_id, refund.id, refund.amount, refund.reason.value, "balance"
                )
                self.shop.do(lambda uow, wanted=wanted: payments.execute_refund(uow, wanted))
            else:
                kind = FactKind.REFUNDED if succeeds else FactKind.REFUND_FAILED
                self.tell(self.shop.fact(
                    self.order, kind, refund.amount, reference=f"back-{refund.id}", capture=refund.capture,
                    refund_id=refund.id,
                ))  # fmt: skip

    @property
    def present(self) -> Order:
        return self.shop.order(self.order)

    @property
    def payment(self) -> Payment | None:
        return self.shop.payment(self.order)


def check(life: Life) -> None:
    """What came in is what is due and what went back, in the payment, in the books and on the balance account."""
    order, payment = life.present, life.payment
    books = ledger.trial_balance_of(life.shop.begin(), order.id)
    assert books.difference == {}
    captured = payment.captured.minor if payment else 0
    refunds, by_hand = payment.refunds if payment else (), RefundReason.GOODWILL
    counted = [refund for refund in refunds if refund.counts]
    back = sum(refund.amount.minor for refund in counted) + (payment.to_balance if payment else 0)
    failed = sum(refund.amount.minor for refund in refunds if refund.state is RefundState.FAILED)
    failed_by_hand = sum(r.amount.minor for r in refunds if r.state is RefundState.FAILED and r.reason is by_hand)
    if order.state is State.CANCELLED:
        assert 0 <= captured - back <= failed, "of a cancelled order stays what could not be given back, and no more"
    elif order.state is State.UNDER_REVIEW:
        kept = captured - back + sum(refund.amount.minor for refund in counted if refund.reason is by_hand)
        assert 0 <= kept - order.totals.total.minor <= failed - failed_by_hand, "too much stays only if nobody took it"
    else:
        assert captured < order.totals.total.minor and back == failed == 0
    assert back <= captured
    at_provider = {name: books.balance(f"receivable:{name}", "EUR").minor for name in ("sandbox", "balance")}
    done = {name: sum(r.amount.minor for r in counted if r.provider == name) for name in at_provider}
    taken = {
        name: sum(c.amount.minor for c in payment.captures if c.provider == name) if payment else 0
        for name in at_provider
    }
    assert at_provider["sandbox"] == taken["sandbox"] - done["sandbox"]
    assert at_provider["balance"] == 0, "what was taken from balances is settled with them"
    mine = IN_BALANCE - taken["balance"] + done["balance"] + (payment.to_balance if payment else 0)
    assert ledger.balance(life.shop.begin(), life.who.id, "EUR").minor == mine >= 0
    assert -books.balance(balance_of(life.who.id), "EUR").minor == mine - IN_BALANCE
    paid = [name for name in life.shop.events(order) if name == "order.paid"]
    assert len(paid) <= 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=9), st.randoms(use_true_random=False))
def test_what_came_in_is_what_is_due_and_what_went_back_ord_12(
    shop: Shop, happens: list[tuple[Any, ...]], random: Any
) -> None:
    life = Life(shop)
    for name, *given_with in happens:
        life.step(name, *given_with)
    again = list(life.told)
    random.shuffle(again)
    shop.report(*again)
    for _ in range(3):
        life.carry_out(succeeds=True)
    settled = life.present, life.payment
    shop.report(*life.told)
    assert (life.present, life.payment) == settled
    check(life)
