"""The meter's rules held against an AWS that reports the capacity it took (the local cloud; moto reports constants)."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from chalicelib.core import aws
from tests.support.meter import spending

from .conftest import Report

pytestmark = pytest.mark.bench

LISTED = {"gsi1pk": {"S": "BENCH#LIST"}, "gsi1sk": {"S": "1"}}


def item(sk: str, size: int, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": "BENCH"}, "sk": {"S": sk}, "body": {"S": "x" * size}, **more}


def key(sk: str) -> dict[str, Any]:
    return {"pk": {"S": "BENCH"}, "sk": {"S": sk}}


def calls(table: str) -> list[tuple[str, str, Callable[[Any], dict[str, Any]]]]:
    """What is asked, as name, operation and parameters."""

    def put(thing: dict[str, Any]) -> dict[str, Any]:
        return {"TableName": table, "Item": thing}

    def all_of(*actions: dict[str, Any]) -> dict[str, Any]:
        return {
            "TransactItems": [{verb: {"TableName": table, **rest}} for one in actions for verb, rest in one.items()]
        }

    read = {"TableName": table, "ConsistentRead": True}
    partition = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "BENCH"}}}
    listed = {"KeyConditionExpression": "gsi1pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "BENCH#LIST"}}}
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    return [
        ("a small item", "put_item", put(item("a", 100))),
        ("an item of 1.5 KB", "put_item", put(item("b", 1500))),
        ("the same, small again", "put_item", put(item("b", 10))),
        ("a listed item", "put_item", put(item("c", 10, **LISTED))),
        ("the same, body changed", "put_item", put(item("c", 11, **LISTED))),
        ("the same, card changed", "put_item", put(item("c", 11, **LISTED, card={"B": b"1"}))),
        ("the same, moved in the list", "put_item", put(item("c", 11, gsi1pk=LISTED["gsi1pk"], gsi1sk={"S": "2"}))),
        ("a transaction of three", "transact_write_items", all_of(
            {"Put": {"Item": item("d", 100)}},
            {"Put": {"Item": item("e", 3000)}},
            {"Put": {"Item": item("f", 10, **LISTED)}},
        )),
        ("a transaction with a check", "transact_write_items", all_of(
            {"Put": {"Item": item("d", 100)}},
            {"ConditionCheck": {"Key": key("e"), "ConditionExpression": "attribute_exists(pk)"}},
        )),
        ("a condition that fails", "put_item", {**put(item("b", 10)), **absent}),
        ("a removal", "delete_item", {"TableName": table, "Key": key("e")}),
        ("an item, strongly", "get_item", {**read, "Key": key("a")}),
        ("nothing, strongly", "get_item", {**read, "Key": key("nowhere")}),
        ("a partition, strongly", "query", {**read, **partition}),
        ("a list", "query", {"TableName": table, "IndexName": "gsi1", **listed}),
        ("three keys, strongly", "batch_get_item", {
            "RequestItems": {table: {"Keys": [key("a"), key("c"), key("nowhere")], "ConsistentRead": True}}
        }),
    ]  # fmt: skip


def test_the_rules_against_what_the_local_cloud_reports(shop: dict[str, str], report: Report) -> None:
    before = os.environ.get("TABLE_NAME")
    os.environ["TABLE_NAME"] = shop["TableName"]
    aws.forget()
    rows, differ = [], []
    try:
        client = aws.client("dynamodb")
        for what, operation, params in calls(shop["TableName"]):
            with spending() as cost, suppress(client.exceptions.ConditionalCheckFailedException):
                getattr(client, operation)(**params, ReturnConsumedCapacity="TOTAL")
            (call,) = cost.calls
            ours = float(cost.read_units + cost.write_units)
            rows.append([what, ours, "not told" if call.reported is None else float(call.reported)])
            if call.reported not in (None, ours):
                differ.append(what)
    finally:
        aws.forget()
        os.environ.pop("TABLE_NAME") if before is None else os.environ.update(TABLE_NAME=before)
    report.keep("capacity_rules", [dict(zip(("what", "rule", "reported"), row, strict=True)) for row in rows])
    report.table(
        "Capacity: our rules and what the local cloud reports", ["call", "by the rules", "reported"], rows,
        f"Different: {', '.join(differ) or 'nothing'}.",
    )  # fmt: skip
