"""Taking in files of products: start, feed part by part, report (CAT-01)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from chalicelib.catalog import service
from chalicelib.catalog.domain import Format, Import, ImportOptions, Outcome, Result
from chalicelib.catalog.items import IMPORT, OUTCOME
from chalicelib.catalog.service.imports import OutOfOrder
from chalicelib.core.clock import utc_now
from chalicelib.core.http import Id, Model, Page, Query, Request
from chalicelib.core.unit_of_work import UnitOfWork

from .door import PRODUCT_MANAGEMENT, routes

#: A request is answered well before the gateway gives up at 29 seconds; what is left goes into the next one.
_SECONDS = 15.0
_MARKET = "^[A-Z]{2}$"
Market = Annotated[str, Field(pattern=_MARKET)]


class OptionsBody(Model):
    """What a file does not say by itself.

    `currency` is that of its price columns, which apply in `markets`. `currencies` and `market_columns` are for
    columns such as `Price / United Kingdom`: `{"GB": "GBP"}` and `{"United Kingdom": "GB"}`.
    """

    language: str = "en"
    currency: str = "EUR"
    markets: Sequence[Market] = ()
    currencies: dict[str, str] = {}
    market_columns: dict[str, str] = {}
    location: str = ""
    hs_code: str = ""
    origin: str = ""
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    declare_price: bool = False

    def options(self) -> ImportOptions:
        given = {name: getattr(self, name) for name in OptionsBody.model_fields}
        return ImportOptions(**{**given, "markets": tuple(self.markets)})


class ImportBody(Model):
    """A file that is about to come in."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    format: Format
    options: OptionsBody = OptionsBody()


class PartBody(Model):
    """Some lines of the file. `first_line` counts from 1, the header line included; `last` says the file ends here."""

    first_line: Annotated[int, Field(ge=1)]
    text: str
    last: bool


class IgnoredColumn(Model):
    """A column of the file that is not used, and why."""

    column: str
    reason: str


class ImportAnswer(Model):
    """How far an import has come. Go on with `next_line` until `finished_at` is set."""

    id: str
    name: str
    format: Format
    started_at: datetime
    finished_at: datetime | None
    next_line: int
    created: int
    changed: int
    unchanged: int
    rejected: int
    ignored_columns: Sequence[IgnoredColumn]

    @classmethod
    def of(cls, started: Import) -> ImportAnswer:
        return cls(
            id=started.id, name=started.name, format=started.format, started_at=started.started_at,
            finished_at=started.finished_at, next_line=started.next_line, created=started.created,
            changed=started.changed, unchanged=started.unchanged, rejected=started.rejected,
            ignored_columns=[IgnoredColumn(column=one.column, reason=one.reason) for one in started.ignored],
        )  # fmt: skip


class OutcomeAnswer(Model):
    """A product of the file that was rejected, or taken in differently from how it was written."""

    product: str
    line: int
    result: Result
    errors: Sequence[str]
    notes: Sequence[str]

    @classmethod
    def of(cls, outcome: Outcome) -> OutcomeAnswer:
        return cls(
            product=outcome.key, line=outcome.line, result=outcome.result, errors=outcome.errors, notes=outcome.notes
        )


@routes.post("/staff/catalog/imports", access=PRODUCT_MANAGEMENT, status=201, idempotent=True)
def start_import(request: Request, body: ImportBody) -> ImportAnswer:
    """Begin to take in a file of products."""
    started = service.start_import(request.uow, body.name, body.format, body.options.options())
    return ImportAnswer.of(started)


@routes.get("/staff/catalog/imports", access=PRODUCT_MANAGEMENT)
def list_imports(request: Request, query: Query) -> Page[ImportAnswer]:
    """Imports, newest first."""
    page = request.page(IMPORT, "gsi1", "IMPORTS", limit=query.limit, cursor=query.cursor, newest_first=True)
    return Page[ImportAnswer](items=[ImportAnswer.of(one) for one in page.items], next=page.next)


@routes.get("/staff/catalog/imports/{import_id}", access=PRODUCT_MANAGEMENT)
def read_import(request: Request, import_id: str) -> ImportAnswer:
    """How far an import has come."""
    return ImportAnswer.of(service.import_of(request.uow, import_id))


@routes.post(
    "/staff/catalog/imports/{import_id}/parts", access=PRODUCT_MANAGEMENT, commit=False, errors=[OutOfOrder],
    files=True, screened=False,  # a file of products is full of barcodes
)  # fmt: skip
def feed_import(request: Request, import_id: str, body: PartBody) -> ImportAnswer:
    """Feed lines of the file. Every product is taken in by a transaction of its own, and the line to go on with is
    kept.

    A whole small file goes in one part. For a large one send parts of up to 200 kB, each from the `next_line` of the
    answer before: a product whose rows may go on in the next part waits for it, and so does what a part had no time
    for. Lines that were sent before are passed over, so a repeated request does no harm. A byte order mark is left out.
    """
    until = time.monotonic() + _SECONDS
    caller = request.uow

    def begin() -> UnitOfWork:
        return UnitOfWork(utc_now(), caller.actor, caller.cause, caller.trace)

    fed = service.feed(
        begin,
        import_id,
        body.text.removeprefix("\ufeff"),
        body.first_line,
        last=body.last,
        enough=lambda: time.monotonic() > until,
    )
    return ImportAnswer.of(fed)


@routes.get("/staff/catalog/imports/{import_id}/report", access=PRODUCT_MANAGEMENT)
def report_import(request: Request, import_id: Id, query: Query) -> Page[OutcomeAnswer]:
    """What was rejected or taken in differently, by line, with the reasons."""
    service.import_of(request.uow, import_id)
    page = request.page(OUTCOME, "gsi1", f"IMPORT#{import_id}", limit=query.limit, cursor=query.cursor)
    return Page[OutcomeAnswer](items=[OutcomeAnswer.of(one) for one in page.items], next=page.next)
