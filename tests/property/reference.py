"""What each order may be, in plain Python: the shop's rules a second time, without the shop's code.

Money is in cents. A command either is `done` or is `refused` and changes nothing. Ids, and which location serves an
order, are the shop's free choice and are told to this model; everything else it works out for itself.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DONE, REFUSED = "done", "refused"
#: (state, step) -> state. Pairs that are not here are refused.
STEPS = {
    ("routed", "accept"): "accepted",
    ("accepted", "pick"): "picking",
    ("picking", "pack"): "packed",
    ("packed", "ship"): "shipped",
    ("shipped", "receipt"): "completed",
}
#: How far a store is with its part of an order, the least far first.
FAR = ("routed", "accepted", "picking", "packed", "shipped")
#: What becomes of a part that was sent: signed for, or not handed over and taken back.
PART_STEPS = {
    ("shipped", "slip"): "arrived",
    ("shipped", "handover-failed"): "handover_failed",
    ("handover_failed", "take-over"): "store_handling",
    ("store_handling", "take back"): "taken_back",
}
GONE = frozenset({"shipped", *PART_STEPS.values()})
#: What a store does, in turn, until its part is there.
STEPS_TO = {state: ("accept", "pick", "pack", "ship")[:number] for number, state in enumerate(FAR)}
STEPS_TO |= {
    "arrived": (*STEPS_TO["shipped"], "slip"),
    "store_handling": (*STEPS_TO["shipped"], "handover-failed", "take-over"),
}
CALLED_OFF_FROM = frozenset(
    {"awaiting_payment", "under_review", "reviewed", "routed", "accepted", "picking", "packed", "partly_shipped"}
)
LEFT = frozenset({"shipped", "completed"})
#: The smallest part of an order that is paid by itself, and the smallest rest that it leaves, in cents.
LEAST_PART = 300
#: Refunds only ever go forward; a failure stands even after a success.
FORWARD = ("wanted", "sent", "done", "failed")


@dataclass
class Bill:
    """One order and its money.

    Args:
        customer: "" for a guest.
        units: by article and location.
        parts: of goods from several locations, how far each is.
        came_back: units by article and location that were taken back, and are no part of the order any more.
        corrected: what went to the balance because the order came to cost less.
        pay_by: when it is called off unless paid; opening the payment late moves it, to `last_pay_by` at most.
        heard_of: there is a payment, with or without money.
        captured: cents by the provider's reference, in the order's currency; `foreign` in others.
        by_rule: all that was ever sent back because it was too much, failed or not.
        by_hand: all refunds that somebody asked for, failed or not.
        by_return: all refunds of goods that came back, failed or not; how much that is the returns' own rules say.
        failed: cents of failed refunds of both sorts.
        refunds: state by refund id, where something is known; a refund nobody has heard of is wanted.
        requests: cents by the key of a request.
        from_balance: what was paid from the balance account, part by part; `back` what has gone back there by refund.
    """

    customer: str
    due: int
    units: dict[tuple[str, str], int]
    pay_by: datetime
    last_pay_by: datetime
    state: str = "awaiting_payment"
    heard_of: bool = False
    captured: dict[str, int] = field(default_factory=dict)
    foreign: dict[str, int] = field(default_factory=dict)
    by_rule: int = 0
    by_hand: int = 0
    by_return: int = 0
    returns: set[str] = field(default_factory=set)
    failed: int = 0
    hand_failed: int = 0
    to_balance: int = 0
    kept: int = 0
    closed: bool = False
    refunds: dict[str, str] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    corrected: int = 0
    from_balance: list[int] = field(default_factory=list)
    back: int = 0
    came_back: dict[tuple[str, str], int] = field(default_factory=dict)

    def has_left(self, place: str) -> bool:
        """Whether its goods have left a location."""
        return self.state in LEFT or self.parts.get(place) in GONE

    @property
    def combined(self) -> str:
        """The state of an order of several parts."""
        states = set(self.parts.values())
        if states <= {"arrived", "taken_back"}:
            return "completed" if "arrived" in states else "taken_back"
        if states <= GONE:
            return "shipped"
        if states & GONE:
            return "partly_shipped"
        return min(self.parts.values(), key=FAR.index)

    @property
    def next_step(self) -> tuple[str, str] | None:
        """What a store, or the customer, may do next, and at which location of several; odd orders keep parts apart."""
        if not self.parts or self.state == "shipped":
            return next(((step, "") for state, step in STEPS if state == self.state), None)
        chosen = max if self.due % 2 else min
        working = {place: state for place, state in sorted(self.parts.items()) if state not in GONE}
        if self.state not in {*FAR, "partly_shipped"} or not working:
            return None
        place = chosen(working, key=lambda one: FAR.index(working[one]))
        return next((step, place) for state, step in STEPS if state == working[place])

    @property
    def total(self) -> int:
        return sum(self.captured.values())

    @property
    def left(self) -> int:
        """What is still to be paid; less than nothing when too much came in."""
        return self.due - self.total

    def is_part(self, cents: int) -> bool:
        """Whether so much can be paid at once: all that is left, or neither too little nor too little left."""
        rest = self.left - cents
        return cents > 0 and (rest == 0 or (rest >= LEAST_PART and cents >= LEAST_PART))

    @property
    def room(self) -> int:
        """What no refund has claimed."""
        return self.total - self.by_rule - self.by_hand - self.by_return + self.failed

    @property
    def refundable(self) -> int:
        return max(self.room - self.to_balance, 0)

    @property
    def has_payment(self) -> bool:
        return self.heard_of or bool(self.captured or self.foreign)

    def drop_what_came_back(self) -> None:
        """A completed order is what was handed over."""
        if self.state == "completed":
            off = {place for place, state in self.parts.items() if state == "taken_back"}
            self.came_back = {pair: count for pair, count in self.units.items() if pair[1] in off}
            self.units = {pair: count for pair, count in self.units.items() if pair[1] not in off}

    def settle(self) -> None:
        """What is too much goes back by itself."""
        excess = self.total - self.by_rule - self.corrected - (self.kept if self.closed else self.due)
        self.by_rule += max(min(excess, self.room), 0)

    def close(self) -> None:
        if self.closed:
            return
        moved = self.refundable if self.customer else 0
        twice = self.failed - self.hand_failed if self.customer else 0  # in what is moved, and in `by_rule`
        self.closed, self.to_balance, self.kept = True, moved, moved + self.by_hand - self.hand_failed - twice
        self.settle()

    @property
    def known(self) -> tuple[object, ...]:
        """What the shop's table must show of it."""
        moving = {one: state for one, state in self.refunds.items() if state != "wanted"}
        return (
            self.state, self.pay_by if self.state == "awaiting_payment" else None, self.has_payment, dict(self.units),
            dict(self.captured), dict(self.foreign), self.by_rule, self.by_hand, self.to_balance, self.closed, moving,
            set(self.returns),
        )  # fmt: skip


@dataclass
class Reference:
    """The whole shop: orders by number, what each location has received, and what came back to it."""

    received: dict[tuple[str, str], int]
    bills: dict[str, Bill] = field(default_factory=dict)
    restocked: dict[tuple[str, str], int] = field(default_factory=dict)
    unmatched: dict[str, int] = field(default_factory=dict)
    gift: int = 0

    def copy(self) -> Reference:
        return deepcopy(self)

    # Stock

    def reserved(self, sku: str, place: str) -> int:
        return sum(
            bill.units.get((sku, place), 0)
            for bill in self.bills.values()
            if not bill.has_left(place) and bill.state != "cancelled"
        )

    def on_hand(self, sku: str, place: str) -> int:
        gone = sum(bill.units.get((sku, place), 0) for bill in self.bills.values() if bill.has_left(place))
        gone += sum(bill.came_back.get((sku, place), 0) for bill in self.bills.values())
        return self.received.get((sku, place), 0) + self.restocked.get((sku, place), 0) - gone

    def available(self, sku: str, place: str) -> int:
        return self.on_hand(sku, place) - self.reserved(sku, place)

    def can_serve(self, demand: dict[str, int]) -> bool:
        """Some location has enough of each article (never half of it here and half there)."""
        places = {place for _, place in self.received}
        return all(any(self.available(sku, place) >= units for place in places) for sku, units in demand.items())

    def receive(self, sku: str, place: str, units: int) -> str:
        self.received[sku, place] = self.received.get((sku, place), 0) + units
        return DONE

    # Orders

    def place(self, number: str | None, bill: Bill, demand: dict[str, int]) -> str:
        """`number` is None when the table shows no order."""
        if number is None or not self.can_serve(demand):
            return REFUSED
        self.bills[number] = bill
        return DONE

    def call_off(self, number: str, due: int = 0) -> str:
        """`due` is what the table shows that the rest costs, when only what has not left is cancelled."""
        bill = self.bills[number]
        if bill.state not in CALLED_OFF_FROM:
            return REFUSED
        if bill.state == "partly_shipped":
            bill.units = {pair: units for pair, units in bill.units.items() if bill.has_left(pair[1])}
            back = max(min(bill.due - due, bill.refundable), 0) if bill.customer else 0
            bill.due, bill.corrected, bill.to_balance = due, bill.corrected + back, bill.to_balance + back
            bill.state, bill.parts = "shipped", {}
            bill.settle()
            return DONE
        bill.parts = {}
        bill.state = "cancelled"
        if bill.has_payment:
            bill.close()
        return DONE

    def expire(self, number: str) -> str:
        return self.call_off(number) if self.bills[number].state == "awaiting_payment" else DONE

    def open_payment(self, number: str, now: datetime, cents: int | None = None) -> str:
        """`cents` of a part; None for all that is left."""
        bill = self.bills[number]
        if bill.state != "awaiting_payment" or now >= bill.pay_by or not (cents is None or bill.is_part(cents)):
            return REFUSED
        bill.heard_of = True
        bill.pay_by = max(bill.pay_by, min(now + timedelta(minutes=10), bill.last_pay_by))
        return DONE

    def step(self, number: str, name: str, place: str = "") -> str:
        """`place` is the location of several that does it."""
        bill = self.bills[number]
        if bill.parts and name != "receipt":
            after = (STEPS | PART_STEPS).get((bill.parts.get(place, ""), name))
            if after is None or bill.state not in {*FAR, "partly_shipped"}:
                return REFUSED
            bill.parts[place] = after
            bill.state = bill.combined
            bill.drop_what_came_back()
            return DONE
        if (bill.state, name) not in STEPS or {"handover_failed", "store_handling"} & set(bill.parts.values()):
            return REFUSED
        bill.state = STEPS[bill.state, name]
        bill.drop_what_came_back()
        return DONE

    def review(self, number: str) -> str:
        bill = self.bills[number]
        if bill.state == "under_review":
            bill.state = "reviewed"
        return DONE

    def route(self, number: str, units: dict[tuple[str, str], int]) -> str:
        """`units` is where the table shows the order's goods now."""
        bill = self.bills[number]
        if bill.state == "reviewed":
            bill.state, bill.units = "routed", dict(units)
            places = {place for _, place in units}
            bill.parts = dict.fromkeys(places, "routed") if len(places) > 1 else {}
        return DONE

    def ask_return(self, number: str, made: str | None, units: dict[str, int], left: dict[str, int]) -> str:
        """`made` is the return that the table shows, `left` what of each line is in no other return."""
        bill = self.bills[number]
        allowed = bill.state == "completed" and all(0 < units[line] <= left.get(line, 0) for line in units)
        if made is None or not allowed:
            return REFUSED
        bill.returns.add(made)
        return DONE

    # Money

    def capture(self, number: str, reference: str, cents: int, currency: str) -> str:
        """A report of money for an order's own payment, however often it comes."""
        bill = self.bills[number]
        if bill.state == "cancelled":
            bill.close()
        if currency == "EUR":
            bill.captured[reference] = max(bill.captured.get(reference, 0), cents)
        else:
            bill.foreign[reference] = cents
        bill.settle()
        if bill.state == "awaiting_payment" and bill.total >= bill.due:
            bill.state = "under_review"
        return DONE

    def wallet(self, customer: str) -> int:
        """What a customer's balance account holds: every customer had a gift at first."""
        mine = [bill for bill in self.bills.values() if bill.customer == customer]
        return self.gift + sum(bill.to_balance + bill.back - sum(bill.from_balance) for bill in mine)

    def pay_from_balance(self, number: str, cents: int | None, now: datetime) -> str:
        """`cents` is None for as much as possible."""
        bill = self.bills[number]
        if bill.state != "awaiting_payment" or now >= bill.pay_by or not bill.customer:
            return REFUSED
        held = self.wallet(bill.customer)
        if cents is None:
            cents = bill.left if held >= bill.left else min(held, bill.left - LEAST_PART)
        if not bill.is_part(cents) or cents > held:
            return REFUSED
        bill.from_balance.append(cents)
        return self.capture(number, f"{number}-1-balance-{len(bill.from_balance)}", cents, "EUR")

    def hear(self, number: str) -> str:
        """A report that is not about money: now there is a payment."""
        bill = self.bills[number]
        bill.heard_of = True
        if bill.state == "cancelled":
            bill.close()
        return DONE

    def misdirected(self, reference: str, cents: int) -> str:
        """Money that belongs to no order's payment."""
        self.unmatched[reference] = cents
        return DONE

    def ask_refund(self, number: str, cents: int, key: str) -> str:
        bill = self.bills[number]
        if key in bill.requests:
            return DONE if bill.requests[key] == cents else REFUSED
        if not bill.has_payment or not 0 < cents <= bill.refundable:
            return REFUSED
        bill.by_hand += cents
        bill.requests[key] = cents
        return DONE

    def refund_is(
        self, number: str, refund_id: str, state: str, cents: int, by_hand: bool, currency: str, to_wallet: bool = False
    ) -> str:
        """The provider says how a refund stands; `to_wallet` of what had been paid from the balance account."""
        bill = self.bills[number]
        now = bill.refunds.get(refund_id, "wanted")
        if FORWARD.index(state) > FORWARD.index(now):
            bill.refunds[refund_id] = state
            bill.back += cents if to_wallet else 0
            if state == "failed" and currency == "EUR":
                bill.failed += cents
                bill.hand_failed += cents if by_hand else 0
        return DONE
