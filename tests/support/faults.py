"""Faults at the boundary to AWS: what really goes wrong between a function and the services it calls, on demand.

A fault is a parameter of an operation: its kind and the number of the call (counted from 1) it strikes. `struck` tells
whether it was reached, so that a run that injected nothing is not taken for a run that survived.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.core import aws, commit, unit_of_work


class Killed(BaseException):
    """The process died here. Not an `Exception`, so that nothing in our code can catch it."""


#: Every kind of fault, and whether the call had its effect when it strikes.
KINDS = {
    "crash_before": False,  # killed before the call left
    "crash_after": True,  # killed after the table had done it
    "lost_answer": True,  # done, but the answer never came
    "timeout": False,  # never arrived
    "server_error": False,  # 500, nothing done
    "server_error_after": True,  # 500, but done
    "throttle": False,
    "conflict": False,  # another transaction on the same item
}


@dataclass
class Fault:
    """One fault armed for one call."""

    kind: str
    call: int
    struck: bool = False


def _client_error(operation: str, code: str, status: int, **extra: Any) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **extra}, operation
    )


#: What other services say when they are asked too often.
_THROTTLED = {
    "SendMessage": "RequestThrottled", "SendEmail": "TooManyRequestsException", "StartExecution": "ThrottlingException",
    "SendTaskSuccess": "ThrottlingException", "DescribeExecution": "ThrottlingException",
}  # fmt: skip


def _raise(kind: str, operation: str, params: dict[str, Any]) -> None:
    if kind.startswith("crash"):
        raise Killed(operation)
    if kind in {"timeout", "lost_answer"}:
        raise ReadTimeoutError(endpoint_url="http://table.test")
    if kind.startswith("server_error"):
        raise _client_error(operation, "InternalServerError", 500)
    if operation in _THROTTLED:
        raise _client_error(operation, _THROTTLED[operation], 429)
    if kind == "throttle":
        raise _client_error(operation, "ThrottlingException", 400)
    if operation == "TransactWriteItems":
        reasons = [{"Code": "None"} for _ in params["TransactItems"]]
        reasons[0] = {"Code": "TransactionConflict"}
        raise _client_error(operation, "TransactionCanceledException", 400, CancellationReasons=reasons)
    raise _client_error(operation, "TransactionConflictException", 400)


class Boundary:
    """The calls of one operation, counted from 1, with what happens to them; see `injected`."""

    def __init__(self, fault: Fault | None, interleave: Callable[[], None] | None, at: int) -> None:
        self._fault, self._interleave, self._at = fault, interleave, at
        self._here = threading.local()

    def call(self, operation: str, params: dict[str, Any], do: Callable[[], Any]) -> Any:
        here, fault = self._here, self._fault
        if getattr(here, "inside", False):
            return do()
        here.calls = getattr(here, "calls", 0) + 1
        if self._interleave is not None and here.calls == self._at:
            here.inside = True
            try:
                self._interleave()
            finally:
                here.inside = False
        if fault is None or fault.struck or here.calls != fault.call:
            return do()
        fault.struck = True
        if KINDS[fault.kind]:
            do()
        _raise(fault.kind, operation, params)
        return None


#: Those that are being watched, the innermost last.
_BOUNDARIES: list[Boundary] = []


def across(operation: str, do: Callable[[], Any]) -> Any:
    """A call to another service than the table, for whoever stands in for that service."""
    return _BOUNDARIES[-1].call(operation, {}, do) if _BOUNDARIES else do()


@contextmanager
def injected(fault: Fault | None, interleave: Callable[[], None] | None = None, at: int = 0) -> Iterator[None]:
    """Strike the calls made to DynamoDB, and to other services through `across`, inside the block.

    Args:
        fault: what goes wrong, and at which call.
        interleave: another client's whole operation, run just before call number `at`.
    """
    client, boundary = aws.client("dynamodb"), Boundary(fault, interleave, at)
    original = client._make_api_call
    client._make_api_call = lambda operation, params: boundary.call(
        operation, params, lambda: original(operation, params)
    )
    _BOUNDARIES.append(boundary)
    try:
        yield
    finally:
        _BOUNDARIES.pop()
        client._make_api_call = original


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let the in-process table take one call after the other: between threads it is not atomic, as DynamoDB is."""
    client, lock = aws.client("dynamodb"), threading.Lock()
    original = client._make_api_call

    def call(operation: str, params: dict[str, Any]) -> Any:
        with lock:
            return original(operation, params)

    client._make_api_call = call
    try:
        yield
    finally:
        client._make_api_call = original


@contextmanager
def request_tokens() -> Iterator[None]:
    """Let the in-process table honour `ClientRequestToken`, as DynamoDB does for ten minutes and moto does not.

    The same token with the same actions gives the first answer again; with other actions it is refused.
    """
    client = aws.client("dynamodb")
    original = client._make_api_call
    known: dict[str, tuple[Any, Any]] = {}

    def call(operation: str, params: dict[str, Any]) -> Any:
        token = params.get("ClientRequestToken")
        if operation != "TransactWriteItems" or token is None:
            return original(operation, params)
        if token not in known:
            answer = original(operation, params)
            known[token] = (params["TransactItems"], answer)
        elif known[token][0] != params["TransactItems"]:
            raise _client_error(operation, "IdempotentParameterMismatchException", 400)
        return known[token][1]

    client._make_api_call = call
    try:
        yield
    finally:
        client._make_api_call = original


@contextmanager
def without_waiting() -> Iterator[None]:
    """Retries of commits and commands follow at once, so that a test of hundreds of faults takes no time."""
    modules = (commit, unit_of_work)
    before = [module.time for module in modules]
    for module in modules:
        module.time = SimpleNamespace(sleep=lambda _seconds: None)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module, clock in zip(modules, before, strict=True):
            module.time = clock  # type: ignore[attr-defined]
