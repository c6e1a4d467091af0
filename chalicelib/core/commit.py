"""Sending one transaction: every way it can fail, and what each means.

`unit_of_work` says what is to be written as a list of operations; this module gets them into the table or finds out why
not. See the unit of work for the kinds of failure and what is done about them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from . import aws, config, table
from .connection import connection
from .errors import LimitExceeded, Unavailable
from .table import Key, Row

#: DynamoDB's own limit of actions in one transaction.
ACTIONS: Final = 100
#: How often one transaction is sent before the caller is told to try later.
ATTEMPTS: Final = 6


class Rank(IntEnum):
    """Which failure is told when several conditions fail at once: the lowest."""

    DONE_BEFORE = 0
    ANOTHER_WRITER = 1
    TOO_LITTLE = 2


@dataclass(frozen=True, slots=True)
class Operation:
    """One action of the transaction and what its failed condition means."""

    verb: str
    request: Mapping[str, Any]
    key: Key
    fails_as: Callable[[], Exception]
    rank: Rank


def operation(
    verb: str,
    key: Key,
    *,
    fails_as: Callable[[], Exception],
    item: Mapping[str, Any] | None = None,
    actions: list[Action] | None = None,
    condition: Condition | None = None,
    rank: Rank = Rank.ANOTHER_WRITER,
) -> Operation:
    request = connection().get_operation_kwargs(
        config.table_name(), key.pk, key.sk, key="Key", actions=actions, condition=condition
    )
    if item is not None:
        del request["Key"]
        request["Item"] = item
    return Operation(verb, request, key, fails_as, rank)


def unchanged(row: Row | None) -> Condition:
    """Nobody has written the item since it was read (or it still is not there)."""
    return Path("version") == row.version if row else Path("pk").does_not_exist()


class Transaction:
    """Gets one transaction into the table, or finds out why not."""

    def __init__(self, commit_id: str, operations: list[Operation]) -> None:
        self.commit_id, self.operations = commit_id, operations
        written = [op.key for op in operations if op.verb in {"Put", "Update"}]
        #: What shows afterwards that this commit went through: best an event's row, which nobody ever writes again.
        self.witness = next((key for key in written if key.sk.startswith("EVENT#")), written[0] if written else None)
        #: Where nothing is written, what is removed shows it by its absence.
        self.removed = next((op.key for op in operations if op.verb == "Delete"), None) if not written else None

    def send(self) -> None:
        """Get it into the table.

        Raises:
            LimitExceeded: more actions than a transaction can hold.
            Unavailable: no answer, or busy all the time.
            Exception: what the failed operation says its failure means.
        """
        if len(self.operations) > ACTIONS:
            raise LimitExceeded(f"This takes {len(self.operations)} changes at once; {ACTIONS} are possible.")
        in_doubt = False
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0, min(0.4, 0.02 * 2**attempt)))
            try:
                self._call()
                return
            except ClientError as error:
                code = error.response["Error"]["Code"]
                failed, busy = self._read_failure(error)
                if failed:
                    if self._was_me(in_doubt=in_doubt):
                        return
                    raise self._meaning(failed) from error
                if code in aws.UNKNOWN or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                    in_doubt = True
                elif not busy:
                    raise
            except (HTTPClientError, ConnectionError):
                in_doubt = True
        if in_doubt and self._was_me(in_doubt=True):
            return
        raise Unavailable("The shop is very busy. Please try again in a moment.")

    def _call(self) -> None:
        client = connection().client
        only = self.operations[0]
        # Alone it is half the price of a transaction and just as atomic. Not so a count: sent again after a lost answer
        # it would move twice, where a transaction's token makes it move once.
        if len(self.operations) == 1 and only.verb in {"Put", "Delete"}:
            client._make_api_call(f"{only.verb}Item", {**only.request, "ReturnConsumedCapacity": "TOTAL"})
            return
        client._make_api_call(
            "TransactWriteItems",
            {
                "TransactItems": [{op.verb: op.request} for op in self.operations],
                "ClientRequestToken": self.commit_id,
                "ReturnConsumedCapacity": "TOTAL",
            },
        )

    def _read_failure(self, error: ClientError) -> tuple[list[Operation], bool]:
        """The operations whose condition failed, and whether the table was merely busy."""
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            return self.operations[:1], False
        if code != "TransactionCanceledException":
            return [], code in aws.BUSY
        reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", ())]
        failed = [
            op for op, reason in zip(self.operations, reasons, strict=False) if reason == "ConditionalCheckFailed"
        ]
        return failed, any(reason in aws.BUSY for reason in reasons)

    def _was_me(self, *, in_doubt: bool) -> bool:
        """Whether this very commit is in the table: an earlier attempt whose answer was lost.

        A removal leaves nothing that names its commit. When an attempt is in doubt and the thing is gone, what was
        wanted is so, whoever did it; a removal alone tells no event and moves nothing that could be done twice.
        """
        place = self.witness or (self.removed if in_doubt else None)
        if place is None:
            return False
        try:
            row = table.get_row(place)
        except Exception as error:
            raise Unavailable("It is not known yet whether this went through. Please try again.") from error
        return row is None if self.witness is None else row is not None and row.commit == self.commit_id

    def _meaning(self, failed: list[Operation]) -> Exception:
        """The error of the most telling failure: this request again, then another writer, then too few."""
        most = min(op.rank for op in failed)
        errors = [op.fails_as() for op in failed if op.rank == most]
        join = getattr(type(errors[0]), "join", None)
        return join(errors) if join is not None and len(errors) > 1 else errors[0]
