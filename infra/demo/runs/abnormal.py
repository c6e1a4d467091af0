"""The abnormal loop: back to the customer with the reason, corrected or answered, reviewed again (REV-01…05)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from infra.demo import books, store
from infra.demo.buying import BY_COURIER, Basket, at_the_door, handovers, in_stock, pay, small_article
from infra.demo.scene import BERLIN, Scene, fact, in_state, money
from infra.demo.shop import Caller

_VAGUE = {**BERLIN, "lines": ["Hof 3"]}


def returned_and_corrected(scene: Scene) -> None:
    """A vague address comes back, is corrected with a faster channel, the difference is paid first (AMB-24)."""
    scene.step("Order to an address that says too little, and pay")
    (article,) = in_stock(scene.guest, 1, 5)
    basket = Basket.of_guest(scene, {article["sku"]: 1})
    order = basket.ordered({**BY_COURIER, "ship_to": _VAGUE})
    buyer, path = basket.owner, f"/orders/{order['id']}"
    pay(scene, buyer, path)

    scene.step("The review finds it: the order goes back to the customer, with the reason")
    _returned(scene, buyer, path)

    scene.step("The customer corrects the address and wants it faster: it would cost more (409 tells the new total)")
    wish: dict[str, Any] = {"ship_to": BERLIN, "channel": "EXPRESS", "note": "Please ring twice."}
    dearer = buyer.call("PATCH", path, wish, expect=409).json
    fact(f"paid {money(order['totals']['total'])}, now {money(dearer['total'])}: {money(dearer['difference'])} more")
    buyer.call("PATCH", path, {**wish, "accept_total": dearer["total"]})
    in_state(buyer, path, ["awaiting_payment"])
    invoiced = buyer.call("PUT", f"{path}/invoice", {"kind": "personal", "title": "Lena Schmidt"}).json["invoice"]
    fact(f"and asks for an invoice to {invoiced['title']}")

    scene.step("The difference is paid; a person reads what the customer wrote, and the order goes to its store")
    pay(scene, buyer, path)
    desk = scene.staff("order_desk")
    in_state(buyer, path, ["on_hold"])
    fact(f"to read: {desk.get(f'/staff{path}')['reasons'][0]['note']}")
    desk.post(f"/staff{path}/release", {})
    in_state(buyer, path, ["routed"])
    stages = desk.get(f"/staff{path}")["stages"]
    fact("stages: " + " → ".join(stage["state"] for stage in stages))

    scene.step("Shipped; the courier's signed slip completes it")
    clerk = scene.staff("admin")
    store.send_by_courier(clerk, order["id"])
    signed = {"number": "S-1", "signed_by": "L. Schmidt", "signed_at": datetime.now(UTC).isoformat()}
    store.step(clerk, order["id"], "slip", signed)
    in_state(buyer, path, ["completed"])
    replaced = _ordered_anew(scene)
    books.close(scene, [order["id"], *replaced])


def _ordered_anew(scene: Scene) -> tuple[str, str]:
    """Two orders: one returned, and the one that takes its place, with its window corrected."""
    scene.step("Another one comes back; its customer would rather have the store bring it: the same goods, a new order")
    sku = small_article(scene, point="desk")
    basket = Basket.of_guest(scene, {sku: 1})
    first = basket.ordered({**BY_COURIER, "ship_to": _VAGUE})
    buyer, path = basket.owner, f"/orders/{first['id']}"
    pay(scene, buyer, path)
    _returned(scene, buyer, path)
    refused = buyer.call("PATCH", path, {"own_delivery": {"hours": 2}}, expect=409).json
    fact(f"of this order can be corrected: {', '.join(refused['correctable'])}")
    anew = Basket(buyer, buyer.post(f"{path}/reorder", {"instead": True})["cart_id"])
    fact(f"order {first['id']} is {buyer.get(path)['state']}, its goods are in a cart")

    scene.step("The new order comes back as well, and is corrected to a later appointment")
    second = anew.ordered(at_the_door(anew, "cash_on_delivery", _VAGUE))
    path = f"/orders/{second['id']}"
    _returned(scene, buyer, path)
    later = [option["slot_from"] for option in handovers(scene, sku) if option["slot_from"] and not option["refused"]]
    corrected = buyer.call("PATCH", path, {"ship_to": BERLIN, "own_delivery": {"slot": later[-1]}}).json
    fact(f"to be brought at {corrected['handover']['slot_from']}, the first appointment is free again")
    in_state(buyer, path, ["routed"])
    buyer.post(f"{path}/cancel", {})
    return first["id"], second["id"]


def _returned(scene: Scene, buyer: Caller, path: str) -> None:
    """Wait until the order is back with its customer, and say why."""
    found = in_state(buyer, path, ["returned_to_customer", "on_hold"])
    if found["state"] == "on_hold":
        fact("many orders of one internet address: a person looks at it first (RSK-03)")
        wrong = {"reasons": ["address_incomplete"], "note": "lines"}
        scene.staff("order_desk").post(f"/staff{path}/return", wrong)
        found = in_state(buyer, path, ["returned_to_customer"])
    for reason in found["reasons"]:
        fact(f"{reason['code']}: {reason['text']}")
