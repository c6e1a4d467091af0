"""Waybills and receipts in bulk: good rows are done once, bad rows change nothing and are named (FUL-14, FUL-15)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.core.auth import Post
from chalicelib.core.clock import utc_now
from chalicelib.core.events import Actor, Aggregate, Event
from chalicelib.core.triggers import REGISTRY
from chalicelib.core.unit_of_work import run
from chalicelib.fulfilment import service, triggers
from chalicelib.fulfilment.domain.slip_files import SlipKind, SlipsUploaded
from chalicelib.fulfilment.items import SLIP
from chalicelib.fulfilment.items.slip_files import SLIP_FILE, SLIP_OUTCOME
from chalicelib.inventory.items import STOCK
from chalicelib.orders.domain import State
from chalicelib.orders.service import timeline
from chalicelib.shipping.service import shipments
from chalicelib.shipping.service.shipments import WaybillInUse
from tests.support.faults import KINDS, Fault, Killed, injected, without_waiting
from tests.support.http import Client
from tests.support.sample_handovers import keep, step
from tests.support.sample_orders import an_order
from tests.support.sample_slips import (
    BOXES,
    UPS,
    WAYBILLS,
    Begin,
    bring,
    imported,
    packed,
    report,
    state_of,
    table_of,
    waybills_of,
    work,
)

pytestmark = pytest.mark.usefixtures("signing")


def test_good_rows_are_done_and_bad_rows_are_named_with_field_and_reason_ful_15(
    store: Client, begin: Begin, as_staff: Callable[..., Client]
) -> None:
    good, mistyped, early = (
        packed(begin, store),
        packed(begin, store),
        keep(begin, an_order(State.ROUTED, store="RTM1")),
    )
    foreign = packed(begin, as_staff(Post.STORE, scopes=["SHA-S1"]), store="SHA-S1")
    report = imported(store, begin, table_of(
        (good.id.lower(), "中国邮政", "rr 473 124 829 cn", "", 1250),
        (mistyped.id, "china-post", "RR473124828CN", "", ""),
        (early.id, "ups", UPS, "", ""),
        (foreign.id, "china-post", WAYBILLS[1], "", ""),
        ("C7K2Q0M9VX4TBT", "china-post", WAYBILLS[1], "", ""),
        ("C7K2Q0M9VX4TBX", "nobody", "1", "", ""),
        (mistyped.id, "", "4.7E+12", "", ""),
    ))  # fmt: skip
    assert [(row["line"], row["result"]) for row in report] == [
        (2, "accepted"), *((line, "rejected") for line in range(3, 9))
    ]  # fmt: skip
    said = {row["line"]: [(error["field"], error["reason"]) for error in row["errors"]] for row in report}
    assert said[3][0][0] == "waybill" and "check digit" in said[3][0][1]
    assert said[4] == [
        ("order_number", "ship is not allowed while the order is routed. Allowed is accept, cancel, route.")
    ]
    assert said[5] == said[6] == [("order_number", "unknown order")]
    assert [field for field, _ in said[7]] == ["carrier", "order_number"]
    assert [field for field, _ in said[8]] == ["carrier", "waybill"]
    assert state_of(begin, good) is State.SHIPPED
    assert waybills_of(begin, good) == [WAYBILLS[0]]
    assert state_of(begin, mistyped) is state_of(begin, foreign) is State.PACKED
    assert state_of(begin, early) is State.ROUTED
    assert waybills_of(begin, mistyped) == waybills_of(begin, foreign) == waybills_of(begin, early) == []


def test_a_row_takes_the_goods_out_of_stock_and_tells_who_did_it(store: Client, begin: Begin) -> None:
    order = packed(begin, store)
    imported(store, begin, table_of((order.id, "china-post", WAYBILLS[0], "", "")))
    counts = begin().counter(STOCK.ref("TEA-POT-BLUE", "RTM1"))
    assert counts is not None
    assert (counts["on_hand"], counts["reserved"]) == (8, 0)
    shipped = next(one for one in timeline(begin(), order) if one.type == "order.shipped")
    assert shipped.actor == Actor("staff", "staff-store")


def test_the_same_file_twice_comes_to_the_same_ful_15(store: Client, begin: Begin) -> None:
    orders = [packed(begin, store) for _ in WAYBILLS]
    text = table_of(
        *((order.id, "china-post", waybill, "", "") for order, waybill in zip(orders, WAYBILLS, strict=True)),
        ("C7K2Q0M9VX4TBT", "ups", UPS, "", ""),
    )
    first, second = imported(store, begin, text), imported(store, begin, text)
    assert [row["result"] for row in first] == ["accepted"] * 3 + ["rejected"]
    assert [row["result"] for row in second] == ["unchanged"] * 3 + ["rejected"]
    assert [row["errors"] for row in first] == [row["errors"] for row in second]
    assert [waybills_of(begin, order) for order in orders] == [[waybill] for waybill in WAYBILLS]


def test_a_row_that_was_rejected_can_come_again_when_its_order_is_packed(store: Client, begin: Begin) -> None:
    order = keep(begin, an_order(State.ROUTED, store="RTM1"))
    text = table_of((order.id, "china-post", WAYBILLS[0], "", ""))
    assert imported(store, begin, text)[0]["result"] == "rejected"
    for name, body in (("accept", None), ("pick", None), ("pack", BOXES)):
        step(store, order, name, body)
    assert imported(store, begin, text)[0]["result"] == "accepted"


def test_one_waybill_for_two_orders_is_refused_log_14(store: Client, begin: Begin) -> None:
    one, other = packed(begin, store), packed(begin, store)
    text = table_of(*((order.id, "china-post", WAYBILLS[0], "", "") for order in (one, other)))
    first, second = imported(store, begin, text)
    assert (first["result"], second["result"]) == ("accepted", "rejected")
    assert second["errors"][0]["field"] == "waybill"
    assert state_of(begin, other) is State.PACKED


def test_orders_that_were_merged_share_their_waybill_ord_27(store: Client, begin: Begin) -> None:
    one, other, alone = (packed(begin, store) for _ in range(3))
    clerk = store.principal
    assert clerk is not None
    run(lambda uow: service.together.merge(uow, [one.id, other.id], clerk), begin)
    text = table_of(*((order.id, "china-post", WAYBILLS[0], "", "") for order in (one, other, alone)))
    for expected in (["accepted", "unchanged", "rejected"], ["unchanged", "unchanged", "rejected"]):
        assert [row["result"] for row in imported(store, begin, text)] == expected
    assert waybills_of(begin, one) == waybills_of(begin, other) == [WAYBILLS[0]]
    assert state_of(begin, alone) is State.PACKED


def test_another_waybill_for_an_order_that_has_left_is_refused(store: Client, begin: Begin) -> None:
    order = packed(begin, store)
    first, second = imported(
        store, begin, table_of(*((order.id, "china-post", number, "", "") for number in WAYBILLS[:2]))
    )
    assert (first["result"], second["result"]) == ("accepted", "rejected")
    assert WAYBILLS[0] in second["errors"][0]["reason"]
    assert waybills_of(begin, order) == [WAYBILLS[0]]


def test_two_clerks_with_one_waybill_at_the_same_moment_send_one_parcel_log_14(store: Client, begin: Begin) -> None:
    """The index that finds parcels by number lags behind; the claim of the number does not."""
    one, other = packed(begin, store), packed(begin, store)
    body = {"carrier": "china-post", "waybill": WAYBILLS[0]}
    for at in range(1, 6):
        with injected(None, lambda: step(store, other, "ship", body), at=at):
            answers = {step(store, one, "ship", body).status}
        sent = [order for order in (one, other) if state_of(begin, order) is State.SHIPPED]
        assert len(sent) == 1, at
        assert answers <= {200, 409}


def test_a_number_is_claimed_before_the_index_knows_it_log_14(
    store: Client, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = packed(begin, store), packed(begin, store)
    monkeypatch.setattr(shipments, "with_waybill", lambda _: [])
    body = {"carrier": "china-post", "waybill": WAYBILLS[0]}
    assert step(store, one, "ship", body).status == 200
    answer = step(store, other, "ship", body)
    assert (answer.status, answer.json["type"]) == (409, f"/problems/{WaybillInUse.code}")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_file_killed_at_any_call_goes_on_without_loss_or_repetition(store: Client, begin: Begin, kind: str) -> None:
    orders = [packed(begin, store) for _ in range(3)]
    text = table_of(
        (orders[0].id, "china-post", WAYBILLS[0], "", ""), ("C7K2Q0M9VX4TBT", "ups", UPS, "", ""),
        (orders[1].id, "china-post", WAYBILLS[1], "", ""), (orders[2].id, "china-post", WAYBILLS[2], "", ""),
    )  # fmt: skip
    for call in range(1, 14):
        file_id = bring(store, text)
        with injected(Fault(kind, call)), without_waiting():
            for _ in range(4):
                try:
                    done = work(begin, file_id)
                    break
                except (Killed, Exception):  # noqa: BLE001, S112 - the next delivery goes on
                    continue
        assert done.finished_at is not None
        assert (done.accepted + done.unchanged, done.rejected) == (3, 1), (kind, call)
        assert done.accepted == (3 if call == 1 else 0)
        outcomes = begin().part(SLIP_OUTCOME, file_id, prefix="LINE#")
        assert [outcome.line for outcome in outcomes] == [2, 3, 4, 5]
        assert [waybills_of(begin, order) for order in orders] == [[waybill] for waybill in WAYBILLS]
    counts = begin().counter(STOCK.ref("TEA-POT-BLUE", "RTM1"))
    assert counts is not None and counts["reserved"] == 0


def test_two_runs_over_one_file_at_the_same_time_do_every_row_once(store: Client, begin: Begin) -> None:
    for at in range(1, 12, 2):
        orders = [packed(begin, store) for _ in range(2)]
        numbers = [f"1Z999AA1{at:02d}2345678{digit}" for digit in range(2)]
        file_id = bring(store, table_of(
            *((order.id, "other", number, "", "") for order, number in zip(orders, numbers, strict=True))
        ))  # fmt: skip
        with injected(None, lambda file_id=file_id: work(begin, file_id), at=at), without_waiting():
            work(begin, file_id)
        done = begin().get(SLIP_FILE, file_id)
        assert (done.accepted, done.unchanged, done.rejected) == (2, 0, 0), at
        assert [len(waybills_of(begin, order)) for order in orders] == [1, 1]


def test_a_file_stopped_after_any_row_is_gone_on_with_by_another_run(store: Client, begin: Begin) -> None:
    orders = [packed(begin, store) for _ in WAYBILLS]
    file_id = bring(store, table_of(
        *((order.id, "china-post", waybill, "", "") for order, waybill in zip(orders, WAYBILLS, strict=True))
    ))  # fmt: skip
    for row in range(1, 4):
        done = work(begin, file_id, enough=lambda: True)
        assert done.next_row == row
        assert (done.finished_at is None) is (row < 3)
        left = run(lambda uow: service.pause(uow, file_id), begin)
        assert (left.finished_at is None) is (row < 3)
    told = begin().load_partition(f"SLIPS#{file_id}", "EVENT#")
    assert sum("slips.paused" in envelope for row in told for envelope in row.envelopes) == 2


def test_the_background_function_works_a_file_through(store: Client, begin: Begin) -> None:
    order = packed(begin, store)
    file_id = bring(store, table_of((order.id, "china-post", WAYBILLS[0], "", "")))
    assert REGISTRY["import-slips"].on == ("slips.uploaded", "slips.paused")
    event = Event(
        id="e", type="slips.uploaded", schema=1, aggregate=Aggregate("slip_file", file_id), sequence=1,
        occurred_at=utc_now(), actor=Actor("staff", "s"), cause="c", trace="t",
        data=SlipsUploaded(file_id, SlipKind.WAYBILLS, 1),
    )  # fmt: skip
    for _ in range(2):
        run(lambda uow: REGISTRY["import-slips"].function(uow, event), begin)
    assert triggers.import_slips
    assert [row["result"] for row in report(store, file_id)] == ["accepted"]
    assert state_of(begin, order) is State.SHIPPED


def test_a_days_late_waybill_belongs_to_the_day_the_parcel_left(store: Client, begin: Begin) -> None:
    order, early, late = packed(begin, store), packed(begin, store), packed(begin, store)
    now = begin().now
    left = order.placed_at.date()
    rows = imported(store, begin, table_of(
        (order.id, "china-post", WAYBILLS[0], left, ""),
        (early.id, "china-post", WAYBILLS[1], "2026-11-01", ""),
        (late.id, "china-post", WAYBILLS[2], now.date().replace(year=2027), ""),
    ))  # fmt: skip
    assert [row["result"] for row in rows] == ["accepted", "rejected", "rejected"]
    assert {row["errors"][0]["field"] for row in rows[1:]} == {"shipped_on"}
    (parcel,) = shipments.of_order(begin(), order.id)
    assert (parcel.left_on, parcel.left_at.date()) == (left, left)


def test_a_courier_who_weighs_something_else_is_remarked_on(store: Client, begin: Begin) -> None:
    near, far = packed(begin, store), packed(begin, store)
    one, other = imported(store, begin, table_of(
        (near.id, "china-post", WAYBILLS[0], "", 1300), (far.id, "china-post", WAYBILLS[1], "", 1400),
    ))  # fmt: skip
    assert (one["result"], one["notes"]) == ("accepted", [])
    assert (other["result"], other["notes"]) == ("accepted", ["the courier weighed 1400 g, the store 1200 g"])


def test_receipts_complete_their_orders_once_ful_14(store: Client, begin: Begin) -> None:
    orders = [packed(begin, store) for _ in range(2)]
    waiting = packed(begin, store)
    imported(store, begin, table_of(
        *((order.id, "china-post", waybill, "", "") for order, waybill in zip(orders, WAYBILLS, strict=False))
    ))  # fmt: skip
    today = begin().now.date()
    text = table_of(
        (orders[0].id, "R-1", "王芳", f"{today} 09:30"), (orders[1].id, "R-2", "Erika", "2020-01-01"),
        (waiting.id, "R-3", "Erika", today), header="订单号,回单号,签收人,签收时间",
    )  # fmt: skip
    first, second = (imported(store, begin, text, "receipts", "gb18030") for _ in range(2))
    assert [row["result"] for row in first] == ["accepted", "rejected", "rejected"]
    assert [row["result"] for row in second] == ["unchanged", "rejected", "rejected"]
    assert first[1]["errors"][0]["field"] == "signed_at"
    assert "packed" in first[2]["errors"][0]["reason"]
    assert state_of(begin, orders[0]) is State.COMPLETED
    assert begin().get(SLIP, orders[0].id).receipt.signed_by == "王芳"
    other = imported(store, begin, text.replace("R-1", "R-9"), "receipts")
    assert "R-1" in other[0]["errors"][0]["reason"]
