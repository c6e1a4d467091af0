"""Reading files of couriers' slips: what the columns are called, and what a cell means (FUL-14, FUL-15)."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from chalicelib.core import sheets
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.shipping.domain.carrier_names import code_of

from .slip_files import RowError, SlipKind, SlipRow

#: Characters of one cell; the longest waybill has 35.
_LONGEST: Final = 64
#: The hour at which a receipt counts as signed that names only the day.
_NOON: Final = "T12:00:00"

#: What the columns are called in files, ours first. Compared in lower case, without regard to blanks and width.
COLUMNS: Final[Mapping[SlipKind, Mapping[str, tuple[str, ...]]]] = {
    SlipKind.WAYBILLS: {
        "order_number": (
            "order number", "order", "order no", "order no.", "order id", "reference",
            "订单号", "订单编号", "商家订单号", "客户订单号", "客户单号", "参考号",
        ),
        "carrier": ("courier", "shipping company", "快递公司", "物流公司", "承运商", "快递", "物流商"),
        "waybill": (
            "waybill number", "waybill no", "waybill no.", "tracking number", "tracking no", "tracking no.",
            "运单号", "运单号码", "快递单号", "物流单号", "物流编号", "跟踪号", "面单号",
        ),
        "shipped_on": ("shipped on", "ship date", "shipped date", "发货日期", "发货时间", "寄件日期", "寄件时间"),
        "weight_g": ("weight g", "weight (g)", "重量(g)", "重量(克)", "计费重量(g)"),
        "weight_kg": ("weight kg", "weight (kg)", "重量(kg)", "重量(千克)", "重量(公斤)", "计费重量(kg)"),
    },
    SlipKind.RECEIPTS: {
        "order_number": (
            "order number", "order", "order no", "order no.", "order id", "reference",
            "订单号", "订单编号", "商家订单号", "客户订单号", "客户单号", "参考号",
        ),
        "receipt": ("receipt number", "receipt no", "receipt no.", "slip", "slip number", "回单号", "回单编号"),
        "signed_by": ("signed by", "recipient", "签收人", "收件人"),
        "signed_at": ("signed at", "signed on", "delivered at", "签收时间", "签收日期"),
    },
}  # fmt: skip
NEEDED: Final[Mapping[SlipKind, tuple[str, ...]]] = {
    SlipKind.WAYBILLS: ("order_number", "carrier", "waybill"),
    SlipKind.RECEIPTS: ("order_number", "receipt", "signed_by", "signed_at"),
}
_DAY: Final = re.compile(
    r"(?P<y>\d{4})(?P<s>[-/.]?)(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})|(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.(?P<y2>\d{4})"
)
_HOUR: Final = re.compile(r"(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<sec>\d{2})(?:\.\d+)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?")
_ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")


def read(text: str, kind: SlipKind, most: int, pointer: str = "") -> tuple[tuple[SlipRow, ...], tuple[str, ...]]:
    """The rows of a file, and its columns that mean nothing here.

    Args:
        most: rows it may have.

    Raises:
        Invalid: no header, a needed column that is missing or a column twice, no rows, or too many.
    """
    lines = sheets.lines_of(text)
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise Invalid(FieldError(pointer, "is empty"))
    meanings = {_plain(name): column for column, names in COLUMNS[kind].items() for name in (column, *names)}
    separator, header = sheets.header(lines[first], lambda name: _plain(name) in meanings)
    columns = [meanings.get(_plain(name), "") for name in header]
    _check(columns, kind, pointer)
    rows: list[SlipRow] = []
    for number, line in enumerate(lines[first + 1 :], first + 2):
        if line.strip(f"{separator}\"' \t"):
            if len(rows) == most:
                raise Invalid(FieldError(pointer, f"has more than {most} rows"))
            rows.append(_row(len(rows), number, line, separator, columns, NEEDED[kind]))
    if not rows:
        raise Invalid(FieldError(pointer, "has no rows below its header"))
    ignored = tuple(name for name, column in zip(header, columns, strict=True) if name and not column)
    return tuple(rows), ignored


def _plain(name: str) -> str:
    return sheets.plain(unicodedata.normalize("NFKC", name).replace("_", " "))


def _check(columns: Sequence[str], kind: SlipKind, pointer: str) -> None:
    missing = [column for column in NEEDED[kind] if column not in columns]
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    errors = [FieldError(pointer, f"has no column {column}") for column in missing]
    errors += [FieldError(pointer, f"has more than one column for {column}") for column in twice]
    if errors:
        raise Invalid(*errors)


def _row(place: int, line: int, text: str, separator: str, columns: Sequence[str], needed: Sequence[str]) -> SlipRow:
    try:
        cells = sheets.cells(text, separator, strict=True)
    except csv.Error:
        return SlipRow(place=place, line=line, errors=(RowError("", "a quotation mark is not closed"),))
    if any(cell.strip() for cell in cells[len(columns) :]):
        return SlipRow(place=place, line=line, errors=(RowError("", "has more cells than the header has columns"),))
    found = {column: clean(cell) for column, cell in zip(columns, cells, strict=False) if column}
    errors = [RowError(column, "is missing") for column in needed if not found.get(column)]
    errors += [RowError(name, f"is longer than {_LONGEST} characters") for name in found if len(found[name]) > _LONGEST]
    values: dict[str, object] = {}
    for column, cell in found.items():
        if cell and len(cell) <= _LONGEST:
            try:
                values |= _READ[column](cell)
            except ValueError as error:
                errors.append(RowError(column, str(error)))
    return SlipRow(place=place, line=line, errors=tuple(errors), **values)  # type: ignore[arg-type]


def clean(cell: str) -> str:
    """What a cell says, without what spreadsheets put around it: full-width letters, ="…", a leading apostrophe."""
    text = unicodedata.normalize("NFKC", cell).replace("\u200b", "").strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'").strip()


def _number(text: str) -> str:
    if _ROUNDED.fullmatch(text):
        raise ValueError("was rounded by the spreadsheet; format the column as text")
    return text


def _day(text: str) -> date:
    """A day, the year first or in the German way; what could be read in two ways is not read."""
    found = _DAY.match(text)
    rest = text[found.end() :].lstrip("T ") if found else ""
    if found and (not rest or _HOUR.fullmatch(rest)):
        year, month, day = (found[part] or found[f"{part}2"] for part in ("y", "m", "d"))
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            pass
    raise ValueError("is not a date such as 2026-11-21")


def _moment(text: str) -> str:
    day = _day(text).isoformat()
    hour = _HOUR.search(text)
    if hour is None:
        return day + _NOON
    zone = hour["zone"] or ""
    moment = f"{day}T{int(hour['h']):02d}:{hour['min']}:{hour['sec'] or '00'}{zone}"
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        raise ValueError("is not a time such as 2026-11-21 16:30") from None
    return moment


def _grams(text: str, factor: int) -> int:
    if not re.fullmatch(r"\d{1,7}(?:[.,]\d{1,4})?", text):
        raise ValueError("is not a weight")
    grams = int((Decimal(text.replace(",", ".")) * factor).to_integral_value())
    if not 0 < grams <= 1_000_000:
        raise ValueError("is not the weight of a parcel")
    return grams


_READ: Final[Mapping[str, Callable[[str], dict[str, object]]]] = {
    "order_number": lambda text: {"order_number": _number(text)},
    "carrier": lambda text: {"carrier": code_of(text)},
    "waybill": lambda text: {"waybill": _number(text)},
    "shipped_on": lambda text: {"shipped_on": _day(text)},
    "weight_g": lambda text: {"weight_g": _grams(text, 1)},
    "weight_kg": lambda text: {"weight_g": _grams(text, 1000)},
    "receipt": lambda text: {"receipt": _number(text)},
    "signed_by": lambda text: {"signed_by": text},
    "signed_at": lambda text: {"signed_at": _moment(text)},
}
