"""A payment provider for tests that keeps books of its own, so that the shop's can be held against them.

It does what real ones do to shops: loses the answer after the work is done, is down, refuses, takes its time and
reports later, forgets idempotency keys after 24 hours, and remembers every refund by the ids the shop gave it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Any

from chalicelib.core.errors import Unavailable
from chalicelib.core.money import Money
from chalicelib.payments.domain import FactKind, PaymentFact, Session
from chalicelib.payments.providers.base import OpenCall, Opened, RefundCall

NAME = "model"


class Mood(StrEnum):
    """How the provider answers the next refund it is asked for."""

    WELL = "well"
    AMBIGUOUS = "ambiguous"  # does it, and the answer is lost
    DOWN = "down"  # does nothing, and does not answer
    REFUSED = "refused"  # answers that it will not
    SLOW = "slow"  # takes it, and reports the end later


@dataclass
class Taken:
    """Money the provider has taken from a shopper."""

    reference: str
    order_id: str
    payment_id: str
    amount: Money
    at: datetime


@dataclass
class GivenBack:
    """A refund in the provider's books. `state` is "pending", "done" or "refused"."""

    reference: str
    order_id: str
    payment_id: str
    refund_id: str
    capture: str
    amount: Money
    at: datetime
    state: str


@dataclass
class ModelProvider:
    """The provider; `tell` is where its reports go."""

    now: Callable[[], datetime]
    tell: Callable[[PaymentFact], object]
    mood: Mood = Mood.WELL
    taken: list[Taken] = field(default_factory=list)
    given_back: list[GivenBack] = field(default_factory=list)
    opened: dict[str, OpenCall] = field(default_factory=dict)
    keys: dict[str, tuple[datetime, GivenBack]] = field(default_factory=dict)
    asked: int = 0
    numbers: Any = field(default_factory=lambda: count(1))

    name = NAME
    methods = frozenset({"card", "paypal", "ideal", "bancontact", "sepa_debit"})
    key_life = timedelta(hours=24)

    # What the shop asks

    def is_configured(self) -> bool:
        return True

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        raise NotImplementedError("messages of the model provider come through the queue")

    def facts(self, raw: bytes) -> list[PaymentFact]:
        raise NotImplementedError("messages of the model provider come through the queue")

    def open(self, call: OpenCall) -> Opened:
        self.opened.setdefault(call.key, call)
        return Opened(f"session-{call.key}", redirect_url=f"https://pay.test/{call.key}")

    def refund(self, call: RefundCall) -> PaymentFact:
        self.asked += 1
        mood, self.mood = self.mood, Mood.WELL
        if mood is Mood.DOWN:
            raise Unavailable("the provider is down")
        at, made = self.keys.get(call.key, (None, None))
        if made is None or at is None or self.now() - at > self.key_life:
            made = self._give_back(call, mood)
            self.keys[call.key] = (self.now(), made)
        if mood is Mood.AMBIGUOUS:
            raise Unavailable("the answer was lost")
        return self._report(made)

    def find_refund(self, call: RefundCall) -> PaymentFact | None:
        wanted = (call.payment_id, call.refund.id)
        made = next((one for one in self.given_back if (one.payment_id, one.refund_id) == wanted), None)
        return self._report(made) if made is not None else None

    def lookup(self, session: Session) -> list[PaymentFact]:
        call = self.opened.get(session.key)
        if call is None:
            return []
        wanted = (call.order_id, call.payment_id)
        return [self._captured(one) for one in self.taken if (one.order_id, one.payment_id) == wanted]

    def complete(self, fact: PaymentFact) -> list[PaymentFact]:
        return [fact]

    # What the world does at the provider

    def take(self, order_id: str, payment_id: str, amount: Money) -> Taken:
        """A shopper pays; the shop is told."""
        taken = Taken(f"cap-{next(self.numbers)}", order_id, payment_id, amount, self.now())
        self.taken.append(taken)
        self.tell(self._captured(taken))
        return taken

    def fail(self, order_id: str, payment_id: str, amount: Money) -> None:
        """A shopper tries to pay and cannot."""
        self.tell(PaymentFact(
            NAME, FactKind.FAILED, order_id, payment_id, f"try-{next(self.numbers)}", amount, self.now(),
            f"evt-{next(self.numbers)}", code="card_declined",
        ))  # fmt: skip

    def finish(self, pending: GivenBack, *, done: bool) -> None:
        """A refund under way comes to its end; the shop is told."""
        pending.state = "done" if done else "refused"
        self.tell(self._report(pending))

    @property
    def under_way(self) -> list[GivenBack]:
        return [one for one in self.given_back if one.state == "pending"]

    # Its books

    def captured(self, order_id: str, payment_id: str) -> dict[str, Money]:
        """Everything taken for a payment of an order, by reference."""
        wanted = (order_id, payment_id)
        return {one.reference: one.amount for one in self.taken if (one.order_id, one.payment_id) == wanted}

    def returned(self, reference: str) -> int:
        """What has gone back of a capture, or is on its way; minor units."""
        return sum(one.amount.minor for one in self.given_back if one.capture == reference and one.state != "refused")

    def _give_back(self, call: RefundCall, mood: Mood) -> GivenBack:
        refund = call.refund
        source = next((one for one in self.taken if one.reference == refund.capture), None)
        left = source.amount.minor - self.returned(source.reference) if source else 0
        fits = source is not None and source.amount.currency == refund.amount.currency and refund.amount.minor <= left
        state = "refused" if mood is Mood.REFUSED or not fits else "pending" if mood is Mood.SLOW else "done"
        made = GivenBack(
            f"ref-{next(self.numbers)}", call.order_id, call.payment_id, refund.id, refund.capture, refund.amount,
            self.now(), state,
        )  # fmt: skip
        self.given_back.append(made)
        if state != "pending":
            self.tell(self._report(made))
        return made

    def _captured(self, taken: Taken) -> PaymentFact:
        return PaymentFact(
            NAME, FactKind.CAPTURED, taken.order_id, taken.payment_id, taken.reference, taken.amount, taken.at,
            f"evt-{next(self.numbers)}",
        )  # fmt: skip

    def _report(self, made: GivenBack) -> PaymentFact:
        kinds = {"pending": FactKind.REFUND_PENDING, "done": FactKind.REFUNDED, "refused": FactKind.REFUND_FAILED}
        return PaymentFact(
            NAME, kinds[made.state], made.order_id, made.payment_id, made.reference, made.amount, self.now(),
            f"evt-{next(self.numbers)}", capture=made.capture, refund_id=made.refund_id,
            code="refused" if made.state == "refused" else "",
        )  # fmt: skip
