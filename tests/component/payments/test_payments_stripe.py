"""Payments through a provider that speaks Stripe's format: crashes, lost answers, duplicates and disorder included."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from chalicelib.core.errors import Unavailable, VersionConflict
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger import service as ledger
from chalicelib.payments import service
from chalicelib.payments.domain import (
    ASK_PROVIDER,
    AlreadyPaid,
    PaymentState,
    RefundState,
)
from chalicelib.payments.items import PAYMENT
from tests.support.stripe_server import StripeServer
from tests.support.table import metered

from .conftest import DUE, ORDER, PAYMENT_ID, Shop, books, eur, hear, paid, refund

pytestmark = pytest.mark.usefixtures("patience")


def test_the_main_way_open_pay_webhook_books_pay_07(shop, stripe) -> None:
    checkout = shop.open()
    [session] = stripe.sessions.values()
    assert checkout.redirect_url == session["url"]
    assert (session["amount_total"], session["currency"]) == (10_000, "eur")
    assert session["metadata"] == session["intent_metadata"] == {"order_id": ORDER, "payment_id": PAYMENT_ID}
    intent = stripe.pay(session["id"])
    hear(shop, stripe, "checkout.session.completed", session)
    hear(shop, stripe, "payment_intent.succeeded", intent)
    assert (shop.payment.state, shop.payment.is_paid, shop.payment.deadlines) == (PaymentState.PAID, True, {})
    assert shop.told() == ["payment.captured"]
    assert books(shop) == {"receivable:stripe": 10_000, "customer_funds": -10_000}


def test_an_embedded_form_gets_the_secret_of_a_payment_intent(shop, stripe) -> None:
    checkout = shop.open(embedded=True)
    [intent] = stripe.intents.values()
    assert (checkout.client_secret, checkout.redirect_url) == (intent["client_secret"], "")
    assert (intent["amount"], intent["currency"]) == (10_000, "eur")


def test_no_card_data_ever_passes_through_the_shop_pay_20_x_1(shop, stripe) -> None:
    paid(shop, stripe)
    for _, _, _, form in stripe.requests:
        assert not [name for name in form if any(word in name for word in ("number", "cvc", "cvv", "exp_", "[card]"))]


def test_two_tabs_get_the_same_page_a15(shop, stripe) -> None:
    assert shop.open() == shop.open()
    assert len(stripe.sessions) == 1


def test_a_lost_answer_opens_nothing_twice_a12(shop, stripe) -> None:
    stripe.fail_after = 3
    with pytest.raises(Unavailable):
        shop.open()
    shop.open()
    assert len(stripe.sessions) == 1


@pytest.mark.parametrize("first", [True, False])
def test_the_form_after_the_page_and_the_page_after_the_form_are_two_requests_a12(
    shop: Shop, stripe: StripeServer, first: bool
) -> None:
    checkouts = [shop.open(embedded=embedded) for embedded in (first, not first, first, not first)]
    assert (len(stripe.sessions), len(stripe.intents)) == (1, 1)
    assert checkouts[:2] == checkouts[2:]
    assert {checkout.provider for checkout in checkouts} == {"stripe"}


def test_another_method_after_a_lost_answer_is_another_request_a12(shop: Shop, stripe: StripeServer) -> None:
    stripe.fail_after = 3
    with pytest.raises(Unavailable):
        shop.open("card")
    assert shop.open("paypal").redirect_url
    assert shop.open("card").redirect_url
    assert len(stripe.sessions) == 2


def test_a_paid_order_opens_nothing(shop, stripe) -> None:
    paid(shop, stripe)
    with pytest.raises(AlreadyPaid):
        shop.open()


def test_when_a_provider_does_not_answer_the_next_takes_over_pay_30(shop, stripe, sandbox) -> None:
    stripe.fail_before = 3
    checkout = shop.open()
    assert checkout.provider == "sandbox"
    assert shop.payment.sessions[0].provider == "sandbox"


def test_a_method_that_nobody_takes_is_refused_pay_01(shop, stripe) -> None:
    from chalicelib.core.errors import RuleRefused

    with pytest.raises(RuleRefused):
        shop.open(method="barter", provider="")
    assert shop.open(method="alipay", provider="").provider == "stripe"


@pytest.mark.parametrize("wanted", ["paypal", "sandbox"])
def test_a_wanted_provider_that_does_not_take_the_method_is_refused_with_those_that_do_pay_02(
    shop, stripe, wanted: str
) -> None:
    """Another one instead would leave the shopper's page with a form that it cannot show."""
    from chalicelib.core.errors import RuleRefused

    with pytest.raises(RuleRefused) as refused:
        shop.open(provider=wanted)
    assert (refused.value.members["rule"], refused.value.members["providers"]) == ("PAY-02", ["stripe"])


def test_taking_in_a_capture_is_two_round_trips_and_four_items(shop, stripe) -> None:
    shop.open()
    intent = stripe.pay(next(iter(stripe.sessions)))
    raw = stripe.event("payment_intent.succeeded", intent)
    with metered() as meter:
        shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    assert meter.round_trips == 0
    with metered() as meter:
        shop.work()
    assert (meter.round_trips, meter.actions) == (2, 3)
    with metered() as meter:
        shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
        shop.work()
    assert meter.calls == {"GetItem": 1}


def test_one_capture_under_two_events_is_booked_once_a2_a3(shop, stripe) -> None:
    intent = paid(shop, stripe)
    before = books(shop)
    hear(shop, stripe, "payment_intent.succeeded", intent, "evt_of_another_endpoint")
    assert books(shop) == before
    assert shop.told() == ["payment.captured"]


def test_two_consumers_at_once_book_once_a2(shop, stripe, begin: Callable[..., UnitOfWork]) -> None:
    shop.open()
    intent = stripe.pay(next(iter(stripe.sessions)))
    raw = stripe.event("payment_intent.succeeded", intent)
    shop.hear(raw, stripe.signed(raw, int(shop.begin().now.timestamp())))
    [message] = shop.queue.take()
    [fact] = service.read(message)
    slow = begin()
    service.fold(slow, ORDER, PAYMENT_ID, DUE, fact)
    shop.apply(message)
    with pytest.raises(VersionConflict):
        slow.commit(None)
    shop.apply(message)
    assert books(shop) == {"receivable:stripe": 10_000, "customer_funds": -10_000}


def test_a_first_fact_makes_the_payment_when_it_was_never_opened_here(shop, stripe) -> None:
    shop.open()
    intent = stripe.pay(next(iter(stripe.sessions)))
    uow = shop.begin()
    uow.remove(PAYMENT, uow.get(PAYMENT, ORDER, PAYMENT_ID))
    uow.commit(None)
    hear(shop, stripe, "payment_intent.succeeded", intent)
    assert shop.payment.is_paid


def test_a_declined_card_is_told_and_another_try_pays(shop, stripe) -> None:
    shop.open()
    session = next(iter(stripe.sessions))
    declined = stripe.decline(session)
    hear(shop, stripe, "payment_intent.payment_failed", declined)
    [event] = shop.events()
    assert (event.type, event.data.code, event.data.provider) == ("payment.failed", "insufficient_funds", "stripe")
    assert shop.payment.state is PaymentState.FAILED
    hear(shop, stripe, "payment_intent.succeeded", stripe.pay(session))
    assert shop.payment.state is PaymentState.PAID


def test_too_much_goes_back_to_the_cent_and_the_books_say_so_pay_09(shop, stripe) -> None:
    shop.open()
    intent = stripe.pay(next(iter(stripe.sessions)), 10_050)
    hear(shop, stripe, "payment_intent.succeeded", intent)
    shop.carry_out()
    assert stripe.given_back() == 50
    assert shop.payment.state is PaymentState.PAID
    assert books(shop) == {"receivable:stripe": 10_000, "customer_funds": -10_000}


def test_another_currency_goes_back_whole_and_pays_nothing_a10(shop, stripe) -> None:
    shop.open()
    session = stripe.sessions[next(iter(stripe.sessions))]
    session["currency"] = "jpy"
    hear(shop, stripe, "payment_intent.succeeded", stripe.pay(session["id"]))
    shop.carry_out()
    assert not shop.payment.is_paid
    assert [(r["amount"], r["currency"]) for r in stripe.refunds.values()] == [(10_000, "jpy")]
    assert books(shop) == {}


def test_money_for_an_expired_order_goes_back_a14(shop, stripe) -> None:
    shop.open()
    shop.wanted = False
    hear(shop, stripe, "payment_intent.succeeded", stripe.pay(next(iter(stripe.sessions))))
    shop.carry_out()
    assert stripe.given_back() == 10_000
    assert not shop.payment.is_paid
    assert {entry.kind for entry in ledger.entries_of(shop.begin(), ORDER)} >= {
        "capture",
        "refund-wanted",
        "refund-done",
    }
    assert books(shop) == {}


def test_a_second_payment_goes_back_a15(shop, stripe) -> None:
    first = paid(shop, stripe)
    second = stripe.pay(next(iter(stripe.sessions)))
    hear(shop, stripe, "payment_intent.succeeded", second)
    shop.carry_out()
    [given] = stripe.refunds.values()
    assert (given["payment_intent"], given["amount"]) == (second["id"], first["amount_received"])


def test_cancelling_credits_the_customers_balance_once_ord_15_bal_02(shop, stripe) -> None:
    paid(shop, stripe)
    for _ in range(2):
        shop.do(lambda uow: service.close(uow, ORDER, PAYMENT_ID, customer="ann"))
    assert ledger.balance(shop.begin(), "ann", "EUR") == eur(10_000)
    assert books(shop) == {"receivable:stripe": 10_000, "balance:ann": -10_000}
    assert stripe.refunds == {}


def test_cancelling_a_guests_order_refunds_the_original_payment_amb_04(shop, stripe) -> None:
    paid(shop, stripe)
    for _ in range(2):
        shop.do(lambda uow: service.close(uow, ORDER, PAYMENT_ID))
        shop.carry_out()
    assert stripe.given_back() == 10_000
    assert shop.payment.state is PaymentState.REFUNDED
    assert books(shop) == {}


def test_closing_what_was_never_opened_costs_nothing(shop) -> None:
    assert shop.do(lambda uow: service.close(uow, "N2", "N2-1", customer="ann")) is None


def test_a_payment_nobody_told_us_of_is_found_by_asking_pay_08(shop, stripe, clock) -> None:
    shop.open()
    stripe.pay(next(iter(stripe.sessions)))
    due = shop.payment.deadlines[ASK_PROVIDER]
    assert due == clock.now.replace(minute=45)
    clock.forward(minutes=15)
    shop.do(lambda uow: service.note_overdue(uow, uow.get(PAYMENT, ORDER, PAYMENT_ID)))
    assert shop.payment.deadlines[ASK_PROVIDER] > due
    assert shop.told() == ["payment.overdue"]
    shop.do(lambda uow: service.ask_provider(uow, ORDER, PAYMENT_ID))
    shop.work()
    assert shop.payment.is_paid
    shop.do(lambda uow: service.ask_provider(uow, ORDER, PAYMENT_ID))
    assert shop.queue.take() == []


def test_asking_about_a_page_that_nobody_used_changes_nothing_pay_08(shop, stripe) -> None:
    shop.open()
    before = shop.payment
    shop.do(lambda uow: service.ask_provider(uow, ORDER, PAYMENT_ID))
    assert shop.queue.take() == []
    assert shop.payment == before


def test_a_refund_under_way_is_asked_about_until_it_is_settled_l1(shop, stripe) -> None:
    paid(shop, stripe)
    stripe.refund_status = "pending"
    refund(shop, 2_500)
    shop.carry_out()
    assert (shop.payment.refunds[0].state, ASK_PROVIDER in shop.payment.deadlines) == (RefundState.SENT, True)
    shop.do(lambda uow: service.ask_provider(uow, ORDER, PAYMENT_ID))
    assert shop.payment.refunds[0].state is RefundState.SENT
    stripe.refunds["re_1"]["status"] = "succeeded"
    shop.do(lambda uow: service.ask_provider(uow, ORDER, PAYMENT_ID))
    assert (shop.payment.refunds[0].state, shop.payment.deadlines) == (RefundState.DONE, {})


def test_a_refund_whose_request_was_lost_is_carried_out_by_asking_l1(shop, stripe) -> None:
    paid(shop, stripe)
    refund(shop, 2_500)
    shop.do(lambda uow: service.ask_provider(uow, ORDER, PAYMENT_ID))
    assert stripe.given_back() == 2_500
    shop.carry_out()
    assert stripe.given_back() == 2_500


def test_our_books_agree_with_the_provider_after_all_of_it_m5(shop, stripe) -> None:
    intent = paid(shop, stripe)
    hear(shop, stripe, "payment_intent.succeeded", stripe.pay(next(iter(stripe.sessions))))
    refund(shop, 1_111)
    shop.carry_out()
    hear(shop, stripe, "payment_intent.succeeded", intent, "evt_again")
    received = sum(i["amount_received"] for i in stripe.intents.values())
    assert books(shop)["receivable:stripe"] == received - stripe.given_back()
    assert shop.payment.captured.minor - shop.payment.refunded.minor == received - stripe.given_back()


def test_times_are_the_providers(shop, stripe) -> None:
    intent = paid(shop, stripe)
    assert shop.payment.captures[0].at == datetime.fromtimestamp(intent["created"], UTC)
