"""Invoices and credit notes on paper say what their data say, to those who may read them (ORD-22)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.core.auth import Post
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.invoices import service
from chalicelib.invoices.domain import Document
from chalicelib.invoices.texts import WORDS
from chalicelib.markets.domain import InvoiceKind, InvoiceRequest
from chalicelib.orders.domain import Order
from tests.support.http import Client
from tests.support.pdf import pages_of
from tests.support.sample_returns import OWNER, completed_order, do

Begin = Callable[..., UnitOfWork]
ASKED = InvoiceRequest(InvoiceKind.COMPANY, "茶楼贸易有限公司 Teehaus GmbH", "DE136695976", "books@example.com")


@pytest.fixture
def owner(as_shopper: Callable[..., Client]) -> Client:
    return as_shopper(OWNER.id)


def issued(begin: Begin) -> tuple[Order, Document]:
    order = completed_order(begin, invoice=ASKED)
    made = do(begin, lambda uow: service.issue(uow, order.id))
    assert isinstance(made, Document)
    return order, made


def test_an_invoice_says_on_paper_what_it_says_as_data(begin: Begin, owner: Client) -> None:
    order, made = issued(begin)
    answer = owner.get(f"/orders/{order.id}/invoice/pdf")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    (page,) = pages_of(answer.raw)
    text = " ".join(page)
    for said in (made.number, order.id, "Teehaus GmbH", "DE136695976", made.issuer.name, made.net.text, made.tax.text):
        assert said in text, said
    assert f"EUR {made.total.text}" in text
    assert "茶楼贸易有限公司" in text
    for item in made.items:
        assert item.sku in text and f"EUR {item.total.text}" in text
    assert owner.get(f"/orders/{order.id}/invoice/pdf").raw == answer.raw


def test_there_is_no_paper_before_the_invoice_and_none_for_others(
    begin: Begin, owner: Client, as_shopper: Callable[..., Client], as_staff: Callable[..., Client]
) -> None:
    waiting = completed_order(begin, invoice=ASKED)
    assert owner.get(f"/orders/{waiting.id}/invoice/pdf").status == 404
    order, _ = issued(begin)
    assert as_shopper("bob").get(f"/orders/{order.id}/invoice/pdf").status == 404
    path = f"/staff/orders/{order.id}/invoice/pdf"
    assert as_staff(Post.FINANCE).get(path).status == 200
    assert as_staff(Post.STORE, scopes=["SHA-S1"]).get(path).status == 404
    assert owner.get(f"/orders/{order.id}/invoice/pdf", headers={"accept": "text/html"}).status == 406


def test_both_languages_have_every_word() -> None:
    assert set(WORDS["en"]) == set(WORDS["zh"])
