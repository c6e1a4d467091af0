"""Every arrow of the merchant alliance, legal and illegal: machines B (merchants) and F (bookings)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from chalicelib.bookings.domain import (
    ALLOWED,
    FINAL,
    STEPS,
    Booking,
    CancelReason,
    Command,
    Document,
    Merchant,
    Offering,
    Standing,
    State,
    Step,
    TooEarly,
    TooLate,
    next_state,
    slot_id,
    slot_start,
)
from chalicelib.core.errors import Conflict, Invalid, NotAllowed, RuleRefused
from chalicelib.core.money import Money
from chalicelib.markets.domain import Contact

NOW = datetime(2026, 9, 20, 2, 0, tzinfo=UTC)
STARTS = datetime(2026, 9, 30, 2, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
CLOSES = NOW + timedelta(days=7)
FEE = Money(8000, "CNY")
PAPERS = (Document("business_licence", "s3://papers/1"), Document("tax_registration", "s3://papers/2"))
REQUIRED = ("business_licence", "tax_registration")

# Machine F: the chart, row by row, written down here a second time on purpose.
CHART_F = {
    ("awaiting_payment", "confirm_payment"): "booked",  # F2, ALY-04
    ("awaiting_payment", "expire"): "cancelled",  # PAY-08
    ("awaiting_payment", "cancel"): "cancelled",  # F4
    ("booked", "confirm"): "merchant_confirmed",  # F3, ALY-05
    ("booked", "lapse"): "cancelled",  # AMB-20, ALY-09
    ("booked", "cancel"): "cancelled",  # F4, ALY-11
    ("merchant_confirmed", "cancel"): "cancelled",  # F4, ALY-11
    ("merchant_confirmed", "consume"): "consumed",  # F5, ALY-06
    ("consumed", "remark"): "completed",  # F6, ALY-08
    ("merchant_confirmed", "report_no_show"): "no_show",  # F7, ALY-10
    ("no_show", "owe_refund"): "refund_due",  # F8, ALY-09
    ("no_show", "close"): "closed",  # nothing prepaid
    ("refund_due", "close"): "closed",  # F9, ALY-09
    ("refund_due", "excuse"): "refund_due",  # BAL-04
    ("closed", "excuse"): "closed",  # BAL-04
}
# Machine B.
CHART_B = {
    ("invited", "register"): "registered",  # ALY-01
    ("registered", "close_registration"): "screening",  # ALY-02
    ("screening", "reject"): "rejected",  # ALY-02
    ("screening", "qualify"): "qualified",  # ALY-02
    ("qualified", "submit_documents"): "documents_submitted",  # ALY-02
    ("documents_submitted", "activate"): "active",  # ALY-03
}


def merchant(**changes: Any) -> Merchant:
    invited = Merchant.invited(
        id="lantern-travel", name={"en": "Lantern Travel"}, market="CN", country="CN", time_zone="Asia/Shanghai",
        email="desk@lantern.example", language="zh-CN", closes_at=CLOSES, at=NOW,
    )  # fmt: skip
    return replace(invited, **changes)


def booking(state: State = State.BOOKED, prepayment: Money | None = FEE, **changes: Any) -> Booking:
    offering = Offering(
        id="west-lake-walk", merchant="lantern-travel", title={"en": "West Lake walk"}, description={},
        prepayment=prepayment, minutes=120,
    )  # fmt: skip
    made = Booking.placed(
        "A7K2Q0M9VX4TBT", merchant(), offering, STARTS, currency="CNY", customer="ann",
        contact=Contact("ann@example.com", "en"), name="Ann", payment_method="alipay", at=NOW,
        pay_by=NOW + timedelta(minutes=30),
    )  # fmt: skip
    return replace(made, state=state, **changes)


def received(at: datetime = NOW, before: int = 0, prepayment: Money | None = FEE) -> Booking:
    """A booking that its merchant has got, and can confirm until so many minutes before the appointment."""
    return booking(prepayment=prepayment, deadlines={}).received(at, DAY, timedelta(minutes=before), 3)


@pytest.mark.parametrize(("state", "command"), list(product(State, Command)))
def test_machine_f_takes_the_arrows_of_the_chart_and_no_other(state: State, command: Command) -> None:
    to = CHART_F.get((state.value, command.value))
    if to is not None:
        assert next_state(state, command) == to
        return
    with pytest.raises(NotAllowed) as refused:
        next_state(state, command)
    assert refused.value.members["allowed"] == sorted(c for s, c in CHART_F if s == state.value)


def test_machine_f_has_no_arrow_that_the_chart_lacks() -> None:
    assert {(s.value, c.value): to.value for (s, c), to in ALLOWED.items()} == CHART_F
    assert {State.COMPLETED, State.CANCELLED, State.CLOSED} == FINAL


STEP: dict[Step, Callable[[Merchant], Merchant]] = {
    Step.REGISTER: lambda m: m.register(NOW),
    Step.CLOSE_REGISTRATION: lambda m: m.close_registration(CLOSES),
    Step.QUALIFY: lambda m: m.qualify(NOW),
    Step.REJECT: lambda m: m.reject("outside the area", NOW),
    Step.SUBMIT_DOCUMENTS: lambda m: m.submit(PAPERS, attended=True, required=REQUIRED, at=NOW),
    Step.ACTIVATE: lambda m: m.activate(NOW),
}


@pytest.mark.parametrize(("standing", "step"), list(product(Standing, Step)))
def test_machine_b_takes_the_arrows_of_the_chart_and_no_other(standing: Standing, step: Step) -> None:
    before = merchant(standing=standing)
    to = CHART_B.get((standing.value, step.value))
    if to is not None:
        after = STEP[step](before)
        assert after.standing == to
        assert after.steps[-1][0] == to
    elif step is Step.CLOSE_REGISTRATION:  # a clock, not a person: it finds nothing to do
        assert STEP[step](before).standing is standing
    else:
        with pytest.raises(NotAllowed) as refused:
            STEP[step](before)
        assert refused.value.members["allowed"] == sorted(c for s, c in CHART_B if s == standing.value)


def test_machine_b_has_no_arrow_that_the_chart_lacks() -> None:
    assert {(s.value, c.value): to.value for (s, c), to in STEPS.items()} == CHART_B


def test_nobody_registers_at_or_after_the_closing_date_aly_01() -> None:
    assert merchant().register(CLOSES - timedelta(seconds=1)).standing is Standing.REGISTERED
    with pytest.raises(RuleRefused) as refused:
        merchant().register(CLOSES)
    assert refused.value.members["rule"] == "ALY-01"


def test_nobody_is_invited_with_a_closing_date_that_is_over_aly_01() -> None:
    with pytest.raises(RuleRefused):
        Merchant.invited(
            id="late", name={"en": "Late"}, market="CN", country="CN", time_zone="Asia/Shanghai", email="a@b.example",
            language="en", closes_at=NOW, at=NOW,
        )  # fmt: skip


def test_a_merchant_that_has_not_registered_stays_invited_when_registration_closes_aly_02() -> None:
    closed = merchant().close_registration(CLOSES)
    assert (closed.standing, closed.deadlines) == (Standing.INVITED, {})


@pytest.mark.parametrize(
    ("papers", "attended", "missing"),
    [(PAPERS[:1], True, ["tax_registration"]), ((), True, sorted(REQUIRED)), (PAPERS, False, [])],
)
def test_documents_must_be_complete_and_the_meeting_attended_aly_02(
    papers: tuple[Document, ...], attended: bool, missing: list[str]
) -> None:
    with pytest.raises(RuleRefused) as refused:
        merchant(standing=Standing.QUALIFIED).submit(papers, attended=attended, required=REQUIRED, at=NOW)
    assert refused.value.members == {"rule": "ALY-02", "missing": missing, "attended": attended}


# Bookings


def test_a_booking_without_prepayment_is_booked_at_once_aly_04() -> None:
    made = booking(prepayment=None, state=State.BOOKED)
    assert (made.prepaid, made.deadlines) == (Money.zero("CNY"), {})


def test_nobody_books_an_appointment_that_has_begun() -> None:
    offering = Offering(id="x", merchant="m", title={}, description={}, prepayment=None, minutes=60)
    with pytest.raises(TooLate):
        Booking.placed(
            "A", merchant(), offering, STARTS, currency="CNY", customer="ann", contact=Contact("a@b.example", "en"),
            name="Ann", payment_method="", at=STARTS, pay_by=STARTS,
        )  # fmt: skip


def test_the_merchant_answers_before_the_appointment_at_the_latest_amb_20() -> None:
    assert received().deadlines["answer_by"] == NOW + DAY
    assert received(STARTS - timedelta(hours=1)).deadlines["answer_by"] == STARTS


@pytest.mark.parametrize(
    ("before", "at", "until"),
    [
        (0, NOW, STARTS),
        (120, NOW, STARTS - timedelta(hours=2)),
        (120, STARTS - timedelta(hours=2), STARTS),  # it comes too late for that
        (120, STARTS - timedelta(hours=1), STARTS),
    ],
)
def test_the_merchant_can_confirm_until_then_and_it_ends_from_then_on_amb_20(
    before: int, at: datetime, until: datetime
) -> None:
    waiting = received(at, before)
    assert (waiting.confirm_by, waiting.deadlines["confirm_by"]) == (until, until)
    assert waiting.deadlines["answer_by"] <= until
    second = timedelta(seconds=1)
    assert waiting.confirm("welcome", until - second, DAY).deadlines.keys() == {"report_by", "refund_by"}
    with pytest.raises(TooLate):
        waiting.confirm("welcome", until, DAY)
    with pytest.raises(TooEarly):
        waiting.lapse(until - second)
    ended = waiting.lapse(until)
    assert (ended.state, ended.cancelled_for, ended.deadlines) == (State.CANCELLED, CancelReason.UNANSWERED, {})


def test_one_that_was_told_no_time_can_be_confirmed_until_the_appointment_begins_amb_20() -> None:
    assert booking().confirm("welcome", STARTS - timedelta(seconds=1), DAY).state is State.MERCHANT_CONFIRMED
    with pytest.raises(TooLate):
        booking().confirm("welcome", STARTS, DAY)


def test_a_prepayment_is_due_back_from_the_appointment_on_whatever_the_merchant_says_aly_09() -> None:
    assert received().deadlines["refund_by"] == datetime(2026, 10, 10, 16, tzinfo=UTC)
    assert "refund_by" not in received(prepayment=None).deadlines


def test_a_confirmed_appointment_can_be_cancelled_until_it_begins_aly_11() -> None:
    confirmed = booking(State.MERCHANT_CONFIRMED)
    off = confirmed.cancel(CancelReason.CUSTOMER, STARTS - timedelta(seconds=1))
    assert (off.state, off.cancelled_for, off.customers_cause) == (State.CANCELLED, CancelReason.CUSTOMER, False)
    with pytest.raises(TooLate):
        confirmed.cancel(CancelReason.CUSTOMER, STARTS)
    assert confirmed.cancel(CancelReason.MERCHANT, STARTS).state is State.CANCELLED


@pytest.mark.parametrize(
    ("prepayment", "actual", "to_balance", "excess", "returned"),
    [
        (FEE, 8000, True, 0, 0),
        (FEE, 12000, True, 4000, 0),  # ALY-07
        (FEE, 6500, True, 0, 1500),  # AMB-07
        (FEE, 6500, False, 0, 0),  # AMB-07 is a setting
        (FEE, 0, True, 0, 8000),
        (None, 5000, True, 5000, 0),
        (None, 0, True, 0, 0),
    ],
)
def test_excess_is_paid_outside_and_a_shortfall_goes_to_the_balance_aly_07_amb_07(
    prepayment: Money | None, actual: int, to_balance: bool, excess: int, returned: int
) -> None:
    consumed = booking(State.MERCHANT_CONFIRMED, prepayment).consume(
        Money(actual, "CNY"), STARTS, STARTS, return_shortfall=to_balance, early=timedelta()
    )
    assert (consumed.excess, consumed.returned) == (Money(excess, "CNY"), Money(returned, "CNY"))


@pytest.mark.parametrize("actual", [Money(8000, "EUR"), Money(-1, "CNY")])
def test_the_actual_amount_is_in_the_bookings_currency_and_not_negative_aly_06(actual: Money) -> None:
    with pytest.raises(Invalid):
        booking(State.MERCHANT_CONFIRMED).consume(actual, STARTS, STARTS, return_shortfall=True, early=timedelta())


def test_nobody_consumes_before_the_appointment_but_for_who_comes_early_aly_06() -> None:
    early = timedelta(minutes=30)
    for at in (NOW, STARTS - timedelta(minutes=30, seconds=1)):
        with pytest.raises(TooEarly) as refused:
            booking(State.MERCHANT_CONFIRMED).consume(FEE, at, STARTS, return_shortfall=True, early=early)
        assert refused.value.members == {"not_before": "2026-09-30T01:30:00+00:00", "rule": "ALY-06"}
    done = booking(State.MERCHANT_CONFIRMED).consume(FEE, STARTS - early, STARTS, return_shortfall=True, early=early)
    assert done.state is State.CONSUMED


def missed(prepayment: Money | None = FEE, at: datetime = STARTS + timedelta(minutes=15)) -> Booking:
    return confirmed(STARTS - timedelta(seconds=1), prepayment).miss(
        customers_cause=True, at=at, not_before=timedelta(minutes=15), refund_days=3
    )


def confirmed(at: datetime, prepayment: Money | None = FEE) -> Booking:
    return booking(State.BOOKED, prepayment).confirm("welcome", at, timedelta(hours=24))


def test_a_no_show_cannot_be_reported_while_the_customer_may_still_come_aly_10() -> None:
    with pytest.raises(TooEarly):
        missed(at=STARTS + timedelta(minutes=14, seconds=59))
    assert missed().state is State.REFUND_DUE


def test_a_missed_appointment_without_prepayment_is_closed_at_once_f8() -> None:
    over = missed(prepayment=None)
    assert [stage.state for stage in over.stages[-2:]] == [State.NO_SHOW, State.CLOSED]
    assert over.deadlines == {}


@pytest.mark.parametrize(
    ("country", "zone", "starts_at", "due"),
    [
        # an ordinary Tuesday: Wednesday, Thursday, Friday
        ("DE", "Europe/Berlin", "2026-11-03T18:00+01:00", "2026-11-07T00:00+01:00"),
        # National Day week: 8 and 9 October, and the Saturday that makes up for it (AMB-13)
        ("CN", "Asia/Shanghai", "2026-09-30T10:00+08:00", "2026-10-11T00:00+08:00"),
        # late evening in Shanghai is the same day there, whatever UTC says
        ("CN", "Asia/Shanghai", "2026-11-03T23:30+08:00", "2026-11-07T00:00+08:00"),
        # over a weekend
        ("GB", "Europe/London", "2026-11-05T10:00+00:00", "2026-11-11T00:00+00:00"),
    ],
)
def test_the_refund_is_due_by_the_end_of_the_third_working_day_aly_09_amb_13(
    country: str, zone: str, starts_at: str, due: str
) -> None:
    late = booking(country=country, time_zone=zone, starts_at=datetime.fromisoformat(starts_at))
    assert late.refund_by(3) == datetime.fromisoformat(due)


def test_a_no_show_is_excused_once_bal_04() -> None:
    excused = missed().excuse("the merchant was closed", STARTS)
    assert (excused.customers_cause, excused.excused) == (False, "the merchant was closed")
    with pytest.raises(Conflict):
        excused.excuse("again", STARTS)
    with pytest.raises(NotAllowed):
        booking().excuse("nothing was missed", STARTS)


def test_an_overdue_task_is_remembered_until_it_is_done_amb_20() -> None:
    waiting = received().miss_deadline("answer_by")
    assert (waiting.missed, waiting.deadlines.get("answer_by")) == (("answer_by",), None)
    assert waiting.confirm("welcome", NOW, timedelta(hours=24)).missed == ()


@pytest.mark.parametrize("text", ["20261201T0930Z", "20260930T0200Z"])
def test_a_slots_id_is_its_beginning(text: str) -> None:
    assert slot_id(slot_start(text)) == text


@pytest.mark.parametrize("text", ["", "20261301T0930Z", "20261201T0930", "2026-12-01T09:30Z", "20261201T2460Z"])
def test_what_is_no_time_is_no_slot(text: str) -> None:
    with pytest.raises(Invalid):
        slot_start(text)
