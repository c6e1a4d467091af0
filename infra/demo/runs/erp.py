"""An order that a store's own system takes over: told by a signed webhook, moved on by signed reports."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.demo import books
from infra.demo.buying import Basket, buy, in_stock
from infra.demo.receiver import Receiver
from infra.demo.scene import Scene, fact, in_state
from infra.demo.shop import Caller, DemoFailed

_STORE = "RTM1"
_PLACE = f"/staff/stores/{_STORE}/endpoints/demo"
_SETTING = "partners.loopback_receivers"
#: A changed setting is in force everywhere within a minute.
_IN_FORCE = timedelta(seconds=65)
_WANTED = ["order.routed", "order.accepted", "order.picking_started", "order.packed", "order.shipped"]


def take_over(scene: Scene) -> Iterator[datetime]:
    """A store's own system hears of an order and brings it to the courier (RTE-03, RTE-04)."""
    admin = scene.staff("admin")
    if not _is_set(admin):
        scene.step("Allow systems on this machine, as there is no other one here")
        admin.call("PUT", f"/staff/settings/{_SETTING}", {"value": True})
        yield datetime.now(UTC) + _IN_FORCE
    with Receiver(scene.guest, _STORE).listening() as erp:
        scene.step("The administrator connects the warehouse's system; private addresses are refused")
        for url in ("https://169.254.169.254/latest/meta-data/", "http://10.0.0.1/"):
            admin.call("PUT", _PLACE, {"url": url, "events": _WANTED}, expect=400)
        admin.call("PUT", _PLACE, {"url": erp.url, "events": _WANTED})
        erp.secret = admin.get(f"{_PLACE}/secret")["secret"]
        try:
            _told(scene, erp)
        finally:
            admin.call("PUT", _PLACE, {"url": erp.url, "events": _WANTED, "enabled": False})


def _told(scene: Scene, erp: Receiver) -> None:
    scene.step("An order is paid, reviewed and routed; the system hears of it")
    basket = Basket.of_guest(scene, {in_stock(scene.guest, 1, 3)[0]["sku"]: 1})
    order_id = buy(scene, basket)["id"]
    routed = _heard(erp, order_id)
    lines = routed["data"]["order"]["lines"]
    fact(f"{routed['type']}: {lines[0]['quantity']} × {lines[0]['sku']} from {lines[0]['location']}")

    scene.step("It reports every step, signed; a step too early and a forged one are refused")
    answer = erp.report(order_id, {"status": "packed", "boxes": [{"weight_g": 700}]}, expect=[409])
    fact(f"packed before it was accepted: 409, allowed: {', '.join(answer.json['allowed'])}")
    stranger = Receiver(erp.shop, erp.store, "whsec_bm90IHRoZSBzZWNyZXQ=")
    stranger.report(order_id, {"status": "accepted"}, expect=[401])
    fact("signed with another secret: 401")
    fact(f"waybill {erp.fulfil(order_id)}")
    in_state(basket.owner, f"/orders/{order_id}", ["shipped"])
    for kind in _WANTED[1:]:
        if (message := _heard(erp, order_id))["type"] != kind:
            raise DemoFailed(f"\nThe system heard {message['type']} where {kind} was to come.")
    fact("it has heard its own steps back, in their order")

    deliveries = scene.staff("order_desk").get(f"{_PLACE}/deliveries", limit=10)["items"]
    mine = [one for one in deliveries if one["order_id"] == order_id]
    fact("the replay screen shows: " + ", ".join(f"{one['type']} {one['state']}" for one in reversed(mine)))
    books.close(scene, [order_id])


def _is_set(admin: Caller) -> bool:
    return any(one["name"] == _SETTING and one["value"] for one in admin.get("/staff/settings")["items"])


def _heard(erp: Receiver, order_id: str) -> dict[str, Any]:
    """The next message about an order.

    Raises:
        DemoFailed: none came in time.
    """
    while True:
        try:
            message: dict[str, Any] = erp.heard.get(timeout=120)
        except queue.Empty:
            raise DemoFailed("\nThe system heard nothing for two minutes. `make logs` shows more.") from None
        if message["data"]["order_id"] == order_id:
            return message
