"""The shipping label, four by six inches: a page per parcel, or per box as long as no courier has it.

A pickup code is never printed: whoever reads a label could collect the goods.
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.core.paper import LABEL, Paper
from chalicelib.fulfilment.domain.documents import Printed
from chalicelib.shipping.domain.shipments import Shipment
from chalicelib.shipping.domain.waybills import CARRIERS

from .parts import Word, amount, destination, grams, sender
from .words import words_in

#: Most lines of an address that fit.
_ADDRESS = 9


def label(orders: Iterable[Printed], language: str = "") -> bytes:
    """The labels of all parcels of these orders."""
    word = words_in(language)
    paper = Paper("Labels", LABEL, margin=4)
    for printed in orders:
        if printed.shipments:
            for place, shipment in enumerate(printed.shipments, 1):
                _page(paper, printed, shipment, shipment.weight_g, (place, len(printed.shipments)), word)
        else:
            for place, box in enumerate(printed.boxes, 1):
                _page(paper, printed, None, box.weight_g, (place, len(printed.boxes)), word)
    return paper.done()


def _page(
    paper: Paper, printed: Printed, shipment: Shipment | None, weight: int, place: tuple[int, int], word: Word
) -> None:
    order = printed.order
    paper.begin()
    by = CARRIERS[shipment.carrier].name if shipment else word(order.delivery_method)
    paper.text(f"{by} {order.channel}".rstrip(), 14, bold=True)
    paper.rule()
    paper.text(word("from"), 7, bold=True)
    for line in sender(printed.store):
        paper.text(line, 7, most=1)
    paper.rule()
    paper.text(word("to"), 9, bold=True)
    for line in destination(printed)[:_ADDRESS]:
        paper.text(line, 12, bold=True, most=2)
    if order.ship_to and order.ship_to.phone:
        paper.text(f"{word('phone')}: {order.ship_to.phone}", 9)
    paper.rule()
    number, count = place
    paper.text(f"{word('box')} {number} {word('of')} {count}    {word('weight')}: {grams(weight)}", 10)
    marks = [word("fresh")] if order.goods.fresh else []
    marks += [word("fragile")] if printed.fragile else []
    if marks:
        paper.text("   ".join(marks), 14, bold=True)
    if order.pays_at_door and shipment is None:
        paper.text(f"{word('collect')}: {amount(order.totals.total)}", 11, bold=True)
    paper.gap(10)
    if shipment is not None:
        paper.bars(shipment.waybill, 62, said=11)
        paper.gap(8)
    paper.bars(order.id, 34, said=9)
