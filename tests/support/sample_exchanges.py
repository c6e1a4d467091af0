"""Exchanges to test with: a delivered order of mugs in size S, in a shop that sells them in other sizes, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.catalog import service as catalog
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.ledger import service as ledger
from chalicelib.ledger.domain import Revenue
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, Order, OrderLine
from chalicelib.orders.items import ORDER
from chalicelib.returns import service
from chalicelib.returns.domain import Condition, Disposition, InspectedLine, Reason, Return
from chalicelib.returns.items import RETURN
from chalicelib.routing import service as routing

from .sample_orders import a_line
from .sample_products import in_sizes
from .sample_returns import AFTER_SALES, OWNER, STORE, completed_order, deliver, do

Begin = Callable[..., UnitOfWork]
#: Who hears that an exchange order was cancelled.
CANCELLED = "follow-exchange"


def stocked(begin: Begin, units: int = 10) -> None:
    """Mugs in three sizes: S and M at the same price, L at another; so many of each in Rotterdam."""
    uow = begin()
    catalog.save(uow, in_sizes("mug", {"s": 2000, "m": 2000, "l": 2500}))
    inventory.receive(uow, {(f"mug-{size}", "RTM1"): units for size in "sml"}, "opening")
    uow.commit(None)


def mugs(line_id: str = "1", quantity: int = 2, **changes: Any) -> OrderLine:
    return a_line(line_id, "mug-s", quantity, product="mug", hs_code="691200", title="Mug, S", **changes)


def delivered(begin: Begin, *lines: OrderLine, **changes: Any) -> Order:
    """A paid and completed order of mugs whose revenue is in the books."""
    order = completed_order(begin, lines=lines or (mugs(),), **changes)
    uow = begin()
    goods, shipping = order.totals.net
    totals = order.totals
    ledger.recognise(uow, Revenue(order.id, goods, shipping, totals.duty, totals.tax, totals.deposit))
    uow.commit(None)
    return order


def ask_exchange(begin: Begin, order: Order, units: dict[str, int], skus: dict[str, str]) -> Return:
    wanted = [service.Wanted(line, count, Reason.CHANGED_MIND) for line, count in units.items()]
    return do(begin, lambda uow: service.request(uow, order.id, OWNER, wanted, "", skus))


def agreed(begin: Begin, order: Order, units: dict[str, int] | None = None, sku: str = "mug-m") -> Return:
    """An exchange that after-sales has agreed to, its label issued."""
    asked = units or {"1": 2}
    thing = ask_exchange(begin, order, asked, dict.fromkeys(asked, sku))
    thing = do(begin, lambda uow: service.approve(uow, thing.id, AFTER_SALES))
    return do(begin, lambda uow: service.issue_label(uow, service.locate(uow, thing.id)))


def exchange_of(begin: Begin, thing: Return) -> Order:
    return begin().get(ORDER, thing.exchange_order)


def stock(begin: Begin, sku: str) -> tuple[int, int]:
    """Units available and reserved in Rotterdam."""
    level = inventory.levels(begin(), sku)["RTM1"]
    return level.available, level.reserved


def books(begin: Begin, *numbers: str) -> dict[str, Money]:
    """What every account holds for these orders together, accounts at zero left out."""
    total = None
    for number in numbers:
        balance = ledger.trial_balance_of(begin(), number)
        assert not balance.difference
        total = balance if total is None else total + balance
    assert total is not None
    return {line.account: line.balance for line in total.lines if not line.balance.is_zero}


def complete(begin: Begin, exchange: Order) -> Order:
    """The store and the courier bring the exchange order to the customer."""
    do(begin, lambda uow: routing.route(uow, exchange.id))
    for command in (Command.ACCEPT, Command.PICK, Command.PACK):
        do(begin, lambda uow, command=command: orders.advance(uow, exchange.id, command))

    def ship(uow: UnitOfWork) -> Order:
        inventory.ship(uow, uow.get(ORDER, exchange.id).allocation)
        return orders.advance(
            uow, exchange.id, Command.SHIP, shipment_id="s1", carrier="china-post", waybill="RR123456785CN"
        )

    do(begin, ship)
    return do(begin, lambda uow: orders.advance(uow, exchange.id, Command.COMPLETE, proof="tracking"))


def cancel(begin: Begin, thing: Return) -> None:
    """The customer cancels the exchange order, and its return hears of it, twice."""
    do(begin, lambda uow: orders.cancel(uow, thing.exchange_order, OWNER, CancelReason.CHANGED_MIND))
    deliver(begin, thing.exchange_order, [CANCELLED], times=2)


def let_time_pass(begin: Begin, thing: Return) -> Return:
    """The clock finds the return late."""
    return do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, thing.order_id, thing.id)))


def parcel(begin: Begin, thing: Return) -> Return:
    """The old goods have arrived at the store."""
    return do(begin, lambda uow: service.receive(uow, thing.id, STORE))


def found(thing: Return, accepted: int) -> list[Any]:
    """What an inspection found: so many of the first line accepted, the rest not."""
    line = thing.lines[0]
    return [
        InspectedLine(line.line, accepted, line.quantity - accepted, Condition.UNOPENED, Disposition.RESTOCK)
    ]  # fmt: skip
