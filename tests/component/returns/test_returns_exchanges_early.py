"""A shop may send the new goods before it has seen the old ones, and then it is owed them (RET-04, RET-06)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.errors import RuleRefused
from chalicelib.core.settings import Setting
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain import Order
from chalicelib.orders.domain import State as OrderState
from chalicelib.payments.domain import FactKind
from chalicelib.returns import service
from chalicelib.returns.domain import (
    Desk,
    State,
    TooManyReturned,
)
from chalicelib.returns.items import RETURN, RETURN_TALLY
from tests.support.sample_exchanges import (
    agreed,
    books,
    cancel,
    complete,
    delivered,
    exchange_of,
    found,
    let_time_pass,
    parcel,
    stock,
    stocked,
)
from tests.support.sample_orders import eur
from tests.support.sample_returns import (
    AFTER_SALES,
    OWNER,
    STORE,
    ask,
    deliver,
    do,
    happened,
    provider_says,
    read,
)

Begin = Callable[..., UnitOfWork]


@pytest.fixture
def order(begin: Begin) -> Order:
    stocked(begin)
    return delivered(begin)


@pytest.fixture
def released_when(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set when exchange orders are released."""

    def put(moment: str) -> None:
        real = UnitOfWork.setting

        def setting(uow: UnitOfWork, wanted: Setting[Any], market: str = "") -> Any:
            return moment if wanted.name == "returns.exchange_released_when" else real(uow, wanted, market)

        monkeypatch.setattr(UnitOfWork, "setting", setting)

    return put


@pytest.mark.parametrize("moment", ["approved", "received"])
def test_a_shop_may_send_the_new_goods_before_it_has_looked_at_the_old_ones_ret04(
    begin: Begin, order: Order, released_when: Callable[[str], None], moment: str
) -> None:
    released_when(moment)
    thing = agreed(begin, order)
    assert exchange_of(begin, thing).state is (
        OrderState.REVIEWED if moment == "approved" else OrderState.AWAITING_RETURN
    )
    thing = parcel(begin, thing)
    complete(begin, exchange_of(begin, thing))
    uow = begin()
    inspected = do(begin, lambda uow: service.inspect(uow, thing.id, STORE, found(thing, 2)))
    assert inspected.state is State.EXCHANGED
    assert "customer_funds" not in books(begin, order.id, thing.exchange_order)
    assert uow.get(RETURN_TALLY, order.id).of("1").settled == 2


def test_goods_that_are_owed_go_to_after_sales_then_to_management_and_are_written_off_with_a_reason_ret06(
    begin: Begin, order: Order, released_when: Callable[[str], None], clock: Any
) -> None:
    released_when("approved")
    thing = agreed(begin, order)
    complete(begin, exchange_of(begin, thing))
    with pytest.raises(RuleRefused):
        do(begin, lambda uow: service.cancel(uow, thing.id, OWNER))
    clock.forward(days=15)
    owed = let_time_pass(begin, thing)
    assert (owed.state, owed.desk, owed.owed) == (State.GOODS_OWED, Desk.AFTER_SALES, {"1": 2})
    clock.forward(days=8)
    late = let_time_pass(begin, thing)
    assert (late.state, late.desk) == (State.GOODS_OWED, Desk.MANAGEMENT)
    assert happened(order.id, "return.overdue")[-1].data.desk == "management"
    ended = do(begin, lambda uow: service.write_off(uow, thing.id, AFTER_SALES, "lost in the post"))
    assert (ended.state, ended.desk) == (State.EXCHANGED, None)
    with pytest.raises(TooManyReturned):
        ask(begin, order, {"1": 1})
    assert "customer_funds" not in books(begin, order.id, thing.exchange_order)


def test_goods_that_are_owed_may_still_come(
    begin: Begin, order: Order, released_when: Callable[[str], None], clock: Any
) -> None:
    released_when("approved")
    thing = agreed(begin, order)
    complete(begin, exchange_of(begin, thing))
    clock.forward(days=15)
    let_time_pass(begin, thing)
    parcel(begin, thing)
    half = do(begin, lambda uow: service.inspect(uow, thing.id, STORE, found(thing, 1)))
    assert (half.state, half.owed) == (State.GOODS_OWED, {"1": 1})
    assert stock(begin, "mug-s") == (11, 0)
    with pytest.raises(RuleRefused):
        parcel(begin, thing)


def test_an_early_exchange_order_that_is_cancelled_gives_the_value_back_and_pays_for_what_comes(
    begin: Begin, order: Order, released_when: Callable[[str], None]
) -> None:
    released_when("approved")
    thing = agreed(begin, order)
    before = books(begin, order.id)
    cancel(begin, thing)
    assert books(begin, thing.exchange_order) == {}
    parcel(begin, thing)
    back = do(begin, lambda uow: service.inspect(uow, thing.id, STORE, found(thing, 1)))
    assert (back.state, back.refund) == (State.INSPECTED, eur("20.00"))
    do(begin, lambda uow: service.refund_by_rule(uow, uow.get(RETURN, order.id, thing.id)))
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, ["settle-return"])
    assert read(begin, thing).state is State.REFUNDED
    after = books(begin, order.id, thing.exchange_order)
    assert before["receivable:sandbox"] - after["receivable:sandbox"] == eur("20.00")
