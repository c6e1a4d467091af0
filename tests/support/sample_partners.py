"""A store with a system of its own: what the outbox holds is handed on, and receivers answer as they are told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from standardwebhooks import Webhook

from chalicelib.core import aws, config, egress, events
from chalicelib.core.clock import utc_now
from chalicelib.core.egress import NoAnswer, Reply, Target
from chalicelib.core.ids import new_id
from chalicelib.core.signatures import sign_standard
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.items import ORDER
from chalicelib.partners import domain as d
from chalicelib.partners import service
from chalicelib.partners.items import DELIVERY, ENDPOINT
from chalicelib.partners.triggers import TOLD

from .http import Answer, Client
from .sample_handovers import STORE, Begin, a_pickup, keep

ALL = tuple(one.value for one in d.MessageType)
PUBLIC_ADDRESS = "93.184.216.34"


@contextmanager
def public_names() -> Iterator[None]:
    """Every name stands for an address of the internet."""
    before, egress.addresses_of = egress.addresses_of, lambda *_: [PUBLIC_ADDRESS]
    try:
        yield
    finally:
        egress.addresses_of = before


@dataclass(frozen=True)
class Got:
    """One message as a receiver got it."""

    host: str
    id: str
    body: dict[str, Any]
    headers: dict[str, str]
    raw: bytes

    @property
    def type(self) -> str:
        return str(self.body["type"]).removeprefix("order.")


@dataclass
class Port:
    """The bus, the queues and the clock around the room, and the receivers at the other end.

    Args:
        answers: by host: a status, what raises, or a function of the message.
    """

    begin: Begin
    clock: Any
    answers: dict[str, Any] = field(default_factory=dict)
    got: list[Got] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    connected: set[tuple[str, str]] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)

    # The receivers

    def post(self, target: Target, body: bytes, headers: dict[str, str], *, within: float) -> Reply:
        self.asked.append(target.host)
        answer = self.answers.get(target.host, 200)
        got = Got(target.host, headers["webhook-id"], json.loads(body), dict(headers), body)
        answer = answer(got) if callable(answer) else answer
        if isinstance(answer, str):
            raise NoAnswer(answer)
        self.got.append(got)
        return answer if isinstance(answer, Reply) else Reply(answer, "", "said the receiver")

    def heard(self, host: str = "erp.example.com") -> list[str]:
        """The types of what a receiver took, in order."""
        return [one.type for one in self.got if one.host == host]

    # What happens by itself

    def events(self) -> list[events.Event[Any]]:
        """Everything in the outbox."""
        found, start = [], {}
        while True:
            answer = aws.client("dynamodb").scan(TableName=config.table_name(), ConsistentRead=True, **start)
            for wire in answer["Items"]:
                if "events" in wire:
                    found += [events.decode(text) for text in events.unpack(wire["events"]["B"])]
            if "LastEvaluatedKey" not in answer:
                return sorted(found, key=lambda one: (one.occurred_at, one.id))
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def hand_on(self, event: events.Event[Any]) -> None:
        """Deliver one event to the room's functions, as often as it is called."""
        if isinstance(event.data, TOLD):
            service.queue(self.begin, event.data.order_id)
        elif isinstance(event.data, d.WebhookRequested):
            service.deliver(self.begin, event.data, self.post)
        elif isinstance(event.data, d.ReplayRequested):
            run(partial(service.go_on, wanted=event.data), self.begin)

    def settle(self) -> None:
        """Hand on whatever is new until nothing is."""
        while new := [one for one in self.events() if one.id not in self._done]:
            for event in new:
                self._done.add(event.id)
                self.hand_on(event)

    def sweep(self) -> None:
        """The clock requests what is due; then everything settles."""
        for one in [one for where in sorted(self.connected) for one in self.deliveries(*where)]:
            if one.is_waiting and any(due <= self.clock.now for due in one.deadlines.values()):
                run(lambda uow, one=one: service.send_late(uow, uow.get(DELIVERY, one.store, one.endpoint, one.id)),
                    self.begin)  # fmt: skip
        self.settle()

    def pass_time(self, **span: float) -> datetime:
        moment: datetime = self.clock.forward(**span)
        self.sweep()
        return moment

    # What is kept

    def deliveries(self, endpoint: str = "erp", store: str = STORE) -> list[d.Delivery]:
        return self.begin().part(DELIVERY, store, endpoint, prefix="WEBHOOK#")

    def states(self, endpoint: str = "erp", store: str = STORE) -> list[str]:
        return [one.state.value for one in self.deliveries(endpoint, store)]

    def endpoint(self, name: str = "erp", store: str = STORE) -> d.Endpoint:
        return self.begin().get(ENDPOINT, store, name)

    # What people do

    def connect(
        self, host: str = "erp.example.com", name: str = "erp", store: str = STORE, **changes: Any
    ) -> d.Endpoint:
        given = {"url": f"https://{host}/hook", "events": ALL, "enabled": True, **changes}
        known = run(lambda uow: service.save(uow, store, name, **given), self.begin)
        self.connected.add((name, store))
        return known.endpoint

    def secret(self, name: str = "erp", store: str = STORE) -> str:
        return service.reveal(self.begin(), store, name).secret

    def routed(self, order: Order | None = None, store: str = STORE) -> Order:
        """An order that a store has become responsible for."""
        kept = keep(self.begin, order or a_pickup(state=State.REVIEWED, store=None))
        return self.move(lambda uow: orders.route_to(uow, uow.get(ORDER, kept.id), store, None))

    def move(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, self.begin)


def verified(got: Got, secret: str) -> dict[str, Any]:
    """The message, by the library of the scheme."""
    body: dict[str, Any] = Webhook(secret).verify(got.raw, got.headers)
    return body


def signed(secret: str, message: str, raw: bytes, at: datetime) -> dict[str, str]:
    """The headers that a store's system sends."""
    return {"Content-Type": "application/json", **sign_standard(message, raw, secret, at)}


def report(
    port: Port, order_id: str, body: Any, *, message: str = "", store: str = STORE, secret: str = "", at: Any = None
) -> Answer:
    """What a store's system says of an order, and what it is answered."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = signed(secret or port.secret(), message or f"msg_{new_id()}", raw, at or utc_now())
    return Client().request("POST", f"/partners/erp/{store}/orders/{order_id}/status", raw=raw, headers=headers)


def advance(port: Port, order_id: str, *commands: Command) -> None:
    """Steps of an order, a second apart."""
    for command in commands:
        port.clock.forward(seconds=1)
        port.move(lambda uow, command=command: orders.advance(uow, order_id, command))
