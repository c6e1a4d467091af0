"""Functions that nobody waits for: consumers of events and queues, schedules, workflow steps, deadlines.

Every message gets its own unit of work. What fails is reported alone (partial batch) and comes back, until the queue's
redrive count sends it to the dead-letter queue and an alarm; the rest of the batch is done. Delivery is at least once:
handlers are harmless when repeated, by the state's own guard or by `uow.once`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from chalice.app import Blueprint

from . import events, late_rooms, observe
from .clock import utc_now
from .errors import DomainError
from .events import SYSTEM, Actor
from .ids import new_id
from .once import AlreadyApplied, AlreadyDone
from .table import Kind
from .unit_of_work import UnitOfWork, run

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a queue of our own."""

    id: str
    body: dict[str, Any]
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Trigger:
    """One background function, as `infra/` needs to know it to give it queue, role and alarms.

    Args:
        name: of the function, the queue and the rule.
        kind: `consumer` (events through a queue), `queue`, `schedule`, `task` (a workflow's step) or `stream`.
        handler: where Lambda finds it: `chalicelib.orders.triggers.review_order`.
        function: what the room wrote, for tests and the sweep.
        on: names of the events a consumer wants.
        rate: schedule expression.
        concurrency: at most so many copies of a queue's function at a time (AWS: 2 or more); 0 leaves it to the house.
        grants: names of the policies under `infra/policies/` it needs besides its own queue and log.
    """

    name: str
    kind: str
    handler: str
    function: Callable[..., Any]
    on: tuple[str, ...] = ()
    rate: str = ""
    batch_size: int = 10
    timeout: int = 30
    memory: int = 512
    concurrency: int = 0
    grants: tuple[str, ...] = ("table",)


#: Every background function of the house, by name.
REGISTRY: Final[dict[str, Trigger]] = {}
#: Handlers of deadlines, by kind and name of the deadline.
DEADLINES: Final[dict[tuple[str, str], Callable[[UnitOfWork, Any], Any]]] = {}


def deadline(kind: Kind[Any], name: str) -> Callable[[Function], Function]:
    """Register what happens when a thing's deadline has passed; it must remove or move that deadline."""

    def register(function: Function) -> Function:
        if (kind.type, name) in DEADLINES:
            raise ValueError(f"deadline {kind.type}.{name} has two handlers")
        DEADLINES[kind.type, name] = function
        return function

    return register


class _FromBus(msgspec.Struct):
    """What EventBridge puts on a queue: our envelope is `detail`."""

    detail: msgspec.Raw


@dataclass
class Triggers:
    """The background functions of one room: a Chalice blueprint that knows how to run them."""

    name: str
    blueprint: Blueprint = field(init=False)

    def __post_init__(self) -> None:
        self.blueprint = Blueprint(self.name)
        late_rooms.load(self.name.rpartition(".")[0])

    def consumer(self, name: str, *, on: Sequence[type], **options: Any) -> Callable[[Function], Any]:
        """Called with `(uow, event)` for every event of these types."""

        def decorate(function: Function) -> Any:
            def read(record: Mapping[str, Any]) -> Work:
                event = events.decode(msgspec.json.decode(record["body"], type=_FromBus).detail)
                return Work(lambda uow: function(uow, event), event.actor, event.id, event.trace)

            return self._from_queue(name, "consumer", function, read, on=_names(on), **options)

        return decorate

    def queue(self, name: str, **options: Any) -> Callable[[Function], Any]:
        """Called with `(uow, message)` for every message of our own queue `name`."""

        def decorate(function: Function) -> Any:
            def read(record: Mapping[str, Any]) -> Work:
                attempt = int((record.get("attributes") or {}).get("ApproximateReceiveCount", 1))
                message = Message(record["messageId"], json.loads(record["body"]), attempt)
                carried = (record.get("messageAttributes") or {}).get("trace") or {}
                trace = str(carried.get("stringValue") or "")
                return Work(lambda uow: function(uow, message), Actor("provider"), message.id, trace)

            return self._from_queue(name, "queue", function, read, **options)

        return decorate

    def task(self, name: str, **options: Any) -> Callable[[Function], Any]:
        """Called with `(uow, payload)` as a step of a workflow; what it returns is the step's output."""

        def decorate(function: Function) -> Any:
            self._register(name, "task", function, **options)

            @functools.wraps(function)
            def handler(event: dict[str, Any], _context: Any) -> Any:
                cause = str(event.get("execution", ""))
                work = Work(lambda uow: function(uow, event), SYSTEM, cause, observe.trace_id())
                return _observed(name, work.done, [work.trace])

            return self.blueprint.lambda_function(name=_function_name(name))(handler)

        return decorate

    def schedule(self, name: str, rate: str, **options: Any) -> Callable[[Function], Any]:
        """Called with `(uow)` at every tick."""

        def decorate(function: Function) -> Any:
            self._register(name, "schedule", function, rate=rate, **options)

            @functools.wraps(function)
            def handler(event: Any) -> None:
                work = Work(function, events.CLOCK, new_id(), observe.trace_id())
                _observed(name, work.done, [work.trace])

            return self.blueprint.schedule(rate, name=_function_name(name))(handler)

        return decorate

    def stream(self, name: str, **options: Any) -> Callable[[Function], Any]:
        """Called with the raw records of the table's stream; returns sequence numbers that failed."""

        def decorate(function: Function) -> Any:
            self._register(name, "stream", function, **options)

            @functools.wraps(function)
            def handler(event: Any) -> dict[str, Any]:
                failed = _observed(name, lambda: function(event.to_dict()["Records"]))
                return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}

            size = options.get("batch_size", 10)
            return self.blueprint.on_dynamodb_record(
                stream_arn="table-stream", batch_size=size, name=_function_name(name)
            )(handler)

        return decorate

    def _from_queue(
        self,
        name: str,
        kind: str,
        function: Function,
        read: Callable[[Mapping[str, Any]], Work],
        **options: Any,
    ) -> Any:
        trigger = self._register(name, kind, function, **options)

        @functools.wraps(function)
        def handler(event: Any) -> Any:
            traces: list[str] = []
            return _observed(name, lambda: _batch(name, event.to_dict()["Records"], read, traces), traces)

        return self.blueprint.on_sqs_message(queue_arn=name, batch_size=trigger.batch_size, name=_function_name(name))(
            handler
        )

    def _register(self, name: str, kind: str, function: Callable[..., Any], **options: Any) -> Trigger:
        if name in REGISTRY:
            raise ValueError(f"trigger {name} is defined twice")
        REGISTRY[name] = Trigger(name, kind, f"{self.name}.{function.__name__}", function, **options)
        return REGISTRY[name]


def _function_name(name: str) -> str:
    """Chalice wants names without hyphens."""
    return name.replace("-", "_")


def _names(classes: Sequence[type]) -> tuple[str, ...]:
    return tuple(events.type_of(cls).name for cls in classes)


@dataclass(frozen=True, slots=True)
class Work:
    """One command on behalf of somebody, and the trace of the request that it all began with."""

    command: Callable[[UnitOfWork], Any]
    actor: Actor
    cause: str
    trace: str

    def done(self) -> Any:
        try:
            return run(self.command, lambda: UnitOfWork(utc_now(), self.actor, cause=self.cause, trace=self.trace))
        except (AlreadyApplied, AlreadyDone):
            return None


def _batch(
    name: str,
    records: Sequence[Mapping[str, Any]],
    read: Callable[[Mapping[str, Any]], Work],
    traces: list[str],
) -> dict[str, Any]:
    failed = []
    for record in records:
        trace = ""
        try:
            work = read(record)
            traces.append(trace := work.trace)
            work.done()
        except Exception as error:  # noqa: BLE001 - one bad message must not take its neighbours along
            failed.append({"itemIdentifier": record["messageId"]})
            report(name, error, message_id=record["messageId"], trace=trace)
    return {"batchItemFailures": failed}


def _named(traces: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, traces)))


def report(name: str, error: Exception, /, **facts: Any) -> None:
    """Log and count a failure that will come back or end in a dead-letter queue."""
    code = error.code if isinstance(error, DomainError) else ""
    observe.failure("message failed", error, function=name, code=code, **facts)
    observe.count("FailedMessages", function=name)


def _observed(name: str, work: Callable[[], Any], traces: Sequence[str] = ()) -> Any:
    """Do the work of one invocation and say so in one line, with the traces of the requests that led to it."""
    result = "ok"
    with observe.timed() as spent:
        try:
            answer = work()
            if isinstance(answer, dict) and answer.get("batchItemFailures"):
                result = "partly"
        except Exception as error:
            observe.failure("function failed", error, function=name, traces=_named(traces))
            observe.line("invocation", function=name, result="failed", traces=_named(traces))
            raise
    observe.line("invocation", function=name, result=result, traces=_named(traces), **spent)
    return answer
