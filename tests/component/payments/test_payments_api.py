"""The routes of payments: webhooks that do three things only, and refunds by finance."""

from __future__ import annotations

import json
import time

import pytest

from chalicelib.core.auth import Post
from chalicelib.payments import service
from tests.support import stripe_server
from tests.support.table import metered

from .conftest import DUE, ORDER, PAYMENT_ID, put_secret

ASKED = {"amount": {"amount": "10.00", "currency": "EUR"}, "reason": "goodwill", "note": "late parcel"}


@pytest.fixture
def paid(shop, stripe) -> None:
    shop.open()
    raw = stripe.event("payment_intent.succeeded", stripe.pay(next(iter(stripe.sessions))))
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    shop.work()


def message(stripe) -> bytes:
    intent = {
        "id": "pi_9", "amount": 2599, "amount_received": 2599, "currency": "eur", "created": 1, "status": "succeeded",
        "metadata": {"order_id": ORDER, "payment_id": PAYMENT_ID, "name": "商城"},
    }  # fmt: skip
    return stripe.event("payment_intent.succeeded", intent)


def test_a_webhook_is_verified_queued_and_answered_without_a_table_call(guest, stripe, queue) -> None:
    raw = message(stripe)
    with metered() as meter:
        answer = guest.post("/webhooks/payments/stripe", raw=raw, headers=stripe.signed(raw, int(time.time())))
    assert (answer.status, meter.round_trips) == (200, 0)
    [queued] = queue.take()
    [fact] = service.read(queued)
    assert (fact.reference, fact.amount.minor, fact.order_id) == ("pi_9", 2599, ORDER)


@pytest.mark.parametrize("spelling", ["utf-8", "escaped", "spaced", "slashes"])
def test_the_raw_bytes_reach_the_check_whatever_their_spelling_a7(guest, stripe, queue, spelling) -> None:
    event = json.loads(message(stripe))
    event["data"]["object"]["metadata"]["url"] = "https://shop.example/danke"
    raw = {
        "utf-8": json.dumps(event, ensure_ascii=False).encode(),
        "escaped": json.dumps(event).encode(),
        "spaced": json.dumps(event, indent=4, sort_keys=True).encode() + b"\n",
        "slashes": json.dumps(event).replace("/", "\\/").encode(),
    }[spelling]
    answer = guest.post("/webhooks/payments/stripe", raw=raw, headers=stripe.signed(raw, int(time.time())))
    assert (answer.status, len(queue.take())) == (200, 1)


@pytest.mark.parametrize("fault", ["forged", "no signature", "stale", "future", "changed"])
def test_what_is_not_believed_is_refused_and_nothing_is_queued_a5_a6(guest, stripe, queue, fault) -> None:
    raw, now = message(stripe), int(time.time())
    headers = {
        "forged": stripe.signed(raw, now, "whsec_other"),
        "no signature": {"content-type": "application/json"},
        "stale": stripe.signed(raw, now - 310),
        "future": stripe.signed(raw, now + 310),
        "changed": stripe.signed(raw.replace(b"2599", b"1"), now),
    }[fault]
    answer = guest.post("/webhooks/payments/stripe", raw=raw, headers=headers)
    assert (answer.status, answer.json["type"].rpartition("/")[2].rpartition(":")[2]) == (401, "forged-message")
    assert queue.take() == []


def test_without_a_secret_no_message_is_let_in_a9(guest, stripe, queue) -> None:
    raw = message(stripe)
    put_secret("stripe", api_key=stripe_server.API_KEY)
    for secret in ("", "None", stripe_server.WEBHOOK_SECRET):
        headers = stripe.signed(raw, int(time.time()), secret)
        assert guest.post("/webhooks/payments/stripe", raw=raw, headers=headers).status == 503
    assert queue.take() == []


def test_an_unknown_provider_is_not_there(guest, queue) -> None:
    assert guest.post("/webhooks/payments/nobody", raw=b"{}").status == 404


def test_a_message_beyond_any_providers_size_is_refused_before_it_is_looked_at(guest, stripe, queue) -> None:
    raw = message(stripe) + b" " * 200_000
    answer = guest.post("/webhooks/payments/stripe", raw=raw, headers=stripe.signed(raw, int(time.time())))
    assert answer.status == 413
    assert queue.take() == []


def test_a_signed_message_about_something_else_is_acknowledged(guest, stripe, queue) -> None:
    raw = stripe.event("customer.created", {"id": "cus_1"})
    answer = guest.post("/webhooks/payments/stripe", raw=raw, headers=stripe.signed(raw, int(time.time())))
    assert (answer.status, queue.take()) == (200, [])


def test_finance_refunds_once_per_key_i1_i3(shop, stripe, paid, as_staff) -> None:
    finance = as_staff(Post.FINANCE)
    first = finance.post(f"/staff/orders/{ORDER}/refunds", ASKED, key="key-00001")
    assert (first.status, first.json["refundable"]["amount"]) == (201, "90.00")
    assert finance.post(f"/staff/orders/{ORDER}/refunds", ASKED, key="key-00001").json == first.json
    other = {**ASKED, "amount": {"amount": "11.00", "currency": "EUR"}}
    assert finance.post(f"/staff/orders/{ORDER}/refunds", other, key="key-00001").status == 422
    assert [refund.amount.minor for refund in shop.payment.refunds] == [1_000]
    assert finance.post(f"/staff/orders/{ORDER}/refunds", ASKED, key="key-00002").status == 201
    shop.carry_out()
    assert stripe.given_back() == 2_000


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": {"amount": "100.01", "currency": "EUR"}}, 422),
        ({"amount": {"amount": "0.00", "currency": "EUR"}}, 422),
        ({"amount": {"amount": "-1.00", "currency": "EUR"}}, 422),
        ({"amount": {"amount": "1.00", "currency": "USD"}}, 422),
        ({"amount": {"amount": "1.001", "currency": "EUR"}}, 400),
        ({"reason": "overpaid"}, 400),
        ({"note": ""}, 400),
        ({"state": "done"}, 400),
        ({"replaces": "r7"}, 400),
        ({"payment_id": "N2-1"}, 404),
    ],
)
def test_a_refund_that_must_not_be_changes_nothing_e2_f8(shop, paid, as_staff, change, status) -> None:
    before = shop.payment
    answer = as_staff(Post.FINANCE).post(f"/staff/orders/{ORDER}/refunds", {**ASKED, **change}, key="key-00001")
    assert answer.status == status, answer.text
    assert shop.payment == before


@pytest.mark.parametrize("post", [p for p in Post if p not in (Post.ADMIN, Post.FINANCE)])
def test_only_finance_gives_money_back_z1(shop, paid, as_staff, post) -> None:
    before = shop.payment
    assert as_staff(post).post(f"/staff/orders/{ORDER}/refunds", ASKED, key="key-00001").status == 403
    assert as_staff(post).get("/staff/payments/tasks").status == 403
    assert as_staff(post).get("/staff/ledger/trial-balance").status == 403
    assert shop.payment == before


def test_nobody_without_a_staff_account_sees_or_moves_money_z4_z5(shop, paid, guest, as_shopper) -> None:
    for client, status in ((guest, 401), (as_shopper(), 403)):
        assert client.post(f"/staff/orders/{ORDER}/refunds", ASKED, key="key-00001").status == status
        assert client.get(f"/staff/orders/{ORDER}/payments").status == status
        assert client.get(f"/staff/orders/{ORDER}/ledger").status == status
    assert shop.payment.refunds == ()


def test_staff_see_an_orders_payments(shop, paid, as_staff) -> None:
    [seen] = as_staff(Post.ORDER_DESK).get(f"/staff/orders/{ORDER}/payments").json["items"]
    assert (seen["state"], seen["due"], seen["captures"][0]["provider"]) == (
        "PAID", {"amount": DUE.text, "currency": "EUR"}, "stripe",
    )  # fmt: skip
    assert as_staff(Post.ORDER_DESK).get("/staff/orders/N2/payments").json["items"] == []
