"""The machine: Hypothesis plays customers, staff, provider, queues, clock and bad luck against one shop.

Faults are parameters of operations, not rules of their own: `(kind, at which call)`, and "another client's whole
operation just before call n". What was cut off is asked for again later, as the real world would. After every step the
table must be where the reference says (or, after a crash, where it was), and every invariant must hold; at the end
faults stop, everything is drained, and the quiet state is checked.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, get_state_machine_test, initialize, rule

from chalicelib.core.money import Money
from chalicelib.core.table import due_keys
from tests.property import invariants
from tests.property.operations import Operation, Purchase, Shop, shown
from tests.property.reference import CALLED_OFF_FROM, DONE, STEPS, Reference
from tests.property.snapshot import Snapshot
from tests.property.world import DAY, HOUR, MINUTE, Arena, Delivery, Strike, arena
from tests.support.faults import KINDS
from tests.support.provider import Mood

#: What was reached so far, by name.
REACHED: Counter[str] = Counter()
#: How many times as deep to go: `CARAVAN_EXAMPLES=20` for a night's run.
DEPTH = int(os.environ.get("CARAVAN_EXAMPLES", "1"))

_index = st.integers(0, 7)
_faults = st.one_of(
    st.none(),
    st.none(),
    st.tuples(st.sampled_from(sorted(KINDS)), st.integers(1, 4)),
)
_others = st.one_of(
    st.none(),
    st.none(),
    st.tuples(st.sampled_from(("cancel", "message", "deliver", "refund", "sweep", "step", "place")), st.integers(1, 4)),
)
_moods = st.sampled_from([Mood.WELL, Mood.WELL, Mood.AMBIGUOUS, Mood.SLOW, Mood.REFUSED, Mood.DOWN])
_spans = st.sampled_from([MINUTE, 12 * MINUTE, 31 * MINUTE, 2 * HOUR, 25 * HOUR, 3 * DAY])
_starts = st.sampled_from(["paid", "routed", "packed", "placed", "nothing"])
_shares = st.sampled_from(["half", "full", "over", "cent"])
_payments = st.sampled_from(
    ["exact", "exact", "exact", "exact", "partial", "over", "twice", "yen", "wrong payment", "wrong order", "failed"]
)


class OrderLife(RuleBasedStateMachine):
    """One shop and everything that can happen to its orders."""

    arena: Arena  # set by the test, once for all examples
    is_sound = False

    @initialize(
        cups=st.integers(0, 4), pots=st.integers(2, 6), far_cups=st.sampled_from([0, 3]), start=_starts, shopper=_index
    )
    def open(self, cups: int, pots: int, far_cups: int, start: str, shopper: int) -> None:
        stock = {(0, "RTM1"): cups, (1, "RTM1"): pots, (0, "SZX1"): far_cups}
        stock = {place: units for place, units in stock.items() if units}
        self.world = self.arena.open_shop(stock)
        self.shop = Shop(self.world)
        self.reference = Reference({(self.world.skus[n], place): units for (n, place), units in stock.items()})
        self.repeatable: list[Operation] = []
        self.before = Snapshot.take()
        self.is_sound = True
        if start != "nothing":
            self._begin(start, shopper)

    def _begin(self, start: str, shopper: int) -> None:
        """An order that is well on its way: what is interesting begins after that."""
        purchase = self.shop.fill_cart(shopper, {self.world.skus[1]: 1})
        self.before = Snapshot.take()
        assert isinstance(purchase, Purchase)
        self.repeatable.append(self.do(self.shop.place(purchase)))
        (number,) = self.reference.bills
        if start == "placed":
            return
        self._pay(number, "exact")
        self.do(self.shop.receive(self.world.letters[-1]))
        while start != "paid" and (waiting := [one for one in self.world.deliveries if not one.delivered]):
            self.do(self.shop.deliver(waiting[0]))
        while start == "packed" and self.reference.bills[number].state != "packed":
            (name,) = (step for state, step in STEPS if state == self.reference.bills[number].state)
            self.do(self.shop.step(number, name))

    # Doing something, and holding the table against the reference

    def do(self, operation: Operation, fault: Any = None, other: Any = None, about: str = "") -> Operation:
        """Run an operation with what goes wrong, and accept what came of it or fail."""
        self.is_sound = False  # until this step has been found right
        strike, meanwhile = self._strike(fault, other, about)
        marks = self.before.marks
        operation.do(strike)
        operation.may_refuse = operation.may_refuse or (meanwhile is not None and meanwhile.name == "place")
        note(f"{self.world.clock.now:%d %H:%M} {operation.name} {fault or ''} {other or ''} -> {operation.outcome.kind}")
        happened = [operation, *([meanwhile] if meanwhile and operation.outcome.met else [])]
        self._accept(happened)
        for one in happened:
            REACHED[f"{one.name}: {one.outcome.kind}"] += 1
        if operation.outcome.struck:
            REACHED[f"struck by {strike.kind}"] += 1
        if operation.outcome.met and meanwhile:
            REACHED["met another"] += 1
        if len(happened) == 1 and operation.outcome.kind == "refused" and not operation.outcome.struck:
            assert Snapshot.take().marks == marks, f"E3 {operation.name} was refused and changed something"
        self.world.relay()
        self.is_sound = True
        return operation

    def _strike(self, fault: Any, other: Any, about: str) -> tuple[Strike, Operation | None]:
        strike = Strike(*fault) if fault else Strike()
        meanwhile = self._other(other[0], about) if other else None
        if meanwhile is not None:
            strike.other, strike.before = meanwhile.do, other[1]
        return strike, meanwhile

    def _other(self, name: str, number: str) -> Operation | None:
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
        if name == "refund":
            return self.shop.ask_refund(number, self._cents(number, "full"))
        if name == "step":
            steps = [step for state, step in STEPS if state == self.reference.bills[number].state]
            return self.shop.step(number, steps[0]) if steps else None
        if name == "message":
            letters = [one for one in self.world.letters if any(fact.order_id == number for fact in one.facts)]
            return self.shop.receive(letters[-1]) if letters else None
        waiting = [one for one in self.world.deliveries if getattr(one.event.data, "order_id", "") == number]
        return self.shop.deliver(waiting[-1]) if waiting else None

    def _accept(self, happened: Sequence[Operation]) -> None:
        """Some order in which these operations may have happened leads to what the table shows (linearizability)."""
        after = Snapshot.take()
        wanted = {order.id: shown(order, after.payment(order)) for order in after.orders.values()}
        tried = []
        for sequence in permutations(happened):
            for choices in product(*([True, False] if _may_not_have_been(one) else [True] for one in sequence)):
                reference, applied = self._tried(sequence, choices, after)
                if reference is None:
                    continue
                known = {number: bill.known for number, bill in reference.bills.items()}
                if known == wanted:
                    self.reference = reference
                    for operation in applied:
                        operation.applied_at = operation.applied_at or self.world.clock.now
                    self._check_always(after)
                    return
                tried.append(known)
        raise AssertionError("\n".join(_difference(happened, wanted, tried)))

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
        assert not broken, "\n".join(broken)

    @rule(data=st.data())
    def something(self, data: Any) -> None:
        """One thing happens: whatever is possible now, the more telling things more often."""
        possible = [action for action, weight in self._actions() for _ in range(weight)]
        action = data.draw(st.sampled_from(possible), "what")
        getattr(self, action)(data.draw)

    def _actions(self) -> Iterator[tuple[str, int]]:
        bills = self.reference.bills.values()
        states = {bill.state for bill in bills}
        yield "place", 3 if len(bills) < 2 else int(len(bills) < 4)
        yield "let_time_pass", 2
        if bills:
            yield "pay", 5 if "awaiting_payment" in states else 1
            yield "open_payment", 3 if "awaiting_payment" in states else 0
            yield "try_anything", 1
        yield "deliver_message", (4 if any(not one.delivered for one in self.world.letters) else bool(self.world.letters))
        if self.world.deliveries:
            yield "deliver_event", 4
        if any(not one.delivered for one in self.world.deliveries):
            yield "deliver_all_events", 3
        yield "retry_refund", 5 * bool(self._refunds_to_carry_out())
        yield "cancel", 2 * bool(states & CALLED_OFF_FROM)
        yield "step", 4 * bool(states & {state for state, _ in STEPS})
        yield "ask_refund", 4 * any(bill.total for bill in bills)
        yield "ask_again", 2 * bool(self.repeatable)
        yield "finish_refund", 3 * bool(self.world.provider.under_way)
        yield "receive_stock", int(sum(self.reference.received.values()) < 8)

    # Buying

    def place(self, draw: Any) -> None:
        pots, cups = draw(st.integers(1, 3), "pots"), draw(st.integers(0, 2), "cups")
        demand = {self.world.skus[1]: pots, **({self.world.skus[0]: cups} if cups else {})}
        fault, other = draw(_faults, "fault"), draw(st.sampled_from([None, None, ("place", 2), ("place", 3)]), "other")
        served = self.reference.can_serve(demand)
        purchase = self.shop.fill_cart(draw(_index, "shopper"), demand)
        self.before = Snapshot.take()
        if not isinstance(purchase, Purchase):
            assert not served, "what is there cannot be bought"
            REACHED["place: sold out"] += 1
            return
        assert served, "what is not there is offered"
        self.repeatable.append(self.do(self.shop.place(purchase), fault, other))

    def ask_again(self, draw: Any) -> None:
        """A client sends a request again: after a crash, or because nobody told it not to."""
        self._again(draw(_index, "which") % len(self.repeatable), draw(_faults, "fault"))

    def _again(self, position: int, fault: Any = None) -> None:
        self.repeatable[position] = self.do(self.repeatable[position].again(self.world.clock.now), fault)

    def open_payment(self, draw: Any) -> None:
        number = self._number(draw, {"awaiting_payment"})
        self.do(self.shop.open_payment(number), draw(_faults, "fault"), draw(_others, "other"), number)

    def pay(self, draw: Any) -> None:
        """A shopper pays at the provider; the message may come at once or stay under way."""
        number = self._number(draw, {"awaiting_payment"}) if draw(st.booleans(), "on time") else self._number(draw)
        self._pay(number, draw(_payments, "how"))
        if draw(st.booleans(), "at once"):
            self.do(self.shop.receive(self.world.letters[-1]), draw(_faults, "fault"), draw(_others, "other"), number)

    def _pay(self, number: str, how: str) -> None:
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
            amount = {"partial": due.minor // 2, "over": due.minor + 300}.get(how, due.minor)
            for _ in range(2 if how == "twice" else 1):
                provider.take(number, payment_id, Money(amount, "EUR"))
        REACHED[f"paid {how}"] += 1

    # What comes by itself

    def deliver_message(self, draw: Any) -> None:
        """Any message, in any order, again and again; those that have not come yet more often."""
        waiting = [one for one in self.world.letters if not one.delivered]
        letters = waiting if waiting and draw(st.booleans(), "a new one") else self.world.letters
        letter = letters[-1 - draw(_index, "which") % len(letters)]
        if letter.delivered:
            REACHED["message again"] += 1
        about = next((f.order_id for f in letter.facts if f.order_id in self.reference.bills), "")
        self.do(self.shop.receive(letter), draw(_faults, "fault"), draw(_others, "other"), about)

    def deliver_event(self, draw: Any) -> None:
        """Any event to any consumer, in any order, again and again; those about money more often."""
        waiting = [one for one in self.world.deliveries if not one.delivered]
        deliveries = waiting if waiting and draw(st.booleans(), "a new one") else self.world.deliveries
        money = [one for one in deliveries if one.consumer in {"execute-refund", "ask-provider"}]
        deliveries = money if money and draw(st.booleans(), "of money") else deliveries
        delivery = deliveries[-1 - draw(_index, "which") % len(deliveries)]
        if delivery.delivered:
            REACHED["event again"] += 1
        about = str(getattr(delivery.event.data, "order_id", ""))
        mood = draw(_moods, "mood")
        self.do(self.shop.deliver(delivery, mood), draw(_faults, "fault"), draw(_others, "other"), about)

    def retry_refund(self, draw: Any) -> None:
        """The provider gives no answer (the work may be done), and the queue asks again, sooner or later."""
        waiting = self._refunds_to_carry_out()
        delivery = waiting[draw(_index, "which") % len(waiting)]
        mood = draw(st.sampled_from([Mood.AMBIGUOUS, Mood.AMBIGUOUS, Mood.DOWN, Mood.WELL]), "mood")
        self.do(self.shop.deliver(delivery, mood), draw(_faults, "fault"))
        self.world.clock.now += draw(_spans, "span")
        self.do(self.shop.deliver(delivery))

    def _refunds_to_carry_out(self) -> list[Delivery]:
        return [one for one in self.world.deliveries if one.consumer == "execute-refund" and not one.delivered]

    def deliver_all_events(self, draw: Any) -> None:
        """The usual case: everything that waits is delivered soon, in the order it happened."""
        mood = draw(_moods, "mood")
        for delivery in [one for one in self.world.deliveries if not one.delivered]:
            self.do(self.shop.deliver(delivery, mood))

    def finish_refund(self, draw: Any) -> None:
        """A refund that took its time comes to its end at the provider, which says so in a message."""
        pending = self.world.provider.under_way
        self.world.provider.finish(pending[draw(_index, "which") % len(pending)], done=draw(st.booleans(), "done"))
        REACHED["slow refund ended"] += 1

    def let_time_pass(self, draw: Any) -> None:
        self.world.clock.now += draw(_spans, "span")
        if draw(st.booleans(), "sweep"):
            number = self._number(draw) if self.reference.bills else ""
            fault, other = draw(_faults, "fault"), draw(_others, "other")
            self.do(self.shop.sweep(), fault, other if other and other[0] in {"message", "cancel"} else None, number)

    # What people do to orders

    def cancel(self, draw: Any) -> None:
        number = self._number(draw, CALLED_OFF_FROM)
        fault, other = draw(_faults, "fault"), draw(_others, "other")
        self.repeatable.append(self.do(self.shop.cancel(number), fault, other, number))

    def step(self, draw: Any) -> None:
        """A store takes the next step, or several."""
        number = self._number(draw, {state for state, _ in STEPS})
        far, fault, other = draw(st.booleans(), "far"), draw(_faults, "fault"), draw(_others, "other")
        while steps := [step for state, step in STEPS if state == self.reference.bills[number].state]:
            self.repeatable.append(self.do(self.shop.step(number, steps[0]), fault, other, number))
            if not far or fault or other:
                break

    def try_anything(self, draw: Any) -> None:
        """Most of it is not allowed, and must change nothing."""
        number = self._number(draw)
        name = draw(st.sampled_from([step for _, step in STEPS] + ["cancel"]), "name")
        self.do(self.shop.cancel(number) if name == "cancel" else self.shop.step(number, name))

    def ask_refund(self, draw: Any) -> None:
        paid = [number for number, bill in self.reference.bills.items() if bill.total]
        number = paid[draw(_index, "which") % len(paid)]
        fault, other = draw(_faults, "fault"), draw(_others, "other")
        cents = self._cents(number, draw(_shares, "share"))
        self.repeatable.append(self.do(self.shop.ask_refund(number, cents), fault, other, number))

    def receive_stock(self, draw: Any) -> None:
        sku = self.world.skus[draw(st.integers(0, 1), "article")]
        place = draw(st.sampled_from(["RTM1", "SZX1"]), "place")
        operation = self.shop.receive_stock(sku, place, draw(st.integers(1, 3), "units"))
        if fault := draw(_faults, "fault"):
            operation.do(Strike(*fault))
        if operation.outcome.kind != "done":  # nobody but the stock could tell whether it came: asked for until sure
            operation.do()
        self._accept([operation])
        REACHED[f"{operation.name}: {operation.outcome.kind}"] += 1
        self.world.relay()

    # At the end

    def teardown(self) -> None:
        if not self.is_sound:
            return
        self.come_to_rest()
        for bill in self.reference.bills.values():
            REACHED[f"ended {bill.state}"] += 1
            REACHED["refunded"] += "done" in bill.refunds.values()
        REACHED["examples"] += 1

    def come_to_rest(self) -> None:
        """Faults are over: clients ask again, queues drain, deadlines pass; then nothing may be left open."""
        for position in range(len(self.repeatable)):
            self._again(position)
        for _ in range(60):
            self._drain()
            if not due_keys(0, self.world.clock.now + 365 * DAY):
                break
            self.world.clock.now += HOUR if any(self._soon()) else DAY
            self.do(self.shop.sweep())
        else:
            raise AssertionError("L1 deadlines never end")
        broken = list(invariants.at_rest(self.world, Snapshot.take()))
        assert not broken, "\n".join(broken)

    def _soon(self) -> Iterator[bool]:
        yield from (bill.state == "awaiting_payment" for bill in self.reference.bills.values())

    def _drain(self) -> None:
        for _ in range(20):
            for pending in self.world.provider.under_way:
                self.world.provider.finish(pending, done=True)
            letters = [one for one in self.world.letters if not one.delivered]
            deliveries = [one for one in self.world.deliveries if not one.delivered]
            if not letters and not deliveries:
                return
            for letter in letters:
                self.do(self.shop.receive(letter))
            for delivery in deliveries:
                self.do(self.shop.deliver(delivery))
            self.world.clock.now += 3 * MINUTE  # a queue gives back what failed only after its visibility time
        raise AssertionError("L1 queues never drain")

    # Small things

    def _number(self, draw: Any, states: Any = None) -> str:
        """One of the orders, in one of these states if there is one."""
        numbers = list(self.reference.bills)
        chosen = [number for number in numbers if states and self.reference.bills[number].state in states]
        return (chosen or numbers)[draw(_index, "order") % len(chosen or numbers)]

    def _cents(self, number: str, share: str) -> int:
        left = self.reference.bills[number].refundable
        return max({"half": left // 2, "full": left, "over": left + 1, "cent": 1}[share], 1)


def live(*, examples: int, number: int, steps: int = 30) -> Counter[str]:
    """Let so many shops live; what was reached.

    Args:
        number: of the run; the same number is the same run.
    """
    REACHED.clear()
    with arena() as one:
        OrderLife.arena = one
        test = get_state_machine_test(
            OrderLife,
            settings=settings(
                max_examples=examples * DEPTH, stateful_step_count=steps, deadline=None, database=None,
                phases=[Phase.generate], report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
        seed(number)(test)()
    return Counter(REACHED)


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
