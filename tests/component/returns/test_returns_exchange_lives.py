"""Random lives of one order and everything that it is exchanged for: no cent and no unit is lost or counted twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import DomainError
from chalicelib.core.settings import Setting
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service as inventory
from chalicelib.ledger import service as ledger
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, Order
from chalicelib.orders.domain import State as OrderState
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import FactKind, RefundState
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service
from chalicelib.returns.domain import (
    Condition,
    Disposition,
    InspectedLine,
    Reason,
    Resolution,
    Return,
    ReturnTally,
    State,
)
from chalicelib.returns.items import RETURN, RETURN_TALLY
from tests.conftest import Clock
from tests.support.sample_exchanges import delivered, mugs, stocked
from tests.support.sample_orders import eur
from tests.support.sample_returns import AFTER_SALES, FINANCE, OWNER, STORE, deliver, provider_says
from tests.support.table import fresh_table

CONSUMERS = ["follow-exchange", "settle-return", "take-back-order"]
SKUS = ("mug-s", "mug-m")
OPEN = {State.REQUESTED, State.APPROVED, State.AWAITING_PARCEL, State.RECEIVED, State.INSPECTED, State.GOODS_OWED}
#: What the table shows of an order on its way to its customer, in order.
WAY = (Command.ROUTE, Command.ACCEPT, Command.PICK, Command.PACK, Command.SHIP, Command.COMPLETE)


class Life:
    """One paid and delivered order of three mugs with an odd discount, and all that follows."""

    def __init__(self) -> None:
        self.clock = Clock(datetime(2026, 11, 25, 9, 30, tzinfo=UTC))
        stocked(self.begin, units=40)
        line = mugs(quantity=3, subtotal=eur("60.00"), discount=eur("0.01"), total=eur("62.49"))
        self.first = delivered(self.begin, line)
        self.numbers = [self.first.id]

    def begin(self) -> UnitOfWork:
        return UnitOfWork(self.clock.now, cause="test", trace="trace")

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        """Run a command as often as its races need; what the rules refuse changes nothing."""
        with suppress(DomainError):
            return run(command, self.begin)
        return None

    def orders(self) -> list[Order]:
        return [self.begin().get(ORDER, number) for number in self.numbers]

    def returns(self) -> list[Return]:
        return [thing for number in self.numbers for thing in self.begin().part(RETURN, number, prefix="RETURN#")]

    def hear(self) -> None:
        """Every event reaches its consumers, again and again."""
        for thing in self.returns():
            if thing.exchange_order and thing.exchange_order not in self.numbers:
                self.numbers.append(thing.exchange_order)
        for number in self.numbers:
            deliver(self.begin, number, CONSUMERS)

    # What people do

    def ask(self, number: int, units: int, sku: int) -> None:
        known = self.numbers[number % len(self.numbers)]
        line = self.begin().get(ORDER, known).lines[0].id
        wanted = [service.Wanted(line, units, Reason.CHANGED_MIND)]
        skus = None if sku == len(SKUS) else {line: SKUS[sku]}
        self.do(lambda uow: service.request(uow, known, OWNER, wanted, "", skus))

    def handle(self, number: int, what: int, accepted: int) -> None:
        things = self.returns()
        if not things:
            return
        thing = things[number % len(things)]
        units = min(accepted, thing.lines[0].quantity)
        found = [
            InspectedLine(
                thing.lines[0].line, units, thing.lines[0].quantity - units, Condition.UNOPENED, Disposition.RESTOCK
            )
        ]
        commands: list[Callable[[UnitOfWork], Any]] = [
            lambda uow: service.approve(uow, thing.id, AFTER_SALES),
            lambda uow: service.approve(uow, thing.id, AFTER_SALES, Resolution.REFUND),
            lambda uow: service.issue_label(uow, service.locate(uow, thing.id)),
            lambda uow: service.receive(uow, thing.id, STORE),
            lambda uow: service.inspect(uow, thing.id, STORE, found),
            lambda uow: service.cancel(uow, thing.id, OWNER),
            lambda uow: service.release(uow, thing.id, FINANCE),
            lambda uow: service.write_off(uow, thing.id, AFTER_SALES, "given up"),
            lambda uow: service.overdue(uow, service.locate(uow, thing.id)),
        ]
        self.do(commands[what % len(commands)])

    def cancel(self, number: int) -> None:
        known = self.numbers[number % len(self.numbers)]
        self.do(lambda uow: orders.cancel(uow, known, OWNER, CancelReason.CHANGED_MIND))

    def send(self, number: int, *, all_the_way: bool = False) -> None:
        """The store takes an order one step further, or to its customer."""
        known = self.numbers[number % len(self.numbers)]
        for command in WAY:
            if command in self.begin().get(ORDER, known).allowed:
                self.do(lambda uow, command=command: _advance(uow, known, command))
                if not all_the_way:
                    return

    def pay(self) -> None:
        """The provider does what it was asked for."""
        payment = self.begin().get(PAYMENT, self.first.id, self.first.payment_id)
        for refund in payment.refunds:
            if refund.state is RefundState.WANTED:
                provider_says(self.begin, self.first, FactKind.REFUNDED, refund.id)

    def wait(self) -> None:
        self.clock.forward(days=15)
        for thing in self.returns():
            self.do(lambda uow, thing=thing: service.overdue(uow, uow.get(RETURN, thing.order_id, thing.id)))

    def come_to_rest(self) -> None:
        """Whatever is open ends: parcels do not come, goods owed are given up, refunds are paid, orders delivered."""
        for _ in range(6):
            self.hear()
            for number, _thing in enumerate(self.returns()):
                for what in (0, 3, 4, 6, 7) if number % 2 else (0, 4, 6, 7):
                    self.handle(number, what, 9)
            self.pay()
            self.hear()
            for number in range(len(self.numbers)):
                self.send(number, all_the_way=True)
            self.wait()

    # What is always true

    def check(self) -> None:
        payment = self.begin().get(PAYMENT, self.first.id, self.first.payment_id)
        assert payment.refunded <= payment.captured
        for number in self.numbers:
            assert not ledger.trial_balance_of(self.begin(), number).difference
            order = self.begin().get(ORDER, number)
            line = order.lines[0]
            parts = line.subtotal - line.discount + line.shipping + line.duty + line.tax - line.tax_included
            assert parts == line.total == order.totals.total
            assert line.unit_price * line.quantity == line.subtotal
            tally = (self.begin().find(RETURN_TALLY, number) or ReturnTally(number)).of(line.id)
            assert 0 <= tally.came_back + tally.exchanged <= tally.settled <= tally.claimed <= line.quantity
        for sku in SKUS:
            waiting = [
                order for order in self.orders()
                if not order.goods_left_stock and order.state is not OrderState.CANCELLED
            ]  # fmt: skip
            held = sum(order.allocation.get((sku, "RTM1"), 0) for order in waiting)
            assert inventory.levels(self.begin(), sku)["RTM1"].reserved == held

    def check_at_rest(self) -> None:
        assert {thing.state for thing in self.returns()} & OPEN == set()
        assert {order.state for order in self.orders()} <= {OrderState.COMPLETED, OrderState.CANCELLED}
        total: dict[str, int] = {}
        for number in self.numbers:
            for line in ledger.trial_balance_of(self.begin(), number).lines:
                total[line.account] = total.get(line.account, 0) + line.balance.minor
        payment = self.begin().get(PAYMENT, self.first.id, self.first.payment_id)
        kept = (payment.captured - payment.refunded).minor
        assert total.get("customer_funds", 0) == total.get("refunds_payable", 0) == 0
        assert total["receivable:sandbox"] == kept
        back = sum(thing.refund.minor for thing in self.returns() if thing.state is State.REFUNDED and thing.refund)
        assert payment.refunded.minor == back


def _advance(uow: UnitOfWork, number: str, command: Command) -> Order:
    if command is Command.ROUTE:
        return orders.route_to(uow, uow.get(ORDER, number), "RTM1", None)
    if command is Command.SHIP:
        inventory.ship(uow, uow.get(ORDER, number).allocation)
        return orders.advance(uow, number, command, shipment_id="s", carrier="ups", waybill="1Z999AA10123456784")
    return orders.advance(uow, number, command, **({"proof": "tracking"} if command is Command.COMPLETE else {}))


NUMBER = st.integers(0, 5)
STEP = st.one_of(
    st.tuples(st.just("ask"), NUMBER, st.integers(1, 3), st.integers(0, 2)),
    st.tuples(st.just("handle"), NUMBER, st.integers(0, 8), st.integers(0, 3)),
    st.tuples(st.just("handle"), NUMBER, st.sampled_from([0, 3, 4]), st.integers(0, 3)),
    st.tuples(st.just("cancel"), NUMBER),
    st.tuples(st.just("send"), NUMBER),
    st.tuples(st.just("pay")),
    st.tuples(st.just("wait")),
)


MOMENTS = pytest.mark.parametrize("moment", ["inspected", "received", "approved"])
LIVES = st.lists(STEP, min_size=8, max_size=25)
#: No shrinking: a life takes seconds, and its steps tell what happened.
AS_IT_IS = settings(deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


@MOMENTS
@settings(AS_IT_IS, max_examples=3)
@given(steps=LIVES)
def test_every_life_of_an_exchange_keeps_money_goods_and_books_together(
    moment: str, steps: list[tuple[Any, ...]]
) -> None:
    _live(moment, steps)


@pytest.mark.fuzz
@MOMENTS
@settings(AS_IT_IS, max_examples=60)
@given(steps=LIVES)
def test_many_lives_of_an_exchange(moment: str, steps: list[tuple[Any, ...]]) -> None:
    _live(moment, steps)


def _live(moment: str, steps: list[tuple[Any, ...]]) -> None:
    real = UnitOfWork.setting

    def setting(uow: UnitOfWork, wanted: Setting[Any], market: str = "") -> Any:
        return moment if wanted.name == "returns.exchange_released_when" else real(uow, wanted, market)

    with fresh_table(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(UnitOfWork, "setting", setting)
        life = Life()
        for name, *numbers in steps:
            getattr(life, name)(*numbers)
            life.hear()
            life.check()
        life.come_to_rest()
        life.check()
        life.check_at_rest()
