"""An order costs the same whatever has been ordered before."""

from __future__ import annotations

import os
from typing import Any

import pytest

from chalicelib.core import aws, config
from tests.support.world import SHOPPER, World

from .conftest import Report

pytestmark = pytest.mark.bench

SIZES = (1_000, int(os.environ.get("BENCH_ORDERS", "10000")))


def test_placing_costs_the_same_in_a_full_table(world: World, report: Report) -> None:
    rows, kept = [], []
    before = 0
    for size in SIZES:
        _fill(before, size)
        before = size
        world.done.clear()
        order, _ = world.place(SHOPPER, {"mug-1": 2, "bowl-1": 1})
        world.settle()
        world.press_pay(world.open_payment(SHOPPER, order["id"]))
        world.settle()
        found = {
            name: (
                world.last(name).cost.round_trips,
                world.last(name).cost.write_units,
                world.last(name).cost.read_units,
            )
            for name in ("quote", "place order", "payment-messages", "review-order", "route-order")
        }
        kept.append({"orders": size, "cost": found})
        rows += [[f"{size:,}", name, *cost] for name, cost in found.items()]
    report.keep("growth", kept)
    report.table("Growth", ["orders in the table", "operation", "round trips", "writes", "reads"], rows)
    assert kept[0]["cost"] == kept[-1]["cost"]


def _fill(first: int, last: int) -> None:
    """Orders of the same shopper and of others, waiting at the same store, on the same day."""
    client, table = aws.client("dynamodb"), config.table_name()
    requests: list[dict[str, Any]] = []
    for number in range(first, last):
        customer = SHOPPER.id if number % 10 == 0 else f"customer-{number}"
        text = {
            "pk": f"ORDER#OLD{number:09d}", "sk": "ORDER", "type": "order", "gsi1pk": f"CUSTOMER#{customer}",
            "gsi1sk": f"ORDER#20261101T000000Z#OLD{number:09d}", "gsi2pk": "WORK#STORE#RTM1",
            "gsi2sk": f"routed#20261101T000000Z#OLD{number:09d}",
        }  # fmt: skip
        requests.append({"PutRequest": {"Item": {name: {"S": value} for name, value in text.items()}}})
        if len(requests) == 25 or number == last - 1:
            client.batch_write_item(RequestItems={table: requests})
            requests = []
