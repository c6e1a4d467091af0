"""Money that belongs to no order is kept apart, shown to finance, and goes back by itself (PAY-09, A1, A10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.clockwork import sweep
from chalicelib.core.auth import Post
from chalicelib.core.errors import NotAllowed
from chalicelib.core.events import Actor
from chalicelib.core.money import Money
from chalicelib.core.table import page
from chalicelib.ledger import service as ledger
from chalicelib.payments import service
from chalicelib.payments.domain import GIVE_BACK, FactKind, RefundReason, RefundState
from chalicelib.payments.items import FINANCE, PAYMENT, UNMATCHED
from chalicelib.payments.service.facts import Misdirected, OrderNotVisible
from tests.support.stripe_server import StripeServer

from .conftest import DUE, ORDER, PAYMENT_ID, Shop


def money_comes_in(shop: Shop, stripe: StripeServer) -> str:
    """A payment of an order that this shop does not have; the id under which its money is kept."""
    shop.open()
    shop.known_orders.clear()
    intent = stripe.pay(next(iter(stripe.sessions)))
    raw = stripe.event("payment_intent.succeeded", intent)
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    shop.work()
    [card] = page(UNMATCHED, "gsi2", FINANCE, limit=10).items
    return card.id


def test_at_first_an_unknown_order_may_only_be_too_early_a1(shop, stripe) -> None:
    shop.open()
    shop.known_orders.clear()
    shop.attempt = 1
    raw = stripe.event("payment_intent.succeeded", stripe.pay(next(iter(stripe.sessions))))
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    [message] = shop.queue.take()
    with pytest.raises(OrderNotVisible) as retry:
        shop.apply(message)
    assert retry.value.heals
    shop.known_orders.add(ORDER)
    shop.apply(message)
    shop.apply(message)
    assert shop.payment.is_paid
    assert shop.told() == ["payment.captured"]
    assert page(UNMATCHED, "gsi2", FINANCE, limit=10).items == []


def test_money_of_no_order_waits_for_finance_and_is_in_the_books_pay_09(shop, stripe) -> None:
    unmatched_id = money_comes_in(shop, stripe)
    payment = shop.begin().get(UNMATCHED, unmatched_id)
    assert (payment.captured, payment.refunds, payment.is_paid) == (DUE, (), False)
    [event] = shop.events(f"UNMATCHED#{unmatched_id}")
    assert (event.type, event.data.named_order, event.data.amount) == ("payment.unmatched", ORDER, DUE)
    balance = ledger.trial_balance_of(shop.begin(), unmatched_id)
    assert {line.account: line.balance.minor for line in balance.lines} == {
        "receivable:stripe": 10_000, "unmatched_funds": -10_000,
    }  # fmt: skip


def test_it_goes_back_when_nobody_has_claimed_it_and_leaves_the_list_pay_09(shop, stripe, clock) -> None:
    unmatched_id = money_comes_in(shop, stripe)
    pk = f"UNMATCHED#{unmatched_id}"
    shop.carry_out(pk)
    assert stripe.refunds == {}
    clock.forward(hours=24, minutes=1)
    assert sweep(clock.now, float("inf")) >= 1
    payment = shop.begin().get(UNMATCHED, unmatched_id)
    assert (GIVE_BACK in payment.deadlines, payment.refunds[0].reason) == (False, RefundReason.UNMATCHED)
    shop.carry_out(pk)
    shop.carry_out(pk)
    assert stripe.given_back() == 10_000
    assert stripe.refunds["re_1"]["metadata"]["payment_id"] == unmatched_id
    assert page(UNMATCHED, "gsi2", FINANCE, limit=10).items == []
    assert shop.begin().get(UNMATCHED, unmatched_id).deadlines == {}
    assert [line for line in ledger.trial_balance_of(shop.begin(), unmatched_id).lines if line.balance.minor] == []


def test_the_confirmation_of_its_refund_finds_it(shop, stripe) -> None:
    unmatched_id = money_comes_in(shop, stripe)
    stripe.refund_status = "pending"
    shop.do(lambda uow: service.give_back_unmatched(uow, unmatched_id))
    shop.carry_out(f"UNMATCHED#{unmatched_id}")
    stripe.refunds["re_1"]["status"] = "succeeded"
    raw = stripe.event("refund.updated", stripe.refunds["re_1"])
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    shop.work()
    assert shop.begin().get(UNMATCHED, unmatched_id).refunds[0].state is RefundState.DONE
    with pytest.raises(NotAllowed):
        service.give_back_unmatched(shop.begin(), unmatched_id)


def test_a_message_that_names_another_payment_never_pays_this_order_a10(shop, stripe) -> None:
    shop.open()
    raw = stripe.event("payment_intent.succeeded", stripe.pay(next(iter(stripe.sessions))))
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    [fact] = service.read(shop.queue.take()[0])
    for other in (replace(fact, order_id="N2"), replace(fact, payment_id="N1-2")):
        with pytest.raises(Misdirected):
            service.fold(shop.begin(), ORDER, PAYMENT_ID, DUE, other)
    assert not shop.payment.is_paid


def test_a_report_without_money_about_an_unknown_order_keeps_nothing(shop, stripe) -> None:
    shop.open()
    raw = stripe.event("payment_intent.payment_failed", stripe.decline(next(iter(stripe.sessions))))
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    [fact] = service.read(shop.queue.take()[0])
    assert fact.kind is FactKind.FAILED
    assert service.unknown(shop.begin(), fact, 99) is None


def test_money_that_this_shop_never_asked_for_is_unmatched(shop, stripe) -> None:
    """A payment made in the provider's dashboard names no order at all."""
    session = {"metadata": {}, "intent_metadata": {}}
    intent = stripe._new_intent(777, "usd", session)
    intent |= {"status": "succeeded", "amount_received": 777}
    raw = stripe.event("payment_intent.succeeded", intent)
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    shop.work()
    [card] = page(UNMATCHED, "gsi2", FINANCE, limit=10).items
    assert (card.captured, card.unmatched) == (Money(777, "USD"), True)


def test_finance_sees_both_kinds_of_work_and_gives_money_back(shop, stripe, as_staff) -> None:
    unmatched_id = money_comes_in(shop, stripe)
    finance = as_staff(Post.FINANCE)
    shop.known_orders.add(ORDER)
    intent = stripe.pay(next(iter(stripe.sessions)))
    raw = stripe.event("payment_intent.succeeded", intent)
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    shop.work()
    stripe.refund_by_hand(intent["id"], 10_000)
    asked = {"amount": {"amount": "1.00", "currency": "EUR"}, "reason": "goodwill", "note": "late parcel"}
    made = finance.post(f"/staff/orders/{ORDER}/refunds", asked, key="key-00001")
    assert made.status == 201, made.text
    shop.carry_out()
    tasks = finance.get("/staff/payments/tasks").json["items"]
    assert {(task["unmatched"], tuple(task["failed_refunds"])) for task in tasks} == {(True, ()), (False, ("r1",))}
    given = finance.post(f"/staff/unmatched-payments/{unmatched_id}/refund", key="key-00002")
    assert (given.status, given.json["refunds"][0]["state"]) == (200, "wanted")
    assert len(finance.get("/staff/payments/tasks").json["items"]) == 1
    again = {**asked, "replaces": "r1"}
    assert finance.post(f"/staff/orders/{ORDER}/refunds", again, key="key-00003").status == 201
    assert finance.get("/staff/payments/tasks").json["items"] == []
    assert shop.begin(Actor("staff")).get(PAYMENT, ORDER, PAYMENT_ID).refunds[0].replaced
