"""One order from the catalogue to the door, and back to a refund."""

from __future__ import annotations

import copy
import hashlib
import json
import secrets
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import urllib3

from infra.build import local
from infra.build.paths import ROOT, region

from .shop import Caller, DemoFailed, outputs, shopper, staff, submit_form, wait_for

EVENTS = ROOT / "events"
BERLIN = {
    "name": "Lena Schmidt", "phone": "+49 30 901820", "lines": ["Karl-Marx-Allee 1"], "city": "Berlin",
    "postal_code": "10178", "country": "DE",
}  # fmt: skip
MAIL = "lena.schmidt@shopper.caravan.example"


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Steps:
    """Numbers the steps and tells how long each took."""

    def __init__(self) -> None:
        self.number, self.started = 0, time.monotonic()

    def __call__(self, title: str) -> None:
        self.number += 1
        say(f"\n{self.number:2}. {title}  ({time.monotonic() - self.started:.1f} s)")


def fact(text: str) -> None:
    say(f"      {text}")


def money(amount: dict[str, str]) -> str:
    return f"{amount['amount']} {amount['currency']}"


def waybill() -> str:
    """A fresh UPU S10 number (registered item from Germany) with its check digit."""
    serial = f"{secrets.randbelow(10**8):08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return f"RR{serial}{ {10: 0, 11: 5}.get(rest, rest) }DE"


def browse(guest: Caller) -> list[dict[str, Any]]:
    """Look around; two articles that the European market can have sent from stock."""
    markets = guest.get("/markets")["items"]
    fact("markets: " + ", ".join(f"{market['code']} ({market['currency']})" for market in markets))
    categories = guest.get("/categories")["categories"]
    fact("categories: " + ", ".join(category["slug"] for category in categories[:8]))
    chosen: list[dict[str, Any]] = []
    for card in guest.get("/products", market="EU", category="clothing-textiles", sort="price_desc")["items"]:
        product = guest.get(f"/products/{card['slug']}", market="EU")
        variant = product["variants"][0]
        if variant.get("fresh") or product.get("fresh") or variant.get("return_rule", "standard") == "none":
            continue
        stock = guest.get("/availability", market="EU", sku=variant["sku"])["items"]
        if stock and stock[0]["available"] >= 5:
            fact(f"chose {variant['sku']}: {product['title']}")
            chosen.append(variant)
        if len(chosen) == 2:
            return chosen
    raise DemoFailed("\nThe catalogue has no two articles in stock for the EU market. Was it imported?")


def sign_17track(body: bytes) -> str:
    """What 17TRACK would send in `sign`; the key is put into the local secrets if the shop has none yet."""
    client = boto3.client("secretsmanager", region_name=region())
    name = "caravan/local/17track"
    try:
        key = json.loads(client.get_secret_value(SecretId=name)["SecretString"])["api_key"]
    except (client.exceptions.ResourceNotFoundException, KeyError, ValueError):  # none yet, or nothing in it
        key = secrets.token_hex(16)
        client.put_secret_value(SecretId=name, SecretString=json.dumps({"api_key": key}))
    return hashlib.sha256(body + b"/" + key.encode()).hexdigest()


def push_from_courier(guest: Caller, sample: str, number: str) -> None:
    """Send one of the sample pushes of 17TRACK, about this parcel and this moment."""
    push = json.loads((EVENTS / "webhooks/17track" / f"{sample}.json").read_text())
    push["data"]["number"] = number
    now = datetime.now(UTC).replace(microsecond=0)
    body = json.dumps(_at(push, now), ensure_ascii=False).encode()
    guest.call("POST", "/webhooks/couriers/17track", raw=body, headers={"sign": sign_17track(body)})


def _at(value: Any, now: datetime) -> Any:
    """The same journey with every time set to this moment."""
    if isinstance(value, dict):
        moved = {name: _at(inner, now) for name, inner in value.items()}
        if moved.get("time_utc"):
            moved["time_utc"] = now.isoformat().replace("+00:00", "Z")
            moved["time_iso"] = now.isoformat()
        return moved
    return [_at(inner, now) for inner in value] if isinstance(value, list) else copy.copy(value)


def mails(order_id: str) -> Iterator[str]:
    """Subjects of what the local cloud's mail service has sent about this order, in order."""
    answer: Any = urllib3.request("GET", f"{local.endpoint()}/_ministack/ses/messages")
    for account in answer.json()["messages"].values():
        yield from (mail["Subject"] for mail in account if order_id in mail["BodyText"])


def order_in(buyer: Caller, order_id: str, *states: str) -> dict[str, Any]:
    """Wait until the order is in one of these states."""

    def look() -> dict[str, Any] | None:
        order: dict[str, Any] = buyer.get(f"/orders/{order_id}")
        return order if order["state"] in states else None

    order = wait_for(f"Order {order_id} reaching {' or '.join(states)}", look)
    fact(f"the order is {order['state']}: {order['state_text']}")
    return order


def main() -> None:
    local.use()
    base = outputs()["ApiUrl"]
    step = Steps()
    guest = Caller(base)

    step("Browse as a guest")
    chosen = browse(guest)

    step("Fill a cart")
    cart = guest.post("/carts", {"market": "EU", "language": "en"})
    buyer = Caller(base, {"Guest-Token": cart["guest_token"]})
    for variant, quantity in zip(chosen, (2, 1), strict=True):
        cart = buyer.post(f"/carts/{cart['id']}/lines", {"sku": variant["sku"], "quantity": quantity})
    fact(f"cart {cart['id']} with {len(cart['lines'])} lines")
    Caller(base, {"Guest-Token": "somebody-else"}).call("GET", f"/carts/{cart['id']}", expect=404)
    fact("somebody else's token does not open it: 404")

    step("Ask for a quote: prices, shipping, duty, tax, all in one")
    quote = buyer.post(
        f"/carts/{cart['id']}/quote",
        {"ship_to": BERLIN, "contact": {"email": MAIL, "language": "en"}, "delivery_method": "courier",
         "payment_method": "card"},
    )  # fmt: skip
    for option in quote["options"]:
        fact(f"{option['channel']}: {money(option['price'])}, {option['min_days']} to {option['max_days']} days")
    fact(f"goods {money(quote['subtotal'])}, shipping {money(quote['shipping'])}, tax {money(quote['tax'])}")
    fact(f"total {money(quote['total'])}, good until {quote['expires_at']}")

    step("Place the order; sending it twice places it once")
    key = secrets.token_hex(16)
    wanted = {"cart_id": cart["id"], "quote_hash": quote["hash"]}
    order, again = (buyer.post("/orders", wanted, headers={"Idempotency-Key": key}) for _ in range(2))
    if order["id"] != again["id"]:
        raise DemoFailed("\nThe same request placed two orders.")
    order_id = order["id"]
    fact(f"order {order_id} is {order['state']}: {order['state_text']}")

    step("Pay on the provider's page (the first try is declined)")
    payment = buyer.post(f"/orders/{order_id}/payment", {})
    submit_form(guest, payment["redirect_url"], "decline")
    payment = buyer.post(f"/orders/{order_id}/payment", {})
    submit_form(guest, payment["redirect_url"], "pay")
    fact("the provider's signed webhook went to the queue, from there into order and ledger")

    step("Review and routing happen by themselves")
    order_in(buyer, order_id, "routed", "ROUTED")
    desk = staff(base, "admin")
    store = desk.get(f"/staff/orders/{order_id}")["store"]
    fact(f"responsible: {store}")

    step("The store accepts, picks, packs and hands over to the courier")
    number = waybill()
    desk.post(f"/staff/orders/{order_id}/accept")
    desk.post(f"/staff/orders/{order_id}/pick")
    desk.post(f"/staff/orders/{order_id}/pack", {"boxes": [{"weight_g": 900}]})
    desk.post(f"/staff/orders/{order_id}/ship", {"carrier": "deutsche-post", "waybill": number})
    fact(f"waybill {number}")

    step("The courier's pushes arrive, twice and out of order")
    for sample in ("out_for_delivery", "in_transit", "in_transit", "customs_cleared", "delivered", "out_for_delivery"):
        push_from_courier(guest, sample, number)
    guest.call("POST", "/webhooks/couriers/17track", raw=b"{}", headers={"sign": "0" * 64}, expect=401)
    fact("a forged push was refused: 401")
    order_in(buyer, order_id, "completed", "COMPLETED")
    for parcel in buyer.get(f"/orders/{order_id}/shipments")["items"]:
        fact("journey: " + " → ".join(node["name"] for node in parcel["nodes"]))

    step("Ask to return one article")
    line = order["lines"][0]
    asked = buyer.post(
        f"/orders/{order_id}/returns",
        {"lines": [{"line": line["id"], "quantity": 1, "reason": "changed_mind"}], "note": "Too small."},
    )  # fmt: skip
    return_id = asked["id"]
    fact(f"return {return_id} is {asked['state']}, estimate {money(asked['estimate'])}")

    def returned(*states: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            thing: dict[str, Any] = buyer.get(f"/returns/{return_id}")
            return thing if thing["state"] in states else None

        thing = wait_for(f"Return {return_id} reaching {' or '.join(states)}", look)
        fact(f"the return is {thing['state']}")
        return thing

    step("After-sales approves, the parcel comes back, the store inspects")
    clerk = staff(base, "after_sales")
    if asked["state"] == "REQUESTED":
        clerk.post(f"/staff/returns/{return_id}/approve", {})
    else:
        fact("small enough to be approved by itself")
    returned("APPROVED", "AWAITING_PARCEL")
    clerk.post(f"/staff/returns/{return_id}/receive", {"waybill": waybill()})
    returned("RECEIVED")
    clerk.post(
        f"/staff/returns/{return_id}/inspect",
        {
            "lines": [
                {"line": line["id"], "accepted": 1, "rejected": 0, "condition": "like_new", "disposition": "restock"}
            ]
        },
    )

    step("Finance releases the refund; the money goes back the way it came")
    staff(base, "finance").post(f"/staff/returns/{return_id}/release")
    done = returned("REFUNDED")
    fact(f"refunded {money(done['refund'])} to the {done['refunded_to']}")

    step("The books balance")
    finance = staff(base, "finance")
    for entry in finance.get(f"/staff/orders/{order_id}/ledger")["entries"]:
        fact(entry["kind"] + ": " + ", ".join(f"{p['account']} {money(p['amount'])}" for p in entry["postings"]))
    trial = finance.get("/staff/ledger/trial-balance")
    if trial["difference"]:
        raise DemoFailed(f"\nThe ledger does not balance: {trial['difference']}")
    fact(f"trial balance over {trial['entries']} entries of the shop: in balance")

    step("Mails to the customer")
    for subject in wait_for("Mail about the refund", lambda: _all_mails(order_id)):
        fact(subject)

    step("A second buyer, signed in, cancels before the goods leave: the money is on the balance account")
    cancel_before_dispatch(shopper(base), guest, chosen[0])
    say(f"\nThe whole way took {time.monotonic() - step.started:.1f} s.")


def _all_mails(order_id: str) -> list[str] | None:
    found = list(mails(order_id))
    return found if any("refund" in subject.lower() for subject in found) else None


def cancel_before_dispatch(buyer: Caller, guest: Caller, variant: dict[str, Any]) -> None:
    """Order, pay, cancel; what was paid is credited by the system (ORD-14, ORD-15)."""
    cart = buyer.post("/carts", {"market": "EU", "language": "en"})
    buyer.post(f"/carts/{cart['id']}/lines", {"sku": variant["sku"], "quantity": 1})
    quote = buyer.post(
        f"/carts/{cart['id']}/quote",
        {"ship_to": BERLIN, "contact": {"email": MAIL, "language": "en"}, "delivery_method": "courier",
         "payment_method": "card"},
    )  # fmt: skip
    wanted = {"cart_id": cart["id"], "quote_hash": quote["hash"]}
    order = buyer.post("/orders", wanted)
    payment = buyer.post(f"/orders/{order['id']}/payment", {})
    submit_form(guest, payment["redirect_url"], "pay")
    order_in(buyer, order["id"], "routed", "ROUTED")
    buyer.post(f"/orders/{order['id']}/cancel", {"reason": "changed_mind"})
    order_in(buyer, order["id"], "cancelled", "CANCELLED")
    statement = wait_for("The credit", lambda: _credited(buyer, order["id"]))
    fact("balance account: " + ", ".join(money(balance) for balance in statement["balances"]))


def _credited(buyer: Caller, order_id: str) -> dict[str, Any] | None:
    statement: dict[str, Any] = buyer.get("/me/balance")
    return statement if any(movement["reference"] == order_id for movement in statement["movements"]) else None


if __name__ == "__main__":
    main()
