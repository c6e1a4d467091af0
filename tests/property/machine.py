"""The machine: Hypothesis plays customers, staff, provider, queues, clock and bad luck against one shop.

The story of a failing run is told line by line; `CARAVAN_SHRINK=1` makes it shorter first.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, get_state_machine_test, initialize, rule

from chalicelib.core.money import Money
from tests.property.life import AT_WORK, REACHED, Life
from tests.property.operations import Purchase
from tests.property.reference import CALLED_OFF_FROM, LEAST_PART, STEPS
from tests.property.snapshot import Snapshot
from tests.property.world import DAY, HOUR, MINUTE, Arena, Strike, arena
from tests.support.faults import KINDS
from tests.support.provider import Mood

#: How many times as deep to go: `CARAVAN_EXAMPLES=20` for a night's run.
DEPTH = int(os.environ.get("CARAVAN_EXAMPLES", "1"))
_PHASES = [Phase.generate, Phase.shrink] if os.environ.get("CARAVAN_SHRINK") else [Phase.generate]

_index = st.integers(0, 7)
_faults = st.one_of(
    st.none(),
    st.none(),
    st.tuples(st.sampled_from(sorted(KINDS)), st.integers(1, 4)),
)
_others = st.one_of(
    st.none(),
    st.none(),
    st.tuples(
        st.sampled_from(("cancel", "message", "deliver", "refund", "sweep", "step", "place")),
        st.sampled_from((2, 3, 2, 3, 1, 4)),  # most commands read twice at most and then write
    ),
)
#: Orders in these states can be moved on.
STEPPING = {state for state, _ in STEPS} | {"partly_shipped"}
#: Returns in these states wait for somebody.
HANDLED = AT_WORK | {"AWAITING_PARCEL", "EXPIRED"}
#: What may come in between while a return pays back: a refund by hand at that moment is left to a test of its own.
GENTLE = frozenset({"message", "deliver", "sweep", "place"})

_moods = st.sampled_from([Mood.WELL, Mood.WELL, Mood.AMBIGUOUS, Mood.SLOW, Mood.REFUSED, Mood.DOWN])
_spans = st.sampled_from([MINUTE, 12 * MINUTE, 31 * MINUTE, 2 * HOUR, 25 * HOUR, 3 * DAY])
#: How far an order is when a life begins.
STARTS = ("paid", "paid", "completed", "routed", "packed", "placed", "nothing")
#: The same of lives in which orders are paid in parts (ORD-12), and what every customer has in the balance account.
STARTS_IN_PARTS = ("part paid", "paid", "part paid", "completed", "placed", "packed", "part paid", "nothing")
GIFT = 2500
_others_of_parts = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(("balance", "message", "cancel", "balance", "sweep", "refund")), st.integers(1, 4)),
)
_parts = st.sampled_from(
    ["third", "half", "rest", "third", "half", "rest", "too little", "leaves too little", "too much"]
)
_shares = st.sampled_from(["half", "full", "over", "cent"])
_payments = st.sampled_from(
    ["exact", "exact", "exact", "exact", "partial", "over", "twice", "yen", "wrong payment", "wrong order", "failed"]
)


class OrderLife(Life, RuleBasedStateMachine):
    """One shop and everything that can happen to its orders."""

    arena: Arena  # these are set by `live`, once for all examples
    starts: Sequence[str]
    in_parts: bool

    @initialize(
        cups=st.integers(0, 4),
        pots=st.integers(2, 6),
        far_cups=st.sampled_from([0, 3]),
        start=st.integers(0, 41),
        shopper=_index,
    )
    def open(self, cups: int, pots: int, far_cups: int, start: int, shopper: int) -> None:
        self.gift = GIFT if self.in_parts else 0
        self.open_shop(self.arena, {(0, "RTM1"): cups, (1, "RTM1"): pots, (0, "SZX1"): far_cups})
        beginning = self.starts[start % len(self.starts)]
        if beginning != "nothing":
            self.begin(beginning, shopper, pots=1 + start % 2)

    def tell(self, line: str) -> None:
        note(line)

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
        yield "let_time_pass", 4
        if bills:
            yield "pay", 5 if "awaiting_payment" in states else 1
            yield "open_payment", 3 if "awaiting_payment" in states else 0
            yield "try_anything", 1
        if bills and self.in_parts:
            yield "pay_a_part", 7 if "awaiting_payment" in states else 0
            yield "pay_from_balance", 6 if "awaiting_payment" in states else 1
        letters = self.world.letters
        yield "deliver_message", 4 if any(not one.delivered for one in letters) else int(bool(letters))
        if self.world.deliveries:
            yield "deliver_event", 4
        if any(not one.delivered for one in self.world.deliveries):
            yield "deliver_all_events", 2
        yield "retry_refund", 5 * bool(self.refunds_to_carry_out())
        yield "cancel", 2 * bool(states & CALLED_OFF_FROM)
        yield "step", 4 * bool(states & STEPPING)
        yield "ask_refund", 4 * any(bill.total for bill in bills)
        yield "ask_again", 2 * bool(self.repeatable)
        yield "ask_return", 4 * ("completed" in states)
        yield "handle_return", 6 * any(one.state in HANDLED for one in self.before.returns.values())
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
        self.ask(draw(_index, "which") % len(self.repeatable), draw(_faults, "fault"))

    def open_payment(self, draw: Any) -> None:
        number = self._number(draw, {"awaiting_payment"})
        self.do(self.shop.open_payment(number), draw(_faults, "fault"), draw(_others, "other"), number)

    def pay(self, draw: Any) -> None:
        """A shopper pays at the provider; the message may come at once or stay under way."""
        number = self._number(draw, {"awaiting_payment"}) if draw(st.booleans(), "on time") else self._number(draw)
        self.pay_at_provider(number, draw(_payments, "how"))
        if draw(st.booleans(), "at once"):
            self.do(self.shop.receive(self.world.letters[-1]), draw(_faults, "fault"), draw(_others, "other"), number)

    def pay_a_part(self, draw: Any) -> None:
        """A shopper has a page opened for a part, and pays there sooner or later, if it was a part at all."""
        number = self._number(draw, {"awaiting_payment"})
        cents = self._part(number, draw(_parts, "part"))
        opened = self.do(self.shop.open_payment(number, cents), draw(_faults, "fault"))
        if opened.outcome.kind == "done":
            self.world.clock.now += draw(st.sampled_from([0, 0, 12, 31]), "minutes") * MINUTE
            self.world.provider.take(number, f"{number}-1", Money(cents, "EUR"))
            REACHED["paid a part"] += 1
            if draw(st.booleans(), "at once"):
                fault, other = draw(_faults, "fault"), draw(_others_of_parts, "other")
                self.do(self.shop.receive(self.world.letters[-1]), fault, other, number)

    def pay_from_balance(self, draw: Any) -> None:
        number = self._number(draw, {"awaiting_payment"})
        cents = draw(st.none() | _parts.map(lambda part: self._part(number, part)), "cents")
        fault, other = draw(_faults, "fault"), draw(_others_of_parts, "other")
        self.repeatable.append(self.do(self.shop.pay_from_balance(number, cents), fault, other, number))

    def _part(self, number: str, share: str) -> int:
        left = self.reference.bills[number].left
        return {
            "third": left // 3, "half": left // 2, "rest": left, "too little": LEAST_PART - 1,
            "leaves too little": left - LEAST_PART + 1, "too much": left + 1,
        }[share]  # fmt: skip

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
        waiting = self.refunds_to_carry_out()
        delivery = waiting[draw(_index, "which") % len(waiting)]
        mood = draw(st.sampled_from([Mood.AMBIGUOUS, Mood.AMBIGUOUS, Mood.DOWN, Mood.WELL, Mood.SLOW]), "mood")
        about = delivery.event.data.order_id
        self.do(self.shop.deliver(delivery, mood), draw(_faults, "fault"), draw(_others, "other"), about)
        self.world.clock.now += draw(_spans, "span")
        self.do(self.shop.deliver(delivery))

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
        if draw(st.sampled_from([True, True, False]), "sweep"):
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
        number = self._number(draw, STEPPING)
        far, fault, other = draw(st.booleans(), "far"), draw(_faults, "fault"), draw(_others, "other")
        while step := self.reference.bills[number].next_step:
            self.repeatable.append(self.do(self.shop.step(number, *step), fault, other, number))
            if not far or fault or other:
                break

    def try_anything(self, draw: Any) -> None:
        """Most of it is not allowed, and must change nothing."""
        number = self._number(draw)
        name = draw(st.sampled_from([step for _, step in STEPS] + ["cancel"]), "name")
        place = min(self.reference.bills[number].parts, default="") if name != "receipt" else ""
        self.do(self.shop.cancel(number) if name == "cancel" else self.shop.step(number, name, place))

    def ask_refund(self, draw: Any) -> None:
        paid = [number for number, bill in self.reference.bills.items() if bill.total]
        number = paid[draw(_index, "which") % len(paid)]
        fault, other = draw(_faults, "fault"), draw(_others, "other")
        cents = self.cents(number, draw(_shares, "share"))
        self.repeatable.append(self.do(self.shop.ask_refund(number, cents), fault, other, number))

    def ask_return(self, draw: Any) -> None:
        number = self._number(draw, {"completed"})
        lines = self.before.orders[number].lines
        units = {
            line.id: draw(st.integers(1, line.quantity + 1), "units") for line in lines[: draw(_index, "to") % 2 + 1]
        }
        fault, other = draw(_faults, "fault"), draw(_others, "other")
        self.repeatable.append(self.do(self.shop.ask_return(number, units), fault, other, number))

    def handle_return(self, draw: Any) -> None:
        """The next thing that a return waits for is done, or the next two or three."""
        things = [one.id for one in self.before.returns.values() if one.state in HANDLED]
        chosen = things[draw(_index, "which") % len(things)]
        for _ in range(draw(st.integers(1, 3), "steps")):
            operation = self.shop.handle_return(self.before.returns[chosen])
            if operation is None:
                break
            other = draw(_others, "other")
            about = self.before.returns[chosen].order_id
            self.do(operation, draw(_faults, "fault"), other if other and other[0] in GENTLE else None, about)

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

    # Small things

    def _number(self, draw: Any, states: Any = None) -> str:
        """One of the orders, in one of these states if there is one."""
        numbers = list(self.reference.bills)
        chosen = [number for number in numbers if states and self.reference.bills[number].state in states]
        return (chosen or numbers)[draw(_index, "order") % len(chosen or numbers)]


def live(
    *, examples: int, number: int, starts: Sequence[str] = STARTS, steps: int = 30, in_parts: bool = False
) -> Counter[str]:
    """Let so many shops live; what was reached.

    Args:
        number: of the run; the same number is the same run.
        starts: how far the first order of each is.
        in_parts: whether customers have balance accounts to pay from, and pay in parts.
    """
    REACHED.clear()
    with arena() as one:
        OrderLife.arena, OrderLife.starts, OrderLife.in_parts = one, starts, in_parts
        test = get_state_machine_test(
            OrderLife,
            settings=settings(
                max_examples=examples * DEPTH, stateful_step_count=steps, deadline=None, database=None,
                phases=_PHASES, report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
        seed(number)(test)()
    return Counter(REACHED)
