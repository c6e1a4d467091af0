"""A deployed shop under load on this machine: how many orders a second, how long each takes, and the last units.

Functions, table, queues and gateway share this machine's processors with the callers, and every function runs as one
process: the figures compare versions of the shop with each other, not with AWS.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import urllib3

from infra.demo.shop import Caller, submit_form

from .conftest import Report

pytestmark = pytest.mark.bench

SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
SHOPPERS, UNITS = 50, 10
BERLIN = {
    "name": "Lena Schmidt", "lines": ["Karl-Marx-Allee 1"], "city": "Berlin", "postal_code": "10178", "country": "DE",
}  # fmt: skip
ASKED = {
    "ship_to": BERLIN, "contact": {"email": "lena@shopper.caravan.example", "language": "en"},
    "delivery_method": "courier", "payment_method": "card",
}  # fmt: skip


def caller(base: str, headers: dict[str, str] | None = None) -> Caller:
    """Somebody with patience: a machine under load is slow, and that is what is measured."""
    return Caller(base, headers or {}, urllib3.PoolManager(timeout=120, retries=False, maxsize=4))


@dataclass
class Times:
    """Seconds of every step that was done."""

    steps: dict[str, list[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, step: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        answer = work()
        with self.lock:
            self.steps.setdefault(step, []).append(time.perf_counter() - start)
        return answer


def quantile(values: list[float], share: float) -> float:
    """Milliseconds that this share of the values does not exceed."""
    return 1000 * sorted(values)[min(len(values) - 1, int(share * len(values)))]


@pytest.fixture(scope="module")
def keeper(shop: dict[str, str], tokens: dict[str, str]) -> Caller:
    """Somebody who may do everything."""
    return caller(shop["ApiUrl"], {"Authorization": f"Bearer {tokens['admin']}"})


@pytest.fixture(scope="module")
def articles(shop: dict[str, str], keeper: Caller) -> list[str]:
    """Two articles that are in stock for the European market in great numbers."""
    guest = caller(shop["ApiUrl"])
    found = []
    for card in guest.get("/products", market="EU", kind="physical", sort="price_asc", limit=50)["items"]:
        variant = guest.get(f"/products/{card['slug']}", market="EU")["variants"][0]
        stock = guest.get("/availability", market="EU", sku=variant["sku"])["items"]
        if not card["fresh"] and stock and stock[0]["available"] >= 5:
            found.append(variant["sku"])
        if len(found) == 3:
            break
    for sku in found[:2]:
        receive(keeper, sku, 5000)
    return found


def receive(keeper: Caller, sku: str, units: int) -> None:
    body = {"location": "RTM1", "move": "receive", "quantity": units, "reason": "bench"}
    keeper.post(f"/staff/stock/{sku}/adjustments", body)


def quoted(base: str, lines: dict[str, int], times: Times) -> tuple[Caller, dict[str, Any]]:
    guest = caller(base)
    cart = times.take("cart", lambda: guest.post(
        "/carts", {"market": "EU", "lines": [{"sku": sku, "quantity": n} for sku, n in lines.items()]}
    ))  # fmt: skip
    buyer = Caller(base, {"Guest-Token": cart["guest_token"]}, guest.pool)
    quote = times.take("quote", lambda: buyer.post(f"/carts/{cart['id']}/quote", ASKED))
    return buyer, {"cart_id": cart["id"], "quote_hash": quote["hash"]}


def buy(base: str, lines: dict[str, int], times: Times) -> None:
    """Cart, quote, order, payment page, payment: until the provider's webhook is taken."""

    def all_of_it() -> None:
        buyer, body = quoted(base, lines, times)
        order = times.take("place", lambda: buyer.post("/orders", body))
        opened = times.take("open payment", lambda: buyer.post(f"/orders/{order['id']}/payment", {}))
        times.take("pay", lambda: submit_form(buyer, opened["redirect_url"], "pay"))

    times.take("whole order", all_of_it)


def test_orders_per_second(shop: dict[str, str], articles: list[str], report: Report) -> None:
    rows, kept = [], {}
    lines = {articles[0]: 1, articles[1]: 1}
    for clients in (1, 8):
        with ThreadPoolExecutor(clients) as pool:  # start as many functions as there are clients
            list(pool.map(lambda _: buy(shop["ApiUrl"], lines, Times()), range(2 * clients)))
        times, start = Times(), time.perf_counter()

        def work(times: Times = times, until: float = start + SECONDS) -> None:
            while time.perf_counter() < until:
                buy(shop["ApiUrl"], lines, times)

        with ThreadPoolExecutor(clients) as pool:
            for done in [pool.submit(work) for _ in range(clients)]:
                done.result()
        spent = time.perf_counter() - start
        rate = len(times.steps["whole order"]) / spent
        kept[str(clients)] = {"orders_per_second": round(rate, 2)}
        for step, values in times.steps.items():
            quantiles = [quantile(values, share) for share in (0.5, 0.95, 0.99)]
            kept[str(clients)][step] = dict(zip(("p50_ms", "p95_ms", "p99_ms"), map(round, quantiles), strict=True))
            rows.append([f"{clients}", step, len(values), f"{rate:.1f}" if step == "whole order" else "", *quantiles])
    report.keep("load", kept)
    report.table(
        f"Load on the local cloud, {SECONDS:.0f} s each: from cart to payment",
        ["clients", "step", "done", "a second", "p50 ms", "p95 ms", "p99 ms"], rows,
    )  # fmt: skip


def test_the_last_units_are_sold_once_each(
    shop: dict[str, str], keeper: Caller, articles: list[str], report: Report
) -> None:
    """50 shoppers want one each of 10 units: 10 orders, 40 refusals, nothing left and nothing below zero."""
    base, sku = shop["ApiUrl"], articles[2]
    for level in keeper.get(f"/staff/stock/{sku}")["locations"]:
        if level["available"]:
            moved = {"location": level["location"], "move": "write_off", "quantity": level["available"]}
            keeper.post(f"/staff/stock/{sku}/adjustments", {**moved, "reason": "bench"})
    receive(keeper, sku, UNITS)
    times = Times()
    with ThreadPoolExecutor(8) as pool:
        carts = list(pool.map(lambda _: quoted(base, {sku: 1}, times), range(SHOPPERS)))
    together = threading.Barrier(SHOPPERS)

    def race(cart: tuple[Caller, dict[str, Any]]) -> int:
        buyer, body = cart
        together.wait()
        for _ in range(20):  # "busy, try again" is an answer too; a shopper does
            status = status_of(buyer, body)
            if status != 503:
                break
            time.sleep(0.2)
        return status

    start = time.perf_counter()
    with ThreadPoolExecutor(SHOPPERS) as pool:
        answers = Counter(pool.map(race, carts))
    spent = time.perf_counter() - start
    left = sum(level["available"] for level in keeper.get(f"/staff/stock/{sku}")["locations"])
    report.keep("last_units", {"shoppers": SHOPPERS, "units": UNITS, "answers": {str(k): n for k, n in answers.items()},
                               "left": left, "seconds": round(spent, 2)})  # fmt: skip
    report.table("The last units", ["shoppers", "units", "201", "409", "others", "left", "seconds"], [[
        SHOPPERS, UNITS, answers[201], answers[409], sum(answers.values()) - answers[201] - answers[409], left, spent,
    ]])  # fmt: skip
    assert (answers[201], left) == (UNITS, 0)


def status_of(buyer: Caller, body: dict[str, Any]) -> int:
    sent = {"Content-Type": "application/json", "Idempotency-Key": f"race-{body['cart_id']}", **buyer.headers}
    answer: Any = buyer.pool.request("POST", f"{buyer.base}/orders", body=json.dumps(body).encode(), headers=sent)
    return int(answer.status)
