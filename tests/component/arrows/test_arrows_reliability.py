"""Machine H through the use cases: the two ledgers of reliability, arrow by arrow, and what leads nowhere.

H1 is about orders (a deposit on each), H2 about appointments (a balance that must be there to book).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import Booking, BookingBlocked, slot_id
from chalicelib.bookings.items import BOOKING, RUN
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, DomainError, NotAllowed
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.ledger import service as ledger
from chalicelib.markets.domain import Contact
from chalicelib.orders.domain import Order
from chalicelib.orders.items import ORDER
from tests.support.deposit_desk import Desk, Way
from tests.support.sample_bookings import active_merchant, on_offer
from tests.support.table import short_way

Begin = Callable[..., UnitOfWork]
NORMAL, DEPOSIT = False, True
ANN = Way("ann")


@dataclass
class Customer:
    """Somebody with a past: what failed, what arrived, and an order on its way to them."""

    desk: Desk
    failed: list[Order]
    under_way: Order

    @property
    def terms(self) -> bool:
        return self.desk.pays_deposit(ANN)


def customer(desk: Desk, failures: int, clean: int) -> Customer:
    failed = desk.refused(ANN, failures)
    desk.clean(ANN, clean)
    return Customer(desk, failed, desk.placed(ANN))


@pytest.fixture
def desk(begin: Begin, clock: Any) -> Iterator[Desk]:
    with short_way():
        yield Desk(begin, clock)


def _next_quarter(who: Customer) -> None:
    who.desk.clock.forward(days=45)
    who.desk.fails(who.under_way)


def _last_tries(who: Customer) -> None:
    """The ninth clean order, a case, and one clean order more: the run is one."""
    who.desk.fails(who.under_way)
    who.desk.clean(ANN, 1)


def _other_cause_then_clean(who: Customer) -> None:
    who.desk.fails(who.under_way, by_customer=False)
    who.desk.clean(ANN, 1)


def _refused_in_their_name(way: Way) -> Callable[[Customer], Any]:
    return lambda who: who.desk.refused(way, 1)


#: Terms before (by failures and clean orders), what happens, terms after, rule.
H1 = {
    "a fifth case in the quarter": ((4, 0), lambda who: who.desk.fails(who.under_way), DEPOSIT, "BAL-05"),
    "a fourth does not do": ((3, 0), lambda who: who.desk.fails(who.under_way), NORMAL, "BAL-05"),
    "the fifth as a guest with the phone": ((4, 0), _refused_in_their_name(
        replace(ANN, account="", name="A", street="Elsewhere 1")), DEPOSIT, "BAL-06"),
    "the fifth under another account at the address": ((4, 0), _refused_in_their_name(
        replace(ANN, account="ann-2", phone="040 5555")), DEPOSIT, "BAL-06"),
    "the fifth is somebody else's": ((4, 0), _refused_in_their_name(
        Way("max", "040 5555", "Max", "Hafen 1")), NORMAL, "BAL-06"),
    "the fifth in the next quarter": ((4, 0), _next_quarter, NORMAL, "AMB-03"),
    "the fifth was not the customer's fault": (
        (4, 0), lambda who: who.desk.fails(who.under_way, by_customer=False), NORMAL, "FUL-20"),
    "the fifth is blamed on the customer later": ((5, 0), lambda who: [
        who.desk.corrected(who.failed[0], by_customer=blamed) for blamed in (False, True)], DEPOSIT, "FUL-20"),
    "one of five was not their fault after all": (
        (5, 0), lambda who: who.desk.corrected(who.failed[2], by_customer=False), NORMAL, "FUL-20"),
    "the tenth clean order in a row": ((5, 9), lambda who: who.desk.arrives(who.under_way), NORMAL, "BAL-07"),
    "the tenth is picked up": ((5, 9), lambda who: who.desk.clean(replace(ANN, pickup=True), 1), NORMAL, "BAL-07"),
    "the ninth does not do": ((5, 8), lambda who: who.desk.arrives(who.under_way), DEPOSIT, "BAL-07"),
    "a case begins the ten anew": ((5, 9), _last_tries, DEPOSIT, "BAL-07"),
    "another cause does not": ((5, 9), _other_cause_then_clean, NORMAL, "BAL-07"),
    "somebody else's clean orders": (
        (5, 9), lambda who: who.desk.clean(Way("max", "040 5555", "Max", "Hafen 1"), 3), DEPOSIT, "BAL-07"),
}  # fmt: skip


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row[3]}-{name}") for name, row in H1.items()])
def test_an_arrow_of_h1(desk: Desk, row: tuple[tuple[int, int], Callable[[Customer], Any], bool, str]) -> None:
    (failures, clean), happens, after, _ = row
    who = customer(desk, failures, clean)
    assert who.terms is (failures >= 5)
    happens(who)
    assert who.terms is after


#: What people ask for in vain; the terms stay.
H1_REFUSED = {
    "FUL-19-the same refusal a second time": (lambda who: who.desk.fails(who.failed[-1]), NotAllowed),
    "FUL-19-a hand-over that failed is none": (lambda who: who.desk.arrives(who.failed[-1]), NotAllowed),
    "FUL-20-a cause of what did not fail": (
        lambda who: who.desk.corrected(who.under_way, by_customer=True), Conflict),
    "FUL-20-a cause of an attempt that never was": (
        lambda who: who.desk.corrected(who.failed[-1], by_customer=False, attempt=2), Conflict),
}  # fmt: skip


@pytest.mark.parametrize("past", [(4, 0), (5, 9)], ids=["normal", "deposit"])
@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in H1_REFUSED.items()])
def test_h1_has_no_such_arrow(
    desk: Desk, row: tuple[Callable[[Customer], Any], type[DomainError]], past: tuple[int, int]
) -> None:
    asks, refusal = row
    who = customer(desk, *past)
    before = [desk.begin().get(ORDER, order.id) for order in (*who.failed, who.under_way)]
    with pytest.raises(refusal) as refused:
        asks(who)
    assert refused.value.status == 409
    assert [desk.begin().get(ORDER, order.id) for order in before] == before
    assert who.terms is (past[0] >= 5)


BOB = Principal("shopper", "bob", "bob@example.com")
MERCHANTS = ("lantern-travel", "tea-house")


@dataclass
class Guest:
    """Somebody who books with two merchants in turn, an appointment a day."""

    begin: Begin
    clock: Any
    day: int = 0

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)

    def open(self) -> None:
        starts = [self.at(day) for day in range(1, 9)]
        for merchant in MERCHANTS:
            active_merchant(self.do, merchant, self.clock.now)
            on_offer(self.do, f"by-{merchant}", merchant, starts, 5, None)

    def at(self, day: int) -> datetime:
        return datetime(2026, 11, 23, 2, tzinfo=self.clock.now.tzinfo) + timedelta(days=day)

    def books(self) -> Booking:
        self.day += 1
        asked = bookings.BookingRequest(
            f"by-{MERCHANTS[self.day % 2]}", slot_id(self.at(self.day)), Contact(BOB.email, "en"), "Bob"
        )
        made: Booking = self.do(lambda uow: bookings.book(uow, asked, BOB))
        return made

    def confirmed(self) -> Booking:
        made = self.books()
        self.do(lambda uow: bookings.confirm(uow, made.id, host(made), "Welcome"))
        return self.begin().get(BOOKING, made.id)

    def ends(self, booking: Booking, how: str) -> None:
        """The appointment is over, one way or another; the clock goes on to it."""
        if how == "cancelled":
            self.do(lambda uow: bookings.cancel(uow, booking.id, BOB))
            return
        self.clock.now = max(self.clock.now, booking.starts_at + timedelta(minutes=15))
        if how == "kept":
            self.do(lambda uow: bookings.consume(uow, booking.id, host(booking), Money(6500, "CNY")))
        elif how == "excused":
            self.do(lambda uow: bookings.excuse(uow, uow.get(BOOKING, booking.id), "the door was shut"))
        else:
            blamed = how == "missed"
            self.do(lambda uow: bookings.report_no_show(uow, booking.id, host(booking), customers_cause=blamed))

    @property
    def run(self) -> int:
        known = self.begin().find(RUN, BOB.id)
        return known.length if known else 0


def host(booking: Booking) -> Principal:
    return Principal("staff", "li", posts=frozenset({Post.MERCHANT}), scopes=frozenset({booking.merchant}))


@pytest.fixture
def guest(begin: Begin, clock: Any) -> Iterator[Guest]:
    with short_way():
        guest = Guest(begin, clock)
        guest.open()
        yield guest


#: No-shows in a row before, how the next appointment ends, run after, rule.
H2 = {
    "the first no-show": (0, "missed", 1, "ALY-10"),
    "the next, with another merchant": (1, "missed", 2, "ALY-10"),
    "kept": (1, "kept", 0, "BAL-04"),
    "kept by who was gated and paid in": (2, "kept", 0, "BAL-04"),
    "cancelled in time": (1, "cancelled", 1, "ALY-11"),
    "missed for another cause": (1, "missed, not their fault", 1, "BAL-04"),
}


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row[3]}-{name}") for name, row in H2.items()])
def test_an_arrow_of_h2(guest: Guest, row: tuple[int, str, int, str]) -> None:
    before, how, after, _ = row
    made = [guest.confirmed() for _ in range(before + 1)]  # before any was missed: whoever is gated books no more
    for booking in made[:-1]:
        guest.ends(booking, "missed")
    assert guest.run == before
    guest.ends(made[-1], how)
    assert guest.run == after
    if after < 2:
        assert guest.books().state.value == "booked"
        return
    with pytest.raises(BookingBlocked):
        guest.books()


@pytest.mark.parametrize(("fen", "opens"), [(4999, False), (5000, True)], ids=["BAL-03-CNY 49.99", "BAL-03-CNY 50"])
def test_the_gate_of_h2_opens_for_a_balance(guest: Guest, fen: int, opens: bool) -> None:
    for booking in [guest.confirmed(), guest.confirmed()]:
        guest.ends(booking, "missed")
    guest.do(
        lambda uow: ledger.credit_balance(uow, BOB.id, Money(fen, "CNY"), "gift-1", source="goodwill", kind="gift")
    )
    if opens:
        assert guest.books().state.value == "booked"
    else:
        with pytest.raises(BookingBlocked):
            guest.books()
    assert guest.run == 2


def test_the_gate_of_h2_opens_when_a_no_show_is_excused_bal_04(guest: Guest) -> None:
    made = [guest.confirmed(), guest.confirmed()]
    for booking in made:
        guest.ends(booking, "missed")
    guest.ends(made[0], "excused")
    assert guest.run == 1
    assert guest.books().state.value == "booked"


@pytest.mark.parametrize(
    ("first", "then"),
    [("missed", "missed"), ("missed", "kept"), ("kept", "missed"), ("cancelled", "missed"), ("kept", "excused"),
     ("cancelled", "excused")],
    ids=["ALY-10-reported twice", "ALY-06-kept after all", "ALY-10-missed after all", "ALY-11-cancelled is not missed",
         "BAL-04-nothing to excuse", "BAL-04-nor here"],
)  # fmt: skip
def test_h2_has_no_such_arrow(guest: Guest, first: str, then: str) -> None:
    missed, booking = guest.confirmed(), guest.confirmed()
    guest.ends(missed, "missed")
    guest.ends(booking, first)
    before, kept = guest.run, guest.begin().get(BOOKING, booking.id)
    with pytest.raises(NotAllowed) as refused:
        guest.ends(booking, then)
    assert refused.value.status == 409
    assert (guest.run, guest.begin().get(BOOKING, booking.id)) == (before, kept)
