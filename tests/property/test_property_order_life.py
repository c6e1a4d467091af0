"""Orders, payments, stock and refunds live through anything (M1 to M10, S1 to S6, T1 to T5, E1, E3, O1 to O3, L1).

A green run that did nothing is a red one: its lives must have reached every kind of success, fault and end.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.property.machine import STARTS_IN_PARTS, live

#: Without these a long run has proved nothing; of those between bars one is enough.
MUST_BE_REACHED = (
    "place: done", "place: refused", "place: unknown", "place: sold out", "place again: done", "open payment: done",
    "message captured: done", "message captured: unknown", "message again", "event again",
    "review-order: done", "route-order: done", "execute-refund: done", "execute-refund: unknown", "send-mail: done",
    "message refunded: done", "message refund_failed: done", "ask-provider: done", "cancel: done", "cancel: refused",
    "cancel again: done", "refund: done", "refund: refused", "refund again: done", "sweep: done", "accept: done",
    "ship: done", "receipt: done", "receive stock: done", "met another",
    "ask for a return: done", "ask for a return: refused", "return receive: done", "return inspect: done",
    "returns-refund: done", "settle-return: done",
    "paid exact", "paid partial|paid over|paid twice", "paid yen|paid wrong payment|paid wrong order",
    "struck by crash_before", "struck by crash_after", "struck by lost_answer|struck by server_error_after",
    "struck by timeout|struck by server_error|struck by throttle|struck by conflict",
    "ended cancelled", "ended completed", "ended routed", "refunded",
)  # fmt: skip

#: The same of lives in which orders are paid in parts (ORD-12).
MUST_BE_REACHED_IN_PARTS = (
    "pay from balance: done", "pay from balance: refused", "pay from balance: unknown", "pay from balance again: done",
    "open part: done", "open part: refused", "paid a part", "paid rest", "paid partial|paid over|paid twice",
    "pay from balance met message captured|message captured met pay from balance",
    "pay from balance met cancel|pay from balance met sweep|pay from balance met refund",
    "message captured: done", "execute-refund: done", "cancel: done", "refund: done", "sweep: done",
    "ended cancelled", "ended completed|ended routed", "refunded",
)  # fmt: skip

#: What already a short run reaches.
SOON_REACHED = (
    "place: done", "open payment: done", "message captured: done", "review-order: done", "route-order: done",
    "cancel: done", "accept: done", "ship: done", "sweep: done", "met another",
    "struck by crash_before|struck by crash_after",
)  # fmt: skip


def _missing(reached: Counter[str], wanted: tuple[str, ...]) -> list[str]:
    return [what for what in wanted if not any(reached[one] for one in what.split("|"))]


def test_a_few_lives_end_with_goods_and_money_right() -> None:
    assert not _missing(live(examples=6, number=4), SOON_REACHED)


def test_a_few_lives_that_pay_in_parts_end_with_all_of_it_in_its_place_ord_12() -> None:
    reached = live(examples=3, number=6, starts=STARTS_IN_PARTS, in_parts=True)
    assert not _missing(reached, ("pay from balance: done", "open part: done", "paid a part"))


@pytest.mark.fuzz
@pytest.mark.parametrize("numbers", [(0, 1), (2, 3)], ids=["first half", "second half"])
def test_whatever_happens_goods_and_money_are_right(
    numbers: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    reached: Counter[str] = Counter()
    for number in numbers:
        reached += live(examples=30, number=number)
    with capsys.disabled():
        print("\nreached: " + ", ".join(f"{what} {times}" for what, times in sorted(reached.items())))  # noqa: T201
    assert not _missing(reached, MUST_BE_REACHED)


@pytest.mark.fuzz
def test_whatever_happens_the_parts_of_a_payment_are_what_is_due_and_what_went_back_ord_12(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reached: Counter[str] = Counter()
    for number in (0, 1):
        reached += live(examples=30, number=number, starts=STARTS_IN_PARTS, in_parts=True)
    with capsys.disabled():
        print("\nreached: " + ", ".join(f"{what} {times}" for what, times in sorted(reached.items())))  # noqa: T201
    assert not _missing(reached, MUST_BE_REACHED_IN_PARTS)
