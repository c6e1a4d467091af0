"""Files of couriers' slips: bring one, see how far it has come, read its report (FUL-14, FUL-15)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import FieldError, Invalid, TooLarge
from chalicelib.core.http import Model, Page, Query, Request
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain.slip_files import LARGEST, SlipFile, SlipKind, SlipOutcome, SlipResult
from chalicelib.fulfilment.items.slip_files import SLIP_FILE, SLIP_FILES, SLIP_OUTCOME, outcome_list, store_files

from .door import routes

STORE_AND_ORDER_DESK = staff(Post.STORE, Post.ORDER_DESK)
#: The file in base64, and the rest of the body.
_LARGEST_BODY = LARGEST * 4 // 3 + 4096


class SlipFileBody(Model):
    """A file of slips, the bytes as they are, in base64.

    CSV with one header line; comma, semicolon, tab or `|` between the cells; UTF-8 or GB18030. Waybills:
    `order_number`, `carrier`, `waybill`, and if known `shipped_on` and `weight_g` or `weight_kg`. Receipts:
    `order_number`, `receipt`, `signed_by`, `signed_at`. Usual names of these columns, English and Chinese, are
    understood.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["waybills", "receipts"]
    content: Annotated[str, Field(min_length=1, description="At most 512 kB before base64.")]

    @property
    def raw(self) -> bytes:
        try:
            raw = base64.b64decode(self.content, validate=True)
        except (binascii.Error, ValueError):
            raise Invalid(FieldError("/content", "is not base64")) from None
        if len(raw) > LARGEST:
            raise TooLarge(f"At most {LARGEST} bytes are read.")
        return raw


class SlipFileView(Model):
    """How far a file has come; it is through when `finished_at` is set."""

    id: str
    name: str
    kind: SlipKind
    uploaded_at: datetime
    finished_at: datetime | None
    rows: int
    done: int
    accepted: int
    unchanged: Annotated[int, Field(description="Rows that were so already.")]
    rejected: int
    ignored_columns: Sequence[str]

    @classmethod
    def of(cls, file: SlipFile) -> SlipFileView:
        return cls(
            id=file.id, name=file.name, kind=file.kind, uploaded_at=file.uploaded_at, finished_at=file.finished_at,
            rows=file.rows, done=file.next_row, accepted=file.accepted, unchanged=file.unchanged,
            rejected=file.rejected, ignored_columns=file.ignored,
        )  # fmt: skip


class RowErrorView(Model):
    """What is wrong with a row: the column, empty for the row as a whole, and the reason."""

    field: str
    reason: str


class SlipOutcomeView(Model):
    """What became of one row of the file."""

    line: Annotated[int, Field(description="In the file, counted from 1, the header included.")]
    order_number: str
    number: Annotated[str, Field(description="The waybill or receipt.")]
    result: SlipResult
    errors: Sequence[RowErrorView]
    notes: Sequence[str]

    @classmethod
    def of(cls, outcome: SlipOutcome) -> SlipOutcomeView:
        return cls(
            line=outcome.line, order_number=outcome.order_number, number=outcome.number, result=outcome.result,
            errors=[RowErrorView(field=error.field, reason=error.reason) for error in outcome.errors],
            notes=outcome.notes,
        )  # fmt: skip


class ReportQuery(Query):
    """All rows, or those with one result."""

    result: Annotated[SlipResult | None, Field(description="Only rows with this result.")] = None


@routes.post(
    "/staff/slip-files", access=STORE_AND_ORDER_DESK, status=201, idempotent=True, largest=_LARGEST_BODY,
    screened=False,  # base64 may look like anything
)  # fmt: skip
def bring_slips(request: Request, body: SlipFileBody) -> SlipFileView:
    """Bring a file of waybills or signed receipts; its rows are worked through in the background.

    Each row is done as if it had been entered by hand, for the orders that the caller may see. Bad rows change nothing
    and are named in the report. The same file may come again: what is so already stays so.
    """
    file = service.bring(request.uow, body.name, SlipKind(body.kind), body.raw, request.principal)
    return SlipFileView.of(file)


@routes.get("/staff/slip-files", access=STORE_AND_ORDER_DESK)
def list_slip_files(request: Request, query: Query) -> Page[SlipFileView]:
    """Files of slips, the newest first: a store's staff see their store's own."""
    bound = not request.principal.works_for("")
    index, pk = ("gsi2", store_files(request.principal.store)) if bound else ("gsi1", SLIP_FILES)
    page = request.page(SLIP_FILE, index, pk, limit=query.limit, cursor=query.cursor, newest_first=True)
    return Page[SlipFileView](items=[SlipFileView.of(file) for file in page.items], next=page.next)


@routes.get("/staff/slip-files/{file_id}", access=STORE_AND_ORDER_DESK)
def get_slip_file(request: Request, file_id: str) -> SlipFileView:
    """How far a file has come."""
    return SlipFileView.of(service.file_of(request.uow, file_id, request.principal))


@routes.get("/staff/slip-files/{file_id}/rows", access=STORE_AND_ORDER_DESK)
def report_slip_file(request: Request, file_id: str, query: ReportQuery) -> Page[SlipOutcomeView]:
    """What became of each row, by line: the field and the reason of every one that was rejected."""
    file = service.file_of(request.uow, file_id, request.principal)
    wanted = query.result
    page = request.page(
        SLIP_OUTCOME, "gsi1", outcome_list(file.id), limit=query.limit, cursor=query.cursor,
        keep=(lambda outcome: outcome.result is wanted) if wanted else None,
    )  # fmt: skip
    return Page[SlipOutcomeView](items=[SlipOutcomeView.of(outcome) for outcome in page.items], next=page.next)
