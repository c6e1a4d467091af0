"""Imports: every product of a file exactly once, wherever the import was interrupted (CAT-01)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from chalicelib.catalog import service
from chalicelib.catalog.domain import (
    Format,
    Import,
    ImportOptions,
    Outcome,
    ProductDraft,
    Result,
    Status,
)
from chalicelib.catalog.items import IMPORT, OUTCOME, PRODUCT
from chalicelib.catalog.service import Feeder
from chalicelib.catalog.service.imports import OutOfOrder
from chalicelib.core import table
from chalicelib.core.errors import Invalid
from chalicelib.core.unit_of_work import UnitOfWork, run
from tests.support.faults import KINDS, Fault, Killed, injected
from tests.support.sample_products import in_sizes, product, variant

Begin = Callable[..., UnitOfWork]
SAMPLES = Path(__file__).parents[3] / "events" / "imports"
OPTIONS = ImportOptions(
    currency="EUR", markets=("EU",), currencies={"EU": "EUR", "GB": "GBP"}, location="RTM1", declare_price=True,
    market_columns={"European Union": "EU", "United Kingdom": "GB"},
)  # fmt: skip


def start(begin: Begin, file_format: Format = Format.SHOPIFY_CSV, import_id: str = "one") -> Import:
    return run(lambda uow: service.start_import(uow, "test", file_format, OPTIONS, import_id), begin)


def lines(*drafts: ProductDraft) -> str:
    return "".join(msgspec.json.encode(draft).decode() + "\n" for draft in drafts)


def feed(begin: Begin, text: str, import_id: str = "one") -> Import:
    return Feeder(begin).feed(import_id, io.StringIO(text, newline=""))


def outcomes(begin: Begin, import_id: str = "one") -> dict[str, Outcome]:
    return {one.key: one for one in begin().part(OUTCOME, import_id, prefix="OUTCOME#")}


FIVE = [product(f"p{number}") for number in range(5)]


def test_the_sample_file_comes_in_with_a_report_by_line(begin: Begin) -> None:
    text = (SAMPLES / "shopify-products.csv").read_text("utf-8-sig")
    start(begin)
    done = feed(begin, text)
    assert (done.created, done.rejected, done.unchanged) == (5, 1, 0)
    assert done.finished_at is not None
    report = outcomes(begin)
    assert report["paper-lantern"].result is Result.REJECTED
    assert report["paper-lantern"].errors[0].startswith("line 17: price")
    assert "kept as a draft: variants/0/hs_code is needed for customs and shipping" in report["oak-step-stool"].notes
    assert begin().get(PRODUCT, "harbour-linen-shirt").status is Status.ACTIVE
    assert begin().get(PRODUCT, "oak-step-stool").status is Status.DRAFT
    assert {one.column for one in done.ignored} >= {"Cost per item", "Variant Inventory Tracker"}


def test_the_sample_of_our_own_format_comes_in_whole(begin: Begin) -> None:
    start(begin, Format.JSON_LINES)
    done = feed(begin, (SAMPLES / "products.jsonl").read_text())
    assert (done.created, done.rejected) == (3, 0)
    assert [(key, one.notes) for key, one in outcomes(begin).items() if one.notes] == []
    assert set(outcomes(begin)) == {"caravan-linen-apron", "caravan-apron-pattern", "caravan-apron-pair"}
    assert {begin().get(PRODUCT, slug).status for slug in outcomes(begin)} == {Status.ACTIVE}


def test_a_second_import_of_the_same_file_changes_nothing(begin: Begin) -> None:
    text = (SAMPLES / "shopify-products.csv").read_text("utf-8-sig")
    start(begin)
    feed(begin, text)
    start(begin, import_id="two")
    again = feed(begin, text, "two")
    assert (again.created, again.changed, again.unchanged, again.rejected) == (0, 0, 5, 1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_import_killed_at_any_call_continues_without_loss_or_repetition(begin: Begin, kind: str) -> None:
    """Killed before and after every call to the table, then started again until it is through."""
    text = lines(*FIVE[:3])
    for call in range(1, 10):
        import_id = f"run-{call}"
        expected = Result.CREATED if call == 1 else Result.UNCHANGED
        start(begin, Format.JSON_LINES, import_id)
        with injected(Fault(kind, call)):
            for _ in range(3):
                try:
                    done = feed(begin, text, import_id)
                    break
                except (Killed, Exception):  # noqa: BLE001, S112 - the next attempt continues
                    continue
        assert done.finished_at is not None
        assert (done.created + done.unchanged, done.rejected, done.changed) == (3, 0, 0), (kind, call)
        assert {one.result for one in outcomes(begin, import_id).values()} == {expected}


def test_an_import_stopped_between_any_two_products_goes_on_with_the_next(begin: Begin) -> None:
    text = lines(*FIVE)
    seen: list[str] = []
    start(begin, Format.JSON_LINES)
    for number in range(1, 6):
        feeder = Feeder(begin, told=lambda record, _: seen.append(record.key), enough=lambda: True)
        stopped = feeder.feed("one", io.StringIO(text, newline=""))
        assert seen[-1] == f"p{number - 1}"
        assert (stopped.created, stopped.next_line, stopped.finished_at) == (number, number + 1, None)
    assert feed(begin, text).finished_at is not None
    assert len(seen) == 5


def test_a_large_file_comes_in_by_parts_and_repeated_parts_do_no_harm(begin: Begin) -> None:
    whole = (SAMPLES / "shopify-products.csv").read_text("utf-8-sig").replace("\r\n", "\n")
    physical = list(io.StringIO(whole, newline=""))
    start(begin)
    next_line, size = 1, 9
    while True:
        part = "".join(physical[next_line - 1 : next_line - 1 + size])
        last = next_line - 1 + size >= len(physical)
        try:
            answer = service.feed(begin, "one", part, next_line, last=last)
        except Invalid:
            size += 3  # a product larger than the part
            continue
        if answer.finished_at:
            break
        assert service.feed(begin, "one", part, next_line, last=False).created == answer.created
        next_line = answer.next_line
    assert (answer.created, answer.rejected) == (5, 1)
    with pytest.raises(OutOfOrder):
        service.feed(begin, "one", whole, 1, last=True)


def test_a_part_that_leaves_a_gap_is_refused_with_the_line_to_go_on_with(begin: Begin) -> None:
    start(begin, Format.JSON_LINES)
    with pytest.raises(OutOfOrder) as refused:
        service.feed(begin, "one", lines(product("p")), 7, last=True)
    assert refused.value.members["next_line"] == 1


def test_a_product_named_twice_in_a_file_is_taken_once_and_the_second_is_told(begin: Begin) -> None:
    """A second run of rows with the same handle would otherwise archive the variants of the first."""
    start(begin, Format.JSON_LINES)
    done = feed(begin, lines(product("mug"), product("cup"), product("mug", variant("mug-9"))))
    assert (done.created, done.rejected) == (2, 1)
    assert outcomes(begin)["line-3"].errors == ("line 3: this product was already on line 1",)
    assert [one.sku for one in begin().get(PRODUCT, "mug").variants] == ["mug-1"]


def test_what_is_wrong_in_a_product_that_was_there_already_is_told_too(begin: Begin) -> None:
    """A quotation mark that is never closed takes all further lines with it, and the report must say so."""
    start(begin)
    text = (
        'Handle,Title,Variant SKU,Variant Price\nmug,Mug,M1,1.00\ncup,Cup,C1,1.00\nmug,Mug,M2,1.00\njar,"Jar,J1,1.00\n'
    )
    feed(begin, text + "pot,Pot,P1,1.00\n")
    assert outcomes(begin)["line-4"].errors == (
        "line 4: this product was already on line 2",
        "line 5: cannot be read as CSV, nor what follows to line 6 (unexpected end of data)",
    )


def test_what_the_catalogue_refuses_is_rejected_with_every_reason_and_the_rest_comes_in(begin: Begin) -> None:
    start(begin, Format.JSON_LINES)
    bad = product("bad", variant("bad", weight_g=-1), return_rule="never")
    done = feed(begin, lines(bad, product("mug", variant("S")), product("cup", variant("S")), product("jar")))
    assert (done.created, done.rejected) == (2, 2)
    report = outcomes(begin)
    assert len(report["bad"].errors) == 2
    assert "belong to other products" in report["cup"].errors[0]


def test_what_is_rejected_stands_in_the_report_by_line(begin: Begin) -> None:
    start(begin, Format.JSON_LINES)
    feed(begin, lines(product("ok"), product("no", hs_code="1")) + "{\n")
    page = table.page(OUTCOME, "gsi1", "IMPORT#one", limit=10)
    assert [(one.line, one.result) for one in page.items] == [(2, Result.REJECTED), (3, Result.REJECTED)]


def test_opening_stock_is_declared_by_an_event_once_per_product(begin: Begin) -> None:
    start(begin, Format.JSON_LINES)
    feed(begin, lines(product("mug", variant("M", stock={"RTM1": 5, "SZX1": 7}))))
    events = list(table.rows_of("IMPORT#one", "EVENT#"))
    assert len(events) == 1
    declared = json.loads(events[0].envelopes[0])
    assert declared["type"] == "product.stock_declared"
    assert declared["data"]["stock"] == [
        {"sku": "M", "location": "RTM1", "quantity": 5}, {"sku": "M", "location": "SZX1", "quantity": 7},
    ]  # fmt: skip


def test_a_changed_product_is_replaced_and_a_draft_in_the_file_withdraws_it(begin: Begin) -> None:
    start(begin, Format.JSON_LINES)
    feed(begin, lines(in_sizes("mug", {"s": 100})))
    start(begin, Format.JSON_LINES, "two")
    done = feed(begin, lines(in_sizes("mug", {"s": 200}, publish=False)), "two")
    assert done.changed == 1
    assert begin().get(PRODUCT, "mug").status is Status.DRAFT


def test_a_first_line_that_is_no_header_is_refused_and_nothing_is_begun(begin: Begin) -> None:
    start(begin)
    with pytest.raises(Invalid):
        feed(begin, "a,b\n1,2\n")
    assert begin().get(IMPORT, "one").next_line == 1
