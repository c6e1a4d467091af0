"""After the sale and before it leaves: goods exchanged for another size, and two orders of one buyer in one parcel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.demo import books, store
from infra.demo.buying import CLOTHES, Basket, buy, in_stock
from infra.demo.scene import Scene, fact, in_state, money, wait_for
from infra.demo.shop import Caller, DemoFailed


def other_size(scene: Scene) -> None:
    """A delivered article is exchanged for another variant at the same price (RET-02 to RET-04, ORD-05)."""
    scene.step("A customer buys, and has the goods")
    customer, desk = scene.newcomer("Xenia Exchange"), scene.staff("after_sales")
    sku, other = _same_price(scene)
    order = buy(scene, Basket.of(customer, {sku: 1}))
    path = f"/orders/{order['id']}"
    _bring(scene, customer, order["id"])

    scene.step("It does not fit: the customer asks for another one")
    line = order["lines"][0]["id"]
    wanted = {"lines": [{"line": line, "quantity": 1, "reason": "changed_mind", "sku": other}]}
    asked = customer.post(f"{path}/exchanges", wanted)
    returned = f"/returns/{asked['id']}"
    fact(f"return {asked['id']}: {sku} for {other}; a person decides, so it is {asked['state']}")

    scene.step("After-sales agrees: an exchange order, its goods reserved, nothing to pay")
    number = desk.post(f"/staff{returned}/approve", {})["exchange_order"]
    exchange = customer.get(f"/orders/{number}")
    fact(f"{number} is {exchange['state']} ({exchange['order_class']}), worth {money(exchange['totals']['total'])}")

    scene.step("The old goods come back and are accepted; the store gets the exchange order like any other")
    store.take_in(desk, customer, returned, line)
    in_state(customer, returned, ["EXCHANGED"])
    in_state(customer, f"/orders/{number}", ["routed"])
    _bring(scene, customer, number)
    books.close(scene, [order["id"], number])


def one_parcel(scene: Scene) -> None:
    """Two orders of one recipient leave in one parcel under one waybill (ORD-27)."""
    scene.step("A customer orders twice in an hour")
    customer, clerk = scene.newcomer("Tom Twice"), scene.staff("admin")
    chosen = in_stock(scene.guest, 1, 3)[0]["sku"]
    numbers = [buy(scene, Basket.of(customer, {chosen: 1}))["id"] for _ in range(2)]
    place = clerk.get(f"/staff/orders/{numbers[0]}")["store"]

    scene.step("The store is told that they can go together, and merges them")

    def proposed() -> list[str] | None:
        items = clerk.get(f"/staff/stores/{place}/mergeable")["items"]
        known = [order["order_id"] for item in items for order in item["orders"]]
        return known if set(numbers) <= set(known) else None

    wait_for("The proposal", proposed)
    merged = clerk.post("/staff/consignments", {"orders": numbers})
    fact(f"consignment of {' and '.join(merged['orders'])}")

    scene.step("Packed in one box, handed over under one waybill")
    for number in numbers:
        for name in ("accept", "pick"):
            store.step(clerk, number, name)
    path = f"/staff/consignments/{merged['id']}"
    clerk.post(f"{path}/pack", {"boxes": [{"weight_g": 1200}]})
    sent = clerk.post(f"{path}/ship", {"carrier": "deutsche-post", "waybill": store.waybill()})
    fact(f"waybill {sent['waybill']}: {len(sent['parcels'])} orders on their way")
    for number in numbers:
        in_state(customer, f"/orders/{number}", ["shipped"])
        customer.post(f"/orders/{number}/receipt")
        in_state(customer, f"/orders/{number}", ["completed"])
    books.close(scene, numbers)


def _bring(scene: Scene, customer: Caller, number: str) -> None:
    """The store sends it, the customer confirms that it has come."""
    store.send_by_courier(scene.staff("admin"), number)
    customer.post(f"/orders/{number}/receipt")
    in_state(customer, f"/orders/{number}", ["completed"])


def _same_price(scene: Scene) -> tuple[str, str]:
    """Two variants of one product that cost the same, both in stock."""
    for card in scene.guest.get("/products", market="EU", category=CLOTHES)["items"]:
        product = scene.guest.get(f"/products/{card['slug']}", market="EU")
        for one, other in _pairs(product["variants"]):
            if all(_left(scene, sku) >= 5 for sku in (one, other)):
                fact(f"chose {product['title']}: {one} and {other}")
                return one, other
    raise DemoFailed("\nThe catalogue has no two variants at one price in stock for the EU market. Was it imported?")


def _left(scene: Scene, sku: str) -> int:
    items = scene.guest.get("/availability", market="EU", sku=sku)["items"]
    return items[0]["available"] if items else 0


def _pairs(variants: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for number, one in enumerate(variants):
        for other in variants[number + 1 :]:
            if one["price"] == other["price"]:
                yield one["sku"], other["sku"]
