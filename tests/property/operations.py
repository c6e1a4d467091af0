"""What can be done to the shop: each operation as it is really asked for, beside what the reference says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core.money import Money
from chalicelib.orders.domain import Order
from chalicelib.payments.domain import FactKind, Payment, PaymentFact, RefundReason, RefundState
from chalicelib.payments.domain.refunds import AUTOMATIC
from chalicelib.payments.providers.balance import BALANCE
from chalicelib.returns.domain import BlockReason, Return
from tests.property.reference import DONE, REFUSED, Bill, Reference
from tests.property.snapshot import Snapshot
from tests.property.world import HOME, NUMBERS, Delivery, Letter, Outcome, Strike, World
from tests.support.http import Client
from tests.support.provider import Mood

#: Returns in these states have given their units back: they can be claimed again.
FREED = frozenset({"REJECTED", "CANCELLED", "EXPIRED"})
Rule = Callable[[Reference, Snapshot], str]


@dataclass(eq=False)
class Operation:
    """One thing that somebody does.

    Args:
        name: for counting.
        run: does it, with what is to go wrong.
        rule: what the reference makes of it; it is given the table as it is afterwards for the shop's free choices.
        applied_at: when it had its effect, as far as can be told; `is_unclear` when it cannot be told whether it had.
        may_refuse: a refusal is in order although the reference sees no reason (an old quote, say).
        lasts: how long the shop knows the request again.
        as_new: the rule of the first request, for a repetition that the shop does not know again.
    """

    name: str
    run: Callable[[Strike | None], Outcome]
    rule: Rule
    may_refuse: bool = False
    applied_at: datetime | None = None
    is_unclear: bool = False
    lasts: timedelta = timedelta(hours=24)
    as_new: Rule | None = None
    outcome: Outcome = field(default_factory=lambda: Outcome("unknown"))

    def do(self, strike: Strike | None = None) -> Outcome:
        self.outcome = self.run(strike)
        return self.outcome

    def again(self, now: datetime) -> Operation:
        """The very same request once more, by a client that has had no answer or does not trust it.

        One that has had its effect is answered as the first time while it is known, and has it once (I1, I5); later it
        is a new request.
        """
        applied = self.applied_at
        is_remembered = applied is not None and now < applied + self.lasts

        as_new = self.as_new or self.rule  # not what followed for a repetition of the day before

        def rule(reference: Reference, after: Snapshot) -> str:
            if is_remembered:
                return DONE
            verdict = as_new(reference, after)
            return DONE if self.is_unclear else verdict

        name = self.name if self.name.endswith("again") else f"{self.name} again"
        return Operation(
            name, self.run, rule, may_refuse=not is_remembered, applied_at=applied if is_remembered else None,
            is_unclear=self.is_unclear, lasts=self.lasts, as_new=as_new,
        )  # fmt: skip

    def note(self, applied: Sequence[bool], now: datetime) -> None:
        """Keep whether it had its effect in every explanation of what the table shows, or in some."""
        if all(applied):
            self.applied_at, self.is_unclear = self.applied_at or now, False
        elif self.applied_at is None:
            self.is_unclear = self.is_unclear or any(applied)


@dataclass
class Purchase:
    """A shopper before the button: cart, quote, and the key of the request."""

    client: Client
    cart: str
    hash: str
    total: int
    demand: dict[str, int]
    customer: str
    key: str
    number: str = ""


@dataclass
class Shop:
    """The operations on one world."""

    world: World
    owners: dict[str, Client] = field(default_factory=dict)
    purchases: list[Purchase] = field(default_factory=list)

    # Buying

    def fill_cart(self, shopper: int, demand: dict[str, int]) -> Purchase | Outcome:
        """A cart and its quote; an outcome when the shop does not quote it."""
        client = self.world.shoppers[shopper % len(self.world.shoppers)]
        lines = [{"sku": sku, "quantity": units} for sku, units in demand.items()]
        cart = client.post("/carts", {"market": "EU", "lines": lines, "buy_now": True})
        assert cart.status == 201, cart.text
        if cart.json["guest_token"]:
            client = Client(guest_token=cart.json["guest_token"])
        asked = {"ship_to": HOME, "contact": {"email": "erika@example.com"}, "payment_method": "card"}
        quote = client.post(f"/carts/{cart.json['id']}/quote", asked)
        if quote.status != 200:
            assert quote.json["type"].endswith("sold-out"), quote.text
            return Outcome("refused", quote.status, quote.json)
        total = Money.of(quote.json["total"]["amount"], "EUR").minor
        customer = client.principal.id if client.principal else ""
        return Purchase(
            client, cart.json["id"], quote.json["hash"], total, demand, customer, f"place-{next(NUMBERS):08d}"
        )

    def place(self, purchase: Purchase) -> Operation:
        """Confirm the quote."""

        def run(strike: Strike | None) -> Outcome:
            body = {"cart_id": purchase.cart, "quote_hash": purchase.hash}
            return self.world.attempt(lambda: purchase.client.post("/orders", body, key=purchase.key), strike)

        def rule(reference: Reference, after: Snapshot) -> str:
            number = after.made_of.get(purchase.cart)
            if number is None:
                return REFUSED
            order = after.orders[number]
            assert order.totals.total.minor == purchase.total, "charged other than quoted"
            self.owners[order.id] = purchase.client
            pay_by = self.world.clock.now + timedelta(minutes=30)
            bill = Bill(
                purchase.customer, purchase.total, dict(order.allocation), pay_by, pay_by + timedelta(minutes=10)
            )
            return reference.place(order.id, bill, purchase.demand)

        return Operation("place", run, rule, lasts=timedelta(days=10_000))  # the order itself remembers

    def receive_stock(self, sku: str, place: str, units: int) -> Operation:
        """Goods come in."""
        key = f"stock-{next(NUMBERS):08d}"

        def run(strike: Strike | None) -> Outcome:
            body = {"location": place, "move": "receive", "quantity": units, "reason": "delivery"}
            path = f"/staff/stock/{sku}/adjustments"
            return self.world.attempt(lambda: self.world.staff.post(path, body, key=key), strike)

        return Operation("receive stock", run, lambda reference, _: reference.receive(sku, place, units))

    # One's own order

    def open_payment(self, number: str, cents: int | None = None) -> Operation:
        """`cents` of a part (ORD-12); None for all that is left."""
        rule: Rule = lambda reference, _: reference.open_payment(number, self.world.clock.now, cents)  # noqa: E731
        name, body = "open payment" if cents is None else "open part", _amount(cents)
        return self._request(name, self.owners[number], f"/orders/{number}/payment", body, rule)

    def pay_from_balance(self, number: str, cents: int | None = None) -> Operation:
        """`cents` of a part; None for as much as the account allows."""
        rule: Rule = lambda reference, _: reference.pay_from_balance(number, cents, self.world.clock.now)  # noqa: E731
        path, key = f"/orders/{number}/payment/balance", f"balance-{next(NUMBERS):08d}"
        return self._request("pay from balance", self.owners[number], path, _amount(cents), rule, key)

    def cancel(self, number: str, key: str = "") -> Operation:
        path, body = f"/orders/{number}/cancel", {"reason": "changed_mind"}
        rule: Rule = lambda reference, after: reference.call_off(  # noqa: E731
            number, after.orders[number].totals.total.minor
        )
        return self._request("cancel", self.owners[number], path, body, rule, key or f"cancel-{next(NUMBERS):08d}")

    def step(self, number: str, name: str, place: str = "") -> Operation:
        """A store's step, or the customer's confirmation of receipt; `place` is the location of several."""
        bodies = {
            "pack": {"boxes": [{"weight_g": 800}]},
            "ship": {"carrier": "yunexpress", "waybill": f"YT{next(NUMBERS):016d}"},
            "slip": {"number": "S-1", "signed_by": "E", "signed_at": self.world.clock.now.isoformat()},
            "handover-failed": {"cause": "refused"},
            "take back": {"decision": "take_back"},
        }
        by_customer = name == "receipt"
        part = f"/dispatches/{place}" if place else ""
        word = "resolve" if name == "take back" else name
        path = f"/orders/{number}/{name}" if by_customer else f"/staff/orders/{number}{part}/{word}"
        client = self.owners[number] if by_customer else self.world.staff
        rule: Rule = lambda reference, _: reference.step(number, name, place)  # noqa: E731
        return self._request(name, client, path, bodies.get(name), rule, f"step-{next(NUMBERS):08d}")

    def ask_refund(self, number: str, cents: int, key: str = "") -> Operation:
        key = key or f"refund-{next(NUMBERS):08d}"
        body = {**_amount(cents), "reason": "goodwill", "note": "late"}
        rule: Rule = lambda reference, _: reference.ask_refund(number, cents, key)  # noqa: E731
        return self._request("refund", self.world.staff, f"/staff/orders/{number}/refunds", body, rule, key)

    def _request(self, name: str, client: Client, path: str, body: Any, rule: Rule, key: str = "") -> Operation:
        return Operation(name, lambda s: self.world.attempt(lambda: client.post(path, body, key=key), s), rule)

    # Goods that come back

    def ask_return(self, number: str, units: dict[str, int]) -> Operation:
        """The customer wants to send back so many of each line."""

        def rule(reference: Reference, after: Snapshot) -> str:
            order, known = after.orders[number], reference.bills[number].returns
            left = {line.id: line.quantity for line in order.lines}
            for thing in after.returns.values():
                if thing.order_id == number and thing.id in known and thing.state not in FREED:
                    for line, count in thing.units.items():
                        left[line] -= count
            made = [one.id for one in after.returns.values() if one.order_id == number and one.id not in known]
            return reference.ask_return(number, made[0] if made else None, units, left)

        lines = [{"line": line, "quantity": count, "reason": "changed_mind"} for line, count in units.items()]
        path, key = f"/orders/{number}/returns", f"return-{next(NUMBERS):08d}"
        return self._request("ask for a return", self.owners[number], path, {"lines": lines}, rule, key)

    def handle_return(self, thing: Return) -> Operation | None:
        """What a return waits for: label, parcel, inspection, money, or somebody who finds a way for the money."""
        task = {"APPROVED": "returns-label", "INSPECTED": "returns-refund"}.get(thing.state)
        rule: Rule = lambda _reference, _after: DONE  # noqa: E731
        if task is not None:
            payload = {"order_id": thing.order_id, "return_id": thing.id}
            return Operation(task, lambda strike: self.world.task(task, payload, strike), rule, may_refuse=True)
        lines = [
            {
                "line": line.line, "accepted": line.quantity, "rejected": 0, "condition": "unopened",
                "disposition": "restock",
            }
            for line in thing.lines
        ]  # fmt: skip
        name, body = {
            "AWAITING_PARCEL": ("receive", {}),
            "EXPIRED": ("receive", {}),
            "RECEIVED": ("inspect", {"lines": lines}),
            "REFUND_BLOCKED": ("reject", {"reason": "already_paid_back"}) if _is_hopeless(thing) else ("release", None),
        }.get(thing.state, ("", None))
        if not name:
            return None
        path, key = f"/staff/returns/{thing.id}/{name}", f"{name}-{next(NUMBERS):08d}"
        operation = self._request(f"return {name}", self.world.staff, path, body, rule, key)
        operation.may_refuse = True
        return operation

    # What comes by itself

    def receive(self, letter: Letter) -> Operation:
        """The queue hands over a provider's message."""

        def rule(reference: Reference, after: Snapshot) -> str:
            for fact in letter.facts:
                self._take_in(reference, after, fact, letter.attempts)
            return DONE

        kinds = "+".join(sorted({fact.kind.value for fact in letter.facts}))
        return Operation(f"message {kinds}", lambda strike: self.world.receive(letter, strike), rule)

    def _take_in(self, reference: Reference, after: Snapshot, fact: PaymentFact, attempt: int) -> None:
        bill, own = reference.bills.get(fact.order_id), fact.payment_id == f"{fact.order_id}-1"
        if bill is None or not own:
            if fact.kind is FactKind.CAPTURED and (bill is not None or attempt >= 3):
                reference.misdirected(fact.reference, fact.amount.minor)
            return
        if fact.kind is FactKind.CAPTURED:
            reference.capture(fact.order_id, fact.reference, fact.amount.minor, fact.amount.currency)
        elif fact.refund_id:
            told = {FactKind.REFUND_PENDING: "sent", FactKind.REFUNDED: "done", FactKind.REFUND_FAILED: "failed"}
            self._refund_is(reference, after, fact.order_id, fact.refund_id, told[fact.kind])
        else:
            reference.hear(fact.order_id)

    def _refund_is(self, reference: Reference, after: Snapshot, number: str, refund_id: str, state: str) -> None:
        payment = after.payment(after.orders[number])
        refund = next((one for one in payment.refunds if one.id == refund_id), None) if payment else None
        assert refund is not None, f"the provider knows a refund {refund_id} of {number} that the shop does not"
        by_hand = refund.reason not in AUTOMATIC | {RefundReason.RETURN}
        reference.refund_is(
            number, refund_id, state, refund.amount.minor, by_hand, refund.amount.currency, refund.provider == BALANCE
        )

    def deliver(self, delivery: Delivery, mood: Mood = Mood.WELL) -> Operation:
        """The bus hands an event to a consumer; `mood` is how the provider answers if it is asked."""

        def run(strike: Strike | None) -> Outcome:
            self.world.provider.mood = mood
            outcome = self.world.deliver(delivery, strike)
            self.world.provider.mood = Mood.WELL
            return outcome

        return Operation(delivery.consumer, run, lambda reference, after: self._consumed(reference, after, delivery))

    def _consumed(self, reference: Reference, after: Snapshot, delivery: Delivery) -> str:
        data = delivery.event.data
        number = getattr(data, "order_id", "")
        if number not in reference.bills:
            return DONE
        if delivery.consumer == "review-order":
            return reference.review(number)
        if delivery.consumer == "take-back-order":  # how many there are of them, M10 says
            reference.bills[number].returns |= set(after.returns_of(after.orders[number]))
        if delivery.consumer == "route-order":
            return reference.route(number, after.orders[number].allocation)
        if delivery.consumer == "execute-refund" and not data.unmatched:
            self._asked(reference, after, number, [data.refund_id], frozenset({"wanted"}))
            self._credited(reference, after, number, [data.refund_id])
        if delivery.consumer == "ask-provider" and not data.unmatched:
            known = reference.bills[number].refunds
            payment = after.payment(after.orders[number])
            ids = [one.id for one in payment.refunds] if payment else []
            waiting = [one for one in ids if known.get(one, "wanted") in {"wanted", "sent"}]
            self._asked(reference, after, number, waiting, frozenset({"wanted", "sent"}))
            # One that was asked for at the same moment may not have been there yet: the table shows it.
            credited = {one.id for one in payment.refunds if one.state == RefundState.DONE} if payment else set()
            self._credited(reference, after, number, [one for one in waiting if one in credited])
        return DONE

    def _credited(self, reference: Reference, after: Snapshot, number: str, refund_ids: list[str]) -> None:
        """What was paid from the balance account goes back there at once, whatever a provider says of other parts."""
        payment = after.payment(after.orders[number])
        for refund in payment.refunds if payment else ():
            if refund.id in refund_ids and refund.provider == BALANCE:
                self._refund_is(reference, after, number, refund.id, "done")

    def _asked(
        self, reference: Reference, after: Snapshot, number: str, refund_ids: list[str], waiting: frozenset[str]
    ) -> None:
        """What the provider's books say of refunds is what the shop knows now."""
        states = {"pending": "sent", "done": "done", "refused": "failed"}
        payment_id = after.orders[number].payment_id
        for refund_id in refund_ids:
            if reference.bills[number].refunds.get(refund_id, "wanted") not in waiting:
                continue
            for made in self.world.provider.given_back:
                if (made.payment_id, made.refund_id) == (payment_id, refund_id):
                    self._refund_is(reference, after, number, refund_id, states[made.state])

    def sweep(self) -> Operation:
        """The clock's minute. What a fault kept it from, the next one does."""
        operation = Operation("sweep", self.world.sweep, lambda _reference, _after: DONE)

        def rule(reference: Reference, after: Snapshot) -> str:
            certain = operation.outcome.kind == "done" and not operation.outcome.struck
            for number, bill in reference.bills.items():
                is_late = bill.state == "awaiting_payment" and bill.pay_by <= self.world.clock.now
                if is_late and (certain or after.orders[number].state == "cancelled"):
                    reference.expire(number)
            return DONE

        operation.rule = rule
        return operation


def _amount(cents: int | None) -> dict[str, Any]:
    return {} if cents is None else {"amount": {"amount": Money(cents, "EUR").text, "currency": "EUR"}}


def _is_hopeless(thing: Return) -> bool:
    """Whether finance gives up: nothing is left to pay back with, or it was tried often enough."""
    block = thing.block
    return block is not None and block.final and (block.reason != BlockReason.FAILED or thing.attempt >= 3)


def shown(order: Order, payment: Payment | None, returns: Iterable[str]) -> tuple[object, ...]:
    """What the table shows of an order, in the terms of `Bill.known`."""
    captured: dict[str, int] = {}
    foreign: dict[str, int] = {}
    sums = {True: 0, False: 0}
    moving: dict[str, str] = {}
    if payment is not None:
        for capture in payment.captures:
            into = captured if capture.amount.currency == order.currency else foreign
            into[capture.reference] = capture.amount.minor
        for refund in payment.refunds:
            if refund.state != "wanted":
                moving[refund.id] = refund.state.value
            if refund.amount.currency == order.currency and refund.reason != RefundReason.RETURN:
                sums[refund.reason in AUTOMATIC] += refund.amount.minor
    return (
        order.state.value, order.deadlines.get("pay_by") if order.state == "awaiting_payment" else None,
        payment is not None, dict(order.allocation), captured, foreign, sums[True], sums[False],
        payment.to_balance if payment else 0, payment.closed if payment else False, moving, set(returns),
    )  # fmt: skip
