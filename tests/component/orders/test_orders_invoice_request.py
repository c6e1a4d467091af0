"""Asking for an invoice at the quote (ORD-09): checked, accepted with the price, kept on the order, shown."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.cart import service as cart
from chalicelib.cart.domain import QuoteStale
from chalicelib.core.errors import Invalid
from chalicelib.markets.domain import Contact, InvoiceKind, InvoiceRequest
from chalicelib.orders import service as orders
from tests.support.http import Client
from tests.support.sample_orders import BERLIN

ASKED = InvoiceRequest(InvoiceKind.COMPANY, " Teehaus  GmbH ", "136695976")


def quoted(shop: Any, principal: Any, asked: InvoiceRequest | None, **more: Any) -> Any:
    made = shop.do(lambda uow: cart.create(uow, principal.owner, "EU", "de", (("POT", 1),), buy_now=True))
    wish = cart.Asked(
        ship_to=BERLIN, contact=Contact("ann@example.com", "de"), country="DE", invoice=asked, **more
    )  # fmt: skip
    return shop.do(lambda uow: cart.quote(uow, made.id, principal, wish))


def test_what_was_asked_is_kept_on_the_order_and_shown_ord_09(shop: Any, ann: Any) -> None:
    quote = quoted(shop, ann, ASKED)
    order = shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))
    kept = InvoiceRequest(InvoiceKind.COMPANY, "Teehaus GmbH", "DE136695976", "ann@example.com")
    assert (order.invoice, shop.order(order).invoice) == (kept, kept)
    assert Client(ann).get(f"/orders/{order.id}").json["invoice"] == {
        "kind": "company", "title": "Teehaus GmbH", "tax_number": "DE136695976", "email": "ann@example.com",
    }  # fmt: skip


def test_another_name_on_the_invoice_is_another_quote_d5(shop: Any, ann: Any) -> None:
    quote = quoted(shop, ann, ASKED)
    other = InvoiceRequest(InvoiceKind.PERSONAL, "Ann")
    wish = cart.Asked(ship_to=BERLIN, contact=Contact("ann@example.com", "de"), country="DE", invoice=other)
    again = shop.do(lambda uow: cart.quote(uow, quote.cart_id, ann, wish))
    assert again.total == quote.total
    with pytest.raises(QuoteStale):
        shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash))


def test_what_is_wrong_with_it_is_named_with_everything_else(shop: Any, ann: Any) -> None:
    with pytest.raises(Invalid) as refused:
        quoted(shop, ann, InvoiceRequest(InvoiceKind.COMPANY, "", "DE1"), payment_method="shells")
    assert {error["pointer"] for error in refused.value.members["errors"]} == {
        "/invoice/title", "/invoice/tax_number", "/payment_method",
    }  # fmt: skip


def test_it_is_asked_for_over_http(shop: Any, ann: Any) -> None:
    owner = Client(ann)
    opened = owner.post("/carts", {"market": "EU", "lines": [{"sku": "POT"}], "buy_now": True}).json
    ask = {
        "ship_to": {"name": "Ann", "lines": ["Torstraße 1"], "city": "Berlin", "postal_code": "10119", "country": "DE"},
        "contact": {"email": "ann@example.com"},
        "invoice": {"kind": "personal", "title": "Ann Other"},
    }
    shown = owner.post(f"/carts/{opened['id']}/quote", ask)
    assert shown.json["invoice"]["title"] == "Ann Other", shown.text
    refused = owner.post(f"/carts/{opened['id']}/quote", ask | {"invoice": {"kind": "club", "title": "x"}})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/invoice/kind")
