"""Whatever goes wrong between us and the table, a return's goods and money move once (C1, C2, B23)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib.core.errors import Unavailable
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory.service import levels
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service
from chalicelib.returns.domain import Condition, Disposition, InspectedLine, State
from chalicelib.returns.items import RETURN, RETURN_TALLY
from tests.support.faults import KINDS, Fault, Killed, injected, request_tokens, without_waiting
from tests.support.sample_orders import eur
from tests.support.sample_returns import STORE, ask, completed_order, do, happened, read

Begin = Callable[..., UnitOfWork]
FOUND = [InspectedLine("1", 2, 0, Condition.UNOPENED, Disposition.RESTOCK)]


def through(command: Callable[[], Any], again: Callable[[], bool], fault: Fault) -> None:
    """Run a command into a fault; run it again, as its caller would, as long as it has not had its effect."""
    with suppress(Killed, Unavailable, ClientError, BotoCoreError, PynamoDBException), injected(fault):
        command()
    if again():
        command()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_at_any_call_moves_goods_and_money_once(begin: Begin, kind: str) -> None:
    struck = 0
    with request_tokens(), without_waiting():
        for call in range(1, 7):
            order = completed_order(begin)
            thing = ask(begin, order, {"1": 2})
            do(begin, lambda uow, thing=thing: service.receive(uow, thing.id, STORE))
            before = levels(begin(), "TEA-POT-BLUE").get("RTM1")
            inspect, refund = Fault(kind, call), Fault(kind, call)

            def still(state: State, thing: Any = thing) -> Callable[[], bool]:
                return lambda: read(begin, thing).state is state

            through(
                lambda thing=thing: do(begin, lambda uow: service.inspect(uow, thing.id, STORE, FOUND)),
                still(State.RECEIVED), inspect,
            )  # fmt: skip
            through(
                lambda thing=thing, order=order: do(
                    begin, lambda uow: service.refund_by_rule(uow, uow.get(RETURN, order.id, thing.id))
                ),
                lambda: True, refund,
            )  # fmt: skip
            struck += inspect.struck + refund.struck
            assert read(begin, thing).state is State.REFUNDING
            now = levels(begin(), "TEA-POT-BLUE")["RTM1"].available
            assert now - (before.available if before else 0) == 2
            payment = begin().get(PAYMENT, order.id, order.payment_id)
            assert [(one.request, one.amount) for one in payment.refunds] == [(thing.id, eur("40.00"))]
            assert begin().get(RETURN_TALLY, order.id).of("1").came_back == 2
            told = [event.type for event in happened(order.id, "return.")]
            assert told.count("return.inspected") == told.count("return.released") == 1
    assert struck >= 6
