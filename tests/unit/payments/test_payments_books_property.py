"""Whatever facts come: the books balance, agree with the payment, and nothing is given back twice (M2, M3, M4, E1)."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.ledger.domain import TrialBalance, receivable
from chalicelib.payments.domain import (
    DisputeState,
    FactKind,
    Payment,
    PaymentFact,
    RefundBlocked,
    RefundReason,
    RefundRequested,
    RefundState,
    RefundTooHigh,
)
from chalicelib.payments.domain.changes import entries, events
from tests.unit.payments.payment_facts import NOW, captured, eur, fact, fold, normal_form, payment

DUE = 10_000
captures = st.builds(
    captured,
    st.sampled_from(["pi1", "pi2", "pi3"]),
    st.integers(1, 2 * DUE),
    currency=st.sampled_from(["EUR", "EUR", "EUR", "JPY"]),
)
signals = st.builds(
    fact,
    st.sampled_from([FactKind.PROCESSING, FactKind.AUTHORISED, FactKind.FAILED, FactKind.CANCELLED]),
    st.sampled_from(["pi1", "pi2"]),
    at=st.integers(0, 5),
)


def time_of(reference: str) -> int:
    return {"pi1": 1, "pi2": 2, "pi3": 3}[reference]


@st.composite
def capture_sets(draw: st.DrawFn) -> list[PaymentFact]:
    """Captures with one time per reference, as providers report them, and signals between them."""
    facts = [
        captured(one.reference, one.amount.minor, at=time_of(one.reference), currency=one.amount.currency)
        for one in draw(st.lists(captures, min_size=1, max_size=5))
    ]
    return facts + draw(st.lists(signals, max_size=3))


@given(capture_sets(), st.randoms())
@settings(max_examples=300, deadline=None)
def test_any_order_and_duplication_of_facts_is_one_payment_t4_e2(facts, random) -> None:
    straight = fold(payment(DUE), *facts)
    shuffled = facts + random.choices(facts, k=len(facts))
    random.shuffle(shuffled)
    assert normal_form(fold(payment(DUE), *shuffled)) == normal_form(straight)


@given(capture_sets())
@settings(max_examples=300, deadline=None)
def test_never_a_lost_cent_captured_is_kept_or_given_back_m5(facts) -> None:
    """Once everything has been reported, what came in is exactly what is due (or less) plus what goes back."""
    paid = fold(payment(DUE), *facts)
    given_back = sum(r.amount.minor for r in paid.refunds if r.amount.currency == "EUR")
    assert paid.captured.minor - given_back == min(paid.captured.minor, DUE)
    for capture in paid.captures:
        if capture.amount.currency != "EUR":
            assert paid.room(capture) == 0


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[str, object]]:
    """What can happen to a payment: captures, refunds asked for, providers' and banks' reports, and closing it."""
    return draw(
        st.lists(
            st.one_of(
                st.tuples(st.just("fact"), captures),
                st.tuples(st.just("refund"), st.integers(-1, DUE + 1)),
                st.tuples(
                    st.just("report"),
                    st.sampled_from([FactKind.REFUND_PENDING, FactKind.REFUNDED, FactKind.REFUND_FAILED]),
                ),
                st.tuples(
                    st.just("dispute"),
                    st.sampled_from([FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST]),
                ),
                st.tuples(st.just("close"), st.booleans()),
            ),
            max_size=14,
        )
    )


def step(current: Payment, number: int, what: str, detail: object, asked: Counter[str]) -> Payment:
    """One thing that happens; reports answer a refund that a provider has been asked for, whatever came of it since."""
    if what == "fact":
        return current.fold(detail, NOW)
    if what == "close":
        return current.close(NOW, to_balance=detail)
    if what == "refund":
        try:
            return current.refund(f"k{number}", eur(detail), RefundReason.RETURN, NOW)
        except (RefundBlocked, RefundTooHigh):
            return current
    if what == "report":
        known = [r for r in current.refunds if asked[r.id] and r.state is not RefundState.FAILED]
        if not known:
            return current
        refund = known[number % len(known)]
        report = fact(
            detail, f"re-{refund.id}", refund.amount.minor, currency=refund.amount.currency, capture=refund.capture,
            refund_id=refund.id,
        )  # fmt: skip
        return current.fold(report, NOW)
    contested = [c for c in current.captures if c.amount.currency == "EUR" and not_given_back(current, c.reference)]
    if not contested:
        return current
    capture = contested[number % len(contested)]
    amount = not_given_back(current, capture.reference)
    known = next((d for d in current.disputes if d.capture == capture.reference), None)
    reference, minor = (known.reference, known.amount.minor) if known else (f"dp-{capture.reference}", amount)
    return current.fold(fact(detail, reference, minor, capture=capture.reference), NOW)


def not_given_back(current: Payment, reference: str) -> int:
    """A bank contests at most what has not been refunded already."""
    capture = next(c for c in current.captures if c.reference == reference)
    sent = sum(
        r.amount.minor
        for r in current.refunds
        if r.capture == reference and r.state in (RefundState.SENT, RefundState.DONE)
    )
    return max(capture.amount.minor - sent, 0) if not current.to_balance else 0


@given(lives())
@settings(max_examples=400, deadline=None)
def test_books_and_payment_agree_at_every_step_m2_m3_m4_e1(life) -> None:
    current, booked, asked = payment(DUE), [], Counter()
    for number, (what, detail) in enumerate(life):
        after = step(current, number, what, detail, asked)
        booked += entries(current, after, NOW)
        asked.update(e.refund_id for e in events(current, after) if isinstance(e, RefundRequested))
        current = after
        assert len({entry.id for entry in booked}) == len(booked), "an entry id twice"
        books = TrialBalance.of(entry.postings for entry in booked)
        assert books.difference == {}
        for currency in ("EUR", "JPY"):
            done = sum(
                r.amount.minor for r in current.refunds if r.state is RefundState.DONE and r.amount.currency == currency
            )
            taken = sum(c.amount.minor for c in current.captures if c.amount.currency == currency)
            bank = sum(d.amount.minor for d in current.disputes if d.state is not DisputeState.WON) * (
                currency == "EUR"
            )
            assert books.balance(receivable("stripe"), currency) == Money(taken - done - bank, currency)
            owed = sum(
                r.amount.minor
                for r in current.refunds
                if r.amount.currency == currency
                and r.state in (RefundState.WANTED, RefundState.BLOCKED, RefundState.SENT)
            )
            assert books.balance("refunds_payable", currency) == Money(-owed, currency)
        # What went to the balance account is booked by whoever credits it.
        assert books.balance("customer_funds", "EUR") == -eur(current.held.minor + current.to_balance)
        if current.closed and not any(refund.needs_staff for refund in current.refunds):
            assert current.held.is_zero, "money that nobody is owed and nobody has earned"
        for capture in current.captures:
            going = sum(
                r.amount.minor
                for r in current.refunds
                if (r.capture, r.amount.currency) == (capture.reference, capture.amount.currency)
                and r.state in (RefundState.WANTED, RefundState.SENT, RefundState.DONE)
            )
            assert going <= capture.amount.minor, "more goes back than this capture brought"
        given = sum(
            r.amount.minor
            for r in current.refunds
            if r.amount.currency == "EUR" and r.state in (RefundState.WANTED, RefundState.SENT, RefundState.DONE)
        )
        assert given + current.to_balance <= current.captured.minor, "M3"
        assert current.refundable.minor >= 0
    for refund in current.refunds:
        if refund.state not in (RefundState.BLOCKED, RefundState.WITHDRAWN):
            assert asked[refund.id] >= 1, "a refund nobody will carry out"
