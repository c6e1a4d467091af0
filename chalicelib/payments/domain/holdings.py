"""What a payment is made of and what that amounts to: captured, refunded, held, still to be paid."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chalicelib.core.money import Money
from chalicelib.ledger.domain import Account

from .facts import FactKind
from .parts import SIGNAL_STATES, Capture, PaymentState, Session, Signal
from .refunds import BORNE_BY, Dispute, DisputeState, Refund, RefundReason, RefundState
from .topup import is_top_up

#: Deadline: money that belongs to no order goes back (PAY-09).
GIVE_BACK: Final = "give_back"


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything known about the money of one order, or (`unmatched`) about money of no order, and what it comes to.

    Args:
        due: what the order costs; zero for unmatched money.
        closed: the order wants no more money (it expired or was cancelled); `kept` is what may stay then.
        to_balance: given back to the customer's balance account instead of through a provider (ORD-15), minor units.
        corrected: the part of `to_balance` that was given back because less became due (AMB-24), minor units.
        deadlines: `ask_provider`, `give_back`.
        asked: how often the provider has been asked without news.
        customer: who has paid a part from the balance account (ORD-12), or "".
        charged_back: of what the bank has taken for good, what was still the customer's own, minor units; each time
            that this became more or, with later news, less.
        charged_foreign: the same of money that came in another currency than the due one; it was never the shop's.
        unearned: of the due, what the shop will not earn after all, by the return of goods that were never handed over;
            minor units, less what went from there to the balance account.
    """

    id: str
    order_id: str
    due: Money
    opened_at: datetime
    sessions: tuple[Session, ...] = ()
    captures: tuple[Capture, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    last: Signal | None = None
    closed: bool = False
    kept: int = 0
    to_balance: int = 0
    unmatched: bool = False
    corrected: int = 0
    deadlines: dict[str, datetime] = field(default_factory=dict)
    asked: int = 0
    customer: str = ""
    charged_back: tuple[int, ...] = ()
    charged_foreign: tuple[Money, ...] = ()
    unearned: dict[str, int] = field(default_factory=dict)

    # What it amounts to

    @property
    def captured(self) -> Money:
        """All captured in the order's currency."""
        return Money.sum((c.amount for c in self.captures if self._is_due_currency(c)), self.due.currency)

    @property
    def refunded(self) -> Money:
        """All given back through providers in the order's currency, as they have confirmed."""
        return self._refund_sum(lambda r: r.state is RefundState.DONE)

    @property
    def given_back(self) -> Money:
        """All that has gone back in the order's currency, or is reserved to, whichever way."""
        return self._refund_sum(lambda r: r.counts) + Money(self.to_balance, self.due.currency)

    @property
    def refundable(self) -> Money:
        """What can still be refunded in the order's currency: captured, and not given back, reserved or contested."""
        return Money(max(self.covered.minor - self.to_balance, 0), self.due.currency)

    @property
    def covered(self) -> Money:
        """What is surely here in the order's currency: captured, and neither given back, reserved nor contested. What
        was moved to the balance account is still counted."""
        rooms = (self.room(c) - self._disputed(c, DisputeState.OPEN) for c in self.captures if self._is_due_currency(c))
        return Money(sum(max(room, 0) for room in rooms), self.due.currency)

    @property
    def lost(self) -> Money:
        """What the bank has taken back for good, in the order's currency."""
        lost = sum(self._disputed(c, DisputeState.LOST) for c in self.captures if self._is_due_currency(c))
        return Money(lost, self.due.currency)

    @property
    def held(self) -> Money:
        """What we still hold for the customer in the due currency: captured, and neither given back from the customer's
        funds, nor reserved to be, nor taken back by the bank."""
        held = self.captured.minor - self._back_from_funds - self.to_balance - sum(self.charged_back)
        return Money(max(held, 0), self.due.currency)

    @property
    def is_never_earned(self) -> bool:
        """Whether all of it stays the customer's own: the order is off, it belongs to no order, or it was paid in to a
        balance account. Else what is beyond the due does."""
        return self.closed or self.unmatched or is_top_up(self.order_id)

    @property
    def customers_loss(self) -> int:
        """What of the bank's taking (`lost`) was the customer's own money, minor units: what the shop could not earn
        and had not given back."""
        earned = max(self.due.minor - sum(self.unearned.values()), 0)
        gone = self.to_balance if self.is_never_earned else self.corrected + earned
        return max(min(self.captured.minor - self._back_from_funds - gone, self.lost.minor), 0)

    @property
    def foreign_losses(self) -> list[Money]:
        """What the bank has taken for good of money in other currencies than the due one, and had not gone back."""
        currencies = dict.fromkeys(c.amount.currency for c in self.captures if not self._is_due_currency(c))
        return [Money(self._loss_in(currency), currency) for currency in currencies]

    def _loss_in(self, currency: str) -> int:
        captures = [c for c in self.captures if c.amount.currency == currency]
        back = sum(r.borne_by.get(self.funds, 0) for r in self.refunds if r.counts and r.amount.currency == currency)
        lost = sum(self._disputed(c, DisputeState.LOST) for c in captures)
        return max(min(sum(c.amount.minor for c in captures) - back, lost), 0)

    @property
    def outstanding(self) -> Money:
        """What is due and neither captured nor, after it was, given back because less became due; may be negative."""
        return self.due - self.captured + Money(self.corrected, self.due.currency)

    @property
    def is_paid(self) -> bool:
        """Whether the order may be treated as paid: all that is due, in its currency, and still wanted (M6)."""
        return not self.closed and not self.unmatched and self.outstanding.minor <= 0

    @property
    def is_disputed(self) -> bool:
        return any(d.state is DisputeState.OPEN for d in self.disputes)

    @property
    def needs_staff(self) -> bool:
        """A refund failed and nobody has dealt with it, or money lies here that belongs to no order."""
        return any(r.needs_staff for r in self.refunds) or (self.unmatched and GIVE_BACK in self.deadlines)

    @property
    def state(self) -> PaymentState:
        """The first row of `STATES` that is true."""
        return next(state for state, is_so in STATES if is_so(self))

    @property
    def net(self) -> Money:
        """Captured less what went back to the customer by refund or lost dispute."""
        return self.captured - self.refunded - self.lost

    def room(self, capture: Capture) -> int:
        """What is left of one capture for further refunds, minor units; an open dispute is not counted."""
        return self._left(capture, lambda refund: refund.counts)

    # Small things

    def _is_due_currency(self, part: Capture | Refund) -> bool:
        return part.amount.currency == self.due.currency

    def _refunds_of(self, capture: Capture) -> list[Refund]:
        source = (capture.provider, capture.reference, capture.amount.currency)
        return [r for r in self.refunds if (r.provider, r.capture, r.amount.currency) == source]

    def _refund_sum(self, which: Callable[[Refund], bool]) -> Money:
        currency = self.due.currency
        return Money.sum((r.amount for r in self.refunds if r.amount.currency == currency and which(r)), currency)

    @property
    def funds(self) -> Account:
        """The account of the customer's own money."""
        return BORNE_BY[RefundReason.UNMATCHED if self.unmatched else RefundReason.CANCELLED]

    @property
    def _back_from_funds(self) -> int:
        """What has gone back from the customer's own money, or is reserved to, in the due currency; minor units."""
        counted = (r for r in self.refunds if r.counts and r.amount.currency == self.due.currency)
        return sum(refund.borne_by.get(self.funds, 0) for refund in counted)

    def _disputed(self, capture: Capture, state: DisputeState) -> int:
        """How much of a capture is (at most) in disputes of a state, minor units."""
        return sum(d.amount.minor for d in self.disputes if d.capture == capture.reference and d.state is state)

    def _left(self, capture: Capture, counted: Callable[[Refund], bool]) -> int:
        taken = sum(r.amount.minor for r in self._refunds_of(capture) if counted(r))
        return capture.amount.minor - taken - self._disputed(capture, DisputeState.LOST)


def _has(kinds: Iterable[FactKind]) -> Callable[[Holdings], bool]:
    return lambda payment: payment.last is not None and payment.last.kind in kinds


#: How a payment stands: the first row that is true.
STATES: Final[tuple[tuple[PaymentState, Callable[[Holdings], bool]], ...]] = (
    (PaymentState.DISPUTED, lambda p: p.is_disputed),
    (PaymentState.REFUNDED, lambda p: bool(p.captures) and p.net.minor <= 0),
    (PaymentState.PAID, lambda p: bool(p.captures) and p.net >= p.due),
    (PaymentState.PARTLY_REFUNDED, lambda p: bool(p.captures) and p.captured >= p.due),
    (PaymentState.PARTLY_PAID, lambda p: bool(p.captures)),
    *((state, _has([kind])) for kind, state in SIGNAL_STATES.items()),
    (PaymentState.EXPECTED, lambda _: True),
)
