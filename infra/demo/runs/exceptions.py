"""Exceptions with their clocks: an empty shelf while picking, and a parcel that customs hold (REV-08 to REV-10)."""

from __future__ import annotations

from typing import Any, Final

from infra.demo import books, store
from infra.demo.buying import CLOTHES, Basket, pay
from infra.demo.scene import CONTACT, Scene, fact, in_state, wait_for
from infra.demo.shop import Caller, DemoFailed

_STORE: Final = "SHA-S1"
_WAREHOUSE: Final = "SZX1"
_SHANGHAI: Final = {
    "name": "Wang Lan", "phone": "+86 21 6279 8888", "lines": ["南京西路1266号"], "city": "上海市", "region": "上海市",
    "district": "静安区", "postal_code": "200040", "country": "CN",
}  # fmt: skip
_LONDON: Final = {
    "name": "Wang Lan", "phone": "+44 20 7946 0958", "lines": ["10 Long Acre"], "city": "London",
    "postal_code": "WC2E 9LH", "country": "GB",
}  # fmt: skip


def found_and_solved(scene: Scene) -> None:
    """A shelf is empty: the customer is called, another store sends it. Customs hold a parcel: papers within a day."""
    numbers = [_empty_shelf(scene), _held_by_customs(scene)]
    books.close(scene, numbers)


def _empty_shelf(scene: Scene) -> str:
    scene.step("An order for Shanghai goes to the store there, which accepts it and begins to pick")
    order, buyer = _bought(scene, "CN", _SHANGHAI, 2)
    number, path = order["id"], f"/staff/orders/{order['id']}"
    desk, clerk = scene.staff("order_desk"), scene.staff("store", _STORE)
    if desk.get(path)["store"] != _STORE:
        raise DemoFailed(f"\nThe order went to {desk.get(path)['store']}, not to {_STORE}.")
    for name in ("accept", "pick"):
        store.step(clerk, number, name)

    scene.step("One of the two is not on the shelf: the store says so, and the two-hour clock starts (REV-08)")
    sku = order["lines"][0]["sku"]
    said = {"problem": "out_of_stock", "note": "one on the shelf", "missing": [{"sku": sku, "quantity": 1}]}
    troubled = store.step(clerk, number, "problem", said)
    _on_list(desk, "order_desk", number)
    fact(f"{troubled['problem']} for {troubled['group']}, to be answered by {troubled['deadlines']['contact_by']}")
    clerk.call("POST", f"{path}/contacted", expect=403)
    fact("the store cannot stop the desk's clock: 403")

    scene.step("The desk calls the customer, and gives the order to the warehouse")
    store.step(desk, number, "contacted")
    moved = desk.post(f"{path}/route", {})
    fact(f"now {moved['state']} at {moved['store']}, problem: {moved['problem']}")
    clerk.call("GET", path, expect=404)
    fact("for the store in Shanghai the order is gone: 404")
    levels = {each["location"]: each for each in scene.staff("purchasing").get(f"/staff/stock/{sku}")["locations"]}
    fact(f"in Shanghai {levels[_STORE]['blocked']} of {sku} waits to be counted and is not sold")
    _send(scene, number, buyer)
    return str(number)


def _held_by_customs(scene: Scene) -> str:
    scene.step("A parcel for London is on its way; its courier sends no news, but customer service hears of a hold")
    order, buyer = _bought(scene, "GB", _LONDON, 1)
    number, path = order["id"], f"/staff/orders/{order['id']}"
    store.send_by_courier(scene.staff("admin"), number)
    service, desk = scene.staff("customer_service"), scene.staff("order_desk")
    held = service.post(f"{path}/problem", {"problem": "customs", "note": "the courier's hotline: papers missing"})
    _on_list(desk, "order_desk", number)
    fact(f"{held['problem']} for {held['group']}: papers by {held['deadlines']['contact_by']} (REV-09)")
    service.call("POST", f"{path}/solved", expect=403)

    scene.step("The desk files the papers, customs let it go, the customer confirms the receipt")
    store.step(desk, number, "contacted")
    fact(f"solved: {store.step(desk, number, 'solved')['problem'] is None}")
    buyer.post(f"/orders/{number}/receipt")
    in_state(buyer, f"/orders/{number}", ["completed"])
    return str(number)


def _bought(scene: Scene, market: str, ship_to: dict[str, Any], units: int) -> tuple[dict[str, Any], Caller]:
    """An order of a market that is paid and has its store."""
    sku = _sold_in(scene, market, units)
    cart = scene.guest.post("/carts", {"market": market, "language": "en", "lines": [{"sku": sku, "quantity": units}]})
    basket = Basket(scene.with_token(cart["guest_token"]), cart["id"])
    asked = {"ship_to": ship_to, "delivery_method": "courier", "payment_method": "card", "contact": CONTACT}
    order = basket.ordered(asked)
    path = f"/orders/{order['id']}"
    pay(scene, basket.owner, path)
    found = in_state(basket.owner, path, ["routed", "on_hold"])
    if found["state"] == "on_hold":
        fact("a person looks at it first (REV-07)")
        scene.staff("order_desk").post(f"/staff{path}/release")
        in_state(basket.owner, path, ["routed"])
    return order, basket.owner


def _sold_in(scene: Scene, market: str, units: int) -> str:
    """An article that the market sells; the store in Shanghai has enough of it."""
    for card in scene.guest.get("/products", market=market, category=CLOTHES, sort="price_asc")["items"]:
        sku = str(scene.guest.get(f"/products/{card['slug']}", market=market)["variants"][0]["sku"])
        fact(f"chose {sku}: {card['title']}")
        if market == "CN":
            received = {"location": _STORE, "move": "receive", "quantity": units, "reason": "delivery of the day"}
            scene.staff("purchasing").post(f"/staff/stock/{sku}/adjustments", received)
        return sku
    raise DemoFailed(f"\nThe catalogue has nothing for the market {market}. Was it imported?")


def _send(scene: Scene, number: str, buyer: Caller) -> None:
    store.send_by_courier(scene.staff("admin"), number)
    buyer.post(f"/orders/{number}/receipt")
    in_state(buyer, f"/orders/{number}", ["completed"])


def _on_list(clerk: Caller, group: str, number: str) -> None:
    """Wait until the order is on a group's list."""

    def look() -> dict[str, Any] | None:
        page = clerk.get(f"/staff/work/{group}", limit=100)
        return next((item for item in page["items"] if item["id"] == number), None)

    item = wait_for(f"{number} on the list of {group}", look)
    fact(f"on the list of {group}, marked {item['mark']}")
