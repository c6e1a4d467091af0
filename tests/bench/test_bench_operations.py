"""Every operation of the main job: calls, units, CPU time; and what an order costs by list prices."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest

from chalicelib.core.triggers import REGISTRY
from tests.support.world import Invocation, World

from .conftest import SHOPPER, Report
from .prices import IDLE_QUEUE_MONTH, MAIL, dollars, mails

pytestmark = pytest.mark.bench

ROUNDS = 5
#: Dollars per 1,000 orders from the empty cart to the store's work list.
ORDERED = 0.10
#: Write units, indexes included, of placing and paying two lines.
WRITE_UNITS = 24


@pytest.fixture(scope="module")
def ran(world: World) -> list[list[Invocation]]:
    """Several times the same: a look around, an order to the door, a return, and a paid order that is cancelled."""
    rounds = []
    for _ in range(ROUNDS):
        world.done.clear()
        world.request("list page", None, "GET", "/products", query={"market": "EU"})
        world.request("product page", None, "GET", "/products/mug", query={"market": "EU"})
        world.request("empty cart read", SHOPPER, "GET", f"/carts/{world.cart(SHOPPER, {})[0]['id']}")
        order_id = world.whole_way()
        world.request("order page", SHOPPER, "GET", f"/orders/{order_id}")
        asked = {"lines": [{"line": "1", "quantity": 1, "reason": "changed_mind"}]}
        world.request("return request", SHOPPER, "POST", f"/orders/{order_id}/returns", asked)
        world.settle()
        order, token = world.place(None, {"mug-1": 2, "bowl-1": 1})
        world.press_pay(world.open_payment(None, order["id"], token))
        world.settle()
        world.request("cancel", None, "POST", f"/orders/{order['id']}/cancel", {"reason": "changed_mind"}, token=token)
        world.settle()
        rounds.append(list(world.done))
    return rounds


def by_name(rounds: Sequence[Sequence[Invocation]]) -> dict[str, list[Invocation]]:
    found: dict[str, list[Invocation]] = defaultdict(list)
    for one in (one for round_ in rounds for one in round_):
        found[one.name].append(one)
    return found


def test_operations(ran: list[list[Invocation]], report: Report) -> None:
    rows: list[list[Any]] = []
    kept = {}
    for name, group in by_name(ran).items():
        worst = max(group, key=lambda one: (one.cost.write_units, one.cost.round_trips))
        others = {key: count for key, count in worst.cost.operations.items() if not key.startswith("dynamodb")}
        row = {
            "kind": worst.kind,
            "per_round": round(len(group) / len(ran), 1),
            "round_trips": max(one.cost.round_trips for one in group),
            "read_units": max(one.cost.read_units for one in group),
            "write_units": worst.cost.write_units,
            "items": max(one.cost.items for one in group),
            "own_ms": round(statistics.median(one.cost.own_ms for one in group), 1),
            "sdk_ms": round(statistics.median(one.cost.sdk_ms for one in group), 1),
            "other_calls": others,
        }
        kept[name] = row
        rows.append([name, *list(row.values())[:-1], ", ".join(f"{key} ×{n}" for key, n in others.items())])
    report.keep("operations", kept)
    report.table(
        "Operations (the dearest of each; a signed-in shopper unless guests are needed; CPU time is the median)",
        [
            "operation",
            "run as",
            "runs",
            "round trips",
            "reads",
            "writes",
            "items",
            "CPU ms",
            "botocore ms",
            "other AWS calls",
        ],
        rows,
        "Settings and secrets have been read before; a function reads settings once a minute, secrets every five.\n"
        "Runs are of one round: an order to the door and its return request, and a guest's that is cancelled.",
    )


def order_of(round_: Sequence[Invocation]) -> tuple[list[Invocation], list[Invocation]]:
    """The invocations of the order that went to the door: until the store has it, and all."""
    names = [one.name for one in round_]
    first, last = names.index("open cart", names.index("open cart") + 1), names.index("order page")
    way = list(round_[first:last])
    return way[: [one.name for one in way].index("accept")], way


def test_write_units_of_place_and_paid(ran: list[list[Invocation]], report: Report) -> None:
    ordered, _ = order_of(ran[-1])
    rows, total = [], 0
    for one in ordered:
        if one.name in {"place order", "payment-messages"}:
            for write in one.writes:
                rows.append(
                    [
                        one.name,
                        write.verb,
                        f"{write.pk.split('#')[0]} {write.sk.split('-')[0]}"[:44],
                        write.size,
                        write.base,
                        write.indexes,
                    ]
                )
                total += write.units
    report.keep("place_and_paid_write_units", total)
    report.table(
        f"Placing and paying two lines, signed in: {total} write units",
        ["operation", "action", "item", "bytes", "table", "indexes"], rows,
    )  # fmt: skip
    assert total <= WRITE_UNITS


def test_cpu_time_of_an_order(ran: list[list[Invocation]], report: Report) -> None:
    rows, kept = [], {}
    for name, which in (("cart to store", 0), ("cart to door", 1)):
        ways = [order_of(round_)[which] for round_ in ran]
        spent = []
        for way in ways:
            mails_ = [one.cost for one in way if one.name == "send-mail"]
            rest = [one.cost for one in way if one.name != "send-mail"]
            spent.append([sum(c.own_ms for c in rest), sum(c.sdk_ms for c in rest), sum(c.cpu_ms for c in mails_)])
        figures = [round(statistics.median(column), 1) for column in zip(*spent, strict=True)]
        kept[name] = dict(zip(("own_ms", "sdk_ms", "mails_ms"), figures, strict=True))
        rows.append([name, *figures])
    report.keep("cpu_of_an_order", kept)
    report.table(
        "CPU time of a two-line order, browsing excluded (median)",
        ["", "our code ms", "botocore ms", "mails ms"],
        rows,
        "Our code: with Chalice, Pydantic, msgspec, PynamoDB and the logger. Compare with times of the same run only.",
    )


def test_dollars_of_a_thousand_orders(ran: list[list[Invocation]], report: Report) -> None:
    parts = [order_of(round_) for round_ in ran]
    bills = [
        {service: statistics.median(bill[service] for bill in group) * 1000 for service in group[0]}
        for group in ([dollars(part[which]) for part in parts] for which in (0, 1))
    ]
    rows = [[service, *(f"{bill[service]:.4f}" for bill in bills)] for service in bills[0]]
    totals = [sum(bill.values()) for bill in bills]
    rows.append(["together", *(f"{total:.4f}" for total in totals)])
    counted = [(len(part), sum(one.kind == "request" for one in part), mails(part)) for part in parts[-1]]
    queues = sum(trigger.kind in {"consumer", "queue"} for trigger in REGISTRY.values())
    report.keep("dollars_per_1000_orders", {
        "until_routed": {**bills[0], "together": totals[0]}, "to_the_door": {**bills[1], "together": totals[1]},
        "mails": [count * MAIL * 1000 for _, _, count in counted],
        "idle_queues_per_month": queues * IDLE_QUEUE_MONTH,
    })  # fmt: skip
    report.table(
        "Dollars per 1,000 two-line orders, list prices, browsing excluded",
        ["service", "cart to store", "cart to door"], rows,
        f"{counted[0][0]} and {counted[1][0]} invocations, of them {counted[0][1]} and {counted[1][1]} API requests.\n"
        f"Apart: mails {counted[0][2]} and {counted[1][2]} per order, {counted[0][2] * MAIL * 1000:.2f} and "
        f"{counted[1][2] * MAIL * 1000:.2f}; polling {queues} queues {queues * IDLE_QUEUE_MONTH:.2f} a month anyway.",
    )  # fmt: skip
    assert totals[0] <= ORDERED
