"""Goods come back: who may ask for what, until when, and what happens to the goods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Invalid, NotAllowed, NotFound, VersionConflict
from chalicelib.core.settings import Setting
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory.service import levels
from chalicelib.orders.domain import OrderClass, class_of
from chalicelib.orders.domain import State as OrderState
from chalicelib.orders.items import ORDER
from chalicelib.returns import service
from chalicelib.returns.domain import (
    Condition,
    Disposition,
    InspectedLine,
    NotReturnable,
    Reason,
    RejectReason,
    State,
    TooManyReturned,
)
from chalicelib.returns.items import RETURN, RETURN_TALLY
from tests.support.sample_orders import a_line, an_order, eur
from tests.support.sample_returns import (
    AFTER_SALES,
    OWNER,
    STORE,
    ask,
    completed_order,
    do,
    happened,
    read,
    send_back,
)

Begin = Callable[..., UnitOfWork]


@pytest.fixture
def on_settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put settings in force: `on_settings(**{"returns.auto_approve_up_to": 0})`."""

    def put(**values: Any) -> None:
        real = UnitOfWork.setting

        def setting(uow: UnitOfWork, wanted: Setting[Any], market: str = "") -> Any:
            return values.get(wanted.name, real(uow, wanted, market))

        monkeypatch.setattr(UnitOfWork, "setting", setting)

    return put


# Asking


def test_a_small_return_gets_a_number_of_class_r_and_is_approved_at_once_ord06_ret02(begin: Begin) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 1})
    assert class_of(thing.id) is OrderClass.RETURN
    assert thing.state is State.APPROVED
    assert thing.estimate == eur("20.00")
    assert [event.type for event in happened(order.id, "return.")] == ["return.requested", "return.approved"]


def test_a_dear_return_waits_for_after_sales_ret03(begin: Begin) -> None:
    order = completed_order(begin)
    assert ask(begin, order, {"1": 2, "2": 1}).state is State.REQUESTED


def test_only_delivered_goods_can_be_returned_ret02(begin: Begin) -> None:
    uow = begin()
    order = uow.commit(uow.put(ORDER, an_order(OrderState.SHIPPED)))
    with pytest.raises(NotAllowed):
        ask(begin, order, {"1": 1})


def test_the_return_window_is_the_markets_and_counts_from_completion_e10(begin: Begin, clock: Any) -> None:
    order = completed_order(begin)
    clock.now = order.stages[-1].at + timedelta(days=30)
    ask(begin, order, {"1": 1})
    clock.forward(seconds=1)
    with pytest.raises(NotReturnable):
        ask(begin, order, {"2": 1})


@pytest.mark.parametrize("line", [a_line(kind="virtual", location=""), a_line(return_rule="none"), a_line(fresh=True)])
def test_goods_that_cannot_come_back_are_refused_ret07(begin: Begin, line: Any) -> None:
    order = completed_order(begin, lines=(line,))
    with pytest.raises(NotReturnable) as refused:
        ask(begin, order, {"1": 1})
    assert refused.value.members["rule"] == "RET-07"


def test_a_line_twice_an_unknown_line_and_no_units_are_named_at_once_e4(begin: Begin) -> None:
    order = completed_order(begin)
    wanted = [service.Wanted(*one, Reason.OTHER) for one in (("1", 1), ("1", 1), ("9", 1), ("2", 0))]  # type: ignore[misc]
    with pytest.raises(Invalid) as wrong:
        service.request(begin(), order.id, OWNER, wanted)
    assert [error["pointer"] for error in wrong.value.members["errors"]] == [
        "/lines/1/line", "/lines/2/line", "/lines/3/quantity",
    ]  # fmt: skip


def test_no_unit_is_in_two_returns_m10(begin: Begin) -> None:
    order = completed_order(begin)
    ask(begin, order, {"1": 2})
    with pytest.raises(TooManyReturned):
        ask(begin, order, {"1": 1})


def test_two_returns_at_the_same_time_cannot_claim_the_same_units_m10_e4(begin: Begin) -> None:
    order = completed_order(begin)
    wanted = [service.Wanted("1", 2, Reason.OTHER)]
    one, other = begin(), begin()
    service.request(one, order.id, OWNER, wanted)
    service.request(other, order.id, OWNER, wanted)
    one.commit(None)
    with pytest.raises(VersionConflict):
        other.commit(None)
    with pytest.raises(TooManyReturned):
        ask(begin, order, {"1": 2})
    assert begin().get(RETURN_TALLY, order.id).of("1").claimed == 2


@pytest.mark.parametrize(
    "end",
    [
        lambda uow, thing: service.cancel(uow, thing.id, OWNER),
        lambda uow, thing: service.reject(uow, thing.id, AFTER_SALES, RejectReason.NOT_COVERED),
    ],
)
def test_units_of_an_ended_return_can_be_asked_for_again(begin: Begin, end: Any) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 2, "2": 1})
    do(begin, lambda uow: end(uow, thing))
    assert ask(begin, order, {"1": 2}).units == {"1": 2}


# Whose it is


def test_another_customers_order_or_return_is_not_there_e12(begin: Begin) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 1})
    stranger = Principal("shopper", "stranger")
    for look in (
        lambda: service.request(begin(), order.id, stranger, [service.Wanted("2", 1, Reason.OTHER)]),
        lambda: service.find(begin(), thing.id, stranger),
        lambda: service.of_order(begin(), order.id, stranger),
        lambda: service.cancel(begin(), thing.id, stranger),
        lambda: service.find(begin(), "R0000000000000", OWNER),
    ):
        with pytest.raises(NotFound):
            look()
    assert service.find(begin(), thing.id, OWNER).id == thing.id


def test_a_store_handles_its_own_returns_only_rol03(begin: Begin) -> None:
    thing = ask(begin, completed_order(begin), {"1": 1})
    other = Principal("staff", "bo", posts=frozenset({Post.STORE}), scopes=frozenset({"BER-S1"}))
    with pytest.raises(NotFound):
        service.receive(begin(), thing.id, other)
    assert service.for_staff(begin(), thing.id, STORE).id == thing.id


# Coming back


def test_nothing_goes_back_to_stock_before_the_inspection_and_then_once_e9(begin: Begin) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 2})
    do(begin, lambda uow: service.receive(uow, thing.id, STORE))
    assert levels(begin(), "TEA-POT-BLUE") == {}
    with pytest.raises(NotAllowed):
        do(begin, lambda uow: service.receive(uow, thing.id, STORE))
    inspected = _inspect(begin, thing.id, {"1": (1, 1)})
    assert inspected.state is State.INSPECTED
    assert levels(begin(), "TEA-POT-BLUE")["RTM1"].available == 1
    with pytest.raises(NotAllowed):
        _inspect(begin, thing.id, {"1": (1, 1)})
    assert levels(begin(), "TEA-POT-BLUE")["RTM1"].available == 1


def _inspect(begin: Begin, return_id: str, units: dict[str, tuple[int, int]]) -> Any:
    found = [InspectedLine(n, a, r, Condition.UNOPENED, Disposition.RESTOCK) for n, (a, r) in units.items()]
    return do(begin, lambda uow: service.inspect(uow, return_id, STORE, found))


def test_written_off_goods_do_not_go_back_to_stock_ret07(begin: Begin) -> None:
    send_back(begin, ask(begin, completed_order(begin), {"1": 2}), disposition=Disposition.WRITE_OFF)
    assert levels(begin(), "TEA-POT-BLUE") == {}


def test_units_that_never_came_can_be_returned_later(begin: Begin) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 2})
    do(begin, lambda uow: service.receive(uow, thing.id, STORE))
    _inspect(begin, thing.id, {"1": (1, 0)})
    assert ask(begin, order, {"1": 1}).units == {"1": 1}


def test_a_parcel_that_was_not_sent_expires_and_a_late_one_is_taken_up_again(begin: Begin, clock: Any) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 2})
    do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, order.id, thing.id)))
    assert read(begin, thing).state is State.APPROVED
    clock.forward(days=14)
    do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, order.id, thing.id)))
    assert read(begin, thing).state is State.EXPIRED
    assert begin().get(RETURN_TALLY, order.id).of("1").claimed == 0
    do(begin, lambda uow: service.receive(uow, thing.id, STORE))
    assert begin().get(RETURN_TALLY, order.id).of("1").claimed == 2


def test_a_late_parcel_whose_units_are_in_another_return_is_refused(begin: Begin, clock: Any) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 2})
    clock.forward(days=14)
    do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, order.id, thing.id)))
    ask(begin, order, {"1": 1})
    with pytest.raises(TooManyReturned):
        do(begin, lambda uow: service.receive(uow, thing.id, STORE))


# Time


def test_a_request_that_nobody_answers_is_approved_unless_the_shop_says_otherwise_ret06(
    begin: Begin, clock: Any, on_settings: Callable[..., None]
) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 2, "2": 1})
    clock.forward(hours=48)
    on_settings(**{"returns.unanswered_is_approved": False})
    do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, order.id, thing.id)))
    late = read(begin, thing)
    assert (late.state, late.due) == (State.REQUESTED, clock.now + timedelta(hours=48))
    assert happened(order.id, "return.overdue")[0].data.desk == "after_sales"
    on_settings(**{"returns.unanswered_is_approved": True})
    clock.forward(hours=48)
    do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, order.id, thing.id)))
    assert read(begin, thing).state is State.APPROVED


def test_a_desk_that_lets_its_time_pass_is_reminded_and_keeps_the_work_ret13(begin: Begin, clock: Any) -> None:
    order = completed_order(begin)
    thing = ask(begin, order, {"1": 2})
    do(begin, lambda uow: service.receive(uow, thing.id, STORE))
    clock.forward(hours=48)
    for _ in range(2):
        do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, order.id, thing.id)))
    assert read(begin, thing).state is State.RECEIVED
    assert [event.data.desk for event in happened(order.id, "return.overdue")] == ["inspection"]
