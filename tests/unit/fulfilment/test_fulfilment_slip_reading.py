"""Files of slips as couriers and clerks send them: encodings, separators, names of columns, cells (FUL-14, FUL-15)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.core.sheets import text_of
from chalicelib.fulfilment.domain.slip_files import SlipKind, SlipRow, check_left, differs, in_rows
from chalicelib.fulfilment.domain.slip_reading import COLUMNS, NEEDED, clean, read
from chalicelib.shipping.domain.carrier_names import code_of

WAYBILLS, RECEIPTS = SlipKind.WAYBILLS, SlipKind.RECEIPTS
CHINESE = (
    "订单号,快递公司,运单号,发货日期,重量(kg),备注\nC7K2Q0M9VX4TBT,顺丰速运,SF1234567890123,2026/11/21,1.25,易碎\n"
)


def rows(text: str, kind: SlipKind = WAYBILLS, most: int = 100) -> tuple[SlipRow, ...]:
    return read(text, kind, most)[0]


def one(cells: str, header: str = "order_number,carrier,waybill,shipped_on,weight_g") -> SlipRow:
    (row,) = rows(f"{header}\n{cells}\n")
    return row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_a_chinese_couriers_file_is_read_however_it_was_saved_ful_15(
    encoding: str, separator: str, line_break: str
) -> None:
    raw = CHINESE.replace(",", separator).replace("\n", line_break).encode(encoding)
    (row,), ignored = read(text_of(raw), WAYBILLS, 10)
    assert (row.order_number, row.carrier, row.waybill) == ("C7K2Q0M9VX4TBT", "sf-express", "SF1234567890123")
    assert (row.shipped_on, row.weight_g, row.errors, row.line) == (date(2026, 11, 21), 1250, (), 2)
    assert ignored == ("备注",)


@pytest.mark.parametrize("raw", [b"PK\x03\x04\x14\x00\x06\x00", b"\xff\xfe\x00\x01", b"a\x00b", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="UTF-8 or GB18030"):
        text_of(raw)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_do_anything_but_read_or_refuse(raw: bytes) -> None:
    try:
        text = text_of(raw)
    except Invalid:
        return
    for kind in SlipKind:
        try:
            found, _ = read(text, kind, 5)
        except Invalid:
            continue
        assert found


@given(st.lists(st.text(alphabet=",;\t|\"' =Ee+.0159年ａ\n", max_size=40), max_size=8))
def test_every_line_below_the_header_that_says_something_is_one_row(lines: list[str]) -> None:
    text = "order_number,carrier,waybill\n" + "\n".join(lines) + "\nC1,ups,1Z\n"
    found = rows(text)
    assert [row.place for row in found] == list(range(len(found)))
    assert found[-1].line == len("\n".join(lines).split("\n")) + 2
    assert (found[-1].order_number, found[-1].errors) == ("C1", ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("order_number,carrier,waybill\n", "no rows"),
        ("order_number,carrier,waybill\n,,\n \n", "no rows"),
        ("carrier,waybill\nups,1Z\n", "no column order_number"),
        ("C7K2Q0M9VX4TBT,ups,1Z999AA10123456784\n", "no column waybill"),
        ("order,order number,carrier,waybill\nC,C,ups,1Z\n", "more than one column for order_number"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        rows(text)


def test_all_missing_columns_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        rows("a,b\n1,2\n", RECEIPTS)
    assert len(refused.value.members["errors"]) == len(NEEDED[RECEIPTS])


def test_a_file_may_have_so_many_rows_and_no_more() -> None:
    text = "order,carrier,waybill\n" + "C,ups,1Z\n" * 3
    assert len(rows(text, most=3)) == 3
    with pytest.raises(Invalid, match="more than 2 rows"):
        rows(text, most=2)


def test_a_quotation_mark_that_is_not_closed_spoils_its_own_line_only() -> None:
    text = 'order,carrier,waybill\n"C1,ups,1Z\nC2,ups,1Z\n"C3","ups","1Z"\n'
    spoilt, *sound = rows(text)
    assert (spoilt.line, spoilt.errors[0].reason) == (2, "a quotation mark is not closed")
    assert [(row.line, row.order_number, row.errors) for row in sound] == [(3, "C2", ()), (4, "C3", ())]


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        (",ups,1Z,,", "order_number", "is missing"),
        ("C1,,1Z,,", "carrier", "is missing"),
        ("C1,ups", "waybill", "is missing"),
        ("C1,ups,4.7313E+11,,", "waybill", "rounded by the spreadsheet"),
        ("C1,ups,1Z,21/11/2026,", "shipped_on", "is not a date"),
        ("C1,ups,1Z,2026-02-30,", "shipped_on", "is not a date"),
        ("C1,ups,1Z,2026-11-21x,", "shipped_on", "is not a date"),
        ("C1,ups,1Z,46347,", "shipped_on", "is not a date"),
        ("C1,ups,1Z,,-5", "weight_g", "is not a weight"),
        ("C1,ups,1Z,,0", "weight_g", "not the weight of a parcel"),
        ("C1,ups,1Z,,9999999", "weight_g", "not the weight of a parcel"),
        (f"C1,ups,{'9' * 65},,", "waybill", "longer than 64"),
        ("C1,ups,1Z,,,,more", "", "more cells"),
    ],
)
def test_a_wrong_cell_is_named_with_its_column_and_the_reason(cells: str, field: str, reason: str) -> None:
    (error,) = one(cells).errors
    assert (error.field, reason in error.reason) == (field, True)


def test_every_wrong_cell_of_a_row_is_named() -> None:
    assert [error.field for error in one(",ups,1E+5,no,x").errors] == [
        "order_number", "waybill", "shipped_on", "weight_g",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-05", date(2026, 11, 5)), ("2026/1/5", date(2026, 1, 5)), ("20261105", date(2026, 11, 5)),
        ("5.11.2026", date(2026, 11, 5)), ("2026.11.05", date(2026, 11, 5)),
        ("2026-11-05 16:30", date(2026, 11, 5)), ("2026-11-05T16:30:00Z", date(2026, 11, 5)),
    ],
)  # fmt: skip
def test_days_are_read_in_every_form_that_means_one_day(written: str, day: date) -> None:
    assert one(f"C1,ups,1Z,{written},").shipped_on == day


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-05", "2026-11-05T12:00:00"), ("2026/11/5 9:30", "2026-11-05T09:30:00"),
        ("2026-11-05T09:30:15+08:00", "2026-11-05T09:30:15+08:00"),
    ],
)  # fmt: skip
def test_a_receipt_says_when_it_was_signed_ful_14(written: str, meant: str) -> None:
    (row,) = rows(f"订单号;回单号;签收人;签收时间\nC1;R-1;王芳;{written}\n", RECEIPTS)
    assert (row.receipt, row.signed_by, row.signed_at, row.errors) == ("R-1", "王芳", meant, ())


def test_a_time_that_no_clock_shows_is_refused() -> None:
    (row,) = rows("order;receipt;signed by;signed at\nC1;R-1;A;2026-11-05 25:30\n", RECEIPTS)
    assert row.errors[0].field == "signed_at"


@pytest.mark.parametrize(
    ("written", "meant"),
    [('="0012"', "0012"), ("'0012", "0012"), ("ＳＦ１２", "SF12"), ("  1Z\u200b ", "1Z"), ("", "")],
)
def test_what_spreadsheets_put_around_a_number_is_taken_off(written: str, meant: str) -> None:
    assert clean(written) == meant


@pytest.mark.parametrize(
    ("name", "code"),
    [("顺丰", "sf-express"), ("DHL", "dhl"), ("China Post", "china-post"), ("china_post", "china-post"),
     ("FEDEX", "fedex"), ("递四方", "4px"), ("Nobody & Sons", "Nobody & Sons")],
)  # fmt: skip
def test_carriers_are_known_by_what_people_call_them(name: str, code: str) -> None:
    assert code_of(name) == code


def test_no_two_columns_are_called_the_same() -> None:
    for columns in COLUMNS.values():
        names = [name for column, others in columns.items() for name in (column, *others)]
        assert len(names) == len(set(names))


def test_rows_are_kept_by_the_item_and_none_is_lost() -> None:
    found = [SlipRow(place=place, line=place + 2) for place in range(7)]
    parts = in_rows("f", found, 3)
    assert [len(part.rows) for part in parts] == [3, 3, 1]
    assert [row for part in parts for row in part.rows] == found


def test_a_weight_is_remarked_on_when_it_is_far_off() -> None:
    assert differs(1000, 1101, 10)
    assert not differs(1000, 1100, 10)
    assert not differs(1000, 0, 10)
    assert not differs(0, 500, 10)


@pytest.mark.parametrize("left", [date(2026, 11, 19), date(2026, 11, 22)])
def test_a_parcel_leaves_neither_before_its_order_nor_tomorrow(left: date) -> None:
    with pytest.raises(Invalid):
        check_left(left, date(2026, 11, 20), date(2026, 11, 21))
