"""Who is written to about a booking: the customer, the merchant, or both, once (NTF-01)."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest

from chalicelib.bookings import domain as bookings
from chalicelib.bookings import service
from chalicelib.core import events
from chalicelib.core.events import SYSTEM, Aggregate, Event, type_of
from chalicelib.core.money import Money
from chalicelib.core.triggers import REGISTRY
from chalicelib.notifications import service as notifications
from chalicelib.notifications.triggers import send_mail
from chalicelib.payments import domain as payments


@pytest.fixture
def post(alliance: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The mails that the service is given, to whom and what."""
    sent: list[tuple[str, Any]] = []

    def send(raw: bytes, to: str) -> str:
        sent.append((to, email.message_from_bytes(raw, policy=email.policy.default)))
        return f"mail-{len(sent)}"

    monkeypatch.setattr(notifications, "_send", send)
    return sent


def tell(alliance: Any, data: Any, event_id: str = "event-1") -> None:
    known = type_of(data)
    event = Event(event_id, known.name, 1, Aggregate("booking", "x"), 1, alliance.clock.now, SYSTEM, "c", "t", data)
    notifications.deliver(alliance.begin(), event)


def received(booking: Any) -> bookings.BookingReceived:
    return bookings.BookingReceived(
        booking_id=booking.id, merchant_id=booking.merchant, answer_by=booking.deadlines["answer_by"]
    )


def test_a_new_booking_is_told_to_the_customer_and_the_merchant_each_in_their_language(
    alliance: Any, post: list[tuple[str, Any]]
) -> None:
    made = alliance.book()
    tell(alliance, received(made))
    assert [to for to, _ in post] == ["ann@example.com", "desk@tea-house.example"]
    assert "We have your booking" in post[0][1]["Subject"]
    assert "新预约" in post[1][1]["Subject"]
    assert "ann@example.com" not in post[1][1].as_string()


def test_a_redelivered_event_writes_nobody_again(alliance: Any, post: list[tuple[str, Any]]) -> None:
    made = alliance.book()
    for _ in range(3):
        tell(alliance, received(made))
    assert len(post) == 2


def test_a_merchant_that_never_heard_of_a_booking_does_not_hear_that_it_is_off(
    alliance: Any, post: list[tuple[str, Any]]
) -> None:
    made = alliance.book("west-lake-walk")
    told = {"booking_id": made.id, "merchant_id": made.merchant, "reason": "not_paid", "paid_back": None}
    tell(alliance, bookings.BookingCancelled(**told, was_received=False))
    assert [to for to, _ in post] == ["ann@example.com"]


def test_the_whole_way_of_a_booking_is_told(alliance: Any, post: list[tuple[str, Any]]) -> None:
    made = alliance.confirmed("west-lake-walk")
    missed = alliance.miss(made)
    alliance.do(lambda uow: service.return_prepayment(uow, missed.id))
    rows = alliance.begin().load_partition(f"ORDER#{made.id}", "EVENT#")
    assert send_mail  # it is registered
    wanted = REGISTRY["send-mail"].on
    happened = [events.decode(told) for row in rows for told in row.envelopes]
    for event in sorted(happened, key=lambda event: (event.occurred_at, event.sequence)):
        if event.type in wanted:
            notifications.deliver(alliance.begin(), event)
    subjects = [mail["Subject"] for to, mail in post if to == "ann@example.com"]
    assert [subject.split(":")[0].replace(made.id, "").strip() for subject in subjects] == [
        "Please pay for your booking", "We have your booking", "Your booking  is confirmed", "We missed you",
        "Your prepayment is back",
    ]  # fmt: skip


def test_money_that_goes_back_to_the_card_is_told(alliance: Any, post: list[tuple[str, Any]]) -> None:
    made = alliance.book("west-lake-walk")
    tell(alliance, payments.RefundSucceeded(
        made.id, made.payment_id, "r1", Money(8000, "CNY"), "late", "sandbox", "re_1"
    ))  # fmt: skip
    ((to, mail),) = post
    assert to == "ann@example.com"
    assert made.id in mail["Subject"]


def test_a_failed_attempt_to_prepay_makes_no_letter_and_no_dead_letter(
    alliance: Any, post: list[tuple[str, Any]]
) -> None:
    made = alliance.book("west-lake-walk")
    tell(alliance, payments.PaymentFailed(made.id, made.payment_id, "sandbox", "pi_1", "declined"))
    assert post == []
