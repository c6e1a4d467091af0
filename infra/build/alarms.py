"""The alarms that every function and every queue has, and those of the metrics that our own code counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Resource = dict[str, Any]

_ANY: Final[Resource] = {}
#: Metrics of our own (`core.observe.count`) that somebody must hear of: what it means, and how much of it is too much.
ALARMED: Final[Mapping[str, tuple[str, Resource]]] = {
    "FailedRequests": ("A request ended in a defect of ours.", _ANY),
    "RelayRefused": ("The bus goes on refusing events.", {"EvaluationPeriods": 3, "DatapointsToAlarm": 2}),
    "UndeliverableMails": (
        "More than three mails in an hour were given up.",
        {"Period": 3600, "Threshold": 3},
    ),
    "BookingRefundsOverdue": ("The prepayment of a missed appointment is not back in time (ALY-09).", _ANY),
    "OrdersOverdue": ("A group has not acted on an order in time (REV-10, AMB-20).", {"Period": 3600}),
    "OrdersEscalated": ("Nobody has acted on an order for so long that management has it (REV-10).", _ANY),
    "ProvidersUnavailable": ("A payment provider does not open payments.", {"Threshold": 5}),
    "EndpointsFailing": ("A store's own system has not taken messages for a while.", _ANY),
    "EndpointsDisabled": ("A store's own system is told nothing any more.", _ANY),
    "PaidBoxesUnused": ("A locker's box was paid and never used: its vendor owes the money (FUL-06).", _ANY),
    "ProductsNotFollowed": ("A product could not take over what its brand, option or components are now.", _ANY),
    "WebhooksFailed": ("A store's own system has not taken a message for a day.", _ANY),
}
#: Metrics of our own that raise no alarm, and why.
UNALARMED: Final[Mapping[str, str]] = {
    "DeadlinesFired": "how much the clock has to do; nothing is wrong with much or little",
    "DeadlinesStuck": "a stuck deadline fails its run: SweepDeadlinesErrorAlarm; this tells which",
    "FailedMessages": "a message that goes on failing becomes a dead letter: its alarm; this tells whose",
    "RefusedRequests": "who may not is refused; a matter for a look at the numbers",
    "ForeignReports": "a courier's report about a parcel that is not ours (any more)",
    "ForeignPaymentReports": "a provider's report about money that never came to us",
    "ExceptionsWarned": "still in time: its group is told by mail, and the work list shows it",
    "LatePickups": "marked for the store on its work list",
    "SandboxWebhooksLost": "the sandbox is not in production",
}


def _alarm(description: str, namespace: str, metric: str, dimension: tuple[str, Any], **more: Any) -> Resource:
    properties = {
        "AlarmDescription": f"{description} See docs/operations.md.",
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": dimension[0], "Value": dimension[1]}],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [{"Ref": "AlarmTopic"}],
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {**properties, **more}}


def of_function(name: str, logical: str) -> dict[str, Resource]:
    """A function that fails or is throttled."""
    dimension = ("FunctionName", {"Ref": logical})
    return {
        f"{logical}ErrorAlarm": _alarm(f"{name} failed.", "AWS/Lambda", "Errors", dimension),
        f"{logical}ThrottleAlarm": _alarm(f"{name} was throttled.", "AWS/Lambda", "Throttles", dimension),
    }


def of_dead_letters(name: str, dead_letters: str) -> dict[str, Resource]:
    """Something lies in a dead-letter queue: work that nobody does unless a person looks."""
    return {
        f"{dead_letters}Alarm": _alarm(
            f"Dead letters of {name}.",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            ("QueueName", {"Fn::GetAtt": [dead_letters, "QueueName"]}),
            Statistic="Maximum",
            Period=60,
        )
    }


def of_queue(name: str, queue: str, oldest_seconds: int) -> dict[str, Resource]:
    """The oldest message waits longer than retries alone explain."""
    return {
        f"{queue}AgeAlarm": _alarm(
            f"{name} is behind: the oldest message is older than {oldest_seconds} seconds.",
            "AWS/SQS",
            "ApproximateAgeOfOldestMessage",
            ("QueueName", {"Fn::GetAtt": [queue, "QueueName"]}),
            Statistic="Maximum",
            Threshold=oldest_seconds,
        )
    }


def of_stream(name: str, logical: str) -> dict[str, Resource]:
    """Events are published late: the reader of the table's stream is behind."""
    return {
        f"{logical}BehindAlarm": _alarm(
            f"{name} is behind the table's stream by more than a minute.",
            "AWS/Lambda",
            "IteratorAge",
            ("FunctionName", {"Ref": logical}),
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=3,
            Threshold=60_000,
        )
    }


def of_workflow(name: str, logical: str) -> dict[str, Resource]:
    """An execution ended other than by its own design."""
    dimension = ("StateMachineArn", {"Ref": logical})
    return {
        f"{logical}FailedAlarm": _alarm(f"Workflow {name} failed.", "AWS/States", "ExecutionsFailed", dimension),
        f"{logical}TimedOutAlarm": _alarm(f"Workflow {name} timed out.", "AWS/States", "ExecutionsTimedOut", dimension),
    }


def of_our_own() -> dict[str, Resource]:
    """What our own code counts, by stage."""
    dimension = ("stage", {"Ref": "Stage"})
    return {
        f"{metric}Alarm": _alarm(description, "Caravan", metric, dimension, **more)
        for metric, (description, more) in ALARMED.items()
    }
