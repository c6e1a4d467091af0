"""Appointments with merchants of the alliance that are kept, with a prepayment and without (ALY-03 to ALY-08)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from infra.demo import books
from infra.demo.buying import pay
from infra.demo.scene import CONTACT, Scene, fact, in_state, money, wait_for
from infra.demo.shop import Caller, DemoFailed

_COME_EARLY: Final = "bookings.consume_early_minutes"
#: Longer than any appointment of the examples is away, in minutes.
_WEEKS: Final = 8 * 7 * 24 * 60


def prepaid(scene: Scene) -> None:
    """Prepaid, confirmed, consumed for less: the shortfall is on the balance account (ALY-06, AMB-07)."""
    scene.step("Choose a time for the walk along the West Lake, and book it")
    customer = scene.shopper()
    booking = _book(scene, customer, "west-lake-walk")
    pay(scene, customer, f"/bookings/{booking}")
    in_state(customer, f"/bookings/{booking}", ["booked"])

    scene.step("The merchant finds it on its list and replies; another merchant does not see it")
    host = scene.staff("merchant", "lantern-travel")
    _confirm(host, booking, "See you at the Broken Bridge.")
    scene.staff("merchant", "spree-spa").call("GET", f"/merchant/bookings/{booking}", expect=404)
    fact("the spa asks for it: 404")

    scene.step("The customer came and consumed less than was prepaid; remarks close it")
    actual = {"amount": "65.00", "currency": "CNY"}
    done = consumed(scene, host, booking, {"actual": actual, "remarks": "One boat less."})
    fact(f"consumed {money(done['actual'])} of {money(done['prepayment'])}, back: {money(done['returned'])}")
    in_state(customer, f"/bookings/{booking}", ["completed"])
    books.credited(customer, booking)
    books.close(scene, [booking])


def unpaid(scene: Scene) -> None:
    """Nothing prepaid; what is consumed is paid to the merchant directly (ALY-04, ALY-07)."""
    scene.step("Book a tea tasting, which costs nothing in advance")
    customer = scene.shopper()
    booking = _book(scene, customer, "tea-tasting")
    in_state(customer, f"/bookings/{booking}", ["booked"])

    scene.step("The merchant confirms; the customer comes")
    host = scene.staff("merchant", "longjing-house")
    _confirm(host, booking, "The kettle is on.")
    actual = {"amount": "48.00", "currency": "CNY"}
    done = consumed(scene, host, booking, {"actual": actual})
    fact(f"{done['state']}: {money(done['excess'])} paid to the merchant directly")

    scene.step("The merchant fills in the remarks, once")
    host.post(f"/merchant/bookings/{booking}/remarks", {"remarks": "Five teas, two cakes."})
    in_state(customer, f"/bookings/{booking}", ["completed"])
    again = host.call("POST", f"/merchant/bookings/{booking}/remarks", {"remarks": "And again."}, expect=409)
    fact(f"a second time: 409, {again.json['state']} allows {again.json['allowed'] or 'nothing'}")
    books.close(scene, [booking])


def place(customer: Caller, service: str, slot: str) -> dict[str, Any]:
    """Take a place."""
    booking: dict[str, Any] = customer.post("/bookings", asking(service, slot))
    fact(f"booking {booking['id']} at {booking['starts_at']} is {booking['state']}")
    return booking


def consumed(scene: Scene, host: Caller, booking: str, body: dict[str, Any]) -> dict[str, Any]:
    """The merchant reports the visit. The run does not wait for the appointment: the shop lets everybody come early,
    once the changed setting is in force everywhere."""
    admin, path = scene.staff("admin"), f"/staff/settings/{_COME_EARLY}"
    admin.call("PUT", path, {"value": _WEEKS})

    def look() -> dict[str, Any] | None:
        answer = host.call("POST", f"/merchant/bookings/{booking}/consume", body, expect=(200, 409))
        if answer.status == 409 and answer.json["type"] != "/problems/too-early":
            raise DemoFailed(f"\n{booking}: {answer.text}")
        return answer.json if answer.status == 200 else None

    try:
        return wait_for(f"The visit of {booking} being taken", look)
    finally:
        admin.call("PUT", path, {"value": None})


def asking(service: str, slot: str) -> dict[str, Any]:
    """What is sent to take a place."""
    return {"service": service, "slot": slot, "name": "Lena", "contact": CONTACT}


def free_slot(scene: Scene, service: str) -> str:
    """The next time with a place left, this month or the next."""
    now = datetime.now(UTC)
    for month in (now, now.replace(day=1) + timedelta(days=32)):
        for slot in scene.guest.get(f"/services/{service}/slots", month=f"{month:%Y-%m}")["items"]:
            if slot["free"]:
                return str(slot["id"])
    raise DemoFailed(f"\n{service} is booked out. `make up` opens the days that have come into reach.")


def _book(scene: Scene, customer: Caller, service: str) -> str:
    return str(place(customer, service, free_slot(scene, service))["id"])


def _confirm(host: Caller, booking: str, reply: str) -> None:
    listed = host.get("/merchant/bookings", state="booked", limit=100)["items"]
    fact(f"on the merchant's list: {len(listed)}, ours among them: {any(row['id'] == booking for row in listed)}")
    host.post(f"/merchant/bookings/{booking}/confirm", {"reply": reply})
    fact(f"confirmed: “{reply}”")
