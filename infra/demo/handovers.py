"""Two orders that the Berlin store hands over itself: one from the locker, one at the door for cash.

Run it on a local cloud that is up: `python -m infra.demo.handovers`.
"""

from __future__ import annotations

import re
import time
from typing import Any

import urllib3

from infra.build import local

from .__main__ import BERLIN, MAIL, Steps, fact, money, order_in, say
from .shop import Caller, DemoFailed, outputs, staff, submit_form, wait_for

STORE = "BER-S1"
CONTACT = {"email": MAIL, "language": "en"}
BOX = {"boxes": [{"weight_g": 700, "length_mm": 300, "width_mm": 200, "height_mm": 60}]}


def small_article(guest: Caller) -> dict[str, Any]:
    """An article for the locker that the Berlin store has in stock."""
    for card in guest.get("/products", market="EU", category="clothing-textiles")["items"]:
        variant: dict[str, Any] = guest.get(f"/products/{card['slug']}", market="EU")["variants"][0]
        cart = guest.post("/carts", {"market": "EU", "lines": [{"sku": variant["sku"], "quantity": 1}]})
        buyer = Caller(guest.base, {"Guest-Token": cart["guest_token"]})
        quote = buyer.post(f"/carts/{cart['id']}/quote", {"ship_to": BERLIN, "contact": CONTACT})
        offered = [option for option in quote["handovers"] if not option["refused"]]
        if any(option["point"] == "locker" for option in offered):
            windows = ", ".join(f"{option['hours']} h" for option in offered if option["hours"]) or "none now"
            fact(f"{variant['sku']}: locker and desk in Berlin, delivery windows: {windows}")
            return variant
    raise DemoFailed("\nThe Berlin store has nothing for its locker. Was the stock imported?")


def ordered(guest: Caller, sku: str, asked: dict[str, Any]) -> tuple[Caller, dict[str, Any]]:
    """A guest's order of one piece, handed over as asked."""
    cart = guest.post("/carts", {"market": "EU", "language": "en", "lines": [{"sku": sku, "quantity": 1}]})
    buyer = Caller(guest.base, {"Guest-Token": cart["guest_token"]})
    quote = buyer.post(f"/carts/{cart['id']}/quote", {"contact": CONTACT, **asked})
    order: dict[str, Any] = buyer.post("/orders", {"cart_id": cart["id"], "quote_hash": quote["hash"]})
    fact(f"order {order['id']}: {money(order['totals']['total'])}, of it shipping {money(quote['shipping'])}")
    return buyer, order


def prepared(buyer: Caller, clerk: Caller, order_id: str) -> None:
    """Accepted, picked and packed by the store."""
    order_in(buyer, order_id, "routed")
    for name, body in (("accept", None), ("pick", None), ("pack", BOX)):
        clerk.post(f"/staff/orders/{order_id}/{name}", body)


def mailed_code(order_id: str) -> str | None:
    """The pickup code in the mail about an order."""
    answer: Any = urllib3.request("GET", f"{local.endpoint()}/_ministack/ses/messages")
    for account in answer.json()["messages"].values():
        for mail in account:
            found = re.search(r"pickup code: ([0-9A-Z]{10})", str(mail))
            if found and order_id in mail["BodyText"]:
                return found[1]
    return None


def locker_run(guest: Caller, clerk: Caller, sku: str, step: Steps) -> None:
    """Self-pickup: paid online, put into a box, opened with the mailed code (FUL-01, FUL-05, FUL-06)."""
    step("Order for the locker, and pay")
    asked = {"delivery_method": "pickup", "payment_method": "card", "pickup": {
        "store": STORE, "point": "locker", "name": BERLIN["name"], "phone": BERLIN["phone"],
    }}  # fmt: skip
    buyer, order = ordered(guest, sku, asked)
    payment = buyer.post(f"/orders/{order['id']}/payment", {})
    submit_form(guest, payment["redirect_url"], "pay")

    step("The store puts it into a box; the code goes to the customer alone")
    prepared(buyer, clerk, order["id"])
    ready = clerk.post(f"/staff/orders/{order['id']}/ready", {})
    fact(f"box {ready['box']}, to be collected by {ready['collect_by']}")
    code = wait_for("The mail with the pickup code", lambda: mailed_code(order["id"]))
    guest.call("POST", "/sandbox/lockers/BER-S1-L1/open", {"code": "0000000000"}, expect=422)
    fact("a wrong code opens nothing: 422")

    step("The customer types the code: the box opens and the order is completed")
    fact(f"box {guest.post('/sandbox/lockers/BER-S1-L1/open', {'code': code})['box']} opens")
    order_in(buyer, order["id"], "completed")


def door_run(guest: Caller, clerk: Caller, sku: str, step: Steps) -> None:
    """Own delivery by appointment, paid in cash at the door (FUL-07 to FUL-09)."""
    step("Order for an appointment, to be paid at the door")
    cart = guest.post("/carts", {"market": "EU", "lines": [{"sku": sku, "quantity": 1}]})
    looker = Caller(guest.base, {"Guest-Token": cart["guest_token"]})
    quote = looker.post(f"/carts/{cart['id']}/quote", {"ship_to": BERLIN, "contact": CONTACT})
    slot = next(option["slot_from"] for option in quote["handovers"] if option["slot_from"] and not option["refused"])
    asked = {"delivery_method": "own_delivery", "payment_method": "cash_on_delivery", "ship_to": BERLIN,
             "own_delivery": {"slot": slot}}  # fmt: skip
    buyer, order = ordered(guest, sku, asked)
    fact(f"appointment at {slot}")

    step("The store packs it, chooses who brings it, and sends the person out")
    prepared(buyer, clerk, order["id"])
    clerk.post(f"/staff/orders/{order['id']}/assign", {"person": "rider-1"})
    clerk.post(f"/staff/orders/{order['id']}/send-out")
    stops = clerk.get(f"/staff/stores/{STORE}/rounds/rider-1")["stops"]
    fact(f"the round of rider-1 has {len(stops)} stop(s); to collect: {money(stops[0]['to_pay'])}")

    step("Cash at the door completes the order; the money is in the books")
    total = order["totals"]["total"]
    clerk.call("POST", f"/staff/orders/{order['id']}/delivered", {}, expect=422)
    fact("without the money nothing is handed over: 422")
    clerk.post(f"/staff/orders/{order['id']}/delivered", {"paid": {"paid_with": "cash", "amount": total}})
    order_in(buyer, order["id"], "completed")
    for entry in clerk.get(f"/staff/orders/{order['id']}/ledger")["entries"]:
        fact(entry["kind"] + ": " + ", ".join(f"{p['account']} {money(p['amount'])}" for p in entry["postings"]))


def main() -> None:
    local.use()
    base = outputs()["ApiUrl"]
    step, guest, clerk = Steps(), Caller(base), staff(base, "admin")
    step("Find something that the Berlin store can hand over itself")
    sku = small_article(guest)["sku"]
    locker_run(guest, clerk, sku, step)
    door_run(guest, clerk, sku, step)
    say(f"\nBoth took {time.monotonic() - step.started:.1f} s.")


if __name__ == "__main__":
    main()
