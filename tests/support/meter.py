"""What an operation costs: round trips, DynamoDB capacity by AWS's own rules, other AWS calls, CPU time of our code.

Capacity is worked out from the requests and the items before and after them, because the in-process AWS reports the
same number for every call (`verified` in the bench holds the rules against an AWS that does report real ones):

- a write costs one unit per started KiB of the larger of the item before and after, twice that in a transaction;
- an index costs one unit per started KiB of its entry, never doubled: one write when an entry appears, disappears or
  changes, two (delete and put) when its keys change, none when nothing that it projects changes;
- a condition that failed costs what there was to be written;
- a strongly consistent read costs one unit per started 4 KiB, an eventually consistent one half of that; a query adds
  its items up before rounding; reading what is not there costs as much as the smallest item.

CPU time is that of the calling thread, less what the in-process AWS spends inside its handler of botocore's
`before-send` event and less the meter's own reads. botocore's own work (serialising, signing, parsing) is part of what
a function pays for and stays in.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from chalicelib.core import aws, config
from chalicelib.core.connection import Item

Wire = Mapping[str, Mapping[str, Any]]

WRITE_UNIT: Final = 1024
READ_UNIT: Final = 4096
_SINGLE_WRITES: Final = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}


def size_of(item: Wire) -> int:
    """Bytes of an item, as DynamoDB counts them: names and values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0") or "0"
            return math.ceil(len(digits) / 2) + 1 + content.startswith("-")
        case "M":
            return 3 + sum(len(name.encode()) + _size(inner) + 1 for name, inner in content.items())
        case "L":
            return 3 + sum(_size(inner) + 1 for inner in content)
        case "SS":
            return sum(len(one.encode()) for one in content)
    return 1  # BOOL, NULL


def _units(size: int, unit: int) -> int:
    return max(1, math.ceil(size / unit))


@cache
def _indexes() -> tuple[tuple[str, str, frozenset[str] | None], ...]:
    """Partition key, sort key and projected attributes (None: all) of every index."""
    found = []
    for index in Item._get_schema()["global_secondary_indexes"]:
        pk, sk = (part["AttributeName"] for part in index["key_schema"])
        kind = index["projection"]["ProjectionType"]
        more = index["projection"].get("NonKeyAttributes") or ()
        found.append((pk, sk, None if kind == "ALL" else frozenset({"pk", "sk", pk, sk, *more})))
    return tuple(found)


def _entry(item: Wire | None, pk: str, sk: str, projected: frozenset[str] | None) -> Wire | None:
    """What an index holds of an item."""
    if item is None or pk not in item or sk not in item:
        return None
    return {name: value for name, value in item.items() if projected is None or name in projected}


def index_units(before: Wire | None, after: Wire | None) -> int:
    """Write units of all indexes when an item changes."""
    total = 0
    for pk, sk, projected in _indexes():
        old, new = (_entry(item, pk, sk, projected) for item in (before, after))
        if old == new:
            continue
        if old is not None and new is not None and all(old[key] == new[key] for key in (pk, sk)):
            total += _units(max(size_of(old), size_of(new)), WRITE_UNIT)
            continue
        total += sum(_units(size_of(entry), WRITE_UNIT) for entry in (old, new) if entry is not None)
    return total


def base_units(before: Wire | None, after: Wire | None) -> int:
    """Write units of the table itself, outside a transaction."""
    return _units(max(size_of(item) if item else 0 for item in (before, after)), WRITE_UNIT)


@dataclass(frozen=True)
class Write:
    """One item of a write: what it was about and what it cost."""

    verb: str
    pk: str
    sk: str
    size: int
    base: int
    indexes: int

    @property
    def units(self) -> int:
        return self.base + self.indexes


@dataclass
class Call:
    """One call of AWS."""

    service: str
    operation: str
    params: Mapping[str, Any]
    answer: Mapping[str, Any] = field(default_factory=dict)
    read_units: float = 0
    writes: list[Write] = field(default_factory=list)
    failed: bool = False

    @property
    def write_units(self) -> int:
        return sum(write.units for write in self.writes)

    @property
    def reported(self) -> float | None:
        """The units that AWS says it took, where it says so."""
        found = self.answer.get("ConsumedCapacity")
        if found is None:
            return None
        return sum(one.get("CapacityUnits", 0) for one in (found if isinstance(found, list) else [found]))


@dataclass
class Cost:
    """What was spent inside a `spending` block; of the CPU time, `sdk_ms` is botocore's."""

    calls: list[Call] = field(default_factory=list)
    cpu_ms: float = 0.0
    sdk_ms: float = 0.0

    @property
    def own_ms(self) -> float:
        """CPU time of our code and the libraries it works with, without botocore."""
        return self.cpu_ms - self.sdk_ms

    def of(self, service: str) -> list[Call]:
        return [call for call in self.calls if call.service == service]

    @property
    def round_trips(self) -> int:
        """Calls of the table."""
        return len(self.of("dynamodb"))

    @property
    def read_units(self) -> float:
        return sum(call.read_units for call in self.calls)

    @property
    def write_units(self) -> int:
        return sum(call.write_units for call in self.calls)

    @property
    def items(self) -> int:
        """Items of the largest transaction."""
        return max((len(call.writes) for call in self.calls), default=0)

    @property
    def operations(self) -> Counter[str]:
        return Counter(f"{call.service}.{call.operation}" for call in self.calls)

    def __add__(self, other: Cost) -> Cost:
        return Cost([*self.calls, *other.calls], self.cpu_ms + other.cpu_ms, self.sdk_ms + other.sdk_ms)


class _Meter:
    """Stands between botocore and the table while a block runs."""

    def __init__(self, ignore: tuple[str, ...]) -> None:
        self.cost, self.ignore = Cost(), ignore
        self.busy, self.elsewhere = False, 0.0
        self.original = BaseClient._make_api_call

    def call(self, client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        if self.busy:
            return self.original(client, operation, params)
        service = client.meta.service_model.service_name
        call = Call(service, operation, params)
        before = self._images(client, operation, params) if service == "dynamodb" else {}
        start = time.thread_time() - self.elsewhere
        try:
            call.answer = self.original(client, operation, params)
        except ClientError:
            call.failed = True
            raise
        finally:
            self.cost.sdk_ms += (time.thread_time() - self.elsewhere - start) * 1000
            if service == "dynamodb":
                with self._aside():
                    self._rate(client, call, before)
            if not self._is_ignored(call):
                self.cost.calls.append(call)
        return call.answer

    def _is_ignored(self, call: Call) -> bool:
        keys = _keys(call.operation, call.params)
        return bool(keys) and all(key[0].startswith(self.ignore) for key in keys) if self.ignore else False

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Work that is the meter's, not the shop's."""
        self.busy, start = True, time.thread_time()
        try:
            yield
        finally:
            self.busy = False
            self.elsewhere += time.thread_time() - start

    def _images(self, client: Any, operation: str, params: Mapping[str, Any]) -> dict[tuple[str, str], Wire | None]:
        if operation not in _SINGLE_WRITES and operation != "TransactWriteItems":
            return {}
        with self._aside():
            return {key: self._read(client, key) for key in _keys(operation, params)}

    def _read(self, client: Any, key: tuple[str, str]) -> Wire | None:
        answer = client.get_item(
            TableName=config.table_name(), Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}}, ConsistentRead=True
        )
        item: Wire | None = answer.get("Item")
        return item

    def _rate(self, client: Any, call: Call, before: Mapping[tuple[str, str], Wire | None]) -> None:
        if call.operation in _SINGLE_WRITES:
            call.writes = [self._write(client, call, _SINGLE_WRITES[call.operation], call.params, before, 1)]
        elif call.operation == "TransactWriteItems":
            for action in call.params["TransactItems"]:
                ((verb, request),) = action.items()
                call.writes.append(self._write(client, call, verb, request, before, 2))
        else:
            call.read_units = read_units(call.operation, call.params, call.answer)

    def _write(
        self, client: Any, call: Call, verb: str, request: Mapping[str, Any],
        before: Mapping[tuple[str, str], Wire | None], times: int,
    ) -> Write:  # fmt: skip
        key = _key(request.get("Item") or request["Key"])
        old = before[key]
        if call.failed or verb == "ConditionCheck":
            new = old
        elif verb == "Delete":
            new = None
        else:
            new = request["Item"] if verb == "Put" else self._read(client, key)
        size = max(size_of(item) if item else 0 for item in (old, new))
        return Write(verb, *key, size, times * base_units(old, new), index_units(old, new))


def read_units(operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Read units of a GetItem, BatchGetItem or Query."""
    if operation == "BatchGetItem":
        total = 0.0
        for name, wanted in params["RequestItems"].items():
            found = answer.get("Responses", {}).get(name, [])
            rate = 1.0 if wanted.get("ConsistentRead") else 0.5
            missing = len(wanted["Keys"]) - len(found)
            total += rate * (sum(_units(size_of(item), READ_UNIT) for item in found) + missing)
        return total
    rate = 1.0 if params.get("ConsistentRead") else 0.5
    if operation == "GetItem":
        return rate * _units(size_of(answer.get("Item") or {}), READ_UNIT)
    if operation in {"Query", "Scan"}:
        return rate * _units(sum(size_of(item) for item in answer.get("Items", ())), READ_UNIT)
    return 0.0


def _key(wire: Wire) -> tuple[str, str]:
    return wire["pk"]["S"], wire["sk"]["S"]


def _keys(operation: str, params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The items that a call names."""
    if operation == "TransactWriteItems":
        requests = [request for action in params["TransactItems"] for request in action.values()]
    elif operation == "BatchGetItem":
        return [_key(key) for wanted in params["RequestItems"].values() for key in wanted["Keys"]]
    else:
        requests = [params] if "Item" in params or "Key" in params else []
    return [_key(request.get("Item") or request["Key"]) for request in requests]


@contextmanager
def _outside(meter: _Meter) -> Iterator[None]:
    """Count the time that the in-process AWS spends on its answers, wherever it is in use."""
    from moto.core.botocore_stubber import BotocoreStubber

    original = BotocoreStubber.__call__

    def answer(self: Any, event_name: str, request: Any, **more: Any) -> Any:
        if meter.busy:
            return original(self, event_name, request, **more)
        start = time.thread_time()
        try:
            return original(self, event_name, request, **more)
        finally:
            meter.elsewhere += time.thread_time() - start

    BotocoreStubber.__call__ = answer
    try:
        yield
    finally:
        BotocoreStubber.__call__ = original


@contextmanager
def spending(*, ignore: tuple[str, ...] = ()) -> Iterator[Cost]:
    """Measure what the block spends; `cpu_ms` is there when it has ended.

    Args:
        ignore: partition keys that begin so are somebody else's (the sandbox payment provider's own pages).
    """
    aws.client("dynamodb")  # made when first used; that belongs to the cold start
    meter = _Meter(ignore)
    BaseClient._make_api_call = lambda client, *call: meter.call(client, *call)  # noqa: PLW0108 - binds the client
    start = time.thread_time()
    try:
        with _outside(meter):
            yield meter.cost
    finally:
        meter.cost.cpu_ms = (time.thread_time() - start - meter.elsewhere) * 1000
        BaseClient._make_api_call = meter.original
