"""From the registry that the code keeps to queues, rules, event sources and dead-letter queues.

`chalicelib.core.triggers.REGISTRY` names every function with what starts it. Chalice has already made the
function; here it gets its event source as AWS should have it: partial batches, dead letters, bounded retries.
"""

from __future__ import annotations

import json
from typing import Any, Final, Protocol

from . import alarms
from .names import camel, physical

Resource = dict[str, Any]

#: Deliveries before a message becomes a dead letter.
MAX_RECEIVES: Final = 5
DEAD_LETTER_SECONDS: Final = 14 * 24 * 3600
#: A queue must hide a message at least this many function time-outs long (AWS's advice).
VISIBILITY_FACTOR: Final = 6
#: At most this many copies of one consumer at a time, so that a burst leaves the account's concurrency to shoppers.
MAX_CONCURRENCY: Final = 20


class Trigger(Protocol):
    """What the build reads of a registered trigger."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def on(self) -> tuple[str, ...]: ...
    @property
    def rate(self) -> str: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def timeout(self) -> int: ...
    @property
    def memory(self) -> int: ...
    @property
    def concurrency(self) -> int: ...
    @property
    def grants(self) -> tuple[str, ...]: ...


def event_source(trigger: Trigger) -> tuple[Resource, dict[str, Resource], tuple[str, ...]]:
    """What starts the function.

    Returns:
        The properties to set on the function, the resources beside it, and the grants it needs for them.
    """
    return {
        "consumer": _consumer,
        "queue": _queue,
        "stream": _stream,
        "schedule": _schedule,
        "task": _task,
    }[trigger.kind](trigger)


def _dead_letters(name: str) -> dict[str, Resource]:
    logical = f"{camel(name)}Dlq"
    queue = {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": physical(f"{name}-dead"),
            "MessageRetentionPeriod": DEAD_LETTER_SECONDS,
            "SqsManagedSseEnabled": True,
        },
    }
    return {logical: queue, **alarms.of_dead_letters(name, logical)}


def _queue_and_dead_letters(trigger: Trigger) -> dict[str, Resource]:
    logical = f"{camel(trigger.name)}Queue"
    visibility = VISIBILITY_FACTOR * trigger.timeout
    queue = {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": physical(trigger.name),
            "VisibilityTimeout": visibility,
            "MessageRetentionPeriod": 4 * 24 * 3600,
            "SqsManagedSseEnabled": True,
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": [f"{camel(trigger.name)}Dlq", "Arn"]},
                "maxReceiveCount": MAX_RECEIVES,
            },
        },
    }
    # A message that fails at every delivery is as old as this when it becomes a dead letter.
    oldest = max(900, visibility * MAX_RECEIVES)
    return {logical: queue, **_dead_letters(trigger.name), **alarms.of_queue(trigger.name, logical, oldest)}


def _queue_policy(name: str, from_rule: bool) -> Resource:
    queue, dead = f"{camel(name)}Queue", f"{camel(name)}Dlq"
    arns = [{"Fn::GetAtt": [queue, "Arn"]}, {"Fn::GetAtt": [dead, "Arn"]}]
    only_encrypted = {
        "Sid": "OnlyEncryptedTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arns,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    # The local cloud speaks plain HTTP over the loopback interface.
    guard = {"Fn::If": ["IsLocal", {"Ref": "AWS::NoValue"}, only_encrypted]} if from_rule else only_encrypted
    statements: list[Resource] = [guard]
    if from_rule:
        statements.append(
            {
                "Sid": "EventsOfThisRule",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arns,
                "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [f"{camel(name)}Rule", "Arn"]}}},
            }
        )
    policy: Resource = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": queue}, {"Ref": dead}],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        },
    }
    return policy if from_rule else {"Condition": "IsNotLocal", **policy}


def _from_queue(trigger: Trigger) -> Resource:
    event = {
        "Type": "SQS",
        "Properties": {
            "Queue": {"Fn::GetAtt": [f"{camel(trigger.name)}Queue", "Arn"]},
            "BatchSize": trigger.batch_size,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": trigger.concurrency or MAX_CONCURRENCY},
        },
    }
    return {"Events": {"Messages": event}}


def _consumer(trigger: Trigger) -> tuple[Resource, dict[str, Resource], tuple[str, ...]]:
    """Bus → rule → queue → function, with one dead-letter queue for what cannot be delivered or not be handled."""
    own = camel(trigger.name)
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": physical(trigger.name),
            "EventBusName": {"Ref": "Bus"},
            "EventPattern": {"detail-type": sorted(trigger.on)},
            "State": "ENABLED",
            "Targets": [
                {
                    "Id": "queue",
                    "Arn": {"Fn::GetAtt": [f"{own}Queue", "Arn"]},
                    "DeadLetterConfig": {"Arn": {"Fn::GetAtt": [f"{own}Dlq", "Arn"]}},
                    "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 24 * 3600},
                }
            ],
        },
    }
    resources = {
        **_queue_and_dead_letters(trigger),
        f"{own}Rule": rule,
        f"{own}QueuePolicy": _queue_policy(trigger.name, from_rule=True),
    }
    return _from_queue(trigger), resources, ("consume",)


def _queue(trigger: Trigger) -> tuple[Resource, dict[str, Resource], tuple[str, ...]]:
    """A queue that our own functions fill."""
    policy = {f"{camel(trigger.name)}QueuePolicy": _queue_policy(trigger.name, from_rule=False)}
    return _from_queue(trigger), {**_queue_and_dead_letters(trigger), **policy}, ("consume",)


def _stream(trigger: Trigger) -> tuple[Resource, dict[str, Resource], tuple[str, ...]]:
    """New event rows of the table, oldest first."""
    new_events = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "EVENT#"}]}}}}
    event = {
        "Type": "DynamoDB",
        "Properties": {
            "Stream": {"Fn::GetAtt": ["Table", "StreamArn"]},
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": trigger.batch_size,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "BisectBatchOnFunctionError": True,
            # As long as the stream keeps a record (24 hours): an event that is given up is an event lost.
            "MaximumRecordAgeInSeconds": 24 * 3600,
            "MaximumRetryAttempts": 1000,
            "ParallelizationFactor": 4,
            "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": _arn(f"{camel(trigger.name)}Dlq")}},
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps(new_events, separators=(",", ":"))}]},
        },
    }
    resources = {**_dead_letters(trigger.name), **alarms.of_stream(trigger.name, camel(trigger.name))}
    return {"Events": {"Stream": event}}, resources, ("stream", "deadletter")


def _schedule(trigger: Trigger) -> tuple[Resource, dict[str, Resource], tuple[str, ...]]:
    """The clock. A run that fails is not repeated: the next one does the same work."""
    dead_letters = _arn(f"{camel(trigger.name)}Dlq")
    event = {
        "Type": "Schedule",
        "Properties": {
            "Schedule": trigger.rate,
            "DeadLetterConfig": {"Arn": dead_letters},
            "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 300},
        },
    }
    own = camel(trigger.name)
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": f"{own}Dlq"}],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": dead_letters,
                        "Condition": {"ArnEquals": {"aws:SourceArn": _arn(f"{own}Clock")}},
                    }
                ],
            },
        },
    }
    invocation = {
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 300,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": dead_letters}},
    }
    properties = {"Events": {"Clock": event}, "EventInvokeConfig": invocation}
    return properties, {**_dead_letters(trigger.name), f"{own}DlqPolicy": policy}, ("deadletter",)


def _task(_: Trigger) -> tuple[Resource, dict[str, Resource], tuple[str, ...]]:
    """A step of a workflow: the state machine calls it and retries it."""
    return {}, {}, ()


def _arn(logical: str) -> Resource:
    return {"Fn::GetAtt": [logical, "Arn"]}
