"""Sending to our own queues. Only for messages that no transaction could carry: verified webhooks, before any work."""

from __future__ import annotations

import json
from typing import Any

from . import aws, config


def send(queue: str, body: dict[str, Any], trace: str = "") -> str:
    """Put one message on a queue; it is durable when this returns.

    Args:
        queue: name of the queue, as in `Triggers.queue`.
        body: what the consumer gets, JSON.
        trace: id to carry along.

    Returns:
        The message's id.
    """
    attributes = {"trace": {"DataType": "String", "StringValue": trace}} if trace else {}
    answer = aws.client("sqs").send_message(
        QueueUrl=config.queue_url(queue),
        MessageBody=json.dumps(body, separators=(",", ":"), ensure_ascii=False),
        MessageAttributes=attributes,
    )
    return str(answer["MessageId"])
