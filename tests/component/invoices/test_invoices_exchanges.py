"""An even exchange changes no amount: the invoice stays, and what is paid back for the exchange later credits it."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.invoices import service
from chalicelib.invoices import triggers as _registered  # noqa: F401
from chalicelib.invoices.domain import DocumentKind
from chalicelib.markets.domain import InvoiceKind, InvoiceRequest
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Command, Order
from chalicelib.orders.items import ORDER
from chalicelib.payments.domain import FactKind
from chalicelib.returns import service as returns
from chalicelib.returns.items import RETURN
from chalicelib.routing import service as routing
from tests.support.sample_exchanges import agreed, delivered, mugs, stocked
from tests.support.sample_orders import eur
from tests.support.sample_returns import ask, deliver, do, provider_says, send_back

Begin = Callable[..., UnitOfWork]
ASKED = InvoiceRequest(InvoiceKind.COMPANY, "Teehaus GmbH", "DE136695976", "books@example.com")
CONSUMERS = ["settle-return", "issue-invoice"]


def brought(begin: Begin, number: str) -> Order:
    """The exchange order at its customer's."""

    def ship(uow: UnitOfWork) -> Order:
        inventory.ship(uow, uow.get(ORDER, number).allocation)
        return orders.advance(uow, number, Command.SHIP, shipment_id="s", carrier="ups", waybill="1Z999AA10123456784")

    do(begin, lambda uow: routing.route(uow, number))
    for command in (Command.ACCEPT, Command.PICK, Command.PACK):
        do(begin, lambda uow, command=command: orders.advance(uow, number, command))
    do(begin, ship)
    return do(begin, lambda uow: orders.advance(uow, number, Command.COMPLETE, proof="tracking"))


def test_the_invoice_stays_with_an_exchange_and_is_credited_once_with_its_refund_ord_09(begin: Begin) -> None:
    stocked(begin)
    order = delivered(begin, mugs(), invoice=ASKED)
    do(begin, lambda uow: service.issue(uow, order.id))
    thing = send_back(begin, agreed(begin, order))
    exchange = brought(begin, thing.exchange_order)
    for number in (order.id, exchange.id):
        deliver(begin, number, CONSUMERS, times=2)
    assert [one.kind for one in service.of_order(begin(), order)] == [DocumentKind.INVOICE]
    back = send_back(begin, ask(begin, exchange, {"1": 2}))
    do(begin, lambda uow: returns.refund_by_rule(uow, uow.get(RETURN, exchange.id, back.id)))
    provider_says(begin, order, FactKind.REFUNDED)
    for number in (order.id, exchange.id):
        deliver(begin, number, CONSUMERS, times=2)
    notes = [one for one in service.of_order(begin(), order) if one.kind is DocumentKind.CREDIT_NOTE]
    assert [(note.total, note.tax) for note in notes] == [(eur("42.50"), eur("6.79"))]
