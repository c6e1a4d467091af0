"""Orders of customers who order in many ways, brought to the door: refused, offered again, handed over (H1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core.auth import Owner
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Command, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.orders.service import deposits

from .sample_orders import BERLIN, an_order


@dataclass(frozen=True)
class Way:
    """How somebody orders: an account or as a guest, a phone, a name, and where to, or picked up."""

    account: str = ""
    phone: str = "030 901820"
    name: str = "Erika Mustermann"
    street: str = "Invalidenstr. 117"
    pickup: bool = False


@dataclass
class Desk:
    """Orders that are brought to the door, at a clock of its own."""

    begin_at: Callable[..., UnitOfWork]
    clock: Any

    def begin(self) -> UnitOfWork:
        self.clock.forward(seconds=1)
        return self.begin_at()

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)

    def placed(self, way: Way) -> Order:
        home = replace(BERLIN, name=way.name, phone="", lines=(way.street,))
        owner = Owner(customer=way.account) if way.account else Owner(guest="f" * 64)
        order = an_order(State.SHIPPED, owner=owner, ship_to=home, store="RTM1")
        if way.pickup:
            order = replace(order, state=State.READY_DESK, delivery_method="pickup")
        order = replace(order, contact=replace(order.contact, phone=way.phone))
        order = replace(order, deposit_keys=deposits.keys_on_deposit(self.begin(), order))
        self.do(lambda uow: uow.put(ORDER, order))
        return order

    def pays_deposit(self, way: Way) -> bool:
        return bool(self.placed(way).deposit_keys)

    def fails(self, order: Order, *, by_customer: bool = True) -> None:
        facts = {"cause": "refused", "by_customer": by_customer}
        self.do(lambda uow: orders.advance(uow, order.id, Command.FAIL_HANDOVER, **facts))

    def offered_again(self, order: Order) -> None:
        for command in (Command.TAKE_OVER, Command.OFFER_AT_DESK):
            self.do(lambda uow, command=command: orders.advance(uow, order.id, command))

    def arrives(self, order: Order) -> None:
        self.do(lambda uow: orders.advance(uow, order.id, Command.COMPLETE, proof="slip"))

    def refused(self, way: Way, times: int) -> list[Order]:
        made = [self.placed(way) for _ in range(times)]
        for order in made:
            self.fails(order)
        return made

    def clean(self, way: Way, times: int) -> None:
        for _ in range(times):
            self.arrives(self.placed(way))

    def corrected(self, order: Order, *, by_customer: bool, attempt: int | None = None) -> None:
        self.do(
            lambda uow: orders.correct_cause(
                uow, uow.get(ORDER, order.id), by_customer=by_customer, note="seen", attempt=attempt
            )
        )
