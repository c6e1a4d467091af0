"""The abnormal loop: back to the customer with the reason, corrected at a new price, reviewed again (REV-01…03)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from infra.demo import books, store
from infra.demo.buying import BY_COURIER, Basket, in_stock, pay
from infra.demo.scene import BERLIN, Scene, fact, in_state, money


def returned_and_corrected(scene: Scene) -> None:
    """A vague address comes back, is corrected with a faster channel, the difference is paid first (AMB-24)."""
    scene.step("Order to an address that says too little, and pay")
    (article,) = in_stock(scene.guest, 1, 5)
    basket = Basket.of_guest(scene, {article["sku"]: 1})
    order = basket.ordered({**BY_COURIER, "ship_to": {**BERLIN, "lines": ["Hof 3"]}})
    buyer, path = basket.owner, f"/orders/{order['id']}"
    pay(scene, buyer, path)

    scene.step("The review finds it: the order goes back to the customer, with the reason")
    found = in_state(buyer, path, ["returned_to_customer", "on_hold"])
    if found["state"] == "on_hold":
        fact("many orders of one internet address: a person looks at it first (RSK-03)")
        wrong = {"reasons": ["address_incomplete"], "note": "lines"}
        scene.staff("order_desk").post(f"/staff{path}/return", wrong)
        found = in_state(buyer, path, ["returned_to_customer"])
    for reason in found["reasons"]:
        fact(f"{reason['code']}: {reason['text']}")

    scene.step("The customer corrects the address and wants it faster: it would cost more (409 tells the new total)")
    wish: dict[str, Any] = {"ship_to": BERLIN, "channel": "EXPRESS"}
    dearer = buyer.call("PATCH", path, wish, expect=409).json
    fact(f"paid {money(order['totals']['total'])}, now {money(dearer['total'])}: {money(dearer['difference'])} more")
    buyer.call("PATCH", path, {**wish, "accept_total": dearer["total"]})
    in_state(buyer, path, ["awaiting_payment"])

    scene.step("The difference is paid; the second review passes and the order goes to its store")
    pay(scene, buyer, path)
    in_state(buyer, path, ["routed"])
    stages = scene.staff("order_desk").get(f"/staff{path}")["stages"]
    fact("stages: " + " → ".join(stage["state"] for stage in stages))

    scene.step("Shipped; the courier's signed slip completes it")
    clerk = scene.staff("admin")
    store.send_by_courier(clerk, order["id"])
    signed = {"number": "S-1", "signed_by": "L. Schmidt", "signed_at": datetime.now(UTC).isoformat()}
    store.step(clerk, order["id"], "slip", signed)
    in_state(buyer, path, ["completed"])
    books.close(scene, [order["id"]])
