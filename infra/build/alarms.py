"""The alarms that every function and every queue has."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]


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
