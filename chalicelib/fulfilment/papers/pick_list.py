"""The pick list: what to fetch for one order or many, category by category (ORD-18, ORD-22)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from chalicelib.core.paper import Column, Paper
from chalicelib.fulfilment.domain.documents import PickLine, Printed

from .words import words_in

#: A bar code for each order is of use on a short list only.
_WITH_BARS = 3


def pick_list(orders: Sequence[Printed], lines: Sequence[PickLine], language: str) -> bytes:
    """One list for all the orders, so that every shelf is visited once; a box to tick behind each line.

    What is to be wrapped as a gift is said at the top, with the message for its card (ORD-10).
    """
    word = words_in(language)
    numbers = [printed.order.id for printed in orders]
    stores = sorted({printed.store.name for printed in orders if printed.store})
    paper = Paper("Pick list")
    paper.begin(f"{word('pick_list')} {numbers[0]}" + (f" + {len(numbers) - 1}" if len(numbers) > 1 else ""))
    paper.text(word("pick_list"), 16, bold=True)
    paper.text(f"{word('store')}: {', '.join(stores)}")
    paper.text(f"{word('orders')} ({len(numbers)}): {', '.join(numbers)}")
    for number in numbers if len(numbers) <= _WITH_BARS else ():
        paper.gap(8)
        paper.bars(number, 24)
    for order in (printed.order for printed in orders):
        if order.gift is not None:
            said = f" · {word('message')}: {order.gift.message}" if order.gift.message else ""
            paper.text(f"{word('gift')}: {order.id}{said}", bold=True)
    columns = [
        Column(word("sku"), 5), Column(word("article"), 8), Column(word("units"), 2, right=True),
        Column(word("for_orders"), 6), Column(word("fetched"), 2, right=True),
    ]  # fmt: skip
    for category, group in groupby(lines, key=lambda line: line.category):
        fetched = list(group)
        paper.gap(8)
        paper.need(60)
        units = sum(line.units for line in fetched)
        paper.text(f"{word('category')}: {category or word('other')} ({units})", 11, bold=True)
        paper.table(columns, [_row(line, alone=len(numbers) == 1) for line in fetched])
    paper.rule()
    paper.pairs([(word("total"), str(sum(line.units for line in lines)))])
    return paper.done()


def _row(line: PickLine, *, alone: bool) -> list[str]:
    shares = "" if alone else ", ".join(f"{pick.order_id} × {pick.units}" for pick in line.picks)
    return [line.sku, line.title, str(line.units), shares, "[   ]"]
