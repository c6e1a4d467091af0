"""The Step Functions workflow of a return: start it once, wake it, see to it that it runs.

It coordinates and owns nothing. Every call here is harmless when repeated, and a token that nobody waits for any more
is no error: the execution looks at the return before each step.
"""

from __future__ import annotations

import json
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib.core import aws, config

WORKFLOW: Final = "return"
#: The execution is past this wait, or gone.
_NOBODY_WAITS: Final = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


def start(order_id: str, return_id: str, run: int = 0) -> None:
    """Start a return's execution; its name is the return's number, so the same one never starts twice (B24).

    Args:
        run: tells a later execution from the first; 0 for the first.
    """
    name = f"{return_id}-{run}" if run else return_id
    task = json.dumps({"order_id": order_id, "return_id": return_id})
    try:
        _client().start_execution(stateMachineArn=config.workflow_arn(WORKFLOW), name=name, input=task)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def wake(token: str) -> bool:
    """End the wait that a token stands for; False when nobody waits for it any more (B25)."""
    try:
        _client().send_task_success(taskToken=token, output="{}")
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOBODY_WAITS:
            return False
        raise
    return True


def is_running(return_id: str, run: int = 0) -> bool:
    """Whether a return's execution is at work."""
    name = f"{return_id}-{run}" if run else return_id
    execution = config.workflow_arn(WORKFLOW).replace(":stateMachine:", ":execution:") + f":{name}"
    try:
        return bool(_client().describe_execution(executionArn=execution)["status"] == "RUNNING")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return False
        raise


def _client() -> Any:
    return aws.client("stepfunctions")
