"""An alliance to book in: two active merchants, a walk that is prepaid and a tea that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import Booking, NoShowRun, State, slot_id
from chalicelib.bookings.items import BOOKING, RUN, SLOT
from chalicelib.core.auth import Post, Principal
from chalicelib.core.money import Money
from chalicelib.core.table import page
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.ledger import service as ledger
from chalicelib.markets.domain import Contact
from chalicelib.orders import service as orders
from chalicelib.payments.domain import FactKind, Payment, PaymentFact, to_message
from chalicelib.payments.items import PAYMENT
from tests.support import sample_bookings

ANN = Principal("shopper", "0f1d2c3b-aaaa-4bbb-8ccc-123456789abc", "ann@example.com")
BOB = Principal("shopper", "bob", "bob@example.com")
LANTERN = Principal("staff", "li", posts=frozenset({Post.MERCHANT}), scopes=frozenset({"lantern-travel"}))
TEA = Principal("staff", "wu", posts=frozenset({Post.MERCHANT}), scopes=frozenset({"tea-house"}))
FEE = Money(8000, "CNY")


@dataclass
class Alliance:
    """The alliance as a test drives it, each command in its own unit of work."""

    begin: Callable[..., UnitOfWork]
    clock: Any
    facts: int = 0

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)

    def at(self, days: float) -> datetime:
        """A time so many days after the tests' beginning, on the hour."""
        return datetime(2026, 11, 23, 2, tzinfo=self.clock.now.tzinfo) + timedelta(days=days)

    def open(self) -> None:
        for merchant in ("lantern-travel", "tea-house"):
            self.recruit(merchant)
        self.offer("west-lake-walk", "lantern-travel", FEE)
        self.offer("tea-tasting", "tea-house", None)

    def recruit(self, merchant: str) -> None:
        sample_bookings.active_merchant(self.do, merchant, self.clock.now)

    def offer(self, service: str, merchant: str, prepayment: Money | None, places: int = 2) -> None:
        starts = [self.at(day) for day in range(1, 9)]
        sample_bookings.on_offer(self.do, service, merchant, starts, places, prepayment)

    def book(self, service: str = "tea-tasting", day: float = 1, by: Principal = ANN) -> Booking:
        asked = bookings.BookingRequest(
            service, slot_id(self.at(day)), Contact(by.email or "x@example.com", "en"), "Ann", ""
        )
        made: Booking = self.do(lambda uow: bookings.book(uow, asked, by))
        return made

    def pay(self, booking: Booking, amount: Money | None = None, **changes: Any) -> Booking:
        """The provider reports the prepayment, and the event of it is heard."""
        self.report(booking, amount, **changes)
        self.do(lambda uow: bookings.take_in_payment(uow, booking.id))
        return self.booking(booking)

    def report(self, booking: Booking, amount: Money | None = None, **changes: Any) -> None:
        self.facts += 1
        given: dict[str, Any] = {
            "provider": "sandbox", "kind": FactKind.CAPTURED, "order_id": booking.id, "payment_id": booking.payment_id,
            "reference": "cap-1", "amount": amount or booking.prepaid, "occurred_at": self.clock.now,
            "event_id": f"event-{self.facts}",
        }  # fmt: skip
        fact = PaymentFact(**{**given, **changes})
        self.do(lambda uow: orders.settle(uow, to_message("sandbox", [fact]), 1))

    def confirmed(self, service: str = "tea-tasting", day: float = 1, by: Principal = ANN) -> Booking:
        """A booking that is paid, if it must be, and confirmed by its merchant."""
        made = self.book(service, day, by)
        if made.state is State.AWAITING_PAYMENT:
            made = self.pay(made)
        return self.confirm(made)

    def confirm(self, booking: Booking) -> Booking:
        result: Booking = self.do(lambda uow: bookings.confirm(uow, booking.id, self.host(booking), "Welcome"))
        return result

    def consume(self, booking: Booking, amount: int = 8000, remarks: str = "") -> Booking:
        """Report the visit, at the appointment."""
        self.clock.now = max(self.clock.now, booking.starts_at)
        actual = Money(amount, "CNY")
        result: Booking = self.do(
            lambda uow: bookings.consume(uow, booking.id, self.host(booking), actual, remarks)
        )  # fmt: skip
        return result

    def miss(self, booking: Booking, *, customers_cause: bool = True) -> Booking:
        """Report a no-show, as soon as that can be done."""
        self.clock.now = max(self.clock.now, booking.starts_at + timedelta(minutes=15))
        result: Booking = self.do(
            lambda uow: bookings.report_no_show(
                uow, booking.id, self.host(booking), customers_cause=customers_cause
            )
        )  # fmt: skip
        return result

    def excuse(self, booking: Booking) -> Booking:
        result: Booking = self.do(lambda uow: bookings.excuse(uow, uow.get(BOOKING, booking.id), "the door was shut"))
        return result

    @staticmethod
    def host(booking: Booking) -> Principal:
        return LANTERN if booking.merchant == "lantern-travel" else TEA

    def booking(self, booking: Booking) -> Booking:
        return self.begin().get(BOOKING, booking.id)

    def payment(self, booking: Booking) -> Payment:
        return self.begin().get(PAYMENT, booking.id, booking.payment_id)

    def free(self, service: str = "tea-tasting", day: float = 1) -> int:
        counts = self.begin().counter(SLOT.ref(service, slot_id(self.at(day)))) or {}
        return counts["free"]

    def balance(self, customer: Principal = ANN, currency: str = "CNY") -> Money:
        return ledger.balance(self.begin(), customer.id, currency)

    def credit(self, amount: Money, reference: str, customer: Principal = ANN) -> None:
        self.do(lambda uow: ledger.credit_balance(uow, customer.id, amount, reference))

    def run(self, customer: Principal = ANN) -> int:
        known = self.begin().find(RUN, customer.id)
        return (known or NoShowRun(customer.id)).length

    def accounts(self, booking: Booking) -> dict[str, int]:
        """The balances of a booking's books, minor units; an account that is even is left out."""
        balance = ledger.trial_balance_of(self.begin(), booking.id)
        assert balance.difference == {}
        return {line.account: line.balance.minor for line in balance.lines if line.balance.minor}

    def events(self, booking: Booking) -> list[str]:
        return [item.type for item in orders_happenings(self.begin(), booking.id)]

    def listed(self, name: str) -> list[Any]:
        return list(page(BOOKING, "gsi2", name, limit=50).items)


def orders_happenings(uow: UnitOfWork, number: str) -> list[Any]:
    from chalicelib.orders.service.reading import happenings

    return happenings(uow, number)


@pytest.fixture
def alliance(begin: Callable[..., UnitOfWork], clock: Any) -> Alliance:
    made = Alliance(begin, clock)
    made.open()
    return made


@pytest.fixture
def ann() -> Principal:
    return ANN


@pytest.fixture
def bob() -> Principal:
    return BOB


@pytest.fixture
def tea_house() -> Principal:
    return TEA
