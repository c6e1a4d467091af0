"""The merchant alliance over HTTP: recruitment, booking, merchants apart from each other, idempotency, lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib.bookings import service as bookings
from chalicelib.bookings.items import MERCHANT
from chalicelib.core.auth import Post
from tests.support.http import Client

Shoppers = Callable[..., Client]
Staff = Callable[..., Client]
FEE = {"amount": "80.00", "currency": "CNY"}


@pytest.fixture(autouse=True)
def at_the_tests_time(clock: Any) -> Any:
    with time_machine.travel(clock.now, tick=False):
        yield


def wanted(alliance: Any, service: str = "tea-tasting", day: int = 1) -> dict[str, Any]:
    slot = f"{alliance.at(day):%Y%m%dT%H%MZ}"
    return {"service": service, "slot": slot, "name": "Ann", "contact": {"email": "ann@example.com"}}


def place(client: Client, alliance: Any, service: str = "tea-tasting", day: int = 1, key: str = "key-0001") -> Any:
    answer = client.post("/bookings", wanted(alliance, service, day), key=key)
    assert answer.status == 201, answer.text
    return answer.json


def test_a_merchant_is_recruited_step_by_step_aly_01_aly_02_aly_03(
    begin: Any, clock: Any, as_staff: Staff, guest: Client
) -> None:
    planning = as_staff(Post.PLANNING)
    invitation = {
        "id": "silk-road-spa", "name": {"en": "Silk Road Spa", "zh-CN": "丝路水疗"}, "market": "CN", "country": "CN",
        "time_zone": "Asia/Shanghai", "email": "Desk@spa.example", "closes_at": "2026-11-28T00:00:00+08:00",
    }  # fmt: skip
    invited = planning.post("/staff/merchants", invitation, key="key-0001")
    assert (invited.status, invited.json["standing"]) == (201, "invited")
    assert planning.post("/staff/merchants", invitation, key="key-0001").json == invited.json
    assert planning.post("/staff/merchants", invitation, key="key-0002").status == 409
    path = "/staff/merchants/silk-road-spa"
    early = planning.post(f"{path}/screen", {}, key="key-0003")
    assert (early.status, early.json["allowed"]) == (409, ["register"])
    assert planning.post(f"{path}/register", key="key-0004").json["standing"] == "registered"
    uow = begin()
    bookings.close_registration(uow, uow.get(MERCHANT, "silk-road-spa"))
    uow.commit(None)
    assert [row["id"] for row in planning.get("/staff/merchants", query={"standing": "screening"}).json["items"]] == [
        "silk-road-spa"
    ]
    assert planning.post(f"{path}/screen", {}, key="key-0005").json["standing"] == "qualified"
    papers = [{"kind": kind, "reference": "cabinet 7"} for kind in ("business_licence", "tax_registration")]
    half = {"attended_meeting": True, "documents": papers[:1]}
    missing = planning.post(f"{path}/documents", half, key="key-0006")
    assert (missing.status, missing.json["missing"], missing.json["rule"]) == (422, ["tax_registration"], "ALY-02")
    whole = {"attended_meeting": True, "documents": papers}
    assert planning.post(f"{path}/documents", whole, key="key-0007").json["standing"] == "documents_submitted"
    assert guest.get("/merchants").json["items"] == []
    assert planning.post(f"{path}/activate", key="key-0008").json["standing"] == "active"
    seen = guest.get("/merchants", headers={"accept-language": "zh-CN"}).json["items"]
    assert seen == [{"id": "silk-road-spa", "name": "丝路水疗", "market": "CN", "country": "CN"}]
    assert "spa.example" not in guest.get("/merchants").text


def test_an_invitation_names_every_wrong_field_aly_01(as_staff: Staff, clock: Any) -> None:
    wrong = {
        "id": "far-away", "name": {"en": "Far Away"}, "market": "XX", "country": "XX", "time_zone": "Asia/Nowhere",
        "email": "nobody", "language": "en", "closes_at": f"{clock.now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    refused = as_staff(Post.PLANNING).post("/staff/merchants", wrong, key="key-0001")
    named = [error["pointer"] for error in refused.json["errors"]]
    assert (refused.status, named) == (400, ["/email", "/market", "/country", "/time_zone"])


def test_a_merchant_is_rejected_for_a_reason_aly_02(begin: Any, alliance: Any, as_staff: Staff, clock: Any) -> None:
    closes = clock.now + timedelta(minutes=1)
    alliance.do(lambda uow: bookings.invite(
        uow, "far-away", name={"en": "Far Away"}, market="CN", country="CN", time_zone="Asia/Shanghai",
        email="a@far.example", language="en", closes_at=closes,
    ))  # fmt: skip
    alliance.do(lambda uow: bookings.register(uow, "far-away"))
    alliance.do(lambda uow: bookings.close_registration(uow, uow.get(MERCHANT, "far-away")))
    body = {"rejected_for": "outside the area"}
    rejected = as_staff(Post.PLANNING).post("/staff/merchants/far-away/screen", body, key="key-0001").json
    assert (rejected["standing"], rejected["rejected_for"]) == ("rejected", "outside the area")


def test_everybody_sees_services_and_free_times(alliance: Any, guest: Client, as_shopper: Shoppers) -> None:
    (walk,) = guest.get("/merchants/lantern-travel/services").json["items"]
    assert (walk["id"], walk["prepayment"], walk["minutes"]) == ("west-lake-walk", FEE, 120)
    place(as_shopper(), alliance)
    slots = guest.get("/services/tea-tasting/slots", query={"month": "2026-11"}).json["items"]
    assert (slots[0]["id"], slots[0]["free"], slots[0]["capacity"]) == ("20261124T0200Z", 1, 2)
    assert len(slots) == 7
    assert guest.get("/merchants/nobody/services").status == 404
    assert guest.get("/services/nothing/slots", query={"month": "2026-11"}).status == 404
    assert guest.get("/services/tea-tasting/slots", query={"month": "2026-13"}).status == 400


def test_booking_twice_with_one_key_takes_one_place(alliance: Any, as_shopper: Shoppers) -> None:
    ann = as_shopper()
    first = place(ann, alliance)
    assert place(ann, alliance)["id"] == first["id"]
    assert alliance.free() == 1
    assert [row["id"] for row in ann.get("/bookings").json["items"]] == [first["id"]]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"slot": "20261124T0300Z"}, 404),
        ({"slot": "20261301T0300Z"}, 400),
        ({"service": "nothing"}, 404),
        ({"contact": {"email": "nobody"}}, 400),
        ({"service": "west-lake-walk", "payment_method": "pix"}, 400),
        ({"name": ""}, 400),
        ({"places": 2}, 400),
    ],
)
def test_a_wrong_request_books_nothing(
    alliance: Any, as_shopper: Shoppers, changes: dict[str, Any], status: int
) -> None:
    answer = as_shopper().post("/bookings", {**wanted(alliance), **changes}, key="key-0001")
    assert answer.status == status, answer.text
    assert alliance.free() == alliance.free("west-lake-walk") == 2


def test_a_full_slot_says_so(alliance: Any, as_shopper: Shoppers) -> None:
    for name in ("ann", "bob"):
        place(as_shopper(name), alliance)
    refused = as_shopper("cid").post("/bookings", wanted(alliance), key="key-0001")
    assert (refused.status, refused.json["type"].rsplit("/", 1)[-1]) == (409, "slot-full")


def test_guests_do_not_book_as_they_have_no_balance_bal_03(alliance: Any) -> None:
    assert Client(guest_token="t" * 43).post("/bookings", wanted(alliance), key="key-0001").status == 403


def test_whoever_missed_two_is_told_what_is_needed_bal_03(alliance: Any, ann: Any) -> None:
    for day in (1, 2):
        alliance.miss(alliance.confirmed(day=day))
    with time_machine.travel(alliance.clock.now, tick=False):
        refused = Client(ann).post("/bookings", wanted(alliance, day=5), key="key-0001")
    assert (refused.status, refused.json["rule"]) == (422, "BAL-03")
    assert refused.json["needed"] == {"amount": "50.00", "currency": "CNY"}


def test_a_merchant_confirms_and_reports_over_http(
    alliance: Any, clock: Any, as_shopper: Shoppers, as_staff: Staff
) -> None:
    ann, tea = as_shopper(), as_staff(Post.MERCHANT, scopes=["tea-house"])
    booked = place(ann, alliance)
    (row,) = tea.get("/merchant/bookings", query={"state": "booked"}).json["items"]
    assert row["id"] == booked["id"]
    path = f"/merchant/bookings/{booked['id']}"
    assert tea.post(f"{path}/confirm", {"reply": "See you"}, key="key-0001").json["state"] == "merchant_confirmed"
    early = tea.post(f"{path}/no-show", {}, key="key-0002")
    assert (early.status, early.json["type"].rsplit("/", 1)[-1]) == (409, "too-early")
    bill = {"actual": {"amount": "55.00", "currency": "CNY"}, "remarks": "one pot"}
    early = tea.post(f"{path}/consume", bill, key="key-0003")
    assert (early.status, early.json["type"].rsplit("/", 1)[-1], early.json["rule"]) == (409, "too-early", "ALY-06")
    with time_machine.travel(alliance.at(1) - timedelta(minutes=30), tick=False):
        done = tea.post(f"{path}/consume", bill, key="key-0003").json
    assert (done["state"], done["excess"]["amount"], done["allowed"]) == ("completed", "55.00", [])
    assert tea.get("/merchant/bookings").json["items"] == []
    seen = ann.get(f"/bookings/{booked['id']}").json
    assert (seen["reply"], seen["remarks"]) == ("See you", "one pot")
    rows = ann.get(f"/bookings/{booked['id']}/timeline", headers={"accept-language": "zh-CN"}).json["items"]
    assert [row["type"] for row in rows] == [
        "booking.placed", "booking.received", "booking.confirmed", "booking.consumed", "booking.completed",
    ]  # fmt: skip
    assert rows[0]["text"] == "已预约"
    again = tea.post(f"{path}/confirm", {}, key="key-0004")
    assert (again.status, again.json["allowed"]) == (409, [])


def test_a_merchant_sees_nothing_of_another_aly_03(alliance: Any, as_shopper: Shoppers, as_staff: Staff) -> None:
    booked = place(as_shopper(), alliance)
    other = as_staff(Post.MERCHANT, scopes=["lantern-travel"])
    nobody = as_staff(Post.MERCHANT)
    path = f"/merchant/bookings/{booked['id']}"
    for who in (other, nobody):
        assert who.get(path).status == 404
        assert who.post(f"{path}/confirm", {}, key="key-0001").status == 404
        assert who.get("/merchant/bookings", query={"merchant": "tea-house"}).status == 404
    assert other.get("/merchant/bookings").json["items"] == []
    assert nobody.get("/merchant/bookings").status == 404
    for route in ("/staff/merchants", "/staff/bookings/escalations", f"/staff/bookings/{booked['id']}"):
        assert other.get(route).status == 403


def test_another_customer_sees_nothing_of_mine(alliance: Any, as_shopper: Shoppers) -> None:
    booked = place(as_shopper("ann"), alliance)
    bob = as_shopper("bob")
    assert bob.get(f"/bookings/{booked['id']}").status == 404
    assert bob.post(f"/bookings/{booked['id']}/cancel", key="key-0001").status == 404
    assert bob.get("/bookings").json["items"] == []


def test_what_a_merchant_sees_holds_no_address_of_the_customer(
    alliance: Any, as_shopper: Shoppers, as_staff: Staff
) -> None:
    booked = place(as_shopper(), alliance)
    seen = as_staff(Post.MERCHANT, scopes=["tea-house"]).get(f"/merchant/bookings/{booked['id']}")
    assert "ann@example.com" not in seen.text


def test_staff_look_after_what_merchants_leave_undone_amb_20(
    alliance: Any, as_shopper: Shoppers, as_staff: Staff
) -> None:
    booked = place(as_shopper(), alliance)
    alliance.do(lambda uow: bookings.miss_deadline(uow, bookings.find_for_staff(uow, booked["id"]), "answer_by"))
    care = as_staff(Post.CUSTOMER_SERVICE)
    (task,) = care.get("/staff/bookings/escalations").json["items"]
    assert (task["booking"], task["merchant"], task["deadline"]) == (booked["id"], "tea-house", "answer_by")
    off = care.post(f"/staff/bookings/{booked['id']}/cancel", {"reason": "merchant"}, key="key-0001").json
    assert (off["state"], off["cancelled_for"]) == ("cancelled", "merchant")
    assert care.get("/staff/bookings/escalations").json["items"] == []


def test_everybody_sees_the_stages_and_staff_see_who_did_what_ord_16_ord_26(
    alliance: Any, ann: Any, as_staff: Staff
) -> None:
    made = alliance.confirmed("west-lake-walk")
    host, finance = as_staff(Post.MERCHANT, scopes=["lantern-travel"]), as_staff(Post.FINANCE)
    stages = finance.get(f"/staff/bookings/{made.id}").json["stages"]
    assert [(stage["state"], stage["group"]) for stage in stages] == [
        ("awaiting_payment", "customer"), ("booked", "merchant"), ("merchant_confirmed", "merchant"),
    ]  # fmt: skip
    assert [stage["left_at"] for stage in stages] == [*(stage["entered_at"] for stage in stages[1:]), None]
    whole = finance.get(f"/staff/bookings/{made.id}/timeline").json["items"]
    assert sorted(row["type"] for row in whole) == [
        "booking.confirmed", "booking.placed", "booking.received", "payment.captured",
    ]  # fmt: skip
    (captured,) = [row for row in whole if row["type"] == "payment.captured"]
    assert (captured["data"]["amount"], captured["actor"]) == ({"minor": 8000, "currency": "CNY"}, "system")
    theirs = host.get(f"/merchant/bookings/{made.id}/timeline")
    assert [row["type"] for row in theirs.json["items"]] == ["booking.placed", "booking.received", "booking.confirmed"]
    assert ann.id not in theirs.text
    other = as_staff(Post.MERCHANT, scopes=["tea-house"])
    assert other.get(f"/merchant/bookings/{made.id}/timeline").status == 404
    assert other.get(f"/staff/bookings/{made.id}/timeline").status == 403


def test_customer_service_reports_a_no_show_for_a_silent_merchant_aly_09(alliance: Any, as_staff: Staff) -> None:
    made = alliance.confirmed("west-lake-walk")
    care, path = as_staff(Post.CUSTOMER_SERVICE), f"/staff/bookings/{made.id}"
    assert care.post(f"{path}/no-show", {}, key="key-0001").status == 409
    with time_machine.travel(made.starts_at + timedelta(days=1), tick=False):
        for _ in range(2):
            said = care.post(f"{path}/no-show", {"cause": "other"}, key="key-0001").json
            assert (said["state"], said["counts_as_no_show"], said["refund_by"]) == (
                "refund_due", False, "2026-11-28T00:00:00+08:00",
            )  # fmt: skip
    assert alliance.run() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"country": "XX"}, "/country"), ({"time_zone": "Mars/Olympus"}, "/time_zone"), ({"market": "XX"}, "/market")],
)
def test_a_merchant_needs_a_country_whose_working_days_can_be_counted_amb_13(
    begin: Any, as_staff: Staff, changes: dict[str, str], field: str
) -> None:
    invitation = {
        "id": "nowhere", "name": {"en": "Nowhere"}, "market": "CN", "country": "CN", "time_zone": "Asia/Shanghai",
        "email": "desk@nowhere.example", "closes_at": "2026-11-28T00:00:00+08:00", **changes,
    }  # fmt: skip
    refused = as_staff(Post.PLANNING).post("/staff/merchants", invitation, key="key-0001")
    assert (refused.status, [error["pointer"] for error in refused.json["errors"]]) == (400, [field])


def test_services_and_slots_are_kept_by_planning(alliance: Any, as_staff: Staff, guest: Client) -> None:
    planning = as_staff(Post.PLANNING)
    service = {"merchant": "tea-house", "title": {"en": "Tea garden"}, "minutes": 90, "prepayment": FEE}
    assert planning.request("PUT", "/staff/services/tea-garden", service).status == 200
    wrong = {**service, "prepayment": {"amount": "8.00", "currency": "EUR"}}
    assert planning.request("PUT", "/staff/services/tea-garden", wrong).status == 400
    theirs = {**service, "merchant": "lantern-travel"}
    assert planning.request("PUT", "/staff/services/tea-garden", theirs).status == 409
    slots = {"slots": [{"starts_at": "2026-12-24T18:00:00+08:00", "capacity": 3}]}
    opened = planning.request("PUT", "/staff/services/tea-garden/slots", slots)
    assert opened.json["items"][0]["id"] == "20261224T1000Z"
    assert len(guest.get("/services/tea-garden/slots", query={"month": "2026-12"}).json["items"]) == 1
    closed = planning.request("PUT", "/staff/services/tea-garden", {**service, "open": False})
    assert closed.status == 200
    assert guest.get("/services/tea-garden/slots", query={"month": "2026-12"}).status == 404
    assert as_staff(Post.MERCHANT, scopes=["tea-house"]).request(
        "PUT", "/staff/services/tea-garden", service
    ).status == 403  # fmt: skip
