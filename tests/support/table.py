"""An in-process table of the real shape, and meters that count what a command costs."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core import aws, config, secrets, settings_values
from chalicelib.core.connection import Item
from chalicelib.shipping.service import decisions

from .short_way import short_way

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
    schema = Item._get_schema()
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
def _in_process_aws() -> Iterator[None]:
    """What `mock_aws` does for botocore. What it does for other HTTP clients takes longer than most tests."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data
    from moto.core.models import botocore_stubber

    botocore_stubber.enabled = True
    try:
        yield
    finally:
        botocore_stubber.enabled = False
        BackendDict.reset()
        reset_model_data()


#: Clients of the in-process AWS, kept from one test to the next: making them takes longer than using them.
_CLIENTS: dict[str, Any] = {}


@contextmanager
def fresh_table(*, direct: bool = True) -> Iterator[None]:
    """A new, empty, in-process AWS with the table in it.

    Args:
        direct: whether calls to the table take the short way; False: through everything that the SDK does.
    """
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    aws.CLIENTS.clear()
    aws.CLIENTS.update(_CLIENTS if direct else {})
    secrets.forget()
    settings_values.forget()
    decisions.forget()
    try:
        with _in_process_aws(), short_way() if direct else nullcontext():
            create_table()
            aws.client("secretsmanager").create_secret(
                Name="caravan/test/matching", SecretString=json.dumps({"key": "m" * 32})
            )
            if direct:
                _CLIENTS.update(aws.CLIENTS)
            yield
    finally:
        aws.CLIENTS.clear()
        secrets.forget()
        settings_values.forget()
        decisions.forget()
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
    meter, client = Meter(), aws.client("dynamodb")
    original = client._make_api_call

    def call(operation: str, params: dict[str, Any]) -> Any:
        meter.calls[operation] += 1
        meter.requests.append((operation, params))
        meter.actions = max(meter.actions, len(params.get("TransactItems", ())))
        return original(operation, params)

    client._make_api_call = call
    try:
        yield meter
    finally:
        client._make_api_call = original
