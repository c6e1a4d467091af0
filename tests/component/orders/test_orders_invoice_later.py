"""Asking for an invoice after the order was placed, and correcting it until it is issued (ORD-08, ORD-09)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import Conflict, NotAllowed, VersionConflict
from chalicelib.invoices import service as invoices
from chalicelib.markets.domain import InvoiceKind, InvoiceRequest
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.payments.domain import RefundReason
from chalicelib.payments.items import PAYMENT
from tests.support.http import Client

COMPANY = {"kind": "company", "title": " Teehaus  GmbH ", "tax_number": "136695976"}
ASKED = InvoiceRequest(InvoiceKind.COMPANY, "Teehaus GmbH", "DE136695976", "ann@example.com")
PERSON = InvoiceRequest(InvoiceKind.PERSONAL, "Ann")


@pytest.fixture(autouse=True)
def _same_time_at_the_door(monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    monkeypatch.setattr("chalicelib.core.http.routes.utc_now", lambda: clock.now)


def ask(shop: Any, order: Order, asked: InvoiceRequest = PERSON) -> Order:
    result: Order = shop.do(lambda uow: orders.ask_invoice(uow, uow.get(ORDER, order.id), asked))
    return result


def shipped(shop: Any, principal: Any) -> Order:
    order = shop.pay(shop.placed(principal))
    shop.do(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, order.id), state=State.SHIPPED, store="RTM1")))
    result: Order = shop.order(order)
    return result


def complete(shop: Any, order: Order) -> None:
    shop.do(lambda uow: orders.advance(uow, order.id, Command.COMPLETE, proof="tracking"))


def test_the_owner_asks_and_corrects_until_it_is_issued_ord_09(shop: Any, ann: Any, bob: Any) -> None:
    order = shipped(shop, ann)
    path = f"/orders/{order.id}/invoice"
    assert Client(bob).request("PUT", path, COMPANY).status == 404
    wrong = Client(ann).request("PUT", path, {**COMPANY, "title": "", "tax_number": "DE1"})
    assert {error["pointer"] for error in wrong.json["errors"]} == {"/title", "/tax_number"}
    for _ in range(2):
        asked = Client(ann).request("PUT", path, COMPANY)
        assert (asked.status, asked.json["invoice"]["title"]) == (200, "Teehaus GmbH"), asked.text
    assert shop.order(order).invoice == ASKED
    assert shop.events(order).count("order.invoice_asked") == 1
    assert ask(shop, order).invoice == replace(PERSON, email="ann@example.com")
    complete(shop, order)
    assert shop.events(order)[-1] == "order.invoice_due"
    issued = shop.do(lambda uow: invoices.issue(uow, order.id))
    assert (issued.buyer.name, issued.total) == ("Ann", order.totals.total)
    assert Client(ann).request("PUT", path, COMPANY).json["type"].endswith("invoice-issued")


def test_staff_note_it_for_the_customer_ord_09(shop: Any, ann: Any) -> None:
    order = shipped(shop, ann)
    path = f"/staff/orders/{order.id}/invoice"
    assert Client(Principal("staff", "pat", posts=frozenset({Post.STORE}))).request("PUT", path, COMPANY).status == 403
    clerk = Client(Principal("staff", "pat", posts=frozenset({Post.CUSTOMER_SERVICE})))
    assert clerk.request("PUT", path, COMPANY).status == 200
    assert shop.order(order).invoice == ASKED


def test_asked_for_after_completion_it_is_issued_at_once_ord_08(shop: Any, ann: Any) -> None:
    order = shipped(shop, ann)
    complete(shop, order)
    assert shop.do(lambda uow: invoices.issue(uow, order.id)) is None
    ask(shop, order)
    assert shop.events(order)[-2:] == ["order.invoice_asked", "order.invoice_due"]
    assert shop.do(lambda uow: invoices.issue(uow, order.id)).buyer.name == "Ann"
    with pytest.raises(orders.InvoiceIssued):
        ask(shop, order, ASKED)


def test_what_came_back_before_there_was_an_invoice_keeps_it_from_saying_too_much_ord_08(shop: Any, ann: Any) -> None:
    order = shipped(shop, ann)
    complete(shop, order)

    def refund(uow: Any) -> None:
        payments.refund(
            uow, uow.get(PAYMENT, order.id, order.payment_id), order.totals.shipping, RefundReason.RETURN, "r"
        )

    asking = shop.begin()
    orders.ask_invoice(asking, asking.get(ORDER, order.id), PERSON)
    shop.do(refund)
    with pytest.raises(VersionConflict):
        asking.commit(None)
    with pytest.raises(Conflict):
        ask(shop, order)
    assert shop.order(order).invoice is None


def test_an_order_that_is_off_has_no_invoice_ord_09(shop: Any, ann: Any) -> None:
    order = shop.placed(ann)
    shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
    with pytest.raises(NotAllowed):
        ask(shop, order)


def test_completion_and_a_request_at_the_same_moment_lead_to_one_invoice_ord_09(shop: Any, ann: Any) -> None:
    order = shipped(shop, ann)
    asking = shop.begin()
    orders.ask_invoice(asking, asking.get(ORDER, order.id), PERSON)
    complete(shop, order)
    with pytest.raises(VersionConflict):
        asking.commit(None)
    ask(shop, order)
    assert shop.events(order).count("order.invoice_due") == 1
