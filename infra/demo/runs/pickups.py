"""Self-pickup in the Berlin store: from a box of the locker, and at the desk (FUL-01 to FUL-06)."""

from __future__ import annotations

import re
from typing import Any, Final

from infra.demo import books, store
from infra.demo.buying import FRESH, Basket, buy, handovers, small_article
from infra.demo.scene import BERLIN, Scene, fact, in_state, mails, wait_for
from infra.demo.shop import Caller
from infra.demo.store import BERLIN_STORE

_LOCKER: Final = "/sandbox/lockers/BER-S1-L1/open"


def from_locker(scene: Scene) -> None:
    """Paid online, put into a box, opened with the mailed code (FUL-02, FUL-05, FUL-06)."""
    scene.step("Find something small, order it for the locker, and pay")
    buyer, order_id = _order(scene, small_article(scene), "locker")

    scene.step("The store puts it into a box; the code goes to the customer alone")
    clerk = scene.staff("store", BERLIN_STORE)
    store.prepare(clerk, order_id)
    ready = store.step(clerk, order_id, "ready", {})
    fact(f"box {ready['box']}, to be collected by {ready['collect_by']}")
    code = wait_for("The mail with the pickup code", lambda: _mailed_code(order_id))
    scene.guest.call("POST", _LOCKER, {"code": "0000000000"}, expect=422)
    fact("a wrong code opens nothing: 422")

    scene.step("The customer types the code: the box opens and the order is completed")
    fact(f"box {scene.guest.post(_LOCKER, {'code': code})['box']} opens")
    in_state(buyer, f"/orders/{order_id}", ["completed"])
    books.close(scene, [order_id])


def at_desk(scene: Scene) -> None:
    """Fresh food never lies in a box: it waits at the desk, where the code is scanned (FUL-04, FUL-05)."""
    scene.step("Fresh food: the quote refuses the locker and offers the desk")
    sku = small_article(scene, FRESH, "desk")
    (refused,) = (option for option in handovers(scene, sku) if option["point"] == "locker")
    fact(f"locker: {refused['refused']}: {refused['text']}")
    buyer, order_id = _order(scene, sku, "desk")

    scene.step("Another store's staff do not see the order; its own prepare it")
    scene.staff("store", "SHA-S1").call("GET", f"/staff/orders/{order_id}", expect=404)
    fact("Shanghai asks for it: 404")
    clerk = scene.staff("store", BERLIN_STORE)
    store.prepare(clerk, order_id)
    fact(f"waits at the {store.step(clerk, order_id, 'ready', {})['place']}")

    scene.step("A wrong code is counted; the right one hands the goods over")
    wrong = clerk.call("POST", f"/staff/orders/{order_id}/pickup", {"code": "0000000000"}, expect=422)
    fact(f"wrong code: 422, {wrong.json['tries_left']} tries left")
    code = wait_for("The mail with the pickup code", lambda: _mailed_code(order_id))
    store.step(clerk, order_id, "pickup", {"code": code})
    in_state(buyer, f"/orders/{order_id}", ["completed"])
    again = clerk.call("POST", f"/staff/orders/{order_id}/pickup", {"code": code}, expect=409)
    fact(f"scanned once more: 409, the order takes {again.json['allowed'] or 'no command'}")
    books.close(scene, [order_id])


def _order(scene: Scene, sku: str, point: str) -> tuple[Caller, str]:
    """A guest's paid pickup in Berlin."""
    asked: dict[str, Any] = {
        "delivery_method": "pickup", "payment_method": "card",
        "pickup": {"store": BERLIN_STORE, "point": point, "name": BERLIN["name"], "phone": BERLIN["phone"]},
    }  # fmt: skip
    basket = Basket.of_guest(scene, {sku: 1})
    return basket.owner, buy(scene, basket, asked)["id"]


def _mailed_code(order_id: str) -> str | None:
    """The pickup code in the mail about an order."""
    found = (re.search(r"pickup code: ([0-9A-Z]{10})", str(mail)) for mail in mails(order_id))
    return next((match[1] for match in found if match), None)
