"""Letters about exchanges: the number and what to send, what becomes of the money, and goods that are owed (RET-13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.notifications.letters import LETTERS, about
from chalicelib.notifications.rendering import render
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, OrderCancelled, OrderExchangeOpened
from chalicelib.orders.items import ORDER
from chalicelib.returns import service
from chalicelib.returns.domain import Return, ReturnExchangeCalledOff, ReturnInspected
from tests.support.sample_exchanges import agreed, delivered, stocked
from tests.support.sample_returns import OWNER, deliver, do, happened, send_back

Begin = Callable[..., UnitOfWork]


def letter(begin: Begin, number: str, kind: type, language: str = "en") -> str | None:
    """The text of the letter that the last event of a kind makes, or None."""
    event = next(event for event in reversed(happened(number)) if type(event.data) is kind)
    uow = begin()
    order = uow.get(ORDER, event.data.order_id)
    facts: Any = LETTERS[kind].tell(order, event.data, uow)
    return None if facts is None else render(LETTERS[kind].template, language, {**about(order), **facts}).text


@pytest.fixture
def thing(begin: Begin) -> Return:
    stocked(begin)
    return agreed(begin, delivered(begin))


@pytest.mark.parametrize(("language", "nothing_to_pay"), [("en", "nothing to pay"), ("zh", "无需付款")])
def test_the_exchange_is_told_with_its_number_and_the_number_to_send_back_under(
    begin: Begin, thing: Return, language: str, nothing_to_pay: str
) -> None:
    written = letter(begin, thing.exchange_order, OrderExchangeOpened, language)
    assert written is not None
    assert all(text in written for text in (thing.exchange_order, thing.id, thing.order_id, "Mug mug", nothing_to_pay))


def test_a_cancelled_exchange_makes_one_letter_that_says_what_becomes_of_the_money(begin: Begin, thing: Return) -> None:
    do(begin, lambda uow: orders.cancel(uow, thing.exchange_order, OWNER, CancelReason.CHANGED_MIND))
    deliver(begin, thing.exchange_order, ["follow-exchange"])
    assert letter(begin, thing.exchange_order, OrderCancelled) is None
    written = letter(begin, thing.order_id, ReturnExchangeCalledOff)
    assert written is not None
    assert "You can still send the goods back" in written


def test_sold_out_new_goods_are_apologised_for_and_paid_back_rev08(begin: Begin, thing: Return) -> None:
    send_back(begin, thing)
    reason = CancelReason.OUT_OF_STOCK
    do(begin, lambda uow: orders.call_off(uow, uow.get(ORDER, thing.exchange_order), reason))
    deliver(begin, thing.exchange_order, ["follow-exchange"])
    written = letter(begin, thing.order_id, ReturnExchangeCalledOff)
    assert written is not None
    assert "out of stock" in written
    assert "we pay you back" in written


def test_accepted_goods_are_answered_with_the_exchange_order_and_no_money(begin: Begin, thing: Return) -> None:
    send_back(begin, thing)
    written = letter(begin, thing.order_id, ReturnInspected)
    assert written is not None
    assert f"We prepare your exchange order {thing.exchange_order} now" in written
    assert "We will pay" not in written


def test_who_keeps_the_goods_gets_no_letter_about_money(begin: Begin, thing: Return) -> None:
    do(begin, lambda uow: service.cancel(uow, thing.id, OWNER))
    deliver(begin, thing.exchange_order, ["follow-exchange"])
    assert [event.type for event in happened(thing.order_id, "return.")][-1] == "return.cancelled"
