"""Invoices and credit notes on paper (ORD-22): everything that stands in the data, nothing worked out anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from chalicelib.core.money import Money
from chalicelib.core.paper import Column, Paper
from chalicelib.markets.domain import pick_text

from .domain import Document, DocumentKind, Party
from .texts import REMARKS, WORDS

Word = Callable[[str], str]


def printed(documents: Iterable[Document]) -> bytes:
    """Invoices and credit notes in one file, each in its buyer's language and on pages of its own."""
    paper = Paper("Invoice")
    for document in documents:
        _one(paper, document, _words(document.language))
    return paper.done()


def _words(language: str) -> Word:
    return WORDS["zh" if language.lower().split("-")[0] == "zh" else "en"].__getitem__


def _one(paper: Paper, document: Document, word: Word) -> None:
    title = f"{word(document.kind.value)} {document.number}"
    paper.begin(title)
    paper.text(title, 16, bold=True)
    paper.text(f"{word('order')}: {document.order_id}")
    if document.corrects:
        paper.text(f"{word('corrects')}: {document.corrects}")
    paper.text(f"{word('issued')}: {document.issued_at:%Y-%m-%d}   {word('supplied')}: {document.supplied_at:%Y-%m-%d}")
    paper.gap(10)
    paper.beside([word("buyer"), *_party(document.buyer, word)], [word("seller"), *_party(document.issuer, word)])
    paper.gap(10)
    if document.items:
        paper.table(*_items(document, word))
        paper.rule()
    if document.kind is DocumentKind.INVOICE:
        _within(paper, document, word)
    columns = [
        Column(word("rate"), 2), Column(word("registration"), 5), Column(word("net"), 3, right=True),
        Column(word("tax"), 3, right=True),
    ]  # fmt: skip
    paper.gap(8)
    paper.table(
        columns,
        [
            [_percent(row.rate), row.registration or row.scheme, _said(row.net), _said(row.tax)]
            for row in document.taxes
        ],
    )
    paper.rule()
    sums = (("net", document.net), ("tax", document.tax), ("total", document.total))
    paper.pairs([(word(name), _said(amount)) for name, amount in sums])
    paper.gap(10)
    for remark in document.remarks:
        paper.text(pick_text(REMARKS[remark], document.language))


def _items(document: Document, word: Word) -> tuple[list[Column], list[list[str]]]:
    columns = [
        Column(word("article"), 7), Column(word("sku"), 4), Column(word("units"), 1.5, right=True),
        Column(word("price"), 3, right=True), Column(word("rate"), 1.5, right=True),
        Column(word("amount"), 3, right=True),
    ]  # fmt: skip
    rows = [
        [item.title, item.sku, str(item.quantity), _said(item.unit_price), _percent(item.tax_rate), _said(item.total)]
        for item in document.items
    ]
    return columns, rows


def _within(paper: Paper, document: Document, word: Word) -> None:
    """What the amounts of an invoice's lines contain besides the goods."""
    contained = (("shipping", document.shipping), ("wrapping", document.wrapping), ("duty", document.duty))
    parts = [f"{word(name)} {_said(amount)}" for name, amount in contained if not amount.is_zero]
    if parts:
        paper.text(f"{word('contained')}: {', '.join(parts)}", 8)


def _party(party: Party, word: Word) -> list[str]:
    lines = [party.name, *party.address, party.country]
    return [*lines, f"{word('tax_number')}: {party.tax_number}"] if party.tax_number else lines


def _said(amount: Money) -> str:
    return f"{amount.currency} {amount.text}"


def _percent(rate: str) -> str:
    return f"{(Decimal(rate) * 100).normalize():f} %" if rate else ""
