"""An in-process table of the real shape, and meters that count what a command costs."""

from __future__ import annotations

import copy
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core import aws, config, secrets, settings_values
from chalicelib.core.connection import Item
from chalicelib.shipping.service import decisions

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
def fresh_table() -> Iterator[None]:
    """A new, empty, in-process AWS with the table in it.

    The SDK's session stays from one to the next: what it has read of the services takes longer than all the rest.
    """
    from moto import mock_aws

    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    os.environ.pop("AWS_ENDPOINT_URL", None)
    aws.CLIENTS.clear()
    secrets.forget()
    settings_values.forget()
    decisions.forget()
    try:
        with mock_aws():
            create_table()
            aws.client("secretsmanager").create_secret(
                Name="caravan/test/matching", SecretString=json.dumps({"key": "m" * 32})
            )
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


@contextmanager
def short_way() -> Iterator[None]:
    """Hand calls to the in-process table itself instead of through HTTP, signing and two serialisers.

    The table behaves the same and answers several times as fast; for tests that make tens of thousands of calls.
    """
    from botocore.exceptions import ClientError
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.core.exceptions import HTTPException
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    client = aws.client("dynamodb")
    original = client._make_api_call
    names = {name: method for method, name in client.meta.method_to_api_mapping.items()}

    def call(operation: str, params: dict[str, Any]) -> Any:
        handler = DynamoHandler()
        handler.region, handler.current_account, handler.headers = config.region(), DEFAULT_ACCOUNT_ID, {}
        handler.response_headers = {}
        handler.body = handler.params = copy.deepcopy(params)
        try:
            return copy.deepcopy(getattr(handler, names[operation])().result)
        except HTTPException as error:
            told = json.loads(str(error.description))
            code = told["__type"].rpartition("#")[2]
            answer = {"Error": {"Code": code, "Message": told.get("message", "")}, **told}
            raise ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation) from None

    client._make_api_call = call
    Table.__deepcopy__ = _backup
    try:
        yield
    finally:
        del Table.__deepcopy__
        client._make_api_call = original


def _backup(table: Any, _memo: Any) -> Any:
    """What a transaction that fails goes back to. Items that are put are replaced; only counters change in place."""
    twin = copy.copy(table)
    twin.items = defaultdict(dict)
    for partition, items in table.items.items():
        twin.items[partition] = {
            key: item if "body" in item.attrs or "events" in item.attrs else copy.deepcopy(item)
            for key, item in items.items()
        }
    return twin
