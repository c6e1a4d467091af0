"""AWS clients: one botocore session for the process, one client per service, made when first used.

Time-outs are short, because the caller of a function waits 29 seconds at most: a call that has not answered in three
seconds is worth more as a retry. `standard` retries throttles and broken connections; what it does not retry
(transaction conflicts) the unit of work does.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import botocore.config
import botocore.session

from . import config

CLIENT_CONFIG = botocore.config.Config(
    parameter_validation=False,  # our own code makes every request; checking is the dearest part of a large one
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=10,
    user_agent="caravan",  # the long one is put together twice for every call, part by part
)


#: Nothing was done, and another try may succeed.
BUSY = frozenset({
    "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflictException",
    "ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "TransactionInProgressException",
})  # fmt: skip
#: It is not known whether anything was done.
UNKNOWN = frozenset({"InternalServerError", "InternalFailure", "ServiceUnavailable", "InternalServerErrorException"})
PASSING = BUSY | UNKNOWN


#: The clients made so far, by service.
CLIENTS: Final[dict[str, Any]] = {}


@cache
def session() -> botocore.session.Session:
    """The process's only session: it reads credentials and service descriptions once."""
    return botocore.session.get_session()


def client(service: str) -> Any:
    """The process's client of an AWS service."""
    if service not in CLIENTS:
        CLIENTS[service] = session().create_client(
            service, region_name=config.region(), endpoint_url=config.endpoint_url(), config=CLIENT_CONFIG
        )
    return CLIENTS[service]


def forget() -> None:
    """Drop session and clients (between tests, after another endpoint was set)."""
    CLIENTS.clear()
    session.cache_clear()
