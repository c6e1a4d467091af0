"""The operators' command: runs again without harm, keeps stock, continues what was interrupted (CAT-01)."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import Command, Status
from chalicelib.catalog.items import PRODUCT, VARIANT
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service as inventory
from infra.seed import __main__ as command
from infra.seed.generate import products
from tests.support.faults import Fault, Killed, injected
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]
SAMPLE = Path(__file__).parents[3] / "events" / "imports" / "shopify-products.csv"


@pytest.fixture(autouse=True)
def few(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "products", lambda: itertools.islice(products(), 0, 1020, 250))


def arguments(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["seed", *words])


def test_a_second_run_writes_no_product_and_keeps_the_stock_and_what_staff_have_done(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments(monkeypatch)
    assert command.main() == 0
    draft = next(iter(products()))
    sku, stock = draft.variants[0].sku, draft.variants[0].stock
    run(lambda uow: inventory.reserve(uow, {(sku, "SZX1"): 3}), begin)
    run(lambda uow: catalog.command(uow, draft.slug, Command.ARCHIVE), begin)
    assert "5 created" in capsys.readouterr().out
    with metered() as meter:
        assert command.main() == 0
    assert "5 products are here since 2026-" in capsys.readouterr().out
    assert meter.actions == 0
    assert begin().get(PRODUCT, draft.slug).status is Status.ARCHIVED
    assert inventory.available(begin(), [sku], ["SZX1"])[sku, "SZX1"] == stock["SZX1"] - 3


@pytest.mark.parametrize("call", range(4, 28, 4))
def test_a_killed_run_is_continued_by_the_next_one_with_all_products_and_all_stock(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    arguments(monkeypatch)
    monkeypatch.setattr(command, "_COUNTERS_AT_ONCE", 12)  # some products' stock is in, the others' waits
    with injected(Fault("crash_after", call)), pytest.raises(Killed):
        command.main()
    assert command.main() == 0
    for draft in itertools.islice(products(), 0, 1020, 250):
        assert begin().find(PRODUCT, draft.slug) is not None
        for variant in draft.variants:
            found = inventory.available(begin(), [variant.sku], list(variant.stock))
            assert found == {(variant.sku, place): units for place, units in variant.stock.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_an_operator_comes_in_whatever_its_byte_order_mark(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "spring.csv"
    path.write_text(SAMPLE.read_text("utf-8-sig"), encoding=encoding)
    arguments(
        monkeypatch, str(path), "--location", "RTM1", "--declare-price",
        "--market", "United Kingdom=GB", "--market", "European Union=EU",
    )  # fmt: skip
    assert command.main() == 1
    out = capsys.readouterr().out
    assert "5 created, 0 changed, 0 unchanged, 1 rejected" in out
    assert "rejected paper-lantern: line 17: price" in out
    assert "column 'Cost per item' was not used" in out
    assert begin().get(VARIANT, "HLS-WHI-S").prices["GB"].text == "52.00"
    assert inventory.available(begin(), ["HLS-WHI-S"], ["RTM1"]) == {("HLS-WHI-S", "RTM1"): 25}


def test_bytes_that_are_no_text_of_the_encoding_are_told_and_not_guessed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes("Handle,Title\nmug,Teebecher für Gäste\n".encode("cp1252"))
    arguments(monkeypatch, str(path))
    assert command.main() == 2
    assert "--encoding" in capsys.readouterr().out
    arguments(monkeypatch, str(path), "--encoding", "cp1252")
    assert command.main() in (0, 1)


def test_a_file_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments(monkeypatch, str(tmp_path / "none.csv"))
    assert command.main() == 2
    assert capsys.readouterr().out == f"  {tmp_path / 'none.csv'} cannot be read: No such file or directory.\n"
