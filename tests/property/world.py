"""The shop in a test that lets everything happen to it: its clock, its callers, its provider, its queues and its bus.

The code under test is the shop's own, from the HTTP route and the queue consumer down to the table. What AWS does
around it is here in a few lines each: the bus hands every event to every consumer that wants it, queues bring back what
failed, the clock stands until it is moved.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch

from chalicelib import clockwork, house
from chalicelib.catalog.domain import Variant
from chalicelib.catalog.domain.product import GoodsKind, SizeClass, Status
from chalicelib.catalog.items import VARIANT
from chalicelib.core import events, observe, queues, settings_values, table
from chalicelib.core import triggers as core_triggers
from chalicelib.core.auth import Post, Principal
from chalicelib.core.errors import DomainError
from chalicelib.core.events import Actor
from chalicelib.core.money import Money
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.triggers import Message
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service as inventory
from chalicelib.ledger import service as ledger
from chalicelib.notifications import service as notifications
from chalicelib.notifications.message import MAIL_HEADER
from chalicelib.payments import providers
from chalicelib.payments.domain import PROVIDERS, PaymentFact, from_message, to_message
from chalicelib.returns import workflow
from tests.property.reference import LEAST_PART
from tests.property.snapshot import Snapshot, clear_table
from tests.support.faults import Fault, Killed, across, injected, request_tokens, without_waiting
from tests.support.http import Client, front_door
from tests.support.provider import NAME, ModelProvider
from tests.support.table import fresh_table, short_way

BEGINNING = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
HOME = {
    "name": "Erika Mustermann", "phone": "+4930901820", "lines": ["Invalidenstraße 117"], "city": "Berlin",
    "postal_code": "10115", "country": "DE",
}  # fmt: skip
#: Ids that tests make up are never used twice, in no example and no test: request tokens outlive a table.
NUMBERS = count(1)


@dataclass
class Clock:
    """The time: every module of the shop asks this one."""

    now: datetime = BEGINNING

    def utc_now(self) -> datetime:
        return self.now


@dataclass
class Strike:
    """What goes wrong during one operation: a fault at a call, and another client's whole operation before a call."""

    kind: str = ""
    call: int = 0
    other: Callable[[], Any] | None = None
    before: int = 0


@dataclass
class Outcome:
    """How an operation ended for whoever asked for it.

    Args:
        kind: `done`, `refused` (nothing may have changed) or `unknown` (killed, or no good answer).
        struck: the fault was reached.
        met: the other client's operation was run.
    """

    kind: str
    status: int = 0
    body: Any = field(default=None, repr=False)
    error: BaseException | None = None
    struck: bool = False
    met: bool = False


@dataclass
class Letter:
    """A message on the queue `payment-messages`."""

    id: str
    facts: list[PaymentFact]
    attempts: int = 0
    delivered: bool = False


@dataclass
class Delivery:
    """An event on its way to one consumer."""

    envelope: str
    event: events.Event[Any]
    consumer: str
    attempts: int = 0
    delivered: bool = False


@dataclass
class World:
    """One shop with its surroundings."""

    clock: Clock
    letters: list[Letter] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    mails: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)  # faults by consumer
    executions: dict[str, str] = field(default_factory=dict)
    provider: ModelProvider = field(init=False)
    skus: list[str] = field(default_factory=list)
    shoppers: list[Client] = field(default_factory=list)
    staff: Client = field(
        default_factory=lambda: Client(Principal("staff", "staff-admin", posts=frozenset({Post.ADMIN})))
    )
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.provider = ModelProvider(self.clock.utc_now, self.post)

    def furnish(self, stock: dict[tuple[int, str], int], gift: int = 0) -> None:
        """Two articles on sale, `stock` units of each by number and location, three shoppers, one of them a guest; the
        others have `gift` cents in their balance accounts."""
        number = next(NUMBERS)
        self.skus = [f"CUP-{number}", f"POT-{number}"]
        self.shoppers = [
            Client(Principal("shopper", f"ann-{number}", "ann@example.com")),
            Client(guest_token=f"guest-token-{number}"),
            Client(Principal("shopper", f"ben-{number}", "ben@example.com")),
        ]
        run(lambda uow: self._furnish(uow, stock, gift), self.uow)
        self.relay()
        self.deliveries.clear()

    def _furnish(self, uow: UnitOfWork, stock: dict[tuple[int, str], int], gift: int) -> None:
        uow.put(SETTINGS, SettingValues("", {"payments.providers": NAME, "payments.part_minimum": LEAST_PART}))
        uow.put(SETTINGS, SettingValues("EU", {}))
        for sku, cents in zip(self.skus, (1990, 745), strict=True):
            uow.put(VARIANT, Variant(
                sku, "mug", {"en": f"Mug {sku}"}, {}, "", {"EU": Money(cents, "EUR")}, {}, Status.ACTIVE,
                GoodsKind.PHYSICAL, "691200", "CN", Money(500, "EUR"), 300, 100, 100, 100, False, SizeClass.SMALL,
                "standard", "", "", "home", "standard",
            ))  # fmt: skip
        inventory.receive(uow, {(self.skus[n], place): units for (n, place), units in stock.items()}, "opening")
        for shopper in self.shoppers if gift else ():
            if shopper.principal:
                who = shopper.principal.id
                ledger.credit_balance(uow, who, Money(gift, "EUR"), f"gift-{who}", kind="gift")

    def uow(self) -> UnitOfWork:
        return UnitOfWork(self.clock.now, Actor("system"), cause="test", trace="test")

    # The ways into the shop

    def attempt(self, work: Callable[[], Any], strike: Strike | None = None) -> Outcome:
        """Do something, with what is to go wrong meanwhile."""
        strike = strike or Strike()
        fault = Fault(strike.kind, strike.call) if strike.kind else None
        met: list[bool] = []

        def other() -> None:
            met.append(True)
            assert strike.other is not None
            strike.other()

        with injected(fault, other if strike.other else None, strike.before):
            try:
                outcome = _outcome(work())
            except Killed as died:
                outcome = Outcome("unknown", error=died)
            except DomainError as error:
                outcome = Outcome("unknown" if error.heals else "refused", error.status, error=error)
            except Exception as error:  # noqa: BLE001 - what a worker's crash does, the message comes back
                outcome = Outcome("unknown", error=error)
        outcome.struck = fault is not None and fault.struck
        outcome.met = bool(met)
        if outcome.kind == "unknown" and not outcome.struck and _is_defect(outcome):
            raise AssertionError(f"no fault struck, and yet {outcome}") from outcome.error
        return outcome

    def deliver(self, delivery: Delivery, strike: Strike | None = None) -> Outcome:
        """Run a consumer with an event, as its queue does."""
        delivery.attempts += 1
        trigger = core_triggers.REGISTRY[delivery.consumer]
        event = events.decode(delivery.envelope)
        outcome = self.attempt(
            core_triggers.Work(lambda uow: trigger.function(uow, event), event.actor, event.id, event.trace).done,
            strike,
        )
        delivery.delivered = delivery.delivered or outcome.kind == "done"
        self.struck[delivery.consumer] += outcome.struck
        return outcome

    def receive(self, letter: Letter, strike: Strike | None = None) -> Outcome:
        """Run the consumer of `payment-messages` with a message."""
        letter.attempts += 1
        message = Message(letter.id, json.loads(json.dumps(to_message(NAME, letter.facts))), letter.attempts)
        trigger = core_triggers.REGISTRY["payment-messages"]
        outcome = self.attempt(
            core_triggers.Work(lambda uow: trigger.function(uow, message), Actor("provider"), letter.id, "test").done,
            strike,
        )
        letter.delivered = letter.delivered or outcome.kind == "done"
        return outcome

    def sweep(self, strike: Strike | None = None) -> Outcome:
        """The clock's minute: every deadline that has passed is told so."""
        return self.attempt(lambda: clockwork.sweep(self.clock.now, float("inf")), strike)

    def task(self, name: str, payload: dict[str, Any], strike: Strike | None = None) -> Outcome:
        """A step of a workflow."""
        trigger = core_triggers.REGISTRY[name]
        return self.attempt(
            core_triggers.Work(lambda uow: trigger.function(uow, payload), events.SYSTEM, "workflow", "test").done,
            strike,
        )

    # What stands around it

    def post(self, *facts: PaymentFact) -> str:
        """A provider's report reaches the queue."""
        self.letters.append(Letter(f"letter-{next(NUMBERS)}", list(facts)))
        return self.letters[-1].id

    def relay(self) -> None:
        """Hand every event that is new in the table to every consumer that wants it."""
        snapshot = Snapshot.take()
        for envelope, event in snapshot.envelopes:
            if event.id in self.seen:
                continue
            self.seen.add(event.id)
            for name, trigger in core_triggers.REGISTRY.items():
                if trigger.kind == "consumer" and event.type in trigger.on:
                    self.deliveries.append(Delivery(envelope, event, name))


def _outcome(answer: Any) -> Outcome:
    status = getattr(answer, "status", 200)
    if status >= 500:
        return Outcome("unknown", status, answer.text)
    if status >= 400:
        return Outcome("refused", status, answer.json)
    return Outcome("done", status, answer.json if getattr(answer, "text", "") else answer)


def _is_defect(outcome: Outcome) -> bool:
    """Whether an answer may not be given when nothing has gone wrong; a shop that is busy or must wait may say so."""
    if isinstance(outcome.error, DomainError):
        return False
    return outcome.status != 503


@dataclass
class Arena:
    """An in-process AWS in which one shop after the other is opened."""

    clock: Clock = field(default_factory=Clock)
    world: World = field(init=False)

    def open_shop(self, stock: dict[tuple[int, str], int], gift: int = 0) -> World:
        """An empty table, the clock set back, and a new shop."""
        clear_table()
        settings_values.forget()
        self.clock.now = BEGINNING
        self.world = World(self.clock)
        providers._PROVIDERS[NAME] = self.world.provider  # type: ignore[index]
        self.world.furnish(stock, gift)
        for scope in ("", "EU"):
            settings_values.read(PROVIDERS, scope)  # from now on they are in the process, as in a warm function
        return self.world

    def send(self, queue: str, body: dict[str, Any], trace: str = "") -> str:
        assert queue == "payment-messages"
        return str(across("SendMessage", lambda: self.world.post(*from_message(body))))

    def mail(self, raw: bytes, to: str) -> str:
        header = next(line for line in raw.splitlines() if line.startswith(MAIL_HEADER.encode()))
        across("SendEmail", lambda: self.world.mails.update([header.decode()]))
        return f"mail-{sum(self.world.mails.values())}"

    def start(self, order_id: str, return_id: str, run: int = 0) -> None:
        across("StartExecution", lambda: self.world.executions.setdefault(return_id, order_id))

    def wake(self, token: str) -> bool:
        return bool(across("SendTaskSuccess", lambda: False))

    def is_running(self, return_id: str, run: int = 0) -> bool:
        return bool(across("DescribeExecution", lambda: return_id in self.world.executions))


def _silent(*_facts: Any, **_more: Any) -> None:
    """Nobody reads logs and metrics of a thousand invented days."""


@contextmanager
def arena() -> Iterator[Arena]:
    """An in-process AWS, the shop's clock in our hands, and everything outside of the shop replaced."""
    with ExitStack() as stack:
        stack.enter_context(fresh_table())
        stack.enter_context(short_way())
        stack.enter_context(request_tokens())
        stack.enter_context(without_waiting())
        front_door()
        list(house.routes())
        list(house.triggers())
        arena = Arena()
        for name, module in list(sys.modules.items()):
            if name.startswith("chalicelib.") and hasattr(module, "utc_now"):
                stack.enter_context(patch.object(module, "utc_now", arena.clock.utc_now))
        for where, what, instead in (
            (table, "DUE_SHARDS", 1),
            (settings_values, "FRESH", float("inf")),
            (observe, "count", _silent),
            (observe, "line", _silent),
            (observe, "failure", _silent),
            (queues, "send", arena.send),
            (notifications, "_send", arena.mail),
            (workflow, "start", arena.start),
            (workflow, "wake", arena.wake),
            (workflow, "is_running", arena.is_running),
        ):
            stack.enter_context(patch.object(where, what, instead))
        try:
            yield arena
        finally:
            providers._PROVIDERS.pop(NAME, None)  # type: ignore[attr-defined]


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
