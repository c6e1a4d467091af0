"""Imports: a file of products on its way into the catalogue, and what became of each.

A file is read from top to bottom, one product at a time. The position is moved by the transaction that writes the
product, so an import that was interrupted anywhere continues at the next product and writes none twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from chalicelib.core.ids import is_id

from .draft import ProductDraft, VariantDraft
from .product import Component


class Format(StrEnum):
    """What we read: the product CSV of Shopify in both of its generations of headers, and our own JSON Lines."""

    SHOPIFY_CSV = "shopify_csv"
    JSON_LINES = "json_lines"


class Result(StrEnum):
    """What became of one product of the file."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a file does not say by itself.

    Args:
        language: language of its texts.
        currency: currency of its price columns; `markets` are where those prices apply.
        currencies: market code → currency, for the price columns of single markets.
        market_columns: name in a column such as `Price / United Kingdom` → market code.
        location: where its stock quantities lie; empty: they are left out.
        hs_code, origin, length_mm, width_mm, height_mm: used where the file has nothing of its own.
        declare_price: customs value is the price when the file declares none.
    """

    language: str = "en"
    currency: str = "EUR"
    markets: tuple[str, ...] = ()
    currencies: dict[str, str] = field(default_factory=dict)
    market_columns: dict[str, str] = field(default_factory=dict)
    location: str = ""
    hs_code: str = ""
    origin: str = ""
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    declare_price: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """A column of the file that is not used, and why."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a CSV file, kept for the parts of the file that follow."""

    names: tuple[str, ...] = ()
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class Record:
    """One product read from a file.

    Args:
        line: the line it begins on, counted from 1; `next_line` the one after it.
        key: its handle, or `line-<n>` when it has none.
        draft: the product, or None when it could not be read; then `errors` say why.
        notes: what was read differently from how it was written.
    """

    line: int
    next_line: int
    key: str
    draft: ProductDraft | None
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One file on its way in.

    Args:
        next_line: the line to go on with; everything before it is done.
    """

    id: str
    name: str
    format: Format
    options: ImportOptions
    started_at: datetime
    header: Header = field(default_factory=Header)
    ignored: tuple[Ignored, ...] = ()
    next_line: int = 1
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    finished_at: datetime | None = None

    def counted(self, result: Result, next_line: int) -> dict[str, int]:
        """The fields that change when one more product is done."""
        return {result.value: getattr(self, result.value) + 1, "next_line": next_line}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one product of one file, and why."""

    import_id: str
    key: str
    line: int
    result: Result
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_PRODUCT_FIELDS = frozenset(item.name for item in fields(ProductDraft))
_VARIANT_FIELDS = frozenset(item.name for item in fields(VariantDraft))
_COMPONENT_FIELDS = frozenset(item.name for item in fields(Component))


def read_json_lines(lines: Iterable[str], first_line: int = 1, *, last: bool = True) -> Iterator[Record]:
    """Read products from JSON Lines, one per line, in the shape of `ProductDraft`; empty lines are passed over.

    Args:
        last: whether the text ends the file; if not, a last line without its line break is left for the next part.
    """
    for number, line in enumerate(lines, first_line):
        if not last and not line.endswith("\n"):
            return
        text = line.strip().removeprefix("\ufeff")
        if text:
            yield _json_record(number, text)


def _json_record(number: int, text: str) -> Record:
    key = f"line-{number}"
    try:
        raw = msgspec.json.decode(text)
        if isinstance(raw, dict) and is_id(str(raw.get("slug"))):
            key = str(raw["slug"])
        unknown = tuple(f"line {number}: unknown field {name}" for name in _unknown_fields(raw))
        draft = None if unknown else msgspec.convert(raw, ProductDraft)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return Record(number, number + 1, key, None, (f"line {number}: {_said(error)}",))
    return Record(number, number + 1, key, draft, unknown)


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, msgspec.MsgspecError) else "is not valid JSON text"


def _unknown_fields(raw: Any) -> list[str]:
    if not isinstance(raw, dict):
        return []
    unknown = sorted(set(raw) - _PRODUCT_FIELDS)
    variants = raw.get("variants")
    for number, variant in enumerate(variants if isinstance(variants, list) else ()):
        if isinstance(variant, dict):
            unknown += [f"variants/{number}/{name}" for name in sorted(set(variant) - _VARIANT_FIELDS)]
            held = variant.get("components")
            for place, component in enumerate(held if isinstance(held, list) else ()):
                strange = sorted(set(component) - _COMPONENT_FIELDS) if isinstance(component, dict) else ()
                unknown += [f"variants/{number}/components/{place}/{name}" for name in strange]
    return unknown
