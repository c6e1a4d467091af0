"""The port to a payment provider (PAY-02): what the shop asks of one, in the shop's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.errors import RuleRefused
from chalicelib.core.money import Money
from chalicelib.payments.domain import PaymentFact, Refund, Session


class Declined(RuleRefused):
    """The provider has understood the request and does not do it; asking again changes nothing."""

    code, title = "declined-by-provider", "The payment provider does not do this"


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A payment page or form to be opened. The same `key` opens the same one again."""

    key: str
    order_id: str
    payment_id: str
    amount: Money
    method: str
    return_url: str
    language: str
    email: str
    description: str
    embedded: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """The provider's reference of what was opened, and how the shopper gets there."""

    reference: str
    redirect_url: str = ""
    client_secret: str = ""


@dataclass(frozen=True, slots=True)
class RefundCall:
    """A refund to be carried out. The same `key` is the same refund, however often it is asked for (E3)."""

    key: str
    order_id: str
    payment_id: str
    refund: Refund


class Provider(Protocol):
    """A payment provider.

    Attributes:
        name: in addresses, settings and facts.
        methods: the payment methods it takes.
        key_life: how long it remembers an idempotency key; later it must be looked up first (A13).
    """

    name: str
    methods: frozenset[str]
    key_life: timedelta

    def is_configured(self) -> bool:
        """Whether its keys are there: one that is not configured is not offered."""

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        """Believe a webhook or not, by its raw bytes; header names are in lower case.

        Raises:
            Forged: the signature is not right, or not of this moment (300 seconds either way).
            MissingSecret: there is nothing to verify with; never let through.
        """

    def facts(self, raw: bytes) -> list[PaymentFact]:
        """What a verified webhook reports; nothing for events that do not concern payments."""

    def open(self, call: OpenCall) -> Opened:
        """Open a payment page or form.

        Raises:
            Declined: it does not take this.
            Unavailable: no answer; asking again with the same key is safe.
        """

    def refund(self, call: RefundCall) -> PaymentFact:
        """Give money back; the fact says whether it is done, under way or refused.

        Raises:
            Unavailable: no answer; asking again with the same key is safe within `key_life`.
        """

    def find_refund(self, call: RefundCall) -> PaymentFact | None:
        """How a refund stands, or None when the provider does not know it."""

    def lookup(self, session: Session) -> list[PaymentFact]:
        """All that the provider knows about a payment that was opened (PAY-08, PAY-11)."""

    def complete(self, fact: PaymentFact) -> list[PaymentFact]:
        """What a message meant that does not say itself which payment (or which refunds) it is about.

        Facts that stay without a payment belong to money that this shop did not ask for.
        """
