"""Letters about hand-overs: the code goes to the customer, and only while the goods wait (FUL-01)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service as fulfilment
from chalicelib.notifications.letters import LETTERS
from chalicelib.notifications.rendering import render
from chalicelib.orders.domain import OrderReadyForPickup, State
from chalicelib.orders.items import ORDER
from tests.support.sample_handovers import STORE, a_pickup, code_of, do, keep, put_secrets

CLERK = Principal("staff", "cora", posts=frozenset({Post.STORE}), scopes=frozenset({STORE}))
ORDER_FACTS = {"id": "P7K2Q0M9VX4TBE"}


def told(begin: Callable[..., UnitOfWork], order_id: str) -> Any:
    uow = begin()
    news = OrderReadyForPickup(order_id=order_id, store=STORE, place="desk")
    return LETTERS[OrderReadyForPickup].tell(uow.get(ORDER, order_id), news, uow)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_letter_says_code_place_and_time_ful_01(begin: Callable[..., UnitOfWork], language: str) -> None:
    put_secrets()
    order = keep(begin, a_pickup(state=State.PACKED))
    do(begin, lambda uow: fulfilment.make_ready(uow, order.id, CLERK))
    facts = told(begin, order.id)
    written = render("order_ready", language, {**facts, "name": "Erika", "order": ORDER_FACTS})
    assert code_of(begin, order) in written.text
    assert "Berlin store" in written.text
    assert "Friedrichstraße 1" in written.text


def test_no_letter_is_written_when_the_goods_do_not_wait_any_more(begin: Callable[..., UnitOfWork]) -> None:
    put_secrets()
    order = keep(begin, a_pickup(state=State.PACKED))
    do(begin, lambda uow: fulfilment.make_ready(uow, order.id, CLERK))
    code = code_of(begin, order)
    do(begin, lambda uow: fulfilment.collect(uow, order.id, code, CLERK))
    assert told(begin, order.id) is None
