"""Money that goes back through Stripe: once, whatever is lost or repeated, and what banks do with it (A13, A17, E3)."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import Unavailable, VersionConflict
from chalicelib.payments import service
from chalicelib.payments.domain import (
    RefundBlocked,
    RefundReason,
    RefundRequested,
    RefundState,
)

from .conftest import books, eur, hear, paid, refund

pytestmark = pytest.mark.usefixtures("patience")


def test_a_refund_is_carried_out_once_however_often_it_is_delivered_e1_e3(shop, stripe) -> None:
    paid(shop, stripe)
    refund(shop, 2_500)
    refund(shop, 2_500)
    for _ in range(3):
        shop.carry_out()
    assert [r["amount"] for r in stripe.refunds.values()] == [2_500]
    assert shop.told() == ["payment.captured", "refund.requested", "refund.succeeded"]
    assert books(shop) == {"receivable:stripe": 7_500, "customer_funds": -10_000, "sales_returns": 2_500}


@pytest.mark.parametrize("lost", ["answer", "commit"])
def test_a_refund_whose_outcome_is_lost_is_not_given_twice_e3_b23(shop, stripe, begin, lost) -> None:
    paid(shop, stripe)
    refund(shop, 2_500)
    if lost == "answer":
        stripe.fail_after = 3
        with pytest.raises(Unavailable):
            shop.carry_out()
    else:  # the function dies after the provider's answer, before its own commit
        [event] = [e for e in shop.events() if isinstance(e.data, RefundRequested)]
        service.execute_refund(begin(), event.data)
    assert (len(stripe.refunds), shop.payment.refunds[0].state) == (1, RefundState.WANTED)
    shop.carry_out()
    assert (len(stripe.refunds), shop.payment.refunds[0].state) == (1, RefundState.DONE)


def test_a_day_later_the_refund_is_looked_up_before_it_is_asked_for_again_a13(shop, stripe, begin, clock) -> None:
    paid(shop, stripe)
    stripe.refund_by_hand("pi_1", 1)
    stripe.refund_by_hand("pi_1", 2)
    refund(shop, 2_500)
    [event] = [e for e in shop.events() if isinstance(e.data, RefundRequested)]
    service.execute_refund(begin(), event.data)  # done there, and nobody here remembers
    stripe.forget_keys()
    clock.forward(hours=25)
    shop.carry_out()
    assert [r["amount"] for r in stripe.refunds.values()] == [1, 2, 2_500]
    assert shop.payment.refunds[0].state is RefundState.DONE


def test_a_refund_that_is_confirmed_before_our_own_commit_is_not_asked_for_again(shop, stripe, begin) -> None:
    paid(shop, stripe)
    refund(shop, 2_500)
    [event] = [e for e in shop.events() if isinstance(e.data, RefundRequested)]
    slow = begin()
    service.execute_refund(slow, event.data)
    hear(shop, stripe, "refund.updated", stripe.refunds["re_1"])
    with pytest.raises(VersionConflict):
        slow.commit(None)
    asked = len(stripe.requests)
    shop.carry_out()
    assert len(stripe.requests) == asked
    assert shop.told().count("refund.succeeded") == 1


def test_a_refund_that_fails_later_is_reversed_and_calls_for_staff_e8(shop, stripe) -> None:
    paid(shop, stripe)
    refund(shop, 2_500)
    shop.carry_out()
    failed = {**stripe.refunds["re_1"], "status": "failed", "failure_reason": "expired_or_canceled_card"}
    hear(shop, stripe, "refund.failed", failed)
    event = shop.events()[-1]
    assert (event.type, event.data.after_success, event.data.code) == (
        "refund.failed",
        True,
        "expired_or_canceled_card",
    )
    assert books(shop) == {"receivable:stripe": 10_000, "customer_funds": -10_000}
    assert shop.payment.needs_staff
    assert shop.payment.refundable == eur(10_000)


def test_a_refund_that_the_provider_refuses_is_final_and_calls_for_staff(shop, stripe) -> None:
    paid(shop, stripe)
    stripe.refund_by_hand("pi_1", 9_000)
    refund(shop, 2_500)
    shop.carry_out()
    [only] = shop.payment.refunds
    assert (only.state, only.code) == (RefundState.FAILED, "charge_already_refunded")


def test_a_wrong_key_fails_no_refund(shop, stripe) -> None:
    from .conftest import put_secret

    paid(shop, stripe)
    refund(shop, 2_500)
    put_secret("stripe", api_key="sk_test_wrong", webhook_secret="x", api_base=stripe.url)
    with pytest.raises(Unavailable):
        shop.carry_out()
    assert shop.payment.refunds[0].state is RefundState.WANTED


def test_a_refund_made_in_the_dashboard_is_found_and_booked_to_be_clarified(shop, stripe) -> None:
    intent = paid(shop, stripe)
    by_hand = stripe.refund_by_hand(intent["id"], 1_000)
    charge = {
        "id": "ch_1", "amount_refunded": 1_000, "currency": "eur", "payment_intent": intent["id"],
        "metadata": intent["metadata"],
    }  # fmt: skip
    hear(shop, stripe, "charge.refunded", charge)
    hear(shop, stripe, "refund.created", by_hand)  # names no payment itself
    [found] = shop.payment.refunds
    assert (found.reason, found.state, found.amount) == (RefundReason.AT_PROVIDER, RefundState.DONE, eur(1_000))
    assert books(shop)["refunds_to_clarify"] == 1_000
    assert shop.payment.refundable == eur(9_000)


def test_a_dispute_holds_refunds_until_the_verdict_a17_a18(shop, stripe) -> None:
    intent = paid(shop, stripe)
    refund(shop, 2_500)
    hear(shop, stripe, "charge.dispute.created", stripe.dispute(intent["id"]))
    shop.carry_out()
    assert stripe.refunds == {}
    with pytest.raises(RefundBlocked):
        refund(shop, 100, "k2")
    assert books(shop)["disputed_funds"] == 10_000
    hear(shop, stripe, "charge.dispute.closed", stripe.dispute(intent["id"], "won"))
    shop.carry_out()
    assert stripe.given_back() == 2_500
    assert shop.told()[-3:] == ["refund.requested", "dispute.closed", "refund.succeeded"]
    assert books(shop)["receivable:stripe"] == 7_500


def test_a_lost_dispute_withdraws_the_refund_a17(shop, stripe) -> None:
    intent = paid(shop, stripe)
    refund(shop, 2_500)
    hear(shop, stripe, "charge.dispute.closed", stripe.dispute(intent["id"], "lost"))
    hear(shop, stripe, "charge.dispute.created", stripe.dispute(intent["id"]))
    shop.carry_out()
    assert stripe.refunds == {}
    assert books(shop) == {"customer_funds": -10_000, "chargebacks": 10_000}
