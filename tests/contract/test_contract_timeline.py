"""The timeline of an order says in words what happened, and to shoppers only what is theirs to know (ORD-26)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.core.events import CLOCK
from chalicelib.orders.domain.texts import RETURNS_OF_STAFF, of_happening
from chalicelib.orders.service.reading import Happening

EXAMPLES = Path(__file__).parents[2] / "events/examples"
#: What is told in the partition of an order, by the beginning of its name, and what of it lies elsewhere.
OF_AN_ORDER = (
    "order.",
    "dispatch.",
    "payment.",
    "refund.",
    "dispute.",
    "shipment.",
    "locker_box.",
    "invoice.",
    "return.",
)
ELSEWHERE = {"payment.unmatched"}
TOLD = sorted(
    path.stem for path in EXAMPLES.iterdir() if path.name.startswith(OF_AN_ORDER) and path.stem not in ELSEWHERE
)


@pytest.mark.parametrize("event", TOLD)
def test_every_event_of_an_order_has_words_of_its_own_in_both_languages(event: str) -> None:
    words = of_happening(event)
    assert {"en", "zh"} <= set(words)
    assert words["en"] != event


def shown(event: str) -> bool:
    return Happening(datetime(2026, 11, 22, tzinfo=UTC), event, CLOCK, {}).for_shoppers


@pytest.mark.parametrize("event", sorted({*RETURNS_OF_STAFF, "order.held", "order.problem_raised", "order.escalated"}))
def test_what_a_desk_has_left_undone_is_not_told_to_the_customer(event: str) -> None:
    assert not shown(event)


@pytest.mark.parametrize(
    "event",
    ["order.exchange_opened", "order.cash_agreed", "order.taken_over", "order.taken_back", "return.received",
     "shipment.delivered"],
)  # fmt: skip
def test_what_became_of_the_order_and_its_goods_is_told(event: str) -> None:
    assert shown(event)
