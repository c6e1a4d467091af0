"""A prepaid booking through the whole shop: front door, provider's page, webhook, queue, relay, consumers, mails."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from chalicelib.bookings.domain import slot_id
from chalicelib.core.auth import Post, Principal
from chalicelib.core.clock import utc_now
from chalicelib.core.money import Money
from tests.support import sample_bookings
from tests.support.http import Client
from tests.support.world import SHOPPER, a_world

HOST = Principal("staff", "li", posts=frozenset({Post.MERCHANT}), scopes=frozenset({"lantern-travel"}))


def test_a_prepaid_booking_is_paid_confirmed_missed_and_refunded_by_itself_aly_04_aly_09() -> None:
    with a_world() as world:
        appointment = utc_now().replace(second=0, microsecond=0) + timedelta(days=3)
        sample_bookings.active_merchant(world.do, "lantern-travel", utc_now())
        fee = Money(8000, "CNY")
        sample_bookings.on_offer(world.do, "west-lake-walk", "lantern-travel", [appointment], 2, fee)
        body = {
            "service": "west-lake-walk", "slot": slot_id(appointment), "name": "Ada",
            "contact": {"email": "ada@example.com", "language": "en"}, "payment_method": "card",
        }  # fmt: skip
        made = world.request("book", SHOPPER, "POST", "/bookings", body).json
        path = f"/bookings/{made['id']}"
        world.settle()
        opened = world.request("pay", SHOPPER, "POST", f"{path}/payment", {"provider": "sandbox"}).json
        assert opened["amount"] == {"amount": "80.00", "currency": "CNY"}
        world.press_pay(opened["redirect_url"].rpartition("/")[2])
        world.settle()
        assert world.request("look", SHOPPER, "GET", path).json["state"] == "booked"
        world.request("confirm", HOST, "POST", f"/merchant{path}/confirm", {"reply": "Welcome"})
        world.settle()
        with time_machine.travel(appointment + timedelta(hours=1), tick=True):
            missed = world.request("missed", HOST, "POST", f"/merchant{path}/no-show", {}).json
            assert missed["state"] == "refund_due"
            world.settle()
            seen = world.request("look", SHOPPER, "GET", path).json
            assert (seen["state"], seen["refunded"]) == ("closed", {"amount": "80.00", "currency": "CNY"})
            balance = world.request("balance", SHOPPER, "GET", "/me/balance").json
        assert balance["balances"] == [{"amount": "80.00", "currency": "CNY"}]
        assert len(world.named("take-in-prepayment")) >= 1
        assert len(world.named("return-prepayment")) == 1


def test_a_blocked_customer_pays_in_what_is_lacking_and_books_bal_03() -> None:
    """Through the provider's page, the webhook and the queue; nobody touches the balance by hand."""
    with a_world() as world:
        appointment = utc_now().replace(second=0, microsecond=0) + timedelta(days=3)
        sample_bookings.active_merchant(world.do, "lantern-travel", utc_now())
        sample_bookings.on_offer(world.do, "walk", "lantern-travel", [appointment], 5, None)
        body = {"service": "walk", "slot": slot_id(appointment), "name": "Ada", "contact": {"email": "ada@example.com"}}
        made = [world.request("book", SHOPPER, "POST", "/bookings", body).json for _ in range(2)]
        for one in made:
            world.request("confirm", HOST, "POST", f"/merchant/bookings/{one['id']}/confirm", {})
        with time_machine.travel(appointment + timedelta(hours=1), tick=True):
            later = utc_now().replace(second=0, microsecond=0) + timedelta(days=1)
            sample_bookings.on_offer(world.do, "walk", "lantern-travel", [later], 5, None)
            for one in made:
                world.request("missed", HOST, "POST", f"/merchant/bookings/{one['id']}/no-show", {})
            again = {**body, "slot": slot_id(later)}
            refused = Client(SHOPPER).post("/bookings", again, key="key-blocked").json
            assert (refused["rule"], refused["lacking"]["amount"]) == ("BAL-03", "50.00")
            wanted = refused["top_up"]
            asked = {"amount": wanted["amount"], "market": wanted["market"]}
            begun = world.request("top up", SHOPPER, "POST", wanted["path"], asked).json
            page = f"{wanted['path']}/{begun['id']}/payment"
            opened = world.request("pay", SHOPPER, "POST", page, {"provider": "sandbox"}).json
            world.press_pay(opened["redirect_url"].rpartition("/")[2])
            world.settle()
            assert world.request("look", SHOPPER, "GET", f"{wanted['path']}/{begun['id']}").json["state"] == "credited"
            assert world.request("book", SHOPPER, "POST", "/bookings", again).status == 201
