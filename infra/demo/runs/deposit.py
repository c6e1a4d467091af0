"""The fifth failed hand-over: a deposit on every order, until ten in a row go well (machine H1, BAL-05 to BAL-07)."""

from __future__ import annotations

import secrets
from typing import Any

from infra.demo import books, store
from infra.demo.buying import BY_COURIER, Basket, at_the_door, in_stock, pay, small_article
from infra.demo.scene import BERLIN, Scene, fact, in_state, money
from infra.demo.shop import Caller
from infra.demo.store import BERLIN_STORE

_FAILURES, _CLEAN = 5, 10


def fifth_failure(scene: Scene) -> None:
    """Five failures by guests who share a phone number, a deposit given back, ten clean orders, normal terms again."""
    who = _somebody()
    failed = _five_failures(scene, who)

    scene.step("The fifth was put down to the shop; staff find out that it was the customer after all (FUL-20)")
    (article,) = in_stock(scene.guest, 1, _CLEAN)
    customer, wanted = scene.newcomer(who["name"]), {article["sku"]: 1}
    asked = {**BY_COURIER, "ship_to": who}
    fact(f"four cases: deposit {money(Basket.of(customer, wanted).quote(asked)['deposit'])}")
    desk = scene.staff("order_desk")
    desk.post(f"/staff/orders/{failed[-1]}/handover-cause", {"by_customer": True, "note": "Nobody opened the door."})
    (standing,) = desk.post("/staff/standings", {"phone": who["phone"], "country": "DE"})["items"]
    fact(f"five cases: {standing['terms']} terms, by quarter {standing['cases']}")

    scene.step("The next order of that person, under an account of their own, carries the deposit (CNY 20)")
    first = _place(customer, wanted, asked)
    fact(f"order {first['id']}: {money(first['totals']['total'])}, of it deposit {money(first['totals']['deposit'])}")
    _deliver(scene, customer, [first["id"]])
    books.credited(customer, first["id"])

    scene.step("Nine more orders go well, eight of them under way at the same time")
    others = [_place(customer, wanted, asked)["id"] for _ in range(_CLEAN - 2)]
    _deliver(scene, customer, others)
    quote = Basket.of(customer, wanted).quote(asked)
    fact(f"after nine clean orders the deposit is {money(quote['deposit'])}")
    last = _place(customer, wanted, asked)["id"]
    _deliver(scene, customer, [last])
    quote = Basket.of(customer, wanted).quote(asked)
    fact(f"after the tenth it is {money(quote['deposit'])}: normal terms")

    scene.step("What was not handed over goes back on the shelf")
    clerk = scene.staff("store", BERLIN_STORE)
    for order_id in failed:
        store.step(clerk, order_id, "take-over")
        taken = store.step(clerk, order_id, "resolve", {"decision": "take_back"})
    fact(f"{len(failed)} orders are {taken['state']}")
    books.close(scene, [failed[-1], first["id"], last])


def _five_failures(scene: Scene, who: dict[str, Any]) -> list[str]:
    """Five orders, to be paid at the door, that are not handed over; the shop is to blame for the last."""
    scene.step("Five guests order to be paid at the door; all give the same phone number, written differently")
    clerk, sku = scene.staff("store", BERLIN_STORE), small_article(scene)
    store.restock(scene.staff("purchasing"), sku, _FAILURES)
    baskets = [Basket.of_guest(scene, {sku: 1}) for _ in range(_FAILURES)]
    orders = []
    for number, basket in enumerate(baskets):
        ship_to = {**who, "phone": _spelled(who["phone"], number)}
        orders.append(basket.ordered(at_the_door(basket, "cash_on_delivery", ship_to))["id"])
    for basket, order_id in zip(baskets, orders, strict=True):
        in_state(basket.owner, f"/orders/{order_id}", ["routed"], quiet=True)

    scene.step("The rider stands at closed doors, five times")
    for number, order_id in enumerate(orders, 1):
        store.send_out(clerk, order_id, "rider-3")
        cause = "shop_late" if number == _FAILURES else "refused"
        fact(f"{order_id}: {cause}, {store.step(clerk, order_id, 'handover-failed', {'cause': cause})['state']}")
    return orders


def _place(customer: Caller, wanted: dict[str, int], asked: dict[str, Any]) -> dict[str, Any]:
    basket = Basket.of(customer, wanted)
    return basket.order(basket.quote(asked))


def _deliver(scene: Scene, customer: Caller, orders: list[str]) -> None:
    """Pay the orders, send them by courier, and let the customer confirm the receipt (ORD-20)."""
    clerk = scene.staff("admin")
    for order_id in orders:
        pay(scene, customer, f"/orders/{order_id}")
    for order_id in orders:
        in_state(customer, f"/orders/{order_id}", ["routed"], quiet=True)
        store.send_by_courier(clerk, order_id)
        customer.post(f"/orders/{order_id}/receipt")
        in_state(customer, f"/orders/{order_id}", ["completed"], quiet=len(orders) > 1)


def _somebody() -> dict[str, Any]:
    """A person whom the shop has never met, so that the run can be repeated."""
    number = secrets.randbelow(10**6)
    return {
        **BERLIN, "name": "Nora Winter", "phone": f"+49 30 90{number:06}",
        "lines": [f"Karl-Marx-Allee {number % 120 + 2}"],
    }  # fmt: skip


def _spelled(phone: str, number: int) -> str:
    """The same number as different people write it."""
    national = "0" + phone.removeprefix("+49 ")
    return (phone, national, national.replace(" ", "/", 1), phone.replace(" ", ""), phone.replace("+", "00"))[number]
