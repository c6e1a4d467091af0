"""What has changed between two states of a payment: the events that tell of it and the entries that book it.

One comparison serves every command, so that no way of changing a payment can forget its event or its entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from chalicelib.core.ids import digest, is_id
from chalicelib.core.money import Money
from chalicelib.ledger.domain import Account, Entry, receivable

from .events import (
    DisputeClosed,
    DisputeOpened,
    PaymentCaptured,
    PaymentFailed,
    PaymentUnmatched,
    RefundFailed,
    RefundRequested,
    RefundSucceeded,
)
from .facts import FactKind
from .parts import PaymentState
from .payment import Payment
from .refunds import Dispute, DisputeState, Refund, RefundState


def events(before: Payment | None, after: Payment, why: str = "") -> list[Any]:
    """The events that tell what has happened to a payment; `why` names the reason why money is unmatched."""
    happened: list[Any] = []
    for reference, provider, gained in _gains(before, after):
        if after.unmatched:
            happened.append(PaymentUnmatched(after.id, provider, reference, gained, after.order_id, why))
        else:
            happened.append(PaymentCaptured(
                after.order_id, after.id, provider, reference, gained, after.captured, after.due, after.is_paid
            ))  # fmt: skip
    signal = after.last
    is_news = signal != (before.last if before else None)
    if signal and is_news and signal.kind is FactKind.FAILED and after.state is PaymentState.FAILED:
        happened.append(PaymentFailed(after.order_id, after.id, signal.provider, signal.reference, signal.code))
    for old, refund in _refunds(before, after):
        happened.extend(_refund_events(after, old.state if old else None, refund))
    for _, dispute in _disputes(before, after):
        about = (after.order_id, after.id, dispute.provider, dispute.reference, dispute.amount)
        if dispute.state is DisputeState.OPEN:
            happened.append(DisputeOpened(*about))
        else:
            happened.append(DisputeClosed(*about, dispute.state.value))
    return happened


def entries(before: Payment | None, after: Payment, at: datetime) -> list[Entry]:
    """The entries that book what has happened to a payment. Their ids follow from the facts: none is booked twice."""
    booked = []
    book = after.id if after.unmatched else after.order_id
    funds = after.funds
    totals = {(c.provider, c.reference, c.amount.currency): c.amount for c in after.captures}
    for reference, provider, gained in _gains(before, after):
        total = totals[provider, reference, gained.currency]
        booked.append(Entry.of(
            _key("capture", provider, reference, gained.currency, str(total.minor)), book, "capture", at,
            {receivable(provider): gained, funds: -gained},
        ))  # fmt: skip
    for old, refund in _refunds(before, after):
        moved = _refund_postings(_place(old.state) if old else None, _place(refund.state), refund)
        if moved:
            kind = f"refund-{refund.state}"
            booked.append(Entry.of(_key(kind, after.id, refund.id), book, kind, at, moved))
    for was_borne, refund in _borne_otherwise(before, after):
        moved = dict(was_borne)
        for account, minor in refund.borne_by.items():
            share = Money(minor, refund.amount.currency)
            moved[account] = moved[account] + share if account in moved else share
        own = str(refund.borne_by.get(funds, 0))  # only ever more
        booked.append(Entry.of(_key("refund-reborne", after.id, refund.id, own), book, "refund-reborne", at, moved))
    for was, dispute in _disputes(before, after):
        moved = _dispute_postings(was.state if was else None, dispute)
        if moved:
            kind = f"dispute-{dispute.state}"
            booked.append(Entry.of(_key(kind, dispute.provider, dispute.reference), book, kind, at, moved))
    known = len(before.charged_back) if before else 0
    for number, minor in enumerate(after.charged_back[known:], known + 1):
        taken = Money(minor, after.due.currency)
        booked.append(Entry.of(
            _key("charged-back", after.id, str(number)), book, "charged-back", at,
            {funds: taken, Account.CHARGEBACKS: -taken},
        ))  # fmt: skip
    known = len(before.charged_foreign) if before else 0
    for number, taken in enumerate(after.charged_foreign[known:], known + 1):
        booked.append(Entry.of(
            _key("charged-back", after.id, taken.currency, str(number)), book, "charged-back", at,
            {funds: taken, Account.CHARGEBACKS: -taken},
        ))  # fmt: skip
    return booked


def _key(*parts: str) -> str:
    key = "-".join(parts)
    return key if is_id(key) else f"{parts[0]}-{digest(key)[:40]}"


def _gains(before: Payment | None, after: Payment) -> Iterator[tuple[str, str, Money]]:
    known = {(c.provider, c.reference, c.amount.currency): c.amount for c in before.captures} if before else {}
    for capture in after.captures:
        key = (capture.provider, capture.reference, capture.amount.currency)
        gained = capture.amount - known.get(key, Money.zero(capture.amount.currency))
        if not gained.is_zero:
            yield capture.reference, capture.provider, gained


def _refunds(before: Payment | None, after: Payment) -> Iterator[tuple[Refund | None, Refund]]:
    known = {r.id: r for r in before.refunds} if before else {}
    for refund in after.refunds:
        old = known.get(refund.id)
        if old is None or old.state is not refund.state:
            yield old, refund


def _borne_otherwise(before: Payment | None, after: Payment) -> Iterator[tuple[dict[str, Money], Refund]]:
    """Refunds that count and are borne by other accounts than before, and what frees those."""
    now = {r.id: r for r in after.refunds}
    for old in before.refunds if before else ():
        if old.counts and old.borne_by != now[old.id].borne_by:
            yield {account: Money(-minor, old.amount.currency) for account, minor in old.borne_by.items()}, now[old.id]


def _disputes(before: Payment | None, after: Payment) -> Iterator[tuple[Dispute | None, Dispute]]:
    known = {d.reference: d for d in before.disputes} if before else {}
    for dispute in after.disputes:
        old = known.get(dispute.reference)
        if old is None or old.state is not dispute.state:
            yield old, dispute


def _refund_events(payment: Payment, was: RefundState | None, refund: Refund) -> Iterator[Any]:
    about = (payment.order_id, payment.id, refund.id, refund.amount, refund.reason.value, refund.provider)
    if refund.state is RefundState.WANTED:
        yield RefundRequested(*about, unmatched=payment.unmatched)
    elif refund.state is RefundState.DONE:
        yield RefundSucceeded(*about, refund.reference)
    elif refund.state is RefundState.FAILED:
        yield RefundFailed(*about, refund.code, after_success=was is RefundState.DONE)
    elif refund.state is RefundState.WITHDRAWN:
        yield RefundFailed(*about, "dispute_lost", after_success=False)


#: Where a refund's money is: None (still, or again, where it was), owed to the customer, or given back.
_PLACES: Final[Mapping[RefundState, Account | None]] = {
    RefundState.WANTED: Account.REFUNDS_PAYABLE,
    RefundState.BLOCKED: Account.REFUNDS_PAYABLE,
    RefundState.SENT: Account.REFUNDS_PAYABLE,
    RefundState.DONE: Account.RECEIVABLE,
    RefundState.FAILED: None,
    RefundState.WITHDRAWN: None,
}


def _place(state: RefundState) -> Account | None:
    return _PLACES[state]


def _refund_postings(was: Account | None, now: Account | None, refund: Refund) -> dict[str, Money]:
    if was is now:
        return {}
    currency = refund.amount.currency
    postings: dict[str, Money] = {}
    for place, sign in ((was, 1), (now, -1)):
        if place is None:
            for account, minor in refund.borne_by.items():
                postings[account] = Money(sign * minor, currency)
        else:
            account = receivable(refund.provider) if place is Account.RECEIVABLE else place.value
            postings[account] = refund.amount * sign
    return postings


def _dispute_postings(was: DisputeState | None, dispute: Dispute) -> dict[str, Money]:
    held, owed = Account.DISPUTED_FUNDS.value, receivable(dispute.provider)
    source = held if was is DisputeState.OPEN else owed
    targets = {DisputeState.OPEN: held, DisputeState.WON: owed, DisputeState.LOST: Account.CHARGEBACKS.value}
    target = targets[dispute.state]
    return {} if source == target else {target: dispute.amount, source: -dispute.amount}
