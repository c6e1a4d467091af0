"""Shopify's product CSV, read product by product (CAT-01).

A product is a run of rows with the same handle: the first row carries what belongs to the product, every row may
carry a
variant, an image, or both. Whatever is wrong in any row of a product rejects the whole product, with the line of each
mistake, so that nothing is ever half taken over. One product at a time is in memory.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from chalicelib.core.ids import digest, is_id
from chalicelib.core.money import Money

from .columns import Columns, columns_of
from .draft import CategoryName, ProductDraft, VariantDraft
from .imports import Header, ImportOptions, Record
from .product import (
    MAX_CATEGORY_DEPTH,
    GoodsKind,
    Media,
    Option,
    OptionValue,
    SizeClass,
    Specification,
    Texts,
    UnitMeasure,
)
from .taxonomy import slugify

T = TypeVar("T")

#: The longest cell that is read; longer ones are no product texts.
LONGEST_CELL = 400_000
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}


def read_shopify(
    lines: Iterable[str], header: Header, options: ImportOptions, first_line: int = 2, *, last: bool = True
) -> Iterator[Record]:
    """Read the rows below the header.

    Args:
        lines: physical lines with their line breaks.
        first_line: number of the first of them in the file.
        last: whether the text ends the file; if not, its last product is left for the next part, because its rows may
        go on.
    """
    columns = columns_of(header, options)
    held: _Rows | None = None
    for row in _rows(lines, header.delimiter, columns, first_line, last):
        if held is not None and (row.handle == held.handle or not row.handle):
            held.rows.append(row)
            continue
        if held is not None:
            yield held.record(options, row.line)
        held = _Rows(row.handle, [row])
    if held is not None and last:
        yield held.record(options, held.rows[-1].next_line)


@dataclass(slots=True)
class _Row:
    line: int
    next_line: int
    cells: dict[str, str]
    errors: list[str] = field(default_factory=list)

    @property
    def handle(self) -> str:
        """Its product: the handle, or one made of the title; empty on a row that continues the product above."""
        return self.cells.get("handle", "").lower() or _slug(self.cells.get("title", ""), "p")

    def get(self, name: str) -> str:
        return self.cells.get(name, "")

    def wrong(self, what: str) -> None:
        reason = f"line {self.line}: {what}"
        if reason not in self.errors:  # a cell may be asked for its value twice
            self.errors.append(reason)

    def read(self, name: str, how: Callable[[str], T], otherwise: T) -> T:
        """A cell as `how` reads it; an unreadable one is noted as a mistake of this line."""
        text = self.get(name)
        if not text:
            return otherwise
        try:
            return how(text)
        except ValueError as error:
            self.wrong(f"{name.replace('@', ' / ')}: {error}")
            return otherwise


def _rows(lines: Iterable[str], delimiter: str, columns: Columns, first_line: int, last: bool) -> Iterator[_Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = first_line
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            after = first_line + reader.line_num
            if "unexpected end" in str(error) and not last:
                return
            further = f", nor what follows to line {after - 1}" if after - 1 > line else ""
            yield _Row(
                line, after, {}, [f"line {line}: cannot be read as CSV{further} ({error})"]
            )  # rejects the product above
            line = after
            continue
        after = first_line + reader.line_num
        if any(value.strip() for value in values):
            pairs = zip(columns.names, values, strict=False)
            row = _Row(line, after, {name: value.strip() for name, value in pairs if name and value.strip()})
            if len(values) > len(columns.names):
                row.wrong(f"has {len(values)} cells, but there are {len(columns.names)} columns")
            yield row
        line = after


@dataclass(slots=True)
class _Rows:
    """The rows of one product."""

    handle: str
    rows: list[_Row]
    notes: list[str] = field(default_factory=list)

    def note(self, row: _Row, what: str) -> None:
        self.notes.append(f"line {row.line}: {what}")

    def record(self, options: ImportOptions, next_line: int) -> Record:
        first = self.rows[0]
        key = self.handle if is_id(self.handle) else f"line-{first.line}"
        draft = None if first.errors else self._draft(options)
        errors = tuple(error for row in self.rows for error in row.errors)
        return Record(first.line, next_line, key, None if errors else draft, errors, tuple(self.notes))

    def _draft(self, options: ImportOptions) -> ProductDraft:
        first = self.rows[0]
        if not first.get("title"):
            first.wrong("the first row of a product must have a title")
        variant_rows = [row for row in self.rows if _is_variant(row)] or [first]
        chosen = self._options(variant_rows, options.language)
        variants = tuple(
            self._variant(row, codes, options) for row, codes in zip(variant_rows, chosen.codes, strict=True)
        )
        category = self._category(first, options)
        size = first.read("size_class", _one_of(SizeClass), SizeClass.SMALL)
        return ProductDraft(
            slug=self.handle, title=_texts(first, "title", options),
            description=_texts(first, "body", options, "description"),
            specifications=_specifications(first, options), kind=self._kind(variant_rows), category_path=category,
            brand=_slug(first.get("vendor"), "b"), brand_name=first.get("vendor"), product_type=first.get("type"),
            tags=tuple(dict.fromkeys(tag.strip() for tag in first.get("tags").split(",") if tag.strip())),
            options=chosen.options, variants=variants, media=self._media(options),
            hs_code=first.read("hs_code", _hs_code, options.hs_code),
            origin=first.get("origin").upper() or options.origin,
            fresh=first.read("fresh", _boolean, otherwise=False), size_class=size,
            fragile=first.read("fragile", _boolean, otherwise=False),
            tax_category=first.get("tax_category") or "standard", return_rule=first.get("return_rule") or "standard",
            seo_title=_texts(first, "seo_title", options), seo_description=_texts(first, "seo_description", options),
            publish=self._publish(first),
        )  # fmt: skip

    def _publish(self, first: _Row) -> bool:
        status = first.get("status").lower() or "active"
        if status not in ("active", "draft", "archived", "unlisted"):
            first.wrong(f"status: {status!r} is not active, draft, archived or unlisted")
        if status in ("archived", "unlisted"):
            self.note(first, f"status {status} was taken as draft")
        return status == "active" and first.read("published", _boolean, otherwise=True)

    def _kind(self, rows: list[_Row]) -> GoodsKind:
        shipped = {row.read("shipping", _boolean, otherwise=True) for row in rows}
        if self.rows[0].read("gift_card", _boolean, otherwise=False):
            self.note(self.rows[0], "a gift card was taken as virtual goods")
            return GoodsKind.VIRTUAL
        if len(shipped) > 1:
            self.rows[0].wrong("some variants need shipping and some do not; a product is either physical or virtual")
        return GoodsKind.PHYSICAL if True in shipped else GoodsKind.VIRTUAL

    def _category(self, first: _Row, options: ImportOptions) -> tuple[CategoryName, ...]:
        levels = [level.strip() for level in (first.get("category") or first.get("type")).split(">") if level.strip()]
        levels = levels or ["Uncategorised"]
        if len(levels) > MAX_CATEGORY_DEPTH:
            self.note(first, f"the category has {len(levels)} levels; the first two and the last were taken")
            levels = [*levels[: MAX_CATEGORY_DEPTH - 1], levels[-1]]
        slugs = list(itertools.accumulate((_slug(level, "c") for level in levels), lambda above, one: f"{above}-{one}"))
        return tuple(
            CategoryName(slug if len(slug) <= 120 else "c-" + digest(slug)[:12], {options.language: level})
            for slug, level in zip(slugs, levels, strict=True)
        )

    def _options(self, rows: list[_Row], language: str) -> _Chosen:
        first = self.rows[0]
        options: list[Option] = []
        codes: list[dict[str, str]] = [{} for _ in rows]
        for number in (1, 2, 3):
            name = first.get(f"option{number}_name")
            values = [row.get(f"option{number}_value") for row in rows]
            if not name:
                if any(values) and not _is_default(values):
                    first.wrong(f"there are values for option {number}, but it has no name")
                continue
            if name.lower() == "title" and _is_default(values):
                continue
            if first.get(f"option{number}_link"):
                self.note(first, f"option {name} is linked to a metafield; its values were taken as text")
            code = _slug(name, "o")
            for row, value, chosen in zip(rows, values, codes, strict=True):
                if not value:
                    row.wrong(f"has no value for option {name}")
                chosen[code] = _slug(value, "v") or "none"
            titles = dict(zip((chosen[code] for chosen in codes), values, strict=True))
            found = tuple(OptionValue(value, {language: title}) for value, title in titles.items())
            options.append(Option(code, {language: name}, found))
        return _Chosen(tuple(options), codes)

    def _variant(self, row: _Row, codes: dict[str, str], options: ImportOptions) -> VariantDraft:
        sku = row.get("sku")
        if not sku:
            sku = "-".join([self.handle, *codes.values()])[:64].rstrip("-")
            self.note(row, f"has no SKU; {sku} was made for it")
        if row.get("oversell").lower() in ("continue", *_TRUE):
            self.note(row, "selling beyond the stock is not possible here")
        prices, compare_at = self._prices(row, options)
        declared = row.read("declared", _money(options.currency), None)
        if declared is None and options.declare_price and row.get("price"):
            declared = row.read("price", _money(options.currency), None)
        quantity = row.read("quantity", _integer, 0)
        if row.get("quantity") and not options.location:
            self.note(row, "the quantity was left out, because no location was named")
        return VariantDraft(
            sku=sku, options=codes, prices=prices, compare_at=compare_at,
            declared=declared if declared and not declared.is_zero else None,
            hs_code=row.read("hs_code", _hs_code, ""), origin=row.get("origin").upper(),
            weight_g=row.read("grams", _grams, 0), barcode=row.get("barcode").removeprefix("'"),
            length_mm=row.read("length_mm", _integer, options.length_mm),
            width_mm=row.read("width_mm", _integer, options.width_mm),
            height_mm=row.read("height_mm", _integer, options.height_mm),
            image=self._https(row, row.get("variant_image")),
            tax_category="" if row.read("taxable", _boolean, otherwise=True) else "exempt",
            unit_measure=_unit_measure(row),
            stock={options.location: quantity} if options.location and quantity > 0 else {},
        )  # fmt: skip

    def _prices(self, row: _Row, options: ImportOptions) -> tuple[dict[str, Money], dict[str, Money]]:
        prices: dict[str, Money] = {}
        formers: dict[str, Money] = {}
        for target, column in ((prices, "price"), (formers, "compare_at")):
            amount = row.read(column, _money(options.currency), None)
            if amount is not None:
                target.update(dict.fromkeys(options.markets, amount))
            for market, currency in options.currencies.items():
                own = row.read(f"{column}@{market}", _money(currency), None)
                if own is not None:
                    target[market] = own
        for market in options.currencies:
            if not self.rows[0].read(f"included@{market}", _boolean, otherwise=True):
                prices.pop(market, None)
        for market in [market for market, amount in prices.items() if amount.is_zero]:
            self.note(row, f"a price of nothing in {market} was left out")
            del prices[market]
        for market in [market for market in formers if market not in prices or formers[market] <= prices[market]]:
            if not formers[market].is_zero:
                self.note(row, f"the former price in {market} is not above the price and was left out")
            del formers[market]
        return prices, formers

    def _media(self, options: ImportOptions) -> tuple[Media, ...]:
        found: list[tuple[int, int, Media]] = []
        for number, row in enumerate(self.rows):
            url = self._https(row, row.get("image"))
            if url and all(url != media.url for _, _, media in found):
                alt = {options.language: row.get("image_alt")} if row.get("image_alt") else {}
                found.append((row.read("image_position", _integer, 10_000), number, Media(url, alt=alt)))
        return tuple(media for _, _, media in sorted(found, key=lambda entry: entry[:2]))

    def _https(self, row: _Row, url: str) -> str:
        if url.startswith("http://"):
            self.note(row, "an image without https was left out")
            return ""
        return url


@dataclass(frozen=True, slots=True)
class _Chosen:
    options: tuple[Option, ...]
    codes: list[dict[str, str]]


def _is_variant(row: _Row) -> bool:
    return any(row.get(name) for name in ("sku", "price", "option1_value", "option2_value", "option3_value"))


def _is_default(values: list[str]) -> bool:
    return {value.lower() for value in values} <= {"default title", ""}


def _slug(text: str, letter: str) -> str:
    """A slug of a text; what has no Latin letters gets a stable one of its own."""
    return slugify(text) or (f"{letter}-{digest(text)[:10]}" if text.strip() else "")


def _texts(row: _Row, name: str, options: ImportOptions, translated: str = "") -> Texts:
    texts = {options.language: row.get(name)} if row.get(name) else {}
    prefix = f"{translated or name}@"
    return texts | {key.removeprefix(prefix): text for key, text in row.cells.items() if key.startswith(prefix)}


def _specifications(row: _Row, options: ImportOptions) -> tuple[Specification, ...]:
    prefix = "specification@"
    return tuple(
        Specification({options.language: name.removeprefix(prefix)}, {options.language: value})
        for name, value in row.cells.items() if name.startswith(prefix)
    )  # fmt: skip


def _unit_measure(row: _Row) -> UnitMeasure | None:
    if not row.get("unit_total") or not row.get("unit_total_unit"):
        return None
    total = row.read("unit_total", _decimal, Decimal(0))
    base = row.read("unit_base", _decimal, Decimal(1))
    unit = row.get("unit_total_unit")
    return UnitMeasure(total, unit, base, row.get("unit_base_unit") or unit) if total else None


def _boolean(text: str) -> bool:
    plain = text.lower()
    if plain in _TRUE or plain in _FALSE:
        return plain in _TRUE
    raise ValueError(f"{text!r} is neither TRUE nor FALSE")


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    return Decimal(text)


def _integer(text: str) -> int:
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    value = _decimal(digits)
    if value != value.to_integral_value():
        raise ValueError(f"{text!r} is not a whole number")
    return sign * int(value)


def _grams(text: str) -> int:
    return int(_decimal(text).quantize(Decimal(1), ROUND_HALF_UP))


def _money(currency: str) -> Callable[[str], Money | None]:
    def read(text: str) -> Money | None:
        _decimal(text)
        return Money.of(text, currency)

    return read


def _hs_code(text: str) -> str:
    return re.sub(r"[.\s]", "", text)


def _one_of(kind: type[SizeClass]) -> Callable[[str], SizeClass]:
    return lambda text: kind(text.lower())
