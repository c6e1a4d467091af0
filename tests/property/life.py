"""Driving a shop: an operation with what goes wrong, the reference beside it, and the way to rest.

Faults are parameters of operations, not operations of their own: `(kind, at which call)`, and "another client's whole
operation just before call n". After every operation the table must be where the reference says (or, when there was no
answer, where it was), and every invariant must hold. What was cut off is asked for again later, as the real world
would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import Any

from chalicelib.core.money import Money
from chalicelib.core.table import due_keys
from chalicelib.payments.domain import RefundReason
from tests.property import invariants
from tests.property.operations import Operation, Purchase, Shop, shown
from tests.property.reference import DONE, Reference
from tests.property.snapshot import Snapshot
from tests.property.world import DAY, HOUR, MINUTE, Arena, Delivery, Strike, World

#: Returns in these states wait for somebody who does his work in the end; a parcel may never be sent.
AT_WORK = frozenset({"APPROVED", "RECEIVED", "INSPECTED", "REFUND_BLOCKED"})
#: What was reached so far, by name.
REACHED: Counter[str] = Counter()
#: (kind of fault, number of the call), or (another operation, number of the call it comes before).
Trouble = tuple[str, int] | None


class Broken(AssertionError):
    """The shop is not what it should be."""


class Life:
    """One shop, what it should be, and what is still to be asked again."""

    world: World
    shop: Shop
    reference: Reference
    before: Snapshot
    repeatable: list[Operation]
    is_sound = False
    gift = 0
    """Cents in every customer's balance account, where orders are paid in parts (ORD-12)."""

    def open_shop(self, arena: Arena, stock: dict[tuple[int, str], int]) -> None:
        """A new shop with so many units by article and location."""
        stock = {place: units for place, units in stock.items() if units}
        self.world = arena.open_shop(stock, self.gift)
        self.shop = Shop(self.world)
        self.reference = Reference(
            {(self.world.skus[n], place): units for (n, place), units in stock.items()}, gift=self.gift
        )
        self.repeatable = []
        self.before = Snapshot.take()
        self.is_sound = True

    def tell(self, line: str) -> None:
        """One line of the story, for whoever has to understand a failure."""

    def begin(self, start: str, shopper: int = 0, pots: int = 1, cups: int = 0) -> str:
        """An order that is well on its way: what is interesting begins after that. Its number."""
        demand = {self.world.skus[1]: pots} | ({self.world.skus[0]: cups} if cups else {})
        purchase = self.shop.fill_cart(shopper, demand)
        self.before = Snapshot.take()
        assert isinstance(purchase, Purchase)
        self.repeatable.append(self.do(self.shop.place(purchase)))
        (number,) = self.reference.bills
        if start == "placed":
            return number
        if self.gift:
            self._pay_a_part(number)
        if start == "part paid":
            return number
        self.pay_at_provider(number, "rest" if self.gift else "exact")
        self.do(self.shop.receive(self.world.letters[-1]))
        while start != "paid" and (waiting := [one for one in self.world.deliveries if not one.delivered]):
            self.do(self.shop.deliver(waiting[0]))
        while start in {"packed", "completed"} and self.reference.bills[number].state != start:
            step = self.reference.bills[number].next_step
            assert step is not None
            self.do(self.shop.step(number, *step))
        return number

    def _pay_a_part(self, number: str) -> None:
        """Some of an order is paid from the balance account, or by card where there is none."""
        bill = self.reference.bills[number]
        if bill.customer:
            self.repeatable.append(self.do(self.shop.pay_from_balance(number, bill.left // 3)))
        else:
            self.pay_at_provider(number, "third")
            self.do(self.shop.receive(self.world.letters[-1]))

    # Doing something, and holding the table against the reference

    def do(self, operation: Operation, fault: Trouble = None, other: Trouble = None, about: str = "") -> Operation:
        """Run an operation with what goes wrong, and accept what came of it or fail."""
        self.is_sound = False  # until this step has been found right
        strike, meanwhile = self._strike(fault, other, about)
        marks = self.before.marks
        operation.do(strike)
        operation.may_refuse = operation.may_refuse or (meanwhile is not None and meanwhile.name == "place")
        self.tell(
            f"{self.world.clock.now:%d %H:%M} {operation.name} {fault or ''} {other or ''} -> {operation.outcome.kind}"
        )
        happened = [operation, *([meanwhile] if meanwhile and operation.outcome.met else [])]
        self._accept(happened)
        for one in happened:
            REACHED[f"{one.name}: {one.outcome.kind}"] += 1
        if operation.outcome.struck:
            REACHED[f"struck by {strike.kind}"] += 1
        if operation.outcome.met and meanwhile:
            REACHED["met another"] += 1
            REACHED[f"{operation.name} met {meanwhile.name}"] += 1
        if len(happened) == 1 and operation.outcome.kind == "refused" and not operation.outcome.struck:
            _hold(Snapshot.take().marks == marks, f"E3 {operation.name} was refused and changed something")
        self.world.relay()
        self.is_sound = True
        return operation

    def _strike(self, fault: Trouble, other: Trouble, about: str) -> tuple[Strike, Operation | None]:
        strike = Strike(*fault) if fault else Strike()
        meanwhile = self.other(other[0], about) if other else None
        if meanwhile is not None:
            strike.other, strike.before = meanwhile.do, other[1]
        return strike, meanwhile

    def other(self, name: str, number: str) -> Operation | None:
        """Another client's operation on the same order (or for the same goods)."""
        if name == "place":
            pots = self.world.skus[1]
            most = max(self.reference.available(pots, place) for _, place in self.reference.received)
            purchase = self.shop.fill_cart(1, {pots: min(max(most, 1), 5)})  # all there is: somebody will get nothing
            self.before = Snapshot.take()
            return self.shop.place(purchase) if isinstance(purchase, Purchase) else None
        if name == "sweep":
            return self.shop.sweep()
        if not number:
            return None
        if name == "cancel":
            return self.shop.cancel(number)
        if name == "balance":
            return self.shop.pay_from_balance(number)
        if name == "refund":
            return self.shop.ask_refund(number, self.cents(number, "full"))
        if name == "step":
            step = self.reference.bills[number].next_step
            return self.shop.step(number, *step) if step else None
        if name == "message":
            self.pay_at_provider(number, "partial")  # some more money, at this very moment
            return self.shop.receive(self.world.letters[-1])
        waiting = [one for one in self.world.deliveries if getattr(one.event.data, "order_id", "") == number]
        return self.shop.deliver(waiting[-1]) if waiting else None

    def _accept(self, happened: Sequence[Operation]) -> None:
        """Some order in which these operations may have happened leads to what the table shows (linearizability)."""
        after = Snapshot.take()
        wanted = {
            order.id: shown(order, after.payment(order), after.returns_of(order)) for order in after.orders.values()
        }
        tried, explained = [], []
        for sequence in permutations(happened):
            for choices in product(*([True, False] if _may_not_have_been(one) else [True] for one in sequence)):
                reference, applied = self._tried(sequence, choices, after)
                if reference is None:
                    continue
                known = {number: bill.known for number, bill in reference.bills.items()}
                tried.append(known)
                if known == wanted:
                    explained.append((reference, applied))
        if explained:
            self.reference = explained[0][0]
            for operation in happened:
                operation.note([operation in applied for _, applied in explained], self.world.clock.now)
            self._note_returns(after)
            self._check_always(after)
            return
        raise Broken("\n".join(_difference(happened, wanted, tried)))

    def _note_returns(self, after: Snapshot) -> None:
        """What goods that came back are worth, and where they lie, is for the returns to say and for M10 to check."""
        for number, bill in self.reference.bills.items():
            payment = after.payment(after.orders[number])
            refunds = payment.refunds if payment else ()
            bill.by_return = sum(r.amount.minor for r in refunds if r.reason == RefundReason.RETURN)
        self.reference.restocked = after.restocked

    def _tried(
        self, sequence: Sequence[Operation], choices: Sequence[bool], after: Snapshot
    ) -> tuple[Reference | None, list[Operation]]:
        """The reference after these operations, and those that had their effect; None when the answers do not fit."""
        reference, applied = self.reference.copy(), []
        for operation, happens in zip(sequence, choices, strict=True):
            if not happens:
                continue
            trial = reference.copy()
            verdict = operation.rule(trial, after)
            kind = operation.outcome.kind
            if kind == "refused" and operation.may_refuse:
                continue
            if kind not in {"unknown", verdict}:
                return None, []
            if verdict == DONE:
                reference = trial
                applied.append(operation)
        return reference, applied

    def _check_always(self, after: Snapshot) -> None:
        broken = list(invariants.always(self.world, self.reference, self.before, after))
        self.before = after
        _hold(not broken, "\n".join(broken))

    # At the provider

    def pay_at_provider(self, number: str, how: str) -> None:
        provider, due = self.world.provider, Money(self.reference.bills[number].due, "EUR")
        payment_id = f"{number}-1"
        if how == "failed":
            provider.fail(number, payment_id, due)
        elif how == "wrong payment":
            provider.take(number, f"{number}-9", due)
        elif how == "wrong order":
            provider.take(f"C{number[1:-1]}", payment_id, due)
        elif how == "yen":
            provider.take(number, payment_id, Money(due.minor, "JPY"))
        else:
            left = self.reference.bills[number].left
            rest = {"rest": left if left > 0 else due.minor, "third": due.minor // 3}
            amount = {"partial": due.minor // 2, "over": due.minor + 300, **rest}.get(how, due.minor)
            for _ in range(2 if how == "twice" else 1):
                provider.take(number, payment_id, Money(amount, "EUR"))
        REACHED[f"paid {how}"] += 1

    def refunds_to_carry_out(self) -> list[Delivery]:
        return [one for one in self.world.deliveries if one.consumer == "execute-refund" and not one.delivered]

    # At the end

    def come_to_rest(self) -> None:
        """Faults are over: clients ask again, queues drain, deadlines pass; then nothing may be left open."""
        for position in range(len(self.repeatable)):
            self.ask(position)
        for _ in range(60):
            self._drain()
            if not due_keys(0, self.world.clock.now + 365 * DAY):
                break
            self.world.clock.now += HOUR if self._wait_for_money() else DAY
            self.do(self.shop.sweep())
        else:
            raise Broken("L1 deadlines never end")
        broken = list(invariants.at_rest(self.world, Snapshot.take()))
        _hold(not broken, "\n".join(broken))

    def ask(self, position: int, fault: Trouble = None) -> None:
        """Send one of the requests again."""
        self.repeatable[position] = self.do(self.repeatable[position].again(self.world.clock.now), fault)

    def _wait_for_money(self) -> bool:
        return any(bill.state == "awaiting_payment" for bill in self.reference.bills.values())

    def _drain(self) -> None:
        for _ in range(20):
            for pending in self.world.provider.under_way:
                self.world.provider.finish(pending, done=True)
            letters = [one for one in self.world.letters if not one.delivered]
            deliveries = [one for one in self.world.deliveries if not one.delivered]
            returns = [one for one in self.before.returns.values() if one.state in AT_WORK]
            if not letters and not deliveries and not returns:
                return
            for thing in returns:
                operation = self.shop.handle_return(thing)
                assert operation is not None
                self.do(operation)
            for letter in letters:
                self.do(self.shop.receive(letter))
            for delivery in deliveries:
                self.do(self.shop.deliver(delivery))
            self.world.clock.now += 3 * MINUTE  # a queue gives back what failed only after its visibility time
        raise Broken("L1 queues never drain")

    def cents(self, number: str, share: str) -> int:
        left = self.reference.bills[number].refundable
        return max({"half": left // 2, "full": left, "over": left + 1, "cent": 1}[share], 1)


def _hold(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Broken(otherwise)


def _difference(happened: Sequence[Operation], wanted: Any, tried: Sequence[Any]) -> Iterator[str]:
    yield from (f"{one.name}: {one.outcome}" for one in happened)
    if not tried:
        yield "no order of these gives these answers"
    for known in tried:
        for number in {*wanted, *known}:
            if wanted.get(number) != known.get(number):
                yield f"{number} is       {wanted.get(number)}"
                yield f"{number} could be {known.get(number)}"


def _may_not_have_been(operation: Operation) -> bool:
    return operation.outcome.kind == "unknown"
