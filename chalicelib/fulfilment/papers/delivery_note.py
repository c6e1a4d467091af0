"""The delivery note: what is in the parcels, without prices, for whoever opens them."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.core.paper import Column, Paper
from chalicelib.fulfilment.domain.documents import Printed
from chalicelib.orders.domain import OrderLine
from chalicelib.shipping.domain.waybills import CARRIERS

from .parts import Word, destination, grams, moment, sender
from .words import words_in


def delivery_note(orders: Iterable[Printed], _language: str = "") -> bytes:
    """One note per order, each in its customer's language."""
    paper = Paper("Delivery note")
    for printed in orders:
        _one(paper, printed, words_in(printed.order.language))
    return paper.done()


def _one(paper: Paper, printed: Printed, word: Word) -> None:
    order = printed.order
    paper.begin(f"{word('delivery_note')} {order.id}")
    paper.text(f"{word('delivery_note')} {order.id}", 16, bold=True)
    paper.text(f"{word('placed')}: {moment(order.placed_at)}")
    paper.gap(10)
    paper.bars(order.id, 28)
    paper.gap(6)
    paper.beside([word("to"), *destination(printed)], [word("from"), *sender(printed.store)])
    paper.gap(10)
    columns = [Column(word("article"), 9), Column(word("sku"), 5), Column(word("units"), 2, right=True)]
    paper.table(columns, [row for line in order.lines for row in _rows(line, word)])
    paper.rule()
    if order.gift is not None:
        paper.text(word("gift"))
        if order.gift.message:
            paper.text(f"{word('message')}: {order.gift.message}")
    if printed.shipments:
        paper.gap(8)
        columns = [Column(word("carrier"), 4), Column(word("waybill"), 6), Column(word("weight"), 2, right=True)]
        paper.table(
            columns, [[CARRIERS[one.carrier].name, one.waybill, grams(one.weight_g)] for one in printed.shipments]
        )
    elif printed.boxes:
        weight = grams(sum(box.weight_g for box in printed.boxes))
        paper.text(f"{word('boxes')}: {len(printed.boxes)}   {word('weight')}: {weight}")
    paper.gap(8)
    paper.text(word("no_price"), 7)


def _rows(line: OrderLine, word: Word) -> list[list[str]]:
    if line.kind != "physical" and not any(part.kind == "physical" for part in line.parts):
        return []
    rows = [[line.title, line.sku, str(line.quantity)]]
    return rows + [
        [f"{word('holds')} {part.title}", part.sku, str(part.quantity)]
        for part in line.components
        if part.kind == "physical"
    ]
