"""Goods that were never handed over were never sold: what the bank takes of their money is the customer's (FUL-19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.orders.domain import Order
from chalicelib.orders.domain import State as OrderState
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service
from chalicelib.returns.domain import BlockReason, Condition, Disposition, InspectedLine, RejectReason, Return, State
from chalicelib.returns.items import RETURN
from tests.support.sample_orders import eur
from tests.support.sample_returns import FINANCE, STORE, completed_order, deliver, do, fact, provider_says, read

Begin = Callable[..., UnitOfWork]
OPENED, LOST, WON = FactKind.DISPUTE_OPENED, FactKind.DISPUTE_LOST, FactKind.DISPUTE_WON


def came_back(begin: Begin) -> tuple[Order, Return]:
    """An order whose goods are at the store again, and their return."""
    order = completed_order(begin, state=OrderState.TAKEN_BACK)
    do(begin, lambda uow: service.take_back(uow, order.id))
    (thing,) = begin().part(RETURN, order.id, prefix="RETURN#")
    return order, thing


def refunded(begin: Begin, thing: Return) -> Return:
    """Inspected, and on its way back by rule or by finance."""
    found = [
        InspectedLine(line, units, 0, Condition.UNOPENED, Disposition.RESTOCK) for line, units in thing.units.items()
    ]
    do(begin, lambda uow: service.inspect(uow, thing.id, STORE, found))
    do(begin, lambda uow: service.refund_by_rule(uow, uow.get(RETURN, thing.order_id, thing.id)))
    if read(begin, thing).state is State.INSPECTED:
        do(begin, lambda uow: service.release(uow, thing.id, FINANCE))
    return read(begin, thing)


def bank(begin: Begin, order: Order, kind: FactKind, amount: Any = None) -> None:
    said = fact(order, kind, "dispute-1", amount or order.totals.total, capture="capture-1")
    do(begin, lambda uow: payments.fold(uow, order.id, order.payment_id, order.totals.total, said))
    deliver(begin, order.id, ["settle-return"], times=2)


def still_open(begin: Begin, order: Order) -> dict[str, str]:
    """The accounts that are not even, without what the provider owes for money it still has."""
    balance = ledger.trial_balance_of(begin(), order.id)
    return {line.account: line.balance.text for line in balance.lines if not line.balance.is_zero}


def paid_back(begin: Begin, order: Order) -> list[tuple[str, str]]:
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    return [(one.amount.text, one.state.value) for one in payment.refunds]


def ended(thing: Return) -> None:
    assert (thing.state, thing.reject_reason) == (State.REJECTED, RejectReason.ALREADY_PAID_BACK)


def test_what_the_bank_took_before_the_refund_is_not_paid_back_again_and_closes_the_books_ful19(begin: Begin) -> None:
    order, thing = came_back(begin)
    bank(begin, order, LOST)
    ended(refunded(begin, thing))
    assert paid_back(begin, order) == []
    assert still_open(begin, order) == {}


def test_what_the_bank_took_of_a_refund_under_way_ends_the_return_ful19(begin: Begin) -> None:
    order, thing = came_back(begin)
    assert refunded(begin, thing).state is State.REFUNDING
    bank(begin, order, OPENED)
    bank(begin, order, LOST)
    ended(read(begin, thing))
    assert [state for _, state in paid_back(begin, order)] == ["withdrawn"]
    assert still_open(begin, order) == {}


@pytest.mark.parametrize("verdict", [LOST, WON])
def test_a_refund_that_waited_for_the_bank_goes_on_with_its_verdict_ful19(begin: Begin, verdict: FactKind) -> None:
    order, thing = came_back(begin)
    bank(begin, order, OPENED)
    blocked = refunded(begin, thing)
    assert blocked.block is not None
    assert (blocked.state, blocked.block.reason) == (State.REFUND_BLOCKED, BlockReason.DISPUTED)
    bank(begin, order, verdict)
    if verdict is LOST:
        ended(read(begin, thing))
    else:
        assert read(begin, thing).state is State.REFUNDING
        provider_says(begin, order, FactKind.REFUNDED)
        deliver(begin, order.id, ["settle-return"], times=2)
        assert read(begin, thing).state is State.REFUNDED
    assert still_open(begin, order) == {}


def test_of_what_the_bank_took_in_part_the_rest_goes_back_ful19(begin: Begin) -> None:
    order, thing = came_back(begin)
    bank(begin, order, LOST, eur("10.00"))
    assert refunded(begin, thing).state is State.REFUNDING
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, ["settle-return"], times=2)
    done = read(begin, thing)
    assert (done.state, done.refund) == (State.REFUNDED, order.totals.total - eur("10.00"))
    assert still_open(begin, order) == {}


def test_what_finance_put_on_the_balance_is_the_shops_loss_when_the_bank_takes_it_too_ful19(begin: Begin) -> None:
    order, thing = came_back(begin)
    refunded(begin, thing)
    provider_says(begin, order, FactKind.REFUND_FAILED)
    deliver(begin, order.id, ["settle-return"])
    do(begin, lambda uow: service.credit(uow, thing.id, FINANCE))
    bank(begin, order, LOST)
    assert read(begin, thing).state is State.REFUNDED
    total = order.totals.total
    assert still_open(begin, order) == {
        "chargebacks": total.text, f"balance:{order.owner.customer}": (-total).text,
    }  # fmt: skip


def test_a_refund_that_was_paid_and_taken_by_the_bank_as_well_is_a_loss_of_the_shop_ful19(begin: Begin) -> None:
    order, thing = came_back(begin)
    refunded(begin, thing)
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, ["settle-return"])
    bank(begin, order, LOST)
    assert read(begin, thing).state is State.REFUNDED
    total = order.totals.total
    assert still_open(begin, order) == {"chargebacks": total.text, "receivable:sandbox": (-total).text}
