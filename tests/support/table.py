"""An in-process table of the real shape, and meters that count what a command costs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core import aws, config, settings_values, table

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "TABLE_NAME": "caravan-test",
    "BUS_NAME": "caravan-test",
    "STAGE": "test",
    "PUBLIC_URL": "http://shop.test",
    "SECRETS_PREFIX": "caravan/test/",
    "MAIL_FROM": "shop@example.com",
    "SHOPPER_POOL_ID": "eu-central-1_shopper",
    "SHOPPER_CLIENT_ID": "shopper-client",
    "STAFF_POOL_ID": "eu-central-1_staff",
    "STAFF_CLIENT_ID": "staff-client",
    "LOG_LEVEL": "ERROR",
    "POWERTOOLS_SERVICE_NAME": "caravan-test",
    "POWERTOOLS_METRICS_NAMESPACE": "Caravan",
}


def create_table() -> None:
    """The table that `infra/` describes: keys, three indexes and their projections."""
    schema = table.Item._get_schema()
    aws.client("dynamodb").create_table(
        TableName=config.table_name(),
        BillingMode="PAY_PER_REQUEST",
        KeySchema=schema["key_schema"],
        AttributeDefinitions=schema["attribute_definitions"],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index["index_name"],
                "KeySchema": index["key_schema"],
                "Projection": index["projection"],
            }
            for index in schema["global_secondary_indexes"]
        ],
    )


@contextmanager
def fresh_table() -> Iterator[None]:
    """A new, empty, in-process AWS with the table in it."""
    from moto import mock_aws

    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    aws.forget()
    settings_values.forget()
    try:
        with mock_aws():
            create_table()
            yield
    finally:
        aws.forget()
        settings_values.forget()
        os.environ.clear()
        os.environ.update(before)


@dataclass
class Meter:
    """What was asked of DynamoDB: calls by name, and the largest transaction."""

    calls: Counter[str] = field(default_factory=Counter)
    actions: int = 0
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def round_trips(self) -> int:
        return sum(self.calls.values())


@contextmanager
def metered() -> Iterator[Meter]:
    """Count the DynamoDB calls made inside the block."""
    meter = Meter()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        meter.calls[model.name] += 1
        meter.requests.append((model.name, params))
        meter.actions = max(meter.actions, len(params.get("TransactItems", ())))

    emitter = aws.client("dynamodb").meta.events
    emitter.register("provide-client-params.dynamodb.*", note, unique_id="meter")
    try:
        yield meter
    finally:
        emitter.unregister("provide-client-params.dynamodb.*", unique_id="meter")
