"""What the API shows of an order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.core.auth import Principal
from chalicelib.core.http import Model, MoneyField
from chalicelib.core.marks import Mark
from chalicelib.core.money import Money
from chalicelib.markets.domain import pick_text
from chalicelib.markets.models import AddressView
from chalicelib.orders.domain import Command, Order, OrderCard, State
from chalicelib.orders.domain import texts as words
from chalicelib.orders.domain.machine import open_to_customer
from chalicelib.orders.service.reading import Happening
from chalicelib.orders.service.reordering import Refilled
from chalicelib.payments.domain import Checkout, Payment
from chalicelib.payments.models import CheckoutView

from .parts import (
    ExchangeView,
    GiftWrapView,
    HandoverView,
    InvoiceRequestView,
    LineView,
    ReasonView,
    TotalsView,
)


class OrderView(Model):
    """A shopper's order."""

    id: str
    order_class: str
    state: str
    state_text: str
    market: str
    placed_at: datetime
    lines: tuple[LineView, ...]
    totals: TotalsView
    prices_include_tax: bool
    duty_policy: str
    ship_to: AddressView | None
    email: str
    delivery_method: str
    channel: str
    handover: Annotated[HandoverView | None, Field(description="None when a courier brings the goods.")]
    gift_wrap: Annotated[GiftWrapView | None, Field(description="None when nothing is wrapped.")]
    invoice: Annotated[InvoiceRequestView | None, Field(description="None when no invoice was asked for.")]
    promise_days: Annotated[tuple[int, int], Field(description="Days until delivery: from, to.")]
    payment_method: str
    exchange: Annotated[ExchangeView | None, Field(description="Of an exchange order.")]
    pay_by: Annotated[datetime | None, Field(description="Until then the stock is kept for an unpaid order.")]
    answer_by: Annotated[datetime | None, Field(description="Until then a returned order should be corrected.")]
    reasons: tuple[ReasonView, ...]
    can: Annotated[tuple[str, ...], Field(description="What you can do now: pay, cancel, correct, confirm_receipt.")]

    @classmethod
    def of(cls, order: Order, language: str) -> Self:
        return cls.model_construct(**_shown(order, language))


def _shown(order: Order, language: str) -> dict[str, Any]:
    returned = Command.RESUBMIT in order.allowed
    return {
        "id": order.id,
        "order_class": order.order_class.value,
        "state": order.state.value,
        "state_text": pick_text(words.STATES[order.state], language),
        "market": order.market,
        "placed_at": order.placed_at,
        "lines": tuple(map(LineView.of, order.lines)),
        "totals": TotalsView.of(order.totals),
        "prices_include_tax": order.prices_include_tax,
        "duty_policy": order.duty_policy,
        "ship_to": AddressView.of(order.ship_to) if order.ship_to else None,
        "email": order.contact.email,
        "delivery_method": order.delivery_method,
        "channel": order.channel,
        "handover": HandoverView.of(order.handover) if order.handover else None,
        "gift_wrap": GiftWrapView.of(order.gift) if order.gift else None,
        "invoice": InvoiceRequestView.of(order.invoice) if order.invoice else None,
        "promise_days": order.promise_days,
        "payment_method": order.payment_method,
        "exchange": ExchangeView(of=order.exchange.of, return_id=order.exchange.return_id) if order.exchange else None,
        "pay_by": order.deadlines.get("pay_by"),
        "answer_by": order.deadlines.get("answer_by"),
        "reasons": tuple(ReasonView.of(reason, language) for reason in order.reasons) if returned else (),
        "can": open_to_customer(order.state, order.allowed),
    }  # fmt: skip


class PartView(Model):
    """Money that has come in for an order: by a payment provider, in cash, or from the balance account."""

    provider: str
    amount: MoneyField
    at: datetime


class OrderPaymentView(Model):
    """How the payment of an order stands (ORD-12)."""

    order_id: str
    state: Annotated[str, Field(description="Of the order; it is paid when nothing is outstanding.")]
    due: MoneyField
    captured: Annotated[MoneyField, Field(description="All that has come in.")]
    given_back: Annotated[MoneyField, Field(description="Of it, what has gone back or is on its way.")]
    outstanding: MoneyField
    parts: tuple[PartView, ...]

    @classmethod
    def of(cls, order: Order, payment: Payment) -> Self:
        zero = Money.zero(order.currency)
        waits = order.state is State.AWAITING_PAYMENT
        return cls(
            order_id=order.id, state=order.state.value, due=order.totals.total, captured=payment.captured,
            given_back=payment.given_back, outstanding=max(payment.outstanding, zero) if waits else zero,
            parts=tuple(PartView(provider=c.provider, amount=c.amount, at=c.at) for c in payment.captures),
        )  # fmt: skip


class PurchaseView(Model):
    """What was bought with one click, and how to pay for it unless nothing is to be paid now."""

    order: OrderView
    payment: CheckoutView | None

    @classmethod
    def of(cls, order: Order, checkout: Checkout | None, language: str) -> Self:
        payment = CheckoutView.of(checkout) if checkout else None
        return cls.model_construct(order=OrderView.of(order, language), payment=payment)


class RefilledView(Model):
    """A cart with the goods of an order, to be quoted in whatever way they are to be delivered."""

    cart_id: str
    left_out: Annotated[tuple[str, ...], Field(description="What is no longer on sale.")]
    order: OrderView

    @classmethod
    def of(cls, order: Order, refilled: Refilled, language: str) -> Self:
        return cls.model_construct(
            cart_id=refilled.cart.id, left_out=refilled.left_out, order=OrderView.of(order, language)
        )  # fmt: skip


class StageView(Model):
    """One stage of an order's life (ORD-16)."""

    state: str
    group: str
    entered_at: datetime
    left_at: datetime | None


def _places(order: Order) -> tuple[str, ...]:
    """The places that work on an order, the leading one first."""
    return tuple(dict.fromkeys((order.store, *order.serving))) if order.store is not None else ()


class StaffOrderView(OrderView):
    """An order as staff see it."""

    group: Annotated[str, Field(description="Who has the next move (REV-06).")]
    allowed: tuple[str, ...]
    store: Annotated[
        str | None, Field(description="Of an order that leaves from several places: yours, else the one that leads.")
    ]
    phone: str
    payment_id: str
    goods_left_stock: bool
    stages: tuple[StageView, ...]
    deadlines: dict[str, datetime]
    missed: tuple[str, ...]
    problem: str | None
    claimed_by: Annotated[str, Field(description="Who has taken it up; empty: nobody.")]
    cancelled_for: str | None
    completed_by: str

    @classmethod
    def seen_by(cls, order: Order, language: str, principal: Principal) -> Self:
        return cls.model_construct(
            **_shown(order, language)
            | {
                "group": order.group.value,
                "allowed": tuple(command.value for command in order.allowed),
                "store": next((place for place in _places(order) if principal.works_for(place)), None),
                "phone": order.contact.phone or (order.ship_to.phone if order.ship_to else ""),
                "payment_id": order.payment_id,
                "goods_left_stock": order.goods_left_stock,
                "stages": tuple(
                    StageView(
                        state=stage.state.value,
                        group=stage.group.value,
                        entered_at=stage.entered_at,
                        left_at=stage.left_at,
                    )
                    for stage in order.stage_times
                ),
                "deadlines": dict(order.deadlines),
                "missed": order.missed,
                "problem": order.problem.value if order.problem else None,
                "claimed_by": order.claimed_by,
                "cancelled_for": order.cancelled_for.value if order.cancelled_for else None,
                "completed_by": order.completed_by,
                "reasons": tuple(ReasonView.of(reason, language) for reason in order.reasons),
            }
        )


class OrderSummary(Model):
    """An order in a list."""

    id: str
    state: str
    state_text: str
    placed_at: datetime
    total: MoneyField
    units: int
    title: str

    @classmethod
    def of(cls, card: OrderCard, language: str) -> Self:
        return cls(
            id=card.id, state=card.state.value, state_text=pick_text(words.STATES[card.state], language),
            placed_at=card.placed_at, total=card.total, units=card.units, title=card.title,
        )  # fmt: skip


class WorkItem(Model):
    """An order in a work list. `mark` is the colour it gets (ORD-17)."""

    id: str
    state: str
    placed_at: datetime
    total: MoneyField
    units: int
    title: str
    country: str
    store: str | None
    due: datetime
    problem: str | None
    missed: tuple[str, ...]
    mark: Mark
    claimed_by: str

    @classmethod
    def of(cls, card: OrderCard) -> Self:
        return cls(
            id=card.id, state=card.state.value, placed_at=card.placed_at, total=card.total, units=card.units,
            title=card.title, country=card.country, store=card.store, due=card.due,
            problem=card.problem.value if card.problem else None, missed=card.missed, mark=card.mark,
            claimed_by=card.claimed_by,
        )  # fmt: skip


class HappeningView(Model):
    """One row of an order's timeline (ORD-26). `type` is stable, `text` is in the reader's language."""

    at: datetime
    type: str
    text: str

    @classmethod
    def of(cls, happening: Happening, language: str) -> Self:
        return cls(at=happening.at, type=happening.type, text=pick_text(words.of_happening(happening.type), language))


class TimelineView(Model):
    """What happened to an order, oldest first."""

    items: tuple[HappeningView, ...]


class StaffHappeningView(HappeningView):
    """One row of an order's timeline with who did it and what the event says."""

    actor: str
    data: dict[str, object]


class StaffTimelineView(Model):
    """Everything that happened to an order, oldest first."""

    items: tuple[StaffHappeningView, ...]
