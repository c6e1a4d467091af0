"""The short way to the in-process table: no HTTP, no signing, no serialisers, one backup per transaction.

The table behaves the same and answers several times as fast. `tests/component/core/test_core_short_way.py` holds that
it does; what the SDK itself does (retries, time-outs, sizes) is tested the long way.
"""

from __future__ import annotations

import base64
import copy
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.core import aws, config


@contextmanager
def short_way() -> Iterator[None]:
    """Hand calls to the in-process table itself."""
    from botocore.exceptions import ClientError
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.core.exceptions import HTTPException
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    client = aws.client("dynamodb")
    original = client._make_api_call
    names = {name: method for method, name in client.meta.method_to_api_mapping.items()}
    backups: dict[int, Any] = {}

    def call(operation: str, params: dict[str, Any]) -> Any:
        handler = DynamoHandler()
        handler.region, handler.current_account, handler.headers = config.region(), DEFAULT_ACCOUNT_ID, {}
        handler.response_headers = {}
        handler.body = handler.params = copy.deepcopy(params)
        backups.clear()
        try:
            return copy.deepcopy(getattr(handler, names[operation])().result)
        except HTTPException as error:
            told = json.loads(str(error.description))
            for reason in told.get("CancellationReasons", ()):
                reason.get("Item", {}).update({
                    name: {"B": base64.b64decode(value["B"])}
                    for name, value in reason.get("Item", {}).items() if "B" in value
                })  # fmt: skip
            code = told["__type"].rpartition("#")[2]
            answer = {"Error": {"Code": code, "Message": told.get("message") or told.get("Message", "")}, **told}
            raise ClientError({**answer, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation) from None

    def backup(table: Any, _memo: Any) -> Any:
        """What a transaction that fails goes back to; moto asks for one at each of its items."""
        if id(table) not in backups:
            backups[id(table)] = _copy_of(table)
        return backups[id(table)]

    before = Table.__dict__.get("__deepcopy__")
    client._make_api_call = call
    Table.__deepcopy__ = backup
    try:
        yield
    finally:
        client._make_api_call = original
        if before is None:
            del Table.__deepcopy__
        else:
            Table.__deepcopy__ = before


def _copy_of(table: Any) -> Any:
    """Items that are put are replaced; only counters change in place."""
    twin = copy.copy(table)
    twin.items = defaultdict(dict)
    for partition, items in table.items.items():
        twin.items[partition] = {
            key: item if "body" in item.attrs or "events" in item.attrs else copy.deepcopy(item)
            for key, item in items.items()
        }
    return twin
