"""A payment is the same whatever the order and number of its facts (T4, E2); no cent too much stays (A10, A14–A18)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from chalicelib.payments.domain import (
    ASK_PROVIDER,
    FactKind,
    PaymentState,
    RefundBlocked,
    RefundDiffers,
    RefundReason,
    RefundState,
    RefundTooHigh,
    Session,
)
from tests.unit.payments.payment_facts import NOW, captured, eur, fact, fold, normal_form, payment

HISTORIES = {
    "authorised, a failed and a good attempt, two partial captures": [
        fact(FactKind.AUTHORISED, "pi1", at=1),
        fact(FactKind.FAILED, "pi1", at=2, code="card_declined"),
        fact(FactKind.PROCESSING, "pi1", at=3),
        captured("pi1", 6_000, at=4),
        captured("pi2", 4_000, at=5),
    ],
    "paid twice, and a refund made at the provider": [
        captured("pi1", at=1),
        captured("pi2", at=2),
        captured("pi1", at=1, event="another-event-of-the-same-capture"),
        fact(FactKind.REFUND_PENDING, "re9", 2_500, at=4, capture="pi2"),
        fact(FactKind.REFUNDED, "re9", 2_500, at=5, capture="pi2"),
    ],
    "one reference that grows, another currency, a dispute won": [
        captured("pi1", 4_000, at=1),
        captured("pi1", 10_000, at=2),
        captured("pi2", 10_000, at=3, currency="JPY"),
        fact(FactKind.DISPUTE_OPENED, "dp1", 10_000, at=4, capture="pi1"),
        fact(FactKind.DISPUTE_WON, "dp1", 10_000, at=5, capture="pi1"),
    ],
    "paid twice, the later one disputed and lost": [
        fact(FactKind.PROCESSING, "pi1", at=0),
        captured("pi1", at=1),
        captured("pi2", at=2),
        fact(FactKind.DISPUTE_OPENED, "dp1", 10_000, at=4, capture="pi2"),
        fact(FactKind.DISPUTE_LOST, "dp1", 10_000, at=5, capture="pi2"),
    ],
    "paid twice, the later one disputed in part and lost": [
        fact(FactKind.CANCELLED, "pi0", at=0),
        captured("pi1", at=1),
        captured("pi2", at=2),
        fact(FactKind.DISPUTE_OPENED, "dp1", 4_000, at=4, capture="pi2"),
        fact(FactKind.DISPUTE_LOST, "dp1", 4_000, at=5, capture="pi2"),
    ],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_every_permutation_of_a_history_leads_to_the_same_payment_a4_t4_e2(history) -> None:
    ends = {repr(normal_form(fold(payment(), *order))) for order in permutations(history)}
    assert len(ends) == 1


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_any_duplication_changes_nothing_a2_e2(history) -> None:
    once = fold(payment(), *history)
    assert normal_form(fold(once, *history, *reversed(history))) == normal_form(once)
    assert normal_form(fold(payment(), *[f for one in history for f in (one, one)])) == normal_form(once)


def test_one_capture_under_two_event_ids_counts_once_a3() -> None:
    paid = fold(payment(), captured("pi1", event="evt_1"), captured("pi1", event="evt_2"))
    assert (paid.captured, paid.state, paid.refunds) == (eur(10_000), PaymentState.PAID, ())


def test_partial_captures_pay_only_when_nothing_is_missing_a16_m6() -> None:
    part = fold(payment(), captured("pi1", 9_999))
    assert (part.state, part.is_paid) == (PaymentState.PARTLY_PAID, False)
    assert fold(part, captured("pi2", 1)).is_paid


@pytest.mark.parametrize("facts", [[captured("pi1", 9_999)], [captured("pi1", currency="JPY")], []])
def test_too_little_or_another_currency_never_pays_a10_m6(facts) -> None:
    assert not fold(payment(), *facts).is_paid


def test_what_is_captured_in_another_currency_goes_back_whole_a10() -> None:
    odd = fold(payment(), captured("pi1", 10_000, currency="JPY"))
    [refund] = odd.refunds
    assert (refund.amount.minor, refund.amount.currency, refund.reason) == (10_000, "JPY", RefundReason.WRONG_CURRENCY)
    assert odd.captured.is_zero


def test_what_is_too_much_goes_back_from_the_latest_capture_pay_09() -> None:
    paid = fold(payment(), captured("pi1", 10_050))
    [refund] = paid.refunds
    assert (refund.amount, refund.capture, refund.state) == (eur(50), "pi1", RefundState.WANTED)
    assert paid.is_paid


def test_a_second_payment_goes_back_whole_a15() -> None:
    paid = fold(payment(), captured("pi2", at=9), captured("pi1", at=1))
    [refund] = paid.refunds
    assert (refund.amount, refund.capture, refund.reason) == (eur(10_000), "pi2", RefundReason.OVERPAID)


def test_money_that_comes_after_the_order_was_closed_goes_back_a14() -> None:
    late = fold(payment().close(NOW, to_balance=True), captured("pi1"))
    [refund] = late.refunds
    assert (refund.amount, refund.reason, late.is_paid) == (eur(10_000), RefundReason.LATE, False)


def test_cancelling_gives_what_was_paid_to_the_balance_once_ord_15() -> None:
    closed = fold(payment(), captured("pi1")).close(NOW, to_balance=True)
    assert (closed.to_balance, closed.refunds, closed.refundable) == (10_000, (), eur(0))
    assert closed.close(NOW, to_balance=True) is closed
    with pytest.raises(RefundTooHigh):
        closed.refund("k1", eur(1), RefundReason.GOODWILL, NOW)


def test_cancelling_a_guests_order_gives_it_back_where_it_came_from_amb_04() -> None:
    closed = fold(payment(), captured("pi1", 4_000), captured("pi2", 6_000)).close(NOW, to_balance=False)
    assert {(r.capture, r.amount, r.reason) for r in closed.refunds} == {
        ("pi1", eur(4_000), RefundReason.CANCELLED),
        ("pi2", eur(6_000), RefundReason.CANCELLED),
    }


def test_cancelling_after_a_refund_gives_only_the_rest_to_the_balance_m3() -> None:
    paid = fold(payment(), captured("pi1")).refund("k1", eur(3_000), RefundReason.GOODWILL, NOW)
    closed = paid.close(NOW, to_balance=True)
    assert (closed.to_balance, [r.amount for r in closed.refunds]) == (7_000, [eur(3_000)])
    late = fold(closed, captured("pi2", 500))
    assert [r.amount for r in late.refunds] == [eur(3_000), eur(500)]


def test_a_refund_under_the_same_key_is_the_same_refund_e1() -> None:
    paid = fold(payment(), captured("pi1"))
    once = paid.refund("k1", eur(2_000), RefundReason.RETURN, NOW)
    assert once.refund("k1", eur(2_000), RefundReason.RETURN, NOW) is once
    with pytest.raises(RefundDiffers):
        once.refund("k1", eur(2_001), RefundReason.RETURN, NOW)


def test_refunds_never_pass_what_was_captured_e2_m3() -> None:
    paid = fold(payment(), captured("pi1")).refund("k1", eur(6_000), RefundReason.RETURN, NOW)
    with pytest.raises(RefundTooHigh) as refusal:
        paid.refund("k2", eur(4_001), RefundReason.RETURN, NOW)
    assert refusal.value.members["refundable"] == {"amount": "40.00", "currency": "EUR"}
    assert paid.refund("k2", eur(4_000), RefundReason.RETURN, NOW).refundable.is_zero


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_and_less_than_nothing_cannot_be_refunded_e2(minor) -> None:
    with pytest.raises(RefundTooHigh):
        fold(payment(), captured("pi1")).refund("k1", eur(minor), RefundReason.RETURN, NOW)


def test_a_refund_over_two_captures_keeps_its_split_to_the_cent_m7() -> None:
    paid = fold(payment(), captured("pi1", 3_333, at=1), captured("pi2", 6_667, at=2))
    split = {"sales_returns": 8_000, "tax_payable": 1_999, "duty_payable": 1}
    refunds = paid.refund("k1", eur(10_000), RefundReason.RETURN, NOW, borne_by=split).refunds
    assert [r.amount.minor for r in refunds] == [6_667, 3_333]
    assert all(sum(r.borne_by.values()) == r.amount.minor for r in refunds)
    total = {account: sum(r.borne_by.get(account, 0) for r in refunds) for account in split}
    assert total == split


def test_a_failed_refund_frees_its_amount_and_calls_for_staff_e8() -> None:
    paid = fold(payment(), captured("pi1")).refund("k1", eur(10_000), RefundReason.RETURN, NOW)
    done = fold(paid, fact(FactKind.REFUNDED, "re1", capture="pi1", refund_id="r1"))
    assert (done.state, done.refunded, done.needs_staff) == (PaymentState.REFUNDED, eur(10_000), False)
    failed = fold(done, fact(FactKind.REFUND_FAILED, "re1", capture="pi1", refund_id="r1", code="lost_or_stolen_card"))
    assert (failed.state, failed.refundable, failed.needs_staff) == (PaymentState.PAID, eur(10_000), True)
    again = failed.refund("k2", eur(10_000), RefundReason.RETURN, NOW, replaces="r1")
    assert not again.needs_staff


def test_success_reported_after_failure_does_not_undo_it_e8() -> None:
    paid = fold(payment(), captured("pi1")).refund("k1", eur(100), RefundReason.RETURN, NOW)
    failed = fold(paid, fact(FactKind.REFUND_FAILED, "re1", 100, refund_id="r1"))
    assert fold(failed, fact(FactKind.REFUNDED, "re1", 100, refund_id="r1")).refunds[0].state is RefundState.FAILED


def test_a_dispute_stops_refunds_until_it_is_won_a17_a18() -> None:
    paid = fold(payment(), captured("pi1")).refund("k1", eur(2_000), RefundReason.RETURN, NOW)
    disputed = fold(paid, fact(FactKind.DISPUTE_OPENED, "dp1", capture="pi1"))
    assert (disputed.state, disputed.refunds[0].state) == (PaymentState.DISPUTED, RefundState.BLOCKED)
    with pytest.raises(RefundBlocked):
        disputed.refund("k2", eur(1), RefundReason.GOODWILL, NOW)
    won = fold(disputed, fact(FactKind.DISPUTE_WON, "dp1", capture="pi1"))
    assert (won.refunds[0].state, won.refundable) == (RefundState.WANTED, eur(8_000))


def test_a_lost_dispute_takes_the_place_of_a_refund_a17_m3() -> None:
    paid = fold(payment(), captured("pi1")).refund("k1", eur(2_000), RefundReason.RETURN, NOW)
    opened = fact(FactKind.DISPUTE_OPENED, "dp1", capture="pi1")
    lost = fold(paid, opened, fact(FactKind.DISPUTE_LOST, "dp1", capture="pi1"))
    assert (lost.refunds[0].state, lost.refundable, lost.net) == (RefundState.WITHDRAWN, eur(0), eur(0))


def test_contested_money_of_a_cancelled_order_waits_for_the_verdict_ord_15() -> None:
    disputed = fold(payment(), captured("pi1"), fact(FactKind.DISPUTE_OPENED, "dp1", capture="pi1"))
    closed = disputed.close(NOW, to_balance=True)
    assert (closed.to_balance, [r.state for r in closed.refunds]) == (0, [RefundState.BLOCKED])
    won = fold(closed, fact(FactKind.DISPUTE_WON, "dp1", capture="pi1"))
    assert [(r.state, r.amount) for r in won.refunds] == [(RefundState.WANTED, eur(10_000))]


def test_an_open_session_asks_the_provider_ever_more_rarely_and_stops_when_it_is_over_pay_08() -> None:
    minutes = timedelta(minutes=15)
    session = Session("stripe", "card", "p1-1", "cs_1", NOW, NOW + timedelta(minutes=30))
    waiting = payment().with_session(session, minutes)
    assert waiting.deadlines == {ASK_PROVIDER: NOW + minutes}
    asked = waiting.has_asked(NOW + minutes, minutes)
    assert asked.deadlines == {ASK_PROVIDER: NOW + 3 * minutes}
    assert asked.has_asked(NOW + 3 * minutes, minutes).deadlines == {}
    assert fold(waiting, captured("pi1")).deadlines == {}


def test_a_slow_method_is_asked_about_for_days_pay_08() -> None:
    session = Session("stripe", "boleto", "p1-1", "cs_1", NOW, NOW + timedelta(minutes=30))
    slow = payment().with_session(session, timedelta(minutes=15)).fold(fact(FactKind.PROCESSING, "pi1", at=5), NOW)
    later = NOW + timedelta(days=2)
    assert slow.has_asked(later, timedelta(minutes=15)).deadlines[ASK_PROVIDER] > later


def test_a_refund_under_way_is_asked_about_until_it_is_settled_l1() -> None:
    paid = fold(payment(), captured("pi1")).refund("k1", eur(100), RefundReason.RETURN, NOW)
    assert ASK_PROVIDER in paid.deadlines
    assert fold(paid, fact(FactKind.REFUNDED, "re1", 100, refund_id="r1")).deadlines == {}


def test_the_latest_report_of_an_attempt_without_money_names_the_state() -> None:
    failed = fold(payment(), fact(FactKind.FAILED, "pi1", at=5), fact(FactKind.PROCESSING, "pi1", at=1))
    assert failed.state is PaymentState.FAILED
    assert fold(failed, fact(FactKind.AUTHORISED, "pi1", at=9)).state is PaymentState.AUTHORISED
    assert payment().state is PaymentState.EXPECTED
