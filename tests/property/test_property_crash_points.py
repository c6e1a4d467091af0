"""Every fault at every call of every command, and every command in the middle of every other: the end is right.

What the machine does by chance, here is done for each call there is. After each the world asks again as it does: the
client with its key, the queue with its message, the clock with its minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from tests.property.life import Life
from tests.property.operations import Operation, Purchase
from tests.property.reference import STEPS_TO
from tests.property.snapshot import Snapshot
from tests.property.world import MINUTE, Arena, arena
from tests.support.faults import KINDS
from tests.support.forks import in_a_fork

#: More calls than any command makes.
MANY = 12


@dataclass(frozen=True)
class Command:
    """A command and the order it meets.

    Args:
        start: how far the order is.
        parts: of an order from two locations instead, the states of its part in Rotterdam and of that in Shenzhen.
        make: the command itself.
        ends: the states in which the order may come to rest.
        calls: how many calls it makes at least; fewer struck would mean that the test does nothing.
        gift: cents in the customer's balance account; with any, the order is paid in parts.
    """

    start: str
    make: Callable[[Life, str], Operation]
    ends: str
    calls: int
    parts: tuple[str, str] | None = None
    gift: int = 0


def _place(life: Life, _number: str) -> Operation:
    purchase = life.shop.fill_cart(1, {life.world.skus[0]: 1, life.world.skus[1]: 2})
    assert isinstance(purchase, Purchase)
    life.before = Snapshot.take()
    return life.shop.place(purchase)


def _settle(life: Life, number: str) -> Operation:
    life.pay_at_provider(number, "exact")
    return life.shop.receive(life.world.letters[-1])


def _expire(life: Life, _number: str) -> Operation:
    life.world.clock.now += 31 * MINUTE
    return life.shop.sweep()


def _execute_refund(life: Life, number: str) -> Operation:
    life.do(life.shop.ask_refund(number, life.cents(number, "half")))
    return life.shop.deliver(life.refunds_to_carry_out()[0])


def _ask_refund(life: Life, number: str) -> Operation:
    return life.shop.ask_refund(number, life.cents(number, "half"))


def _next_of(life: Life, consumer: str) -> Operation:
    """What a consumer has not been told yet."""
    return life.shop.deliver(
        next(one for one in life.world.deliveries if one.consumer == consumer and not one.delivered)
    )


def _execute_refunds_of_parts(life: Life, number: str) -> Operation:
    """All of it goes back: the card's part by the provider, the balance account's by ourselves, which comes last."""
    life.do(life.shop.ask_refund(number, life.cents(number, "full")))
    card, own = life.refunds_to_carry_out()
    life.do(life.shop.deliver(card))
    return life.shop.deliver(own)


def _start_return(life: Life, number: str) -> Operation:
    while waiting := [one for one in life.world.deliveries if not one.delivered]:
        life.do(life.shop.deliver(waiting[0]))
    (line,) = Snapshot.take().orders[number].lines
    life.do(life.shop.ask_return(number, {line.id: 1}))
    return _next_of(life, "start-return")


#: Nobody waits for an answer: clock and queue come again by themselves.
BY_THEMSELVES = {"expire", "settle a capture", "execute a refund", "write a letter", "start a return"}
COMMANDS = {
    "place": Command("placed", _place, "cancelled", 3),
    "open payment": Command("placed", lambda life, number: life.shop.open_payment(number), "cancelled", 3),
    "settle a capture": Command("placed", _settle, "routed", 2),
    "cancel": Command("placed", lambda life, number: life.shop.cancel(number), "cancelled", 3),
    "cancel a paid order": Command("paid", lambda life, number: life.shop.cancel(number), "cancelled", 3),
    "expire": Command("placed", _expire, "cancelled", 4),
    "ask for a refund": Command("routed", _ask_refund, "routed", 2),
    "execute a refund": Command("routed", _execute_refund, "routed", 2),
    "write a letter": Command("placed", lambda life, _number: _next_of(life, "send-mail"), "cancelled", 4),
    "start a return": Command("completed", _start_return, "completed", 1),
    "accept": Command("routed", lambda life, number: life.shop.step(number, "accept"), "accepted", 2),
    "ship": Command("packed", lambda life, number: life.shop.step(number, "ship"), "shipped", 3),
    "pack a part": Command(
        "routed", lambda life, number: life.shop.step(number, "pack", "RTM1"), "packed", 3, ("picking", "packed")
    ),
    "ship the first part": Command(
        "routed", lambda life, number: life.shop.step(number, "ship", "RTM1"), "partly_shipped", 3, ("packed", "packed")
    ),
    "ship the last part": Command(
        "routed", lambda life, number: life.shop.step(number, "ship", "RTM1"), "shipped", 3, ("packed", "shipped")
    ),
    "cancel all parts": Command(
        "routed", lambda life, number: life.shop.cancel(number), "cancelled", 3, ("packed", "accepted")
    ),
    "cancel the part that has not left": Command(
        "routed", lambda life, number: life.shop.cancel(number), "shipped", 3, ("shipped", "picking")
    ),
    "take back a part when the other has arrived": Command(
        "routed", lambda life, number: life.shop.step(number, "take back", "RTM1"), "completed", 3,
        ("store_handling", "arrived"),
    ),
}  # fmt: skip
#: Of orders that are paid in parts (ORD-12): a balance account has a part, cards have another.
OF_PARTS = {
    "pay a part": Command(
        "placed", lambda life, number: life.shop.pay_from_balance(number, 400), "cancelled", 3, gift=2500
    ),
    "pay the rest": Command(
        "part paid", lambda life, number: life.shop.pay_from_balance(number), "routed", 3, gift=2500
    ),
    "open a part": Command(
        "part paid", lambda life, number: life.shop.open_payment(number, 400), "cancelled", 3, gift=2500
    ),
    "cancel what is paid in part": Command(
        "part paid", lambda life, number: life.shop.cancel(number), "cancelled", 3, gift=2500
    ),
    "expire what is paid in part": Command("part paid", _expire, "cancelled", 4, gift=2500),
    "execute a refund to the balance": Command("routed", _execute_refunds_of_parts, "routed", 2, gift=2500),
}  # fmt: skip
BY_THEMSELVES |= {"expire what is paid in part", "execute a refund to the balance"}


@pytest.fixture(scope="module")
def place() -> Iterator[Arena]:
    with arena() as one:
        yield one


@dataclass(frozen=True)
class Moment:
    """Just before a command is given; `calls` is how many it will make."""

    name: str
    life: Life
    number: str
    operation: Operation
    calls: int

    @property
    def command(self) -> Command:
        return (COMMANDS | OF_PARTS)[self.name]


@pytest.fixture(
    scope="module",
    params=[*sorted(COMMANDS), *(pytest.param(name, marks=pytest.mark.fuzz) for name in sorted(OF_PARTS))],
)
def moment(place: Arena, request: pytest.FixtureRequest) -> Moment:
    """Lived up to once for each command; every fault at it happens in a fork."""
    name: str = request.param
    command, life = (COMMANDS | OF_PARTS)[name], Life()
    life.gift = command.gift
    life.open_shop(place, {(0, "SZX1" if command.parts else "RTM1"): 2, (1, "RTM1"): 5})
    number = life.begin(command.start, cups=1 if command.parts else 0)
    for store, state in zip(("RTM1", "SZX1"), command.parts or (), strict=False):
        for step in STEPS_TO[state]:
            life.do(life.shop.step(number, step, store))
    operation, calls = command.make(life, number), 0
    while calls < MANY and in_a_fork(partial(_reaches, life, operation, calls + 1)):
        calls += 1
    assert command.calls <= calls < MANY
    return Moment(name, life, number, operation, calls)


def _reaches(life: Life, operation: Operation, call: int) -> bool:
    return life.do(operation, ("server_error", call)).outcome.struck


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_fault_at_any_call_changes_nothing_in_the_end(moment: Moment, kind: str) -> None:
    for call in range(1, moment.calls + 1):
        in_a_fork(partial(_strike, moment, kind, call))


def _strike(moment: Moment, kind: str, call: int) -> None:
    """The command is cut off at this call, and all comes right in the end."""
    name, command, life, operation = moment.name, moment.command, moment.life, moment.operation
    life.repeatable.append(life.do(operation, (kind, call)))
    assert operation.outcome.struck
    if name in BY_THEMSELVES:
        life.repeatable.pop()
    if kind.startswith("crash") and call < command.calls:
        assert operation.outcome.kind == "unknown"
    life.come_to_rest()
    assert life.reference.bills[moment.number].state == command.ends
    assert operation.name != "place" or len(life.reference.bills) == 2
    assert name != "write a letter" or sum(life.world.mails.values()) > 0
    assert name != "start a return" or len(life.world.executions) == 1
    assert "refund" not in name or set(life.reference.bills[moment.number].refunds.values()) == {"done"}


MEETINGS = ("cancel", "message", "deliver", "refund", "sweep", "step", "place", "balance")


@pytest.mark.parametrize("other", MEETINGS)
def test_any_other_command_before_any_call_is_as_if_one_came_after_the_other(moment: Moment, other: str) -> None:
    if other == "balance" and not moment.command.gift:
        return  # there is no account to pay from
    if in_a_fork(lambda: moment.life.other(other, moment.number) is None):
        return  # there is nothing yet that could come in between
    for call in range(1, moment.calls + 1):
        in_a_fork(partial(_meet, moment, other, call))


def _meet(moment: Moment, other: str, call: int) -> None:
    """The other command comes just before this call, and all comes right."""
    moment.life.do(moment.operation, None, (other, call), moment.number)
    assert moment.operation.outcome.met
    moment.life.come_to_rest()
