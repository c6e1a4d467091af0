"""One order from the catalogue to the door by courier, and back to a refund; another one cancelled in time."""

from __future__ import annotations

import secrets

from infra.demo import books, store
from infra.demo.buying import BY_COURIER, Basket, buy, in_stock, pay
from infra.demo.couriers import push_17track
from infra.demo.scene import Scene, fact, in_state, mails, money, wait_for
from infra.demo.shop import Caller, DemoFailed


def there_and_back(scene: Scene) -> None:
    """Browse, order, pay, review, ship, track, deliver, return, refund (ORD-01 to ORD-26, LOG-22, RET-05)."""
    chosen = _browse(scene)
    basket, order_id = _order(scene, chosen)
    buyer, path = basket.owner, f"/orders/{order_id}"

    scene.step("Pay on the provider's page (the first try is declined)")
    for button in ("decline", "pay"):
        pay(scene, buyer, path, button)
    fact("the provider's signed webhook went to the queue, from there into order and ledger")

    scene.step("Review and routing happen by themselves")
    order = in_state(buyer, path, ["routed"])
    clerk = scene.staff("admin")
    fact(f"responsible: {clerk.get(f'/staff{path}')['store']}")

    scene.step("The store accepts, picks, packs and hands over to the courier")
    number = store.send_by_courier(clerk, order_id)
    fact(f"waybill {number}")

    scene.step("The courier's pushes arrive, twice and out of order")
    for sample in ("out_for_delivery", "in_transit", "in_transit", "customs_cleared", "delivered", "out_for_delivery"):
        push_17track(scene.guest, sample, number)
    scene.guest.call("POST", "/webhooks/couriers/17track", raw=b"{}", headers={"sign": "0" * 64}, expect=401)
    fact("a forged push was refused: 401")
    in_state(buyer, path, ["completed"])
    for parcel in buyer.get(f"{path}/shipments")["items"]:
        fact("journey: " + " → ".join(node["name"] for node in parcel["nodes"]))

    _send_back(scene, buyer, path, order["lines"][0]["id"])
    books.close(scene, [order_id])

    scene.step("Mails to the customer")
    for subject in wait_for("Mail about the refund", lambda: _with_refund(order_id)):
        fact(subject)

    scene.step("A second buyer, signed in, cancels before the goods leave: the money is on the balance account")
    customer = scene.shopper()
    second = buy(scene, Basket.of(customer, {chosen[0]: 1}))
    customer.post(f"/orders/{second['id']}/cancel", {"reason": "changed_mind"})
    in_state(customer, f"/orders/{second['id']}", ["cancelled"])
    books.credited(customer, second["id"])


def _browse(scene: Scene) -> list[str]:
    """Look around; two articles that the European market can have sent from stock."""
    scene.step("Browse as a guest")
    markets = scene.guest.get("/markets")["items"]
    fact("markets: " + ", ".join(f"{market['code']} ({market['currency']})" for market in markets))
    categories = scene.guest.get("/categories")["categories"]
    fact("categories: " + ", ".join(category["slug"] for category in categories[:8]))
    return [variant["sku"] for variant in in_stock(scene.guest, 2, 5)]


def _order(scene: Scene, chosen: list[str]) -> tuple[Basket, str]:
    """From an empty cart to the placed order."""
    scene.step("Fill a cart")
    basket = Basket.of_guest(scene, {})
    for sku, quantity in zip(chosen, (2, 1), strict=True):
        cart = basket.owner.post(f"/carts/{basket.id}/lines", {"sku": sku, "quantity": quantity})
    fact(f"cart {basket.id} with {len(cart['lines'])} lines")
    scene.with_token("somebody-else").call("GET", f"/carts/{basket.id}", expect=404)
    fact("somebody else's token does not open it: 404")

    scene.step("Ask for a quote: prices, shipping, duty, tax, all in one")
    quote = basket.quote(BY_COURIER)
    for option in quote["options"]:
        fact(f"{option['channel']}: {money(option['price'])}, {option['min_days']} to {option['max_days']} days")
    fact(f"goods {money(quote['subtotal'])}, shipping {money(quote['shipping'])}, tax {money(quote['tax'])}")
    fact(f"total {money(quote['total'])}, good until {quote['expires_at']}")

    scene.step("Place the order; sending it twice places it once")
    key = {"Idempotency-Key": secrets.token_hex(16)}
    order, again = (basket.order(quote, headers=key) for _ in range(2))
    if order["id"] != again["id"]:
        raise DemoFailed("\nThe same request placed two orders.")
    fact(f"order {order['id']} is {order['state']}: {order['state_text']}")
    return basket, order["id"]


def _send_back(scene: Scene, buyer: Caller, path: str, line: str) -> None:
    """One article comes back, and the money for it goes."""
    scene.step("Ask to return one article")
    asked = buyer.post(
        f"{path}/returns", {"lines": [{"line": line, "quantity": 1, "reason": "changed_mind"}], "note": "Too small."}
    )
    returned = f"/returns/{asked['id']}"
    fact(f"return {asked['id']} is {asked['state']}, estimate {money(asked['estimate'])}")

    scene.step("After-sales approves, the parcel comes back, the store inspects")
    clerk = scene.staff("after_sales")
    if asked["state"] == "REQUESTED":
        clerk.post(f"/staff{returned}/approve", {})
    else:
        fact("small enough to be approved by itself")
    store.take_in(clerk, buyer, returned, line)

    scene.step("Finance releases the refund; the money goes back the way it came")
    scene.staff("finance").post(f"/staff{returned}/release")
    done = in_state(buyer, returned, ["REFUNDED"])
    fact(f"refunded {money(done['refund'])} to the {done['refunded_to']}")


def _with_refund(order_id: str) -> list[str] | None:
    found = [mail["Subject"] for mail in mails(order_id)]
    return found if any("refund" in subject.lower() for subject in found) else None
