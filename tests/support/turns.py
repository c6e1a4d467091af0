"""Two operations at the same moment, their calls to the table in exactly the order that a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations, groupby, pairwise
from typing import Any

from chalicelib.core import aws

READS = frozenset({"GetItem", "BatchGetItem", "Query"})
_PATIENCE = 60.0


@dataclass
class Turnstile:
    """Lets one call through at a time, by turns; whoever has ended leaves their turns to the other."""

    turns: Sequence[int]
    taken: int = 0
    ended: set[int] = field(default_factory=set)
    free: threading.Condition = field(default_factory=threading.Condition)

    def is_next(self, who: int) -> bool:
        return self.taken >= len(self.turns) or self.turns[self.taken] == who or 1 - who in self.ended

    def through(self, who: int, call: Callable[[], Any]) -> Any:
        with self.free:
            if not self.free.wait_for(lambda: self.is_next(who), timeout=_PATIENCE):
                raise TimeoutError(f"call {self.taken} of {self.turns} never came")
            try:
                return call()
            finally:
                self.taken += 1
                self.free.notify_all()

    def leave(self, who: int) -> None:
        with self.free:
            self.ended.add(who)
            self.free.notify_all()


@contextmanager
def _by_turns(turnstile: Turnstile, who: threading.local) -> Iterator[None]:
    client = aws.client("dynamodb")
    original = client._make_api_call

    def call(operation: str, params: dict[str, Any]) -> Any:
        return turnstile.through(who.number, lambda: original(operation, params))

    client._make_api_call = call
    try:
        yield
    finally:
        client._make_api_call = original


def together(first: Callable[[], Any], second: Callable[[], Any], turns: Sequence[int]) -> list[Any]:
    """Run both, each in a thread of its own; what each returned or raised.

    Args:
        turns: whose call is the next, 0 or 1. Calls beyond are made as they come, one at a time.
    """
    turnstile, who = Turnstile(turns), threading.local()
    answers: list[Any] = [None, None]

    def work(number: int, operation: Callable[[], Any]) -> None:
        who.number = number
        try:
            answers[number] = operation()
        except Exception as error:  # noqa: BLE001 - what it raised is what the test asks about
            answers[number] = error
        finally:
            turnstile.leave(number)

    with _by_turns(turnstile, who):
        threads = [threading.Thread(target=work, args=each) for each in enumerate((first, second))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return answers


def orders_of(first: Sequence[str], second: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Every order in which the calls of two operations can be made and that can make a difference: of reads beside
    each other it is all the same which comes first.

    Args:
        first, second: the names of the calls of each.
    """
    seen = set()
    for places in combinations(range(len(first) + len(second)), len(first)):
        turns = [int(place not in places) for place in range(len(first) + len(second))]
        left = [iter(first), iter(second)]
        calls = [(next(left[who]), who) for who in turns]
        blocks = ([(who, name) for name, who in block] for _, block in groupby(calls, lambda call: call[0] in READS))
        told = tuple(who for block in blocks for who, _ in (sorted(block) if block[0][1] in READS else block))
        if told not in seen:
            seen.add(told)
            yield told


def changes(turns: Sequence[int]) -> int:
    """How often the turn passes from one to the other."""
    return sum(one != other for one, other in pairwise(turns))
