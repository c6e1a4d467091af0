"""What a store does with the orders that it is responsible for."""

from __future__ import annotations

import secrets
from typing import Any, Final

from .scene import in_state
from .shop import Caller

#: The store that hands over in person in these examples.
BERLIN_STORE: Final = "BER-S1"
_BOX: Final = {"boxes": [{"weight_g": 700, "length_mm": 300, "width_mm": 200, "height_mm": 60}]}


def step(clerk: Caller, order_id: str, name: str, body: Any = None) -> Any:
    """One of the store's steps with an order."""
    return clerk.post(f"/staff/orders/{order_id}/{name}", body)


def prepare(clerk: Caller, order_id: str) -> None:
    """Accept, pick and pack a routed order."""
    for name, body in (("accept", None), ("pick", None), ("pack", _BOX)):
        step(clerk, order_id, name, body)


def send_by_courier(clerk: Caller, order_id: str) -> str:
    """Prepare a routed order and hand it to the courier; its waybill."""
    prepare(clerk, order_id)
    number = waybill()
    step(clerk, order_id, "ship", {"carrier": "deutsche-post", "waybill": number})
    return number


def send_out(clerk: Caller, order_id: str, person: str) -> None:
    """Prepare a routed order and send somebody out with it."""
    prepare(clerk, order_id)
    on_roster(clerk, person)
    step(clerk, order_id, "assign", {"person": person})
    step(clerk, order_id, "send-out")


def on_roster(clerk: Caller, person: str) -> None:
    """See to it that somebody is one of the Berlin store's delivery people."""
    path = f"/staff/stores/{BERLIN_STORE}/delivery-people"
    people = clerk.get(path)["people"]
    if person not in people:
        clerk.call("PUT", path, {"people": [*people, person]})


def take_in(clerk: Caller, buyer: Caller, returned: str, line: str) -> None:
    """The parcel of an approved return arrives; the piece in it is as good as new."""
    in_state(buyer, returned, ["APPROVED", "AWAITING_PARCEL"])
    clerk.post(f"/staff{returned}/receive", {"waybill": waybill()})
    in_state(buyer, returned, ["RECEIVED"])
    found = {"line": line, "accepted": 1, "rejected": 0, "condition": "like_new", "disposition": "restock"}
    clerk.post(f"/staff{returned}/inspect", {"lines": [found]})


def restock(keeper: Caller, sku: str, units: int = 20, location: str = BERLIN_STORE) -> None:
    """A place receives goods."""
    received = {"location": location, "move": "receive", "quantity": units, "reason": "delivery of the day"}
    keeper.post(f"/staff/stock/{sku}/adjustments", received)


def waybill() -> str:
    """A fresh UPU S10 number (registered item from Germany) with its check digit."""
    serial = f"{secrets.randbelow(10**8):08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return f"RR{serial}{ {10: 0, 11: 5}.get(rest, rest) }DE"
