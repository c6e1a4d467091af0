"""What the table has told and nobody has heard yet: taken from the outbox and given to the consumers that want it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core import aws, config, events
from chalicelib.core.triggers import REGISTRY
from chalicelib.core.unit_of_work import UnitOfWork, run


@dataclass
class Outbox:
    """Delivers events to the functions of some consumers, each in a unit of work of its own, as Lambda does.

    Args:
        names: of the consumers; other events are passed over.
        waiting: what is under way; an event goes when it has been delivered, so a killed worker's comes again.
    """

    begin: Callable[[], UnitOfWork]
    names: tuple[str, ...]
    heard: set[str] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)

    def new(self) -> Iterator[str]:
        """The envelopes that have come since."""
        start: dict[str, Any] = {}
        while True:
            answer = aws.client("dynamodb").scan(TableName=config.table_name(), ConsistentRead=True, **start)
            for item in answer["Items"]:
                for envelope in events.unpack(item["events"]["B"]) if "events" in item else ():
                    if (told := json.loads(envelope)["id"]) not in self.heard:
                        self.heard.add(told)
                        yield envelope
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def passed_over(self) -> None:
        """What has been told until now is nobody's business."""
        list(self.new())

    def deliver(self, envelope: str) -> list[str]:
        """One event to whoever of them wants it; their names."""
        event = events.decode(envelope.encode())
        wanting = [name for name in self.names if event.type in REGISTRY[name].on]
        for name in wanting:
            run(lambda uow, function=REGISTRY[name].function: function(uow, event), self.begin)  # type: ignore[misc]
        return wanting

    def settle(self) -> list[str]:
        """Deliver until nothing is told any more; the types of what was delivered, in order."""
        delivered: list[str] = []
        while True:
            self.waiting += sorted(self.new(), key=lambda text: json.loads(text)["occurred_at"])
            if not self.waiting:
                return delivered
            while self.waiting:
                if self.deliver(self.waiting[0]):
                    delivered.append(json.loads(self.waiting[0])["type"])
                self.waiting.pop(0)
