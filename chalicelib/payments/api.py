"""Webhooks of payment providers, the sandbox's payment page, and what finance sees and does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import parse_qs

from pydantic import Field, StringConstraints

from chalicelib.core import config
from chalicelib.core.auth import PUBLIC, SIGNED, SIGNED_IN, Post, staff, staff_of_the_house
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import FieldError, Invalid, NotAllowed, NotFound, RuleRefused
from chalicelib.core.http import Id, Model, MoneyField, Page, Query, Request, Response, Routes, Text
from chalicelib.core.ids import digest
from chalicelib.core.money import Money
from chalicelib.core.secrets import MissingSecret
from chalicelib.core.signatures import Forged
from chalicelib.ledger.domain import InsufficientBalance
from chalicelib.markets.domain import Contact, check_contact

from . import service
from .domain import (
    BY_HAND,
    AlreadyPaid,
    AmountRefused,
    DisputeState,
    Payment,
    PaymentState,
    Refund,
    RefundBlocked,
    RefundDiffers,
    RefundReason,
    RefundState,
    RefundTooHigh,
    TooLateToTopUp,
    TopUp,
)
from .items import FINANCE, PAYMENT, TOP_UP, PaymentCard, TopUpCard, top_ups_of
from .models import CheckoutView
from .providers import SANDBOX, sandbox_page

routes = Routes(__name__)

#: A provider's message is one object; the largest seen are a tenth of this. Bytes.
LARGEST = 128 * 1024


class CaptureView(Model):
    """Money that a provider has taken."""

    provider: str
    reference: str = Field(description="The provider's id of it.")
    amount: MoneyField
    at: datetime


class RefundView(Model):
    """Money on its way back."""

    id: str
    amount: MoneyField
    reason: RefundReason
    state: RefundState
    provider: str
    capture: str = Field(description="The capture it is taken from.")
    reference: str = Field(description="The provider's id of it, once known.")
    requested_at: datetime
    note: str
    code: str = Field(description="The provider's reason, when it failed.")
    needs_staff: bool

    @classmethod
    def of(cls, refund: Refund) -> RefundView:
        return cls(
            id=refund.id, amount=refund.amount, reason=refund.reason, state=refund.state, provider=refund.provider,
            capture=refund.capture, reference=refund.reference, requested_at=refund.requested_at, note=refund.note,
            code=refund.code, needs_staff=refund.needs_staff,
        )  # fmt: skip


class DisputeView(Model):
    """A capture that the customer's bank contests."""

    reference: str
    capture: str
    amount: MoneyField
    state: DisputeState
    at: datetime


class PaymentView(Model):
    """Everything known about the money of one order."""

    id: str
    order_id: str
    state: PaymentState
    due: MoneyField
    captured: MoneyField
    refunded: MoneyField
    refundable: MoneyField = Field(description="What can still be given back through the provider.")
    to_balance: MoneyField = Field(description="Given back to the customer's balance account instead.")
    closed: bool = Field(description="The order wants no more money.")
    captures: list[CaptureView]
    refunds: list[RefundView]
    disputes: list[DisputeView]
    needs_staff: bool

    @classmethod
    def of(cls, payment: Payment) -> PaymentView:
        return cls(
            id=payment.id, order_id=payment.order_id, state=payment.state, due=payment.due, captured=payment.captured,
            refunded=payment.refunded, refundable=payment.refundable,
            to_balance=Money(payment.to_balance, payment.due.currency), closed=payment.closed,
            captures=[
                CaptureView(provider=c.provider, reference=c.reference, amount=c.amount, at=c.at)
                for c in payment.captures
            ],
            refunds=[RefundView.of(refund) for refund in payment.refunds],
            disputes=[
                DisputeView(reference=d.reference, capture=d.capture, amount=d.amount, state=d.state, at=d.at)
                for d in payment.disputes
            ],
            needs_staff=payment.needs_staff,
        )  # fmt: skip


class PaymentTaskView(Model):
    """A payment that waits for finance."""

    id: str
    order_id: str = Field(description="Of unmatched money: the order that the provider's message named.")
    unmatched: bool = Field(description="The money belongs to no order of this shop.")
    state: PaymentState
    captured: MoneyField
    refunded: MoneyField
    opened_at: datetime
    failed_refunds: list[str]

    @classmethod
    def of(cls, card: PaymentCard) -> PaymentTaskView:
        return cls(
            id=card.id, order_id=card.order_id, unmatched=card.unmatched, state=card.state, captured=card.captured,
            refunded=card.refunded, opened_at=card.opened_at, failed_refunds=list(card.failed_refunds),
        )  # fmt: skip


class AskRefund(Model):
    """A refund by hand."""

    amount: MoneyField
    reason: Literal["return", "goodwill"]
    note: Text = Field(description="Why, for the books. No personal data.")
    payment_id: Annotated[Id | None, Field(description="Needed when the order has several payments.")] = None
    replaces: Annotated[str, Field(max_length=40, description="The failed refund that this one is for.")] = ""


class TopUpBalance(Model):
    """Money to pay in to the balance account."""

    amount: MoneyField = Field(description="In the market's currency.")
    market: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    payment_method: Annotated[str, StringConstraints(max_length=40)] = Field(
        default="", description="One of the market's; empty: its first."
    )
    email: Annotated[str, StringConstraints(max_length=254)] = Field(
        default="", description="Where you are told that it has come in; empty: the address you signed in with."
    )


class TopUpView(Model):
    """Money that you pay in to your balance account."""

    id: str
    state: str
    amount: MoneyField
    payment_method: str
    placed_at: datetime
    pay_by: datetime | None = Field(description="Until then it can be paid.")
    credited: MoneyField | None = Field(description="What is on the balance account; absent: not yet.")
    can: list[str] = Field(description="What you can do now: pay.")

    @classmethod
    def of(cls, thing: TopUp) -> Self:
        pay_by = thing.deadlines.get("pay_by")
        return cls(
            id=thing.id, state=thing.state.value, amount=thing.amount, payment_method=thing.method,
            placed_at=thing.placed_at, pay_by=pay_by, credited=thing.credited, can=["pay"] if pay_by else [],
        )  # fmt: skip


class TopUpSummary(Model):
    """A top-up in a list."""

    id: str
    state: str
    amount: MoneyField
    placed_at: datetime

    @classmethod
    def of(cls, card: TopUpCard) -> Self:
        return cls(id=card.id, state=card.state.value, amount=card.amount, placed_at=card.placed_at)


class PayTopUp(Model):
    """How you would like to pay; without a provider the best one for the method is asked."""

    provider: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{1,31}$")] | None = None
    embedded: bool = False


class ReturnTopUp(Model):
    """Money that was paid in and not used, on its way back."""

    amount: MoneyField
    note: Text = Field(description="Why, for the books. No personal data.")
    replaces: Annotated[str, Field(max_length=40, description="The failed refund that this one is for.")] = ""


@routes.post(
    "/webhooks/payments/{provider}", access=SIGNED, raw=True, commit=False, largest=LARGEST,
    errors=[Forged, MissingSecret],
)  # fmt: skip
def take_payment_message(request: Request, provider: str) -> Response:
    """Take a payment provider's message: verify it, queue it, answer (PAY-07, PAY-16)."""
    service.receive(provider, request.headers, request.raw_body, utc_now(), request.trace)
    return Response("ok", headers={"Content-Type": "text/plain"})


@routes.get("/sandbox/payments/{token}", access=PUBLIC)
def show_sandbox_page(request: Request, token: str) -> Response:
    """Show the sandbox's payment page. In production there is none."""
    return _page(request, token)


@routes.post("/sandbox/payments/{token}", access=PUBLIC, raw=True, commit=False, largest=1024)
def press_sandbox_button(request: Request, token: str) -> Response:
    """Pay, decline or pay a wrong amount on the sandbox's payment page. In production there is none."""
    try:
        fields = parse_qs(request.raw_body.decode("ascii"), max_num_fields=4)
    except ValueError:
        raise Invalid(FieldError("", "is not the form of this page")) from None
    SANDBOX.press(token, next(iter(fields.get("button", ())), ""))
    return Response("", 303, {"Location": f"{config.public_url()}/sandbox/payments/{token}"})


def _page(request: Request, token: str) -> Response:
    if config.is_production():
        raise NotFound("page")
    return Response(sandbox_page.render(SANDBOX.page(token), request.now), headers=sandbox_page.HEADERS)


@routes.get(
    "/staff/orders/{order_id}/payments",
    access=staff_of_the_house(Post.FINANCE, Post.CASHIER, Post.ORDER_DESK, Post.CUSTOMER_SERVICE, Post.AFTER_SALES),
)
def list_payments(request: Request, order_id: str) -> Page[PaymentView]:
    """See an order's payments with their captures, refunds and disputes (PAY-09)."""
    return Page[PaymentView](items=[PaymentView.of(one) for one in service.of_order(request.uow, order_id)])


@routes.post(
    "/staff/orders/{order_id}/refunds", access=staff(Post.FINANCE), status=201, idempotent=True,
    errors=[RefundBlocked, RefundDiffers, RefundTooHigh],
)  # fmt: skip
def ask_refund(request: Request, order_id: str, body: AskRefund) -> PaymentView:
    """Give money back to where it came from, by hand (PAY-09, RET-05)."""
    key = digest(f"{request.principal.key}\n{request.headers['idempotency-key']}")[:32]
    payment = service.refund_by_staff(
        request.uow, order_id, body.amount, RefundReason(body.reason), f"{BY_HAND}{key}", note=body.note,
        replaces=body.replaces, payment_id=body.payment_id or "",
    )  # fmt: skip
    return PaymentView.of(payment)


@routes.get("/staff/payments/tasks", access=staff(Post.FINANCE))
def list_payment_tasks(request: Request, query: Query) -> Page[PaymentTaskView]:
    """See what waits for finance: refunds that failed, and money that belongs to no order, oldest first (PAY-09)."""
    page = request.page(PAYMENT, "gsi2", FINANCE, limit=query.limit, cursor=query.cursor)
    cards: Sequence[PaymentCard] = page.items
    return Page[PaymentTaskView](items=[PaymentTaskView.of(card) for card in cards], next=page.next)


@routes.post(
    "/staff/unmatched-payments/{unmatched_id}/refund", access=staff(Post.FINANCE), idempotent=True, errors=[NotAllowed]
)
def refund_unmatched_payment(request: Request, unmatched_id: str) -> PaymentView:
    """Give money that belongs to no order back at once (PAY-09)."""
    return PaymentView.of(service.give_back_unmatched(request.uow, unmatched_id))


def _top_up(request: Request, top_up_id: str) -> TopUpView:
    """The answer to a repeated request: the top-up as it is now."""
    return TopUpView.of(service.find_top_up(request.uow, top_up_id, request.principal))


@routes.post("/me/balance/payments", access=SIGNED_IN, status=201, idempotent=_top_up, errors=[AmountRefused])
def top_up_balance(request: Request, body: TopUpBalance) -> TopUpView:
    """Pay in to your balance account (BAL-01, BAL-03).

    Open the payment at `/me/balance/payments/{id}/payment`. When all of it has come in, it is on your balance account;
    a part that came in, or came too late, goes back to where it came from.
    """
    email = body.email or request.principal.email
    contact = Contact(email, request.language)
    thing = service.top_up(
        request.uow, request.principal, body.amount, body.market, method=body.payment_method,
        contact=check_contact(contact, pointer="") if email else contact,
    )  # fmt: skip
    return TopUpView.of(thing)


@routes.get("/me/balance/payments", access=SIGNED_IN)
def list_top_ups(request: Request, query: Query) -> Page[TopUpSummary]:
    """What you have paid in to your balance account, newest first (BAL-01)."""
    page = request.page(
        TOP_UP, "gsi1", top_ups_of(request.principal.id), limit=query.limit, cursor=query.cursor, newest_first=True,
        prefix="TOP_UP#",
    )  # fmt: skip
    return Page(items=[TopUpSummary.of(card) for card in page.items], next=page.next)


@routes.get("/me/balance/payments/{top_up_id}", access=SIGNED_IN)
def get_top_up(request: Request, top_up_id: str) -> TopUpView:
    """One of your payments to your balance account."""
    return _top_up(request, top_up_id)


@routes.post(
    "/me/balance/payments/{top_up_id}/payment", access=SIGNED_IN,
    errors=[NotAllowed, TooLateToTopUp, AlreadyPaid, RuleRefused],
)  # fmt: skip
def pay_top_up(request: Request, top_up_id: str, body: PayTopUp) -> CheckoutView:
    """Open the payment, or get the page that is open already (PAY-07). Repeating it opens nothing twice."""
    checkout = service.open_top_up(
        request.uow, top_up_id, request.principal, provider=body.provider or "", embedded=body.embedded
    )
    return CheckoutView.of(checkout)


@routes.post(
    "/staff/top-ups/{top_up_id}/refund", access=staff(Post.FINANCE), status=201, idempotent=True,
    errors=[NotAllowed, InsufficientBalance, RefundBlocked, RefundDiffers, RefundTooHigh],
)  # fmt: skip
def return_top_up(request: Request, top_up_id: str, body: ReturnTopUp) -> PaymentView:
    """Give money that a customer has paid in and not used back to where it came from (BAL-01)."""
    key = digest(f"{request.principal.key}\n{request.headers['idempotency-key']}")[:32]
    payment = service.return_top_up(
        request.uow, top_up_id, body.amount, f"{BY_HAND}{key}", note=body.note, replaces=body.replaces
    )
    return PaymentView.of(payment)
