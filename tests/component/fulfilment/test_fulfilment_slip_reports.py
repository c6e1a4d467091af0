"""Who sees which file of slips, what its report says, and which files are refused (FUL-14, FUL-15, RTE-03)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest

from chalicelib.core.auth import Post
from chalicelib.fulfilment.items.slip_files import SLIP_ROWS
from chalicelib.fulfilment.service import slip_files
from tests.support.http import Client
from tests.support.sample_slips import (
    UPS,
    WAYBILLS,
    Begin,
    bring,
    packed,
    report,
    table_of,
    work,
)

pytestmark = pytest.mark.usefixtures("signing")


def test_a_stores_files_are_seen_by_itself_and_the_desk_rte_03(
    store: Client, desk: Client, begin: Begin, as_staff: Callable[..., Client]
) -> None:
    text = table_of(("C7K2Q0M9VX4TBT", "ups", UPS, "", ""))
    of_store, of_desk = bring(store, text), bring(desk, text)
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])  # the very person, who works elsewhere now
    for path in ("", "/rows"):
        assert stranger.get(f"/staff/slip-files/{of_store}{path}").status == 404
        assert store.get(f"/staff/slip-files/{of_desk}{path}").status == 404
        assert desk.get(f"/staff/slip-files/{of_store}{path}").status == 200
        assert store.get(f"/staff/slip-files/{of_store}{path}").status == 200
    assert [file["id"] for file in store.get("/staff/slip-files").json["items"]] == [of_store]
    assert stranger.get("/staff/slip-files").json["items"] == []
    assert {file["id"] for file in desk.get("/staff/slip-files").json["items"]} == {of_store, of_desk}


def test_a_report_can_be_asked_for_one_result(store: Client, begin: Begin) -> None:
    order = packed(begin, store)
    file_id = bring(store, table_of((order.id, "china-post", WAYBILLS[0], "", ""), ("x", "ups", UPS, "", "")))
    work(begin, file_id)
    assert [row["line"] for row in report(store, file_id, result="rejected")] == [3]
    assert [row["line"] for row in report(store, file_id, result="accepted")] == [2]


def test_a_file_of_many_rows_is_kept_by_parts_and_worked_through(
    store: Client, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slip_files, "ROWS_TO_AN_ITEM", 4)
    file_id = bring(store, table_of(*[("C7K2Q0M9VX4TBT", "ups", UPS, "", "")] * 10))
    assert [len(part.rows) for part in begin().part(SLIP_ROWS, file_id, prefix="ROWS#")] == [4, 4, 2]
    until = iter([False] * 5 + [True])
    assert work(begin, file_id, enough=lambda: next(until)).next_row == 6
    done = work(begin, file_id)
    assert (done.rows, done.rejected) == (10, 10)
    assert [row["line"] for row in report(store, file_id)] == list(range(2, 12))


@pytest.mark.parametrize(
    ("content", "status"),
    [("?", 400), (b64encode(b"a,b\n1,2\n").decode(), 400), (b64encode(b"PK\x03\x04\x00").decode(), 400),
     (b64encode(b"x" * (512 * 1024 + 1)).decode(), 413), (b64encode(b"x" * (600 * 1024)).decode(), 413)],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_and_nothing_is_kept(
    store: Client, begin: Begin, content: str, status: int
) -> None:
    body = {"name": "x", "kind": "waybills", "content": content}
    answer = store.post("/staff/slip-files", body, key="bring-nothing")
    assert answer.status == status, answer.text
    if status == 400:
        assert answer.json["errors"][0]["pointer"] == "/content"
    assert store.get("/staff/slip-files").json["items"] == []


def test_bringing_twice_with_one_key_brings_one_file(store: Client) -> None:
    text = b64encode(table_of(("C7K2Q0M9VX4TBT", "ups", UPS, "", "")).encode()).decode()
    body = {"name": "x", "kind": "waybills", "content": text}
    first, again = (store.post("/staff/slip-files", body, key="bring-it-once") for _ in range(2))
    assert (first.status, again.status, first.json) == (201, 201, again.json)
    assert len(store.get("/staff/slip-files").json["items"]) == 1
