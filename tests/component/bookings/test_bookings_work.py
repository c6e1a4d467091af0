"""What waits for staff and for merchants: colours, claims and counts (ORD-17, ALY-09, AMB-20)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.bookings import service as bookings
from chalicelib.bookings.items import BOOKING
from chalicelib.core.auth import Post, Principal
from tests.support.http import Client

KEY = "work-key-1"


def clerk(name: str, *posts: Post) -> Client:
    return Client(Principal("staff", name, posts=frozenset(posts)))


def counts(who: Client) -> dict[tuple[str, str], tuple[int, int, int]]:
    items = who.get("/staff/work").json["items"]
    return {(row["list"], row["state"]): (row["unhandled"], row["handled"], row["overdue"]) for row in items}


def test_what_a_merchant_left_undone_is_one_clerks_to_see_to_ord_17(alliance: Any) -> None:
    booking = alliance.book("tea-tasting")
    pat, kim = clerk("pat", Post.CUSTOMER_SERVICE), clerk("kim", Post.PLANNING)
    path = f"/staff/bookings/{booking.id}"
    assert pat.post(f"{path}/claim", key=KEY).status == 409  # nothing waits for staff
    alliance.do(lambda uow: bookings.miss_deadline(uow, bookings.find_for_staff(uow, booking.id), "answer_by"))
    assert counts(pat) == counts(kim) == {("bookings:escalations", "answer_by"): (1, 0, 0)}
    assert clerk("fin", Post.FINANCE).post(f"{path}/claim", key=KEY).status == 403
    assert pat.post(f"{path}/claim", key=KEY + "a").json == {"id": booking.id, "claimed_by": "pat"}
    lost = kim.post(f"{path}/claim", key=KEY)
    assert (lost.status, lost.json["claimed_by"]) == (409, "pat")
    (row,) = kim.get("/staff/bookings/escalations", query={"mark": "handled"}).json["items"]
    assert (row["booking"], row["claimed_by"], row["mark"]) == (booking.id, "pat", "handled")
    assert kim.get("/staff/bookings/escalations", query={"mark": "unhandled"}).json["items"] == []
    assert counts(kim) == {("bookings:escalations", "answer_by"): (0, 1, 0)}
    assert pat.post(f"{path}/unclaim", key=KEY + "b").json["claimed_by"] == ""


def test_a_prepayment_to_give_back_is_one_clerks_of_finance_aly_09(alliance: Any) -> None:
    missed = alliance.miss(alliance.confirmed("west-lake-walk"))
    fin, kay = clerk("fin", Post.FINANCE), clerk("kay", Post.FINANCE)
    assert counts(fin) == {("bookings:refunds", "refund_due"): (1, 0, 0)}
    assert fin.post(f"/staff/bookings/{missed.id}/claim", key=KEY).json["claimed_by"] == "fin"
    assert kay.post(f"/staff/bookings/{missed.id}/claim", key=KEY).status == 409
    assert clerk("pat", Post.PLANNING).post(f"/staff/bookings/{missed.id}/claim", key=KEY).status == 403
    (row,) = kay.get("/staff/bookings/refunds", query={"mark": "handled"}).json["items"]
    assert (row["id"], row["claimed_by"]) == (missed.id, "fin")
    alliance.do(lambda uow: bookings.return_prepayment(uow, missed.id))
    assert (alliance.booking(missed).claimed_by, counts(kay)) == ("", {})


def test_an_overdue_refund_of_a_silent_merchant_is_taken_up_by_finance_aly_09(alliance: Any) -> None:
    made = alliance.confirmed("west-lake-walk")
    for name in ("report_by", "refund_by"):
        alliance.do(lambda uow, name=name: bookings.miss_deadline(uow, uow.get(BOOKING, made.id), name))
    fin, pat = clerk("fin", Post.FINANCE), clerk("pat", Post.PLANNING)
    for who, name in ((fin, "fin"), (pat, "pat")):
        taken = who.post(f"/staff/bookings/{made.id}/claim", key=f"{KEY}{name}")
        assert taken.json["claimed_by"] == name, taken.text
    (row,) = fin.get("/staff/bookings/refunds").json["items"]
    assert (row["id"], row["claimed_by"], row["state"]) == (made.id, "fin", "merchant_confirmed")


def test_a_merchants_people_count_their_own_bookings_only_ord_17(
    alliance: Any, as_staff: Callable[..., Client]
) -> None:
    waiting, alliance_confirmed = alliance.book("tea-tasting"), alliance.confirmed("tea-tasting", day=2)
    tea = as_staff(Post.MERCHANT, scopes=["tea-house"])
    assert counts(tea) == {
        ("bookings:merchant:tea-house", "booked"): (1, 0, 0),
        ("bookings:merchant:tea-house", "merchant_confirmed"): (0, 1, 0),
    }
    (row,) = tea.get("/merchant/bookings", query={"mark": "unhandled"}).json["items"]
    assert (row["id"], row["mark"]) == (waiting.id, "unhandled")
    assert alliance_confirmed.id != waiting.id
    assert counts(as_staff(Post.MERCHANT, scopes=["lantern-travel"])) == {}
