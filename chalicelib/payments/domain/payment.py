"""The payment of an order: a fold of facts, in any order and with any duplication, to the same state (T4, E2).

What was taken too much goes back by itself; every refund is reserved here before a provider is asked, so that refunds
and disputes together never pass what was captured (M3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.money import Money

from .facts import FactKind, PaymentFact
from .holdings import GIVE_BACK, Holdings
from .parts import (
    SIGNAL_RANK,
    Capture,
    RefundBlocked,
    RefundDiffers,
    RefundTooHigh,
    Session,
    Signal,
)
from .refunds import (
    AUTOMATIC,
    BORNE_BY,
    DISPUTE_MOVES,
    MANUAL,
    OPEN,
    REFUND_MOVES,
    UNSENT,
    Dispute,
    DisputeState,
    Refund,
    RefundReason,
    RefundState,
)

#: Deadline: ask the provider how things stand, because no message has told us (PAY-08).
ASK_PROVIDER: Final = "ask_provider"
#: How long a refund may be under way before the provider is asked for the first time.
REFUND_PATIENCE: Final = timedelta(hours=1)
#: A slow method (bank transfer, voucher) may report success so long after it was begun.
SLOW_METHODS: Final = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Payment(Holdings):
    """The money of one order, or of no order, and how facts and commands change it."""

    # Facts

    def fold(self, fact: PaymentFact, now: datetime) -> Payment:
        """Take in a fact. The order and number of times that facts come does not change where they lead."""
        if fact.kind is FactKind.CAPTURED:
            payment = self._with_capture(fact)
        elif fact.kind in SIGNAL_RANK:
            signal = Signal(fact.occurred_at, fact.kind, fact.provider, fact.reference, fact.code)
            is_news = self.last is None or signal.rank > self.last.rank
            payment = replace(self, last=signal) if is_news else self
        elif fact.kind in (FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST):
            payment = self._with_dispute(fact)
        else:
            payment = self._with_refund_report(fact)
        return payment.settle(now)

    def _with_capture(self, fact: PaymentFact) -> Payment:
        captures = {(c.provider, c.reference, c.amount.currency): c for c in self.captures}
        key = (fact.provider, fact.reference, fact.amount.currency)
        known = captures.get(key)
        amount = max(known.amount, fact.amount) if known else fact.amount
        at = min(known.at, fact.occurred_at) if known else fact.occurred_at
        captures[key] = Capture(fact.provider, fact.reference, amount, at)
        return replace(self, captures=tuple(sorted(captures.values(), key=_by_time)))

    def _with_dispute(self, fact: PaymentFact) -> Payment:
        known = next((d for d in self.disputes if d.reference == fact.reference), None)
        state = DISPUTE_MOVES.get((known.state if known else None, fact.kind))
        if state is None:
            return self
        at = known.at if known else fact.occurred_at
        dispute = Dispute(fact.reference, fact.provider, fact.capture, fact.amount, state, at)
        others = [d for d in self.disputes if d is not known]
        return replace(self, disputes=tuple(sorted([*others, dispute], key=lambda d: d.reference)))

    def _with_refund_report(self, fact: PaymentFact) -> Payment:
        known = next((r for r in self.refunds if fact.refund_id and r.id == fact.refund_id), None) or next(
            (r for r in self.refunds if r.reference == fact.reference), None
        )
        if known is None:  # made at the provider, by somebody who did not ask here
            state = REFUND_MOVES[RefundState.WANTED, fact.kind]
            reason = RefundReason.AT_PROVIDER
            return replace(self, refunds=(*self.refunds, Refund(
                f"at-provider-{len(self.refunds) + 1}", "", fact.amount, reason, state, fact.provider, fact.capture,
                fact.occurred_at, {BORNE_BY[reason]: fact.amount.minor}, fact.reference, code=fact.code,
            )))  # fmt: skip
        state = REFUND_MOVES.get((known.state, fact.kind), known.state)
        return self._replaced(replace(known, state=state, reference=fact.reference, code=fact.code or known.code))

    # Commands

    def with_session(self, session: Session, ask_after: timedelta) -> Payment:
        """A payment page was opened; if nothing is heard of it, the provider is asked."""
        sessions = (*(s for s in self.sessions if s.key != session.key), session)
        return replace(self, sessions=sessions, asked=0)._with_deadlines(session.opened_at, ask_after)

    def refund(
        self,
        request: str,
        amount: Money,
        reason: RefundReason,
        now: datetime,
        *,
        note: str = "",
        borne_by: Mapping[str, int] | None = None,
        replaces: str = "",
    ) -> Payment:
        """Reserve a refund (M3), taken from the latest captures first; the same request again changes nothing.

        Args:
            borne_by: how it splits over accounts; by default as the failed refund that it `replaces`, and what is more
                than that, or replaces none, as its reason says.

        Raises:
            RefundDiffers: the request's key was used for another amount.
            RefundBlocked: a dispute is open.
            RefundTooHigh: more than is left.
        """
        known = [r for r in self.refunds if r.request == request]
        if known:
            if known[0].amount.currency != amount.currency or sum(r.amount.minor for r in known) != amount.minor:
                raise RefundDiffers("This key was used for a refund of another amount.")
            return self
        self._check_left(amount)
        split = dict(borne_by or self._borne_by(amount.minor, reason, replaces))
        if sum(split.values()) != amount.minor:
            raise ValueError(f"the accounts bear {split}, the refund is {amount}")
        payment = self._take(
            self._latest_first(), amount.minor, reason, now, request=request, borne_by=split, note=note,
            replaces=replaces,
        )  # fmt: skip
        refunds = tuple(replace(r, replaced=True) if r.id == replaces else r for r in payment.refunds)
        return replace(payment, refunds=refunds).settle(now)

    def close(self, now: datetime, *, to_balance: bool) -> Payment:
        """The order wants no more money; what it has paid goes to the balance account (ORD-15) or where it came from.

        Contested money waits for the bank's verdict. Whatever comes in from now on goes back by itself.
        """
        if self.closed:
            return self
        moved = self.refundable.minor if to_balance else 0
        by_hand = self._refund_sum(lambda r: r.counts and r.reason not in _HANDLED_BY_RULE).minor
        failed = [r.id for r in self.refunds if r.needs_staff and self._is_due_currency(r)]
        if moved < self._refund_sum(lambda r: r.id in failed).minor:
            failed = []  # not all of it is on the balance account
        dealt_with = {*failed, *(r.replaces for r in self.refunds if r.counts)}
        # What was to go back by rule and could not is a part of what is moved, or was given back by hand instead.
        twice = self._refund_sum(
            lambda r: r.id in dealt_with and r.state is RefundState.FAILED and r.reason in _HANDLED_BY_RULE
        ).minor
        payment = replace(
            self, closed=True, kept=moved + by_hand - twice, to_balance=self.to_balance + moved,
            refunds=tuple(replace(r, replaced=True) if r.id in failed else r for r in self.refunds),
        )  # fmt: skip
        return payment._take(payment._latest_first(), payment._excess(), RefundReason.CANCELLED, now).settle(now)

    def change_due(self, due: Money, now: datetime, *, to_balance: bool) -> Payment:
        """The order costs something else (AMB-24): what was paid too much goes to the balance account, or to where it
        came from; what is missing can be paid."""
        changed = replace(self, due=due)
        # What was paid twice and is on its way back already is no part of it.
        too_much = max(min(changed._excess(), self.refundable.minor), 0) if to_balance else 0
        changed = replace(changed, corrected=self.corrected + too_much, to_balance=self.to_balance + too_much)
        return changed.settle(now)

    def not_earned(self, by: str, amount: Money) -> Payment:
        """A part of the due is for goods that were never handed over, and so never the shop's; told again by the same
        return, it changes nothing.

        Args:
            by: id of the return.
        """
        if by in self.unearned:
            return self
        return replace(self, unearned={**self.unearned, by: amount.minor})._with_own_money_first()

    def give_to_balance(self, amount: Money, replaces: Collection[str] = (), unearned_by: str = "") -> Payment:
        """Reserve money that goes to the customer's balance account instead of back through the provider (M3).

        Args:
            replaces: the failed refunds among these ids are dealt with by it.
            unearned_by: the return under which it was told as `not_earned`.

        Raises:
            RefundBlocked: a dispute is open.
            RefundTooHigh: more than is left.
        """
        self._check_left(amount)
        refunds = tuple(replace(r, replaced=True) if r.id in replaces and r.needs_staff else r for r in self.refunds)
        unearned = {by: n - amount.minor if by == unearned_by else n for by, n in self.unearned.items()}
        # Of a closed payment it is the money of refunds that failed: it is counted there, or in `kept` already.
        given = replace(self, to_balance=self.to_balance + amount.minor, refunds=refunds, unearned=unearned)
        return given._with_own_money_first()

    def take_from_balance(self, amount: Money) -> Payment:
        """Money that had gone to the balance account comes back into this payment."""
        return replace(self, to_balance=max(self.to_balance - amount.minor, 0))._with_own_money_first()

    def put_on_balance(self, amount: Money) -> Payment:
        """Money that had come back from the balance account into this payment is there again."""
        return replace(self, to_balance=self.to_balance + amount.minor)._with_own_money_first()

    def release(self, now: datetime) -> Payment:
        """Unmatched money has waited long enough (or staff decided): it goes back."""
        deadlines = {name: at for name, at in self.deadlines.items() if name != GIVE_BACK}
        return replace(self, deadlines=deadlines).settle(now)

    def has_asked(self, now: datetime, ask_after: timedelta) -> Payment:
        """The provider was asked: ask again after twice the time (a day at most), as long as something is open."""
        deadlines = {name: at for name, at in self.deadlines.items() if name != ASK_PROVIDER}
        wait = min(ask_after * 2 ** min(self.asked + 1, 12), timedelta(days=1))
        return replace(self, deadlines=deadlines, asked=self.asked + 1)._with_deadlines(now, wait)

    # The rules that every change ends with

    def settle(self, now: datetime) -> Payment:
        """Block, free or withdraw refunds as disputes stand, and give back what is too much."""
        payment = self._with_disputes_respected()
        if GIVE_BACK not in payment.deadlines:
            payment = payment._with_excess_refunded(now)
        return payment._with_own_money_first()._with_deadlines(now, REFUND_PATIENCE)

    def _with_disputes_respected(self) -> Payment:
        payment = self
        for capture in self.captures:
            open_dispute = self._disputed(capture, DisputeState.OPEN) > 0
            left = self._left(capture, lambda refund: refund.counts and refund.state not in UNSENT)
            for refund in self._refunds_of(capture):
                if refund.state not in UNSENT:
                    continue
                if open_dispute:
                    state = RefundState.BLOCKED
                elif refund.amount.minor <= left:
                    state = RefundState.WANTED
                    left -= refund.amount.minor
                else:
                    state = RefundState.WITHDRAWN
                payment = payment._replaced(replace(refund, state=state))
        return payment

    def _with_excess_refunded(self, now: datetime) -> Payment:
        payment = self
        for capture in self.captures:
            if not self._is_due_currency(capture):
                too_much = self._left(capture, lambda refund: refund.state is not RefundState.WITHDRAWN)
                reason = RefundReason.UNMATCHED if self.unmatched else RefundReason.WRONG_CURRENCY
                payment = payment._take([capture], too_much, reason, now)
        return payment._take(payment._latest_first(), payment._excess(), payment._excess_reason(), now)

    def _with_own_money_first(self) -> Payment:
        """Money that the shop has not earned is the customer's: what somebody has given back of it, here or at the
        provider, is no expense, and what the bank has taken of it for good is no loss of the shop's."""
        payment = self
        for refund in self.refunds if self.is_never_earned else ():
            payment = payment._replaced(payment._borne_by_customer(refund))
        more = payment.customers_loss - sum(payment.charged_back)
        if more:
            payment = replace(payment, charged_back=(*payment.charged_back, more))
        for loss in payment.foreign_losses:
            known = Money.sum((m for m in payment.charged_foreign if m.currency == loss.currency), loss.currency)
            if loss != known:
                payment = replace(payment, charged_foreign=(*payment.charged_foreign, loss - known))
        return payment

    def _borne_by(self, minor: int, reason: RefundReason, replaces: str) -> dict[str, int]:
        failed = next((refund.borne_by for refund in self.refunds if refund.id == replaces), {})
        split, _ = _carve(failed, minor)
        rest = minor - sum(split.values())
        return {**split, BORNE_BY[reason]: split.get(BORNE_BY[reason], 0) + rest} if rest else split

    def _borne_by_customer(self, refund: Refund) -> Refund:
        """The refund, borne by the customer's own money as far as it goes."""
        if refund.reason not in _BY_SOMEBODY or not refund.counts or refund.amount.currency != self.due.currency:
            return refund
        own = refund.borne_by.get(self.funds, 0)
        others = {account: minor for account, minor in refund.borne_by.items() if account != self.funds}
        freed, left = _carve(others, min(sum(others.values()), self.held.minor))
        return replace(refund, borne_by={self.funds: own + sum(freed.values()), **left}) if freed else refund

    def _excess(self) -> int:
        """What was captured in the order's currency beyond what may stay, and is not on its way back; minor units."""
        handled = self._refund_sum(lambda r: r.reason in _HANDLED_BY_RULE and r.state is not RefundState.WITHDRAWN)
        may_stay = self.kept if self.closed else self.due.minor
        return self.captured.minor - self.lost.minor - handled.minor - self.corrected - may_stay

    def _excess_reason(self) -> RefundReason:
        if self.unmatched:
            return RefundReason.UNMATCHED
        return RefundReason.LATE if self.closed else RefundReason.OVERPAID

    def _take(
        self,
        captures: Iterable[Capture],
        minor: int,
        reason: RefundReason,
        now: datetime,
        *,
        request: str = "",
        borne_by: Mapping[str, int] | None = None,
        note: str = "",
        replaces: str = "",
    ) -> Payment:
        """Reserve refunds from captures, one after the other, as far as there is room."""
        payment, split = self, dict(borne_by or {BORNE_BY[reason]: max(minor, 0)})
        for capture in captures:
            part = min(minor, payment.room(capture))
            if part <= 0:
                continue
            minor -= part
            borne, split = _carve(split, part)
            blocked = payment._disputed(capture, DisputeState.OPEN) > 0
            payment = replace(payment, refunds=(*payment.refunds, Refund(
                f"r{len(payment.refunds) + 1}", request, Money(part, capture.amount.currency), reason,
                RefundState.BLOCKED if blocked else RefundState.WANTED,
                capture.provider, capture.reference, now, borne, note=note, replaces=replaces,
            )))  # fmt: skip
        return payment

    def _latest_first(self) -> list[Capture]:
        return [c for c in reversed(self.captures) if self._is_due_currency(c)]

    def _with_deadlines(self, now: datetime, wait: timedelta) -> Payment:
        deadlines = dict(self.deadlines)
        if not self._is_waiting(now):
            deadlines.pop(ASK_PROVIDER, None)
        elif ASK_PROVIDER not in deadlines:
            deadlines[ASK_PROVIDER] = now + wait
        return self if deadlines == self.deadlines else replace(self, deadlines=deadlines)

    def _is_waiting(self, now: datetime) -> bool:
        """Whether the provider is yet to tell us something."""
        if any(refund.state in OPEN for refund in self.refunds):
            return True
        if self.outstanding.minor <= 0 or not self.sessions:
            return False
        slow = self.last is not None and self.last.kind in (FactKind.PROCESSING, FactKind.AUTHORISED)
        session = self.sessions[-1]
        return now < (session.opened_at + SLOW_METHODS if slow else session.expires_at)

    def _check_left(self, amount: Money) -> None:
        if self.is_disputed:
            raise RefundBlocked("The customer's bank contests this payment. Wait for its decision.")
        if amount.currency != self.due.currency or not 0 < amount.minor <= self.refundable.minor:
            left = {"amount": self.refundable.text, "currency": self.due.currency}
            raise RefundTooHigh(f"At most {self.refundable} can be refunded.", rule="RET-05", refundable=left)

    def _replaced(self, refund: Refund) -> Payment:
        return replace(self, refunds=tuple(refund if r.id == refund.id else r for r in self.refunds))


#: Refunds that no person asked for here: they count against what is too much.
_HANDLED_BY_RULE: Final = AUTOMATIC | {RefundReason.AT_PROVIDER}
#: Refunds that somebody has made without asking what the money was.
_BY_SOMEBODY: Final = MANUAL | {RefundReason.AT_PROVIDER}


def _by_time(capture: Capture) -> tuple[datetime, str, str]:
    return capture.at, capture.reference, capture.amount.currency


def _carve(split: Mapping[str, int], part: int) -> tuple[dict[str, int], dict[str, int]]:
    """Take `part` minor units out of a split over accounts, in order; what was taken and what is left."""
    taken, left = {}, {}
    for account, minor in split.items():
        share = min(minor, part)
        part -= share
        if share:
            taken[account] = share
        if minor - share:
            left[account] = minor - share
    return taken, left
