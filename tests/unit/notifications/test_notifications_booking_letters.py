"""Letters about bookings: complete in English and Chinese, harmless whatever people are called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.money import Money
from chalicelib.notifications.booking_letters import BOOKING_LETTERS
from chalicelib.notifications.rendering import LANGUAGES, TEMPLATES, render

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CNY = Money(8_000, "CNY")
FACTS: dict[str, Any] = {
    "name": "Erika Mustermann",
    "booking": {
        "id": "A7K2Q0M9VX4TBT", "title": "West Lake walk", "merchant": "Lantern Travel", "guest": "Erika",
        "starts_at": NOW,
    },
    "prepayment": CNY, "pay_by": NOW, "answer_by": NOW, "confirm_by": NOW, "reply": "Welcome",
    "reason": "customer", "paid_back": CNY,
    "actual": CNY, "prepaid": CNY, "excess": CNY, "returned": None, "counts": True, "run": 2, "limit": 2,
    "guarantee": 50, "refund_due": CNY, "refund_by": NOW, "refunded": CNY, "amount": CNY, "deadline": "answer_by",
}  # fmt: skip
NAMES = sorted({letter.template for letters in BOOKING_LETTERS.values() for letter in letters})
HOSTILE = ["<script>alert(1)</script>", "Eve\r\nBcc: all@example.com", "{{ 7 * 7 }}", "\u202eevil\u202c"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_booking_letter_exists_in_every_language_ntf_01(name: str, language: str) -> None:
    written = render(name, language, FACTS, time_zone="Asia/Shanghai")
    assert written.language == language
    assert "A7K2Q0M9VX4TBT" in written.subject
    assert "Erika Mustermann" in written.text
    assert "{%" not in written.text + written.html


def test_no_booking_template_is_without_a_letter() -> None:
    for language in LANGUAGES:
        files = {f"bookings/{path.stem}" for path in (TEMPLATES / language / "bookings").glob("*.txt")}
        assert files == set(NAMES)


def test_times_are_the_appointments_own_zone() -> None:
    assert "17:30" in render("bookings/received", "en", FACTS, time_zone="Asia/Shanghai").text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"excess": None, "returned": Money(1_500, "CNY")}, "is on your balance account"),
        ({"excess": CNY, "returned": None}, "paid to the merchant directly"),
    ],
)
def test_the_visit_is_told_with_what_was_above_or_below_the_prepayment_aly_07(facts: dict[str, Any], said: str) -> None:
    assert said in render("bookings/consumed", "en", {**FACTS, **facts}).text


def test_a_no_show_that_counts_names_the_guarantee_and_one_that_does_not_does_not_bal_03() -> None:
    assert "CNY 50" in render("bookings/missed", "en", FACTS).text
    assert "CNY 50" not in render("bookings/missed", "en", {**FACTS, "counts": False}).text


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_guests_and_replies_change_nothing_but_their_own_words(name: str, hostile: str) -> None:
    facts = {**FACTS, "name": hostile, "reply": hostile, "booking": {**FACTS["booking"], "guest": hostile}}
    written = render(name, "en", facts)
    assert "\n" not in written.subject
    assert "<script" not in written.html
    assert "\nBcc:" not in written.text
    assert "49" not in written.text.replace("17:30", "")
