"""The sandbox (PAY-01): a payment provider of our own for every stage but production, complete down to signed webhooks.

What it keeps is the provider's side, apart from the shop's (`SANDBOX#<token>`): the payment page that was opened, what
was taken on it, and the refunds by their key. The shop learns of it as of any provider's: by webhook, or by asking.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import msgspec

from chalicelib.core import config, observe, outbound
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import FieldError, Invalid, NotFound, Unavailable
from chalicelib.core.events import Actor
from chalicelib.core.ids import is_id
from chalicelib.core.money import Money
from chalicelib.core.secrets import MissingSecret, candidates, secret
from chalicelib.core.signatures import check_standard, sign_standard
from chalicelib.core.table import Index, Key, Kind
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.payments.domain import FactKind, PaymentFact, Session

from .base import OpenCall, Opened, RefundCall

R = TypeVar("R")

_ACTOR: Final = Actor("provider", "sandbox")
#: How long the sandbox remembers a page and what was done on it.
_KEPT: Final = timedelta(days=90)
METHODS: Final = frozenset(
    "card apple_pay unionpay paypal ideal bancontact sepa_debit alipay wechat_pay konbini paypay pix boleto grabpay "
    "bank_transfer".split()
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One press of a button: money taken, or a refusal."""

    reference: str
    kind: FactKind
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class SandboxRefund:
    """Money given back, by the key under which it was asked for."""

    key: str
    reference: str
    order_id: str
    payment_id: str
    refund_id: str
    capture: str
    amount: Money
    kind: FactKind
    at: datetime
    code: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A payment page and everything that was done on it."""

    token: str
    order_id: str
    payment_id: str
    amount: Money
    description: str
    return_url: str
    opened_at: datetime
    expires_at: datetime
    attempts: tuple[Attempt, ...] = ()
    refunds: tuple[SandboxRefund, ...] = ()

    @property
    def paid(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.kind is FactKind.CAPTURED), None)

    def is_open(self, now: datetime) -> bool:
        return self.paid is None and now < self.expires_at


PAGE: Final[Kind[Page]] = Kind(
    "sandbox_page", Page,
    key=lambda token: Key(f"SANDBOX#{token}", "PAGE"),
    of=lambda page: Key(f"SANDBOX#{page.token}", "PAGE"),
    index=lambda page: Index(expires=page.opened_at + _KEPT),
)  # fmt: skip


class Sandbox:
    """The adapter, and the provider behind it. Secret `sandbox`: `webhook_secret` (and `webhook_secret_previous`)."""

    name = "sandbox"
    methods = METHODS
    key_life = timedelta(hours=24)

    def is_configured(self) -> bool:
        if config.is_production():
            return False
        try:
            return "webhook_secret" in secret(self.name)
        except MissingSecret:
            return False

    # The shop's side: what any provider's adapter does

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        check_standard(headers, raw, candidates(self.name, "webhook_secret"), now)

    def facts(self, raw: bytes) -> list[PaymentFact]:
        try:
            return [msgspec.convert(json.loads(raw)["fact"], PaymentFact)]
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid(FieldError("", "is not a message of the sandbox")) from error

    def open(self, call: OpenCall) -> Opened:
        token = hmac.digest(candidates(self.name, "webhook_secret")[0].encode(), call.key.encode(), "sha256").hex()[:40]

        def command(uow: UnitOfWork) -> None:
            if uow.find(PAGE, token) is None:
                uow.put(PAGE, Page(
                    token, call.order_id, call.payment_id, call.amount, call.description, call.return_url, uow.now,
                    call.expires_at,
                ))  # fmt: skip

        _run(command)
        return Opened(token, redirect_url=f"{config.public_url()}/sandbox/payments/{token}")

    def refund(self, call: RefundCall) -> PaymentFact:
        """Give back at once, but tell so by webhook: the answer is "under way", as it is with banks."""
        made = _run(lambda uow: _refund(uow, call))
        fact = _of_refund(made)
        if fact.kind is FactKind.REFUND_FAILED:
            return fact
        self.tell(fact)
        return replace(fact, kind=FactKind.REFUND_PENDING)

    def find_refund(self, call: RefundCall) -> PaymentFact | None:
        page = _run(lambda uow: _page_of_capture(uow, call.refund.capture))
        made = next((refund for refund in page.refunds if refund.key == call.key), None) if page else None
        return _of_refund(made) if made else None

    def lookup(self, session: Session) -> list[PaymentFact]:
        page = _run(lambda uow: uow.find(PAGE, session.reference))
        if page is None:
            return []
        return [_of_attempt(page, attempt) for attempt in page.attempts] + [_of_refund(r) for r in page.refunds]

    def complete(self, fact: PaymentFact) -> list[PaymentFact]:
        return [fact]

    # The provider's side: the page that shoppers see

    def page(self, token: str) -> Page:
        """A payment page.

        Raises:
            NotFound: there is none; in production there never is.
        """
        page = None if config.is_production() else _run(lambda uow: uow.find(PAGE, token))
        if page is None:
            raise NotFound("page")
        return page

    def press(self, token: str, button: str) -> Page:
        """A shopper presses a button of the page: `pay`, `pay_wrong_amount` or `decline`. A page is paid once.

        Raises:
            NotFound: there is no such page; in production there never is.
            Invalid: the page has no such button.
        """
        self.page(token)
        if button not in _BUTTONS:
            raise Invalid(FieldError("button", "is not on this page"))

        def command(uow: UnitOfWork) -> tuple[Page, Attempt | None]:
            page = uow.get(PAGE, token)
            if not page.is_open(uow.now):
                return page, None
            kind, share = _BUTTONS[button]
            amount = Money(-(-page.amount.minor // share), page.amount.currency)
            reference = f"sandbox-{token}-{len(page.attempts) + 1}"
            attempt = Attempt(reference, kind, amount, uow.now)
            return uow.put(PAGE, replace(page, attempts=(*page.attempts, attempt))), attempt

        page, attempt = _run(command)
        if attempt is not None:
            self.tell(_of_attempt(page, attempt))
        return page

    def tell(self, fact: PaymentFact) -> None:
        """Send the shop a signed webhook. One that does not arrive is healed by the shop's own asking (PAY-08)."""
        body = {"type": f"payment.{fact.kind}", "created_at": fact.occurred_at, "fact": fact}
        raw = msgspec.json.encode(body)
        key = candidates(self.name, "webhook_secret")[0]
        headers = {"Content-Type": "application/json", **sign_standard(fact.event_id, raw, key, utc_now())}
        try:
            answer = outbound.request(
                "POST", f"{config.public_url()}/webhooks/payments/{self.name}", headers=headers, body=raw, attempts=2
            )
            delivered = answer.status < 300
        except Unavailable:
            delivered = False
        if not delivered:
            observe.count("SandboxWebhooksLost")


#: What each button does, and by what the page's amount is divided.
_BUTTONS: Final[Mapping[str, tuple[FactKind, int]]] = {
    "pay": (FactKind.CAPTURED, 1),
    "pay_wrong_amount": (FactKind.CAPTURED, 2),
    "decline": (FactKind.FAILED, 1),
}


def _run(command: Callable[[UnitOfWork], R]) -> R:
    """The provider's own transaction: it is no part of the shop's."""
    return run(command, lambda: UnitOfWork(utc_now(), _ACTOR))


def _page_of_capture(uow: UnitOfWork, capture: str) -> Page | None:
    token = capture.removeprefix("sandbox-").rpartition("-")[0]
    return uow.find(PAGE, token) if is_id(token) else None


def _refund(uow: UnitOfWork, call: RefundCall) -> SandboxRefund:
    page, refund = _page_of_capture(uow, call.refund.capture), call.refund
    known = next((made for made in page.refunds if made.key == call.key), None) if page else None
    if known is not None:
        return known
    taken = page.paid.amount if page and page.paid and page.paid.reference == refund.capture else None
    given = sum(made.amount.minor for made in page.refunds if made.kind is FactKind.REFUNDED) if page else 0
    is_possible = (
        taken is not None and taken.currency == refund.amount.currency and given + refund.amount.minor <= taken.minor
    )
    number = len(page.refunds) + 1 if page else 1
    made = SandboxRefund(
        call.key, f"sandbox-refund-{call.key}-{number}", call.order_id, call.payment_id, refund.id, refund.capture,
        refund.amount, FactKind.REFUNDED if is_possible else FactKind.REFUND_FAILED, uow.now,
        "" if is_possible else "charge_already_refunded",
    )  # fmt: skip
    if page is not None:
        uow.put(PAGE, replace(page, refunds=(*page.refunds, made)))
    return made


def _of_attempt(page: Page, attempt: Attempt) -> PaymentFact:
    return PaymentFact(
        "sandbox", attempt.kind, page.order_id, page.payment_id, attempt.reference, attempt.amount,
        attempt.at.astimezone(UTC), f"evt-{attempt.reference}",
        code="card_declined" if attempt.kind is FactKind.FAILED else "",
    )  # fmt: skip


def _of_refund(made: SandboxRefund) -> PaymentFact:
    return PaymentFact(
        "sandbox", made.kind, made.order_id, made.payment_id, made.reference, made.amount, made.at,
        f"evt-{made.reference}", made.capture, made.refund_id, made.code,
    )  # fmt: skip
