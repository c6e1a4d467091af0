"""Two missed appointments in a row, over all merchants: booking needs CNY 50 (machine H2, BAL-03, ALY-09)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.demo import books
from infra.demo.buying import pay
from infra.demo.runs.bookings import asking, consumed, free_slot, place
from infra.demo.scene import Scene, fact, in_state, money
from infra.demo.shop import Caller, DemoFailed

#: Two that cost nothing in advance and one that is prepaid, each with its merchant.
_MISSED: Final = {"tea-tasting": "longjing-house", "river-cruise": "lantern-travel", "day-spa": "spree-spa"}
_PATIENCE: Final = "bookings.no_show_after_minutes"
#: Booking three appointments takes no longer; they begin at the first full minute after it.
_BOOKED_WITHIN: Final = timedelta(seconds=10)


def pair(scene: Scene) -> Iterator[datetime]:
    """Book for the next minute, stay away twice, be asked for CNY 50 and pay it in; the third one is given back."""
    with _without_patience(scene):
        yield from _pair(scene)


@contextmanager
def _without_patience(scene: Scene) -> Iterator[None]:
    """Merchants may report a no-show at once, instead of after 15 minutes."""
    admin, path = scene.staff("admin"), f"/staff/settings/{_PATIENCE}"
    admin.call("PUT", path, {"value": 0})
    try:
        yield
    finally:
        admin.call("PUT", path, {"value": None})


def _pair(scene: Scene) -> Iterator[datetime]:
    scene.step("A new customer books three appointments for the next minute; the merchants confirm")
    customer = scene.newcomer("Mei")
    begins = (datetime.now(UTC) + _BOOKED_WITHIN).replace(second=0, microsecond=0) + timedelta(minutes=1)
    slot = begins.strftime("%Y%m%dT%H%MZ")
    missed = {service: _confirmed(scene, customer, service, begins, slot) for service in _MISSED}
    fact(f"they begin at {begins:%H:%M} UTC; other runs go on until then")
    yield begins

    scene.step("She does not come to the first: booking is still free")
    yield from _report(scene, missed, "tea-tasting")
    kept = place(customer, "tea-tasting", free_slot(scene, "tea-tasting"))["id"]

    scene.step("Nor to the second, with another merchant: booking needs a balance of CNY 50 (BAL-03)")
    yield from _report(scene, missed, "river-cruise")
    again = asking("tea-tasting", free_slot(scene, "tea-tasting"))
    refused = customer.call("POST", "/bookings", again, expect=422).json
    fact(f"{refused['rule']}: {refused['detail']}")
    fact(f"missed in a row: {refused['no_shows']}, balance: {money(refused['balance'])}")

    scene.step("She pays in what is lacking, and booking is possible again; cancelling in time is no no-show (BAL-03)")
    paid_in = _top_up(scene, customer, refused["top_up"])
    booked = customer.post("/bookings", again)
    customer.post(f"/bookings/{booked['id']}/cancel")
    in_state(customer, f"/bookings/{booked['id']}", ["cancelled"])

    scene.step("Nor to the third, which was prepaid: the money is due back within three working days (ALY-09)")
    yield from _report(scene, missed, "day-spa")
    fact(f"due by {customer.get('/bookings/' + missed['day-spa'])['refund_by']}")
    closed = in_state(customer, f"/bookings/{missed['day-spa']}", ["closed"])
    fact(f"given back already: {money(closed['refunded'])}")
    books.credited(customer, missed["day-spa"])

    scene.step("She comes to the next one: the run begins anew")
    host = scene.staff("merchant", "longjing-house")
    host.post(f"/merchant/bookings/{kept}/confirm", {"reply": "Welcome back."})
    bill = {"actual": {"amount": "20.00", "currency": "CNY"}, "remarks": "Came this time."}
    consumed(scene, host, kept, bill)
    in_state(customer, f"/bookings/{kept}", ["completed"])

    scene.step("The guarantee is not needed any more: finance gives it back to where it came from")
    back = {"amount": refused["top_up"]["amount"], "note": "asked for by the customer"}
    scene.staff("finance").post(f"/staff/top-ups/{paid_in}/refund", back)
    held = ", ".join(money(balance) for balance in customer.get("/me/balance")["balances"])
    fact(f"{money(back['amount'])} is on its way, balance: {held}")
    books.close(scene, [*missed.values(), kept, paid_in])


def _top_up(scene: Scene, customer: Caller, wanted: dict[str, Any]) -> str:
    """Pay in what a booking needs, on the provider's page, and wait until it is on the balance account."""
    begun = customer.post(wanted["path"], {"amount": wanted["amount"], "market": wanted["market"]})
    pay(scene, customer, f"{wanted['path']}/{begun['id']}")
    in_state(customer, f"{wanted['path']}/{begun['id']}", ["credited"])
    books.credited(customer, begun["id"])
    return str(begun["id"])


def _confirmed(scene: Scene, customer: Caller, service: str, begins: datetime, slot: str) -> str:
    """A booking for a slot that is opened for it, paid if it must be, and confirmed by its merchant."""
    opened: dict[str, Any] = {"slots": [{"starts_at": begins.isoformat(), "capacity": 5}]}
    scene.staff("planning").call("PUT", f"/staff/services/{service}/slots", opened)
    booking = place(customer, service, slot)
    path = f"/bookings/{booking['id']}"
    if booking["state"] == "awaiting_payment":
        pay(scene, customer, path)
        in_state(customer, path, ["booked"])
    scene.staff("merchant", _MISSED[service]).post(f"/merchant{path}/confirm", {"reply": "Welcome."})
    return str(booking["id"])


def _report(scene: Scene, missed: dict[str, str], service: str) -> Iterator[datetime]:
    """The merchant reports the no-show, as soon as the changed setting is in force everywhere."""
    host, path = scene.staff("merchant", _MISSED[service]), f"/merchant/bookings/{missed[service]}/no-show"
    while (answer := host.call("POST", path, {}, expect=(200, 409))).status == 409:
        if answer.json["type"] != "/problems/too-early":
            raise DemoFailed(f"\n{path}: {answer.text}")
        yield datetime.now(UTC) + timedelta(seconds=2)
    fact(f"{_MISSED[service]} reports it: {answer.json['state']}")
