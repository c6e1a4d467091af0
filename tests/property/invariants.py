"""What is always true of the table, and what is true when everything has come to rest.

Each check names the invariant it holds. `always` runs after every step, also between a crash and the retry;
`at_rest` when queues are empty, deadlines swept and faults over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise

from chalicelib.core.money import Money
from chalicelib.core.table import Key
from chalicelib.ledger.domain import Account, balance_of, receivable
from chalicelib.orders.domain import Order
from chalicelib.payments.domain import Payment, RefundState
from chalicelib.payments.domain.refunds import VOID
from chalicelib.payments.providers.balance import BALANCE
from tests.property.operations import FREED
from tests.property.reference import Reference
from tests.property.snapshot import Snapshot
from tests.property.world import World
from tests.support.provider import NAME

#: state -> states one step further: the chart of an order, as far as this test leads.
ARROWS = {
    "awaiting_payment": {"under_review", "cancelled"},
    "under_review": {"reviewed", "cancelled"},
    "reviewed": {"routed", "cancelled"},
    "routed": {"accepted", "partly_shipped", "cancelled"},
    "accepted": {"picking", "partly_shipped", "cancelled"},
    "picking": {"packed", "partly_shipped", "cancelled"},
    "packed": {"shipped", "partly_shipped", "cancelled"},
    "partly_shipped": {"shipped"},
    "shipped": {"completed"},
}
PAID = {
    "under_review", "reviewed", "routed", "accepted", "picking", "packed", "partly_shipped", "shipped", "completed",
}  # fmt: skip
#: The event that tells of each state.
TOLD = {
    "awaiting_payment": "order.placed", "under_review": "order.paid", "reviewed": "order.reviewed",
    "routed": "order.routed", "accepted": "order.accepted", "picking": "order.picking_started",
    "packed": "order.packed", "partly_shipped": "order.partly_shipped", "shipped": "order.shipped",
    "completed": "order.completed", "cancelled": "order.cancelled",
}  # fmt: skip
RESTING = {"routed", "accepted", "picking", "packed", "partly_shipped", "shipped", "completed", "cancelled"}


def always(world: World, reference: Reference, before: Snapshot, now: Snapshot) -> Iterator[str]:
    """Every breach of what is always true."""
    yield from _stock(reference, now)
    for order in now.orders.values():
        payment = now.payment(order)
        yield from _amounts(order)
        yield from _states(order, before, now)
        yield from _returns(order, payment, now)
        yield from _books(order.id, now)
        if order.state in PAID and (payment is None or payment.captured < order.totals.total):
            yield f"M6 {order.id} is {order.state} and not paid"
        yield from _parts(order, payment, now)
        for one in now.payments.get(order.id, ()):
            yield from _money(world, one)
    yield from _balances(now)
    for customer in {bill.customer for bill in reference.bills.values() if bill.customer}:
        if now.balances.get((customer, "EUR"), 0) != reference.wallet(customer):
            yield f"M9 {customer} has {now.balances} and should have {reference.wallet(customer)}"
    yield from _versions(before, now)
    yield from _sequences(now)


def at_rest(world: World, now: Snapshot) -> Iterator[str]:
    """Every breach of what is true when nothing is under way."""
    for order in now.orders.values():
        if order.state not in RESTING:
            yield f"L1 {order.id} is stuck in {order.state}"
        payment = now.payment(order)
        if order.state == "cancelled" and payment is not None:
            failed = sum(r.amount.minor for r in payment.refunds if r.state == RefundState.FAILED)
            left = payment.captured.minor - payment.refunded.minor - payment.to_balance
            if left > failed or left < 0:
                yield f"T5 {order.id} is cancelled and {left} cents were kept"
        taken = world.provider.captured(order.id, order.payment_id)
        known = {c.reference: c.amount for c in payment.captures if c.provider == NAME} if payment else {}
        if taken != known:
            yield f"M2 {order.id}: the provider took {taken}, the books say {known}"
    for payment in [one for payments in now.payments.values() for one in payments] + now.unmatched:
        yield from _settled(world, payment)
    for thing in now.returns.values():
        if thing.state not in {"REFUNDED", "REJECTED", "CANCELLED", "EXPIRED"}:
            yield f"L1 {thing.id} is stuck in {thing.state}"
    yield from _unmatched(world, now)
    yield from _told(world, now)


def _stock(reference: Reference, now: Snapshot) -> Iterator[str]:
    for (sku, place), level in now.stock.items():
        if min(level.available, level.reserved, level.blocked, level.on_hand) < 0:
            yield f"S1 {sku} at {place}: {level}"
        if level.on_hand != level.available + level.reserved + level.blocked:
            yield f"S2 {sku} at {place}: {level}"
        live = [o for o in now.orders.values() if o.state != "cancelled" and not now.has_left(o, place)]
        reserved = sum(order.allocation.get((sku, place), 0) for order in live)
        if level.reserved != reserved:
            yield f"S3 {sku} at {place}: {level.reserved} reserved, open orders hold {reserved}"
        left = sum(o.allocation.get((sku, place), 0) for o in now.orders.values() if now.has_left(o, place))
        left += now.taken_off.get((sku, place), 0)
        came_back = now.restocked.get((sku, place), 0)
        if level.on_hand != reference.received.get((sku, place), 0) + came_back - left:
            came_in = reference.received.get((sku, place), 0)
            yield f"S4 {sku} at {place}: {level.on_hand} on hand, {came_in} came in, {left} left, {came_back} came back"
    for sku in {sku for sku, _ in reference.received}:
        sold = sum(
            units
            for order in now.orders.values()
            if order.state != "cancelled"
            for (one, _), units in order.allocation.items()
            if one == sku
        )
        came = [*reference.received.items(), *now.restocked.items()]
        if sold > sum(units for (one, _), units in came if one == sku):
            yield f"S5 {sold} units of {sku} are sold"


def _returns(order: Order, payment: Payment | None, now: Snapshot) -> Iterator[str]:
    """M10: units and money of goods that come back, line by line."""
    things = [thing for thing in now.returns.values() if thing.order_id == order.id]
    if any(not thing.part for thing in things) and order.state != "completed":
        yield f"T5 goods of {order.id} come back, which is {order.state}"
    for line in order.lines:
        mine = [part for thing in things for part in thing.lines if part.line == line.id]
        held = [part for thing in things for part in thing.lines if part.line == line.id and thing.state not in FREED]
        accepted = sum(part.accepted for part in mine)
        if sum(part.quantity for part in held) > line.quantity or accepted > line.quantity:
            yield f"M10 more of line {line.id} of {order.id} comes back than was sent: {mine}"
        paid, back = (line.total - line.fees).minor, sum(part.refund.minor for part in mine if part.refund)
        if back > paid or (accepted == line.quantity and back != paid):
            yield f"M7 {back} of {paid} for {accepted} of line {line.id} of {order.id}"
    parts = Counter(thing.part for thing in things if thing.part)
    taken = {store: part for (number, store), part in now.dispatches.items() if number == order.id and part.goods}
    if any(count > 1 or place not in taken for place, count in parts.items()):
        yield f"M10 parts of {order.id} come back by {dict(parts)}, and {set(taken)} were taken back"
    for thing in things:
        whole = sum((line.total.minor for line in taken[thing.part].goods), 0) if thing.part in taken else None
        if whole is not None and thing.refund is not None and not thing.missing and thing.refund.minor != whole:
            yield f"M7 {thing.id} is worth {thing.refund}, and {whole} was paid for the part of {order.id}"
        if any(part.accepted + part.rejected > part.quantity for part in thing.lines):
            yield f"M10 {thing.id} has more units than were announced"
        refunds = [r for r in payment.refunds if r.request.partition(".")[0] == thing.id] if payment else []
        counted = sum(r.amount.minor for r in refunds if r.state not in VOID)
        worth = thing.refund.minor if thing.refund else 0
        if counted > worth:
            yield f"M10 {thing.id} is worth {worth} and {counted} go back"
        done = sum(r.amount.minor for r in refunds if r.state == RefundState.DONE)
        if thing.state == "REFUNDED" and done < worth and not any(r.state == RefundState.FAILED for r in refunds):
            yield f"M10 {thing.id} counts as refunded: {done} of {worth}"


def _amounts(order: Order) -> Iterator[str]:
    totals, lines = order.totals, order.lines
    for name in ("subtotal", "discount", "shipping", "duty", "tax", "tax_included", "total"):
        amounts = [getattr(line, name) for line in lines]
        if any(amount.minor < 0 or amount.currency != order.currency for amount in amounts):
            yield f"M1 {order.id}: {name} is negative or in another currency"
        if Money.sum(amounts, order.currency) != getattr(totals, name):
            yield f"M7 {order.id}: the lines' {name} do not add up"
    for part in (*lines, totals):
        sum_ = part.subtotal - part.discount + part.fees + part.duty + part.tax - part.tax_included
        if sum_ != part.total:
            yield f"M1 {order.id}: {part.total} is not the sum of its parts"
    for line in lines:
        if line.unit_price * line.quantity != line.subtotal:
            yield f"M1 {order.id}: {line.quantity} at {line.unit_price} are not {line.subtotal}"


def _states(order: Order, before: Snapshot, now: Snapshot) -> Iterator[str]:
    path = [stage.state.value for stage in order.stages]
    for one, other in pairwise(path):
        if other not in ARROWS.get(one, set()):
            yield f"T1 {order.id} went from {one} to {other}"
    if path[-1] != order.state:
        yield f"T1 {order.id} is {order.state} and its last stage is {path[-1]}"
    old = before.orders.get(order.id)
    if old is not None and old.stages != order.stages[: len(old.stages)]:
        yield f"T2 {order.id} forgot where it had been: {old.stages}"
    happened = Counter(event.type for event in now.events_about(f"ORDER#{order.id}"))
    happened["order.shipped"] += happened["order.rest_cancelled"]  # either may be the end of what is still to leave
    for state, event in TOLD.items():
        if happened[event] != path.count(state):
            yield f"O1 {order.id} was {path.count(state)} times {state} and told {happened[event]} times"


def _money(world: World, payment: Payment) -> Iterator[str]:
    taken = world.provider.captured(payment.order_id, payment.id)
    for capture in payment.captures:
        if capture.provider == NAME and taken.get(capture.reference) != capture.amount:
            yield f"M2 {payment.id} has {capture}, the provider took {taken.get(capture.reference)}"
        refunds = [
            r for r in payment.refunds
            if r.state not in VOID and (r.capture, r.amount.currency) == (capture.reference, capture.amount.currency)
        ]  # fmt: skip
        if sum(r.amount.minor for r in refunds) > capture.amount.minor:
            yield f"M3 more goes back of {capture} than came in: {refunds}"
    currency = payment.due.currency
    counted = sum(r.amount.minor for r in payment.refunds if r.state not in VOID and r.amount.currency == currency)
    if counted + payment.to_balance > payment.captured.minor:
        yield f"M3 {payment.id}: {counted} and {payment.to_balance} to the balance of {payment.captured}"
    if any(r.amount.minor <= 0 for r in payment.refunds):
        yield f"M3 {payment.id} refunds nothing or less"


def _parts(order: Order, payment: Payment | None, now: Snapshot) -> Iterator[str]:
    """ORD-12: as long as an order waits for the rest, every part has been told, once and with what is left."""
    told = [event.data for event in now.events_about(f"ORDER#{order.id}") if event.type == "order.part_paid"]
    captured = payment.captured.minor if payment else 0
    parts = sum(part.amount.minor for part in told)
    if order.state == "awaiting_payment" and parts != captured:
        yield f"O1 {order.id} was paid {captured} in parts and told {parts}"
    if parts > captured:
        yield f"O1 {order.id} was told {parts} in parts of {captured}"
    left = order.totals.total.minor
    for part in sorted(told, key=lambda one: -one.outstanding.minor):
        left -= part.amount.minor
        if part.outstanding.minor != left:
            yield f"O1 {order.id} was told that {part.outstanding} are left, and {left} were"


def _books(number: str, now: Snapshot) -> Iterator[str]:
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for entry in now.entries.get(number, ()):
        per_currency: defaultdict[str, int] = defaultdict(int)
        for posting in entry.postings:
            per_currency[posting.amount.currency] += posting.amount.minor
            sums[posting.account, posting.amount.currency] += posting.amount.minor
        if any(per_currency.values()):
            yield f"M4 the entry {entry.id} of {number} sums to {dict(per_currency)}"
    payments, order = now.payments.get(number, []), now.orders[number]
    currencies = {order.currency} | {c.amount.currency for one in payments for c in one.captures}
    for currency in currencies:
        captures = [c for one in payments for c in one.captures if c.amount.currency == currency]
        captured = sum(c.amount.minor for c in captures if c.provider == NAME)
        from_balance = sum(c.amount.minor for c in captures if c.provider == BALANCE)
        refunds = [r for one in payments for r in one.refunds if r.amount.currency == currency]
        done = sum(r.amount.minor for r in refunds if r.state == RefundState.DONE and r.provider == NAME)
        back = sum(r.amount.minor for r in refunds if r.state == RefundState.DONE and r.provider == BALANCE)
        moving = sum(r.amount.minor for r in refunds if r.state not in VOID and r.state != RefundState.DONE)
        credited = sum(one.to_balance for one in payments if one.due.currency == currency)
        expected = {
            receivable(NAME): captured - done,
            Account.REFUNDS_PAYABLE.value: -moving,
            receivable(BALANCE): 0,
            balance_of(order.owner.customer): from_balance - back - credited,
        }
        if currency == order.currency and order.state != "completed":
            expected[Account.CUSTOMER_FUNDS.value] = -sum(one.held.minor for one in payments)
        for account, minor in expected.items():
            if sums[account, currency] != minor:
                yield f"M4 {account} of {number} is {sums[account, currency]} {currency} and should be {minor}"
    for one in payments:
        if order.state == "cancelled" and one.closed and not one.needs_staff and not one.held.is_zero:
            yield f"M5 {number} is off, and {one.held} of it are neither given back nor owed by anybody"
    recognised = sum(
        posting.amount.minor
        for entry in now.entries.get(number, ())
        if entry.kind == "revenue"
        for posting in entry.postings
        if posting.account == Account.CUSTOMER_FUNDS
    )
    if recognised != (order.totals.total.minor if order.state == "completed" else 0):
        yield f"M4 {number} is {order.state} and {recognised} are earned"


def _balances(now: Snapshot) -> Iterator[str]:
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for entries in now.entries.values():
        for entry in entries:
            for posting in entry.postings:
                if posting.account.startswith("balance:"):
                    sums[posting.account.partition(":")[2], posting.amount.currency] -= posting.amount.minor
    if {k: v for k, v in sums.items() if v} != {k: v for k, v in now.balances.items() if v}:
        yield f"M9 balances are {now.balances}, the books say {dict(sums)}"
    if any(minor < 0 for minor in now.balances.values()):
        yield f"M9 a balance is negative: {now.balances}"


def _versions(before: Snapshot, now: Snapshot) -> Iterator[str]:
    for key, row in now.rows.items():
        old = before.rows.get(key)
        if old is None or old.commit == row.commit:
            continue
        if row.type in {"event", "ledger_entry"}:
            yield f"M4 {key} was written again"
        elif row.body and row.type != "idempotency" and row.version <= old.version:
            yield f"T3 {key} went from version {old.version} to {row.version}"
    for key, row in before.rows.items():
        if key not in now.rows and row.type in {"event", "ledger_entry", "order", "payment"}:
            yield f"M4 {key} is gone"


def _sequences(now: Snapshot) -> Iterator[str]:
    numbers: defaultdict[Key, list[int]] = defaultdict(list)
    for _, event in now.envelopes:
        pk, _, sk = event.id.partition("/")
        if event.sequence:
            numbers[Key(pk, sk.removeprefix("EVENT#").rpartition("#")[0])].append(event.sequence)
    for key, found in numbers.items():
        last = now.rows[key].sequence if key in now.rows else max(found)
        if sorted(found) != list(range(1, last + 1)):
            yield f"O3 {key} has told {sorted(found)} and stands at {last}"
    for key, row in now.rows.items():
        if row.sequence and key not in numbers:
            yield f"O1 {key} stands at {row.sequence} and has told nothing"


def _settled(world: World, payment: Payment) -> Iterator[str]:
    """M5: the provider's refunds and ours are the same, one by one."""
    theirs = {
        one.refund_id: (one.amount, one.state)
        for one in world.provider.given_back
        if one.payment_id == payment.id and one.state != "refused"
    }
    if len(theirs) != sum(1 for o in world.provider.given_back if o.payment_id == payment.id and o.state != "refused"):
        yield f"M5 the provider paid a refund of {payment.id} twice"
    ours = {
        one.id: (one.amount, one.state.value)
        for one in payment.refunds
        if one.state != RefundState.FAILED and one.provider == NAME
    }
    if ours != theirs:
        yield f"M5 refunds of {payment.id}: ours {ours}, theirs {theirs}"
    if any(one.provider == BALANCE and one.state != RefundState.DONE for one in payment.refunds):
        yield f"M5 what was paid from the balance account has not gone back there: {payment.refunds}"


def _unmatched(world: World, now: Snapshot) -> Iterator[str]:
    """Money that belongs to no order is known, and has gone back."""
    ours = {(order.id, order.payment_id) for order in now.orders.values()}
    taken = world.provider.taken
    foreign = {one.reference: one.amount for one in taken if (one.order_id, one.payment_id) not in ours}
    known = {capture.reference: capture.amount for one in now.unmatched for capture in one.captures}
    if foreign != known:
        yield f"M5 the provider took {foreign} that belongs to nobody, we know of {known}"


def _told(world: World, now: Snapshot) -> Iterator[str]:
    """O2: everything that was told reached every consumer; E1: nobody got the same mail twice."""
    ids = {event.id for _, event in now.envelopes}
    if not ids <= world.seen:
        yield f"O2 nobody was told of {ids - world.seen}"
    again = sum(times - 1 for times in world.mails.values())
    if again > world.struck["send-mail"]:
        yield f"E1 {again} mails went out twice, {world.struck['send-mail']} deliveries were struck"
    waiting = [f"{one.consumer} of {one.event.type}" for one in world.deliveries if not one.delivered]
    if waiting:
        yield f"L2 never delivered: {waiting}"
    letters = [one.facts for one in world.letters if not one.delivered]
    if letters:
        yield f"L2 never taken in: {letters}"
