"""The clock at the courier cut-off: what sweeping late orders costs, in a table of a hundred and of ten thousand.

Metered in one process; then timed in a deployed shop on this machine.
"""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from chalicelib import clockwork
from chalicelib.core import aws, config
from chalicelib.core.clock import stamp
from chalicelib.core.table import DUE_SHARDS, Kind, index_attributes
from chalicelib.orders.domain import Order, OrderClass, State, new_number
from chalicelib.orders.items import ORDER
from tests.support.meter import spending
from tests.support.sample_orders import an_order
from tests.support.table import fresh_table

from .conftest import Report

pytestmark = pytest.mark.bench

FEW, MANY = 100, int(os.environ.get("BENCH_ORDERS", "10000"))
#: Orders that have missed their dispatch day.
LATE = 100
#: Of them in the deployed shop, more than a store that does its work will ever see.
LATE_DEPLOYED = 300
CUT_OFF = datetime(2026, 11, 20, 15, tzinfo=UTC)  # 16:00 in Rotterdam
SECONDS = 60.0
#: What the schedule sends.
TICK = json.dumps({
    "version": "0", "id": "bench", "source": "aws.events", "account": "", "region": "", "detail": {}, "resources": [],
    "detail-type": "Scheduled Event", "time": "2026-11-20T15:00:00Z",
}).encode()  # fmt: skip


def late_orders(count: int) -> Iterator[Order]:
    """Accepted courier orders; the first `LATE` of them should have left by the cut-off, the others the day after."""
    for number in range(count):
        by = CUT_OFF if number < LATE else CUT_OFF + timedelta(days=1)
        id_ = new_number(OrderClass.COURIER)
        yield replace(
            an_order(State.ACCEPTED, store="RTM1"), id=id_, payment_id=f"{id_}-1", deadlines={"dispatch_by": by}
        )


def fill(client: Any, table_name: str, things: Iterator[Any], kind: Kind[Any]) -> None:
    """Write things as the shop keeps them, many at once."""
    now, batch = stamp(CUT_OFF - timedelta(hours=3)), []
    for thing in things:
        key = kind.of(thing)
        item = {
            **key.wire, **index_attributes(key, kind.index(thing)), "type": {"S": kind.type}, "version": {"N": "1"},
            "created_at": {"S": now}, "updated_at": {"S": now}, "commit": {"S": "bench"},
            "body": {"B": kind.encode(thing)}, "card": {"B": kind.encode_card(thing)},
        }  # fmt: skip
        batch.append({"PutRequest": {"Item": item}})
        if len(batch) == 25:
            client.batch_write_item(RequestItems={table_name: batch})
            batch = []
    if batch:
        client.batch_write_item(RequestItems={table_name: batch})


def test_the_sweep_at_the_cut_off_costs_the_same_per_order_in_a_full_table(report: Report) -> None:
    rows, costs = [], []
    for size in (FEW, MANY):
        with fresh_table(direct=False):
            fill(aws.client("dynamodb"), config.table_name(), late_orders(size), ORDER)
            with spending() as cost, redirect_stdout(io.StringIO()):  # a metric's line for every late order
                fired = clockwork.sweep(CUT_OFF + timedelta(minutes=1), float("inf"))
        assert fired == LATE
        figures = [cost.round_trips, cost.read_units, cost.write_units]
        costs.append(figures)
        per_order = [value / LATE for value in figures]
        rows.append([f"{size:,}", LATE, *(f"{value:.2f}" for value in per_order), cost.cpu_ms / LATE])
    report.keep("cut_off_sweep", [dict(zip(("orders", "late", "round_trips", "reads", "writes"), row[:5], strict=True))
                                  for row in rows])  # fmt: skip
    report.table(
        "The sweep at the courier cut-off, per late order",
        ["orders in the table", "late", "round trips", "reads", "writes", "CPU ms"], rows,
    )  # fmt: skip
    assert costs[0] == costs[1]
    assert all(costs[0])


def test_the_sweep_among_ten_thousand_orders_stays_within_a_minute_on_the_local_cloud(
    shop: dict[str, str], report: Report
) -> None:
    """The clock's function in the deployed shop, until nothing is due any more."""
    table, ours = shop["TableName"], boto3.client("dynamodb")
    over = datetime.now(UTC) - timedelta(minutes=1)
    orders = (
        replace(order, deadlines={"dispatch_by": over if number < LATE_DEPLOYED else over + timedelta(days=1)})
        for number, order in enumerate(late_orders(MANY))
    )
    fill(ours, table, orders, ORDER)
    functions, started, runs = boto3.client("lambda"), time.monotonic(), 0
    while waiting(ours, table, over) and time.monotonic() - started < SECONDS:
        runs += 1
        answer = functions.invoke(FunctionName="caravan-local-sweep-deadlines", Payload=TICK)
        assert "FunctionError" not in answer, answer["Payload"].read()
    seconds = time.monotonic() - started
    report.keep("cut_off_sweep_seconds", {"orders": MANY, "late": LATE_DEPLOYED, "seconds": seconds, "runs": runs})
    report.table(
        "The sweep at the courier cut-off, on the local cloud (functions, table and events share its processors)",
        ["orders in the table", "late", "seconds", "runs", "orders a second"],
        [[f"{MANY:,}", LATE_DEPLOYED, seconds, runs, LATE_DEPLOYED / seconds]],
    )  # fmt: skip
    assert not waiting(ours, table, over)
    assert seconds <= SECONDS


def waiting(client: Any, table: str, now: datetime) -> Sequence[Any]:
    """What is due and has not been swept."""
    return [
        key
        for shard in range(DUE_SHARDS)
        for key in client.query(
            TableName=table, IndexName="gsi3", KeyConditionExpression="gsi3pk = :pk AND gsi3sk <= :now", Limit=1,
            ExpressionAttributeValues={":pk": {"S": f"DUE#{shard}"}, ":now": {"S": stamp(now)}},
        )["Items"]
    ]  # fmt: skip
