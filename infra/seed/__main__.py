"""The command line: `python -m infra.seed [FILE] [options]`. The table is the one that the environment names."""

from __future__ import annotations

import argparse
import codecs
import hashlib
import itertools
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import (
    Format,
    Import,
    ImportOptions,
    Outcome,
    Record,
    Result,
    Status,
    slugify,
)
from chalicelib.catalog.items import IMPORT, OUTCOME, PRODUCT
from chalicelib.catalog.service import Feeder
from chalicelib.core import table
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import DomainError
from chalicelib.core.events import Actor
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets

from .bundles import bundles
from .generate import products
from .merchants import open_alliance

#: A transaction holds a hundred actions; a counter is one, and the event of the receipt is another.
_COUNTERS_AT_ONCE = 90
_EVERY = 200


def begin() -> UnitOfWork:
    """A unit of work of the operator at the keyboard."""
    return UnitOfWork(utc_now(), Actor("staff", "operator"), cause="infra.seed")


@dataclass
class Progress:
    """Opens the stock of products as they come in, and says how far the import is."""

    total: int | None = None
    done: int = 0
    opened: int = 0
    started: float = field(default_factory=time.monotonic)
    waiting: dict[tuple[str, str], int] = field(default_factory=dict)

    def __call__(self, record: Record, outcome: Outcome) -> None:
        self.open_stock(record, outcome)
        self.done += 1
        if outcome.result is Result.REJECTED:
            print("\n".join(f"  rejected {outcome.key}: {reason}" for reason in outcome.errors))
        if self.done % _EVERY == 0:
            of = f" of {self.total}" if self.total else ""
            print(f"  {self.done}{of} products ({time.monotonic() - self.started:.0f} s)", flush=True)

    def open_stock(self, record: Record, outcome: Outcome) -> None:
        """Receive the opening stock that a product names, together with that of the next ones."""
        if outcome.result is not Result.REJECTED:
            self.waiting.update(_stock_of(record))
        self._open(_COUNTERS_AT_ONCE)

    def finish(self) -> None:
        """Receive what is left."""
        self._open(1)

    def _open(self, least: int) -> None:
        while len(self.waiting) >= least:
            part = dict(itertools.islice(self.waiting.items(), _COUNTERS_AT_ONCE))
            self.opened += run(_opening(part), begin)
            for pair in part:
                del self.waiting[pair]


def _stock_of(record: Record) -> dict[tuple[str, str], int]:
    variants = record.draft.variants if record.draft is not None else ()
    return {(variant.sku, place): units for variant in variants for place, units in variant.stock.items()}


def _opening(part: Mapping[tuple[str, str], int]) -> Callable[[UnitOfWork], int]:
    return lambda uow: inventory.open_stock(uow, part)


def import_id(name: str, digest: str) -> str:
    """The import of this very file that is not finished yet, or a new one.

    Ids are `<name>-<digest>-<run>`: an interrupted run is found again by the file's content.
    """
    number = 1
    while True:
        candidate = f"{name}-{digest[:12]}-{number}"
        known = begin().find(IMPORT, candidate)
        if known is None or known.finished_at is None:
            return candidate
        number += 1


def take_in(
    name: str,
    digest: str,
    file_format: Format,
    options: ImportOptions,
    read: Callable[[], Iterator[str]],
    told: Progress,
) -> Import:
    """Start or continue an import and see it through.

    Args:
        read: the lines of the file, from its beginning.
    """
    wanted = import_id(name, digest)
    known = begin().find(IMPORT, wanted)
    if known is None:
        run(lambda uow: catalog.start_import(uow, name, file_format, options, wanted), begin)
    elif known.next_line > 1:
        print(f"  continuing at line {known.next_line}")
        told.done = known.created + known.changed + known.unchanged + known.rejected
        open_last_stock(known, read(), told)
    done = Feeder(begin, declare_stock=False, told=told).feed(wanted, read())
    told.finish()
    return done


def open_last_stock(known: Import, lines: Iterator[str], told: Progress) -> None:
    """Open the stock that was still waiting when an import was interrupted.

    Of so many products at most: each that waits has at least one counter.
    """
    for record in deque(filter(_stock_of, catalog.taken(known, lines)), _COUNTERS_AT_ONCE):
        outcome = begin().find(OUTCOME, known.id, record.key)
        if outcome is not None:
            told.open_stock(record, outcome)


def seed() -> int:
    """Take the example catalogue and the example merchants into the table, once: what became of them since is kept."""
    catalogue = list(products())
    text = [msgspec.json.encode(draft).decode() + "\n" for draft in (*catalogue, *bundles(catalogue))]
    digest = hashlib.sha256("".join(text).encode()).hexdigest()
    told, status = Progress(total=len(text)), 0
    here = begin().find(IMPORT, f"example-{digest[:12]}-1")
    if here is not None and here.finished_at is not None:
        open_last_stock(here, iter(text), told)
        told.finish()
        print(f"  {len(text)} products are here since {here.finished_at:%Y-%m-%d}, and stay as they are")
    else:
        done = take_in("example", digest, Format.JSON_LINES, ImportOptions(), lambda: iter(text), told)
        status = report(done, told)
    print(f"  {open_alliance(begin)} services of merchants on offer")
    return status


def import_file(path: Path, encoding: str, file_format: Format, options: ImportOptions) -> int:
    """Take a file of products into the table."""
    with path.open("rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
    told = Progress()
    done = take_in(slugify(path.stem) or "file", digest, file_format, options, lambda: lines_of(path, encoding), told)
    return report(done, told)


def lines_of(path: Path, encoding: str) -> Iterator[str]:
    """The lines of a file as text. A byte order mark decides, else `encoding`; nothing is guessed."""
    with path.open("rb") as raw:
        start = raw.read(4)
    if start.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    with path.open(encoding=encoding, errors="strict", newline="") as text:
        yield from text


def relist() -> int:
    """Bring the rows of all lists up to date with this version of the code."""
    rows = products_seen = 0
    for status in Status:
        start = None
        while True:
            page = table.page(PRODUCT, "gsi1", f"PRODUCTS#{status}", limit=table.PAGE_LIMIT, start=start)
            for card in page.items:
                rows += run(_relisting(card.slug), begin)
                products_seen += 1
            start = page.next
            if start is None:
                break
    print(f"  {rows} rows of lists written for {products_seen} products")
    return 0


def _relisting(slug: str) -> Callable[[UnitOfWork], int]:
    return lambda uow: catalog.relist(uow, slug)


def report(done: Import, told: Progress) -> int:
    """Say what became of the file; the exit status is 1 when something was rejected."""
    print(
        f"  {done.created} created, {done.changed} changed, {done.unchanged} unchanged, {done.rejected} rejected; "
        f"{told.opened} stock counters opened ({time.monotonic() - told.started:.1f} s)"
    )
    for one in done.ignored:
        print(f"  column {one.column!r} was not used: {one.reason}")
    for outcome in begin().part(OUTCOME, done.id, prefix="OUTCOME#") if done.rejected or done.ignored else ():
        for note in outcome.notes:
            print(f"  {outcome.key}: {note}")
    return 1 if done.rejected else 0


def options_of(arguments: argparse.Namespace) -> ImportOptions:
    """What the command line says about a file; the currencies come from the markets."""
    currencies = {market.code: market.currency for market in markets.all_markets()}
    named = dict(pair.split("=", 1) for pair in arguments.market)
    same = tuple(code for code, currency in currencies.items() if currency == arguments.currency)
    return ImportOptions(
        language=arguments.language, currency=arguments.currency, markets=same, currencies=currencies,
        market_columns=named, location=arguments.location,
        hs_code=arguments.hs_code, origin=arguments.origin, length_mm=arguments.size[0], width_mm=arguments.size[1],
        height_mm=arguments.size[2], declare_price=arguments.declare_price,
    )  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    read = argparse.ArgumentParser("python -m infra.seed", description="Take products into the catalogue.")
    read.add_argument(
        "file", nargs="?", type=Path, help="Shopify product CSV or JSON Lines; none: the example catalogue"
    )
    read.add_argument("--relist", action="store_true", help="bring the rows of all lists up to date instead")
    read.add_argument("--encoding", default="utf-8", help="of a file without a byte order mark (utf-8)")
    read.add_argument("--language", default="en", help="language of the texts (en)")
    read.add_argument("--currency", default="EUR", help="currency of the price column (EUR)")
    read.add_argument("--market", action="append", default=[], metavar="NAME=CODE", help="as in 'United Kingdom=GB'")
    read.add_argument("--location", default="", help="where the stock quantities lie; left out: they are not used")
    read.add_argument("--hs-code", default="", help="for products without one")
    read.add_argument("--origin", default="", help="country of origin of products without one")
    read.add_argument("--size", type=int, nargs=3, default=[0, 0, 0], metavar="MM", help="packed length, width, height")
    read.add_argument("--declare-price", action="store_true", help="the price is the customs value where none is given")
    return read


def main() -> int:
    """Run the command line."""
    arguments = parser().parse_args()
    try:
        if arguments.relist:
            return relist()
        if arguments.file is None:
            return seed()
        is_csv = arguments.file.suffix.lower() in (".csv", ".tsv", ".txt")
        file_format = Format.SHOPIFY_CSV if is_csv else Format.JSON_LINES
        return import_file(arguments.file, arguments.encoding, file_format, options_of(arguments))
    except UnicodeDecodeError as error:
        print(f"  The file is not {error.encoding}: byte {error.start}. Name its encoding with --encoding.")
    except OSError as error:
        print(f"  {error.filename} cannot be read: {error.strerror}.")
    except DomainError as error:
        print(f"  {error.title}: {error.detail}")
    return 2


if __name__ == "__main__":
    sys.exit(main())
