"""Stripe's messages and amounts, read and written to the last digit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money
from chalicelib.payments.domain import FactKind
from chalicelib.payments.providers.base import Declined
from chalicelib.payments.providers.stripe import Stripe
from chalicelib.payments.providers.stripe_amounts import from_stripe, to_stripe

METADATA = {"order_id": "N1", "payment_id": "p1"}
INTENT = {
    "id": "pi_1", "object": "payment_intent", "amount": 2599, "amount_received": 2599, "currency": "eur",
    "status": "succeeded", "created": 1_795_290_000, "latest_charge": "ch_1", "metadata": METADATA,
}  # fmt: skip
REFUND = {
    "id": "re_1", "object": "refund", "amount": 500, "currency": "eur", "payment_intent": "pi_1", "charge": "ch_1",
    "status": "succeeded", "created": 1_795_290_100, "metadata": {**METADATA, "refund_id": "r1"},
}  # fmt: skip
DISPUTE = {
    "id": "dp_1", "object": "dispute", "amount": 2599, "currency": "eur", "payment_intent": "pi_1", "charge": "ch_1",
    "status": "needs_response", "created": 1_795_290_200, "reason": "fraudulent", "metadata": {},
}  # fmt: skip
SESSION = {
    "id": "cs_1", "object": "checkout.session", "amount_total": 2599, "currency": "eur", "payment_intent": "pi_1",
    "payment_status": "paid", "created": 1_795_289_000, "metadata": METADATA,
}  # fmt: skip


def facts(kind: str, thing: object) -> list:
    event = {"id": "evt_1", "object": "event", "created": 1_795_290_300, "type": kind, "data": {"object": thing}}
    return Stripe().facts(json.dumps(event).encode())


@pytest.mark.parametrize(
    ("kind", "thing", "fact_kind", "reference", "code"),
    [
        ("payment_intent.succeeded", INTENT, FactKind.CAPTURED, "pi_1", ""),
        (
            "payment_intent.payment_failed",
            {**INTENT, "last_payment_error": {"code": "card_declined", "decline_code": "lost_card"}},
            FactKind.FAILED, "pi_1", "lost_card",
        ),
        (
            "payment_intent.canceled", {**INTENT, "cancellation_reason": "abandoned"},
            FactKind.CANCELLED, "pi_1", "abandoned",
        ),
        ("payment_intent.processing", INTENT, FactKind.PROCESSING, "pi_1", ""),
        ("payment_intent.amount_capturable_updated", INTENT, FactKind.AUTHORISED, "pi_1", ""),
        ("checkout.session.completed", SESSION, FactKind.CAPTURED, "pi_1", ""),
        ("checkout.session.completed", {**SESSION, "payment_status": "unpaid"}, FactKind.PROCESSING, "pi_1", ""),
        ("checkout.session.async_payment_failed", SESSION, FactKind.FAILED, "pi_1", ""),
        ("checkout.session.expired", {**SESSION, "payment_intent": None}, FactKind.CANCELLED, "cs_1", ""),
        ("refund.updated", REFUND, FactKind.REFUNDED, "re_1", ""),
        ("refund.created", {**REFUND, "status": "pending"}, FactKind.REFUND_PENDING, "re_1", ""),
        (
            "refund.failed", {**REFUND, "status": "failed", "failure_reason": "expired_or_canceled_card"},
            FactKind.REFUND_FAILED, "re_1", "expired_or_canceled_card",
        ),
        ("charge.dispute.created", DISPUTE, FactKind.DISPUTE_OPENED, "dp_1", "fraudulent"),
        ("charge.dispute.closed", {**DISPUTE, "status": "won"}, FactKind.DISPUTE_WON, "dp_1", "fraudulent"),
        ("charge.dispute.closed", {**DISPUTE, "status": "lost"}, FactKind.DISPUTE_LOST, "dp_1", "fraudulent"),
    ],
)  # fmt: skip
def test_each_event_is_one_fact(kind, thing, fact_kind, reference, code) -> None:
    [fact] = facts(kind, thing)
    assert (fact.kind, fact.reference, fact.code) == (fact_kind, reference, code)
    assert fact.amount == Money(thing.get("amount") or thing.get("amount_total"), "EUR")
    assert fact.event_id == "evt_1"


def test_a_partial_capture_reports_what_was_received_not_what_was_asked_a16() -> None:
    [fact] = facts("payment_intent.succeeded", {**INTENT, "amount_received": 1000})
    assert fact.amount == Money(1000, "EUR")


def test_the_two_messages_of_one_payment_name_the_same_capture_a3() -> None:
    [intent], [session] = facts("payment_intent.succeeded", INTENT), facts("checkout.session.completed", SESSION)
    assert (intent.reference, intent.amount) == (session.reference, session.amount)
    assert intent.is_bound
    assert session.is_bound


def test_a_refunded_charge_leaves_the_refunds_to_be_looked_up() -> None:
    charge = {"id": "ch_1", "amount_refunded": 500, "currency": "eur", "payment_intent": "pi_1", "metadata": METADATA}
    [fact] = facts("charge.refunded", charge)
    assert (fact.reference, fact.capture) == ("", "pi_1")


@pytest.mark.parametrize("kind", ["customer.created", "payout.paid", "invoice.paid"])
def test_events_that_do_not_concern_payments_say_nothing(kind) -> None:
    assert facts(kind, {"id": "x"}) == []


def test_an_inquiry_is_not_yet_a_dispute() -> None:
    assert facts("charge.dispute.created", {**DISPUTE, "status": "warning_needs_response"}) == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b'{"id":"e","type":"payment_intent.succeeded","created":1,"data":{"object":{}}}', b"\xff"],
)
def test_a_verified_message_of_another_format_is_an_error_and_not_silence(raw) -> None:
    with pytest.raises(Invalid):
        Stripe().facts(raw)


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        (Money(1050, "EUR"), 1050),
        (Money(500, "JPY"), 500),
        (Money(500, "KRW"), 500),
        (Money(5120, "KWD"), 5120),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(500, "MGA"), 5),
        (Money(1050, "HUF"), 1050),
        (Money(1050, "TWD"), 1050),
    ],
)
def test_amounts_are_in_stripes_own_smallest_unit_pay_15(amount, sent) -> None:
    assert to_stripe(amount) == (sent, amount.currency.lower())
    assert from_stripe(sent, amount.currency.lower()) == amount


@pytest.mark.parametrize("amount", [Money(5124, "KWD"), Money(550, "MGA"), Money(5, "CLF"), Money(5124, "IQD")])
def test_what_stripe_cannot_take_exactly_is_refused_and_never_rounded_pay_15(amount) -> None:
    with pytest.raises(Declined):
        to_stripe(amount)


@given(st.integers(1, 10**9), st.sampled_from("EUR USD GBP JPY CNY BRL KWD ISK UGX MGA TND VND XPF".split()))
def test_an_amount_that_stripe_takes_comes_back_as_it_was_pay_15(minor, currency) -> None:
    amount = Money(minor, currency)
    try:
        sent, code = to_stripe(amount)
    except Declined:
        assert currency in ("KWD", "TND", "MGA")
        return
    assert from_stripe(sent, code) == amount
