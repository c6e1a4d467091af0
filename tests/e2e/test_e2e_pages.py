"""The pages of the shop in a real browser: a button does what it says, and nothing comes from elsewhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from infra.demo.shop import Caller

pytestmark = pytest.mark.e2e

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
ASKED = {
    "ship_to": {
        "name": "Lena Schmidt", "lines": ["Karl-Marx-Allee 1"], "city": "Berlin", "postal_code": "10178",
        "country": "DE",
    },
    "contact": {"email": "lena@shopper.caravan.example", "language": "en"},
    "delivery_method": "courier", "payment_method": "card",
}  # fmt: skip


@pytest.fixture(scope="module")
def browser(shop: dict[str, str]) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, shop: dict[str, str]) -> Iterator[Any]:
    """A new page that may speak to this shop alone, and must not complain."""
    opened, told = browser.new_page(), []
    opened.on("console", lambda line: told.append(line.text) if line.type == "error" else None)
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("request", lambda asked: told.append(asked.url) if not asked.url.startswith(own(shop)) else None)
    yield opened
    opened.close()
    assert told == []


def own(shop: dict[str, str]) -> tuple[str, str]:
    return shop["ApiUrl"], "data:"


def ordered(base: str) -> tuple[Caller, str, str]:
    """A guest with an order that waits for its payment: the guest, its number, the payment page's address."""
    pool = urllib3.PoolManager(timeout=60, retries=False)
    guest = Caller(base, {}, pool)
    card = next(
        card
        for card in guest.get("/products", market="EU", kind="physical", sort="price_asc", limit=50)["items"]
        if not card["fresh"]
    )
    sku = guest.get(f"/products/{card['slug']}", market="EU")["variants"][0]["sku"]
    cart = guest.post("/carts", {"market": "EU", "lines": [{"sku": sku, "quantity": 1}]})
    guest = Caller(base, {"Guest-Token": cart["guest_token"]}, pool)
    quote = guest.post(f"/carts/{cart['id']}/quote", ASKED)
    order = guest.post("/orders", {"cart_id": cart["id"], "quote_hash": quote["hash"]})
    return guest, order["id"], guest.post(f"/orders/{order['id']}/payment", {})["redirect_url"]


def test_a_declined_payment_can_be_tried_again_on_the_page(shop: dict[str, str], page: Any) -> None:
    guest, number, address = ordered(shop["ApiUrl"])
    page.goto(address)
    assert page.title() == "Test payment · 测试付款"
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="Decline").click()
    assert "declined" in page.get_by_role("alert").inner_text()
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Pay · 付款").press("Enter")
    assert page.get_by_role("status").inner_text().startswith("Paid: ")
    assert page.get_by_role("button").count() == 0
    assert page.get_by_role("link", name="Back to the shop").get_attribute("href")
    until = time.monotonic() + 60
    while (state := guest.get(f"/orders/{number}")["state"]) == "awaiting_payment" and time.monotonic() < until:
        time.sleep(0.5)
    assert state in {"under_review", "reviewed", "routed"}


def test_the_description_of_the_api_can_be_read_and_opened(shop: dict[str, str], page: Any) -> None:
    page.goto(f"{shop['ApiUrl']}/docs")
    page.locator(".opblock-tag").first.wait_for(timeout=60_000)
    described = Caller(shop["ApiUrl"], {}, urllib3.PoolManager(timeout=60)).get("/openapi.json")
    rooms = {operation["tags"][0] for path in described["paths"].values() for operation in path.values()}
    assert page.locator(".opblock-tag").count() == len(rooms)
    page.locator("#operations-tag-orders").click()
    place = page.locator("#operations-orders-orders_place_order")
    place.locator("button.opblock-summary-control").click()
    place.locator(".opblock-body").get_by_text("quote_hash").first.wait_for(timeout=30_000)
