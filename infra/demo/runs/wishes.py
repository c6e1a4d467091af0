"""What a buyer can wish for: one click, a gift, an invoice, and paying in parts (ORD-02, ORD-09, ORD-10, ORD-12)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from infra.demo import books, store
from infra.demo.buying import BY_COURIER, Basket, in_stock, pay
from infra.demo.scene import BERLIN, Scene, fact, in_state, mails, money, wait_for
from infra.demo.shop import Caller, submit_form

_GIFT = {"message": "Happy birthday, Max!"}
_INVOICE = {"kind": "company", "title": "Teehaus Schmidt GmbH", "tax_number": "DE136695976"}


def granted(scene: Scene) -> None:
    """One click, cancelled onto the balance account; a gift with an invoice, paid from there and by card."""
    scene.step("Somebody new says where and how, and buys with one click")
    (article,) = in_stock(scene.guest, 1, 5)
    buyer = scene.newcomer("Lena Schmidt")
    bare = buyer.call("POST", "/me/purchases", {"sku": article["sku"]}, expect=422).json
    fact(f"without a profile: 422, missing {', '.join(bare['missing'])}")
    buyer.call("PATCH", "/me", {"payment_method": "card", "language": "en"})
    buyer.post("/me/addresses", {"address": {**BERLIN, "phone": "+4930901820"}})
    bought = buyer.post("/me/purchases", {"sku": article["sku"]})
    first = bought["order"]
    fact(f"order {first['id']}: {money(first['totals']['total'])}, to be paid on the page that comes along")
    submit_form(scene.guest, bought["payment"]["redirect_url"], "pay")
    in_state(buyer, f"/orders/{first['id']}", ["under_review", "on_hold", "reviewed", "routed"])

    scene.step("Changes her mind: the money is on the balance account")
    buyer.post(f"/orders/{first['id']}/cancel", {})
    books.credited(buyer, first["id"])

    scene.step("Orders it as a gift, with an invoice for her company")
    basket = Basket.of(buyer, {article["sku"]: 2})
    quote = basket.quote({**BY_COURIER, "gift_wrap": _GIFT, "invoice": _INVOICE})
    order = basket.order(quote)
    path = f"/orders/{order['id']}"
    fact(f"order {order['id']}: {money(quote['total'])}, of it gift wrap {money(quote['wrapping'])}")

    scene.step("Pays a part from the balance account and the rest by card")
    part = buyer.post(f"{path}/payment/balance", {})
    fact(f"{money(part['captured'])} from the account, {money(part['outstanding'])} left")
    pay(scene, buyer, path)
    _routed(scene, buyer, path)

    scene.step("The store sees the card of the gift, packs and sends; the courier's slip completes it")
    clerk = scene.staff("admin")
    fact(f"the card says: {clerk.get(f'/staff{path}')['gift_wrap']['message']}")
    store.send_by_courier(clerk, order["id"])
    signed = {"number": "S-2", "signed_by": "L. Schmidt", "signed_at": datetime.now(UTC).isoformat()}
    store.step(clerk, order["id"], "slip", signed)
    in_state(buyer, path, ["completed"])

    scene.step("The invoice is issued by itself")
    invoice = wait_for("The invoice", lambda: buyer.get(f"{path}/invoice")["invoice"])
    rows = ", ".join(f"{row['rate']} on {money(row['net'])}: {money(row['tax'])}" for row in invoice["taxes"])
    fact(f"{invoice['number']} to {invoice['buyer']['name']} over {money(invoice['total'])}; tax {rows}")
    letter = wait_for("The mail with it", lambda: _mail_about(order["id"], invoice["number"]))
    fact(f"mail: {letter['Subject']}")
    books.close(scene, [first["id"], order["id"]])


def _routed(scene: Scene, buyer: Caller, path: str) -> None:
    """Wait for the store; where a person must look first, one does (RSK-03)."""
    found = in_state(buyer, path, ["routed", "on_hold"])
    if found["state"] == "on_hold":
        scene.staff("order_desk").post(f"/staff{path}/release")
        in_state(buyer, path, ["routed"])


def _mail_about(number: str, text: str) -> dict[str, Any] | None:
    return next((mail for mail in mails(number) if text in mail["Subject"]), None)
