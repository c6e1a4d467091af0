"""The state machine of `infra/workflows/return.asl.json` run for real: MiniStack's interpreter, our tasks and table."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from statelint.linter import Linter

from chalicelib.core import aws
from chalicelib.core.triggers import REGISTRY
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.payments.domain import FactKind
from chalicelib.returns import service, workflow
from chalicelib.returns.domain import Condition, Disposition, InspectedLine, Return, State, Step
from chalicelib.returns.items import RETURN
from tests.support.sample_returns import (
    AFTER_SALES,
    FINANCE,
    OWNER,
    STORE,
    ask,
    completed_order,
    deliver,
    do,
    happened,
    provider_says,
    read,
    send_back,
)

Begin = Callable[..., UnitOfWork]
ASL = Path(__file__).parents[3] / "infra" / "workflows" / "return.asl.json"
CONSUMERS = ["start-return", "advance-return", "settle-return"]
TASKS = {"ReturnsLook", "ReturnsWait", "ReturnsLabel", "ReturnsRefund", "ReturnsOverdue"}


class StepFunctions:
    """The client that the shop uses, answered by MiniStack's interpreter in this process."""

    def __init__(self, definition: str) -> None:
        from ministack.services import stepfunctions

        self._service = stepfunctions
        made = self._ask("CreateStateMachine", name=f"return-{uuid.uuid4().hex}", definition=definition,
                         roleArn="arn:aws:iam::000000000000:role/r")  # fmt: skip
        self.arn = made["stateMachineArn"]

    def start_execution(self, **request: Any) -> Any:
        return self._ask("StartExecution", **request)

    def send_task_success(self, **request: Any) -> Any:
        return self._ask("SendTaskSuccess", **request)

    def describe_execution(self, **request: Any) -> Any:
        return self._ask("DescribeExecution", **request)

    def executions(self) -> dict[str, str]:
        found = self._ask("ListExecutions", stateMachineArn=self.arn)["executions"]
        return {one["name"]: one["status"] for one in found}

    def visited(self, name: str) -> list[str]:
        arn = self.arn.replace(":stateMachine:", ":execution:") + f":{name}"
        events = self._ask("GetExecutionHistory", executionArn=arn)["events"]
        return [e["stateEnteredEventDetails"]["name"] for e in events if e["type"].endswith("StateEntered")]

    def _ask(self, action: str, **request: Any) -> Any:
        answer = asyncio.run(
            self._service.handle_request(
                "POST", "/", {"x-amz-target": f"AWSStepFunctions.{action}"}, json.dumps(request), {}
            )
        )
        status, body = answer[0], json.loads(answer[2])
        if status >= 400:
            code = body["__type"].split("#")[-1]
            raise ClientError({"Error": {"Code": code, "Message": ""}}, action)
        return body


class Lambda:
    """Runs our tasks, each in its own unit of work, and can be told to fail."""

    def __init__(self, begin: Begin) -> None:
        self.begin, self.calls, self.failures = begin, [], 0

    def __call__(self, name: str, payload: Any) -> Any:
        self.calls.append(name)
        trigger = {"".join(part.title() for part in t.name.split("-")): t for t in REGISTRY.values()}[name]
        answer = do(self.begin, lambda uow: trigger.function(uow, payload))
        if self.failures:
            self.failures -= 1
            raise self.error("Unavailable", "the answer was lost")
        return answer

    error: Any = RuntimeError


Machine = Callable[..., StepFunctions]


@pytest.fixture
def tasks(begin: Begin) -> Lambda:
    return Lambda(begin)


@pytest.fixture
def machine(begin: Begin, tasks: Lambda, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Start the state machine; `wait_seconds` replaces the deadline of every wait."""
    from ministack.services import stepfunctions

    tasks.error = stepfunctions._ExecutionError
    monkeypatch.setattr(stepfunctions, "_call_lambda", tasks)
    monkeypatch.setattr(stepfunctions, "_resolve_lambda_function_ref", lambda ref, **_: ref)
    monkeypatch.setattr(stepfunctions, "_extract_lambda_ref", lambda _: None)
    monkeypatch.setattr(stepfunctions, "_scaled_sleep", lambda _: None)
    started: list[StepFunctions] = []

    def start(wait_seconds: float | None = None) -> StepFunctions:
        definition = ASL.read_text().replace("Arn}", "}")
        for name in TASKS:
            definition = definition.replace("${" + name + "}", name)
        if wait_seconds is not None:
            definition = definition.replace(
                '"TimeoutSecondsPath": "$.now.seconds"', f'"TimeoutSeconds": {wait_seconds}'
            )
        client = StepFunctions(definition)
        real = aws.client
        monkeypatch.setattr(aws, "client", lambda name: client if name == "stepfunctions" else real(name))
        monkeypatch.setenv("RETURN_WORKFLOW_ARN", client.arn)
        started.append(client)
        return client

    yield start
    for client in started:
        for name, status in client.executions().items():
            if status == "RUNNING":
                client._ask(
                    "StopExecution", executionArn=client.arn.replace(":stateMachine:", ":execution:") + f":{name}"
                )


def until(condition: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, f"not within 10 s: {what}"
        time.sleep(0.02)


def waits(begin: Begin, thing: Return, state: State) -> None:
    until(lambda: (now := read(begin, thing)).wait is not None and now.wait.state is state, f"a wait in {state}")


def test_the_definition_is_sound_and_every_task_has_a_time_out_retries_with_jitter_and_a_catch() -> None:
    assert Linter.validate(json.loads(ASL.read_text())) == []
    states = json.loads(ASL.read_text())["States"]
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}
    for state in tasks.values():
        assert ("TimeoutSeconds" in state) != ("TimeoutSecondsPath" in state)
        assert all(retry["JitterStrategy"] == "FULL" and retry["MaxAttempts"] > 0 for retry in state["Retry"])
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert {choice["StringEquals"] for choice in states["WhatNext"]["Choices"]} == set(Step)
    called = {state["Parameters"]["FunctionName"] for state in tasks.values()}
    assert called == {f"${{{name}Arn}}" for name in TASKS}


def test_a_return_goes_all_the_way_with_people_and_provider_acting_on_the_item(begin: Begin, machine: Machine) -> None:
    client, order = machine(), completed_order(begin)
    thing = ask(begin, order, {"1": 2, "2": 1})
    deliver(begin, order.id, CONSUMERS, times=2)
    waits(begin, thing, State.REQUESTED)
    do(begin, lambda uow: service.approve(uow, thing.id, AFTER_SALES))
    deliver(begin, order.id, CONSUMERS)
    waits(begin, thing, State.AWAITING_PARCEL)
    do(begin, lambda uow: service.receive(uow, thing.id, STORE))
    deliver(begin, order.id, CONSUMERS)
    waits(begin, thing, State.RECEIVED)
    _inspect_all(begin, thing)
    deliver(begin, order.id, CONSUMERS)
    waits(begin, thing, State.REFUNDING)
    provider_says(begin, order, FactKind.REFUNDED)
    deliver(begin, order.id, CONSUMERS, times=2)
    until(lambda: client.executions()[thing.id] == "SUCCEEDED", "the end of the execution")
    assert read(begin, thing).state is State.REFUNDED
    assert client.executions() == {thing.id: "SUCCEEDED"}
    steps = [name for name in client.visited(thing.id) if name not in {"Look", "WhatNext"}]
    assert steps == [
        "WaitForDecision", "IssueLabel", "WaitForParcel", "WaitForInspection", "Refund", "WaitForResult", "Done",
    ]  # fmt: skip


def _inspect_all(begin: Begin, thing: Return) -> None:

    found = [InspectedLine(n, q, 0, Condition.UNOPENED, Disposition.RESTOCK) for n, q in thing.units.items()]
    do(begin, lambda uow: service.inspect(uow, thing.id, STORE, found))


def test_the_same_return_starts_once_b24(begin: Begin, machine: Machine) -> None:
    client, order = machine(), completed_order(begin)
    thing = ask(begin, order, {"1": 1})
    for _ in range(3):
        workflow.start(order.id, thing.id)
    assert list(client.executions()) == [thing.id]


def test_who_acts_before_the_workflow_waits_does_not_leave_it_waiting(begin: Begin, machine: Machine) -> None:
    client, order = machine(), completed_order(begin)
    thing = ask(begin, order, {"1": 1})
    do(begin, lambda uow: service.cancel(uow, thing.id, OWNER))
    payload = {"order_id": order.id, "return_id": thing.id, "step": "decision", "token": "none-such"}
    do(begin, lambda uow: REGISTRY["returns-wait"].function(uow, payload))
    assert read(begin, thing).wait is None
    deliver(begin, order.id, CONSUMERS)
    until(lambda: client.executions()[thing.id] == "SUCCEEDED", "the end of the execution")


def test_a_task_that_is_repeated_after_its_effect_pays_once_b23(begin: Begin, machine: Machine, tasks: Lambda) -> None:
    client, order = machine(), completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    tasks.failures = 2
    deliver(begin, order.id, ["start-return"])
    waits(begin, thing, State.REFUNDING)
    assert tasks.calls.count("ReturnsRefund") >= 1
    assert len(happened(order.id, "refund.requested")) == 1
    assert client.executions() == {thing.id: "RUNNING"}


def test_when_time_is_up_the_workflow_asks_and_the_item_decides(begin: Begin, machine: Machine, clock: Any) -> None:
    client, order = machine(wait_seconds=0.1), completed_order(begin)
    thing = ask(begin, order, {"1": 1})
    deliver(begin, order.id, ["start-return"])
    until(lambda: client.visited(thing.id).count("Overdue") > 1, "time-outs before the deadline")
    assert read(begin, thing).state is State.AWAITING_PARCEL
    clock.forward(days=14)
    until(lambda: client.executions()[thing.id] == "SUCCEEDED", "the end of the execution")
    assert read(begin, thing).state is State.EXPIRED
    assert len(happened(order.id, "return.expired")) == 1


def test_after_the_workflow_has_ended_a_late_parcel_starts_another_b25(
    begin: Begin, machine: Machine, clock: Any
) -> None:
    client, order = machine(), completed_order(begin)
    thing = ask(begin, order, {"1": 1})
    deliver(begin, order.id, CONSUMERS)
    waits(begin, thing, State.AWAITING_PARCEL)
    clock.forward(days=14)
    do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, order.id, thing.id)))
    deliver(begin, order.id, CONSUMERS)
    until(lambda: client.executions()[thing.id] == "SUCCEEDED", "the end of the first execution")
    do(begin, lambda uow: service.receive(uow, thing.id, STORE))
    received = happened(order.id, "return.received")[0]
    do(begin, lambda uow: REGISTRY["advance-return"].function(uow, received))
    waits(begin, thing, State.RECEIVED)
    assert len(client.executions()) == 2


def test_a_token_that_nobody_waits_for_is_harmless_b25(begin: Begin, machine: Machine) -> None:
    machine()
    assert workflow.wake("no-such-token") is False


def test_a_blocked_refund_waits_for_finance_and_goes_on_when_it_is_released(begin: Begin, machine: Machine) -> None:
    _, order = machine(), completed_order(begin)
    thing = send_back(begin, ask(begin, order, {"1": 1}))
    deliver(begin, order.id, CONSUMERS)
    waits(begin, thing, State.REFUNDING)
    provider_says(begin, order, FactKind.REFUND_FAILED)
    deliver(begin, order.id, CONSUMERS)
    deliver(begin, order.id, CONSUMERS)
    waits(begin, thing, State.REFUND_BLOCKED)
    do(begin, lambda uow: service.release(uow, thing.id, FINANCE))
    deliver(begin, order.id, CONSUMERS)
    waits(begin, thing, State.REFUNDING)
