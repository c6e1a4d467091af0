"""Machines F and H2 by the use cases: every arrow of the chart, and every command where it has none (ALY-03…11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import (
    ALLOWED,
    Booking,
    BookingBlocked,
    CancelReason,
    Command,
    State,
    TooEarly,
    TooLate,
    slot_id,
)
from chalicelib.bookings.items import BOOKING, RUN, SLOT
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import DomainError, NotAllowed
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.ledger import service as ledger
from chalicelib.markets.domain import Contact
from chalicelib.orders import service as orders
from chalicelib.payments.domain import FactKind, PaymentFact, to_message
from tests.support.sample_bookings import active_merchant, booked, on_offer
from tests.support.table import metered, short_way

Begin = Callable[..., UnitOfWork]
ANN = Principal("shopper", "ann", "ann@example.com")
HOST = Principal("staff", "li", posts=frozenset({Post.MERCHANT}), scopes=frozenset({"lantern-travel"}))
FEE = Money(8000, "CNY")
PLACES = 50
READS = {"GetItem", "BatchGetItem", "Query"}
#: A service with a prepayment, and one without.
SERVICES = {"prepaid": FEE, "free": None}


@dataclass
class Alliance:
    """One merchant, two services, one customer."""

    begin: Begin
    clock: Any
    facts: int = 0

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)

    def open(self) -> None:
        active_merchant(self.do, "lantern-travel", self.clock.now)
        for service, fee in SERVICES.items():
            on_offer(self.do, service, "lantern-travel", [self.starts_at], PLACES, fee)

    @property
    def starts_at(self) -> datetime:
        return datetime(2026, 11, 23, 2, tzinfo=self.clock.now.tzinfo)

    def booking(self, booking: Booking) -> Booking:
        return self.begin().get(BOOKING, booking.id)

    def pay(self, booking: Booking) -> None:
        """The provider reports the prepayment, and the event of it is heard."""
        self.facts += 1
        fact = PaymentFact(
            provider="sandbox", kind=FactKind.CAPTURED, order_id=booking.id, payment_id=booking.payment_id,
            reference=f"cap-{self.facts}", amount=FEE, occurred_at=self.clock.now, event_id=f"event-{self.facts}",
        )  # fmt: skip
        self.do(lambda uow: orders.settle(uow, to_message("sandbox", [fact]), 1))
        self.do(lambda uow: bookings.take_in_payment(uow, booking.id))

    def to(self, service: str, state: State) -> Booking | None:
        """A new booking brought to a state the shortest way, or None when no way leads there."""
        made = booked(self.do, service, self.starts_at, ANN)
        route = shortest(service, made.state, state)
        for case in route or ():
            case.perform(self, made)
        return self.booking(made) if route is not None else None

    def free(self, service: str) -> int:
        return (self.begin().counter(SLOT.ref(service, slot_id(self.starts_at))) or {})["free"]

    def run(self) -> int:
        known = self.begin().find(RUN, ANN.id)
        return known.length if known else 0


Perform = Callable[[Alliance, Booking], Any]


@dataclass(frozen=True)
class Case:
    """A use case as an arrow of the chart; `asked`: a person asks for it and hears 409 where it is not allowed."""

    name: str
    rule: str
    arrow: Mapping[State, State]
    #: What the machine is told on the way.
    commands: tuple[Command, ...]
    perform: Perform = field(repr=False, compare=False)
    services: tuple[str, ...] = tuple(SERVICES)
    asked: bool = True
    run: int = 0

    def to(self, service: str, state: State) -> State | None:
        return self.arrow.get(state) if service in self.services else None


S, C = State, Command


def _host(use_case: Callable[..., Any], *args: Any, **more: Any) -> Perform:
    return lambda alliance, booking: alliance.do(lambda uow: use_case(uow, booking.id, HOST, *args, **more))


def _on(use_case: Callable[..., Any], *args: Any) -> Perform:
    return lambda alliance, booking: alliance.do(lambda uow: use_case(uow, uow.get(BOOKING, booking.id), *args))


def _told(use_case: Callable[..., Any]) -> Perform:
    return lambda alliance, booking: alliance.do(lambda uow: use_case(uow, booking.id))


def _after(minutes: int, perform: Perform) -> Perform:
    """So long after the appointment began; the clock goes back, so that other bookings do not begin with it."""

    def later(alliance: Alliance, booking: Booking) -> Any:
        now, alliance.clock.now = alliance.clock.now, booking.starts_at + timedelta(minutes=minutes)
        try:
            return perform(alliance, booking)
        finally:
            alliance.clock.now = now

    return later


def _missed_for_merchant(uow: UnitOfWork, booking: Booking) -> Booking:
    return bookings.miss(uow, booking, customers_cause=True)


_miss = _after(15, _host(bookings.report_no_show, customers_cause=True))
_consume = _after(0, _host(bookings.consume, Money(6500, "CNY")))


CASES = (
    Case("pay", "ALY-04", {S.AWAITING_PAYMENT: S.BOOKED}, (C.CONFIRM_PAYMENT,), Alliance.pay, ("prepaid",),
         asked=False),
    Case("expire", "PAY-08", {S.AWAITING_PAYMENT: S.CANCELLED}, (C.EXPIRE,), _on(bookings.expire), ("prepaid",)),
    Case("confirm", "ALY-05", {S.BOOKED: S.MERCHANT_CONFIRMED}, (C.CONFIRM,), _host(bookings.confirm, "Welcome")),
    Case("lapse", "AMB-20", {S.BOOKED: S.CANCELLED}, (C.LAPSE,), _after(0, _on(bookings.lapse))),
    Case("cancel", "ALY-11", dict.fromkeys((S.AWAITING_PAYMENT, S.BOOKED, S.MERCHANT_CONFIRMED), S.CANCELLED),
         (C.CANCEL,), lambda alliance, booking: alliance.do(lambda uow: bookings.cancel(uow, booking.id, ANN))),
    Case("call off", "AMB-20", dict.fromkeys((S.AWAITING_PAYMENT, S.BOOKED, S.MERCHANT_CONFIRMED), S.CANCELLED),
         (C.CANCEL,), _on(bookings.call_off, CancelReason.MERCHANT)),
    Case("consume", "ALY-06", {S.MERCHANT_CONFIRMED: S.CONSUMED}, (C.CONSUME,), _consume),
    Case("remark", "ALY-08", {S.CONSUMED: S.COMPLETED}, (C.REMARK,), _host(bookings.remark, "One boat less.")),
    Case("report a prepaid no-show", "ALY-09", {S.MERCHANT_CONFIRMED: S.REFUND_DUE}, (C.REPORT_NO_SHOW, C.OWE_REFUND),
         _miss, ("prepaid",), run=1),
    Case("report a no-show", "ALY-10", {S.MERCHANT_CONFIRMED: S.CLOSED}, (C.REPORT_NO_SHOW, C.CLOSE), _miss, ("free",),
         run=1),
    Case("refund", "ALY-09", {S.REFUND_DUE: S.CLOSED}, (C.CLOSE,), _told(bookings.return_prepayment), ("prepaid",),
         asked=False),
    Case("report a prepaid no-show for the merchant", "ALY-09", {S.MERCHANT_CONFIRMED: S.REFUND_DUE},
         (C.REPORT_NO_SHOW, C.OWE_REFUND), _after(15, _on(_missed_for_merchant)), ("prepaid",), run=1),
    Case("excuse", "BAL-04", {S.REFUND_DUE: S.REFUND_DUE, S.CLOSED: S.CLOSED}, (C.EXCUSE,),
         _on(bookings.excuse, "the door was shut"), run=-1),
)  # fmt: skip
LEGAL = [
    pytest.param(service, case, before, id=f"{case.rule}-{service}-{before}-{case.name}")
    for service in SERVICES
    for case in CASES
    for before in case.arrow
    if case.to(service, before) is not None and not (service == "free" and before in {S.AWAITING_PAYMENT, S.REFUND_DUE})
]


def shortest(service: str, start: State, end: State) -> list[Case] | None:
    """The fewest use cases from one state to another, or None when none lead there."""
    routes: dict[State, list[Case]] = {start: []}
    front = [start]
    for state in front:
        for case in CASES:
            to = case.to(service, state)
            if to is not None and to not in routes:
                routes[to] = [*routes[state], case]
                front.append(to)
    return routes.get(end)


@pytest.fixture
def alliance(begin: Begin, clock: Any) -> Any:
    with short_way():
        alliance = Alliance(begin, clock)
        alliance.open()
        yield alliance


@pytest.mark.parametrize(("service", "case", "before"), LEGAL)
def test_an_arrow_of_the_chart_is_taken_by_its_use_case(
    alliance: Alliance, service: str, case: Case, before: State
) -> None:
    booking = alliance.to(service, before)
    assert booking is not None
    assert booking.state is before
    missed = alliance.run()
    case.perform(alliance, booking)
    after = alliance.booking(booking)
    assert after.state is case.to(service, before)
    assert alliance.run() == missed + case.run
    assert alliance.free(service) == PLACES - (after.state is not S.CANCELLED)
    assert ledger.trial_balance_of(alliance.begin(), booking.id).difference == {}


def test_the_use_cases_together_take_every_arrow_of_the_table() -> None:
    """A no-show is over or owed at once, so that nothing ever stands at `no_show`."""
    taken = {(before, case.commands[0]) for case in CASES for before in case.arrow}
    taken |= {(S.NO_SHOW, command) for case in CASES for command in case.commands[1:]}
    assert taken == set(ALLOWED)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_everywhere_else_people_are_told_what_is_allowed_and_news_change_nothing(
    alliance: Alliance, service: str
) -> None:
    wrong = []
    first = S.AWAITING_PAYMENT if service == "prepaid" else S.BOOKED
    states = [state for state in State if shortest(service, first, state) is not None]
    for state in states:
        booking = alliance.to(service, state)
        assert booking is not None
        missed, free = alliance.run(), alliance.free(service)
        for case in (case for case in CASES if case.arrow.get(state) is None):
            answer, wrote = asked(alliance, booking, case)
            refusal = isinstance(answer, NotAllowed) and answer.status == 409
            told = refusal and answer.members["allowed"] == sorted(c for s, c in ALLOWED if s is state)
            if case.asked and not (told and not wrote):
                wrong.append((state.value, case.name, answer, wrote))
            assert alliance.booking(booking) == booking, case
        assert (alliance.run(), alliance.free(service)) == (missed, free)
        assert ledger.trial_balance_of(alliance.begin(), booking.id).difference == {}
        forgive(alliance)
    assert wrong == []


def asked(alliance: Alliance, booking: Booking, case: Case) -> tuple[Any, set[str]]:
    """What a person hears, and the writes that came with it."""
    with metered() as meter:
        try:
            answer = case.perform(alliance, booking)
        except DomainError as refused:
            answer = refused
    return answer, set(meter.calls) - READS


def forgive(alliance: Alliance) -> None:
    """The customer keeps an appointment, so that the next booking is not blocked (BAL-03)."""
    kept = booked(alliance.do, "free", alliance.starts_at, ANN)
    _host(bookings.confirm, "Welcome")(alliance, kept)
    _consume(alliance, kept)


#: Which of machine F's commands minds the clock: minutes from the appointment, and what is answered.
CLOCK = (
    ("F2, ALY-04", "book", -1, None), ("F2, ALY-04", "book", 0, TooLate),
    ("F3, ALY-05", "confirm", -1, None), ("F3, ALY-05", "confirm", 0, TooLate),
    ("F3, AMB-20", "lapse", -1, TooEarly), ("F3, AMB-20", "lapse", 0, None),
    ("F4, ALY-11", "cancel", -1, None), ("F4, ALY-11", "cancel", 0, TooLate),
    ("F4, AMB-20", "call off", 60, None),
    ("F5, ALY-06", "consume", -31, TooEarly), ("F5, ALY-06", "consume", -30, None),
    ("F7, ALY-10", "miss", 14, TooEarly), ("F7, ALY-10", "miss", 15, None),
    ("F7, ALY-10", "miss for the merchant", 14, TooEarly), ("F7, ALY-10", "miss for the merchant", 15, None),
)  # fmt: skip
TIMED: Mapping[str, tuple[State, Perform]] = {
    "book": (S.BOOKED, lambda alliance, booking: booked(alliance.do, "free", booking.starts_at, ANN)),
    "confirm": (S.BOOKED, _host(bookings.confirm, "Welcome")),
    "lapse": (S.BOOKED, _on(bookings.lapse)),
    "cancel": (S.MERCHANT_CONFIRMED, lambda one, booking: one.do(lambda uow: bookings.cancel(uow, booking.id, ANN))),
    "call off": (S.MERCHANT_CONFIRMED, _on(bookings.call_off, CancelReason.MERCHANT)),
    "consume": (S.MERCHANT_CONFIRMED, _host(bookings.consume, Money(6500, "CNY"))),
    "miss": (S.MERCHANT_CONFIRMED, _host(bookings.report_no_show, customers_cause=True)),
    "miss for the merchant": (S.MERCHANT_CONFIRMED, _on(_missed_for_merchant)),
}


@pytest.mark.parametrize(("row", "what", "minutes", "refusal"), CLOCK)
def test_a_guard_of_the_clock_is_where_its_row_puts_it(
    alliance: Alliance, row: str, what: str, minutes: int, refusal: type[DomainError] | None
) -> None:
    before, perform = TIMED[what]
    booking = alliance.to("free", before)
    assert booking is not None, row
    timed = _after(minutes, perform)
    if refusal is None:
        timed(alliance, booking)
        return
    with metered() as meter, pytest.raises(refusal):
        timed(alliance, booking)
    assert set(meter.calls) <= READS, row
    assert alliance.booking(booking) == booking


def test_a_blocked_booking_never_begins_f1_bal_03(alliance: Alliance) -> None:
    for service in SERVICES:
        confirmed = alliance.to(service, S.MERCHANT_CONFIRMED)
        assert confirmed is not None
        _miss(alliance, confirmed)
    free = alliance.free("free")
    asking = bookings.BookingRequest("free", slot_id(alliance.starts_at), Contact(ANN.email, "en"), "Ann")
    with metered() as meter, pytest.raises(BookingBlocked):
        alliance.do(lambda uow: bookings.book(uow, asking, ANN))
    assert set(meter.calls) <= READS
    assert alliance.free("free") == free


#: Machine H2 over the use cases: what becomes of one appointment after the other, the run then, and whether it gates.
H2 = (
    ("BAL-03 one is free", ("miss",), 1, False),
    ("BAL-03 two in a row gate", ("miss", "miss"), 2, True),
    ("ALY-06 a kept one begins anew", ("miss", "miss", "consume"), 0, False),
    ("ALY-06 a kept one divides", ("miss", "consume", "miss"), 1, False),
    ("ALY-11 an active cancellation is none", ("miss", "cancel"), 1, False),
    ("ALY-11 nor does it begin anew", ("miss", "cancel", "miss"), 2, True),
    ("AMB-20 what the merchant cannot keep is none", ("miss", "call off"), 1, False),
    ("BAL-04 another cause is none", ("miss", "other"), 1, False),
    ("AMB-20 what the merchant did not confirm is none", ("miss", "lapse"), 1, False),
    ("ALY-10 said in the merchant's place it counts", ("miss", "miss for the merchant"), 2, True),
    ("BAL-04 what is excused is taken out", ("miss", "miss", "excuse"), 1, False),
)


ENDS: Mapping[str, Perform] = {
    "miss": _miss,
    "consume": _consume,
    "cancel": TIMED["cancel"][1],
    "call off": TIMED["call off"][1],
    "other": _after(15, _host(bookings.report_no_show, customers_cause=False)),
    "lapse": _after(0, _on(bookings.lapse)),
    "miss for the merchant": _after(15, TIMED["miss for the merchant"][1]),
}


@pytest.mark.parametrize(("row", "ends", "length", "gates"), H2, ids=[row for row, *_ in H2])
def test_machine_h2_moves_as_its_row_says(
    alliance: Alliance, row: str, ends: tuple[str, ...], length: int, gates: bool
) -> None:
    days = [alliance.starts_at + timedelta(days=day) for day in range(len(ends) + 1)]
    alliance.do(lambda uow: bookings.open_slots(uow, "free", dict.fromkeys(days[1:], 2)))
    made = [booked(alliance.do, "free", day, ANN) for day in days[: len(ends)]]
    for end, booking in zip(ends, made, strict=True):
        if end not in ("lapse", "excuse"):
            _host(bookings.confirm, "Welcome")(alliance, booking)
    for end, booking in zip(ends, made, strict=True):
        if end == "excuse":
            _on(bookings.excuse, "the door was shut")(alliance, made[0])
        else:
            ENDS[end](alliance, booking)
    assert alliance.run() == length, row
    if not gates:
        assert booked(alliance.do, "free", days[-1], ANN).state is S.BOOKED
        return
    with pytest.raises(BookingBlocked):
        booked(alliance.do, "free", days[-1], ANN)
