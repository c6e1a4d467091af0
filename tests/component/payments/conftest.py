"""A shop with configured payment providers: Stripe on loopback, the sandbox, and the queue of their messages."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import aws, secrets
from chalicelib.core.events import Event, decode
from chalicelib.core.money import Money
from chalicelib.core.table import rows_of
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.ledger import service as ledger
from chalicelib.payments import service
from chalicelib.payments.domain import Opening, Payment, RefundReason, RefundRequested
from chalicelib.payments.items import PAYMENT
from tests.support import stripe_server
from tests.support.stripe_server import StripeServer

ORDER, PAYMENT_ID = "N1", "N1-1"
DUE = Money(10_000, "EUR")
SANDBOX_SECRET = "sandbox-secret-of-the-test-stage"


def put_secret(name: str, **fields: str) -> None:
    client = aws.client("secretsmanager")
    try:
        client.create_secret(Name=f"caravan/test/{name}", SecretString=json.dumps(fields))
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=f"caravan/test/{name}", SecretString=json.dumps(fields))
    secrets.forget()


@pytest.fixture
def stripe(database: None) -> Iterator[StripeServer]:
    """Stripe on loopback, and the shop's keys to it."""
    with stripe_server.running() as server:
        put_secret(
            "stripe", api_key=stripe_server.API_KEY, webhook_secret=stripe_server.WEBHOOK_SECRET, api_base=server.url
        )
        yield server
    secrets.forget()


@pytest.fixture
def sandbox(database: None) -> Iterator[None]:
    """The sandbox's key."""
    put_secret("sandbox", webhook_secret=SANDBOX_SECRET)
    yield
    secrets.forget()


@dataclass
class Queue:
    """The queue of providers' messages."""

    url: str

    def take(self) -> list[dict[str, Any]]:
        """All messages, taken off the queue."""
        taken = []
        while True:
            batch = aws.client("sqs").receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
            if not batch:
                return taken
            for message in batch:
                taken.append(json.loads(message["Body"]))
                aws.client("sqs").delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def queue(database: None) -> Queue:
    url = aws.client("sqs").create_queue(QueueName="payment-messages")["QueueUrl"]
    os.environ["QUEUE_URL_PAYMENT_MESSAGES"] = url
    secrets.forget()
    return Queue(url)


@dataclass
class Shop:
    """The shop's side of payments, without orders: one order of 100 euros and what its consumers would do."""

    begin: Callable[..., UnitOfWork]
    queue: Queue
    wanted: bool = True
    known_orders: set[str] = field(default_factory=lambda: {ORDER})
    attempt: int = 99

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)

    def open(self, method: str = "card", provider: str = "stripe", **options: Any) -> Any:
        opening = Opening(
            ORDER, PAYMENT_ID, DUE, method, "https://shop.test/thanks", provider, description="Order N1",
            expires_at=self.begin().now + timedelta(minutes=30), **options,
        )  # fmt: skip
        return self.do(lambda uow: service.open(uow, opening))

    def hear(self, raw: bytes, headers: dict[str, str], provider: str = "stripe") -> None:
        """A webhook comes in."""
        service.receive(provider, headers, raw, self.begin().now)

    def work(self) -> None:
        """Everything on the queue is worked on, as the consumer in the orders room does."""
        for message in self.queue.take():
            self.apply(message)

    def apply(self, message: dict[str, Any]) -> None:
        for fact in service.read(message):
            if fact.order_id in self.known_orders and fact.payment_id == PAYMENT_ID:
                self.do(lambda uow, fact=fact: service.fold(uow, ORDER, PAYMENT_ID, DUE, fact, wanted=self.wanted))
            else:
                self.do(lambda uow, fact=fact: service.unknown(uow, fact, self.attempt))

    @property
    def payment(self) -> Payment:
        return self.begin().get(PAYMENT, ORDER, PAYMENT_ID)

    def events(self, pk: str = f"ORDER#{ORDER}") -> list[Event[Any]]:
        """The events of a partition, oldest first."""
        told = [decode(envelope) for row in rows_of(pk, "EVENT#") for envelope in row.envelopes]
        return sorted(told, key=lambda event: event.sequence)

    def told(self, pk: str = f"ORDER#{ORDER}") -> list[str]:
        return [event.type for event in self.events(pk)]

    def carry_out(self, pk: str = f"ORDER#{ORDER}") -> None:
        """Every refund that was requested is carried out, as its consumer does; also those done before."""
        for event in self.events(pk):
            if isinstance(event.data, RefundRequested):
                self.do(lambda uow, data=event.data: service.execute_refund(uow, data))


@pytest.fixture
def shop(begin: Callable[..., UnitOfWork], queue: Queue) -> Shop:
    return Shop(begin, queue)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries wait for real; in these tests for a hundredth."""
    real = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: real(min(seconds, 0.01)))


def hear(shop: Shop, stripe: StripeServer, kind: str, thing: dict[str, Any], event_id: str = "") -> None:
    """Stripe tells of something, and the shop works on it."""
    raw = stripe.event(kind, thing, event_id)
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    shop.work()


def paid(shop: Shop, stripe: StripeServer) -> dict[str, Any]:
    """The order is paid on the hosted page."""
    shop.open()
    intent = stripe.pay(next(reversed(stripe.sessions)))
    hear(shop, stripe, "payment_intent.succeeded", intent)
    return intent


def refund(shop: Shop, minor: int, key: str = "k1") -> None:
    """So many cents are to go back for a return."""
    shop.do(lambda uow: service.refund(uow, uow.get(PAYMENT, ORDER, PAYMENT_ID), eur(minor), RefundReason.RETURN, key))


def books(shop: Shop) -> dict[str, int]:
    """What the order's accounts hold, in cents; together nothing."""
    balance = ledger.trial_balance_of(shop.begin(), ORDER)
    assert balance.difference == {}
    return {line.account: line.balance.minor for line in balance.lines if line.balance.minor}
