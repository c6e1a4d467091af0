"""The whole shop in one process, every invocation metered: front door, relay, queues, consumers.

Requests enter as API Gateway hands them over; what they write to the outbox goes through the real relay onto a bus, and
from there, by the registry, into every consumer that wants it, as Lambda hands over a queue's messages. One message
makes one invocation, which is what a quiet shop pays; a busy one shares invocations and pays less.
"""

from __future__ import annotations

import io
import json
import os
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import time_machine

from chalicelib.catalog import service as catalog
from chalicelib.catalog.domain import ProductDraft
from chalicelib.core import aws, config, events, observe, outbound, secrets, settings_values
from chalicelib.core.auth import Post, Principal
from chalicelib.core.clock import utc_now
from chalicelib.core.triggers import REGISTRY
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.inventory import service as inventory

from .http import Answer, Client, front_door
from .meter import Cost, Write, spending
from .sample_products import product, variant
from .table import fresh_table

#: The sandbox keeps its pages as a provider does; they are no cost of the shop's.
PROVIDERS_OWN = ("SANDBOX#",)
START = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
SANDBOX_KEY = "w" * 32
COURIER_KEY = "k17"
SHOPPER = Principal("shopper", "0f1d2c3b-aaaa-4bbb-8ccc-123456789abc", "ada@example.com")
STORE = Principal("staff", "sam", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
BERLIN = {
    "name": "Erika Mustermann", "phone": "+4930901820", "lines": ["Invalidenstraße 117"], "city": "Berlin",
    "postal_code": "10115", "country": "DE",
}  # fmt: skip
CONTACT = {"email": "erika@example.com", "language": "de"}
PUSHES = Path(__file__).parents[2] / "events" / "webhooks" / "17track"
_WORKFLOW = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
_numbers = count(1)


@dataclass
class Invocation:
    """One run of one function.

    Args:
        name: what was asked of the front door, or the function.
        kind: `request`, or the trigger's kind: `stream`, `consumer`, `queue`.
    """

    name: str
    kind: str
    cost: Cost
    log_bytes: int

    @property
    def events(self) -> list[str]:
        """The envelopes it wrote."""
        return [envelope for call in self.cost.of("dynamodb") for envelope in _envelopes(call.params)]

    @property
    def writes(self) -> list[Write]:
        return [write for call in self.cost.calls for write in call.writes]


def _envelopes(params: Mapping[str, Any]) -> Iterator[str]:
    requests = [r for action in params.get("TransactItems", ()) for r in action.values()] or [params]
    for request in requests:
        if "events" in request.get("Item", {}):
            yield from events.unpack(request["Item"]["events"]["B"])


@cache
def _function(name: str) -> Callable[[Any, Any], Any]:
    """The function as Lambda finds it."""
    front_door()
    module, _, attribute = REGISTRY[name].handler.rpartition(".")
    found: Callable[[Any, Any], Any] = getattr(import_module(module), attribute)
    return found


def waybill() -> str:
    """A fresh postal number with its check digit (UPU S10)."""
    serial = f"{next(_numbers):08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return f"RR{serial}{ {10: 0, 11: 5}.get(rest, rest) }CN"


def _at_once(value: Any) -> Any:
    """The same push with every time set to this moment."""
    if isinstance(value, dict):
        moved = {name: _at_once(inner) for name, inner in value.items()}
        if moved.get("time_utc"):
            moved["time_utc"] = moved["time_iso"] = utc_now().isoformat(timespec="seconds").replace("+00:00", "Z")
        return moved
    return [_at_once(inner) for inner in value] if isinstance(value, list) else value


@dataclass
class World:
    """A shop with articles on sale, and everything that was run in it."""

    done: list[Invocation] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # envelopes that the relay has not seen
    pushed: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)  # webhooks under way
    mails: int = 0

    # Things to set up

    def do(self, command: Callable[[UnitOfWork], Any]) -> Any:
        return run(command, lambda: UnitOfWork(utc_now()))

    def publish(self, draft: ProductDraft, units: int, location: str = "RTM1") -> None:
        self.do(lambda uow: catalog.save(uow, draft))
        self.do(lambda uow: inventory.receive(uow, {(v.sku, location): units for v in draft.variants}, "delivery"))

    # Things that happen

    def request(
        self, name: str, who: Principal | None, method: str, path: str, body: Any = None, **options: Any
    ) -> Answer:
        """A request through the front door; `token` makes the caller a guest."""
        client = Client(who, options.pop("token", ""))
        if method == "POST":
            options.setdefault("key", f"key-{next(_numbers):08d}")
        answer: list[Answer] = []
        self._run(name, "request", lambda: answer.append(client.request(method, path, body, **options)))
        if answer[0].status >= 400:
            raise AssertionError(f"{name}: {answer[0].status} {answer[0].text}")
        return answer[0]

    def settle(self) -> None:
        """Everything that waits is worked on until nothing waits."""
        while self.waiting or self.pushed or self._take_messages():
            for path, raw, headers in self._taken(self.pushed):
                self.request(path.split("/")[2].rstrip("s") + " webhook", None, "POST", path, raw=raw, headers=headers)
            waiting = self._taken(self.waiting)
            if waiting:
                self._relay(waiting)

    def _relay(self, envelopes: list[str]) -> None:
        """One change of the table, through the stream onto the bus, and into every queue whose rule it matches."""
        records = [
            {"eventName": "INSERT", "dynamodb": {"SequenceNumber": str(n), "NewImage": {"events": {"B": packed}}}}
            for n, envelope in enumerate(envelopes)
            for packed in [b64encode(events.pack([envelope.encode()])).decode()]
        ]
        ran = self._run("relay-events", "stream", lambda: _function("relay-events")({"Records": records}, None))
        for call in ran.cost.of("events"):
            for entry in call.params["Entries"]:
                self._fan_out(entry)

    def _fan_out(self, entry: Mapping[str, Any]) -> None:
        body = json.dumps({"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])})
        for trigger in list(REGISTRY.values()):
            if entry["DetailType"] in trigger.on:
                self._consume(trigger.name, "consumer", body)

    def _take_messages(self) -> bool:
        """Run what waits in our own queues."""
        found = False
        for queue in _own_queues():
            answer = aws.client("sqs").receive_message(QueueUrl=config.queue_url(queue), MaxNumberOfMessages=10)
            for message in answer.get("Messages", ()):
                found = True
                aws.client("sqs").delete_message(
                    QueueUrl=config.queue_url(queue), ReceiptHandle=message["ReceiptHandle"]
                )
                self._consume(queue, "queue", message["Body"])
        return found

    def _consume(self, name: str, kind: str, body: str) -> None:
        record = {"messageId": f"m-{next(_numbers)}", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        answers: list[Any] = []
        self._run(name, kind, lambda: answers.append(_function(name)({"Records": [record]}, None)))
        if answers[0]["batchItemFailures"]:
            raise AssertionError(f"{name} failed; run with -s to see its log")

    def _run(self, name: str, kind: str, work: Callable[[], Any]) -> Invocation:
        log, out = io.StringIO(), io.StringIO()
        handler = observe.logger.registered_handler
        before = handler.setStream(log)
        try:
            with redirect_stdout(out), spending(ignore=PROVIDERS_OWN) as cost:
                work()
        finally:
            handler.setStream(before)
        if "Traceback" in log.getvalue() or '"level":"ERROR"' in log.getvalue():
            sys.stderr.write(log.getvalue())
        ran = Invocation(name, kind, cost, len((log.getvalue() + out.getvalue()).encode()))
        self.done.append(ran)
        self.waiting += ran.events
        return ran

    @staticmethod
    def _taken(things: list[Any]) -> list[Any]:
        taken = things[:]
        things.clear()
        return taken

    # The main job

    def cart(self, who: Principal | None, skus: Mapping[str, int]) -> tuple[dict[str, Any], str]:
        """An open cart with these articles, and the guest's token of it."""
        opened = self.request("open cart", who, "POST", "/carts", {"market": "EU"}).json
        token = opened["guest_token"] or ""
        cart: dict[str, Any] = opened
        for sku, quantity in skus.items():
            line = {"sku": sku, "quantity": quantity}
            cart = self.request("add to cart", who, "POST", f"/carts/{opened['id']}/lines", line, token=token).json
        return cart, token

    def place(self, who: Principal | None, skus: Mapping[str, int]) -> tuple[dict[str, Any], str]:
        """An order of these articles, and the guest's token of it. Nothing that waits is worked on."""
        cart, token = self.cart(who, skus)
        asked = {"ship_to": BERLIN, "contact": CONTACT, "delivery_method": "courier", "payment_method": "card"}
        quote = self.request("quote", who, "POST", f"/carts/{cart['id']}/quote", asked, token=token).json
        body = {"cart_id": cart["id"], "quote_hash": quote["hash"]}
        order = self.request("place order", who, "POST", "/orders", body, token=token).json
        return order, token

    def open_payment(self, who: Principal | None, order_id: str, token: str = "") -> str:
        """The token of the provider's page."""
        path = f"/orders/{order_id}/payment"
        opened = self.request("open payment", who, "POST", path, {"provider": "sandbox"}, token=token).json
        return str(opened["redirect_url"].rpartition("/")[2])

    def press_pay(self, page: str) -> None:
        """The shopper pays on the provider's page; the provider's webhook is under way."""
        from chalicelib.payments.providers.sandbox import Sandbox

        Sandbox().press(page, "pay")

    def step(self, order_id: str, step: str, body: Any = None) -> None:
        self.request(step, STORE, "POST", f"/staff/orders/{order_id}/{step}", body)

    def courier_says(self, sample: str, waybill: str) -> None:
        """A push of the courier about this moment is under way."""
        push = _at_once(json.loads((PUSHES / f"{sample}.json").read_text()))
        push["data"]["number"] = waybill
        raw = json.dumps(push, ensure_ascii=False).encode()
        sign = {"sign": sha256(raw + b"/" + COURIER_KEY.encode()).hexdigest()}
        self.pushed.append(("/webhooks/couriers/17track", raw, sign))

    def whole_way(self, who: Principal | None = SHOPPER) -> str:
        """A two-line order from the cart to the door; returns its number."""
        order, token = self.place(who, {"mug-1": 2, "bowl-1": 1})
        order_id = str(order["id"])
        self.settle()
        self.press_pay(self.open_payment(who, order_id, token))
        self.settle()
        self.step(order_id, "accept")
        self.step(order_id, "pick")
        self.step(order_id, "pack", {"boxes": [{"weight_g": 1200}]})
        number = waybill()
        self.step(order_id, "ship", {"carrier": "china-post", "waybill": number})
        self.settle()
        for sample in ("in_transit", "customs_cleared", "out_for_delivery", "delivered"):
            self.courier_says(sample, number)
            self.settle()
        return order_id

    def named(self, name: str) -> list[Invocation]:
        return [ran for ran in self.done if ran.name == name]

    def last(self, name: str) -> Invocation:
        return self.named(name)[-1]


@cache
def _own_queues() -> tuple[str, ...]:
    front_door()
    return tuple(sorted(trigger.name for trigger in REGISTRY.values() if trigger.kind == "queue"))


def _prepare(world: World) -> None:
    """Queues, bus, secrets, mail service, workflow, and two articles with plenty of stock."""
    for queue in _own_queues():
        url = aws.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
        os.environ["QUEUE_URL_" + queue.upper().replace("-", "_")] = url
    aws.client("events").create_event_bus(Name=config.bus_name())
    aws.client("sesv2").create_email_identity(EmailIdentity=config.mail_from())
    keys = {
        "sandbox": {"webhook_secret": SANDBOX_KEY},
        "17track": {"api_key": COURIER_KEY},
        "signing": {"key": "k" * 32},
    }
    for name, fields in keys.items():
        aws.client("secretsmanager").create_secret(Name=config.secret_name(name), SecretString=json.dumps(fields))
    os.environ["RETURN_WORKFLOW_ARN"] = aws.client("stepfunctions").create_state_machine(
        name="return", definition=json.dumps(_WORKFLOW), roleArn="arn:aws:iam::123456789012:role/return"
    )["stateMachineArn"]
    world.publish(product("mug", variant("mug-1", 1990)), 100_000)
    world.publish(product("bowl", variant("bowl-1", 2490)), 100_000)
    world.publish(product("plate", *(variant(f"plate-{n}", 990 + n) for n in range(1))), 10)


@contextmanager
def a_world() -> Iterator[World]:
    """A shop to drive. Settings are read once for good here; a function reads them once a minute."""
    world = World()
    level, fresh, send = observe.logger.log_level, settings_values.FRESH, outbound.request

    def request(method: str, url: str, *, headers: Any = None, body: bytes = b"", attempts: int = 3) -> Any:
        path = url.removeprefix(config.public_url())
        world.pushed.append((path, body, {name.lower(): value for name, value in (headers or {}).items()}))
        return outbound.Answer(200, {}, b"")

    with fresh_table(direct=False), time_machine.travel(START, tick=True):
        secrets.forget()
        observe.logger.setLevel("INFO")
        settings_values.FRESH = 1e9  # type: ignore[misc]
        outbound.request = request
        try:
            _prepare(world)
            yield world
        finally:
            outbound.request = send
            settings_values.FRESH = fresh  # type: ignore[misc]
            observe.logger.setLevel(level)
            secrets.forget()


__all__ = ["SHOPPER", "STORE", "Invocation", "World", "a_world"]
