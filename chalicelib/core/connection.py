"""The table's shape and the way to it: keys, indexes, projections, and PynamoDB over the process's own client."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection
from pynamodb.models import Model

from . import aws, config
from .errors import Unavailable


class _ByParent(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """gsi1: the other parent, newest first. Projects the card."""

    class Meta:
        index_name = "gsi1"
        projection = IncludeProjection(["type", "card"])

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class _ByWork(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """gsi2 (sparse): work lists of a group; an item leaves the list when the work is done. Projects the card."""

    class Meta:
        index_name = "gsi2"
        projection = IncludeProjection(["type", "card"])

    gsi2pk = UnicodeAttribute(hash_key=True)
    gsi2sk = UnicodeAttribute(range_key=True)


class _ByDue(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """gsi3 (sparse, keys only): the next deadline of whatever waits."""

    class Meta:
        index_name = "gsi3"
        projection = KeysOnlyProjection()

    gsi3pk = UnicodeAttribute(hash_key=True)
    gsi3sk = UnicodeAttribute(range_key=True)


class Item(Model):
    """The shape that every item shares; the table's definition in `infra/` is held against it by a test."""

    class Meta:
        table_name = "caravan"  # the real name comes from the environment, see `connection`

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    gsi1 = _ByParent()
    gsi2 = _ByWork()
    gsi3 = _ByDue()
    expires_at = NumberAttribute(null=True)


class _SharedClient(Connection):
    """PynamoDB over the process's own client, so that there is one client and one set of time-outs."""

    @property
    def client(self) -> Any:
        return aws.client("dynamodb")

    def dispatch(self, operation_name: str, operation_kwargs: dict[str, Any]) -> dict[str, Any]:
        """One call. A table that does not answer is `Unavailable`, not a defect."""
        try:
            return super().dispatch(operation_name, operation_kwargs)
        except (HTTPClientError, ConnectionError) as error:
            raise Unavailable("The shop does not answer just now. Please try again in a moment.") from error
        except ClientError as error:
            if error.response["Error"]["Code"] in aws.PASSING:
                raise Unavailable("The shop is very busy. Please try again in a moment.") from error
            raise


@cache
def _connection(table: str) -> Connection:
    schema = Item._get_schema()
    connection = _SharedClient(region=config.region())
    connection.add_meta_table(
        MetaTable(
            {
                "TableName": table,
                "KeySchema": schema["key_schema"],
                "AttributeDefinitions": schema["attribute_definitions"],
                "GlobalSecondaryIndexes": [
                    {"IndexName": index["index_name"], "KeySchema": index["key_schema"]}
                    for index in schema["global_secondary_indexes"]
                ],
            }
        )
    )
    return connection


def connection() -> Connection:
    """PynamoDB's connection to the table that the environment names."""
    return _connection(config.table_name())
