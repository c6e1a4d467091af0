"""Invoices (ORD-08, ORD-09): issued once when the order is completed, numbered without gaps, credited with returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.invoices import service
from chalicelib.invoices import triggers as _registered  # noqa: F401
from chalicelib.invoices.domain import THE_ORDER, Document, DocumentKind
from chalicelib.invoices.items import DOCUMENT, SERIES
from chalicelib.ledger.domain import Account
from chalicelib.markets.domain import InvoiceKind, InvoiceRequest
from chalicelib.orders.domain import Order, OrderClass, State, new_number
from chalicelib.orders.domain.exchange import Exchange
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.orders.service import advance
from chalicelib.payments import service as payments
from chalicelib.payments.domain import FactKind, RefundReason
from chalicelib.payments.items import PAYMENT
from chalicelib.returns import service as returns
from chalicelib.returns.items import RETURN
from tests.support.http import Client
from tests.support.sample_orders import GUEST, an_order, eur
from tests.support.sample_returns import (
    OWNER,
    ask,
    completed_order,
    deliver,
    do,
    fact,
    happened,
    provider_says,
    send_back,
)

Begin = Callable[..., UnitOfWork]
ASKED = InvoiceRequest(InvoiceKind.COMPANY, "Teehaus GmbH", "DE136695976", "books@example.com")


def issued(begin: Begin, order: Order) -> Document | None:
    return do(begin, lambda uow: service.issue(uow, order.id))


def notes_of(begin: Begin, order: Order) -> list[Document]:
    return [one for one in service.of_order(begin(), order) if one.kind is DocumentKind.CREDIT_NOTE]


def refunded(begin: Begin, order: Order, units: dict[str, int]) -> Any:
    """Units of an order come back and are paid back; the consumers hear of it twice."""
    thing = send_back(begin, ask(begin, order, units))
    do(begin, lambda uow: returns.refund_by_rule(uow, uow.get(RETURN, thing.order_id, thing.id)))
    number = len(begin().get(PAYMENT, order.id, order.payment_id).refunds)
    provider_says(begin, order, FactKind.REFUNDED, f"r{number}")
    deliver(begin, order.id, ["settle-return", "issue-invoice"], times=2)
    deliver(begin, order.id, ["issue-invoice"], times=2)
    return thing


def test_a_completed_order_that_asked_tells_that_its_invoice_is_due_ord_08(begin: Begin) -> None:
    for asked in (ASKED, None):
        order = an_order(State.SHIPPED, store="RTM1", invoice=asked)
        run(lambda uow, order=order: uow.put(ORDER, order), begin)
        run(lambda uow, order=order: advance(uow, order.id, Command.COMPLETE, proof="customer"), begin)
        assert len(happened(order.id, "order.invoice_due")) == (1 if asked else 0)
        deliver(begin, order.id, ["issue-invoice"], times=3)
        assert (begin().find(DOCUMENT, order.id, THE_ORDER) is not None) is bool(asked)


def test_the_invoice_says_who_what_and_how_much_ord_09(begin: Begin) -> None:
    order = completed_order(begin, invoice=ASKED)
    made = issued(begin, order)
    assert made is not None
    assert (made.number, made.buyer.name, made.buyer.tax_number) == ("CEU-2026-000001", "Teehaus GmbH", "DE136695976")
    assert made.buyer.address == ("Invalidenstraße 117", "Hinterhof", "10115 Berlin")
    assert (made.total, made.net + made.tax, made.tax) == (order.totals.total,) * 2 + (order.totals.tax,)
    assert Money.sum((row.net + row.tax for row in made.taxes), "EUR") == made.total
    assert [item.total for item in made.items] == [line.total for line in order.lines]
    assert made.supplied_at == order.stages[-1].at


def test_a_deposit_is_no_part_of_the_sale_bal_05(begin: Begin) -> None:
    plain = an_order()
    totals = replace(plain.totals, deposit=eur("2.50"), total=plain.totals.total + eur("2.50"))
    order = completed_order(begin, invoice=ASKED, totals=totals)
    made = issued(begin, order)
    assert made is not None and made.total == plain.totals.total


@pytest.mark.parametrize("state", [s for s in State if s is not State.COMPLETED])
def test_nothing_is_issued_before_completion(begin: Begin, state: State) -> None:
    order = an_order(state, invoice=ASKED)
    run(lambda uow: uow.put(ORDER, order), begin)
    assert issued(begin, order) is None and begin().find(SERIES, "CEU-2026") is None


def test_numbers_have_no_gap_and_no_order_has_two(begin: Begin, clock: Any) -> None:
    orders = [completed_order(begin, invoice=ASKED) for _ in range(3)]
    numbers = [made.number for order in orders for _ in range(2) if (made := issued(begin, order))]
    assert numbers == [f"CEU-2026-{n:06d}" for n in (1, 1, 2, 2, 3, 3)]
    clock.forward(days=60)
    assert getattr(issued(begin, completed_order(begin, invoice=ASKED)), "number", "") == "CEU-2027-000001"


def test_two_who_reach_for_one_number_get_one_each(begin: Begin) -> None:
    one, two = (completed_order(begin, invoice=ASKED) for _ in range(2))
    first, second = begin(), begin()
    made = service.issue(first, one.id), service.issue(second, two.id)
    assert made[0] is not None and made[1] is not None and made[0].number == made[1].number
    second.commit(None)
    with pytest.raises(VersionConflict):
        first.commit(None)
    again = issued(begin, one)
    assert again is not None and again.number == "CEU-2026-000002"
    assert begin().get(SERIES, "CEU-2026").last == 2


def test_a_return_is_credited_once_with_its_own_lines_and_tax(begin: Begin) -> None:
    order = completed_order(begin, invoice=ASKED)
    thing = refunded(begin, order, {"1": 1})
    (note,) = notes_of(begin, order)
    assert (note.number, note.corrects, note.source) == ("CEUC-2026-000001", "CEU-2026-000001", thing.id)
    assert (note.total, [(item.line, item.quantity, item.total) for item in note.items]) == (
        eur("20.00"), [("1", 1, eur("20.00"))],
    )  # fmt: skip
    payment = begin().get(PAYMENT, order.id, order.payment_id)
    assert note.tax.minor == payment.refunds[0].borne_by[Account.TAX_PAYABLE]


def test_when_everything_came_back_the_credits_are_the_invoice_m7(begin: Begin) -> None:
    order = completed_order(begin, invoice=ASKED)
    for units in ({"1": 1}, {"2": 1}, {"1": 1}):
        refunded(begin, order, units)
    notes = notes_of(begin, order)
    assert [note.number for note in notes] == [f"CEUC-2026-{n:06d}" for n in (1, 2, 3)]
    made = begin().get(DOCUMENT, order.id, THE_ORDER)
    for name in ("total", "tax", "net"):
        assert Money.sum((getattr(note, name) for note in notes), "EUR") == getattr(made, name)
    assert notes[-1].shipping == order.totals.shipping


def test_a_credit_that_is_faster_than_its_invoice_issues_it_first(begin: Begin) -> None:
    order = completed_order(begin, invoice=ASKED)
    refunded(begin, order, {"2": 1})
    assert begin().get(DOCUMENT, order.id, THE_ORDER).number == "CEU-2026-000001"
    assert len(notes_of(begin, order)) == 1


def test_what_comes_back_of_an_exchange_is_credited_to_the_invoice_of_what_was_paid_once(begin: Begin) -> None:
    paid = completed_order(begin, invoice=ASKED)
    exchange = replace(
        paid, id=new_number(OrderClass.EXCHANGE), order_class=OrderClass.EXCHANGE, invoice=None,
        exchange=Exchange(paid.id, "R7K2Q0M9VX4TBE", paid.id),
    )  # fmt: skip
    run(lambda uow: uow.put(ORDER, exchange), begin)
    thing = send_back(begin, ask(begin, exchange, {"1": 1}))
    do(begin, lambda uow: returns.refund_by_rule(uow, uow.get(RETURN, exchange.id, thing.id)))
    provider_says(begin, paid, FactKind.REFUNDED)
    deliver(begin, paid.id, ["settle-return", "issue-invoice"], times=2)
    deliver(begin, exchange.id, ["issue-invoice"], times=2)
    (note,) = notes_of(begin, paid)
    assert (note.source, note.total, note.corrects) == (thing.id, eur("20.00"), "CEU-2026-000001")
    assert happened(exchange.id, "invoice.issued") == []


def test_a_return_of_an_order_without_an_invoice_credits_nothing(begin: Begin) -> None:
    order = completed_order(begin)
    refunded(begin, order, {"1": 1})
    assert happened(order.id, "invoice.issued") == []


@pytest.mark.parametrize(("reason", "notes"), [(RefundReason.RETURN, 1), (RefundReason.GOODWILL, 0)])
def test_what_finance_gives_back_for_goods_is_credited_and_goodwill_is_not(
    begin: Begin, reason: RefundReason, notes: int
) -> None:
    order = completed_order(begin, invoice=ASKED)
    issued(begin, order)
    do(begin, lambda uow: payments.refund_by_staff(uow, order.id, eur("5.00"), reason, "staff-1", note="broken"))
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, ["issue-invoice"], times=3)
    made = notes_of(begin, order)
    assert len(made) == notes
    assert all((note.total, note.net, note.tax) == (eur("5.00"), eur("5.00"), eur("0.00")) for note in made)


def by_hand(begin: Begin, order: Order, key: str, replaces: str = "") -> str:
    """Finance gives 5 euros back for goods; the id of the refund."""
    payment = do(begin, lambda uow: payments.refund_by_staff(
        uow, order.id, eur("5.00"), RefundReason.RETURN, key, note="broken", replaces=replaces
    ))  # fmt: skip
    return str(payment.refunds[-1].id)


@pytest.mark.parametrize("heard", ["at once", "when it has failed"])
def test_a_refund_that_failed_after_all_and_is_made_again_is_credited_once(begin: Begin, heard: str) -> None:
    """However late the consumer hears of the first one; and again when the second fails, too."""
    order = completed_order(begin, invoice=ASKED)
    issued(begin, order)
    last = ""
    for key in ("staff-1", "staff-2", "staff-3"):
        last = by_hand(begin, order, key, replaces=last)
        provider_says(begin, order, FactKind.REFUNDED, last)
        if heard == "at once":
            deliver(begin, order.id, ["issue-invoice"], times=2)
        if key != "staff-3":
            provider_says(begin, order, FactKind.REFUND_FAILED, last)
    deliver(begin, order.id, ["issue-invoice"], times=2)
    (note,) = notes_of(begin, order)
    assert (note.total, begin().get(PAYMENT, order.id, order.payment_id).refunded) == (eur("5.00"), eur("5.00"))


def test_a_returns_refund_that_finance_makes_again_by_hand_is_credited_with_the_return(begin: Begin) -> None:
    order = completed_order(begin, invoice=ASKED)
    issued(begin, order)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    do(begin, lambda uow: returns.refund_by_rule(uow, uow.get(RETURN, thing.order_id, thing.id)))
    provider_says(begin, order, FactKind.REFUND_FAILED, "r1")
    deliver(begin, order.id, ["settle-return"])
    do(begin, lambda uow: payments.refund_by_staff(
        uow, order.id, eur("20.00"), RefundReason.RETURN, "staff-1", note="new card", replaces="r1"
    ))  # fmt: skip
    provider_says(begin, order, FactKind.REFUNDED, "r2")
    for _ in range(2):
        deliver(begin, order.id, ["issue-invoice", "settle-return"], times=2)
    (note,) = notes_of(begin, order)
    assert (note.source, note.total) == (thing.id, eur("20.00"))


def test_money_that_was_paid_twice_corrects_no_sale_when_finance_sends_it_back(begin: Begin) -> None:
    """It was to go back by itself and could not; whatever reason finance names, it is not the goods' money."""
    order = completed_order(begin, invoice=ASKED)
    issued(begin, order)
    again = fact(order, FactKind.CAPTURED, "twice", eur("5.00"))
    do(begin, lambda uow: payments.fold(uow, order.id, order.payment_id, order.totals.total, again))
    provider_says(begin, order, FactKind.REFUND_FAILED, "r1")
    provider_says(begin, order, FactKind.REFUNDED, by_hand(begin, order, "staff-1", replaces="r1"))
    deliver(begin, order.id, ["issue-invoice"], times=2)
    assert notes_of(begin, order) == []


def test_the_owner_and_staff_read_it_and_nobody_else_does(begin: Begin) -> None:
    order = completed_order(begin, invoice=ASKED)
    owner = Client(OWNER)
    waiting = owner.get(f"/orders/{order.id}/invoice")
    assert (waiting.status, waiting.json["state"], waiting.json["invoice"]) == (200, "requested", None)
    issued(begin, order)
    shown = owner.get(f"/orders/{order.id}/invoice").json
    assert (shown["state"], shown["invoice"]["number"], shown["credit_notes"]) == ("issued", "CEU-2026-000001", [])
    assert shown["invoice"]["total"] == {"amount": order.totals.total.text, "currency": "EUR"}
    finance = Client(Principal("staff", "fin", posts=frozenset({Post.FINANCE})))
    assert finance.get(f"/staff/orders/{order.id}/invoice").json == shown
    listed = finance.get("/staff/invoices", query={"series": "CEU-2026"}).json["items"]
    assert [(row["number"], row["order_id"]) for row in listed] == [("CEU-2026-000001", order.id)]
    for stranger in (Client(Principal("shopper", "bob")), Client(Principal("guest", guest="b" * 64))):
        assert stranger.get(f"/orders/{order.id}/invoice").status == 404
    other_store = Client(Principal("staff", "sue", posts=frozenset({Post.STORE}), scopes=frozenset({"LAX1"})))
    assert other_store.get(f"/staff/orders/{order.id}/invoice").status == 404


def test_who_did_not_ask_has_none(begin: Begin) -> None:
    order = completed_order(begin)
    assert Client(OWNER).get(f"/orders/{order.id}/invoice").status == 404


def test_a_guest_gets_an_invoice_too(begin: Begin) -> None:
    order = completed_order(begin, invoice=replace(ASKED, kind=InvoiceKind.PERSONAL, tax_number=""), owner=GUEST)
    assert issued(begin, order) is not None
    guest = Client(Principal("guest", guest=GUEST.guest))
    assert guest.get(f"/orders/{order.id}/invoice").json["invoice"]["buyer"]["name"] == "Teehaus GmbH"


def test_news_of_an_order_that_is_not_there_harms_nobody(begin: Begin) -> None:
    assert do(begin, lambda uow: service.issue(uow, "C7K2Q0M9VX4TBE")) is None
