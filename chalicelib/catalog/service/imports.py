"""Imports: a file goes in product by product, each in a transaction of its own that also moves the file's position.

Stopping an import anywhere, by choice or by a crash, therefore loses nothing and repeats nothing: it goes on with the
line that the import remembers.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.catalog.domain import (
    DeclaredStock,
    Format,
    Import,
    ImportOptions,
    Outcome,
    ProductDraft,
    Record,
    Result,
    StockDeclared,
)
from chalicelib.catalog.domain.columns import columns_of, read_header
from chalicelib.catalog.domain.imports import read_json_lines
from chalicelib.catalog.domain.shopify import read_shopify
from chalicelib.catalog.items import IMPORT, OUTCOME
from chalicelib.core.errors import Conflict, DomainError, FieldError, Invalid
from chalicelib.core.intake import Intake, reasons
from chalicelib.core.unit_of_work import UnitOfWork, run

from .products import save
from .reach import option_errors
from .references import make_references, refs_of

#: Variants beyond which a new product (42 rows in lists, five of its own and of the import) leaves less room in one
#: transaction than the seven things that it may refer to.
_LARGE: Final = 40


class OutOfOrder(Conflict):
    """The part of the file does not follow what has been read; `next_line` says where to go on."""

    code, title = "import-out-of-order", "The import goes on with another line"


def start_import(
    uow: UnitOfWork, name: str, file_format: Format, options: ImportOptions, import_id: str = ""
) -> Import:
    """Begin to take in a file.

    Args:
        import_id: an id of the caller's choice, for imports that a script must find again.

    Raises:
        Invalid: the options name markets, currencies or a location that the shop does not have.
    """
    if errors := option_errors(options):
        raise Invalid(*errors)
    return uow.put(IMPORT, Import(import_id or uow.new_id(), name, file_format, options, uow.now))


def import_of(uow: UnitOfWork, import_id: str) -> Import:
    """An import with its counts.

    Raises:
        NotFound: there is none.
    """
    return uow.get(IMPORT, import_id)


def take(uow: UnitOfWork, import_id: str, record: Record, *, declare_stock: bool = True) -> Outcome | None:
    """Take in one product of a file; None when it has been done before.

    Args:
        declare_stock: whether quantities in the file become a `product.stock_declared` event.

    Raises:
        DomainError: the catalogue does not take it; `reject` records why.
    """
    draft = record.draft
    uow.load(IMPORT.ref(import_id), OUTCOME.ref(import_id, record.key), *(refs_of(draft) if draft else ()))
    started = uow.get(IMPORT, import_id)
    if record.line < started.next_line:
        return None
    twin = uow.find(OUTCOME, import_id, record.key)
    if twin is not None:
        again = f"line {record.line}: this product was already on line {twin.line}"
        return _refuse(uow, started, record, (again, *record.errors))
    if draft is None:
        return _refuse(uow, started, record, record.errors)
    _, result, notes = save(uow, draft)
    outcome = Outcome(import_id, record.key, record.line, result, notes=record.notes + notes)
    stock = _declared(draft) if declare_stock else ()
    uow.put(IMPORT, replace(started, **_counted(started, result, record)))
    return uow.put(OUTCOME, outcome, *([StockDeclared(draft.slug, stock)] if stock else []))


def reject(uow: UnitOfWork, import_id: str, record: Record, error: DomainError) -> Outcome | None:
    """Record that the catalogue did not take a product; None when it has been done before."""
    uow.load(IMPORT.ref(import_id), OUTCOME.ref(import_id, record.key))
    started = uow.get(IMPORT, import_id)
    if record.line < started.next_line:
        return None
    return _refuse(uow, started, record, _reasons(error, record.line))


def _refuse(uow: UnitOfWork, started: Import, record: Record, reasons: tuple[str, ...]) -> Outcome:
    known = uow.find(OUTCOME, started.id, record.key)
    key = f"line-{record.line}" if known is not None else record.key
    uow.put(IMPORT, replace(started, **_counted(started, Result.REJECTED, record)))
    return uow.put(OUTCOME, Outcome(started.id, key, record.line, Result.REJECTED, reasons, record.notes))


def _counted(started: Import, result: Result, record: Record) -> dict[str, Any]:
    return dict(started.counted(result, record.next_line))


def _reasons(error: DomainError, line: int) -> tuple[str, ...]:
    return tuple(f"line {line}: " + f"{one.pointer} {one.detail}".strip() for one in reasons(error))


def _declared(draft: ProductDraft) -> tuple[DeclaredStock, ...]:
    return tuple(
        DeclaredStock(variant.sku, location, units)
        for variant in draft.variants for location, units in variant.stock.items() if units
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feeder:
    """Feeds the lines of a file into an import. Each product is a command of its own, so this holds no unit of work.

    Args:
        begin: starts a unit of work.
        declare_stock: see `take`.
        told: called after each product, for progress.
        enough: asked after each product; true stops here, to be continued.
    """

    begin: Callable[[], UnitOfWork]
    declare_stock: bool = True
    told: Callable[[Record, Outcome], None] = lambda _record, _outcome: None
    enough: Callable[[], bool] = lambda: False

    def feed(self, import_id: str, lines: Iterable[str], first_line: int = 1, *, last: bool = True) -> Import:
        """Take in every product of a part of the file that has not been taken in before.

        Args:
            lines: physical lines with their line breaks, `first_line` being the number of the first.
            last: whether the file ends with them; if not, an unfinished product at the end waits for the next part.

        Raises:
            NotFound: no such import.
            OutOfOrder: a part between the last line read and these is missing, or the import is finished.
            Invalid: the first line is no header.
        """
        started = import_of(self.begin(), import_id)
        if started.finished_at is not None or first_line > started.next_line:
            raise OutOfOrder(f"The import goes on with line {started.next_line}.", next_line=started.next_line)
        rest = iter(lines)
        unread = started.next_line - first_line
        if sum(1 for _ in itertools.islice(rest, unread)) < unread:
            return started
        if started.format is Format.SHOPIFY_CSV and started.next_line == 1:
            started = self._read_header(import_id, rest)
        through = Intake(
            self.begin,
            lambda uow, record: take(uow, import_id, record, declare_stock=self.declare_stock),
            lambda uow, record, error: reject(uow, import_id, record, error),
            self.told,
            self.enough,
        ).feed(self._with_room(_records(started, rest, last)))
        if through and last:
            return run(lambda uow: _finish(uow, import_id), self.begin)
        return import_of(self.begin(), import_id)

    def _with_room(self, records: Iterable[Record]) -> Iterator[Record]:
        """Make what a very large product refers to beforehand: in one transaction with it there might be no room.

        A category, brand or option that is there before its product is nothing half-written, and made once.
        """
        for record in records:
            draft = record.draft
            if draft is not None and len(draft.variants) > _LARGE:
                with contextlib.suppress(Invalid):  # which the product's own turn finds again, and tells
                    run(lambda uow, wanted=draft: make_references(uow, wanted), self.begin)  # type: ignore[misc]
            yield record

    def _read_header(self, import_id: str, lines: Iterator[str]) -> Import:
        header = read_header(next(lines, ""))

        def keep(uow: UnitOfWork) -> Import:
            started = uow.get(IMPORT, import_id)
            ignored = columns_of(header, started.options).ignored
            return uow.put(IMPORT, replace(started, header=header, ignored=ignored, next_line=2))

        return run(keep, self.begin)


def _records(started: Import, lines: Iterator[str], last: bool) -> Iterator[Record]:
    if started.format is Format.JSON_LINES:
        return read_json_lines(lines, started.next_line, last=last)
    return read_shopify(lines, started.header, started.options, started.next_line, last=last)


def taken(started: Import, lines: Iterable[str]) -> Iterator[Record]:
    """The products that have been taken in or rejected, read again from the beginning of the file.

    Whoever does something of his own after the products, in other transactions, does it again for the last of these
    when he continues: he may have been interrupted in between.
    """
    rest, first = iter(lines), 1
    if started.format is Format.SHOPIFY_CSV:
        next(rest, None)
        first = 2
    records = _records(replace(started, next_line=first), rest, last=True)
    return itertools.takewhile(lambda record: record.line < started.next_line, records)


def _finish(uow: UnitOfWork, import_id: str) -> Import:
    started = uow.get(IMPORT, import_id)
    return started if started.finished_at else uow.put(IMPORT, replace(started, finished_at=uow.now))


def feed(
    begin: Callable[[], UnitOfWork],
    import_id: str,
    text: str,
    first_line: int,
    *,
    last: bool,
    enough: Callable[[], bool] = lambda: False,
) -> Import:
    """Feed a part of a file that is at hand as text; see `Feeder.feed`.

    Raises:
        Invalid: it holds no whole product, so nothing would come of it.
    """
    import io

    before = import_of(begin(), import_id)
    after = Feeder(begin, enough=enough).feed(import_id, io.StringIO(text, newline=""), first_line, last=last)
    if not last and first_line == before.next_line == after.next_line and text.strip():
        raise Invalid(FieldError("/text", "holds no whole product; send a longer part"))
    return after
