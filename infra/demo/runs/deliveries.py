"""The Berlin store brings the goods itself: paid online, or in cash at the door (FUL-07 to FUL-11)."""

from __future__ import annotations

from infra.demo import books, store
from infra.demo.buying import Basket, at_the_door, buy, small_article
from infra.demo.scene import Scene, fact, in_state, money
from infra.demo.shop import Caller
from infra.demo.store import BERLIN_STORE


def prepaid(scene: Scene) -> None:
    """Within two hours of packing, paid online; handing over completes the order (FUL-07, FUL-08, FUL-10)."""
    scene.step("Order for delivery within two hours, and pay online")
    basket = Basket.of_guest(scene, {small_article(scene): 1})
    order = buy(scene, basket, at_the_door(basket, "card", within=2))

    scene.step("The store chooses who brings it and sends the person out")
    clerk = scene.staff("store", BERLIN_STORE)
    store.send_out(clerk, order["id"], "rider-1")
    _show_round(clerk, "rider-1")
    late = basket.owner.call("POST", f"/orders/{order['id']}/cancel", {"reason": "too_slow"}, expect=409)
    fact(f"too late to cancel: 409, {late.json['state']} allows {', '.join(late.json['allowed'])}")

    scene.step("Handed over: nothing is to be paid, the order is completed")
    store.step(clerk, order["id"], "delivered", {})
    in_state(basket.owner, f"/orders/{order['id']}", ["completed"])
    books.close(scene, [order["id"]])


def cash_on_delivery(scene: Scene) -> None:
    """An appointment, paid in cash at the door (FUL-08, FUL-09)."""
    scene.step("Order for an appointment, to be paid at the door")
    basket = Basket.of_guest(scene, {small_article(scene): 1})
    order = basket.ordered(at_the_door(basket, "cash_on_delivery"))
    in_state(basket.owner, f"/orders/{order['id']}", ["routed"])

    scene.step("The store packs it, chooses who brings it, and sends the person out")
    clerk = scene.staff("store", BERLIN_STORE)
    store.send_out(clerk, order["id"], "rider-2")
    _show_round(clerk, "rider-2")

    scene.step("Cash at the door completes the order")
    clerk.call("POST", f"/staff/orders/{order['id']}/delivered", {}, expect=422)
    fact("without the money nothing is handed over: 422")
    paid = {"paid_with": "cash", "amount": order["totals"]["total"]}
    store.step(clerk, order["id"], "delivered", {"paid": paid})
    in_state(basket.owner, f"/orders/{order['id']}", ["completed"])
    books.close(scene, [order["id"]])


def _show_round(clerk: Caller, person: str) -> None:
    stops = clerk.get(f"/staff/stores/{BERLIN_STORE}/rounds/{person}")["stops"]
    fact(f"the round of {person} has {len(stops)} stop(s); to collect at the last: {money(stops[-1]['to_pay'])}")
