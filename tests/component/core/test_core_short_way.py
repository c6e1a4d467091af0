"""The short way to the in-process table, which most tests take, answers as the long one through the SDK does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import aws, config
from tests.support.table import fresh_table

KEY = {"pk": {"S": "A"}, "sk": {"S": "1"}}
ITEM = {
    **KEY, "gsi1pk": {"S": "G"}, "gsi1sk": {"S": "1"}, "type": {"S": "thing"}, "version": {"N": "1"},
    "body": {"B": b"\x00{}"}, "card": {"B": b"{}"}, "on": {"BOOL": True},
}  # fmt: skip
COUNTER = {"pk": {"S": "C"}, "sk": {"S": "COUNT"}}


def _ask(operation: str, **given: Any) -> Any:
    """The answer, or the error as the code sees it."""
    try:
        answer = getattr(aws.client("dynamodb"), operation)(**given)
    except ClientError as error:
        found = error.response
        reasons = [(each["Code"], each.get("Item")) for each in found.get("CancellationReasons", ())]
        return found["Error"]["Code"], found["Error"]["Message"], reasons, found["ResponseMetadata"]["HTTPStatusCode"]
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _story() -> list[Any]:
    """What the core does with a table, and what it hears."""
    name = config.table_name()
    of = {"TableName": name}
    count = {"Update": {
        **of, "Key": COUNTER, "UpdateExpression": "ADD #n :n", "ConditionExpression": "#n >= :least",
        "ExpressionAttributeNames": {"#n": "n"}, "ExpressionAttributeValues": {":n": {"N": "-2"}, ":least": {"N": "2"}},
    }}  # fmt: skip
    fresh = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}

    def put(place: str, **more: str) -> dict[str, Any]:
        return {"Put": {**of, "Item": {**ITEM, "sk": {"S": place}}, **more}}

    told = [
        _ask("put_item", **of, Item=ITEM),
        _ask("put_item", **of, Item=ITEM, ConditionExpression="attribute_not_exists(pk)"),
        _ask("get_item", **of, Key=KEY, ConsistentRead=True),
        _ask("get_item", **of, Key=COUNTER),
        _ask(
            "update_item", **of, Key=COUNTER, UpdateExpression="ADD #n :n", ExpressionAttributeNames={"#n": "n"},
            ExpressionAttributeValues={":n": {"N": "3"}}, ReturnValues="ALL_NEW",
        ),
        _ask("transact_write_items", TransactItems=[count, put("2", **fresh)]),
        _ask("transact_write_items", TransactItems=[put("3"), count]),
        _ask("transact_write_items", TransactItems=[put("4"), put("1", **fresh)]),
        _ask("batch_get_item", RequestItems={name: {"Keys": [KEY, COUNTER]}}),
        _ask(
            "delete_item", **of, Key=KEY, ConditionExpression="version = :v",
            ExpressionAttributeValues={":v": {"N": "2"}},
        ),
    ]  # fmt: skip
    query = {
        **of,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": "A"}},
        "Limit": 1,
    }
    first = _ask("query", **query)
    told += [first, _ask("query", **query, ExclusiveStartKey=first["LastEvaluatedKey"])]
    told.append(_ask(
        "query", **of, IndexName="gsi1", KeyConditionExpression="gsi1pk = :p",
        ExpressionAttributeValues={":p": {"S": "G"}}, ScanIndexForward=False,
    ))  # fmt: skip
    told.append(_ask("scan", **of, ConsistentRead=True))
    return told


def test_the_short_way_answers_as_the_long_one() -> None:
    told = []
    for direct in (True, False):
        with fresh_table(direct=direct):
            told.append(_story())
    assert len(told[0]) == 14
    for short, long in zip(*told, strict=True):
        assert short == long


@pytest.mark.parametrize("direct", [True, False])
def test_a_transaction_that_fails_leaves_everything_as_it_was(direct: bool) -> None:
    with fresh_table(direct=direct):
        told = _story()
    everything = {(item["pk"]["S"], item["sk"]["S"]): item for item in told[-1]["Items"]}
    assert set(everything) == {("A", "1"), ("A", "2"), ("C", "COUNT")}
    assert everything["C", "COUNT"]["n"] == {"N": "1"}, "counted down once; the transaction that wanted it again failed"
