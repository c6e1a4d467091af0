"""The order confirmation: what was agreed, for its customer."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.core.paper import Column, Paper
from chalicelib.fulfilment.domain.documents import Printed
from chalicelib.orders.domain import Order, OrderLine, State

from .parts import Word, amount, destination, moment
from .words import words_in


def confirmation(orders: Iterable[Printed], _language: str = "") -> bytes:
    """One confirmation per order, each in its customer's language."""
    paper = Paper("Order confirmation")
    for printed in orders:
        _one(paper, printed, words_in(printed.order.language))
    return paper.done()


def _one(paper: Paper, printed: Printed, word: Word) -> None:
    order = printed.order
    paper.begin(f"{word('confirmation')} {order.id}")
    paper.text(f"{word('confirmation')} {order.id}", 16, bold=True)
    paper.text(f"{word('placed')}: {moment(order.placed_at)}")
    if order.state is State.CANCELLED:
        paper.text(word("cancelled"), bold=True)
    paper.gap(10)
    where = word("pick_up") if order.delivery_method == "pickup" else word("ship_to")
    paper.beside([where, *destination(printed)], [word("contact"), order.contact.email, order.contact.phone])
    paper.gap(10)
    columns = [
        Column(word("article"), 8), Column(word("sku"), 4), Column(word("units"), 1.5, right=True),
        Column(word("price"), 3, right=True), Column(word("amount"), 3, right=True),
    ]  # fmt: skip
    paper.table(columns, [row for line in order.lines for row in _rows(line, word)])
    paper.rule()
    paper.pairs(_sums(order, word))
    _how(paper, order, word)


def _rows(line: OrderLine, word: Word) -> list[list[str]]:
    rows = [[line.title, line.sku, str(line.quantity), amount(line.unit_price), amount(line.subtotal)]]
    rows += [[f"  {word('holds')} {part.title}", part.sku, str(part.quantity), "", ""] for part in line.components]
    return rows


def _sums(order: Order, word: Word) -> list[tuple[str, str]]:
    totals = order.totals
    optional = (
        ("discount", -totals.discount), ("shipping", totals.shipping), ("wrapping", totals.wrapping),
        ("duty", totals.duty), ("tax", totals.tax - totals.tax_included), ("deposit", totals.deposit),
    )  # fmt: skip
    rows = [(word("subtotal"), amount(totals.subtotal))]
    rows += [(word(name), amount(money)) for name, money in optional if money is not None and not money.is_zero]
    return [*rows, (word("total"), amount(totals.total))]


def _how(paper: Paper, order: Order, word: Word) -> None:
    if not order.totals.tax_included.is_zero:
        paper.pairs([(word("tax_included"), amount(order.totals.tax_included))], last_bold=False)
    if not order.totals.duty_at_door.is_zero:
        paper.pairs([(word("duty_at_door"), amount(order.totals.duty_at_door))], last_bold=False)
    paper.gap(12)
    paid = word("cash_on_delivery") if order.pays_at_door else order.payment_method.replace("_", " ").title()
    paper.text(f"{word('payment')}: {paid}")
    if order.delivery_method:
        paper.text(f"{word('delivery')}: {word(order.delivery_method)} {order.channel}".rstrip())
    if order.arrives_from and order.arrives_until:
        paper.text(f"{word('arrives')}: {order.arrives_from} – {order.arrives_until}")
    if order.gift is not None:
        paper.text(word("gift"))
        if order.gift.message:
            paper.text(f"{word('message')}: {order.gift.message}")
