"""Reading Shopify's product CSV (CAT-01): columns, rows, encodings and everything people do to such files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.domain import GoodsKind, ImportOptions, Record, draft_errors
from chalicelib.catalog.domain.columns import columns_of, read_header
from chalicelib.catalog.domain.shopify import read_shopify
from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money

SAMPLES = Path(__file__).parents[3] / "events" / "imports"
OPTIONS = ImportOptions(
    currency="EUR", markets=("EU",), currencies={"EU": "EUR", "GB": "GBP"}, location="RTM1",
    market_columns={"European Union": "EU", "United Kingdom": "GB"},
)  # fmt: skip


def read(text: str, options: ImportOptions = OPTIONS, *, last: bool = True) -> list[Record]:
    lines = iter(io.StringIO(text, newline=""))
    header = read_header(next(lines))
    return list(read_shopify(lines, header, options, last=last))


def sheet(rows: Iterable[dict[str, str]], delimiter: str = ",") -> str:
    kept = list(rows)
    names = list(dict.fromkeys(name for row in kept for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(kept)
    return out.getvalue()


def one(**cells: str) -> dict[str, str]:
    return {"Handle": "mug", "Title": "Mug", "Variant SKU": "MUG-1", "Variant Price": "9.90"} | {
        name.replace("_", " "): value for name, value in cells.items()
    }


def test_the_sample_file_is_read_with_its_variants_images_prices_and_reasons() -> None:
    """CAT-01, CAT-05, CAT-09: one file with everything in it."""
    records = read((SAMPLES / "shopify-products.csv").read_text("utf-8"))
    shirt, soap, card, stool, lantern, throw = records
    assert [record.key for record in records] == [
        "harbour-linen-shirt", "cedar-hand-soap", "caravan-gift-card", "oak-step-stool", "paper-lantern", "wool-throw",
    ]  # fmt: skip
    assert shirt.draft is not None
    assert shirt.draft.title == {"en": "Harbour Linen Shirt", "zh-CN": "海港亚麻衬衫"}
    assert len(shirt.draft.variants) == 6
    assert shirt.draft.variants[0].prices == {"EU": Money(5900, "EUR"), "GB": Money(5200, "GBP")}
    assert shirt.draft.variants[0].compare_at == {"EU": Money(6900, "EUR")}
    assert shirt.draft.variants[0].barcode == "4006381333931"
    assert shirt.draft.variants[5].options == {"color": "indigo", "size": "l"}
    assert shirt.draft.variants[0].stock == {"RTM1": 25}
    assert [node.title["en"] for node in shirt.draft.category_path] == ["Apparel & Accessories", "Clothing", "Shirts"]
    assert "\n<ul>\n" in shirt.draft.description["en"]
    assert [media.url[-5] for media in shirt.draft.media] == ["1", "2"]
    assert shirt.draft.hs_code == "620590"
    assert shirt.draft.tags == ("linen", "summer", '"made to last"')
    assert soap.draft is not None
    assert set(soap.draft.variants[0].prices) == {"EU"}
    assert soap.draft.options == ()
    assert soap.draft.variants[0].unit_measure is not None
    assert card.draft is not None
    assert card.draft.kind is GoodsKind.VIRTUAL
    assert card.draft.variants[0].tax_category == "exempt"
    assert stool.draft is not None
    assert lantern.draft is None
    assert lantern.errors == (
        "line 17: price: '14,90' is not a number", "line 17: grams: 'abc' is not a number",
    )  # fmt: skip
    assert throw.draft is not None
    assert not throw.draft.publish
    assert all(draft_errors(record.draft) == [] for record in records if record.draft)


def test_a_cell_that_is_wrong_is_told_once_however_often_it_is_used() -> None:
    (record,) = read(sheet([one(Variant_Price="9,90")]), replace(OPTIONS, declare_price=True))
    assert record.errors == ("line 2: price: '9,90' is not a number",)


def test_lines_are_those_of_the_file_although_texts_span_several() -> None:
    """An embedded line break moves the lines of everything below it."""
    records = read((SAMPLES / "shopify-products.csv").read_text("utf-8"))
    text = (SAMPLES / "shopify-products.csv").read_text("utf-8").splitlines()
    for record in records:
        assert text[record.line - 1].startswith(record.key)
    assert [record.next_line for record in records[:-1]] == [record.line for record in records[1:]]
    assert records[-1].next_line == len(text) + 1


def test_the_current_headers_of_shopify_mean_the_same_as_the_former_ones() -> None:
    records = read(
        (SAMPLES / "shopify-products-current.csv").read_text("utf-8"),
        ImportOptions(
            currency="EUR", markets=("EU",), currencies={"GB": "GBP"}, market_columns={"International": "GB"}
        ),
    )
    assert len(records) == 1
    assert records[0].draft is not None
    first, second = records[0].draft.variants
    assert (first.sku, second.sku) == ("TT-BLUE", "TT-RED")
    assert first.prices == {"EU": Money(1250, "EUR"), "GB": Money(1300, "GBP")}
    assert first.weight_g == 95
    assert records[0].draft.options[0].title == {"en": "Color"}


@pytest.mark.parametrize("name", ["shopify-products.csv", "shopify-products-current.csv"])
def test_every_column_is_understood_or_reported_with_a_reason(name: str) -> None:
    """No column is passed over in silence."""
    with (SAMPLES / name).open(encoding="utf-8-sig", newline="") as file:
        header = read_header(file.readline())
    columns = columns_of(header, OPTIONS)
    reported = {ignored.column for ignored in columns.ignored}
    for column, meaning in zip(header.names, columns.names, strict=True):
        assert (meaning is None) == (column in reported), column
    assert all(ignored.reason for ignored in columns.ignored)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_of_spreadsheets_and_a_byte_order_mark_are_no_obstacle(delimiter: str, mark: str) -> None:
    text = mark + sheet([one(Body_="x")], delimiter)
    assert read(text)[0].draft is not None


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_break_counts_as_one_line(ending: str) -> None:
    text = sheet([one(), one(Handle="cup", Variant_SKU="CUP")]).replace("\r\n", ending)
    assert [(record.line, record.key) for record in read(text)] == [(2, "mug"), (3, "cup")]


def test_a_file_without_titles_is_refused() -> None:
    with pytest.raises(Invalid, match="Title"):
        read_header("sku,price")


def test_a_column_twice_is_refused_because_one_of_them_would_be_lost() -> None:
    with pytest.raises(Invalid, match="more than one"):
        read_header("Handle,Title,Price,Variant Price")


def test_all_mistakes_of_a_product_are_told_at_once_and_reject_it_whole() -> None:
    rows = [
        one(Option1_Name="Size", Option1_Value="S", Published="perhaps"),
        {"Handle": "mug", "Variant SKU": "MUG-2", "Variant Price": "1.999"},
    ]
    record = read(sheet(rows))[0]
    assert record.draft is None
    assert [error.split(":")[0] for error in record.errors] == ["line 2", "line 3", "line 3"]


def test_a_row_that_is_no_csv_rejects_the_product_it_interrupts() -> None:
    """Half of a product must never be taken for the whole."""
    text = (
        "Handle,Title,Variant SKU,Option1 Name,Option1 Value\n"
        'mug,Mug,M1,Size,S\nmug,,"M"2,,M\nmug,,M3,,L\ncup,Cup,C1,,\n'
    )
    records = read(text)
    assert [(record.key, record.draft is None) for record in records] == [("mug", True), ("cup", False)]
    assert "line 3: cannot be read as CSV" in records[0].errors[0]


def test_too_many_cells_are_a_mistake_and_not_shifted_columns() -> None:
    record = read("Handle,Title,Variant SKU\nmug,Mug,M1,surplus\n")[0]
    assert record.errors == ("line 2: has 4 cells, but there are 3 columns",)


def test_an_open_quote_at_the_end_is_told_with_the_line_it_began_on() -> None:
    records = read('Handle,Title,Variant SKU\nmug,"Mug,M1\n')
    assert records[0].line == 2
    assert "cannot be read as CSV" in records[0].errors[0]


def test_a_product_that_may_go_on_in_the_next_part_is_left_for_it() -> None:
    text = sheet([one(), one(Handle="cup", Variant_SKU="CUP")])
    assert [record.key for record in read(text, last=False)] == ["mug"]
    assert read(text[:-6], last=False) == read(text, last=False)


def test_rows_without_a_handle_continue_the_product_above() -> None:
    rows = [one(Option1_Name="Size", Option1_Value="S"), {"Variant SKU": "MUG-2", "Option1 Value": "M"}]
    records = read(sheet(rows))
    assert len(records) == 1
    assert records[0].draft is not None
    assert [variant.sku for variant in records[0].draft.variants] == ["MUG-1", "MUG-2"]


def test_a_product_without_a_handle_gets_one_from_its_title_even_in_chinese() -> None:
    plain, chinese, again = (read(f"Title,Price\n{title},9\n")[0] for title in ("Blue Mug", "蓝色马克杯", "蓝色马克杯"))
    assert plain.key == "blue-mug"
    assert chinese.draft is not None
    assert draft_errors(chinese.draft) == []
    assert chinese.key == again.key


def test_a_missing_sku_is_made_from_handle_and_options_and_noted() -> None:
    record = read(sheet([one(Variant_SKU="", Option1_Name="Size", Option1_Value="Extra Large")]))[0]
    assert record.draft is not None
    assert record.draft.variants[0].sku == "mug-extra-large"
    assert "has no SKU" in record.notes[0]


def test_a_former_price_that_is_not_above_the_price_is_left_out_and_noted() -> None:
    record = read(sheet([one(Variant_Compare_At_Price="9.90")]))[0]
    assert record.draft is not None
    assert record.draft.variants[0].compare_at == {}
    assert "former price" in record.notes[0]


def test_a_market_that_is_not_included_has_no_price() -> None:
    rows = [one() | {"Included / European Union": "FALSE", "Price / United Kingdom": "8.00"}]
    record = read(sheet(rows))[0]
    assert record.draft is not None
    assert set(record.draft.variants[0].prices) == {"GB"}


def test_half_shipped_products_are_refused() -> None:
    """CAT-03: a product is either physical or virtual."""
    rows = [
        one(Option1_Name="Form", Option1_Value="Paper"),
        {"Handle": "mug", "Variant SKU": "E", "Option1 Value": "E-book", "Variant Requires Shipping": "FALSE"},
    ]
    assert "either physical or virtual" in read(sheet(rows))[0].errors[0]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30).map(str.strip)
TITLES = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=30).map(str.strip).filter(bool)


@settings(max_examples=150, deadline=None)
@given(
    products=st.lists(
        st.tuples(TITLES, CELLS, st.lists(st.integers(1, 10**6), min_size=1, max_size=5)), min_size=1, max_size=6
    ),
    ending=st.sampled_from(["\n", "\r\n"]),
    cut=st.integers(0, 10**6),
)
def test_what_is_written_is_what_is_read_wherever_the_file_is_cut(
    products: list[tuple[str, str, list[int]]], ending: str, cut: int
) -> None:
    """Parsing loses nothing, and reading in two parts gives what reading at once gives."""
    rows = []
    for number, (title, body, prices) in enumerate(products):
        for variant, cents in enumerate(prices):
            rows.append(
                {"Handle": f"p-{number}", "Title": title if variant == 0 else "",
                 "Body (HTML)": body if variant == 0 else "",
                 "Option1 Name": "Size" if variant == 0 else "", "Option1 Value": f"Size {variant}",
                 "Variant SKU": f"P{number}-{variant}", "Variant Price": f"{cents // 100}.{cents % 100:02d}"}
            )  # fmt: skip
    text = sheet(rows).replace("\r\n", ending)
    records = read(text)
    assert len(records) == len(products)
    for record, (title, body, prices) in zip(records, products, strict=True):
        assert record.draft is not None, record.errors
        assert record.draft.title["en"] == title
        assert record.draft.description.get("en", "") == body.replace("\r\n", ending) or "\r" in body
        assert [variant.prices["EU"].minor for variant in record.draft.variants] == prices
    lines = list(io.StringIO(text, newline=""))
    at = 1 + cut % len(lines)
    header = read_header(lines[0])
    first = list(read_shopify(iter(lines[1:at]), header, OPTIONS, last=False))
    resume = first[-1].next_line if first else 2
    second = list(read_shopify(iter(lines[resume - 1 :]), header, OPTIONS, resume))
    assert first + second == records
