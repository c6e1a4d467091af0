"""A file of another shop comes in, and what was in it goes through two carts to the door (CRT-03, CRT-06)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.build.paths import ROOT
from infra.demo import books, store
from infra.demo.buying import BY_COURIER, Basket, pay
from infra.demo.couriers import push_aftership
from infra.demo.scene import Scene, fact, in_state, wait_for
from infra.demo.shop import Caller, DemoFailed

_FILE: Final = ROOT / "events/imports/shopify-products.csv"
#: What the file does not say by itself. The price columns are euros; the British column has its own currency.
_OPTIONS: Final = {
    "currency": "EUR", "markets": ["EU"], "currencies": {"EU": "EUR", "GB": "GBP"},
    "market_columns": {"European Union": "EU", "United Kingdom": "GB"}, "location": "RTM1", "declare_price": True,
}  # fmt: skip
#: How many lines go into the first part; the rest follows from where the shop says.
_FIRST: Final = 9
_PRODUCT: Final = "harbour-linen-shirt"
#: The most that this run puts into a cart.
_WANTED: Final = 3


def from_file_to_door(scene: Scene) -> None:
    """A product file of another shop comes in; a guest's cart of it is merged at sign-in, bought and delivered."""
    scene.step("Product management takes in a Shopify export, in two parts")
    _take_in(scene.staff("product_management"))

    scene.step("What was in it is on the shelf")
    chinese = scene.guest.call("GET", f"/products/{_PRODUCT}?market=EU", headers={"Accept-Language": "zh-CN"}).json
    product = scene.guest.get(f"/products/{_PRODUCT}", market="EU")
    fact(f"{product['title']} ({chinese['title']}): {len(product['variants'])} variants")
    shirts = [variant["sku"] for variant in product["variants"]][:2]
    for sku in shirts:
        _see_to_stock(scene, sku)

    scene.step("A guest changes, takes out, empties and fills again")
    basket = Basket.of_guest(scene, dict.fromkeys(shirts, 1))
    guest, path = basket.owner, f"/carts/{basket.id}"
    first, second = guest.get(path)["lines"]
    guest.call("PATCH", f"{path}/lines/{first['id']}", {"quantity": 3})
    guest.call("DELETE", f"{path}/lines/{second['id']}")
    _holds(guest.get(path), {first["sku"]: 3})
    guest.call("PATCH", f"{path}/lines/{first['id']}", {"quantity": True}, expect=400)
    fact("`true` is not a quantity: 400")
    guest.call("DELETE", f"{path}/lines")
    _holds(guest.get(path), {})
    guest.post(f"{path}/lines", {"sku": shirts[0], "quantity": 1})

    scene.step("The guest signs in: both carts become one, however often that is asked for")
    buyer = scene.newcomer("Lena Schmidt")
    mine = Basket.stored(buyer, {shirts[1]: 1})
    for _ in range(2):
        merged = buyer.post(f"{path}/merge", headers=dict(guest.headers))
    _holds(merged, {shirts[0]: 1, shirts[1]: 1})
    if merged["id"] != mine.id:
        raise DemoFailed("\nThe guest's cart did not go into the stored one.")

    scene.step("Bought, sent, and followed by AfterShip to the door")
    order = mine.ordered(BY_COURIER)
    path = f"/orders/{order['id']}"
    pay(scene, buyer, path)
    if in_state(buyer, path, ["routed", "on_hold"])["state"] == "on_hold":  # a newcomer's dear order (RSK-05)
        scene.staff("order_desk").post(f"/staff{path}/release")
        in_state(buyer, path, ["routed"])
    number = store.send_by_courier(scene.staff("admin"), order["id"])
    begun = datetime.now(UTC) - timedelta(minutes=10)
    for sample in ("in_transit", "in_transit", "delivered", "out_for_delivery"):
        push_aftership(scene.guest, sample, number, begun)
    forged = {"aftership-hmac-sha256": "0" * 44}
    scene.guest.call("POST", "/webhooks/couriers/aftership", raw=b"{}", headers=forged, expect=401)
    in_state(buyer, path, ["completed"])
    for parcel in buyer.get(f"{path}/shipments")["items"]:
        fact("journey: " + " → ".join(node["name"] for node in parcel["nodes"]))
    books.close(scene, [order["id"]])


def _take_in(keeper: Caller) -> None:
    """The whole file. A part that is sent again does no harm."""
    lines = _FILE.read_text("utf-8-sig").splitlines(keepends=True)
    asked = {"name": _FILE.name, "format": "shopify_csv", "options": _OPTIONS}
    path = f"/staff/catalog/imports/{keeper.post('/staff/catalog/imports', asked)['id']}"
    first = {"first_line": 1, "text": "".join(lines[:_FIRST]), "last": False}
    for _ in range(2):
        state = keeper.post(f"{path}/parts", first)
    fact(f"after line {_FIRST} it wants to go on with line {state['next_line']}")
    while state["finished_at"] is None:
        at = state["next_line"]
        state = keeper.post(f"{path}/parts", {"first_line": at, "text": "".join(lines[at - 1 :]), "last": True})
    fact(", ".join(f"{state[result]} {result}" for result in ("created", "changed", "unchanged", "rejected")))
    for outcome in keeper.get(f"{path}/report")["items"]:
        if outcome["errors"]:
            fact(f"{outcome['product']}: {'; '.join(outcome['errors'])}")


def _see_to_stock(scene: Scene, sku: str) -> None:
    """The opening stock of the file comes by its event; when it has been sold, more is received."""

    def left() -> int | None:
        items = scene.guest.get("/availability", market="EU", sku=sku)["items"]
        return max((item["available"] for item in items), default=None)

    if wait_for(f"The opening stock of {sku}", left) < _WANTED:
        store.restock(scene.staff("purchasing"), sku, location="RTM1")


def _holds(cart: dict[str, Any], wanted: dict[str, int]) -> None:
    """Say what is in a cart.

    Raises:
        DemoFailed: it is not this.
    """
    held = {line["sku"]: line["quantity"] for line in cart["lines"]}
    fact("in the cart: " + (", ".join(f"{quantity} × {sku}" for sku, quantity in held.items()) or "nothing"))
    if held != wanted:
        raise DemoFailed(f"\nThe cart holds {held} where it should hold {wanted}.")
